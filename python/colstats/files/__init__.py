"""Reads Parquet, Arrow IPC and CSV files batch by batch, through pyarrow."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from colstats.files.batch import FileBatch
from colstats.files.csv import csv
from colstats.files.errors import UnreadableError, readable_errors
from colstats.files.ipc import arrow, stream
from colstats.files.parquet import parquet
from colstats.files.paths import STANDARD_INPUT, expand, suffix

__all__ = ["FileBatch", "UnreadableError", "batches", "expand"]


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
