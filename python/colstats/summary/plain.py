"""The summary of a table: a row for each column."""

from collections.abc import Iterable, Iterator, Sequence
from operator import index
from typing import Any, overload

from arro3.core import RecordBatch
from arro3.core import Table as ArrowTable

from colstats.layout import HEAD, Row, layout, no_column, quoted, terminal_width
from colstats.summary.rows import array, as_html, ends, number


class Summary:
    """Statistics of each column of a table, one row each.

    It prints as a table that fits the terminal, is a table in notebooks, and exports to Arrow as a
    record batch with the columns ``name`` and ``type`` (string), ``count``, ``nulls`` and ``nans``
    (int64), ``mean`` and ``stddev`` (float64; null for times), ``min`` and ``max`` (string, since
    they hold values of all types), and what else was asked for (as ``mean``). Indexing by name or
    position returns a row as a dict of Python values: numbers, Decimals, datetimes. A slice is a
    Summary. Iteration gives the names, so pandas makes a frame of ``summary.to_list()``.

    A column whose memory layout is not known, such as a union, has its name and type only.

    Examples:
        >>> import colstats as cs
        >>> summary = cs.describe(cs.Table(np.array([[1.0, 2.0], [3.0, 4.0]])))
        >>> print(summary)
        name  type     count  nulls  nans  mean  stddev  min  max
        0     float64      2      0     0     2       1    1    3
        1     float64      2      0     0     3       1    2    4
        >>> summary["1"]["mean"], list(summary), len(summary)
        (3.0, ['0', '1'], 2)

    """

    #: The names of the key columns in front, if there are groups.
    by: Sequence[str] = ()
    #: The names of the columns, but for those of keys.
    head: Sequence[str] = HEAD
    _rows: Sequence[Row]

    def __init__(self, rows: Iterable[Row], more: Iterable[str] = ()) -> None:
        """Keep rows, given the names of the statistics that they have besides the usual ones."""
        self._rows = [dict(row) for row in rows]
        self.head = (*HEAD, *more)

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[str]:
        return (row["name"] for row in self._rows)

    def __contains__(self, name: object) -> bool:
        return any(name == known for known in self)

    @overload
    def __getitem__(self, label: int) -> Row: ...
    @overload
    def __getitem__(self, label: str) -> Any: ...
    @overload
    def __getitem__(self, label: slice) -> "Summary": ...
    def __getitem__(self, label: str | int | slice) -> Any:
        """Return the row of a column, by its name or its position, or a Summary of a slice."""
        if isinstance(label, slice):
            return Summary(self._rows[label], self.head[len(HEAD) :])
        if not isinstance(label, str):
            return dict(self._rows[index(label)])
        found = [row for row in self._rows if row["name"] == label]
        if len(found) == 1:
            return dict(found[0])
        if found:
            raise KeyError(f"the name {quoted(label)} is not unique: use the position instead")
        raise KeyError(no_column(label, list(self)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Summary):
            return NotImplemented
        # As text, NaN equals NaN.
        return repr(self.to_list()) == repr(other.to_list())

    __hash__ = None  # type: ignore[assignment]

    def to_list(self) -> list[Row]:
        """Return all rows as dicts."""
        return [dict(row) for row in self._rows]

    def to_dict(self) -> dict[Any, Any]:
        """Return all rows by the names of their columns, which must be unique."""
        rows = {row["name"]: dict(row) for row in self._rows}
        if len(rows) < len(self._rows):
            return {name: self[name] for name in self}  # which names the one that is not
        return rows

    def __str__(self) -> str:
        return layout(self._rows, terminal_width(), self.by, self.head)

    def __repr__(self) -> str:
        return (
            f"<colstats.Summary: {number(len(self), 'column')}>\n{ends(self._rows, head=self.head)}"
        )

    def _repr_html_(self) -> str:
        return as_html(self._rows, self.by, self.head)

    def _batch(self) -> RecordBatch:
        return RecordBatch.from_pydict(self._arrays())

    def _arrays(self) -> dict[str, Any]:
        rows = self.to_list()
        return {key: array([row[key] for row in rows], key) for key in self.head}

    def __arrow_c_schema__(self) -> object:
        return self._batch().__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return ArrowTable.from_batches([self._batch()]).__arrow_c_stream__(requested_schema)

    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]:
        return self._batch().__arrow_c_array__(requested_schema)
