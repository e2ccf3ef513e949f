#!/usr/bin/env bash
# Builds the source distribution, and the package from it, as pip does it for a user without maturin: in an empty
# environment, in which the examples of the README then run. PROFILE=release is as slow as what users get; the default
# shows the same and compiles faster.
#
#     scripts/wheels/test-sdist.sh PYTHON INTERPRETER
#
# --locked is of no use there: the lock file is that of the repository, whose members are not all in the archive, and
# maturin takes no other. Cargo drops what is not needed, and keeps the versions, which is checked.
set -euo pipefail
cd "$(dirname "$0")/../.."
bin=$PWD/$(dirname "$1")
interpreter=$2
work=$PWD/target/sdist
rm -rf "$work"/{dist,unpacked} .venv-sdist
mkdir -p "$work/unpacked"

SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)} "$bin/maturin" sdist --out "$work/dist"
sdist=$(echo "$work"/dist/colstats-*.tar.gz)
"$bin/twine" check --strict "$sdist"

tar -xf "$sdist" -C "$work/unpacked" --strip-components 1
(cd "$work/unpacked" && cargo metadata --format-version 1 >/dev/null)
"$bin/python" scripts/wheels/same_versions.py "$work/unpacked/Cargo.lock" Cargo.lock

"$interpreter" -m venv .venv-sdist
.venv-sdist/bin/python -m pip install --upgrade pip
CARGO_TARGET_DIR=$work/target MATURIN_PEP517_ARGS="--profile ${PROFILE:-light}" PATH=$PWD/.venv-sdist/bin:$PATH \
    .venv-sdist/bin/python -m pip install --no-binary colstats "$sdist"
scripts/wheels/smoke.sh .venv-sdist/bin/python
ls -l "$sdist"
