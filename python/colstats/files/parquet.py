"""Reads Parquet files in small steps, and accounts for each row.

pyarrow stops without a word where the pages of a column end early, so the rows that arrive are
counted against what the file says of itself, in the footer and for each row group. Checksums of
pages are verified where there are any.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow.parquet

from colstats.files.batch import FileBatch, checked, empty, expect
from colstats.files.errors import UnreadableError

#: Upper limits of a batch of a Parquet file: its rows, and its values in all columns together.
MAX_BATCH_ROWS = 1 << 17
MAX_BATCH_VALUES = 1 << 20
#: Bytes to read ahead in each column of a Parquet file; without a limit, it is whole row groups.
READ_AHEAD_BYTES = 1 << 16


def read_parquet(path: Path, columns: Sequence[str] | None, file: Path) -> Iterator[FileBatch]:
    """Read the row groups of a Parquet file, which messages call `file`."""
    with pyarrow.parquet.ParquetFile(
        path, buffer_size=READ_AHEAD_BYTES, pre_buffer=False, page_checksum_verification=True
    ) as source:
        names = source.schema_arrow.names
        expect(file, columns, names)
        rows = min(MAX_BATCH_ROWS, max(MAX_BATCH_VALUES // max(len(columns or names), 1), 1))
        groups = rows_of_groups(file, source.metadata)
        total, done = max(sum(groups), 1), 0
        for group, expected in enumerate(groups):
            found = 0
            for batch in source.iter_batches(rows, [group], columns):
                found += batch.num_rows
                done += batch.num_rows
                place = f"a batch of row group {group}"
                yield FileBatch(checked(file, batch, place), group, done / total)
            if found != expected:
                raise UnreadableError(
                    f"{file}: row group {group} is damaged: {found} of {expected} rows can be read"
                )
        if not done:
            yield FileBatch(empty(source.schema_arrow, columns), 0, 1.0)


def parquet_names(path: Path) -> list[str]:
    """Return the names of the columns of a Parquet file."""
    names: list[str] = pyarrow.parquet.read_schema(path).names
    return names


def rows_of_groups(file: Path, metadata: pyarrow.parquet.FileMetaData) -> list[int]:
    """Return the number of rows in each row group, whose sum the footer states as well.

    The columns of a group state their numbers too, but they are not asked: in pyarrow 26, an error
    in `RowGroupMetaData.column` ends the process.
    """
    rows = [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]
    # Some writers leave the number in the footer at 0.
    if metadata.num_rows not in (0, sum(rows)) or min(rows, default=0) < 0:
        raise UnreadableError(
            f"{file}: the footer is damaged: {metadata.num_rows} rows, but {sum(rows)} in its row "
            "groups"
        )
    return rows
