"""Files of tables, read batch by batch through pyarrow: Parquet, Arrow IPC and CSV."""

import glob
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.ipc
import pyarrow.parquet

#: Rows that are held at a time: of 20 columns of doubles, 20 MiB.
BATCH_ROWS = 1 << 17


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
        found = [pattern] if Path(pattern).exists() else sorted(glob.glob(pattern, recursive=True))
        if not found:
            raise UnreadableError(f"{pattern}: no such file")
        files += map(Path, found)
    return files


def pieces(file: Path, columns: Sequence[str] | None) -> Iterator[Piece]:
    """Read a file batch by batch, only the wanted columns."""
    with understandable(file):
        match file.suffix.lower().removesuffix(".gz"):
            case ".parquet" | ".pq":
                yield from parquet(file, columns)
            case ".arrow" | ".feather" | ".ipc" | ".arrows":
                yield from arrow(file, columns)
            case ".csv" | ".tsv" | "":
                yield from csv(file, columns)
            case unknown:
                raise UnreadableError(
                    f"{file}: files of kind {unknown!r} are not read; "
                    "Parquet (.parquet), Arrow IPC (.arrow, .feather, .arrows) and CSV (.csv) are"
                )


@contextmanager
def understandable(file: Path) -> Iterator[None]:
    """Turn what readers raise into a line that names the file."""
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UnreadableError(f"{file}: {' '.join(reason.split())}") from error


def parquet(file: Path, columns: Sequence[str] | None) -> Iterator[Piece]:
    """Read the row groups of a Parquet file."""
    with pa.parquet.ParquetFile(file) as source:
        expect(file, columns, source.schema_arrow.names)
        total, done = max(source.metadata.num_rows, 1), 0
        for group in range(source.num_row_groups):
            for batch in source.iter_batches(BATCH_ROWS, [group], columns):
                done += batch.num_rows
                yield Piece(batch, group, done / total)
        if not done:
            yield Piece(empty(source.schema_arrow, columns), 0, 1.0)


def arrow(file: Path, columns: Sequence[str] | None) -> Iterator[Piece]:
    """Read the batches of an Arrow file or stream, which is told by how it begins."""
    with pa.memory_map(str(file)) as source:
        is_file = source.read(6) == b"ARROW1"
        source.seek(0)
        reader = pa.ipc.open_file(source) if is_file else pa.ipc.open_stream(source)
        expect(file, columns, reader.schema.names)
        batches = (
            (reader.get_batch(i) for i in range(reader.num_record_batches)) if is_file else reader
        )
        count = -1
        for count, batch in enumerate(batches):
            share = (
                (count + 1) / reader.num_record_batches
                if is_file
                else source.tell() / source.size()
            )
            yield Piece(batch.select(columns) if columns else batch, count, share)
        if count < 0:
            yield Piece(empty(reader.schema, columns), 0, 1.0)


def csv(file: Path, columns: Sequence[str] | None) -> Iterator[Piece]:
    """Read the blocks of a CSV file, whose types are told by the first."""
    tabs = ".tsv" in file.suffixes
    options = pa.csv.ParseOptions(delimiter="\t" if tabs else ",")
    size = max(file.stat().st_size, 1)
    with (
        pa.input_stream(str(file)) as source,
        pa.csv.open_csv(source, parse_options=options) as reader,
    ):
        expect(file, columns, reader.schema.names)
        count = -1
        for count, batch in enumerate(reader):
            share = min(batch.nbytes * (count + 1) / size, 1.0)  # the text is not much longer
            yield Piece(batch.select(columns) if columns else batch, count, share)
        if count < 0:
            yield Piece(empty(reader.schema, columns), 0, 1.0)


def expect(file: Path, columns: Sequence[str] | None, names: list[str]) -> None:
    """Refuse columns that a file does not have, or has twice: they are told by their names."""
    for name in columns or names:
        if names.count(name) > 1:
            raise UnreadableError(f"{file}: {names.count(name)} columns are called {name!r}")
    for column in columns or ():
        if column not in names:
            there = ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")
            raise UnreadableError(f"{file}: no column {column!r}; there are: {there}")


def empty(schema: pa.Schema, columns: Sequence[str] | None) -> pa.RecordBatch:
    """Make a batch without rows, which tells the names and types all the same."""
    table = schema.empty_table()
    chosen = table.select(columns) if columns else table
    return pa.RecordBatch.from_pydict({name: [] for name in chosen.column_names}, chosen.schema)
