"""Where memory is short there is a MemoryError: the process lives on, and so does what it holds."""

import re
import sys

import pytest

from support import child
from support.low_memory import DOORS, ROWS

pytestmark = [
    pytest.mark.thread_unsafe(reason="starts processes with little memory"),
    pytest.mark.skipif(sys.platform != "linux", reason="needs limits on memory and /proc"),
]


def go_through(name: str) -> str:
    """Return what is told in a process with little memory, which has all of its wits afterwards."""
    program = f"from support import low_memory; low_memory.go_through({name!r})"
    told, after = child.answer(program).rsplit("\n", 1)
    assert after == "1.5 2.0"
    return told


@pytest.mark.parametrize("name", [name for name, door in DOORS.items() if door.says])
def test_what_grows_with_the_rows_is_refused(name: str) -> None:
    assert re.fullmatch("MemoryError: no memory " + DOORS[name].says, go_through(name))


def test_what_needs_no_memory_needs_none() -> None:
    assert go_through("nothing") == "([0.0, 0.0], 1.0)"


def test_threads_that_cannot_be_started_are_done_without() -> None:
    assert go_through("threads") == f"({(ROWS - 1) / 2}, True)"


def test_memory_that_comes_back_is_used() -> None:
    assert go_through("memory that comes back") == "('MemoryError', None, 0.5)"
