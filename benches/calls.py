"""What one call costs: the statistics of eight values, by colstats and other libraries.

All of them run in one process, in turns, with the garbage collector off; the median of the rounds
is shown. Each answer is checked before it is timed. Run it by ``make bench``; ``--json FILE`` saves
the figures.
"""

import argparse
import json
import statistics
from collections.abc import Callable
from dataclasses import dataclass

import bottleneck
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

import colstats as cs
from benches.shared.clock import time_calls, undisturbed

VALUES = [0.5, 1.25, -3.0, 8.0, 2.5, 0.125, -7.75, 4.0]
ROUNDS = 41
CALLS = 2_000


@dataclass
class Rival:
    """A library's call for an answer; without a statistic, there is no answer to check."""

    name: str
    call: Callable[[], object]
    statistic: str | None = None


def rivals() -> list[Rival]:
    """The calls that are compared, on the same eight values."""
    array, series, numpy = pa.array(VALUES), pl.Series(VALUES), np.array(VALUES)
    column = cs.Column(array)
    return [
        Rival("an empty call", lambda: None),
        Rival("pa.Array.__arrow_c_array__", array.__arrow_c_array__),
        Rival("pl.Series.__arrow_c_stream__", series.__arrow_c_stream__),
        Rival("colstats Column.mean", column.mean, "mean"),
        Rival("colstats Column.stddev", column.stddev, "stddev"),
        Rival("colstats mean(np.ndarray)", lambda: cs.mean(numpy), "mean"),
        Rival("colstats mean(pa.Array)", lambda: cs.mean(array), "mean"),
        Rival("colstats mean(pl.Series)", lambda: cs.mean(series), "mean"),
        Rival("colstats stddev(np.ndarray)", lambda: cs.stddev(numpy), "stddev"),
        Rival("colstats stddev(pa.Array)", lambda: cs.stddev(array), "stddev"),
        Rival("colstats stddev(pl.Series)", lambda: cs.stddev(series), "stddev"),
        Rival("polars Series.mean", series.mean, "mean"),
        Rival("polars Series.std", lambda: series.std(ddof=0), "stddev"),
        Rival("bottleneck nanmean", lambda: bottleneck.nanmean(numpy), "mean"),
        Rival("bottleneck nanstd", lambda: bottleneck.nanstd(numpy), "stddev"),
        Rival("numpy mean", numpy.mean, "mean"),
        Rival("numpy std", numpy.std, "stddev"),
        Rival("pyarrow.compute mean", lambda: pc.mean(array), "mean"),
        Rival("pyarrow.compute stddev", lambda: pc.stddev(array), "stddev"),
    ]


def check(rival: Rival) -> None:
    """Raise if the answer is wrong."""
    if rival.statistic is None:
        return
    exact = {"mean": statistics.mean, "stddev": statistics.pstdev}[rival.statistic](VALUES)
    answer = rival.call()
    value = float(answer.as_py() if isinstance(answer, pa.Scalar) else answer)
    if abs(value - exact) > 4e-16 * abs(exact):
        raise AssertionError(f"{rival.name} says {value!r}, not {exact!r}")
    if rival.name.startswith("colstats") and value != exact:
        raise AssertionError(f"{rival.name} is not exact: {value!r}, not {exact!r}")


def measure(contest: list[Rival]) -> dict[str, float]:
    """Time all calls in turn; the median nanoseconds of each."""
    rounds: dict[str, list[float]] = {rival.name: [] for rival in contest}
    with undisturbed():
        for _ in range(ROUNDS):
            for rival in contest:
                rounds[rival.name].append(time_calls(rival.call, CALLS))
    return {name: statistics.median(times) for name, times in rounds.items()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", metavar="FILE", help="write the figures to a file")
    options = parser.parse_args()
    contest = rivals()
    for rival in contest:
        check(rival)
    figures = measure(contest)
    print(f"one call on {len(VALUES)} float64 values, median ns of {ROUNDS} rounds")
    for name, nanoseconds in figures.items():
        print(f"  {name:<30} {nanoseconds:>8.0f}")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(figures, file, indent=2)


if __name__ == "__main__":
    main()
