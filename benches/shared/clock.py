"""Timing: in nanoseconds, with the garbage collector off."""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def undisturbed() -> Iterator[None]:
    """Turn the garbage collector off meanwhile."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def time_calls(call: Callable[[], object], calls: int) -> float:
    """Nanoseconds per call."""
    steps = range(calls)
    start = time.perf_counter_ns()
    for _ in steps:
        call()
    return (time.perf_counter_ns() - start) / calls
