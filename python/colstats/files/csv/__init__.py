"""Reads CSV files: twice, so that the last row counts as much as the first.

The first pass infers the type of each column from all of its texts, the second converts them. The
texts of small files are kept in between. docs/decisions/csv.md has the rules, and what they cost.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from colstats.files.batch import FileBatch, empty, expect
from colstats.files.csv.convert import Texts
from colstats.files.csv.passes import TwoPasses, types_of
from colstats.files.csv.source import Source
from colstats.files.csv.text import TextFile
from colstats.files.errors import UnreadableError
from colstats.files.reading import Reading
from colstats.layout import listed, quoted

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
    chosen = list(columns or text.names)
    passes = TwoPasses(text, chosen)
    known_types = {**reading.inferred, **reading.types}
    unknown = [column for column in chosen if column not in known_types]
    if unknown or not reading.inferred:
        known_types |= types_of([passes], passes.kinds(unknown))
    schema = pa.schema([(column, known_types[column]) for column in chosen])
    yield from typed(passes, schema)


def csv_names(file: Path, reading: Reading, delimiter: str) -> list[str]:
    """Return the names of the columns of a CSV file."""
    return TextFile(Source(file, file), reading, reading.delimiter or delimiter).names


def typed(passes: TwoPasses, schema: pa.Schema) -> Iterator[FileBatch]:
    """Convert the texts of a file to types."""
    rows, number = 0, -1
    for number, batch in enumerate(passes.again()):
        arrays = [
            converted(passes, Texts(fields, passes.null_words), field, rows)
            for field, fields in zip(schema, batch.data.columns, strict=True)
        ]
        rows += batch.data.num_rows
        data = pa.RecordBatch.from_arrays(arrays, schema=schema)
        yield FileBatch(data, number, batch.progress)
    if number < 0:
        yield FileBatch(empty(schema, None), 0, 1.0)


def converted(passes: TwoPasses, texts: Texts, field: pa.Field, rows: int) -> pa.Array:
    """Convert texts, which have some rows before them; says which of them does not fit."""
    name = passes.text.source.name
    try:
        return texts.as_type(field.type)
    except pa.ArrowNotImplementedError as error:
        raise UnreadableError(f"{name}: cannot read text as {field.type}") from error
    except pa.ArrowInvalid as error:
        position = texts.first_misfit(field.type)
        shown = repr(texts.fields[position].as_py().decode(errors="replace"))
        if len(shown) > MAX_TEXT_LENGTH:
            shown = f"{shown[:MAX_TEXT_LENGTH]}..."
        raise UnreadableError(
            f"{name}: {shown} in row {rows + position + 1:,} of column {quoted(field.name)} is not "
            f"of type {field.type}"
        ) from error
