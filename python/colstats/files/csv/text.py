"""Reads the fields of a CSV file as text, with nulls where an unquoted field says so.

pyarrow splits the lines; what the fields mean is decided in `convert` and `infer`.
"""

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.csv

from colstats.files.csv import faults
from colstats.files.csv.source import Source, Watched
from colstats.files.errors import UnreadableError
from colstats.files.reading import Reading
from colstats.layout import quoted

#: Bytes that are parsed at once: a line must not be longer. Larger blocks are tried in turn.
BLOCKS = (1 << 20, 1 << 24, 1 << 28)
#: What pyarrow says of a first line that does not end in the block.
NO_COLUMNS = "cannot infer number of columns"
#: What other separators a single column with a strange name suggests.
SEPARATORS = {";": "';'", "\t": r"$'\t'", "|": "'|'"}


@dataclass
class TextBatch:
    """The fields of some rows, as bytes."""

    data: pa.RecordBatch
    #: How much of the file has been read, this batch included: from 0 to 1.
    progress: float


class TextFile:
    """A CSV file whose columns are known."""

    def __init__(self, source: Source, reading: Reading, delimiter: str) -> None:
        self.source, self.reading, self.delimiter = source, reading, delimiter
        self.blank_lines = leading_blank_lines(source.head())
        self.block = max(BLOCKS[0], reading.block)
        self.names = self.column_names()
        if len(self.names) == 1 and reading.delimiter is None:
            suggest_separator(source, self.names[0], delimiter)

    def column_names(self) -> list[str]:
        """Read the names of the columns, in blocks that are large enough for the first lines."""
        with self.source.opened() as data:
            try:
                with self.opened(data, None) as reader:
                    return list(reader.schema.names)
            except pa.ArrowInvalid as error:
                if not self.can_grow(error):
                    raise self.without_names(error) from error
        return self.column_names()

    def without_names(self, error: pa.ArrowInvalid) -> UnreadableError:
        """Say why there are no columns."""
        if NO_COLUMNS in str(error):
            return UnreadableError(f"{self.source.name}: the file has no columns")
        return faults.explain(self.source, self.delimiter, error)

    def can_grow(self, error: pa.ArrowInvalid) -> bool:
        """Try larger blocks for a line that does not fit."""
        larger = [block for block in BLOCKS if block > self.block]
        if not larger or not any(words in str(error) for words in (faults.STRADDLES, NO_COLUMNS)):
            return False
        self.block = larger[0]
        return True

    def batches(self, columns: Sequence[str]) -> Iterator[TextBatch]:
        """Read the texts of columns, batch by batch."""
        chosen, end, batch = list(columns), self.names[-1], None
        with self.source.opened() as data:
            try:
                with self.opened(data, dict.fromkeys([*chosen, end])) as reader:
                    for batch in self.without_header(reader):
                        progress = min(data.position() / self.source.size, 1.0)
                        yield TextBatch(batch.select(chosen), progress)
            except pa.ArrowInvalid as error:
                if faults.STRADDLES in str(error) and self.block < BLOCKS[-1]:
                    raise  # for the first pass, which begins again with larger blocks
                raise faults.explain(self.source, self.delimiter, error) from error
        if batch is not None and faults.looks_unclosed(batch.select([end])):
            faults.refuse_unclosed(self.source, self.delimiter)

    def without_header(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Drop the row of the header.

        pyarrow can skip it, but skips one row too many (26.0) if the header has a NUL.
        """
        is_header = self.reading.header
        for batch in batches:
            if is_header and batch.num_rows:
                is_header = False
                yield batch.take(pa.array(range(1, batch.num_rows), pa.int64()))
            else:
                yield batch

    @contextlib.contextmanager
    def opened(
        self, data: Watched, columns: Iterable[str] | None
    ) -> Iterator[pyarrow.csv.CSVStreamingReader]:
        """Open pyarrow's reader for some columns, or only to learn their names."""
        header, is_data = self.reading.header, columns is not None
        chosen = list(columns or ())
        reads = pyarrow.csv.ReadOptions(
            block_size=self.block,
            skip_rows=self.blank_lines if header else 0,
            column_names=self.names if is_data else None,
            autogenerate_column_names=not header and not is_data,
        )
        parses = pyarrow.csv.ParseOptions(
            delimiter=self.delimiter,
            newlines_in_values=True,
            # In one column, an empty line is a null, as polars and DuckDB have it.
            ignore_empty_lines=not is_data or len(self.names) > 1,
        )
        converts = pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(chosen, pa.binary()),
            include_columns=chosen,
            null_values=["", *self.reading.null_words],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        )
        with pyarrow.csv.open_csv(pa.PythonFile(data, "r"), reads, parses, converts) as reader:
            yield reader


def leading_blank_lines(head: bytes) -> int:
    """Count the empty lines before the header."""
    return len(head[: len(head) - len(head.lstrip(b"\r\n"))].splitlines())


def suggest_separator(source: Source, name: str, delimiter: str) -> None:
    """Refuse a single column whose name looks like several."""
    for separator, words in SEPARATORS.items():
        if separator in name:
            raise UnreadableError(
                f"{source.name}: the only column is named {quoted(name)}: read it with --delimiter "
                f"{words}, or with --delimiter {quoted(delimiter)} if this is its name"
            )
