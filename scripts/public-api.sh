#!/usr/bin/env bash
# Compares the public API of the core crate with docs/public-api.txt, so that no change of it goes unnoticed:
# `--update` writes the file. Impls of blanket and auto traits are left out.
set -euo pipefail
cd "$(dirname "$0")/.."
list=docs/public-api.txt
# rustdoc's JSON is unstable, and the stable compiler gives it all the same.
now=$(RUSTC_BOOTSTRAP=1 cargo public-api --package colstats --all-features -sss 2>/dev/null)
if [ "${1:-}" = --update ]; then
    printf '%s\n' "$now" > "$list"
else
    diff "$list" <(printf '%s\n' "$now") || {
        echo "the public API has changed: if that is meant, run 'make test-api UPDATE=1' and note it in CHANGELOG.md" >&2
        exit 1
    }
fi
wc -l < "$list" | xargs -I{} echo "{} public items"
