"""Files of tables, read batch by batch through pyarrow: Parquet, Arrow IPC and CSV."""

import glob
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.ipc
import pyarrow.parquet

from colstats.layout import listed, quoted

#: Rows of a Parquet file that are held at a time, and values of all of its columns.
BATCH_ROWS = 1 << 17
BATCH_VALUES = 1 << 20
#: Bytes of each column of a Parquet file that are read ahead; without this, whole row groups are.
READ_AHEAD = 1 << 16
#: What "-" stands for; no file is this object, whatever it is called.
STANDARD_INPUT = Path("<stdin>")


class UnreadableError(Exception):
    """A file that is missing, damaged or of an unknown kind; the message names it."""


@dataclass
class Piece:
    """A batch, the group of rows that it belongs to, and how much of the file is read with it."""

    batch: pa.RecordBatch
    group: int
    share: float


def expand(patterns: Sequence[str]) -> list[Path]:
    """List the files of names and patterns, in order."""
    files: list[Path] = []
    for pattern in patterns:
        if pattern == "-":
            files.append(STANDARD_INPUT)
            continue
        is_file = os.path.exists(pattern)  # which, unlike Path.exists, never raises
        found = [pattern] if is_file else sorted(glob.glob(pattern, recursive=True))
        if not found:
            raise UnreadableError(f"{pattern}: no such file")
        files += map(Path, found)
    return files


def pieces(file: Path, columns: Sequence[str] | None) -> Iterator[Piece]:
    """Read a file batch by batch, only the wanted columns."""
    with understandable(file):
        if file is STANDARD_INPUT:
            if not sys.stdin:
                raise UnreadableError(f"{file}: it is closed")
            with pa.PythonFile(sys.stdin.buffer, "r") as source:
                yield from stream(file, source, columns, lambda: 0.0)
            return
        match kind(file):
            case ".parquet" | ".pq":
                yield from parquet(file, columns)
            case ".arrow" | ".feather" | ".ipc" | ".arrows":
                yield from arrow(file, columns)
            case ".csv" | ".tsv" | ".csv.gz" | ".tsv.gz" | "" | ".gz":
                yield from csv(file, columns)
            case unknown:
                raise UnreadableError(
                    f"{file}: files of kind {unknown!r} are not read; "
                    "Parquet (.parquet), Arrow IPC (.arrow, .feather, .arrows) and CSV (.csv) are"
                )


def kind(file: Path) -> str:
    """Tell the kind of a file by the end of its name, which may have a .gz behind it."""
    name = file.name.lower()
    plain = name.removesuffix(".gz")
    return Path(plain).suffix + name[len(plain) :]


@contextmanager
def understandable(file: Path) -> Iterator[None]:
    """Turn what readers raise into a line that names the file."""
    try:
        yield
    except (pa.ArrowException, OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UnreadableError(f"{file}: {' '.join(reason.split())}") from error


def parquet(file: Path, columns: Sequence[str] | None) -> Iterator[Piece]:
    """Read the row groups of a Parquet file."""
    with pa.parquet.ParquetFile(file, buffer_size=READ_AHEAD, pre_buffer=False) as source:
        names = source.schema_arrow.names
        expect(file, columns, names)
        rows = min(BATCH_ROWS, max(BATCH_VALUES // max(len(columns or names), 1), 1))
        total, done = max(source.metadata.num_rows, 1), 0
        for group in range(source.num_row_groups):
            for batch in source.iter_batches(rows, [group], columns):
                done += batch.num_rows
                yield Piece(batch, group, done / total)
        if not done:
            yield Piece(empty(source.schema_arrow, columns), 0, 1.0)


def arrow(file: Path, columns: Sequence[str] | None) -> Iterator[Piece]:
    """Read the batches of an Arrow file or stream, which is told by how it begins."""
    with pa.memory_map(str(file)) as source:
        is_file = source.read(6) == b"ARROW1"
        source.seek(0)
        if not is_file:
            size = source.size()
            yield from stream(file, source, columns, lambda: float(source.tell()) / size)
            return
        reader = pa.ipc.open_file(source)
        total = reader.num_record_batches
        batches = (reader.get_batch(i) for i in range(total))
        shares = iter(range(1, total + 1))
        yield from numbered(file, reader.schema, batches, columns, lambda _: next(shares) / total)


def stream(
    file: Path, source: pa.NativeFile, columns: Sequence[str] | None, share: Callable[[], float]
) -> Iterator[Piece]:
    """Read the batches of an Arrow stream."""
    reader = pa.ipc.open_stream(source)
    yield from numbered(file, reader.schema, reader, columns, lambda _: share())


def csv(file: Path, columns: Sequence[str] | None) -> Iterator[Piece]:
    """Read the blocks of a CSV file, whose types are told by the first."""
    options = pa.csv.ParseOptions(delimiter="\t" if ".tsv" in kind(file) else ",")
    size, read = max(file.stat().st_size, 1), 0

    def share(batch: pa.RecordBatch) -> float:
        nonlocal read
        read += batch.nbytes
        return float(min(read / size, 1.0))  # the text is not much longer

    with (
        pa.input_stream(str(file)) as source,
        pa.csv.open_csv(source, parse_options=options) as reader,
    ):
        yield from numbered(file, reader.schema, reader, columns, share)


def numbered(
    file: Path,
    schema: pa.Schema,
    batches: Iterable[pa.RecordBatch],
    columns: Sequence[str] | None,
    share: Callable[[pa.RecordBatch], float],
) -> Iterator[Piece]:
    """Number batches, of which there is always one, and tell how much was read with each."""
    expect(file, columns, schema.names)
    count = -1
    for count, batch in enumerate(batches):
        yield Piece(batch.select(columns) if columns else batch, count, share(batch))
    if count < 0:
        yield Piece(empty(schema, columns), 0, 1.0)


def expect(file: Path, columns: Sequence[str] | None, names: list[str]) -> None:
    """Refuse columns that a file does not have, or has twice: they are told by their names."""
    for name in columns or names:
        if names.count(name) > 1:
            raise UnreadableError(f"{file}: {names.count(name)} columns are called {quoted(name)}")
    for column in columns or ():
        if column not in names:
            raise UnreadableError(f"{file}: no column {quoted(column)}; there are: {listed(names)}")


def empty(schema: pa.Schema, columns: Sequence[str] | None) -> pa.RecordBatch:
    """Make a batch without rows, which tells the names and types all the same."""
    table = schema.empty_table()
    chosen = table.select(columns) if columns else table
    return pa.RecordBatch.from_pydict({name: [] for name in chosen.column_names}, chosen.schema)
