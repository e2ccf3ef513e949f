#!/usr/bin/env bash
# Gets a CPython that is newer than the system's, as Debian builds it, and prints its path: it is unpacked into
# target/python, not installed, with the C library that it was built for, and made to load that one.
#
#     scripts/debian/python.sh PYTHON VERSION      # PYTHON: an environment with patchelf; VERSION: such as 3.14
#
# SUITE (sid) selects the archive. It needs no root, on a Debian with package lists (apt-get update).
set -euo pipefail
cd "$(dirname "$0")/../.."
patchelf=$PWD/$(dirname "$1")/patchelf
version=$2
root=$PWD/target/python/$version
interpreter=$root/usr/bin/python$version

archive=$root/archive
source scripts/debian/archive.sh

# Python with pip, and the libraries that its modules need.
download() {
    open_archive "${SUITE:-sid}"
    mkdir -p "$archive/packages"
    (cd "$archive/packages" && private_apt download \
        "python$version-minimal" "libpython$version-minimal" "libpython$version-stdlib" "python$version-venv" \
        python3-pip-whl libc6 libgcc-s1 libexpat1 zlib1g libzstd1 libssl3t64 libffi8 libbz2-1.0 liblzma5 \
        libsqlite3-0 libuuid1 libncursesw6 libtinfo6 libreadline8t64)
    for package in "$archive"/packages/*.deb; do
        dpkg-deb --extract "$package" "$root"
    done
}

if [ ! -x "$interpreter" ]; then
    rm -rf "$root"
    mkdir -p "$root"
    download >&2
    rm -rf "$archive"
    # For the libraries of modules too, which a newer kind of path (RUNPATH) would not be.
    "$patchelf" --force-rpath --set-rpath "$root/usr/lib/x86_64-linux-gnu" "$interpreter"
    "$patchelf" --set-interpreter "$root/usr/lib64/ld-linux-x86-64.so.2" "$interpreter"
    sed -i "s#/usr/share/python-wheels#$root&#" "$root/usr/lib/python$version"/_sysconfig*
fi
"$interpreter" -c 'import ctypes, hashlib, sqlite3, ssl, venv, zlib'
echo "$interpreter"
