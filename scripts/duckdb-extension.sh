#!/usr/bin/env bash
# Builds the DuckDB extension alone, without Python, as a file that any DuckDB >= 1.2 of this platform loads:
#   duckdb -unsigned -c "load 'target/colstats.duckdb_extension'; select cs_mean(x) from t"
set -euo pipefail
cd "$(dirname "$0")/.."
cargo rustc --quiet --locked --release -p colstats-duckdb --crate-type cdylib
"${VIRTUAL_ENV:-.venv}"/bin/python - <<'PYTHON'
from pathlib import Path

import duckdb
from colstats.duckdb import with_footer

((platform,),) = duckdb.sql("pragma platform").fetchall()
library = next(path for path in Path("target/release").glob("*colstats_duckdb.*") if path.suffix in (".so", ".dylib", ".dll"))
Path("target/colstats.duckdb_extension").write_bytes(with_footer(library.read_bytes(), platform))
print("target/colstats.duckdb_extension")
PYTHON
