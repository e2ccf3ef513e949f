"""Reads CSV files."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.csv

from colstats.files.batch import FileBatch, numbered
from colstats.files.paths import suffix


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
