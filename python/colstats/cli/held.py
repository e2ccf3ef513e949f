"""Rows that are held in memory, for statistics that take all values of a column at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from colstats import Column
from colstats import max as max_of
from colstats.cli.arguments import Options
from colstats.cli.schemas import Schemas
from colstats.layout import HEAD, Row
from colstats.summary import GroupedSummary, Summary
from colstats.summary.values import values_of

#: The name of the column that says which group a key is of.
PLACE = "colstats.place"


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


class Held:
    """All rows of some batches."""

    def __init__(self) -> None:
        self._batches: list[Batch] = []

    def add(self, batch: Batch) -> None:
        """Hold a batch."""
        self._batches.append(batch)

    def last_file(self) -> Path:
        """Return the file of the last batch."""
        return self._batches[-1].file if self._batches else Path()

    def column(self, name: str, of: pa.DataType) -> pa.ChunkedArray:
        """Return a column; where it is missing, there are nulls."""
        chunks = [
            batch.data.column(name) if name in batch.names else pa.nulls(batch.rows, of)
            for batch in self._batches
        ]
        return pa.chunked_array(chunks, of)

    def groups(self, by: Sequence[str]) -> Iterator[pa.Array]:
        """Return the rows of each group, in the order of the groups of ``by=``."""
        keys = [f"key {place}" for place, _ in enumerate(by)]
        parts = [
            pa.table([canonical(batch.data.column(key)) for key in by], keys)
            for batch in self._batches
        ]
        table = pa.concat_tables(parts, promote_options="permissive")
        rows = pa.array(range(len(table)), pa.int64())
        found = table.append_column(PLACE, rows).group_by(keys, use_threads=False)
        found = found.aggregate([(PLACE, "list")])
        lists = found.column(f"{PLACE}_list").combine_chunks()
        places = pa.array(range(len(found)), pa.int64())
        # The keys are brought into the order of groups as groups are.
        ordered = pa.table(max_of(found.select(keys).append_column(PLACE, places), by=keys))
        for place in ordered.column(len(keys)).to_pylist():
            yield lists[place].values


def canonical(keys: pa.Array) -> pa.Array:
    """Return keys with one representation of equal ones, in a type that pyarrow groups by."""
    if isinstance(keys, pa.ExtensionArray):
        keys = keys.storage
    if pa.types.is_dictionary(keys.type):
        keys = keys.dictionary_decode()
    of = keys.type
    if pa.types.is_floating(of):
        keys = pc.add(keys.cast(pa.float64()), 0.0)  # no -0.0
        return pc.if_else(pc.is_nan(keys), pa.scalar(float("nan")), keys)
    if pa.types.is_string_view(of) or pa.types.is_string(of):
        return keys.cast(pa.large_string())
    if pa.types.is_binary_view(of) or pa.types.is_binary(of):
        return keys.cast(pa.large_binary())
    return keys


def with_values(
    groups: GroupedSummary, held: Held, schemas: Schemas, options: Options, how: dict[str, Any]
) -> Summary:
    """Add statistics that take values to the summary of groups."""
    by, names = options.by or [], schemas.names()
    columns = {name: held.column(name, schemas.type_of(name)) for name in names}
    rows: list[Row] = []
    described = iter(groups.to_list())
    for places in held.groups(by) if groups else ():
        for name in names:
            column = Column(columns[name].take(places))
            found = values_of(column, options.stats, threads=options.threads, **how)
            rows.append(next(described) | found)
    return Keyed(rows, groups.by, options.stats)


class Keyed(Summary):
    """A summary with keys in front; one with the name of a statistic gets the suffix ``_key``."""

    def __init__(self, rows: list[Row], by: Sequence[str], more: Sequence[str] | Any) -> None:
        """Keep rows that have keys, and the statistics ``more``."""
        names = {key: f"{key}_key" if key in more else key for key in by}
        self.by = list(names.values())
        keyed = (row_in_order(row, names, (*HEAD, *more)) for row in rows)
        super().__init__(keyed, more)


def row_in_order(row: Row, names: dict[str, str], head: Sequence[str]) -> Row:
    """Put the keys in front, under their new names."""
    return {new: row[key] for key, new in names.items()} | {key: row[key] for key in head}
