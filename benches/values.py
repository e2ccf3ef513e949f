"""Covariance, quantiles, shape, weights and windows, next to other libraries, on one thread.

    python -m benches.values [--quick] [--output FILE]

Every library has the data in its own form, and all are timed in turns; the fastest time counts. The
answers of colstats are compared with rational arithmetic for the shortest columns, and those of the
others with ours, in units in the last place (ulp).
"""

import argparse
import datetime
import math
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import benches.shared.one_thread

# isort: split
import bitrep
import bottleneck
import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import scipy.stats

import colstats as cs
from benches.shared import machine, pages
from benches.shared.clock import undisturbed
from benches.shared.markdown import table as markdown
from benches.shared.turns import Effort, take_turns
from support.exact import order, pairs, shape, weights
from support.exact.numbers import rounded

ROWS = (1 << 14, 10**6)
QUICK_ROWS = (1 << 14,)
#: Longest columns that are checked by rational arithmetic, and given to bitrep value by value.
CHECKED_ROWS = 1 << 14
WINDOW = 100
MATRIX = (50, 10**6)
EFFORT = Effort("values", slice=2_000_000, budget=1.0, fewest=5, most=60)
PAGE = Path(__file__).parent.parent / "docs" / "measured" / "values.md"
LIBRARIES = ("colstats", "numpy", "polars", "pandas", "duckdb", "pyarrow", "scipy", "bitrep")

Floats = np.ndarray[tuple[int], np.dtype[np.float64]]
Calls = dict[str, Callable[[], Any]]


@dataclass
class Held:
    """Two columns of as many rows, in the form of each library."""

    x: Floats
    y: Floats

    def __post_init__(self) -> None:
        self.columns = cs.Column(self.x), cs.Column(self.y)
        self.frame = pl.DataFrame({"x": self.x, "y": self.y})
        self.series = pd.Series(self.x), pd.Series(self.y)
        self.array = pa.array(self.x)
        self.database = duckdb.connect()
        benches.shared.one_thread.limit(self.database)
        arrow = self.frame.to_arrow()
        self.database.register("arrow", arrow)
        self.database.execute("CREATE TABLE t AS SELECT * FROM arrow")

    def of_polars(self, expression: pl.Expr) -> Callable[[], Any]:
        """A call of an expression."""
        return lambda: self.frame.select(expression).item()

    def of_duckdb(self, expression: str) -> Callable[[], Any]:
        """A call of an aggregate."""
        return lambda: self.database.sql(f"SELECT {expression} FROM t").fetchall()[0][0]


def covariance(held: Held) -> Calls:
    """With the divisor n - 1, as most have it."""
    (x, y), (p, q) = held.columns, held.series
    return {
        "colstats": lambda: cs.covariance(x, y, ddof=1),
        "numpy": lambda: np.cov(held.x, held.y)[0, 1],
        "polars": held.of_polars(pl.cov("x", "y")),
        "pandas": lambda: p.cov(q),
        "duckdb": held.of_duckdb("covar_samp(x, y)"),
    }


def correlation(held: Held) -> Calls:
    """Pearson's coefficient."""
    (x, y), (p, q) = held.columns, held.series

    def one_by_one() -> float:
        state = bitrep.CovF64()
        for pair in zip(held.x.tolist(), held.y.tolist(), strict=True):
            state.add(*pair)
        return float(state.correlation())

    return {
        "colstats": lambda: cs.correlation(x, y),
        "numpy": lambda: np.corrcoef(held.x, held.y)[0, 1],
        "polars": held.of_polars(pl.corr("x", "y")),
        "pandas": lambda: p.corr(q),
        "duckdb": held.of_duckdb("corr(x, y)"),
        "bitrep": one_by_one,
    }


def median(held: Held) -> Calls:
    """The value in the middle."""
    return {
        "colstats": lambda: cs.median(held.columns[0]),
        "numpy": lambda: np.median(held.x),
        "polars": held.of_polars(pl.col("x").median()),
        "pandas": held.series[0].median,
        "duckdb": held.of_duckdb("median(x)"),
        "pyarrow": lambda: float(pc.quantile(held.array, 0.5)[0].as_py()),
    }


def quantile(held: Held) -> Calls:
    """The quantile 0.9, by linear interpolation."""
    return {
        "colstats": lambda: cs.quantile(held.columns[0], 0.9),
        "numpy": lambda: np.quantile(held.x, 0.9),
        "polars": held.of_polars(pl.col("x").quantile(0.9, "linear")),
        "pandas": lambda: held.series[0].quantile(0.9),
        "duckdb": held.of_duckdb("quantile_cont(x, 0.9)"),
        "pyarrow": lambda: float(pc.quantile(held.array, 0.9)[0].as_py()),
    }


