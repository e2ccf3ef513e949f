"""Reads Parquet files in small steps."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow.parquet

from colstats.files.batch import FileBatch, empty, expect

#: Upper limits of a batch of a Parquet file: its rows, and its values in all columns together.
MAX_BATCH_ROWS = 1 << 17
MAX_BATCH_VALUES = 1 << 20
#: Bytes to read ahead in each column of a Parquet file; without a limit, it is whole row groups.
READ_AHEAD_BYTES = 1 << 16


def parquet(file: Path, columns: Sequence[str] | None) -> Iterator[FileBatch]:
    """Read the row groups of a Parquet file."""
    with pyarrow.parquet.ParquetFile(
        file, buffer_size=READ_AHEAD_BYTES, pre_buffer=False
    ) as source:
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
