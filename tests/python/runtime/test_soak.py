"""The soak test detects growth, attributes it, and finds no leak in colstats."""

import ctypes
import itertools
import mmap
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from support.soak import run

pytestmark = pytest.mark.thread_unsafe(reason="measures the process")

FOLDER = Path(__file__).parents[1]
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]


class Leak:
    """Keeps something at each call, until `free_all`."""

    def __init__(self, keep: Callable[[object], object], free: Callable[..., object]) -> None:
        self.keep, self.free = keep, free
        self.kept: list[object] = []

    def __call__(self, data: object) -> None:
        self.kept.append(self.keep(data))

    def free_all(self) -> None:
        """Free everything that was kept."""
        while self.kept:
            self.free(self.kept.pop())


def waiting(_: object) -> threading.Event:
    """Start a thread that waits."""
    event = threading.Event()
    threading.Thread(target=event.wait, daemon=True).start()
    return event


def pages(_: object) -> mmap.mmap:
    """Map memory from the system, since malloc may have some left."""
    taken = mmap.mmap(-1, 100_000)
    taken.write(bytes([1]) * len(taken))
    return taken


LEAKS: dict[str, tuple[Callable[[object], object], Callable[..., object]]] = {
    "references": (lambda data: data, id),
    "blocks": (lambda _: object(), id),
    "objects": (lambda _: [], id),
    "allocated": (lambda _: libc.malloc(1000), libc.free),
    "resident": (pages, mmap.mmap.close),
    "descriptors": (lambda _: os.open(os.devnull, os.O_RDONLY), os.close),
    "threads": (waiting, threading.Event.set),
}


@pytest.fixture(params=LEAKS, ids=str)
def leak(request: pytest.FixtureRequest) -> Iterator[tuple[str, Leak]]:
    leak = Leak(*LEAKS[request.param])
    yield request.param, leak
    leak.free_all()


def at_a_door(
    ask: Callable[[object], object], control: Callable[..., object] | None = None
) -> run.Outcome:
    return run.soak([run.Door("a door", [object], {"ask": ask}, control=control)], calls=300)[0]


def test_a_leak_is_detected(leak: tuple[str, Leak]) -> None:
    what, ask = leak
    assert what in at_a_door(ask).grown


def test_a_cache_that_fills_up_is_no_leak() -> None:
    cache: dict[int, object] = {}
    calls = itertools.count()
    assert at_a_door(lambda _: cache.setdefault(next(calls) // 2 % 200, [])).grown == []


def test_a_leak_of_the_producer_is_not_attributed_to_colstats() -> None:
    producer, ours = (Leak(lambda _: np.zeros(1000), id) for _ in range(2))
    outcome = at_a_door(producer, control=producer)
    assert outcome.grown == []
    assert outcome.alone is not None
    assert outcome.alone.allocated > 100 * 1000
    both = at_a_door(lambda data: (producer(data), ours(data)), control=producer)
    assert "allocated" in both.grown


def test_colstats_does_not_leak() -> None:
    command = [sys.executable, "-m", "support.soak", "--calls", "30000"]
    python_path = os.pathsep.join(filter(None, [str(FOLDER), os.environ.get("PYTHONPATH")]))
    place = {"cwd": FOLDER.parents[1], "env": os.environ | {"PYTHONPATH": python_path}}
    done = subprocess.run(command, **place, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all of them" in done.stdout