def skewness(held: Held) -> Calls:
    """That of the values as they are."""
    return {
        "colstats": lambda: cs.skewness(held.columns[0]),
        "polars": held.of_polars(pl.col("x").skew()),
        "pyarrow": lambda: pc.skew(held.array).as_py(),
        "scipy": lambda: scipy.stats.skew(held.x),
    }


def unbiased_skewness(held: Held) -> Calls:
    """The estimate for the population, as pandas and duckdb have it."""
    return {
        "colstats": lambda: cs.skewness(held.columns[0], biased=False),
        "polars": held.of_polars(pl.col("x").skew(bias=False)),
        "pandas": held.series[0].skew,
        "duckdb": held.of_duckdb("skewness(x)"),
        "scipy": lambda: scipy.stats.skew(held.x, bias=False),
    }


def kurtosis(held: Held) -> Calls:
    """That of the values as they are, less 3."""
    return {
        "colstats": lambda: cs.kurtosis(held.columns[0]),
        "polars": held.of_polars(pl.col("x").kurtosis()),
        "duckdb": held.of_duckdb("kurtosis_pop(x)"),
        "pyarrow": lambda: pc.kurtosis(held.array).as_py(),
        "scipy": lambda: scipy.stats.kurtosis(held.x),
    }


def weighted_mean(held: Held) -> Calls:
    """The mean of x, weighted by the magnitudes of y."""
    heavy = np.abs(held.y)
    column = cs.Column(heavy)
    frame = held.frame.with_columns(y=pl.Series(heavy))
    product = (pl.col("x") * pl.col("y")).sum() / pl.col("y").sum()
    return {
        "colstats": lambda: cs.mean(held.columns[0], weights=column),
        "numpy": lambda: np.average(held.x, weights=heavy),
        "polars": lambda: frame.select(product).item(),
    }


def rolling_mean(held: Held) -> Calls:
    """The means of all windows of a hundred rows; the last one is compared."""
    return {
        "colstats": lambda: last(cs.mean(held.columns[0], per=WINDOW, align="row")),
        "polars": lambda: held.frame["x"].rolling_mean(WINDOW)[-1],
        "pandas": lambda: held.series[0].rolling(WINDOW).mean().iloc[-1],
        "bottleneck": lambda: bottleneck.move_mean(held.x, WINDOW)[-1],
    }


def rolling_stddev(held: Held) -> Calls:
    """The same for standard deviations."""
    return {
        "colstats": lambda: last(cs.stddev(held.columns[0], per=WINDOW, align="row")),
        "polars": lambda: held.frame["x"].rolling_std(WINDOW, ddof=0)[-1],
        "pandas": lambda: held.series[0].rolling(WINDOW).std(ddof=0).iloc[-1],
        "bottleneck": lambda: bottleneck.move_std(held.x, WINDOW)[-1],
    }


def last(answers: Any) -> Any:
    """The last of many answers, which are Arrow data."""
    return answers[-1].as_py()


STATISTICS: Mapping[str, Callable[[Held], Calls]] = {
    "covariance": covariance,
    "correlation": correlation,
    "median": median,
    "quantile 0.9": quantile,
    "skewness": skewness,
    "skewness, unbiased": unbiased_skewness,
    "kurtosis": kurtosis,
    "weighted mean": weighted_mean,
    f"rolling mean of {WINDOW}": rolling_mean,
    f"rolling stddev of {WINDOW}": rolling_stddev,
}


def exactly(statistic: str, x: list[float], y: list[float]) -> float:
    """The correctly rounded answer, by rational arithmetic."""
    answers: dict[str, Callable[[], Any]] = {
        "covariance": lambda: pairs.covariance(y, x, 1),
        "correlation": lambda: pairs.correlation(y, x),
        "median": lambda: order.median(x),
        "quantile 0.9": lambda: order.quantile(x, 0.9),
        "skewness": lambda: shape.skewness(x),
        "skewness, unbiased": lambda: shape.skewness(x, biased=False),
        "kurtosis": lambda: shape.kurtosis(x),
        "weighted mean": lambda: weights.mean(x, [abs(weight) for weight in y]),
        f"rolling mean of {WINDOW}": lambda: weights.mean(x[-WINDOW:], [1] * WINDOW),
        f"rolling stddev of {WINDOW}": lambda: weights.stddev(x[-WINDOW:], [1] * WINDOW),
    }
    return float(rounded(answers[statistic]()))


def data(name: str, rows: int) -> Held:
    """Columns of a distribution, the second correlated with the first."""
    rng = np.random.default_rng(rows)
    x = rng.standard_normal(rows)
    y = 0.5 * x + rng.standard_normal(rows)
    if name == "around 1000":
        return Held(1000 + x, 1000 + y)
    if name == "integers":
        return Held(np.floor(1000 * x), np.floor(1000 * y))
    if name == "lognormal":
        return Held(np.exp(2 * x), np.exp(2 * y))
    if name == "sorted":
        return Held(np.sort(x), y)
    return Held(x, y)


