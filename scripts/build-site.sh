#!/usr/bin/env bash
# Build the site in target/site with the environment of PYTHON, from scratch, and check what came out.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$(dirname "${PYTHON:?an interpreter with the dependency group docs}")
rm -rf target/site
mkdir -p target
NO_COLOR=1 "$bin/zensical" build --strict --clean 2>&1 | tee target/site.log
# Zensical prints what is wrong with docstrings, and does not count it.
if grep --quiet '^griffe: ' target/site.log; then
    echo "docstrings are malformed: see the lines above that begin with griffe" >&2
    exit 1
fi
"$bin/python" scripts/check-site.py target/site
