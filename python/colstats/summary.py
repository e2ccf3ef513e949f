"""What `describe` returns: a table of statistics, for people and for programs."""

import html
import shutil
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from arro3.core import Array, DataType, RecordBatch

from colstats._native import Column, Moments, Table, _states
from colstats.types import Data

__all__ = ["Summary", "describe"]

COUNTS = ("count", "nulls", "nans")
STATISTICS = ("mean", "stddev", "min", "max")
HEAD = ("name", "type", *COUNTS, *STATISTICS)
#: What is left out first where a table must be narrower: what people ask for least.
DISPENSABLE = ("nans", "nulls", "min", "max", "type", "count", "stddev")

#: Digits of floats, and widths of names, types and times, from roomy to tight: a date fits 11.
TIERS = (
    (0, 24, 28, 32),
    (10, 24, 28, 32),
    (6, 24, 20, 19),
    (6, 12, 16, 19),
    (4, 8, 12, 11),
    (4, 6, 12, 11),
)
OUT_OF_RANGE = "outside the years 1 to 9999"

Row = dict[str, Any]


class Summary:
    """Statistics of each column of a table, one row each.

    It prints as a table that fits the terminal, shows as a table in notebooks, and is Arrow: a
    record batch with the columns ``name`` and ``type`` (string), ``count``, ``nulls`` and ``nans``
    (int64), ``mean`` and ``stddev`` (float64; null where they are times), and ``min`` and ``max``
    (string, since columns of all types share them). An index gives a row as a dict of Python
    values: numbers, Decimals, datetimes.

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
            raise KeyError(f"the name {label!r} is not unique: use the position instead")
        raise KeyError(f"no column {label!r}; there are: {', '.join(map(repr, self))}")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Summary):
            return NotImplemented
        return repr(self._rows) == repr(other._rows)  # by their text, NaN equals NaN

    __hash__ = None  # type: ignore[assignment]

    def to_list(self) -> list[Row]:
        """Return all rows as dicts."""
        return [dict(row) for row in self._rows]

    def __str__(self) -> str:
        return layout(self._rows, shutil.get_terminal_size().columns)

    def __repr__(self) -> str:
        count = len(self._rows)
        return f"<colstats.Summary: {count} column{'' if count == 1 else 's'}>\n{self}"

    def _repr_html_(self) -> str:
        def line(cells: Iterable[str], tag: str) -> str:
            row = "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells)
            return f"<tr>{row}</tr>"

        body = (line((cell(row[key], 6, 32) for key in HEAD), "td") for row in self._rows)
        return f"<table><thead>{line(HEAD, 'th')}</thead><tbody>{''.join(body)}</tbody></table>"

    def _batch(self) -> RecordBatch:
        def column(key: str, kind: DataType) -> Array:
            return Array([exported(row[key], kind) for row in self._rows], kind)

        text, integer, real = DataType.string(), DataType.int64(), DataType.float64()
        kinds = dict.fromkeys(HEAD, text) | dict.fromkeys(COUNTS, integer)
        kinds |= dict.fromkeys(("mean", "stddev"), real)
        return RecordBatch.from_pydict({key: column(key, kinds[key]) for key in HEAD})

    def __arrow_c_schema__(self) -> object:
        return self._batch().__arrow_c_schema__()

    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]:
        return self._batch().__arrow_c_array__(requested_schema)


def describe(
    data: Data | Column | Table,
    /,
    *,
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
            are read piece by piece, and never held.
        ddof: Degrees of freedom of the standard deviation.
        skip_nulls: Whether nulls are left out; if not, one null makes statistics None.
        skip_nans: Whether a NaN counts as a null; if not, one NaN makes statistics NaN.
        columns: Of a table, the names (or positions) of the columns to use.
        numeric_only: Of a table, whether to leave out the columns that are no numbers; of these,
            there are counts.
        threads: How many threads may be used; by default as ``set_num_threads`` says.

    Examples:
        >>> import colstats as cs
        >>> cs.describe([1, 2, None])[0]["mean"]
        1.5

    """
    states = _states(data, columns=columns, numeric_only=numeric_only, threads=threads)
    return summarize(states, ddof=ddof, skip_nulls=skip_nulls, skip_nans=skip_nans)


def summarize(
    states: Iterable[tuple[str, Moments]],
    *,
    ddof: int = 0,
    skip_nulls: bool = True,
    skip_nans: bool = False,
) -> Summary:
    """Describe columns by their names and states."""

    def statistic(state: Moments, name: str) -> Any:
        options: dict[str, Any] = {"skip_nulls": skip_nulls, "skip_nans": skip_nans}
        if name == "stddev":
            options["ddof"] = ddof
        try:
            return getattr(state, name)(**options)
        except TypeError:
            return None  # its type has no such statistic
        except ValueError:
            return OUT_OF_RANGE  # of datetime, which Arrow's times exceed

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
    """Make a value one of an Arrow type."""
    if kind == DataType.float64():
        return value if isinstance(value, float) else None
    if kind == DataType.string():
        return None if value is None else str(value)
    return value


def cell(value: Any, digits: int, width: int) -> str:
    """Write a value: floats with so many digits, all for 0; what is no number may be cut."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.{digits}g}" if digits else repr(value).removesuffix(".0")
    return str(value) if isinstance(value, int | Decimal) else shorten(str(value), width)


def shorten(text: str, width: int) -> str:
    """Cut a text."""
    return text if len(text) <= width else text[: width - 1] + "…"


def layout(rows: Sequence[Row], width: int) -> str:
    """Write rows as a table that fits a width: lines are never broken.

    First floats lose digits, then names and times are cut, then columns are left out.
    """
    keys = list(HEAD)
    lines: list[str] = []
    for dropped in (None, *DISPENSABLE):
        keys = [key for key in keys if key != dropped]
        for digits, name, kind, time in TIERS:
            lines = aligned(rows, keys, digits, {"name": name, "type": kind}, time)
            if max(map(len, lines)) <= width:
                return "\n".join(lines)
    return "\n".join(line[:width] for line in lines)


def aligned(
    rows: Sequence[Row], keys: Sequence[str], digits: int, longest: dict[str, int], time: int
) -> list[str]:
    """Write lines with text to the left and numbers to the right."""
    shown = [[cell(row[key], digits, longest.get(key, time)) for key in keys] for row in rows]
    widths = [max(map(len, column)) for column in zip(keys, *shown, strict=True)]

    def line(row: Sequence[str]) -> str:
        cells = (
            text.ljust(width) if key in longest else text.rjust(width)
            for key, text, width in zip(keys, row, widths, strict=True)
        )
        return "  ".join(cells).rstrip()

    return [line(keys), *map(line, shown)]
