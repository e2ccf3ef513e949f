"""Reads Parquet, Arrow IPC and CSV files batch by batch, through pyarrow.

`expand` finds files, `batches` reads one. Whatever is wrong with a file is an `UnreadableError` of
one line that begins with its name.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from colstats.files.batch import FileBatch
from colstats.files.csv import agree, csv_names, read_csv
from colstats.files.errors import UnreadableError, readable_errors
from colstats.files.hive import KeyedPath, read_keyed
from colstats.files.ipc import arrow_names, read_arrow
from colstats.files.parquet import parquet_names, read_parquet
from colstats.files.paths import DELIMITERS, STANDARD_INPUT, TEXTS, expand, kind
from colstats.files.reading import NULL_WORDS, Reading
from colstats.files.stdin import standard_input

__all__ = [
    "NULL_WORDS",
    "FileBatch",
    "Reading",
    "UnreadableError",
    "agreed",
    "batches",
    "expand",
    "names",
]


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
        elif isinstance(file, KeyedPath):
            own_names = column_names(file, options)
            yield from read_keyed(file, own_names, columns, lambda own: read(file, own, options))
        else:
            yield from read(file, columns, options)


def names(file: Path, *, reading: Reading | None = None) -> list[str] | None:
    """Return the names of the columns of a file, or None if it can be read only once."""
    if file is STANDARD_INPUT:
        return None
    with readable_errors(file):
        keys = file.keys if isinstance(file, KeyedPath) else ()
        return [*column_names(file, reading or Reading()), *keys]


def agreed(files: Sequence[Path], columns: Sequence[str] | None, reading: Reading) -> Reading:
    """Infer the types of columns from all CSV files together; otherwise each file has its own."""
    texts = [file for file in files if file is not STANDARD_INPUT and kind(file) in TEXTS]
    if len(texts) < 2 or STANDARD_INPUT in files:
        return reading
    return agree.agreed([(file, DELIMITERS[kind(file)]) for file in texts], columns, reading)


def read(file: Path, columns: Sequence[str] | None, options: Reading) -> Iterator[FileBatch]:
    """Read a file in the format that its name says."""
    match kind(file):
        case "parquet":
            return read_parquet(file, columns, file)
        case "arrow":
            return read_arrow(file, columns, file)
        case text:
            return read_csv(file, columns, options, DELIMITERS[text], file)


def column_names(file: Path, options: Reading) -> list[str]:
    """Return the names of the columns of a file, without reading more than it takes."""
    match kind(file):
        case "parquet":
            return parquet_names(file)
        case "arrow":
            return arrow_names(file)
        case text:
            return csv_names(file, options, DELIMITERS[text])
