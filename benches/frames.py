"""Statistics in polars and pandas, next to their own: `make bench-frames`.

Every figure is the best of a few runs in one process, so their ratios can be compared. "Python" is
the same expression by `map_batches`.
"""

import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

import colstats as cs
import colstats.pandas
import colstats.polars as frames
from benches.shared.machine import processor

GROUPS = (10**2, 10**4, 10**6)
#: Ways that take seconds to minutes for more groups.
SLOW = {"colstats, a call for each group": 10**5, "colstats, Python": 10**3}
OPTIONS = {"ddof": 1, "skip_nulls": True, "min_count": 0, "skip_nans": False}


def best(job: Callable[[], object], runs: int = 3) -> float:
    """Time a job in seconds."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        job()
        times.append(time.perf_counter() - start)
    return min(times)


def line(name: str, *cells: float, unit: str = "ms") -> None:
    factor = {"ms": 1e3, "us": 1e6}[unit]
    print(f"{name:40}" + "".join(f"{cell * factor:12.2f}" for cell in cells), flush=True)


def many(job: Callable[[], object], count: int = 300) -> float:
    """Time one of many short calls."""
    return best(lambda: [job() for _ in range(count)]) / count


def expressions() -> dict[str, pl.Expr]:
    """Return a standard deviation by each way."""
    x = pl.col("x")
    return {
        "polars' own": x.std(),
        "colstats": x.colstats.std(ddof=1),  # type: ignore[attr-defined]
        "colstats, a call for each group": frames._by_calls(x, "stddev", OPTIONS),
        "colstats, Python": frames._by_python(x, "stddev", OPTIONS),
    }


def whole(values: Any) -> None:
    """Time columns as a whole."""
    one = pl.DataFrame({"x": values})
    step = len(values) // 40
    chunks = pl.concat([one[i : i + step] for i in range(0, len(values), step)], rechunk=False)
    short = pl.DataFrame({"x": [1.5] * 8})
    print(f"{'':40}{'1 chunk':>12}{'40 chunks':>12}{'streaming':>12}{'8 values, us':>14}")
    for name, asked in expressions().items():
        streamed = best(lambda e=asked: chunks.lazy().select(e).collect(engine="streaming"))  # type: ignore[misc]
        line(
            name,
            best(lambda e=asked: one.select(e)),  # type: ignore[misc]
            best(lambda e=asked: chunks.select(e)),  # type: ignore[misc]
            streamed,
            many(lambda e=asked: short.select(e)) * 1e3,  # type: ignore[misc]
        )
    line("frame.colstats.std()", best(one.colstats.std), best(chunks.colstats.std))  # type: ignore[attr-defined]


def grouped(values: Any, count: int) -> None:
    """Time groups."""
    keys = np.random.default_rng(1).integers(0, count, len(values))
    frame = pl.DataFrame({"g": keys, "x": values})
    print(f"{count:,} groups\n{'':40}{'in memory':>12}{'streaming':>12}{'over':>12}")
    for name, asked in expressions().items():
        if count > SLOW.get(name, count):
            continue
        query = frame.lazy().group_by("g").agg(asked)
        line(
            name,
            best(query.collect, 2),
            best(lambda q=query: q.collect(engine="streaming"), 2),  # type: ignore[misc]
            best(lambda e=asked: frame.select(e.over("g")), 1),  # type: ignore[misc]
        )
    line("cs.moments(frame, by=), then std", best(lambda: cs.moments(frame, by="g").std(), 2))


def in_pandas(values: Any) -> None:
    """Time the accessors of pandas."""
    print(f"pandas\n{'':40}{'own':>12}{'colstats':>12}{'8 values, us':>14}{'own':>12}")
    for name, series in {
        "float64": pd.Series(values),
        "Int64": pd.Series(np.arange(len(values)), dtype="Int64"),
        "double[pyarrow]": pd.Series(values).astype("double[pyarrow]"),
    }.items():
        short = series[:8]
        line(
            name,
            best(series.std),
            best(series.colstats.std),
            many(short.colstats.std) * 1e3,
            many(short.std) * 1e3,
        )


def main() -> None:
    """Print tables."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 10**7
    values = np.random.default_rng(0).normal(10, 3, rows)
    print(processor().get("model name", "?"))
    print(f"standard deviations of {rows:,} values, milliseconds")
    whole(values)
    for count in GROUPS:
        grouped(values, count)
    in_pandas(values)


if __name__ == "__main__":
    main()
