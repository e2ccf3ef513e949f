"""Formats the rows of a summary as lines of text that fit a terminal.

Lines never wrap, whatever the names of columns: characters that would move the cursor are escaped,
and characters that take two cells are counted as two.
"""

import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

COUNTS = ("count", "nulls", "nans")
STATISTICS = ("mean", "stddev", "min", "max")
HEAD = ("name", "type", *COUNTS, *STATISTICS)
#: What a narrow table leaves out, in this order: what people ask for least comes first.
DISPENSABLE = ("nans", "nulls", "min", "max", "type", "count", "stddev")

#: Digits of floats (0: all), and widths of names, types and times, from roomy to tight. A date with
#: an ellipsis takes 11.
TIERS = (
    (0, 24, 28, 32),
    (10, 24, 28, 32),
    (6, 24, 20, 19),
    (6, 12, 16, 19),
    (4, 8, 12, 11),
    (4, 6, 12, 11),
)

#: Limits of messages: characters of a name, and names in a list.
MAX_NAME_LENGTH, MAX_NAMES = 100, 20

Row = dict[str, Any]


def layout(rows: Sequence[Row], width: int, by: Sequence[str] = ()) -> str:
    """Format rows as a table whose lines fit a width without wrapping.

    First floats lose digits, then names and times are truncated, then columns are left out, except
    the group keys.
    """
    keys = [*by, *HEAD]
    lines: list[str] = []
    for dropped in (None, *DISPENSABLE):
        keys = [key for key in keys if key != dropped]
        for digits, name, kind, time in TIERS:
            texts = dict.fromkeys(by, name) | {"name": name, "type": kind}
            lines = aligned(rows, keys, digits, texts, time)
            if max(map(cells, lines)) <= width:
                return "\n".join(lines)
    return "\n".join(shorten(line, width) for line in lines)


def aligned(
    rows: Sequence[Row], keys: Sequence[str], digits: int, longest: dict[str, int], time: int
) -> list[str]:
    """Format lines with text aligned left and numbers aligned right."""
    head = [cell(key, digits, longest.get(key, time)) for key in keys]
    shown = [[cell(row[key], digits, longest.get(key, time)) for key in keys] for row in rows]
    widths = [max(map(cells, column)) for column in zip(head, *shown, strict=True)]

    def line(row: Sequence[str]) -> str:
        padded = (
            text + fill if key in longest else fill + text
            for key, text, width in zip(keys, row, widths, strict=True)
            for fill in (" " * (width - cells(text)),)
        )
        return "  ".join(padded).rstrip()

    return [line(head), *map(line, shown)]


def cell(value: Any, digits: int, width: int) -> str:
    """Format a value: floats with `digits` digits (0: all), and truncate what is not a number."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.{digits}g}" if digits else repr(value).removesuffix(".0")
    if isinstance(value, int | Decimal):
        return str(value)
    # A bound on the work: eight characters per cell, even if most of them take no cell.
    text = str(value)[: 8 * width]
    return shorten("".join(map(visible, text)), width)


def visible(character: str) -> str:
    """Escape a character that is not printable, such as a line feed."""
    return character if character.isprintable() else repr(character)[1:-1]


def quoted(name: object) -> str:
    """Quote a name for a message; of a long one, only the beginning."""
    if isinstance(name, str) and len(name) > MAX_NAME_LENGTH:
        return f"{name[:MAX_NAME_LENGTH]!r}... (of {len(name)} characters)"
    return repr(name)


def listed(names: Sequence[str]) -> str:
    """List names for a message; of many, the first and how many there are."""
    more = f", ... ({len(names)} in all)" if len(names) > MAX_NAMES else ""
    return ", ".join(map(quoted, names[:MAX_NAMES])) + more


def cells(text: str) -> int:
    """Count the cells that a text takes in a terminal."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(map(bool, map(unicodedata.combining, text)))


def shorten(text: str, width: int) -> str:
    """Truncate a text that takes more than `width` cells."""
    if cells(text) <= width:
        return text
    kept = text[: width - 1]
    while cells(kept) >= width:
        kept = kept[:-1]
    return kept + "…"
