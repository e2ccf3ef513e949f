"""A batch of rows of a file, and what is common to the readers of all formats."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from colstats.files.errors import UnreadableError
from colstats.layout import listed, quoted


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
