"""No path from Python reaches a panic: there is always an answer or an exception.

A PanicException derives from BaseException alone; neither it nor the death of a process is one.
"""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import colstats as cs
from support import child
from support import public_calls as walk
from support.bad_inputs.arrow import PRODUCERS
from support.bad_inputs.objects import OBJECTS
from support.bad_inputs.protocol import PROTOCOLS

CASES = [*OBJECTS, *PROTOCOLS, *PRODUCERS]
PUBLIC = [name for name in cs.__all__ if callable(getattr(cs, name))]


@pytest.mark.thread_unsafe(reason="runs in a process of its own")
def test_everything_with_every_argument() -> None:
    program = "import runpy; runpy.run_module('support.public_calls', run_name='__main__')"
    done = child.run(program, timeout=120)
    assert done.returncode == 0, done.stderr[-500:]
    panics, counts = done.stdout.splitlines()
    calls, answers = map(int, counts.split())
    assert panics == "[]"
    assert calls > answers > 1000


def test_the_walk_finds_every_public_name() -> None:
    found = {what for what, _ in walk.callables()}
    assert {f"colstats.{name}" for name in PUBLIC} <= found
    for kind, make in walk.objects().items():
        methods = [name for name, _ in inspect.getmembers(type(make()), callable)]
        assert {f"{kind}.{name}" for name in methods if name not in walk.LEFT_OUT} <= found
    assert {"GroupedMoments._restore", "Moments.__reduce__", "colstats._native._states"} <= found
    assert {type(make()) for make in walk.objects().values()} >= {
        found for name in PUBLIC if isinstance(found := getattr(cs, name), type)
    }


def test_the_walk_finds_every_keyword() -> None:
    known = {"by", "columns", "numeric_only", "threads", "per", "ddof", "min_count", "skip_nans"}
    found = {keyword for _, make in walk.callables() for keyword in walk.keywords(make())}
    assert found >= known | {"skip_nulls"}


def methods(data: Any) -> list[Callable[[], object]]:
    """Everything that can be asked without an argument."""
    public = [name for name in dir(data) if not name.startswith("_")]
    return [lambda name=name: callable(found := getattr(data, name)) and found() for name in public]


def ask(function: Callable[[Any], Any], data: Any) -> None:
    """Call a function, and all methods of its result. Whatever derives from Exception is fine."""
    try:
        result = function(data)
    except Exception:
        return
    for method in methods(result):
        try:
            method()
        except Exception:
            continue


@pytest.fixture
def _threads_are_restored() -> Iterator[None]:
    """Forget the numbers of threads that were set: some of the bad inputs are good ones."""
    yield
    cs.set_num_threads(None)


@pytest.mark.usefixtures("_threads_are_restored")
@pytest.mark.parametrize("name", PUBLIC)
def test_nothing_panics_for_bad_input(name: str) -> None:
    panics = []
    for case in CASES:
        try:
            ask(getattr(cs, name), case.make())
        except pytest.skip.Exception:
            continue  # of a library that cannot be had on this interpreter
        except BaseException as raised:  # a PanicException derives from nothing else
            panics.append((case.name, repr(raised)))
    assert panics == []
