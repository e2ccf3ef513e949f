"""Two Python threads share a container: what scales, with the GIL (interpreter lock) or without."""

import statistics
import sys
from collections.abc import Callable
from threading import Barrier, Thread
from time import perf_counter_ns
from typing import Any

from benches.paper.rows import M2, Failures, Question, muster
from benches.paper.samples import Sample
from benches.paper.timing import STATISTICS
from benches.shared.clock import undisturbed

THREADS = 2
SIZES = [2**10, 2**12, 2**14, 2**16, 2**18]
#: Nanoseconds for which one thread is kept busy.
BUSY = 60_000_000
#: Calls that estimate the time of one.
TRIAL = 20


def has_lock() -> bool:
    """Whether this interpreter has its GIL, so that one thread runs at a time."""
    return getattr(sys, "_is_gil_enabled", lambda: True)()


def measure(rounds: int, failures: Failures, tell: Callable[[str], None]) -> dict[str, Any]:
    """Compare the throughput of two threads with that of one, for all rows."""
    cells: dict[str, Any] = {}
    rows = muster(M2, failures)
    for size in SIZES:
        tell(f"{THREADS} threads, {size:,} values")
        sample = Sample(0, size)
        for row in rows:
            questions = row.hold(sample.part(0, size))
            for statistic in STATISTICS:
                cell = compare(questions[statistic], rounds)
                cells.setdefault(row.name, {}).setdefault(statistic, {})[str(size)] = cell
    return {"lock": has_lock(), "threads": THREADS, "rows": cells}


def compare(question: Question, rounds: int) -> dict[str, float]:
    """Alternate between one thread and several; calls per microsecond, and their ratio."""
    calls = max(1, BUSY * TRIAL // max(1, run(question, 1, TRIAL)))
    rates: dict[int, list[float]] = {1: [], THREADS: []}
    with undisturbed():
        for _ in range(rounds):
            for threads, found in rates.items():
                found.append(threads * calls / run(question, threads, calls) * 1000)
    alone, together = (statistics.median(found) for found in rates.values())
    return {"alone": alone, "together": together, "ratio": together / alone}


def run(question: Question, threads: int, calls: int) -> int:
    """Run `calls` calls in each thread: nanoseconds from the first start to the last end."""
    function, arguments = question
    gate = Barrier(threads + 1)

    def work() -> None:
        gate.wait()
        for _ in range(calls):
            function(*arguments)
        gate.wait()

    for thread in [Thread(target=work) for _ in range(threads)]:
        thread.start()
    gate.wait()
    begin = perf_counter_ns()
    gate.wait()
    return perf_counter_ns() - begin
