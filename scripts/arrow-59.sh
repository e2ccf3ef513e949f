#!/usr/bin/env bash
# Tests the core crate with arrow 59, the oldest version that it allows; `cargo test` uses the newest. Works on a copy of
# the sources in target/arrow-59, with a lock file of its own, and shares what else is built.
#
#     scripts/arrow-59.sh [ARGUMENT...]      # of cargo test; by default the tests in tests/ that name arrow
#
# The others, and those of modules, are of numbers and states, whichever arrow they come from: with them, the crate is
# compiled twice, which takes longer than all else.
set -euo pipefail
cd "$(dirname "$0")/.."
copy=target/arrow-59
mkdir -p "$copy"
rsync_like() { rm -rf "${copy:?}/$1" && cp -r "$1" "$copy/$1"; }
for part in src tests/oracle examples README-crate.md; do
    [ -e "$part" ] || continue
    mkdir -p "$copy/$(dirname "$part")"
    rsync_like "$part"
done
cp tests/*.rs tests/*.proptest-regressions "$copy/tests/"
# The workspace is this crate alone, without benchmarks, and arrow is of one version.
sed -e 's/">=59, <61"/"59"/' -e '/^members = /d' -e '/^\[\[bench\]\]/,/^$/d' Cargo.toml > "$copy/Cargo.toml"
if [ $# = 0 ]; then
    mapfile -t tests < <(grep -l arrow tests/*.rs | sed -E 's#tests/(.*)\.rs#--test=\1#')
    set -- "${tests[@]}"
fi
cargo test --quiet --all-features --manifest-path "$copy/Cargo.toml" --target-dir target "$@"
cargo tree --quiet --all-features --manifest-path "$copy/Cargo.toml" --depth 1 | grep arrow-
