"""Reads files into states, and these into summaries: of all rows, of groups, or of parts.

Memory is bounded: batches are dropped once they are added to the states. Groups are merged when as
many new ones have come up as there were, so that the work is in proportion to the batches.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import NoReturn

import pyarrow as pa

from colstats import GroupedMoments, Moments, _native, files, merge, moments
from colstats.cli.arguments import Options
from colstats.cli.part import Part
from colstats.cli.schemas import MismatchError, Schemas
from colstats.layout import quoted
from colstats.summary import GroupedSummary, Summary, summarize

#: Groups are merged for the first time when this many have come up.
MIN_GROUPS_TO_MERGE = 1 << 12

Advance = Callable[[float], None]


@dataclass
class Batch:
    """Rows of a file, in one of its chunks."""

    file: Path
    #: The position of the file among all, and the number of the chunk in the file.
    chunk: tuple[int, int]
    data: pa.RecordBatch
    #: How many rows there are, even if no columns are left.
    rows: int
    #: The columns that are described; besides them, there are keys.
    names: Sequence[str]

    def slice(self, start: int, rows: int) -> "Batch":
        """Return some of the rows."""
        rows = min(rows, self.rows - start)
        return Batch(self.file, self.chunk, self.data.slice(start, rows), rows, self.names)


def parts(paths: Sequence[Path], options: Options, advance: Advance) -> Iterator[Part]:
    """Describe all rows, groups of them, or each chunk or window."""
    schemas = Schemas(options)
    batches = read(paths, schemas, options, advance)
    if options.by:
        yield Part(grouped(batches, schemas, options))
    elif options.per is None:
        totals = Totals()
        for batch in batches:
            totals.add(batch, options)
        yield Part(totals.summary(schemas, options))
    elif options.per == "chunk":
        yield from chunks(batches, schemas, options)
    else:
        yield from windows(batches, options.per, schemas, options)


def read(
    paths: Sequence[Path], schemas: Schemas, options: Options, advance: Advance
) -> Iterator[Batch]:
    """Read files batch by batch, and compare their columns."""
    for number, path in enumerate(paths):
        noted = -1
        for batch in files.batches(path, schemas.to_read()):
            data, rows = batch.data, batch.data.num_rows
            if noted <= 0:
                schemas.note(path, data.schema, rows > 0)
                noted = rows
            names = schemas.described(data.schema)
            data = data.select(list(dict.fromkeys([*(options.by or ()), *names])))
            yield Batch(path, (number, batch.chunk), data, rows, names)
            advance(number + batch.progress)
    schemas.finish()


class Totals:
    """The states of the columns of some rows, by name."""

    def __init__(self) -> None:
        #: A column that cannot be counted has the name of its type.
        self.states: dict[str, Moments | str] = {}
        self.rows = 0

    def add(self, batch: Batch, options: Options) -> None:
        """Add a batch."""
        with_words = refusals(batch.file)
        try:
            found = _native._states(batch.data, threads=options.threads)
        except (TypeError, ValueError) as error:
            with_words(error)
        for name, state in found:
            self.states[name] = joined(self.states.get(name), state, name, batch.file)
        self.rows += batch.rows

    def summary(self, schemas: Schemas, options: Options) -> Summary:
        """Describe the columns, in the order in which files brought them."""
        named = []
        for name in schemas.names():
            state = self.states.get(name, Moments())
            if isinstance(state, Moments) and len(state) < self.rows:
                state += moments(pa.nulls(self.rows - len(state)))
            named.append((name, state))
        return summarize(named, ddof=options.ddof, skip_nans=options.skip_nans)


def joined(
    known: Moments | str | None, part: Moments | str, name: str, file: Path
) -> Moments | str:
    """Merge the states of a column, which must be of types that can be merged."""
    if known is None:
        return part
    if isinstance(known, Moments) and isinstance(part, Moments):
        try:
            known.merge(part)
        except TypeError as error:
            raise different(name, file, part.type, known.type) from error
        return known
    ours, theirs = (of if isinstance(of, str) else of.type for of in (known, part))
    if ours != theirs:
        raise different(name, file, theirs, ours)
    return known


def different(name: str, file: Path, theirs: str | None, ours: str | None) -> MismatchError:
    """Return the error for a column of two types."""
    return MismatchError(
        f"{file}: column {quoted(name)} is {theirs} here, but {ours} in an earlier file; select "
        "other columns with --columns"
    )


def chunks(batches: Iterable[Batch], schemas: Schemas, options: Options) -> Iterator[Part]:
    """Describe each chunk."""
    first_row = 0
    for (_, chunk), found in groupby(batches, key=lambda batch: batch.chunk):
        totals, file = Totals(), Path()
        for batch in found:
            file = batch.file
            totals.add(batch, options)
        where = {"file": str(file), "chunk": chunk, "first_row": first_row, "rows": totals.rows}
        yield Part(totals.summary(schemas, options), where)
        first_row += totals.rows


def windows(
    batches: Iterable[Batch], length: int, schemas: Schemas, options: Options
) -> Iterator[Part]:
    """Describe each number of rows, across batches and files; the last window may be shorter."""
    window, totals = 0, Totals()

    def part() -> Part:
        where = {"window": window, "first_row": window * length, "rows": totals.rows}
        return Part(totals.summary(schemas, options), where)

    for batch in batches:
        for piece in pieces(batch, length, totals.rows % length):
            if totals.rows == length and piece.rows:
                yield part()
                window, totals = window + 1, Totals()
            totals.add(piece, options)
    yield part()


def pieces(batch: Batch, length: int, filled: int) -> Iterator[Batch]:
    """Cut a batch where windows end, the first of which has some rows already."""
    start, end = 0, length - filled
    while True:
        yield batch.slice(start, end - start)
        if end >= batch.rows:
            return
        start, end = end, end + length


def grouped(batches: Iterable[Batch], schemas: Schemas, options: Options) -> Summary:
    """Describe each group."""
    merged: list[GroupedMoments] = []
    fresh: list[GroupedMoments] = []
    uncounted: dict[str, str | None] = {}
    for batch in batches:
        with_words = refusals(batch.file)
        try:
            groups, columns = _native._groups(
                batch.data, by=options.by or (), columns=batch.names, threads=options.threads
            )
            fresh.append(groups)
            if sum(map(len, fresh)) >= max(MIN_GROUPS_TO_MERGE, *map(len, merged)):
                merged, fresh = [merge(*merged, *fresh)], []
        except (TypeError, ValueError) as error:
            with_words(error)
        uncounted |= dict(columns)
    whole = merge(*merged, *fresh)
    columns = [(name, uncounted[name]) for name in schemas.names()]
    return GroupedSummary(whole, columns, ddof=options.ddof, skip_nans=options.skip_nans)


def refusals(file: Path) -> Callable[[Exception], NoReturn]:
    """Make a function that raises an error of the library in the words of the command line."""

    def refuse(error: Exception) -> NoReturn:
        message = str(error.args[0] if isinstance(error, KeyError) and error.args else error)
        for words, ours in WORDS:
            message = re.sub(words, ours, message)
        raise files.UnreadableError(f"{file}: {message}") from error

    return refuse


#: Keywords of the library, and the options that they are here.
WORDS = (
    (r"columns=\[[^]]*\]", "--columns"),
    (r"\bcolumns=", "--columns"),
    (r"numeric_only=True", "--numeric-only"),
    (r"\bby=\s?", "--by "),
    (r"^by (?=names|takes)", "--by "),
    (r"missing=[\"']null[\"']", "--missing null"),
)
