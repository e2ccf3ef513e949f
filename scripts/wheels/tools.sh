#!/usr/bin/env bash
# Sees to the tools of Debian that `make wheels` and `make test-wheels` need: a Rust with the standard library for 64-bit
# ARM, and with its sources for musl; an emulator.
set -euo pipefail
exec "$(dirname "$0")/../debian/packages.sh" wheels \
    rustc-web cargo-web libstd-rust-web-dev:arm64 rust-web-src libc6:arm64 qemu-user-static
