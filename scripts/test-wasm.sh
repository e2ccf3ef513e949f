#!/usr/bin/env bash
# Compiles the corpus of tests/golden.rs for wasm32, with Debian's Rust and its sources of the standard library, and runs
# it under Node.js. Installs nothing.
set -euo pipefail
cd "$(dirname "$0")/.."
packages=(rustc-web cargo-web rust-web-src lld-22)
if [ ! -d /usr/lib/rustlib/src/rust/library ] || ! command -v /usr/bin/cargo wasm-ld-22 node >/dev/null; then
    echo "test-wasm needs Node.js and these packages of Debian 12: ${packages[*]}" >&2
    exit 1
fi
export PATH=/usr/bin:$PATH CARGO=/usr/bin/cargo RUSTC=/usr/bin/rustc
# Building the standard library is unstable, and the stable compiler does it all the same.
export RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=$PWD/target/wasm
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-22
cargo build --quiet --manifest-path tests/wasm/Cargo.toml -Zbuild-std=std,panic_abort --target wasm32-unknown-unknown
node tests/wasm/run.mjs "$CARGO_TARGET_DIR/wasm32-unknown-unknown/debug/golden.wasm"
