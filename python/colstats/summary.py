"""`describe` and what it returns: a table of statistics, for people and for programs."""

import html
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, overload
from zoneinfo import ZoneInfoNotFoundError

from arro3.core import Array, DataType, RecordBatch
from arro3.core import Table as ArrowTable

from colstats._native import (
    Column,
    GroupedMoments,
    Moments,
    MomentsTable,
    Table,
    _states,
    moments,
)
from colstats.layout import COUNTS, HEAD, STATISTICS, Row, cell, layout, listed, quoted
from colstats.types import Data

__all__ = ["GroupedSummary", "Summary", "describe"]

#: In place of values that Python's datetime cannot hold, by the beginning of the type; Arrow can.
OUT_OF_RANGE = {
    "time32": "no time of day",
    "time64": "no time of day",
    "duration": "beyond 999999999 days",
    "": "outside the years 1 to 9999",
}
UNKNOWN_ZONE = "in a time zone that is unknown here"

#: The most rows that ``repr`` shows; of more, it shows the first and the last.
MAX_ROWS = 60


class Summary:
    """Statistics of each column of a table, one row each.

    It prints as a table that fits the terminal, is a table in notebooks, and exports to Arrow as a
    record batch with the columns ``name`` and ``type`` (string), ``count``, ``nulls`` and ``nans``
    (int64), ``mean`` and ``stddev`` (float64; null for times), and ``min`` and ``max`` (string,
    since they hold values of all types). Indexing by name or position returns a row as a dict of
    Python values: numbers, Decimals, datetimes.

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
    _by: Sequence[str] = ()
    _rows: Sequence[Row]

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = [dict(row) for row in rows]

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[str]:
        return (row["name"] for row in self._rows)

    def __getitem__(self, label: str | int) -> Row:
        """Return the row of a column, by its name or its position."""
        if isinstance(label, int):
            return dict(self._rows[label])
        found = [row for row in self._rows if row["name"] == label]
        if len(found) == 1:
            return dict(found[0])
        if found:
            raise KeyError(f"the name {quoted(label)} is not unique: use the position instead")
        raise KeyError(f"no column {quoted(label)}; there are: {listed(list(self))}")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Summary):
            return NotImplemented
        # As text, NaN equals NaN.
        return repr(self.to_list()) == repr(other.to_list())

    __hash__ = None  # type: ignore[assignment]

    def to_list(self) -> list[Row]:
        """Return all rows as dicts."""
        return [dict(row) for row in self._rows]

    def to_dict(self) -> dict[str, Row]:
        """Return all rows by the names of their columns, which must be unique."""
        return {name: self[name] for name in self}

    def __str__(self) -> str:
        return layout(self._rows, shutil.get_terminal_size().columns)

    def __repr__(self) -> str:
        count = len(self._rows)
        head = f"<colstats.Summary: {count} column{'' if count == 1 else 's'}>"
        return f"{head}\n{self if count <= MAX_ROWS else ends(self._rows)}"

    def _repr_html_(self) -> str:
        def line(cells: Iterable[str], tag: str) -> str:
            row = "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells)
            return f"<tr>{row}</tr>"

        head = (*self._by, *HEAD)
        body = (line((cell(row[key], 6, 32) for key in head), "td") for row in self._shown())
        return f"<table><thead>{line(head, 'th')}</thead><tbody>{''.join(body)}</tbody></table>"

    def _shown(self) -> Iterable[Row]:
        return self._rows

    def _batch(self) -> RecordBatch:
        return RecordBatch.from_pydict(self._arrays())

    def _arrays(self) -> dict[str, Any]:
        def column(key: str, kind: DataType) -> Array:
            return Array([exported(row[key], kind) for row in self._rows], kind)

        text, integer, real = DataType.string(), DataType.int64(), DataType.float64()
        kinds = dict.fromkeys(HEAD, text) | dict.fromkeys(COUNTS, integer)
        kinds |= dict.fromkeys(("mean", "stddev"), real)
        return {key: column(key, kinds[key]) for key in HEAD}

    def __arrow_c_schema__(self) -> object:
        return self._batch().__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return ArrowTable.from_batches([self._batch()]).__arrow_c_stream__(requested_schema)

    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]:
        return self._batch().__arrow_c_array__(requested_schema)


class GroupedSummary(Summary):
    """Statistics of each column of each group, one row each: a Summary with keys in front.

    Rows are in the order of the keys. They are made on access, so a million groups cost no more
    than the rows that are shown. A key with the name of a column of the summary gets the suffix
    ``_key``.

    Examples:
        >>> import colstats as cs
        >>> table = cs.Table(np.array([[1.0, 2.0], [1.0, 4.0], [0.0, 9.0]]))
        >>> summary = cs.describe(table, by="0")
        >>> print(summary)
        0  name  type     count  nulls  nans  mean  stddev  min  max
        0  1     float64      1      0     0     9       0    9    9
        1  1     float64      2      0     0     3       1    2    4
        >>> summary[1]["mean"], len(summary)
        (3.0, 2)

    """

    def __init__(self, groups: GroupedMoments, **options: Any) -> None:
        self._groups = groups
        self._keys = groups.keys()
        self._by = [f"{key}_key" if key in HEAD else key for key in groups.by]
        self._rows = _Rows(len(groups) * len(groups.column_names), self._row)
        self._options = options

    def _row(self, index: int) -> Row:
        group, column = divmod(index, len(self._groups.column_names))
        values = self._groups._key(group)
        states, name = self._groups.group(group), self._groups.column_names[column]
        statistics = summarize([(name, states[name])], **self._options)[0]
        return {**dict(zip(self._by, values, strict=True)), **statistics}

    def _shown(self) -> Iterable[Row]:
        return self._rows if len(self) <= MAX_ROWS else self._rows[:MAX_ROWS]

    def __str__(self) -> str:
        if len(self) > MAX_ROWS:
            return ends(self._rows, self._by)
        return layout(self._rows, shutil.get_terminal_size().columns, self._by)

    def __repr__(self) -> str:
        by, count = ", ".join(map(quoted, self._groups.by)), len(self._groups)
        return (
            f"<colstats.GroupedSummary by {by}: {count} group{'' if count == 1 else 's'}>\n{self}"
        )

    def _arrays(self) -> dict[str, Any]:
        times = len(self._groups.column_names)
        places = Array([i // times for i in range(len(self))], DataType.int64())
        keys = self._keys.take(places)
        columns = {name: keys.column(place) for place, name in enumerate(self._by)}
        return columns | super()._arrays()


class _Rows(Sequence[Row]):
    """Rows that are made on access."""

    def __init__(self, count: int, make: Callable[[int], Row]) -> None:
        self._count, self._make = count, make

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> list[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | list[Row]:
        places = range(self._count)[index]
        return self._make(places) if isinstance(places, int) else list(map(self._make, places))


def ends(rows: Sequence[Row], by: Sequence[str] = ()) -> str:
    """Format the first and the last of many rows."""
    shown = [*rows[: MAX_ROWS // 2], *rows[-MAX_ROWS // 2 :]]
    lines = layout(shown, shutil.get_terminal_size().columns, by).split("\n")
    lines.insert(MAX_ROWS // 2 + 1, f"… {len(rows) - MAX_ROWS} more")
    return "\n".join(lines)


def describe(
    data: Data | Column | Table | Moments | MomentsTable | GroupedMoments,
    /,
    *,
    by: str | Iterable[str | int] | None = None,
    ddof: int = 0,
    skip_nulls: bool = True,
    skip_nans: bool = False,
    columns: Iterable[str | int] | None = None,
    numeric_only: bool = False,
    threads: int | None = None,
) -> Summary:
    """Describe each column of a table, in one pass: counts, mean, stddev, minimum and maximum.

    Args:
        data: A table or a column: any Arrow object, NumPy array, buffer or list of numbers. Streams
            are read batch by batch, and never held as a whole. Or the states of data: Moments, a
            MomentsTable or GroupedMoments.
        by: For tables, the columns to group by: a name, or a list of names or positions. Each group
            is described on its own, in a GroupedSummary.
        ddof: Degrees of freedom of the standard deviation.
        skip_nulls: Whether to leave out nulls; otherwise, one null makes the statistics None.
        skip_nans: Whether to treat NaN as null; otherwise, one NaN makes the statistics NaN.
        columns: For tables, the names (or positions) of the columns to use.
        numeric_only: For tables, whether to leave out columns that are not numeric; otherwise, they
            have counts only.
        threads: How many threads may be used; the default is that of ``set_num_threads``.

    Examples:
        >>> import colstats as cs
        >>> cs.describe([1, 2, None])[0]["mean"]
        1.5

    """
    options: dict[str, Any] = {"ddof": ddof, "skip_nulls": skip_nulls, "skip_nans": skip_nans}
    expect_valid(**options)
    chosen: dict[str, Any] = {"columns": columns, "numeric_only": numeric_only, "threads": threads}
    if isinstance(data, GroupedMoments | MomentsTable | Moments):
        if by is not None:
            raise TypeError("by= groups the rows of data, but these are states")
        if isinstance(data, GroupedMoments):
            if columns is not None or numeric_only:
                data = data._select(columns=columns, numeric_only=numeric_only)
            return GroupedSummary(data, **options)
    elif by is not None:
        return GroupedSummary(moments(data, by=by, **chosen), **options)
    return summarize(_states(data, **chosen), **options)


def expect_valid(**options: Any) -> None:
    """Refuse bad options before any work, with the errors of the statistics themselves."""
    Moments("float64").stddev(**options)


def summarize(
    states: Iterable[tuple[str, Moments]],
    *,
    ddof: int = 0,
    skip_nulls: bool = True,
    skip_nans: bool = False,
) -> Summary:
    """Describe columns, given their names and states."""

    def statistic(state: Moments, name: str) -> Any:
        options: dict[str, Any] = {"skip_nulls": skip_nulls, "skip_nans": skip_nans}
        if name == "stddev":
            options["ddof"] = ddof
        try:
            return getattr(state, name)(**options)
        except TypeError:
            return None  # this type has no such statistic
        except ValueError:
            kind = "duration" if name == "stddev" else state.type or ""
            return next(text for start, text in OUT_OF_RANGE.items() if kind.startswith(start))
        except ZoneInfoNotFoundError:
            return UNKNOWN_ZONE

    def row(name: str, state: Moments) -> Row:
        counts = (state.count(skip_nans=skip_nans), state.null_count, state.nan_count)
        return {
            "name": name,
            "type": state.type or "null",
            **dict(zip(COUNTS, counts, strict=True)),
            **{key: statistic(state, key) for key in STATISTICS},
        }

    return Summary(row(name, state) for name, state in states)


def exported(value: Any, kind: DataType) -> Any:
    """Convert a value to what an Arrow type holds."""
    if kind == DataType.float64():
        return value if isinstance(value, float) else None
    if kind == DataType.string():
        return None if value is None else str(value)
    return value
