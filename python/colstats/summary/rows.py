"""The rows of summaries: how they are made of states, and shown and exported as a table."""

import html
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from zoneinfo import ZoneInfoNotFoundError

from arro3.core import Array, DataType

from colstats._native import Moments
from colstats.layout import (
    COUNTS,
    HEAD,
    ROOMY,
    STATISTICS,
    Row,
    Tier,
    cell,
    layout,
    terminal_width,
)

#: In place of values that Python's datetime cannot hold, by the beginning of the type; Arrow can.
OUT_OF_RANGE = {
    "time32": "no time of day",
    "time64": "no time of day",
    "duration": "beyond 999999999 days",
    "": "outside the years 1 to 9999",
}
#: What minimum and maximum are after values were taken away from a state.
NOT_KNOWN = "not known"
UNKNOWN_ZONE = "in a time zone that is unknown here"

#: The most rows that ``repr`` shows; of more, it shows the first and the last.
MAX_ROWS = 60

#: How much room a notebook gives to values; the whole value is shown when the mouse rests on it.
NOTEBOOK = Tier(6, 20, 32, 32, 32)


def row_of(
    name: str,
    state: Moments | str,
    *,
    ddof: int = 0,
    skip_nulls: bool = True,
    skip_nans: bool = False,
) -> Row:
    """Make a row of a column: of its state or, if it cannot be counted, of its type alone."""
    if isinstance(state, str):
        return {"name": name, "type": state, **dict.fromkeys((*COUNTS, *STATISTICS))}
    options: dict[str, Any] = {"skip_nulls": skip_nulls, "skip_nans": skip_nans}
    return {
        "name": name,
        "type": state.type or "null",
        "count": state.count(skip_nans=skip_nans),
        "nulls": state.null_count,
        "nans": state.nan_count,
        "mean": value_of(state, "mean", options),
        "stddev": value_of(state, "stddev", {"ddof": ddof, **options}),
        "min": value_of(state, "min", options),
        "max": value_of(state, "max", options),
    }


def value_of(state: Moments, statistic: str, options: dict[str, Any]) -> Any:
    """Return a statistic of a state; None if the type has none, or the words for why not."""
    try:
        return getattr(state, statistic)(**options)
    except TypeError:
        return None  # this type has no such statistic
    except ValueError as error:
        if "taken away" in str(error):
            return NOT_KNOWN
        return out_of_range("duration" if statistic == "stddev" else state.type or "")
    except ZoneInfoNotFoundError:
        return UNKNOWN_ZONE


def out_of_range(kind: str) -> str:
    """Say in words why Python cannot hold a value, given the beginning of its type."""
    return next(text for start, text in OUT_OF_RANGE.items() if kind.startswith(start))


def array(values: Iterable[Any], key: str) -> Array:
    """Make the Arrow array of a column of a summary."""
    if key in (*COUNTS, "n_unique"):
        return Array(list(values), DataType.int64())
    if key in ("name", "type", "min", "max", "mode"):
        texts = [None if value is None else str(value) for value in values]
        return Array(texts, DataType.string())
    reals = [value if isinstance(value, float) else None for value in values]
    return Array(reals, DataType.float64())


def number(count: int, what: str) -> str:
    """Write a number of things, which may be one."""
    return f"{count} {what}{'' if count == 1 else 's'}"


def shown(rows: Sequence[Row]) -> tuple[Sequence[Row], str]:
    """Return the first and the last of many rows, and the words for those in between."""
    if len(rows) <= MAX_ROWS:
        return rows, ""
    more = f"… {len(rows) - MAX_ROWS} more rows: see summary.to_list()"
    return [*rows[: MAX_ROWS // 2], *rows[-MAX_ROWS // 2 :]], more


def ends(rows: Sequence[Row], by: Sequence[str] = (), head: Sequence[str] = HEAD) -> str:
    """Format rows; of many, the first and the last."""
    few, more = shown(rows)
    lines = layout(few, terminal_width(), by, head, widest=ROOMY).split("\n")
    if more:
        lines.insert(MAX_ROWS // 2 + 1, more)
    return "\n".join(lines)


def as_html(rows: Sequence[Row], by: Sequence[str] = (), head: Sequence[str] = HEAD) -> str:
    """Format rows as a table of HTML; of many, the first and the last."""
    keys = (*by, *head)
    few, more = shown(rows)
    lines = [line_of(row, keys) for row in few]
    if more:
        lines.insert(MAX_ROWS // 2, f'<tr><td colspan="{len(keys)}">{html.escape(more)}</td></tr>')
    head = "".join(f"<th>{html.escape(cell(key, NOTEBOOK, 32))}</th>" for key in keys)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def line_of(row: Row, keys: Sequence[str]) -> str:
    """Format a row as HTML. What is shortened has the whole value as its title."""

    def cells() -> Iterator[str]:
        for key in keys:
            text, whole = cell(row[key], NOTEBOOK, 32), cell(row[key], Tier(), None)
            title = "" if text == whole else f' title="{html.escape(whole)}"'
            yield f"<td{title}>{html.escape(text)}</td>"

    return f"<tr>{''.join(cells())}</tr>"