DATA = ("normal", "around 1000", "integers", "lognormal", "sorted")


@dataclass
class Cell:
    """The figures of one statistic of one column."""

    statistic: str
    data: str
    rows: int
    #: By library: nanoseconds for a row, and units in the last place from our answer.
    ns: dict[str, float]
    ulps: dict[str, float]


def cells(rows: tuple[int, ...]) -> Iterator[Cell]:
    """Check and measure everything."""
    for name in DATA:
        for length in rows:
            held = data(name, length)
            for statistic, calls_of in STATISTICS.items():
                calls = calls_of(held)
                if length > CHECKED_ROWS:
                    calls.pop("bitrep", None)
                answers = {library: float(call()) for library, call in calls.items()}
                ours = answers["colstats"]
                if length <= CHECKED_ROWS:
                    expected = exactly(statistic, held.x.tolist(), held.y.tolist())
                    if ours != expected:
                        raise SystemExit(f"{statistic} of {name}: {ours!r}, not {expected!r}")
                with undisturbed():
                    times = take_turns(calls, EFFORT)
                ns = {library: min(rounds) / length for library, rounds in times.items()}
                ulps = {
                    library: abs(answer - ours) / math.ulp(ours)
                    for library, answer in answers.items()
                }
                print(f"{statistic}, {name}, {length:,}:", {k: f"{v:.2f}" for k, v in ns.items()})
                yield Cell(statistic, name, length, ns, ulps)


def matrix() -> list[str]:
    """Time the correlations of all pairs of many columns."""
    count, rows = MATRIX
    rng = np.random.default_rng(count)
    values = rng.standard_normal((count, rows)) + rng.standard_normal(rows)
    columns = {f"c{i}": column for i, column in enumerate(values)}
    table, frame = cs.Table(columns), pd.DataFrame(columns)
    calls: Calls = {
        "colstats": lambda: cs.correlation(table),
        "numpy": lambda: np.corrcoef(values),
        "pandas": frame.corr,
    }
    times = take_turns(calls, Effort("matrix", slice=1, budget=1.0, fewest=2, most=2))
    best = {library: min(rounds) / 1e9 for library, rounds in times.items()}
    print("matrix:", best)
    fastest = min(best, key=lambda library: best[library])
    return [
        f"**{best[library]:.2f}**" if library == fastest else f"{best[library]:.2f}"
        for library in calls
    ]


def page(found: list[Cell], correlations: list[str]) -> str:
    """Write the page."""
    here = machine.machine()
    libraries = (*LIBRARIES, "bottleneck")
    versions = machine.versions([library for library in libraries if library != "colstats"])
    wins = sum(cell.ns["colstats"] == min(cell.ns.values()) for cell in found)
    text = f"""\
# Covariance, quantiles, shape, weights and windows

<!-- Written by benches/values.py (make bench-values): do not edit. -->

Nanoseconds for a row of float64 on one thread, the fastest in bold; in brackets, how many units in
the last place an answer is from ours, which were checked by rational arithmetic for the shortest
columns ({here["cpu"]}; {", ".join(f"{name} {version}" for name, version in versions.items())};
{datetime.date.today():%B %Y}). colstats is the fastest in {wins} of {len(found)} lines. bitrep,
which is exact, too, takes one value at a time.

The correlations of all pairs of {MATRIX[0]} columns of {MATRIX[1]:,} rows take, in seconds:
colstats {correlations[0]}, numpy {correlations[1]}, pandas {correlations[2]}.

{pages.run_it("bench-values")}
"""
    for statistic in STATISTICS:
        chosen = [cell for cell in found if cell.statistic == statistic]
        used = [name for name in libraries if any(name in cell.ns for cell in chosen)]
        rows = [
            [cell.data, f"{cell.rows:,}", *(shown(cell, library) for library in used)]
            for cell in chosen
        ]
        text += f"\n## {statistic[0].upper()}{statistic[1:]}\n\n"
        text += markdown(["data", "rows", *used], rows).rstrip("\n") + "\n"
    return text


def shown(cell: Cell, library: str) -> str:
    """The figures of a library."""
    if library not in cell.ns:
        return ""
    ns, ulps = cell.ns[library], cell.ulps[library]
    time = f"**{ns:.2f}**" if ns == min(cell.ns.values()) else f"{ns:.2f}"
    return time if ulps == 0 else f"{time} ({ulps:,.0f})" if ulps < 1e6 else f"{time} ({ulps:.0e})"


def main() -> None:
    """Measure, print and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rows, and no matrix")
    parser.add_argument("--output", type=Path, help="where to write the page")
    options = parser.parse_args()
    cs.set_num_threads(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        found = list(cells(QUICK_ROWS if options.quick else ROWS))
        text = page(found, ["not measured"] * 3 if options.quick else matrix())
    print(text)
    if options.output:
        options.output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
