#!/usr/bin/env bash
# Runs a part of the Python tests with a wheel for musl on x86-64, on a CPython that is linked to musl. Arguments go to
# pytest.
#
#     scripts/wheels/test-musl.sh PYTHON WHEEL [ARGUMENT...]
set -euo pipefail
cd "$(dirname "$0")/../.."
source scripts/wheels/tests.sh
python=$1
wheel=$2
shift 2
scripts/wheels/musl-python.sh "$python"
root=$PWD/target/musl
export PYTHONPATH=$root/site-packages:tests/python

"$root/bin/python3.13" - "$(basename "$wheel")" <<'EOF'
import sys
from packaging.tags import sys_tags
from packaging.utils import parse_wheel_filename
assert parse_wheel_filename(sys.argv[1])[3] & set(sys_tags()), "this interpreter is not one that loads the wheel"
EOF
rm -rf "$root"/site-packages/colstats*
"$python" -m zipfile --extract "$wheel" "$root/site-packages"
if [ $# = 0 ]; then
    # There is no duckdb for musl.
    set -- "${portable_tests[@]}" \
        --deselect tests/python/answers/test_type_answers.py::test_decimals_and_categories_of_other_libraries \
        --deselect 'tests/python/states/test_moments_table.py::test_states_round_trip_through[duckdb]'
fi
"$root/bin/python3.13" -m pytest -q -o addopts='-p no:cacheprovider' "$@"
