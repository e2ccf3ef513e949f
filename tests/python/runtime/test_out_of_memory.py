"""Without memory, calls raise MemoryError, and the process and its objects stay usable."""

import re
import sys

import pytest

from support import child
from support.low_memory import CALLS, ROWS

pytestmark = [
    pytest.mark.thread_unsafe(reason="starts processes with little memory"),
    pytest.mark.skipif(sys.platform != "linux", reason="needs limits on memory and /proc"),
]


def run(name: str) -> str:
    """Return the outcome of a call in a process with little memory, which works afterwards."""
    program = f"from support import low_memory; low_memory.run({name!r})"
    outcome, after = child.answer(program).rsplit("\n", 1)
    assert after == "1.5 2.0"
    return outcome


@pytest.mark.parametrize("name", [name for name, call in CALLS.items() if call.says])
def test_memory_that_grows_with_the_rows_raises_memory_error(name: str) -> None:
    assert re.fullmatch("MemoryError: no memory " + CALLS[name].says, run(name))


def test_statistics_of_a_table_need_no_memory() -> None:
    assert run("statistics") == "([0.0, 0.0], 1.0)"


def test_calls_do_without_threads_that_cannot_start() -> None:
    assert run("threads") == f"({(ROWS - 1) / 2}, True)"


def test_calls_succeed_when_memory_is_available_again() -> None:
    assert run("memory available again") == "('MemoryError', None, 0.5)"
