#!/usr/bin/env bash
# Build the site in target/site with the environment of PYTHON, from scratch, and check what came out.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$(dirname "${PYTHON:?an interpreter with the dependency group docs}")
rm -rf target/site
NO_COLOR=1 "$bin/zensical" build --strict --clean
"$bin/python" scripts/check-site.py target/site
