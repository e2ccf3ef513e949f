"""How the rows of a summary become lines of text that fit a terminal.

Lines are never broken, whatever columns are called: characters that would move the cursor are
escaped, and characters that take two places are counted as two.
"""

import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

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

#: Characters of a name that messages show, and how many names.
LONG, SHOWN = 100, 20

Row = dict[str, Any]


def layout(rows: Sequence[Row], width: int, by: Sequence[str] = ()) -> str:
    """Write rows as a table that fits a width: lines are never broken.

    First floats lose digits, then names and times are cut, then columns are left out, but none of
    those that tell groups apart.
    """
    keys = [*by, *HEAD]
    lines: list[str] = []
    for dropped in (None, *DISPENSABLE):
        keys = [key for key in keys if key != dropped]
        for digits, name, kind, time in TIERS:
            texts = dict.fromkeys(by, name) | {"name": name, "type": kind}
            lines = aligned(rows, keys, digits, texts, time)
            if max(map(places, lines)) <= width:
                return "\n".join(lines)
    return "\n".join(shorten(line, width) for line in lines)


def aligned(
    rows: Sequence[Row], keys: Sequence[str], digits: int, longest: dict[str, int], time: int
) -> list[str]:
    """Write lines with text to the left and numbers to the right."""
    head = [cell(key, digits, longest.get(key, time)) for key in keys]
    shown = [[cell(row[key], digits, longest.get(key, time)) for key in keys] for row in rows]
    widths = [max(map(places, column)) for column in zip(head, *shown, strict=True)]

    def line(row: Sequence[str]) -> str:
        cells = (
            text + fill if key in longest else fill + text
            for key, text, width in zip(keys, row, widths, strict=True)
            for fill in (" " * (width - places(text)),)
        )
        return "  ".join(cells).rstrip()

    return [line(head), *map(line, shown)]


def cell(value: Any, digits: int, width: int) -> str:
    """Write a value: floats with so many digits, all for 0; what is no number may be cut."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.{digits}g}" if digits else repr(value).removesuffix(".0")
    if isinstance(value, int | Decimal):
        return str(value)
    # More than this is not shown, even if most of it takes no place.
    text = str(value)[: 8 * width]
    return shorten("".join(map(visible, text)), width)


def visible(character: str) -> str:
    """Escape what a terminal would obey, such as a line feed."""
    return character if character.isprintable() else repr(character)[1:-1]


def quoted(name: object) -> str:
    """Quote a name for a message; one that is longer than anybody reads by its beginning."""
    if isinstance(name, str) and len(name) > LONG:
        return f"{name[:LONG]!r}... (of {len(name)} characters)"
    return repr(name)


def listed(names: Sequence[str]) -> str:
    """Name a few, and tell how many there are if these are not all."""
    more = f", ... ({len(names)} in all)" if len(names) > SHOWN else ""
    return ", ".join(map(quoted, names[:SHOWN])) + more


def places(text: str) -> int:
    """Count the places that a text takes in a terminal."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(map(bool, map(unicodedata.combining, text)))


def shorten(text: str, width: int) -> str:
    """Cut a text that takes more places than this."""
    if places(text) <= width:
        return text
    kept = text[: width - 1]
    while places(kept) >= width:
        kept = kept[:-1]
    return kept + "…"
