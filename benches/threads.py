"""What a second Python thread brings: calls on one column by two threads, beside one.

Each thread asks the same `Column` again and again, on one core each (`threads=1`). Told is how many
times as many calls two threads get done, the median of many rounds. Two processes, which share no
interpreter and have a column each, tell in the same rounds what the machine would give. A thread
that finds the interpreter lock taken may be put to sleep: told is how often in 1,000 calls, start
and end of threads included.
"""

import argparse
import multiprocessing
import resource
import statistics
import sys
import threading
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import NamedTuple

import numpy as np

import colstats as cs

ROUNDS = 31
SECONDS = 0.04
STATISTICS = ("mean", "stddev")


class Gains(NamedTuple):
    """Microseconds of a call, how many times as many two get done, and sleeps in 1,000 calls."""

    alone: float
    threads: float
    processes: float
    sleeps: float


def question(rows: int, statistic: str) -> Callable[..., object]:
    """Ask a column of so many values."""
    return getattr(cs.Column(np.random.default_rng(rows).normal(size=rows)), statistic)


def ask(call: Callable[..., object], calls: int) -> tuple[float, float]:
    """When the calls began and ended: the clock is that of all processes."""
    start = time.perf_counter()
    for _ in range(calls):
        call(threads=1)
    return start, time.perf_counter()


def elapsed(times: list[tuple[float, float]]) -> float:
    """From when the first began until the last ended."""
    return max(end for _, end in times) - min(start for start, _ in times)


def sleeps() -> int:
    """How often a thread of this process has gone to sleep."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw


def by_threads(call: Callable[..., object], calls: int) -> tuple[float, int]:
    """The seconds of two threads that ask at once, and how often they slept."""
    times: list[tuple[float, float]] = []
    before = sleeps()
    both = threading.Barrier(2)

    def run() -> None:
        both.wait()
        times.append(ask(call, calls))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return elapsed(times), sleeps() - before


def answer(pipe: Connection) -> None:
    """Be a process of its own: make a column, ask as often as told, and tell the times."""
    call = None
    while (told := pipe.recv()) is not None:
        if isinstance(told, int):
            pipe.send(ask(call, told))
        else:
            call = question(*told)


def by_processes(pipes: Sequence[Connection], calls: int) -> float:
    """The seconds of two processes that ask at once."""
    for pipe in pipes:
        pipe.send(calls)
    return elapsed([pipe.recv() for pipe in pipes])


def measure(pipes: Sequence[Connection], rows: int, statistic: str) -> Gains:
    """Ask alone, by two threads and by two processes, in turn."""
    call = question(rows, statistic)
    for pipe in pipes:
        pipe.send((rows, statistic))
    calls = max(1, int(SECONDS / min(elapsed([ask(call, 1)]) for _ in range(20))))
    rounds = [
        (elapsed([ask(call, calls)]), *by_threads(call, calls), by_processes(pipes, calls))
        for _ in range(ROUNDS)
    ]
    alone, threads, slept, processes = zip(*rounds, strict=True)
    return Gains(
        1e6 * statistics.median(alone) / calls,
        statistics.median(2 * a / t for a, t in zip(alone, threads, strict=True)),
        statistics.median(2 * a / p for a, p in zip(alone, processes, strict=True)),
        1000 * statistics.median(slept) / (2 * calls),
    )


def told(gains: Gains) -> str:
    """The cells of a row."""
    times = f"{gains.threads:.2f}x | {gains.processes:.2f}x"
    return f"{gains.alone:.2f} | {times} | {gains.sleeps:.1f}"


def main() -> None:
    """Print a row for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--powers", type=int, nargs="*", default=list(range(10, 19)))
    powers = parser.parse_args().powers
    spawn = multiprocessing.get_context("spawn")
    pipes, ends = zip(*(spawn.Pipe() for _ in range(2)), strict=True)
    for end in ends:
        spawn.Process(target=answer, args=(end,), daemon=True).start()

    locked = getattr(sys, "_is_gil_enabled", lambda: True)()
    lock = "with" if locked else "without"
    print(f"CPython {sys.version.split()[0]}, {lock} the interpreter lock")
    heads = [f"{statistic}, us | threads | processes | sleeps" for statistic in STATISTICS]
    print(f"| values | {' | '.join(heads)} |")
    print("| --- " + "| ---: " * 8 + "|")
    for power in powers:
        cells = [measure(pipes, 1 << power, statistic) for statistic in STATISTICS]
        print(f"| 2^{power} | {' | '.join(map(told, cells))} |", flush=True)
    for pipe in pipes:
        pipe.send(None)


if __name__ == "__main__":
    main()
