#!/usr/bin/env bash
# Builds the tests of the core crate for 64-bit ARM, with warnings as errors, and runs them under emulation.
# Arguments go to `cargo test`.
set -euo pipefail
cd "$(dirname "$0")/../.."
source scripts/arm/environment.sh
export COLSTATS_EMULATOR=$emulator
cargo test --quiet --locked --all-features "${@:---tests}"
