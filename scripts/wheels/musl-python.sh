#!/usr/bin/env bash
# Builds a CPython that is linked to musl, since no distribution's archive has one for Debian: from the sources of
# Debian's packages, into target/musl. Beside it are put musl's dynamic loader, which is also its C library, from a newer
# Debian, and the packages that the tests import, from PyPI.
#
#     scripts/wheels/musl-python.sh PYTHON      # PYTHON: any environment with pip
#
# SUITE (trixie) has musl 1.2.5: wheels of PyPI for musllinux_1_2 bundle libraries whose relocations (DT_RELR) need
# musl 1.2.4, although the tag promises 1.2.0.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=$PWD/$1
suite=${SUITE:-trixie}
version=3.13
root=$PWD/target/musl
sources=$root/sources
loader=$root/lib/ld-musl-x86_64.so.1
packages=('arro3-core>=0.9' hypothesis nanoarrow numpy pandas polars pyarrow pytest pytest-run-parallel tqdm)

archive=$sources
source scripts/debian/archive.sh

download() {
    local package file
    open_archive "$suite"
    cd "$sources"
    # Only the upstream tarballs are used: a package whose other files are missing will do.
    for package in python$version zlib libffi; do
        private_apt source --download-only "$package" || ls "$package"_*.orig.tar.*z >/dev/null
        file=$(echo "$package"_*.orig.tar.*z)
        mkdir "$package"
        tar -xf "$file" -C "$package" --strip-components 1
    done
    private_apt download musl
    dpkg-deb --extract musl_*.deb musl
    mkdir -p "$root/lib"
    cp "$(find musl -type f -name '*.so*')" "$loader"
    cd - >/dev/null
}

# The compiler as configure scripts want it: with the headers of the kernel, which have no part in musl, and a name
# of its own for the platform. Programs find the newer loader.
compiler() {
    mkdir "$sources/kernel"
    ln -s /usr/include/{linux,asm-generic,x86_64-linux-gnu/asm} "$sources/kernel"
    cat >"$sources/cc" <<EOF
#!/bin/sh
[ "\$1" = --print-multiarch ] && exec echo x86_64-linux-musl
exec musl-gcc -idirafter "$sources/kernel" "\$@" -Wl,-dynamic-linker,$loader
EOF
    chmod +x "$sources/cc"
    export CC=$sources/cc CFLAGS="-O1 -fPIC" PKG_CONFIG=false
}

# Configures, makes and installs the sources of one package; the log is shown if that fails.
install() { # PACKAGE OPTION...
    (
        cd "$sources/$1" && shift
        [ -x configure ] || autoreconf --install
        ./configure "$@" && make -j "$(nproc)" && make install
    ) >"$sources/log" 2>&1 || { tail -n 40 "$sources/log" >&2; exit 1; }
}

if [ ! -x "$root/bin/python$version" ]; then
    scripts/debian/packages.sh test-wheels autoconf automake libltdl-dev libtool linux-libc-dev make musl-tools xz-utils
    rm -rf "$root"
    mkdir -p "$sources"
    download
    compiler
    # Static, so that they need not be found at run time.
    install zlib --prefix="$sources/installed" --static
    install libffi --prefix="$sources/installed" --disable-shared --disable-docs
    installed="-I$sources/installed/include" libraries="-L$sources/installed/lib"
    ZLIB_CFLAGS=$installed ZLIB_LIBS="$libraries -lz" LIBFFI_CFLAGS=$installed LIBFFI_LIBS="$libraries -lffi" \
        install python$version --prefix="$root" --without-ensurepip --disable-test-modules OPT=-DNDEBUG
    rm -rf "$sources"
fi

if [ ! -d "$root/site-packages" ]; then
    "$python" -m pip install --quiet --target "$root/site-packages" --python-version $version --only-binary=:all: \
        --platform=musllinux_1_{1,2}_x86_64 "${packages[@]}"
fi
