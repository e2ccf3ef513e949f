"""How accurate is a standard deviation? Answers of libraries against exact rational arithmetic.

The error is counted in units in the last place (ulp) of the exact population standard deviation.
Run it by ``make accuracy``; the table is Markdown.
"""

import math
import statistics
import warnings
from collections.abc import Callable
from typing import TypeAlias

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

import colstats as cs

Answer: TypeAlias = float | None


def data_sets() -> dict[str, list[float] | list[int]]:
    """Data that are easy to get wrong, from the ordinary to the extreme."""
    rng = np.random.default_rng(1)
    accuracy4 = [10000000.2] + [10000000.1, 10000000.3] * 500
    return {
        "100,000 values of N(1e8, 1)": rng.normal(1e8, 1.0, 100_000).tolist(),
        "NIST StRD NumAcc4": accuracy4,
        "lognormal(0, 8)": rng.lognormal(0.0, 8.0, 100_000).tolist(),
        "values near 1e300": (rng.normal(1.0, 0.1, 1000) * 1e300).tolist(),
        "values near 1e-310": (rng.normal(1.0, 0.1, 1000) * 1e-310).tolist(),
        "int64 2^62 + {0, 1, 2}": [2**62, 2**62 + 1, 2**62 + 2],
    }


def numpy_std(array: np.ndarray) -> Answer:
    """By NumPy."""
    return float(np.std(array))


def pyarrow_std(array: np.ndarray) -> Answer:
    """By pyarrow."""
    return pc.stddev(pa.array(array)).as_py()


def polars_std(array: np.ndarray) -> Answer:
    """By polars."""
    return pl.Series(array).std(ddof=0)


def pandas_std(array: np.ndarray) -> Answer:
    """By pandas."""
    return float(pd.Series(array).std(ddof=0))


def duckdb_std(array: np.ndarray) -> Answer:
    """By duckdb, which raises on overflow."""
    sample = pa.table({"x": array})  # noqa: F841 - duckdb finds it by its name
    try:
        return duckdb.sql("select stddev_pop(x) from sample").fetchall()[0][0]
    except duckdb.OutOfRangeException:
        return math.inf


def colstats_std(array: np.ndarray) -> Answer:
    """By colstats."""
    return cs.stddev(array)


RIVALS: dict[str, Callable[[np.ndarray], Answer]] = {
    "numpy": numpy_std,
    "pyarrow": pyarrow_std,
    "polars": polars_std,
    "pandas": pandas_std,
    "duckdb": duckdb_std,
    "colstats": colstats_std,
}


def error(answer: Answer, exact: float) -> str:
    """Write the distance of an answer from the exact one."""
    if answer is None or not math.isfinite(answer):
        return "overflow"
    ulps = round(abs(answer - exact) / math.ulp(exact))
    if answer == 0.0 and exact != 0.0:
        return "says 0.0"
    return f"{ulps:,}" if ulps < 1e7 else f"{ulps:.0e}"


def main() -> None:
    """Print the table."""
    warnings.simplefilter("ignore", RuntimeWarning)  # overflow is part of the answer
    print("| error in ulp | " + " | ".join(RIVALS) + " |")
    print("| --- |" + " ---: |" * len(RIVALS))
    for name, values in data_sets().items():
        exact, array = statistics.pstdev(values), np.array(values)
        errors = [error(ask(array), exact) for ask in RIVALS.values()]
        print(f"| {name} | " + " | ".join(errors) + " |")


if __name__ == "__main__":
    main()
