"""What a second Python thread brings: calls on one column by two threads, beside one.

Each thread asks the same `Column` again and again, on one core each (`threads=1`). Told is how many
times as many calls two threads get done; the best of many rounds, as other work only
lessens it.
"""

import argparse
import sys
import threading
import time

import numpy as np

import colstats as cs

ROUNDS = 15
SECONDS = 0.04
STATISTICS = ("mean", "stddev")


def calls_per_second(ask: list[object], calls: int) -> float:
    """All threads start at once; the clock stops with the last."""
    barrier = threading.Barrier(len(ask) + 1)

    def run(call: object) -> None:
        barrier.wait()
        for _ in range(calls):
            call(threads=1)
        barrier.wait()

    threads = [threading.Thread(target=run, args=(call,)) for call in ask]
    for thread in threads:
        thread.start()
    barrier.wait()
    start = time.perf_counter()
    barrier.wait()
    elapsed = time.perf_counter() - start
    for thread in threads:
        thread.join()
    return calls * len(ask) / elapsed


def measure(rows: int, statistic: str) -> tuple[float, float]:
    """The time of one call in microseconds, and what a second thread brings."""
    column = cs.Column(np.random.default_rng(rows).normal(size=rows))
    call = getattr(column, statistic)
    once = min(_timed(call) for _ in range(20))
    calls = max(1, int(SECONDS / once))
    one = max(calls_per_second([call], calls) for _ in range(ROUNDS))
    two = max(calls_per_second([call] * 2, calls) for _ in range(ROUNDS))
    return 1e6 / one, two / one


def _timed(call: object) -> float:
    start = time.perf_counter()
    call(threads=1)
    return time.perf_counter() - start


def main() -> None:
    """Print a row for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--powers", type=int, nargs="*", default=list(range(10, 19)))
    powers = parser.parse_args().powers
    locked = getattr(sys, "_is_gil_enabled", lambda: True)()
    print(
        f"CPython {sys.version.split()[0]}, {'with' if locked else 'without'} the interpreter lock"
    )
    print("| values | mean, us | two threads | stddev, us | two threads |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for power in powers:
        cells = [measure(1 << power, statistic) for statistic in STATISTICS]
        row = " | ".join(f"{micros:.2f} | {factor:.2f}x" for micros, factor in cells)
        print(f"| 2^{power} | {row} |", flush=True)


if __name__ == "__main__":
    main()
