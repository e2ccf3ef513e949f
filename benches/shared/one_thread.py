"""Limit all libraries to one thread. Import it first: they read the environment on loading."""

import os
from typing import Any

VARIABLES = [
    "COLSTATS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "POLARS_MAX_THREADS",
]

os.environ |= dict.fromkeys(VARIABLES, "1")


def limit(database: Any) -> None:
    """Limit what the environment does not limit; the database is a connection to duckdb."""
    import pyarrow as pa

    import colstats as cs

    cs.set_num_threads(1)
    pa.set_cpu_count(1)
    database.execute("set threads = 1")
