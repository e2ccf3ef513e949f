"""Reads CSV files: twice, so that the last row counts as much as the first.

The first pass infers the type of each column from all of its texts, the second converts them. The
texts of small files are kept in between. docs/decisions/csv.md has the rules, and what they cost.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from colstats.files.batch import FileBatch, empty, expect
from colstats.files.csv.convert import Texts
from colstats.files.csv.infer import exact_type, widened
from colstats.files.csv.kinds import FLOAT, Kind
from colstats.files.csv.source import Source
from colstats.files.csv.text import TextBatch, TextFile
from colstats.files.errors import UnreadableError
from colstats.files.reading import Reading
from colstats.layout import listed, quoted

#: Bytes of text that are kept from the first pass for the second.
KEPT_BYTES = 64 << 20
#: Characters of a text in a message.
MAX_TEXT_LENGTH = 40


def read_csv(
    file: Path, columns: Sequence[str] | None, reading: Reading, delimiter: str, name: Path
) -> Iterator[FileBatch]:
    """Read the blocks of a CSV file, which messages call `name`."""
    text = TextFile(Source(file, name), reading, reading.delimiter or delimiter)
    expect(name, columns, text.names)
    for column in reading.types:
        if column not in text.names:
            known = listed(text.names)
            raise UnreadableError(
                f"{name}: no column {quoted(column)}, which --types names; there are: {known}"
            )
    yield from typed(name, TwoPasses(text, list(columns or text.names)), reading)


def csv_names(file: Path, reading: Reading, delimiter: str) -> list[str]:
    """Return the names of the columns of a CSV file."""
    return TextFile(Source(file, file), reading, reading.delimiter or delimiter).names


class TwoPasses:
    """The texts of columns, which can be read twice."""

    def __init__(self, text: TextFile, columns: list[str]) -> None:
        self.text, self.columns = text, columns
        self.kept: list[TextBatch] | None = []

    def first(self) -> Iterator[TextBatch]:
        """Read all batches, and keep them if they are small enough."""
        size, self.kept = 0, []
        for batch in self.text.batches(self.columns):
            size += batch.data.nbytes
            if size > KEPT_BYTES:
                self.kept = None
            if self.kept is not None:
                self.kept.append(batch)
            yield batch

    def again(self) -> Iterator[TextBatch]:
        """Read them once more."""
        yield from self.text.batches(self.columns) if self.kept is None else self.kept

    def of(self, column: str, reading: Reading) -> Iterator[Texts]:
        """Read the texts of one column once more."""
        for batch in self.again():
            yield Texts(batch.data[column], reading.null_words)


def typed(name: Path, passes: TwoPasses, reading: Reading) -> Iterator[FileBatch]:
    """Infer the types of the columns, and convert them."""
    schema = inferred(passes, reading)
    rows, number = 0, -1
    for number, batch in enumerate(passes.again()):
        arrays = []
        for field, fields in zip(schema, batch.data.columns, strict=True):
            texts = Texts(fields, reading.null_words)
            try:
                arrays.append(texts.as_type(field.type))
            except pa.ArrowInvalid as error:
                raise misfit(name, texts, field, rows) from error
            except pa.ArrowNotImplementedError as error:
                raise UnreadableError(f"{name}: cannot read text as {field.type}") from error
        rows += batch.data.num_rows
        data = pa.RecordBatch.from_arrays(arrays, schema=schema)
        yield FileBatch(data, number, batch.progress)
    if number < 0:
        yield FileBatch(empty(schema, None), 0, 1.0)


def inferred(passes: TwoPasses, reading: Reading) -> pa.Schema:
    """Infer the types of all columns whose types are not given."""
    open_kinds = {column: Kind() for column in passes.columns if column not in reading.types}
    while True:
        try:
            for batch in passes.first():
                for column, kind in open_kinds.items():
                    texts = Texts(batch.data[column], reading.null_words)
                    open_kinds[column] = widened(kind, texts)
            break
        except pa.ArrowInvalid as error:
            if not passes.text.can_grow(error):
                raise
            open_kinds = {column: Kind() for column in open_kinds}
    types = {column: kind.settled() for column, kind in open_kinds.items()}
    for column, kind in open_kinds.items():
        if kind.type == FLOAT and kind.inexact:
            types[column] = exact_type(passes.of(column, reading))
    types.update(reading.types)
    return pa.schema([(column, types[column]) for column in passes.columns])


def misfit(name: Path, texts: Texts, field: pa.Field, rows: int) -> UnreadableError:
    """Say which text is not of the type that was asked for, and where it is."""
    position = texts.first_misfit(field.type)
    text = texts.fields[position].as_py()
    shown = repr(text.decode(errors="replace"))
    if len(shown) > MAX_TEXT_LENGTH:
        shown = f"{shown[:MAX_TEXT_LENGTH]}..."
    row = f"{rows + position + 1:,}"
    return UnreadableError(
        f"{name}: {shown} in row {row} of column {quoted(field.name)} is not of type {field.type}"
    )
