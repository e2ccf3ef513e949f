#!/usr/bin/env bash
# Tries the package that is installed in a fresh environment, with what a user would have there: the examples of the
# README, the statistics whose answers are known, and the command line.
#
#     scripts/wheels/smoke.sh PYTHON
set -euo pipefail
cd "$(dirname "$0")/../.."
bin=$(realpath "$(dirname "$1")")
"$bin/python" -m pip install numpy polars pyarrow pytest tqdm
"$bin/python" - <<'EOF'
import pathlib, sys
import colstats
assert pathlib.Path(colstats.__file__).is_relative_to(sys.prefix), colstats.__file__
print(sys.version, colstats.__version__, colstats.build_info())
EOF
"$bin/python" -m pytest -q -o addopts='-p no:cacheprovider' tests/python/api/test_readme.py \
    tests/python/answers/test_known_answers.py
"$bin/colstats" --demo >/dev/null
