"""Exact statistics for any Arrow data.

Every result is correctly rounded, and has the same bits however the data is chunked or ordered.
Arrow data is read without copying: pyarrow, polars, pandas, duckdb, NumPy and others.

>>> import colstats as cs
>>> import pyarrow as pa
>>> cs.mean(pa.array([1e16, 1.0, -1e16]))
0.3333333333333333
>>> table = pa.table({"price": [1.5, 2.5, None], "units": [3, 4, 5]})
>>> cs.sum(table).to_struct_array()[0].as_py()
{'price': 4.0, 'units': Decimal('12')}
"""

from colstats._native import (
    Column,
    GroupedMoments,
    Moments,
    MomentsTable,
    Table,
    __version__,
    build_info,
    count,
    max,
    mean,
    merge,
    min,
    moments,
    set_num_threads,
    stddev,
    sum,
    variance,
)
from colstats.summary import GroupedSummary, Summary, describe

std = stddev
var = variance

__all__ = [
    "Column",
    "GroupedMoments",
    "GroupedSummary",
    "Moments",
    "MomentsTable",
    "Summary",
    "Table",
    "__version__",
    "build_info",
    "count",
    "describe",
    "max",
    "mean",
    "merge",
    "min",
    "moments",
    "set_num_threads",
    "std",
    "stddev",
    "sum",
    "var",
    "variance",
]
