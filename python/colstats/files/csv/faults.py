"""Finds the line of a fault in a CSV file, after pyarrow has said that there is one.

pyarrow does not know line numbers while it streams, and takes the rest of a file for one field if a
quote is never closed. Python's csv module splits lines by the same rules, slowly.
"""

import csv
import io
import itertools
import re
import sys
from collections import deque
from collections.abc import Iterator, Sequence

import pyarrow as pa

from colstats.files.csv.source import Source
from colstats.files.errors import UnreadableError, one_line

RAGGED = re.compile(r"Expected \d+ columns, got \d+")
STRADDLES = "straddl"
#: A line that is put after the last one: it is a row of its own unless a quote is open.
END = "end of the file"


def explain(source: Source, delimiter: str, error: pa.ArrowInvalid) -> UnreadableError:
    """Say in which line pyarrow has found a fault."""
    words = str(error)
    if RAGGED.search(words) or STRADDLES in words:
        refuse_unclosed(source, delimiter)
        fault = ragged(source, delimiter)
        if fault:
            return UnreadableError(f"{source.name}: {fault}")
    return UnreadableError(f"{source.name}: {one_line(words)}")


def ragged(source: Source, delimiter: str) -> str | None:
    """Say which line is the first with a number of fields of its own."""
    expected = 0
    for line, row in rows(source, delimiter):
        expected = expected or len(row)
        if row and len(row) != expected:
            fields = "1 field" if len(row) == 1 else f"{len(row)} fields"
            fault = f"line {line} has {fields}, expected {expected}"
            if expected > 1:
                return fault
            return f"{fault}; --delimiter sets what separates fields, if it is not {delimiter!r}"
    return None


def looks_unclosed(last: pa.RecordBatch | None) -> bool:
    """Say whether a quote may be open at the end: the last field then has the end of the line."""
    if not last:
        return False
    field = last.column(last.num_columns - 1)[-1].as_py()
    return field is not None and field.endswith((b"\n", b"\r"))


def refuse_unclosed(source: Source, delimiter: str) -> None:
    """Raise an error if a quote is not closed."""
    line, row = deque(rows(source, delimiter, (END,)), maxlen=1).pop()
    if row != [END]:
        raise UnreadableError(f"{source.name}: a quote that opens in line {line} is never closed")


def rows(
    source: Source, delimiter: str, more: Sequence[str] = ()
) -> Iterator[tuple[int, list[str]]]:
    """Split rows, each with the number of the line in which it begins."""
    with source.opened() as data:
        text = io.TextIOWrapper(io.BufferedReader(data), "latin-1", newline="")
        limit = csv.field_size_limit(sys.maxsize)
        try:
            reader = csv.reader(itertools.chain(text, more), delimiter=delimiter)
            begin = 1
            for row in reader:
                yield begin, row
                begin = reader.line_num + 1
        finally:
            csv.field_size_limit(limit)
            text.detach()
