"""No call from Python reaches a panic: every call returns or raises an Exception.

A PanicException derives from BaseException only, so it does not count as one, nor does a crash.
"""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import colstats as cs
from support import child, public_calls
from support.bad_inputs.arrow import PRODUCERS
from support.bad_inputs.objects import OBJECTS
from support.bad_inputs.protocol import PROTOCOLS

CASES = [*OBJECTS, *PROTOCOLS, *PRODUCERS]
PUBLIC = [name for name in cs.__all__ if callable(getattr(cs, name))]


@pytest.mark.thread_unsafe(reason="runs in a process of its own")
def test_no_public_call_panics_for_any_argument() -> None:
    program = "import runpy; runpy.run_module('support.public_calls', run_name='__main__')"
    done = child.run(program, timeout=300)
    assert done.returncode == 0, done.stderr[-500:]
    panics, counts = done.stdout.splitlines()
    calls, answers = map(int, counts.split())
    assert panics == "[]"
    assert calls > answers > 1000


def test_every_public_name_is_called() -> None:
    found = {what for what, _ in public_calls.callables()}
    assert {f"colstats.{name}" for name in PUBLIC} <= found
    for kind, make in public_calls.objects().items():
        methods = [name for name, _ in inspect.getmembers(type(make()), callable)]
        assert {f"{kind}.{name}" for name in methods if name not in public_calls.LEFT_OUT} <= found
    assert {"GroupedMoments._restore", "Moments.__reduce__", "colstats._native._states"} <= found
    assert {type(make()) for make in public_calls.objects().values()} >= {
        found for name in PUBLIC if isinstance(found := getattr(cs, name), type)
    }


def test_every_keyword_is_called() -> None:
    known = {"by", "columns", "numeric_only", "threads", "per", "ddof", "min_count", "skip_nans"}
    found = {
        keyword for _, make in public_calls.callables() for keyword in public_calls.keywords(make())
    }
    assert found >= known | {"skip_nulls"}


def methods(data: Any) -> list[Callable[[], object]]:
    """Return all public methods and attributes, as calls without arguments."""
    public = [name for name in dir(data) if not name.startswith("_")]
    return [lambda name=name: callable(found := getattr(data, name)) and found() for name in public]


def ask(function: Callable[[Any], Any], data: Any) -> None:
    """Call a function, and all methods of its result. Any Exception is fine."""
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
    """Reset the number of threads: some bad inputs are valid numbers of threads."""
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
            continue  # of a library without a wheel for this interpreter
        except BaseException as raised:  # the only base class of PanicException
            panics.append((case.name, repr(raised)))
    assert panics == []
