"""Measure and check all cells. Run it by ``make bench-cliffs``; see the package for what it is.

All libraries of a cell run in one process and on one thread, in turns, with the garbage collector
off; the minimum over the rounds counts. A wrong answer ends the run, and nothing is written.
"""

import argparse
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import benches.shared.one_thread

# isort: split
import duckdb
import numpy as np
import polars as pl
import pyarrow as pa

from benches.cliffs import check, layouts
from benches.cliffs.cells import PLANS, Sample
from benches.cliffs.results import HERE, LIBRARIES, Cell, Results
from benches.shared import machine
from benches.shared.clock import undisturbed
from benches.shared.turns import Effort, take_turns

EFFORTS = {
    "full": Effort("full", slice=200_000, budget=0.2, fewest=7, most=120),
    "quick": Effort("quick", slice=100_000, budget=0.05, fewest=5, most=60),
    "tiny": Effort("tiny", slice=1000, budget=0.0, fewest=2, most=2),
}
#: How libraries say that they do not offer an operation, or that it overflows.
REFUSALS = (
    pa.ArrowNotImplementedError,
    pl.exceptions.InvalidOperationError,
    duckdb.OutOfRangeException,
)


def offered(calls: dict[str, Callable[[], object]]) -> dict[str, Callable[[], object]]:
    """Leave out the libraries that refuse."""
    return {name: call for name, call in calls.items() if name == "colstats" or answers(call)}


def answers(call: Callable[[], object]) -> bool:
    """Whether a library answers."""
    try:
        call()
    except REFUSALS:
        return False
    return True


def measured(sample: Sample, effort: Effort) -> Iterator[Cell]:
    """Check and measure the statistics of a sample."""
    held = layouts.hold(sample)
    totals = check.references(held.columns, sample)
    for statistic in sample.statistics:
        asked = {name: c[statistic] for name, c in held.rivals.items() if statistic in c}
        calls = offered(asked)
        try:
            errors = check.check(calls, statistic, sample.type, len(held.columns), totals)
        except check.WrongAnswer as wrong:
            raise check.WrongAnswer(f"{sample}: {wrong}") from None
        with undisturbed():
            times = take_turns(calls, effort)
        least = {name: min(rounds) for name, rounds in times.items()}
        yield Cell(
            *(sample.type, sample.distribution, sample.layout, sample.rows, statistic),
            least,
            errors,
        )


def run(form: str) -> Results:
    """Measure a plan, and report progress."""
    effort, samples, cells = EFFORTS[form], PLANS[form](), []
    benches.shared.one_thread.limit(layouts.DATABASE)
    start = time.monotonic()
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)  # overflow is part of the answers
        for number, sample in enumerate(samples, 1):
            for cell in measured(sample, effort):
                cells.append(cell)
                times = "  ".join(f"{n} {ns / cell.rows:.3g}" for n, ns in cell.ns.items())
                where = f"{cell.type}, {cell.distribution}, {cell.layout}, {cell.rows:,}"
                print(f"{number}/{len(samples)} {cell.statistic} of {where}: {times}", flush=True)
    return Results(header(effort, round(time.monotonic() - start)), cells)


def header(effort: Effort, seconds: int) -> dict[str, object]:
    """Collect what a reader of the figures has to know."""
    return {
        "form": effort.name,
        "machine": machine.machine(),
        "versions": machine.versions(LIBRARIES[1:]),
        "build": machine.build(),
        "threads": 1,
        "effort": asdict(effort),
        "seconds": seconds,
    }


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--form", choices=EFFORTS, default="full", help="how much is measured")
    parser.add_argument("--results", type=Path, default=HERE, help="a directory for the files")
    options = parser.parse_args()
    results = run(options.form)
    results.write(options.results / options.form)
    print(f"{len(results.cells)} cells in {results.header['seconds']} s")


if __name__ == "__main__":
    main()
