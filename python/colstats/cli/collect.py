"""Reads files into states, and these into summaries: of all rows, of groups, or of parts.

Memory is bounded: batches are dropped once they are added to the states. Groups are merged when as
many new ones have come up as there were, so that the work is in proportion to the batches.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

from colstats import GroupedMoments, _native, files, merge
from colstats.cli.arguments import Options
from colstats.cli.held import Batch, Held, with_values
from colstats.cli.part import Part
from colstats.cli.reading import reading
from colstats.cli.schemas import MismatchError, Schemas
from colstats.cli.totals import Totals, refusals
from colstats.layout import quoted
from colstats.summary import GroupedSummary, Summary

#: Groups are merged for the first time when this many have come up.
MIN_GROUPS_TO_MERGE = 1 << 12

Advance = Callable[[float], None]
Place = dict[str, Any]
Placed = tuple[Totals, Place]


def parts(paths: Sequence[Path], options: Options, advance: Advance) -> Iterator[Part]:
    """Describe all rows, groups of them, or each chunk or window."""
    schemas = Schemas(options)
    batches = read(paths, schemas, options, advance)
    if options.by:
        yield Part(grouped(batches, schemas, options))
        return
    if options.corr:
        totals = Totals()
        for batch in batches:
            totals.add(batch, options)
        yield Part(totals.correlations(schemas, options))
        return
    found = split(batches, options)
    if options.missing == "null":
        found = iter(list(found))  # what is missing is only known when all has been read
    for totals, place in found:
        yield Part(totals.summary(schemas, options), place)


def split(batches: Iterator[Batch], options: Options) -> Iterator[Placed]:
    """Collect all rows, or the rows of each chunk or window."""
    if options.per == "chunk":
        return chunks(batches, options)
    if options.per:
        return windows(batches, options.per, options)
    totals = Totals()
    for batch in batches:
        totals.add(batch, options)
    return iter([(totals, {})])


def read(
    paths: Sequence[Path], schemas: Schemas, options: Options, advance: Advance
) -> Iterator[Batch]:
    """Read files batch by batch, and compare their columns."""
    csv = files.agreed(paths, schemas.to_read(), reading(options, paths))
    for number, path in enumerate(paths):
        noted, names, wanted = -1, [""], [""]
        columns = schemas.to_read(partial(files.names, path, reading=csv))
        for batch in files.batches(path, columns, reading=csv):
            data, rows = batch.data, batch.data.num_rows
            if noted <= 0:
                schemas.note(path, data.schema, rows > 0)
                noted, names = rows, schemas.described(data.schema)
                wanted = list(dict.fromkeys([*(options.by or ()), *names]))
            yield Batch(path, (number, batch.chunk), data.select(wanted), rows, names)
            advance(number + batch.progress)
    schemas.finish()


def chunks(batches: Iterable[Batch], options: Options) -> Iterator[Placed]:
    """Collect each chunk."""
    first_row = 0
    for (_, chunk), found in groupby(batches, key=lambda batch: batch.chunk):
        totals, file = Totals(), Path()
        for batch in found:
            file = batch.file
            totals.add(batch, options)
        place = {"file": str(file), "chunk": chunk}
        yield totals, place | {"first_row": first_row, "rows": totals.rows}
        first_row += totals.rows


def windows(batches: Iterable[Batch], length: int, options: Options) -> Iterator[Placed]:
    """Collect each number of rows, across batches and files; the last window may be shorter."""
    window, totals = 0, Totals()

    def place() -> Place:
        return {"window": window, "first_row": window * length, "rows": totals.rows}

    for batch in batches:
        for piece in pieces(batch, length, totals.rows % length):
            if totals.rows == length and piece.rows:
                yield totals, place()
                window, totals = window + 1, Totals()
            totals.add(piece, options)
    yield totals, place()


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
    groups, held, file = Groups(options), Held(), Path()
    uncounted: dict[str, str | None] = {}
    for batch in batches:
        file = batch.file
        with refusals(file):
            part, columns = _native._groups(
                batch.data, by=options.by or (), columns=batch.names, threads=options.threads
            )
            groups.add(part)
        uncounted |= dict(columns)
        if options.stats:
            held.add(batch)
    with refusals(file):
        whole = groups.merged()
    columns = [(name, uncounted[name]) for name in schemas.names()]
    if not columns:
        keys = ", ".join(map(quoted, options.by or ()))
        raise MismatchError(
            f"there are no columns to describe but the keys {keys}; name these in "
            "--columns as well to describe them"
        )
    how: dict[str, Any] = {"ddof": options.ddof, "skip_nans": options.skip_nans}
    described = GroupedSummary(whole, columns, **how)
    return with_values(described, held, schemas, options, how) if options.stats else described


class Groups:
    """The groups of batches, merged now and then."""

    def __init__(self, options: Options) -> None:
        self._options = {} if options.missing == "refuse" else {"missing": options.missing}
        self._merged: list[GroupedMoments] = []
        self._fresh: list[GroupedMoments] = []

    def add(self, groups: GroupedMoments) -> None:
        """Add the groups of a batch."""
        self._fresh.append(groups)
        if sum(map(len, self._fresh)) >= max(MIN_GROUPS_TO_MERGE, sum(map(len, self._merged))):
            self.merged()

    def merged(self) -> GroupedMoments:
        """Merge all groups so far."""
        whole: GroupedMoments = merge(*self._merged, *self._fresh, **self._options)
        self._merged, self._fresh = [whole], []
        return whole
