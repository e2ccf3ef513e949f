#!/usr/bin/env bash
# Sees to the tools that test-arm needs: a cross compiler with the standard library of Rust for 64-bit ARM, and QEMU.
# Debian's own Rust lives beside the one of rustup.
set -euo pipefail
exec "$(dirname "$0")/../debian/packages.sh" test-arm \
    rustc-web cargo-web libstd-rust-web-dev:arm64 gcc-aarch64-linux-gnu libc6-dev-arm64-cross libc6:arm64 qemu-user-static
