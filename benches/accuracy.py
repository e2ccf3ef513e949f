"""How accurate means and deviations are, and whether they are the same in any order and chunks.

Errors are counted in units in the last place (ulp) of the exact population standard deviation,
which is computed by rational arithmetic. Then one column is asked in several orders and chunks, and
the different answers of each library are counted. Run it by ``make accuracy``; the page is
docs/measured/accuracy.md.
"""

import argparse
import datetime
import math
import statistics
import warnings
from collections.abc import Callable, Iterator
from typing import TypeAlias

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

import colstats as cs
from benches.shared import machine, pages
from benches.shared.markdown import table

Answer: TypeAlias = float | None
Chunks: TypeAlias = list[np.ndarray]

#: How many values are asked in how many orders, and in how many ways to cut them into chunks.
VALUES, WAYS = 1_000_000, 30
PLAIN = {"mean": "mean", "stddev": "std"}


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


def ask_numpy(statistic: str, chunks: Chunks) -> Answer:
    """By NumPy."""
    (array,) = chunks
    return float(getattr(np, PLAIN[statistic])(array))


def ask_pyarrow(statistic: str, chunks: Chunks) -> Answer:
    """By pyarrow."""
    return getattr(pc, statistic)(pa.chunked_array(chunks)).as_py()


def ask_polars(statistic: str, chunks: Chunks) -> Answer:
    """By polars."""
    series = pl.concat([pl.Series(chunk) for chunk in chunks], rechunk=False)
    return series.std(ddof=0) if statistic == "stddev" else series.mean()


def ask_pandas(statistic: str, chunks: Chunks) -> Answer:
    """By pandas."""
    (array,) = chunks
    series = pd.Series(array)
    return float(series.std(ddof=0) if statistic == "stddev" else series.mean())


def ask_duckdb(statistic: str, chunks: Chunks) -> Answer:
    """By duckdb, which raises on overflow."""
    sample = pa.table({"x": pa.chunked_array(chunks)})  # noqa: F841 - duckdb finds it by its name
    function = {"mean": "avg", "stddev": "stddev_pop"}[statistic]
    try:
        return duckdb.sql(f"select {function}(x) from sample").fetchall()[0][0]
    except duckdb.OutOfRangeException:
        return math.inf


def ask_colstats(statistic: str, chunks: Chunks) -> Answer:
    """By colstats."""
    return getattr(cs, statistic)(pa.chunked_array(chunks))


LIBRARIES: dict[str, Callable[[str, Chunks], Answer]] = {
    "numpy": ask_numpy,
    "pyarrow": ask_pyarrow,
    "polars": ask_polars,
    "pandas": ask_pandas,
    "duckdb": ask_duckdb,
    "colstats": ask_colstats,
}
#: Those that have no columns of several chunks.
UNCHUNKED = ("numpy", "pandas")


def error(answer: Answer, exact: float) -> str:
    """Write the distance of an answer from the exact one."""
    if answer is None or not math.isfinite(answer):
        return "overflow"
    ulps = round(abs(answer - exact) / math.ulp(exact))
    if answer == 0.0 and exact != 0.0:
        return "says 0.0"
    return f"{ulps:,}" if ulps < 1e7 else f"{ulps:.0e}"


def errors() -> str:
    """The table of errors."""
    rows = []
    for name, values in data_sets().items():
        exact, chunks = statistics.pstdev(values), [np.array(values)]
        found = [error(ask("stddev", chunks), exact) for ask in LIBRARIES.values()]
        rows.append([name, *found[:-1], f"**{found[-1]}**"])
    return table(["error in ulp", *LIBRARIES], rows)


def orders() -> Iterator[Chunks]:
    """One column in several orders."""
    rng = np.random.default_rng(2)
    values = rng.lognormal(0.0, 2.0, VALUES)
    return ([rng.permutation(values)] for _ in range(WAYS))


def cuts() -> Iterator[Chunks]:
    """One column, cut into 1 to 1,000 chunks in several ways."""
    rng = np.random.default_rng(2)
    values = rng.lognormal(0.0, 2.0, VALUES)
    for way in range(WAYS):
        number = round(1000 ** (way / (WAYS - 1)))
        places = np.sort(rng.integers(0, VALUES, number - 1))
        yield np.split(values, places)


def apart(answers: set[float]) -> str:
    """Write how many answers there are, and how many ulp they are apart."""
    if len(answers) < 2:
        return str(len(answers) or "")
    low, high = min(answers), max(answers)
    return f"{len(answers)} ({round((high - low) / math.ulp(low)):,})"


def different() -> str:
    """The table of how many different answers each library gives."""
    rows = []
    for what, ways in (("orders", orders), ("ways to cut into chunks", cuts)):
        answers: dict[tuple[str, str], set[float]] = {}
        for chunks in ways():
            for name, ask in LIBRARIES.items():
                for statistic in PLAIN:
                    if ways is orders or name not in UNCHUNKED:
                        found = answers.setdefault((statistic, name), set())
                        found.add(ask(statistic, chunks) or 0.0)
        for statistic in PLAIN:
            cells = [apart(answers.get((statistic, name), set())) for name in LIBRARIES]
            rows.append([f"{statistic}, {WAYS} {what}", *cells[:-1], f"**{cells[-1]}**"])
    return table(["different answers", *LIBRARIES], rows)


def page() -> str:
    """Write the page."""
    here = machine.machine()
    versions = machine.versions(name for name in LIBRARIES if name != "colstats")
    named = ", ".join(f"{name} {version}" for name, version in versions.items())
    return f"""\
# Accuracy

<!-- Written by benches/accuracy.py (make accuracy): do not edit. -->

How far standard deviations are from the truth, and whether they are always the same ({here["cpu"]};
{named}; {datetime.date.today():%B %Y}).
{pages.run_it("accuracy")}

## Errors

In ulp, units in the last place of the `float64` nearest to the exact deviation of the population,
which the module `statistics` computes by rational arithmetic. 0 is the correctly rounded answer.

{errors()}
The first three lines are data far from zero, or of a wide range. The others are near the ends of
the range of their type: "overflow" is an infinite deviation or an exception, and "says 0.0" a
deviation of zero, for values that differ and whose deviation is an ordinary number.

## The same data, different answers

{VALUES:,} values of lognormal(0, 2): how many different answers a library gives if the rows come in
{WAYS} orders, and if the column is cut into 1 to 1,000 chunks in {WAYS} ways; in brackets, how many
ulp lie between the largest and the smallest. NumPy and pandas have no columns of several chunks.

{different()}
The counts of duckdb, which adds on several threads, differ from run to run. All these differences
are small. Whether they matter depends on what is done with the answers: a comparison of two builds,
a cache keyed by results or a threshold sees a difference of one ulp as well as any.
"""


def main() -> None:
    """Measure, print and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", action="store_true", help="write the page")
    publish = parser.parse_args().output
    warnings.simplefilter("ignore", RuntimeWarning)  # overflow is part of the answer
    text = page()
    print(text)
    if publish:
        pages.publish("accuracy", text)


if __name__ == "__main__":
    main()
