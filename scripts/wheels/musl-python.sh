#!/usr/bin/env bash
# Builds a CPython that is linked to musl, since no distribution's archive has one for Debian: from the sources of
# Debian's packages, into target/musl. Beside it are put musl's dynamic loader, which is also its C library, from a newer
# Debian, and the packages that the tests import, from PyPI.
#
#     scripts/wheels/musl-python.sh PYTHON      # PYTHON: any environment with pip
#
# SUITE (trixie) has musl 1.2.5: wheels of PyPI for musllinux_1_2 bundle libraries whose relocations (DT_RELR) need
# musl 1.2.4, although the tag promises 1.2.0. musl is unpacked, not installed: a loader of musl in /lib makes some
# programs take the system for one of musl (Spark's Snappy does).
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

# Unpacks the sources of a package. Only the upstream tarball is used: a package whose other files are missing will do.
unpack() { # SUITE PACKAGE
    open_archive "$1"
    private_apt source --download-only "$2" || ls "$2"_*.orig.tar.*z >/dev/null
    mkdir "$2"
    tar -xf "$(echo "$2"_*.orig.tar.*z)" -C "$2" --strip-components 1
}

download() {
    cd "$sources"
    unpack bookworm openssl
    for package in python$version zlib libffi; do
        unpack "$suite" "$package"
    done
    private_apt download musl musl-dev
    for package in musl*.deb; do
        dpkg-deb --extract "$package" musl
    done
    mkdir -p "$root/lib"
    cp musl/usr/lib/x86_64-linux-musl/libc.so "$loader"
    cd - >/dev/null
}

# The compiler as configure scripts want it: with the headers of the kernel, which have no part in musl, and a name
# of its own for the platform. Its settings are those of Debian's musl-gcc, for where musl was unpacked.
compiler() {
    local settings=$sources/musl/usr/lib/x86_64-linux-musl/musl-gcc.specs
    sed -i -E "s#/usr/(lib|include)/x86_64-linux-musl#$sources/musl&#g; s#/lib/ld-musl-x86_64.so.1#$loader#" "$settings"
    mkdir "$sources/kernel"
    ln -s /usr/include/{linux,asm-generic,x86_64-linux-gnu/asm} "$sources/kernel"
    cat >"$sources/cc" <<EOF
#!/bin/sh
[ "\$1" = --print-multiarch ] && exec echo x86_64-linux-musl
exec gcc -specs "$settings" -idirafter "$sources/kernel" "\$@"
EOF
    chmod +x "$sources/cc"
    export CC=$sources/cc CFLAGS="-O1 -fPIC" PKG_CONFIG=false
}

# Runs a command in the sources of one package; the log is shown if that fails.
within() { # PACKAGE COMMAND...
    (cd "$sources/$1" && shift && "$@") >"$sources/log" 2>&1 || { tail -n 40 "$sources/log" >&2; exit 1; }
}

# Configures, makes and installs it.
install() { # PACKAGE OPTION...
    [ -x "$sources/$1/configure" ] || within "$1" autoreconf --install
    within "$1" ./configure "${@:2}"
    within "$1" make -j "$(nproc)"
    within "$1" make install
}

# pyarrow wants a Python with ssl, where files are concerned.
install_openssl() {
    within openssl ./Configure linux-x86_64 --prefix="$sources/installed" --libdir=lib no-shared no-tests
    within openssl make -j "$(nproc)" build_libs
    within openssl make install_dev
}

if [ ! -x "$root/bin/python$version" ]; then
    scripts/debian/packages.sh test-wheels autoconf automake libltdl-dev libtool linux-libc-dev make xz-utils
    rm -rf "$root"
    mkdir -p "$sources"
    download
    compiler
    # Static, so that they need not be found at run time.
    install zlib --prefix="$sources/installed" --static
    install libffi --prefix="$sources/installed" --disable-shared --disable-docs
    install_openssl
    installed="-I$sources/installed/include" libraries="-L$sources/installed/lib"
    ZLIB_CFLAGS=$installed ZLIB_LIBS="$libraries -lz" LIBFFI_CFLAGS=$installed LIBFFI_LIBS="$libraries -lffi" \
        install python$version --prefix="$root" --with-openssl="$sources/installed" --without-ensurepip \
        --disable-test-modules OPT=-DNDEBUG
    rm -rf "$sources"
fi

if [ ! -d "$root/site-packages" ]; then
    "$python" -m pip install --quiet --target "$root/site-packages" --python-version $version --only-binary=:all: \
        --platform=musllinux_1_{1,2}_x86_64 "${packages[@]}"
fi
