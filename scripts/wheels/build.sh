#!/usr/bin/env bash
# Builds wheels as they ship, into dist/wheels. zig links them, with the stubs of an old C library, so that it does not
# matter which one this machine has.
#
#     scripts/wheels/build.sh PYTHON ABI-LIBC-ARCH...     # such as abi3-manylinux-x86_64
#
# PYTHON is an environment with the dependency group `wheels`. The ABIs are
#   abi3    the stable ABI of CPython 3.11, for all CPythons >= 3.11 with the GIL
#   cp314t  CPython 3.14 without the GIL, which loads no stable ABI
#   abi3t   the stable ABI of CPython 3.15, for all CPythons >= 3.15, with the GIL or without
# For the latter two no interpreter is needed: maturin knows their settings.
#
# The compiler is the one that `cargo` starts if it has the standard library for the target, as after `rustup target
# add`. Otherwise it is Debian's, which has the one for arm64 as a package, and compiles those for musl from its sources.
set -euo pipefail
cd "$(dirname "$0")/../.."
bin=$PWD/$(dirname "$1")
shift
VIRTUAL_ENV=$(dirname "$bin")
export VIRTUAL_ENV CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target/wheels}
# The time in archives; and no paths of this machine in messages of panics: the same wheel wherever it is built.
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
registry=${CARGO_HOME:-$HOME/.cargo}/registry/src
remap="--remap-path-prefix=$PWD=/colstats --remap-path-prefix=$registry=/registry"

has_std() { # of TARGET, for the compiler in COMMAND
    [ -d "$("$2" --print sysroot)/lib/rustlib/$1/lib" ]
}

build() { # ABI LIBC ARCH
    local tag target options=()
    case $2 in
    manylinux) tag=manylinux_2_17 target=$3-unknown-linux-gnu ;;
    musllinux) tag=musllinux_1_2 target=$3-unknown-linux-musl ;;
    *) echo "no such platform: $2" >&2 && exit 1 ;;
    esac
    case $1 in
    abi3) ;;
    cp314t) options+=(--interpreter python3.14t) ;;
    abi3t) options+=(--interpreter python3.15t --features abi3t) ;;
    *) echo "no such ABI: $1" >&2 && exit 1 ;;
    esac
    (
        export PATH=$bin:$PATH RUSTFLAGS="$remap"
        if ! has_std "$target" rustc; then
            scripts/wheels/tools.sh
            export PATH=$bin:/usr/bin:$PATH CARGO=/usr/bin/cargo RUSTC=/usr/bin/rustc
            export CARGO_TARGET_DIR=$CARGO_TARGET_DIR/debian
            if ! has_std "$target" /usr/bin/rustc; then
                # Unstable, and the stable compiler does it all the same.
                export RUSTC_BOOTSTRAP=1
                options+=("-Zbuild-std=std,panic_unwind")
            fi
        fi
        maturin build --release --locked --zig --compatibility "$tag" --target "$target" --out dist/wheels "${options[@]}"
    )
}

for wheel in "$@"; do
    IFS=- read -r abi libc arch <<<"$wheel"
    build "$abi" "$libc" "$arch"
done
