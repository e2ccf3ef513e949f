"""Measure and check all cells. Run it by ``make bench-cliffs``; see the package for what it is.

All libraries of a cell run in one process and on one thread, in turns, with the garbage collector
off; the minimum over the rounds counts. A wrong answer of colstats ends the run, and nothing is
written; another library that answers wrongly is left out of the cell, and the report says so.
"""

import argparse
import time
import warnings
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import benches.shared.one_thread

# isort: split
import numpy as np

from benches.cliffs import check, layouts
from benches.cliffs.cells import PLANS, Sample
from benches.cliffs.check import Reference
from benches.cliffs.results import HERE, LIBRARIES, Cell, Results
from benches.shared import machine
from benches.shared.clock import undisturbed
from benches.shared.turns import Effort, take_turns

EFFORTS = {
    "full": Effort("full", slice=200_000, budget=0.2, fewest=7, most=120),
    "quick": Effort("quick", slice=100_000, budget=0.05, fewest=5, most=60),
    "tiny": Effort("tiny", slice=1000, budget=0.0, fewest=2, most=2),
}


def measured(sample: Sample, effort: Effort, wrong: list[str]) -> Iterator[Cell]:
    """Check and measure the statistics of a sample."""
    held = layouts.hold(sample)
    reference = Reference.of(held.columns, sample)
    for statistic in sample.statistics:
        errors = check.checked(sample, held.rivals, statistic, reference, wrong)
        with undisturbed():
            times = take_turns({name: held.rivals[name][statistic] for name in errors}, effort)
        key = (sample.type, sample.distribution, sample.layout, sample.rows, statistic)
        yield Cell(*key, {name: min(rounds) for name, rounds in times.items()}, errors)


def run(form: str) -> Results:
    """Measure a plan, and report progress."""
    effort, samples, cells, wrong = EFFORTS[form], PLANS[form](), [], []
    benches.shared.one_thread.limit(layouts.DATABASE)
    start = time.monotonic()
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)  # overflow is part of the answers
        for number, sample in enumerate(samples, 1):
            for cell in measured(sample, effort, wrong):
                cells.append(cell)
                times = "  ".join(f"{n} {ns / cell.rows:.3g}" for n, ns in cell.ns.items())
                where = f"{cell.type}, {cell.distribution}, {cell.layout}, {cell.rows:,}"
                print(f"{number}/{len(samples)} {cell.statistic} of {where}: {times}", flush=True)
    seconds = round(time.monotonic() - start)
    return Results(header(effort) | {"seconds": seconds, "wrong": wrong}, cells)


def header(effort: Effort) -> dict[str, object]:
    """Collect what a reader of the figures has to know."""
    return {
        "form": effort.name,
        "machine": machine.machine(),
        "versions": machine.versions(LIBRARIES[1:]),
        "build": machine.build(),
        "threads": 1,
        "effort": asdict(effort),
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
