"""A batch of rows of a file, and what is common to the readers of all formats."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from colstats.files.errors import UnreadableError, one_line
from colstats.files.validate import validate
from colstats.layout import no_column, quoted


@dataclass
class FileBatch:
    """A batch of rows of a file."""

    data: pa.RecordBatch
    #: The number of its row group in a Parquet file; in other files, the number of the batch.
    chunk: int
    #: How much of the file has been read, this batch included: from 0 to 1.
    progress: float


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
    for count, batch in enumerate(intact(file, found)):
        chosen = batch.select(columns) if columns else batch
        yield FileBatch(checked(file, chosen, f"batch {count}"), count, progress(batch))
    if count < 0:
        yield FileBatch(empty(schema, columns), 0, 1.0)


def intact(file: Path, found: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Pass batches on, and say which of them cannot be read."""
    batches = iter(found)
    for number in itertools.count():
        try:
            batch = next(batches, None)
        except (pa.ArrowException, OSError) as damage:
            raise damaged(file, f"batch {number}", damage) from damage
        if batch is None:
            return
        yield batch


def damaged(file: Path, place: str, damage: Exception) -> UnreadableError:
    """Make the error about a part of a file."""
    return UnreadableError(f"{file}: {place} is damaged: {one_line(str(damage))}")


def checked(file: Path, batch: pa.RecordBatch, place: str) -> pa.RecordBatch:
    """Refuse a batch that claims more rows than its buffers hold, or has other damage.

    It takes some 4 ns for each text, and next to nothing for numbers.
    """
    try:
        validate(batch)
    except pa.ArrowInvalid as damage:
        raise damaged(file, place, damage) from damage
    return batch


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
            raise UnreadableError(f"{file}: {no_column(column, names)}")


def empty(schema: pa.Schema, columns: Sequence[str] | None) -> pa.RecordBatch:
    """Make a batch without rows, which still has the names and types."""
    table = schema.empty_table()
    chosen = table.select(columns) if columns else table
    return pa.RecordBatch.from_pydict({name: [] for name in chosen.column_names}, chosen.schema)
