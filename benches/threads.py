"""What a second Python thread adds: calls of one column by two threads, compared with one.

Each thread calls the same `Column` repeatedly, on one core (`threads=1`). The figure is the
throughput of two threads over that of one, the median of many rounds. Two processes, which share no
interpreter and have a column each, show in the same rounds what the machine can do. A thread that
finds the GIL (interpreter lock) taken may be put to sleep: the table says how often per 1,000
calls, including the start and the end of the threads.
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
    """Microseconds per call, throughput of two over that of one, and sleeps per 1,000 calls."""

    alone: float
    threads: float
    processes: float
    sleeps: float


def question(rows: int, statistic: str) -> Callable[..., object]:
    """The call of a statistic of a column of `rows` values."""
    return getattr(cs.Column(np.random.default_rng(rows).normal(size=rows)), statistic)


def ask(call: Callable[..., object], calls: int) -> tuple[float, float]:
    """The times at which the calls began and ended, by a clock that all processes share."""
    start = time.perf_counter()
    for _ in range(calls):
        call(threads=1)
    return start, time.perf_counter()


def elapsed(times: list[tuple[float, float]]) -> float:
    """The seconds between the first start and the last end."""
    return max(end for _, end in times) - min(start for start, _ in times)


def sleeps() -> int:
    """How many times threads of this process have gone to sleep."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw


def by_threads(call: Callable[..., object], calls: int) -> tuple[float, int]:
    """The seconds of two threads that call at the same time, and how many times they slept."""
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
    """Run as a process: build a column, call it as many times as requested, and send the times."""
    call = None
    while (request := pipe.recv()) is not None:
        if isinstance(request, int):
            pipe.send(ask(call, request))
        else:
            call = question(*request)


def by_processes(pipes: Sequence[Connection], calls: int) -> float:
    """The seconds of two processes that call at the same time."""
    for pipe in pipes:
        pipe.send(calls)
    return elapsed([pipe.recv() for pipe in pipes])


def measure(pipes: Sequence[Connection], rows: int, statistic: str) -> Gains:
    """Call by one thread, by two threads and by two processes, in turn."""
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


def cells_of(gains: Gains) -> str:
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
    print(f"CPython {sys.version.split()[0]}, {lock} the GIL")
    heads = [f"{statistic}, us | threads | processes | sleeps" for statistic in STATISTICS]
    print(f"| values | {' | '.join(heads)} |")
    print("| --- " + "| ---: " * 8 + "|")
    for power in powers:
        cells = [measure(pipes, 1 << power, statistic) for statistic in STATISTICS]
        print(f"| 2^{power} | {' | '.join(map(cells_of, cells))} |", flush=True)
    for pipe in pipes:
        pipe.send(None)


if __name__ == "__main__":
    main()
