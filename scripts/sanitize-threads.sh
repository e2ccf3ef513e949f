#!/usr/bin/env bash
# Looks for data races: runs tests of the core crate under ThreadSanitizer, those of the library and those that use its
# pool, or what the arguments of `cargo test` say.
#
# ThreadSanitizer must see every access and every lock, so the standard library is instrumented as well. Its sources, and
# a compiler that they belong to, are Debian's, beside the Rust of rustup; RUSTC_BOOTSTRAP enables the unstable flags.
# Debian's compiler has no runtime of the sanitizer; the one of the same LLVM is linked in.
#
# It begins with a control (tests/race.rs): a race planted on the pool, which must be reported, and the same work without
# it, which must not. A report in the tests fails the program it occurs in.
set -euo pipefail
cd "$(dirname "$0")/.."

llvm=22 # the LLVM of Debian's rustc
scripts/debian/packages.sh sanitize-threads rustc-web cargo-web rust-web-src "libclang-rt-$llvm-dev" binutils
export PATH=/usr/bin:$PATH CARGO=/usr/bin/cargo RUSTC=/usr/bin/rustc RUSTDOC=/usr/bin/rustdoc
if ! rustc -vV | grep -q "^LLVM version: $llvm\."; then
    echo "Debian's rustc has another LLVM by now: set llvm in $0 to that of rustc -vV" >&2
    exit 1
fi
host=$(rustc -vV | sed -n 's/^host: //p')
runtime=/usr/lib/llvm-$llvm/lib/clang/$llvm/lib/linux/libclang_rt.tsan-${host%%-*}.a
export CARGO_TARGET_DIR=$PWD/target/sanitize-threads RUSTC_BOOTSTRAP=1
# The runtime goes first, since it replaces functions of the C library, and what it uses of that library last.
export RUSTFLAGS="-Zsanitizer=thread -Zexternal-clangrt -Zpre-link-arg=-Wl,--whole-archive,$runtime,--no-whole-archive
    -Clink-arg=-lpthread -Clink-arg=-lm -Clink-arg=-lc"
# Some tests allocate more memory than there is. Of the tools that name lines, addr2line reads what this rustc writes.
export TSAN_OPTIONS=allocator_may_return_null=1:external_symbolizer_path=/usr/bin/addr2line

# Instrumented kernels are so long that the usual allocation of registers takes minutes.
profile=profile.dev.package.colstats
quick=(-Zprofile-rustflags --config "$profile.rustflags=['-Cllvm-args=-optimize-regalloc=false']" --config "$profile.opt-level=1")

instrumented() { cargo test --quiet --locked -Zbuild-std "${quick[@]}" --target "$host" --all-features "$@"; }

control() {
    local output=$CARGO_TARGET_DIR/control
    if instrumented --test race -- planted >"$output" 2>&1 || ! grep -q 'SUMMARY: ThreadSanitizer: data race .*race.rs' "$output"; then
        cat "$output" >&2
        echo "the planted race was not reported" >&2
        exit 1
    fi
    echo "the control was reported: $(grep -m 1 SUMMARY "$output")"
    instrumented --test race -- atomic
}

control
[ $# -gt 0 ] || set -- --lib --test encodings --test group_sums --test groups --test groups_divided --test row_major_means
instrumented "$@"
