"""Mean and standard deviation by colstats and its peers: how fast, and how accurate.

All libraries of a cell run in one process and on one thread, in turns, in an order drawn anew for
each round, with the garbage collector off. Each answer is checked first, and that of colstats must
be exact. Run it by ``make bench-peers``; the figures go to ``results/`` as JSON, and ``report.py``
makes tables and plots of them.
"""

import argparse
import json
import math
import statistics
import time
from dataclasses import asdict
from pathlib import Path

import benches.shared.one_thread  # noqa: F401 - before the libraries are loaded

# isort: split
from benches.peers import rivals
from benches.peers.rivals import Held, Rival
from benches.peers.samples import Sample, samples
from benches.shared import machine
from benches.shared.clock import undisturbed
from benches.shared.turns import Effort, take_turns

PEERS = ["numpy", "pyarrow", "polars", "pandas", "duckdb", "bottleneck"]
RESULTS = Path(__file__).parent / "results"
EXACT_LIMIT = 2**16  # values for which rational arithmetic ends in reasonable time
REFERENCES = {
    "exact": "rational arithmetic, rounded once (the module statistics)",
    "colstats": "colstats' own answer, as there are too many values for rational arithmetic in"
    " Python; so here colstats itself is not checked",
}


SLICE = 2_000_000
QUICK = Effort("quick", slice=SLICE, budget=2.5, fewest=5, most=61)
FULL = Effort("full", slice=SLICE, budget=8.0, fewest=7, most=151)


def ulps(answer: float, exact: float) -> float | None:
    """Units in the last place between an answer and the exact one; none for infinities and NaNs."""
    return abs(answer - exact) / math.ulp(exact) if math.isfinite(answer) else None


def check(contest: list[Rival], held: Held, statistic: str) -> tuple[str, dict[str, dict]]:
    """Call each library once: the kind of the reference, and the error of each answer."""
    answers = {rival.name: rival.answer() for rival in contest}
    reference, exact = "colstats", answers["colstats"]
    if len(held.values) <= EXACT_LIMIT:
        reference, exact = "exact", float(rivals.EXACT_ANSWERS[statistic](held.valid()))
    if answers["colstats"] != exact:
        raise AssertionError(f"colstats is not exact: {answers['colstats']!r}, not {exact!r}")
    return reference, {
        name: {"answer": repr(answer), "ulps": ulps(answer, exact), "correct": answer == exact}
        for name, answer in answers.items()
    }


def figures(times: dict[str, list[float]], rows: int) -> dict[str, dict[str, float]]:
    """Nanoseconds per value, and their ratio to those of colstats."""
    fewest = {name: min(rounds) / rows for name, rounds in times.items()}
    middle = {name: statistics.median(rounds) / rows for name, rounds in times.items()}
    return {
        name: {
            "ns_min": fewest[name],
            "ns_median": middle[name],
            "ratio_min": fewest[name] / fewest["colstats"],
            "ratio_median": middle[name] / middle["colstats"],
        }
        for name in times
    }


def cell(sample: Sample, held: Held, statistic: str, effort: Effort) -> dict[str, object]:
    """Check and measure one statistic of one sample."""
    contest = rivals.contest(held, statistic)
    reference, checks = check(contest, held, statistic)
    calls = {rival.name: rival.call for rival in [*contest, rivals.limit(held)]}
    with undisturbed():
        times = take_turns(calls, effort)
    results = figures(times, sample.rows)
    return {
        "statistic": statistic,
        **asdict(sample),
        "reference": reference,
        "rounds": len(times["colstats"]),
        "limit": {"name": rivals.LIMIT, **results.pop(rivals.LIMIT)},
        "results": {name: results[name] | checks[name] for name in results},
    }


def header(effort: Effort) -> dict[str, object]:
    """Collect what a reader of the figures has to know."""
    return {
        "form": effort.name,
        "machine": machine.machine(),
        "versions": machine.versions(PEERS),
        "build": machine.build(),
        "threads": 1,
        "effort": asdict(effort),
        "exact": rivals.EXACT,
        "references": REFERENCES,
        "held": "NumPy, pandas and bottleneck hold nulls as NaN, and NumPy is asked by nanmean and"
        " nanstd; duckdb holds the sample as a table of its own; pandas is kept from handing"
        " over to bottleneck, which has a column of its own",
        "limit": "np.add.reduce of the same buffer: an approximation of reading and adding it by"
        " vectors, which NumPy does not do at the full speed of the machine",
    }


def measure_all(effort: Effort) -> list[dict[str, object]]:
    """Measure all samples, and report progress."""
    cells = []
    for sample in samples(quick=effort is QUICK):
        held = Held(sample)
        for statistic in rivals.CONTESTS:
            cells.append(cell(sample, held, statistic, effort))
            times = {name: result["ns_median"] for name, result in cells[-1]["results"].items()}
            said = "  ".join(f"{name} {time:.4g}" for name, time in times.items())
            kind = f"{sample.type} {sample.distribution} {sample.nulls:.0%} null"
            print(f"{statistic} of {sample.rows:,} {kind}, ns per value: {said}", flush=True)
    return cells


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="up to 2^20 values, in fewer rounds")
    effort = QUICK if parser.parse_args().quick else FULL
    rivals.use_one_thread()
    start = time.monotonic()
    cells = measure_all(effort)
    seconds = round(time.monotonic() - start)
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(header(effort) | {"seconds": seconds, "cells": cells}, indent=1, default=str)
    (RESULTS / f"{effort.name}.json").write_text(text + "\n", encoding="utf-8")
    print(f"{len(cells)} cells in {seconds} s")


if __name__ == "__main__":
    main()
