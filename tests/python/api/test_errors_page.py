"""docs/reference/errors.md: each call in its lists fails with the exception and message below it.

To write the messages anew: ``PYTHONPATH=tests/python python tests/python/api/test_errors_page.py``.
"""

import contextlib
import os
import re
import shlex
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from support import stand_ins
from support.cells import sections
from support.command_line import call as call_command
from support.command_line import one_line
from support.pages import DOCS, blocks

PAGE = DOCS / "reference" / "errors.md"
ITEM = re.compile(r"^\* `(?P<call>[^`]+)`<br>\n  `(?P<error>[^`]+)`<br>\n  \S", re.MULTILINE)
COMMANDS = "The command line"

pytestmark = [
    pytest.mark.thread_unsafe(reason="changes the folder and the output of the process"),
    pytest.mark.skipif(not stand_ins.has("polars"), reason="there are no polars and duckdb"),
]


def items() -> list[tuple[str, str, str]]:
    """Return the section, the call and the error of each item of the lists of calls."""
    found = []
    for section, text in sections(PAGE).items():
        calls = [(section, item["call"], item["error"]) for item in ITEM.finditer(text)]
        assert len(calls) == text.count("\n* "), section
        found += calls
    return found


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    return setup()


def setup() -> dict[str, Any]:
    """Return the names that the calls use."""
    (block,) = (block for block in blocks(PAGE.read_text(encoding="utf-8")) if not block.mark)
    found: dict[str, Any] = {}
    exec(compile(block.code, str(PAGE), "exec"), found)
    return found


@pytest.mark.parametrize(
    ("section", "call", "error"), items(), ids=[call for _, call, _ in items()]
)
def test_each_call_fails_as_the_page_says(
    section: str, call: str, error: str, names: dict[str, Any], tmp_path: Path
) -> None:
    assert error == raised(section, call, names, tmp_path)


def raised(section: str, call: str, names: dict[str, Any], folder: Path) -> str:
    """Return the exception and its message, or the message of a command."""
    if section == COMMANDS:
        with files(folder):
            return one_line(call_command(*shlex.split(call)[1:])).rstrip("\n")
    try:
        eval(call, names)
    except Exception as error:
        # The text of a KeyError is quoted by Python.
        message = error.args[0] if isinstance(error, KeyError) else str(error)
        return f"{type(error).__name__}: {message}"
    raise AssertionError(f"{call} is answered")


@contextlib.contextmanager
def files(folder: Path) -> Iterator[None]:
    """Work in a folder with the files that the commands name."""
    with contextlib.chdir(folder):
        pq.write_table(pa.table({"x": list(range(1000))}), "damaged.parquet")
        os.truncate("damaged.parquet", 500)
        Path("table.xlsx").touch()
        pq.write_table(pa.table({"x": ["one"], "y": [2]}), "b.parquet")
        Path("a.csv").write_text("x,y\n1,2\n")
        Path("c.csv").write_text("x\n1\n")
        yield


def test_there_are_errors_of_each_kind() -> None:
    kinds = {error.partition(":")[0] for _, _, error in items()}
    assert {"TypeError", "ValueError", "KeyError", "IndexError", "AxisError"} <= kinds
    assert {"ComputeError", "InvalidInputException", "colstats"} <= kinds
    assert len(items()) >= 60


if __name__ == "__main__":
    text, known = PAGE.read_text(encoding="utf-8"), setup()
    for section, call, error in items():
        with tempfile.TemporaryDirectory() as folder:
            new = raised(section, call, known, Path(folder))
        assert "`" not in new, new
        before = f"* `{call}`<br>\n  `{error}`<br>"
        assert text.count(before) == 1, before
        text = text.replace(before, f"* `{call}`<br>\n  `{new}`<br>")
    PAGE.write_text(text, encoding="utf-8")
