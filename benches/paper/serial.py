"""Tables I, IV and V: the sum of many integers, and whole samples by M1 and M2."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from benches.paper.rows import Failures, Makers, muster
from benches.paper.samples import Sample
from benches.paper.timing import Contest, summary, warm
from benches.shared.clock import time_calls, undisturbed


def whole(makers: Makers, samples: Sequence[Sample], experiments: int, failures: Failures) -> Any:
    """Time all rows on whole samples."""
    rows = muster(makers, failures)
    contest = Contest(rows, failures)
    for sample in samples:
        bounds = [(0, len(sample))]
        exact = {name: np.array([value]) for name, value in sample.exact(*bounds[0]).items()}
        cuts = {row.name: partial(hold, row.hold, sample) for row in rows}
        for _ in range(experiments):
            contest.experiment(warm, cuts, bounds, exact)
    return contest.results(1)


def hold(container: Any, sample: Sample, start: int, stop: int) -> Any:
    """Put a part of a sample into a container of its own."""
    return container(sample.part(start, stop))


def sums(count: int, rounds: int, failures: Failures) -> dict[str, Any]:
    """Time the sums of Table I, in microseconds."""
    integers = np.arange(1, count + 1)
    adders = {"NumPy": integers.sum, "Python": partial(sum, integers.tolist())}
    try:
        import naive_table1

        for language, (function, arguments) in naive_table1.calls(integers).items():
            adders[language.title()] = partial(function, *arguments)
    except ImportError as error:
        failures["Table I"] = f"{type(error).__name__}: {error}"
    expected = count * (count + 1) // 2
    wrong = [name for name, add in adders.items() if add() != expected]
    times: dict[str, list[float]] = {name: [] for name in adders}
    with undisturbed():
        for _ in range(rounds):
            for name, add in adders.items():
                times[name].append(time_calls(add, 1) / 1000)
    rows = {name: summary(found) | {"wrong": name in wrong} for name, found in times.items()}
    return {"integers": count, "rows": rows}
