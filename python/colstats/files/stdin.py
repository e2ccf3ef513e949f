"""Reads standard input: Arrow IPC and CSV, which the first bytes distinguish.

A stream of Arrow is read as it comes. All else has to be read more than once, or from its end, and
is first copied to a temporary file.
"""

import contextlib
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from colstats.files.batch import FileBatch
from colstats.files.csv import read_csv
from colstats.files.csv.source import COMPRESSIONS
from colstats.files.errors import UnreadableError
from colstats.files.ipc import MAGIC, read_arrow, read_stream
from colstats.files.parquet import read_parquet
from colstats.files.reading import Reading

PARQUET = b"PAR1"
#: The first bytes of a stream of Arrow; before version 0.15 it began with a length below 2^24.
CONTINUATION = b"\xff\xff\xff\xff"


def standard_input(
    name: Path, columns: Sequence[str] | None, reading: Reading
) -> Iterator[FileBatch]:
    """Read standard input, which messages call `name`."""
    if not sys.stdin:
        raise UnreadableError(f"{name}: standard input is closed")
    source = Restarted(sys.stdin.buffer)
    if not source.start:
        raise UnreadableError(f"{name}: standard input is empty")
    if is_stream(source.start):
        with pa.PythonFile(source, "r") as file:
            yield from read_stream(name, file, columns, lambda: 0.0)
        return
    with copied(source) as path:
        if source.start.startswith(PARQUET):
            yield from read_parquet(path, columns, name)
        elif source.start.startswith(MAGIC):
            yield from read_arrow(path, columns, name)
        else:
            yield from read_csv(path, columns, reading, ",", name)


def is_stream(start: bytes) -> bool:
    """Say whether a file that begins like this is a stream of Arrow."""
    is_compressed = start.startswith(tuple(COMPRESSIONS))
    return start.startswith(CONTINUATION) or (start[3:4] == b"\0" and not is_compressed)


class Restarted:
    """A stream whose first bytes have been looked at, and are read again."""

    def __init__(self, source: BinaryIO) -> None:
        self.source = source
        self.start = self.rest = source.read(len(MAGIC))
        self.closed = False

    def read(self, size: int = -1) -> bytes:
        """Read bytes."""
        if not self.rest:
            return self.source.read(size)
        if size < 0:
            found, self.rest = self.rest, b""
            return found + self.source.read()
        found, self.rest = self.rest[:size], self.rest[size:]
        return found + self.source.read(size - len(found))

    def close(self) -> None:
        """Leave standard input open."""
        self.closed = True


@contextlib.contextmanager
def copied(source: Restarted) -> Iterator[Path]:
    """Copy a stream to a temporary file."""
    with tempfile.TemporaryDirectory(prefix="colstats-") as folder:
        path = Path(folder, "stdin")
        with path.open("wb") as file:
            shutil.copyfileobj(source, file, 1 << 20)
        yield path
