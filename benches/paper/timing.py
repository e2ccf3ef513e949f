"""The timed region of the paper: one call between two readings of the clock, added up over chunks.

Containers are built, and methods are looked up, before the clock is read. The mean comes first and
the standard deviation second, on the same warm data. There is no warm-up.
"""

import math
import random
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from time import perf_counter_ns
from typing import Any

import numpy as np

from benches.paper.published import TOLERANCE
from benches.paper.rows import Cut, Failures, Row
from benches.paper.samples import SEED, Bounds
from benches.shared.clock import undisturbed

STATISTICS = ("mean", "stddev")

Go = Callable[[Cut, Sequence[Bounds]], dict[str, tuple[int, list[Any]]]]


def warm(cut: Cut, bounds: Sequence[Bounds]) -> dict[str, tuple[int, list[Any]]]:
    """Build, call and drop chunk by chunk: nanoseconds and answers of each statistic."""
    totals = dict.fromkeys(STATISTICS, 0)
    answers: dict[str, list[Any]] = {statistic: [] for statistic in STATISTICS}
    for start, stop in bounds:
        questions = cut(start, stop)
        for statistic, (function, arguments) in questions.items():
            begin = perf_counter_ns()
            answer = function(*arguments)
            totals[statistic] += perf_counter_ns() - begin
            answers[statistic].append(answer)
    return {statistic: (totals[statistic], answers[statistic]) for statistic in STATISTICS}


@dataclass
class Tally:
    """Totals of one row and statistic over all experiments, and the number of wrong answers."""

    totals: list[int] = field(default_factory=list)
    wrong: int = 0
    asked: int = 0

    def summary(self, calls: int) -> dict[str, float | int]:
        """Summarise for the report, in microseconds."""
        times = [total / 1000 for total in self.totals]
        return summary(times) | {"calls": calls, "asked": self.asked, "wrong": self.wrong}


def summary(times: Sequence[float]) -> dict[str, float | int]:
    """Summarise experiments as the paper does, and by quartiles, which rare delays do not move."""
    several = [*times] if len(times) > 1 else [*times, *times]
    low, middle, high = statistics.quantiles(several, n=4, method="inclusive")
    return {
        "mean": statistics.fmean(times),
        "sd": statistics.stdev(several),
        "min": min(times),
        "low": low,
        "median": middle,
        "high": high,
        "experiments": len(times),
    }


class Contest:
    """Rows that take turns, in an order drawn anew for each experiment."""

    def __init__(self, rows: Iterable[Row], failures: Failures) -> None:
        self.rows = list(rows)
        self.failures = failures
        self.tallies: dict[str, dict[str, Tally]] = {}
        self.draw = random.Random(SEED)

    def experiment(
        self,
        go: Go,
        cuts: dict[str, Cut],
        bounds: Sequence[Bounds],
        exact: dict[str, np.ndarray],
    ) -> None:
        """Run every row that has a cut over all chunks once."""
        for row in self.draw.sample(self.rows, len(self.rows)):
            if row.name not in cuts or row.name in self.failures:
                continue
            try:
                with undisturbed():
                    results = go(cuts[row.name], bounds)
            except Exception as error:  # a failing row does not stop the others
                self.failures[row.name] = f"{type(error).__name__}: {error}"
                continue
            for statistic, (total, answers) in results.items():
                tally = self.tallies.setdefault(row.name, {}).setdefault(statistic, Tally())
                tally.totals.append(total)
                if not row.is_floor:
                    tally.asked += len(answers)
                    tally.wrong += errors(answers, exact[statistic], row.is_exact)

    def results(self, calls: int) -> dict[str, dict[str, Any]]:
        """Summarise all rows in their order."""
        return {
            row.name: {
                statistic: tally.summary(calls)
                for statistic, tally in self.tallies[row.name].items()
            }
            for row in self.rows
            if row.name in self.tallies and row.name not in self.failures
        }


def errors(answers: list[Any], exact: np.ndarray, must_be_exact: bool) -> int:
    """Count wrong answers."""
    given = np.array([number(answer) for answer in answers])
    off = given != exact if must_be_exact else ~(np.abs(given - exact) <= TOLERANCE)
    return int(off.sum())


def number(answer: Any) -> float:
    """Convert an answer to a float."""
    value = answer.as_py() if hasattr(answer, "as_py") else answer
    return math.nan if value is None else float(value)
