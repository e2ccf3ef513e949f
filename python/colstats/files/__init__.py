"""Reads Parquet, Arrow IPC and CSV files batch by batch, through pyarrow.

`expand` finds files, `batches` reads one. Whatever is wrong with a file is an `UnreadableError` of
one line that begins with its name.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from colstats.files.batch import FileBatch
from colstats.files.csv import read_csv
from colstats.files.errors import UnreadableError, readable_errors
from colstats.files.ipc import read_arrow
from colstats.files.parquet import read_parquet
from colstats.files.paths import STANDARD_INPUT, expand, kind
from colstats.files.reading import NULL_WORDS, Reading
from colstats.files.stdin import standard_input

__all__ = ["NULL_WORDS", "FileBatch", "Reading", "UnreadableError", "batches", "expand"]


def batches(
    file: Path, columns: Sequence[str] | None = None, *, reading: Reading | None = None
) -> Iterator[FileBatch]:
    """Read the selected columns of a file, batch by batch.

    A file without rows has one batch, which has none either, but names and types.
    """
    options = reading or Reading()
    with readable_errors(file):
        if file is STANDARD_INPUT:
            yield from standard_input(file, columns, options)
            return
        match kind(file):
            case "parquet":
                yield from read_parquet(file, columns, file)
            case "arrow":
                yield from read_arrow(file, columns, file)
            case "csv":
                yield from read_csv(file, columns, options, ",", file)
            case "tsv":
                yield from read_csv(file, columns, options, "\t", file)
