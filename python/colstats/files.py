"""Reads Parquet, Arrow IPC and CSV files batch by batch, through pyarrow."""

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

#: Upper limits of a batch of a Parquet file: its rows, and its values in all columns together.
MAX_BATCH_ROWS = 1 << 17
MAX_BATCH_VALUES = 1 << 20
#: Bytes to read ahead in each column of a Parquet file; without a limit, it is whole row groups.
READ_AHEAD_BYTES = 1 << 16
#: What "-" stands for. It is compared by identity, so a file of this name can still be read.
STANDARD_INPUT = Path("<stdin>")


class UnreadableError(Exception):
    """A file that is missing, damaged or of an unknown type; the message names it."""


@dataclass
class FileBatch:
    """A batch of rows of a file."""

    data: pa.RecordBatch
    #: The number of its row group in a Parquet file; in other files, the number of the batch.
    chunk: int
    #: How much of the file has been read, this batch included: from 0 to 1.
    progress: float


def expand(patterns: Sequence[str]) -> list[Path]:
    """Expand names and patterns to files, in order."""
    files: list[Path] = []
    for pattern in patterns:
        if pattern == "-":
            files.append(STANDARD_INPUT)
            continue
        is_file = os.path.exists(pattern)  # unlike Path.exists, it never raises
        found = [pattern] if is_file else sorted(glob.glob(pattern, recursive=True))
        if not found:
            raise UnreadableError(f"{pattern}: no such file")
        files += map(Path, found)
    return files


def batches(file: Path, columns: Sequence[str] | None) -> Iterator[FileBatch]:
    """Read the selected columns of a file, batch by batch."""
    with readable_errors(file):
        if file is STANDARD_INPUT:
            if not sys.stdin:
                raise UnreadableError(f"{file}: standard input is closed")
            with pa.PythonFile(sys.stdin.buffer, "r") as source:
                yield from stream(file, source, columns, lambda: 0.0)
            return
        match suffix(file):
            case ".parquet" | ".pq":
                yield from parquet(file, columns)
            case ".arrow" | ".feather" | ".ipc" | ".arrows":
                yield from arrow(file, columns)
            case ".csv" | ".tsv" | ".csv.gz" | ".tsv.gz" | "" | ".gz":
                yield from csv(file, columns)
            case unknown:
                raise UnreadableError(
                    f"{file}: cannot read files of type {unknown!r}; expected Parquet (.parquet), "
                    "Arrow IPC (.arrow, .feather, .arrows) or CSV (.csv, .tsv, .csv.gz)"
                )


def suffix(file: Path) -> str:
    """Return the end of a name that indicates the type, with the .gz that may follow it."""
    name = file.name.lower()
    plain = name.removesuffix(".gz")
    return Path(plain).suffix + name[len(plain) :]


@contextmanager
def readable_errors(file: Path) -> Iterator[None]:
    """Turn the exceptions of readers into one line that names the file."""
    try:
        yield
    except (pa.ArrowException, OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UnreadableError(f"{file}: {' '.join(reason.split())}") from error


def parquet(file: Path, columns: Sequence[str] | None) -> Iterator[FileBatch]:
    """Read the row groups of a Parquet file."""
    with pa.parquet.ParquetFile(file, buffer_size=READ_AHEAD_BYTES, pre_buffer=False) as source:
        names = source.schema_arrow.names
        expect(file, columns, names)
        rows = min(MAX_BATCH_ROWS, max(MAX_BATCH_VALUES // max(len(columns or names), 1), 1))
        total, done = max(source.metadata.num_rows, 1), 0
        for group in range(source.num_row_groups):
            for batch in source.iter_batches(rows, [group], columns):
                done += batch.num_rows
                yield FileBatch(batch, group, done / total)
        if not done:
            yield FileBatch(empty(source.schema_arrow, columns), 0, 1.0)


def arrow(file: Path, columns: Sequence[str] | None) -> Iterator[FileBatch]:
    """Read the batches of an Arrow IPC file or stream; the first bytes distinguish them."""
    with pa.memory_map(str(file)) as source:
        is_file = source.read(6) == b"ARROW1"
        source.seek(0)
        if not is_file:
            size = source.size()
            yield from stream(file, source, columns, lambda: float(source.tell()) / size)
            return
        reader = pa.ipc.open_file(source)
        total = reader.num_record_batches
        found = (reader.get_batch(i) for i in range(total))
        counter = iter(range(1, total + 1))
        yield from numbered(file, reader.schema, found, columns, lambda _: next(counter) / total)


def stream(
    file: Path, source: pa.NativeFile, columns: Sequence[str] | None, progress: Callable[[], float]
) -> Iterator[FileBatch]:
    """Read the batches of an Arrow stream."""
    reader = pa.ipc.open_stream(source)
    yield from numbered(file, reader.schema, reader, columns, lambda _: progress())


def csv(file: Path, columns: Sequence[str] | None) -> Iterator[FileBatch]:
    """Read the blocks of a CSV file; pyarrow infers the types from the first block."""
    options = pa.csv.ParseOptions(delimiter="\t" if ".tsv" in suffix(file) else ",")
    size, read = max(file.stat().st_size, 1), 0

    def progress(batch: pa.RecordBatch) -> float:
        nonlocal read
        read += batch.nbytes  # an estimate: values take about as many bytes as their text
        return float(min(read / size, 1.0))

    with (
        pa.input_stream(str(file)) as source,
        pa.csv.open_csv(source, parse_options=options) as reader,
    ):
        yield from numbered(file, reader.schema, reader, columns, progress)


def numbered(
    file: Path,
    schema: pa.Schema,
    found: Iterable[pa.RecordBatch],
    columns: Sequence[str] | None,
    progress: Callable[[pa.RecordBatch], float],
) -> Iterator[FileBatch]:
    """Number the batches and add the progress; without any, yield an empty batch for the schema."""
    expect(file, columns, schema.names)
    count = -1
    for count, batch in enumerate(found):
        yield FileBatch(batch.select(columns) if columns else batch, count, progress(batch))
    if count < 0:
        yield FileBatch(empty(schema, columns), 0, 1.0)


def expect(file: Path, columns: Sequence[str] | None, names: list[str]) -> None:
    """Refuse columns that a file lacks, or has twice: columns are identified by their names."""
    for name in columns or names:
        if names.count(name) > 1:
            raise UnreadableError(
                f"{file}: {names.count(name)} columns are named {quoted(name)}; "
                "names must be unique"
            )
    for column in columns or ():
        if column not in names:
            raise UnreadableError(f"{file}: no column {quoted(column)}; there are: {listed(names)}")


def empty(schema: pa.Schema, columns: Sequence[str] | None) -> pa.RecordBatch:
    """Make a batch without rows, which still has the names and types."""
    table = schema.empty_table()
    chosen = table.select(columns) if columns else table
    return pa.RecordBatch.from_pydict({name: [] for name in chosen.column_names}, chosen.schema)
