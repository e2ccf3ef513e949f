"""Summaries of groups: a row for each column of each group, made when they are looked at."""

from collections.abc import Callable, Iterator, Sequence
from operator import index
from typing import Any, overload

from arro3.core import Array, DataType, RecordBatch

from colstats._native import GroupedMoments
from colstats.layout import HEAD, Row, no_column, quoted
from colstats.summary.columns import columns_of, key_at, keys_of
from colstats.summary.plain import Summary
from colstats.summary.rows import MAX_ROWS, array, ends, number, row_of


class GroupedSummary(Summary):
    """Statistics of each column of each group, one row each: a Summary with keys in front.

    Rows are in the order of the keys. They are made on access, so a million groups cost no more
    than the rows that are shown. A key with the name of a column of the summary gets the suffix
    ``_key``. The name of a column selects its rows, and a slice those between two positions: both
    give a GroupedSummary.

    Examples:
        >>> import colstats as cs
        >>> table = cs.Table(np.array([[1.0, 2.0, 5.0], [1.0, 4.0, 6.0], [0.0, 9.0, 7.0]]))
        >>> summary = cs.describe(table, by="0")
        >>> print(summary["1"])
        0  name  type     count  nulls  nans  mean  stddev  min  max
        0  1     float64      1      0     0     9       0    9    9
        1  1     float64      2      0     0     3       1    2    4
        >>> summary[2]["mean"], len(summary)
        (3.0, 4)
        >>> summary.to_dict()[1.0]["2"]["max"]
        6.0

    """

    def __init__(
        self,
        groups: GroupedMoments,
        columns: Sequence[tuple[str, str | None]] | None = None,
        **options: Any,
    ) -> None:
        """Describe groups.

        Args:
            groups: The states.
            columns: All columns, with the types of those that have no states; by default, those
                that have states.
            options: As for ``describe``.

        """
        self._groups, self._options = groups, options
        self.by = [f"{key}_key" if key in HEAD else key for key in groups.by]
        self._columns = columns or [(name, None) for name in groups.column_names]
        self._places: Sequence[int] = range(len(groups) * len(self._columns))
        self._rows = Rows(self._places, self._row)

    def _view(self, places: Sequence[int]) -> "GroupedSummary":
        """Return a summary of the rows at some places of all rows."""
        view = GroupedSummary(self._groups, self._columns, **self._options)
        view._places, view._rows = places, Rows(places, view._row)
        return view

    def _row(self, place: int) -> Row:
        group, column = divmod(place, len(self._columns))
        name, of = self._columns[column]
        state = self._groups.group(group)[name] if of is None else of
        keys = key_at(self._groups.keys(), group)
        return dict(zip(self.by, keys, strict=True)) | row_of(name, state, **self._options)

    def __iter__(self) -> Iterator[str]:
        return (self._columns[place % len(self._columns)][0] for place in self._places)

    def __contains__(self, name: object) -> bool:
        return any(name == column for column, _ in self._columns)

    @overload
    def __getitem__(self, label: int) -> Row: ...
    @overload
    def __getitem__(self, label: str) -> "GroupedSummary": ...
    @overload
    def __getitem__(self, label: slice) -> "GroupedSummary": ...
    def __getitem__(self, label: Any) -> Any:
        """Return a row by its position, or a summary: of a column by its name, or of a slice."""
        if isinstance(label, slice):
            return self._view(self._places[label])
        if not isinstance(label, str):
            return self._row(self._places[index(label)])
        names = [name for name, _ in self._columns]
        if label not in names:
            by = ", ".join(map(quoted, self._groups.by))
            raise KeyError(f"{no_column(label, names)} (groups by {by} are in to_dict())")
        return self._view(of_column(self._places, names.index(label), len(names)))

    def to_list(self) -> list[Row]:
        """Return all rows as dicts."""
        columns = self._values()
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]

    def to_dict(self) -> dict[Any, Any]:
        """Return a dict of rows by column for each group: by its key, or the tuple of its keys."""
        groups: dict[Any, dict[str, Row]] = {}
        for row in self.to_list():
            keys = tuple(row[key] for key in self.by)
            rows = groups.setdefault(keys if len(keys) > 1 else keys[0], {})
            if row["name"] in rows:  # keys that Python cannot hold have the same words for it
                raise ValueError(f"several groups have the key {keys!r} in Python: use to_list()")
            rows[row["name"]] = row
        return groups

    def __str__(self) -> str:
        return ends(self._rows, self.by)

    def __repr__(self) -> str:
        by = ", ".join(map(quoted, self._groups.by))
        whole = range(len(self._groups) * len(self._columns))
        is_whole = self._places == whole
        count = len(self._groups if is_whole else {p // len(self._columns) for p in self._places})
        return f"<colstats.GroupedSummary by {by}: {number(count, 'group')}>\n{self}"

    def _values(self) -> dict[str, list[Any]]:
        """Return the columns of the summary, with the values of all rows."""
        if len(self._places) <= MAX_ROWS:
            rows = list(self._rows)
            return {key: [row[key] for row in rows] for key in (*self.by, *HEAD)}
        where = [divmod(place, len(self._columns)) for place in self._places]
        keys = keys_of(self._groups)
        values: dict[str, list[Any]] = {
            name: [column[group] for group, _ in where]
            for name, column in zip(self.by, keys, strict=True)
        }
        wanted = {place: self._columns[place] for _, place in where}
        columns = columns_of(self._groups, wanted, **self._options)
        return values | {
            key: [columns[place][key][group] for group, place in where] for key in HEAD
        }

    def _arrays(self) -> dict[str, Any]:
        places = Array([place // len(self._columns) for place in self._places], DataType.int64())
        keys = RecordBatch.from_arrow(self._groups.keys()).take(places)
        columns = {name: keys.column(place) for place, name in enumerate(self.by)}
        values = self._values()
        return columns | {key: array(values[key], key) for key in HEAD}


class Rows(Sequence[Row]):
    """The rows at some places, made on access."""

    def __init__(self, places: Sequence[int], make: Callable[[int], Row]) -> None:
        self._places, self._make = places, make

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> list[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | list[Row]:
        if isinstance(index, slice):
            return list(map(self._make, self._places[index]))
        return self._make(self._places[index])


def of_column(places: Sequence[int], column: int, columns: int) -> Sequence[int]:
    """Select the places of one of so many columns."""
    if isinstance(places, range) and places.step == 1:
        first = places.start + (column - places.start) % columns
        return range(first, places.stop, columns)
    return [place for place in places if place % columns == column]
