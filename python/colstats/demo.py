"""The demo: colstats, the libraries whose data it reads, and the exact answer, side by side.

Nothing that it prints is stored; the exact answers come from the rational arithmetic of the
standard library.
"""

import math
import operator
import statistics
import time
from collections.abc import Callable, Sequence
from decimal import MAX_EMAX, Decimal, localcontext
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

import colstats as cs

try:
    import polars as pl
except ModuleNotFoundError:  # polars has no wheels for free-threaded CPython
    pl = None  # type: ignore[assignment]

ROWS = 100_000
CUTS = 30

Floats: TypeAlias = np.ndarray[tuple[int], np.dtype[np.float64]]
Way: TypeAlias = Callable[..., Any]


def show() -> None:
    """Print the demo."""
    print(f"colstats {cs.__version__}: exact statistics for any Arrow data\n")
    readings = np.random.default_rng(7).normal(1e8, 1.0, ROWS)
    show_deviations(readings)
    show_cuts(np.random.default_rng(8).lognormal(0.0, 3.0, ROWS))
    show_integers()
    show_table(readings)
    show_correlations()


def show_deviations(readings: Floats) -> None:
    """Compare standard deviations of values with a large mean."""
    print(f"1. The standard deviation of {ROWS:,} readings around 100,000,000")
    array = pa.array(readings)
    exact, seconds = timed(lambda: statistics.pstdev(readings.tolist()))
    rows = [["exact (statistics.pstdev)", f"{exact:.16f}", "0", microseconds(seconds)]]
    ways: list[tuple[str, Way]] = [
        ("cs.stddev(pyarrow.Array)", lambda: cs.stddev(array)),
        ("cs.stddev(numpy.ndarray)", lambda: cs.stddev(readings)),
        ("numpy.std", lambda: float(np.std(readings))),
        ("pyarrow.compute.stddev", lambda: pc.stddev(array).as_py()),
    ]
    if pl:
        series = pl.Series("reading", readings)
        ways.insert(0, ("cs.stddev(polars.Series)", lambda: cs.stddev(series)))
        ways.append(("polars.Series.std(ddof=0)", lambda: series.std(ddof=0)))
    for name, way in ways:
        value, seconds = timed(way)
        wrong = abs(value - exact) / math.ulp(exact)
        rows.append([name, f"{value:.16f}", f"{wrong:,.0f}", microseconds(seconds)])
    print_table(["", "stddev", "ulp off", "time"], rows)


def show_cuts(values: Floats) -> None:
    """Count how many different means the same values have when they are chunked differently."""
    print(f"\n2. The mean of the same {ROWS:,} values, cut into chunks in {CUTS} ways")
    rng = np.random.default_rng(9)
    cuts = [np.sort(rng.choice(ROWS, size=20, replace=False)) for _ in range(CUTS)]
    chunked = [pa.chunked_array(np.split(values, cut)) for cut in cuts]
    ways: list[tuple[str, Way]] = [
        ("cs.mean", cs.mean),
        ("pyarrow.compute.mean", lambda data: pc.mean(data).as_py()),
        ("numpy, chunk by chunk", lambda data: sum(c.to_numpy().sum() for c in data.chunks) / ROWS),
    ]
    if pl:
        ways.append(("polars.Series.mean", lambda data: pl.Series(data).mean()))
    rows = [[name, str(len({way(data) for data in chunked}))] for name, way in ways]
    print_table(["", "different answers"], rows)


def show_integers() -> None:
    """Compare standard deviations of integers that are equal as float64."""
    print("\n3. The standard deviation of the int64 column [2**62, 2**62 + 1, 2**62 + 2]")
    values = [2**62, 2**62 + 1, 2**62 + 2]
    array = np.array(values)
    rows = [
        ["exact (statistics.pstdev)", repr(statistics.pstdev(values))],
        ["cs.stddev", repr(cs.stddev(array))],
        ["numpy.std", repr(float(np.std(array)))],
        ["pyarrow.compute.stddev", repr(pc.stddev(pa.array(array)).as_py())],
    ]
    if pl:
        rows.append(["polars.Series.std(ddof=0)", repr(pl.Series(array).std(ddof=0))])
    print_table(["", "stddev"], rows)


def show_table(readings: Floats) -> None:
    """Compute the means of a table, which are Arrow again."""
    print("\n4. A pyarrow.Table: cs.mean(table) is a Row with a mean for each column")
    table = pa.table(
        {
            "reading": readings,
            "units": pa.array([3, None, 4] * (ROWS // 3) + [5]),
            "valid": pa.array([True, True, False, True] * (ROWS // 4)),
        }
    )
    print(pa.record_batch(cs.mean(table)).to_pylist()[0])


def show_correlations() -> None:
    """Compare correlations of columns with a large mean, and with one that is constant."""
    print(
        "\n5. The correlation of a column with a column around 100,000,000, and with a constant one"
    )
    rng = np.random.default_rng(10)
    x = rng.normal(0.0, 1.0, ROWS)
    y, constant = x + rng.normal(1e8, 1.0, ROWS), np.full(ROWS, 0.3)
    frame = pa.table({"x": x, "y": y, "constant": constant})
    exact, seconds = timed(lambda: correlation(x, y))
    rows = [["exact (integers, decimal)", f"{exact:.17f}", "0", "", microseconds(seconds)]]
    ways: list[tuple[str, Way]] = [
        ("cs.correlation", lambda other: cs.correlation(frame["x"], frame[other])),
        ("numpy.corrcoef", lambda other: float(np.corrcoef(frame["x"], frame[other])[0, 1])),
    ]
    if pl:
        polars: Any = pl.from_arrow(frame)
        ways.append(("polars.corr", lambda other: polars.select(pl.corr("x", other)).item()))
    for name, way in ways:
        value, seconds = timed(lambda way=way: way("y"))
        with np.errstate(invalid="ignore"):
            meaningless = way("constant")
        wrong = abs(value - exact) / math.ulp(exact)
        found = [f"{value:.17f}", f"{wrong:,.0f}", f"{meaningless:.3g}", microseconds(seconds)]
        rows.append([name, *found])
    print_table(["", "correlation", "ulp off", "with a constant", "time"], rows)


def correlation(x: Floats, y: Floats) -> float:
    """Return the correlation, from sums of integers, with fifty digits before it is rounded."""
    scaled = [[int(value * 2.0**80) for value in column] for column in (x.tolist(), y.tolist())]
    sums = [sum(column) for column in scaled]

    def spread(i: int, j: int) -> Decimal:
        products = sum(map(operator.mul, scaled[i], scaled[j]))
        return Decimal(ROWS * products - sums[i] * sums[j])

    with localcontext(prec=50, Emax=MAX_EMAX):
        return float(spread(0, 1) / (spread(0, 0) * spread(1, 1)).sqrt())


def timed(way: Way) -> tuple[float, float]:
    """Return the answer and the time in seconds, the best of five runs."""
    best = math.inf
    for _ in range(5):
        start = time.perf_counter()
        answer = way()
        best = min(best, time.perf_counter() - start)
        if best > 0.1:
            break
    return answer, best


def microseconds(seconds: float) -> str:
    """Format a time in microseconds."""
    return f"{seconds * 1e6:,.0f} us"


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows below a head, the first column left-aligned and the others right-aligned."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for row in [head, *rows]:
        first, *others = (
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print("   " + "  ".join([first, *others]))
