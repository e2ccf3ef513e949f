"""Exact statistics for any Arrow data.

Every result is correctly rounded, and has the same bits however the data is chunked or ordered.
Arrow data is read without copying: pyarrow, polars, pandas, duckdb, NumPy and others.

>>> import colstats as cs
>>> import pyarrow as pa
>>> cs.mean(pa.array([1e16, 1.0, -1e16]))
0.3333333333333333
>>> table = pa.table({"price": [1.5, 2.5, None], "units": [3, 4, 5]})
>>> cs.sum(table)
<colstats.Row: 2 columns>
price  4.0
units   12
>>> cs.sum(table)["units"]
12
"""

# All that the native module exports: its classes, the statistics and other functions. They are
# listed in _native.pyi, and not again here. mypy knows what `__all__` has if it is imported `as`
# itself; the list below is a new one, so that the module keeps its own.
from colstats._native import *  # noqa: F403
from colstats._native import __all__ as __all__
from colstats._native import correlation as corr
from colstats._native import covariance as cov
from colstats._native import stddev as std
from colstats._native import variance as var
from colstats.fits import Anova, Fit, TTest
from colstats.grouped import GroupedCoMoments
from colstats.summary import GroupedSummary, Summary, describe

__all__ = [  # noqa: PLE0604
    *__all__,
    "Anova",
    "Fit",
    "GroupedCoMoments",
    "GroupedSummary",
    "Summary",
    "TTest",
    "corr",
    "cov",
    "describe",
    "std",
    "var",
]
# For our own modules.
for _internal in (
    "_groups",
    "_joined",
    "_quantile_step",
    "_states",
    "_stored_groups",
    "_tallied",
    "_tally",
):
    __all__.remove(_internal)
    del globals()[_internal]
del _internal
