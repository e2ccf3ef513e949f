"""Tables VI and VII: samples cut into chunks of 18 sizes, in several arms.

* faithful: every chunk in a container of its own, built just before the call.
* sliced: a container built once; chunks are views of it.
* cold: all containers are built first, and the caches are overwritten before the calls.
* per: one call for all chunks, which only colstats offers.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

import colstats as cs
from benches.paper import rows as all_rows
from benches.paper.rows import Failures, Questions, Row, muster
from benches.paper.samples import Bounds, Sample, chunks
from benches.paper.serial import hold
from benches.paper.timing import STATISTICS, Contest, Go, warm
from benches.shared.machine import last_cache

Arm = dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """The samples, the chunk sizes, and the number of experiments."""

    samples: Sequence[Sample]
    sizes: Sequence[int]
    experiments: int
    failures: Failures
    tell: Callable[[str], None]


def arm(plan: Plan, rows: Sequence[Row], cutter: Callable[[Row, Sample], Any], go: Go) -> Arm:
    """Run all rows over all samples in chunks of each size."""
    contests = {size: Contest(rows, plan.failures) for size in plan.sizes}
    for sample in plan.samples:
        cuts = {row.name: cutter(row, sample) for row in rows}
        for size, contest in contests.items():
            plan.tell(f"chunks of {size:,}")
            bounds = list(chunks(len(sample), size))
            exact = exact_answers(sample, bounds)
            for _ in range(plan.experiments):
                contest.experiment(go, cuts, bounds, exact)
    return {
        str(size): contest.results(-(-len(plan.samples[0]) // size))
        for size, contest in contests.items()
    }


def exact_answers(sample: Sample, bounds: Sequence[Bounds]) -> dict[str, np.ndarray]:
    """The correctly rounded statistics of all chunks."""
    answers = [sample.exact(start, stop) for start, stop in bounds]
    return {name: np.array([answer[name] for answer in answers]) for name in STATISTICS}


def own(row: Row, sample: Sample) -> Any:
    """Cut chunks with containers of their own."""
    return partial(hold, row.hold, sample)


def view(row: Row, sample: Sample) -> Any:
    """Cut views of one container."""
    return row.view and row.view(sample)


def faithful(plan: Plan) -> Arm:
    """Measure as the paper does."""
    return arm(plan, muster(all_rows.CHUNKED, plan.failures), own, warm)


def sliced(plan: Plan) -> Arm:
    """Measure views of a container that was built once."""
    rows = muster(all_rows.CHUNKED, plan.failures)
    return arm(plan, [row for row in rows if row.view], view, warm)


def cold(plan: Plan) -> Arm:
    """Measure data that are in no cache."""
    go = partial(ask_cold, np.ones(evicting()))
    return arm(plan, muster(all_rows.M2, plan.failures), own, go)


def evicting() -> int:
    """The number of values that overwrite the largest cache, if there is enough memory."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return int(min(1.5 * last_cache(), memory / 4)) // 8


def ask_cold(scrap: np.ndarray, cut: Any, bounds: Sequence[Bounds]) -> Any:
    """Build all containers, overwrite the caches, and then call; for each statistic anew."""
    held: list[Questions] = [cut(*pair) for pair in bounds]
    results = {}
    for statistic in STATISTICS:
        scrap += 1.0
        one = [{statistic: questions[statistic]} for questions in held]
        results[statistic] = warm(lambda start, _, one=one: one[start], [*enumerate(one)])[
            statistic
        ]
    return results


def per(plan: Plan) -> Arm:
    """Measure one call of colstats for all chunks."""
    row = Row("colstats, per=", lambda part: {})
    return arm(plan, [row], lambda _, sample: cs.Column(sample.array), ask_windows)


def ask_windows(column: Any, bounds: Sequence[Bounds]) -> Any:
    """Ask for one answer per window, and list the answers as if they had come one by one."""
    size = bounds[0][1]

    def questions(_start: int, _stop: int) -> Questions:
        return {
            statistic: (partial(getattr(column, statistic), per=size), ())
            for statistic in STATISTICS
        }

    results = warm(questions, [(0, 0)])
    return {
        statistic: (total, np.asarray(answers[0]).tolist())
        for statistic, (total, answers) in results.items()
    }
