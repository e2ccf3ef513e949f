#!/usr/bin/env bash
# Builds a free-threaded CPython (--disable-gil) to test with, where the system has none.
#
#     scripts/free-threaded-python.sh [PREFIX]      # by default ~/.local/python3.14t
#
# The source is that of Debian's source package. apt checks its signature, with lists and settings of its
# own, so that those of the system stay unchanged. Only the upstream tarball of the package is used, since
# Debian's patches move directories for Debian's own packages. It needs no root, on a Debian with package
# lists (apt-get update) and:
#
#     apt-get install build-essential debian-archive-keyring libbz2-dev libffi-dev liblzma-dev \
#         libreadline-dev libsqlite3-dev libssl-dev zlib1g-dev
#
# VERSION (3.14) and SUITE (testing) select the package, MIRROR its mirror (by default that of the system).
# The build is optimized, but without profiles (PGO), which would take ten times as long.
set -euo pipefail

version=${VERSION:-3.14}
suite=${SUITE:-testing}
prefix=${1:-$HOME/.local/python${version}t}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

archive=$work
source "$(dirname "$0")/debian/archive.sh"

download() {
    open_archive "$suite"
    (cd "$work" && private_apt source --download-only "python$version") || {
        echo "$suite on this mirror has no python$version: try another SUITE or MIRROR" >&2
        exit 1
    }
}

build() {
    mkdir "$work/source"
    tar -xf "$work"/python*.orig.tar.xz -C "$work/source" --strip-components 1
    cd "$work/source"
    ./configure --quiet --prefix="$prefix" --disable-gil --with-ensurepip=install OPT="-DNDEBUG -O2 -Wall"
    make --silent -j "$(nproc)" >"$work/log" 2>&1 || { tail -n 40 "$work/log" >&2; exit 1; }
    make --silent install >"$work/log" 2>&1 || { tail -n 40 "$work/log" >&2; exit 1; }
}

download
build
"$prefix/bin/python${version}t" -c 'import sys; assert not sys._is_gil_enabled(); print(sys.version)'
echo "make test PYTHON=$prefix/bin/python${version}t"
