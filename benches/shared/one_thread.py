"""Limit all libraries to one thread. Import it first: they read the environment on loading."""

import os

VARIABLES = [
    "COLSTATS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "POLARS_MAX_THREADS",
]

os.environ |= dict.fromkeys(VARIABLES, "1")
