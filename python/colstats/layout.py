"""Formats the rows of a summary as lines of text that fit a terminal.

Nothing vanishes in silence. Text that is cut ends in an ellipsis; a number that is rounded has a
point or an exponent, and all the digits that it is rounded to; and if columns are left out, a line
says which, and how to see them. Lines never wrap, whatever the names of columns: characters that
would move the cursor are escaped, and characters that take two cells are counted as two.
"""

import os
import shutil
import sys
import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from itertools import chain
from typing import Any, NamedTuple

COUNTS = ("count", "nulls", "nans")
STATISTICS = ("mean", "stddev", "min", "max")
HEAD = ("name", "type", *COUNTS, *STATISTICS)
#: What a narrow table leaves out, in this order: what people ask for least comes first.
DISPENSABLE = (("nans",), ("type",), ("nulls",), ("min", "max"), ("count",), ("stddev",))

#: Limits of messages: characters of a name, and names in a list.
MAX_NAME_LENGTH, MAX_NAMES = 100, 20

#: The last line of a table that lacks columns, on how to see them.
ALL = "summary.to_list()"

Row = dict[str, Any]


class Tier(NamedTuple):
    """How much room values have. None stands for as much as they need."""

    #: Digits of floats; those of integers and decimals, if these are longer.
    digits: int | None = None
    long_digits: int | None = None
    #: Cells of names and keys, of types, and of times.
    name: int | None = None
    type: int | None = None
    time: int | None = None


#: All there is, and what is enough for `repr`, which may have to show a name of any length.
WHOLE, ROOMY = Tier(), Tier(name=MAX_NAME_LENGTH, type=MAX_NAME_LENGTH, time=MAX_NAME_LENGTH)

#: From roomy to tight. A date with an ellipsis takes 11 cells.
TIERS = (
    Tier(None, None, 40, 28, 32),
    Tier(10, None, 24, 28, 32),
    Tier(6, None, 24, 20, 32),
    Tier(6, 10, 24, 20, 19),
    Tier(6, 6, 12, 16, 19),
    Tier(4, 6, 12, 12, 11),
    Tier(4, 4, 8, 12, 11),
    Tier(4, 4, 6, 12, 11),
)


def terminal_width() -> int | None:
    """Return how many cells a line may take: those of a terminal, or what COLUMNS says.

    There is no limit where standard output is a pipe or a file.
    """
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns):
        return int(columns)
    try:
        is_terminal = sys.stdout.isatty()
    except (AttributeError, ValueError):  # it is replaced, or closed
        is_terminal = False
    return shutil.get_terminal_size().columns if is_terminal else None


def layout(
    rows: Sequence[Row],
    width: int | None,
    by: Sequence[str] = (),
    head: Sequence[str] = HEAD,
    *,
    see: str = ALL,
    widest: Tier = WHOLE,
) -> str:
    """Format rows as a table whose lines fit a width, if there is one, without wrapping.

    First floats lose digits, then names and times are truncated and long integers are rounded, then
    columns are left out, except the group keys. The last lines then say so, and what shows them.
    """
    keys = [*by, *head]
    table = Table(rows, keys, by, widest)
    if width is None or table.width(keys) <= width:
        return "\n".join(table.lines(keys))
    tables = (Table(rows, [*by, *head], by, tier) for tier in TIERS)
    # What was asked for besides the usual goes last.
    more = tuple((key,) for key in reversed(head) if key not in HEAD)
    dispensable = (*DISPENSABLE, *more)
    made: list[Table] = []
    for dropped in ((), *dispensable):
        keys = [key for key in keys if key not in dropped]
        for table in chain(made[:], tables):
            if table not in made:
                made.append(table)
            if table.width(keys) <= width:
                keys = table.filled(keys, width, dispensable)
                return "\n".join([*table.lines(keys), *left_out(head, keys, width, see)])
    lines = [shorten(line, width) for line in made[-1].lines(keys)]
    return "\n".join([*lines, *left_out(head, keys, width, see)])


def left_out(head: Sequence[str], keys: Sequence[str], width: int, see: str) -> list[str]:
    """Say which columns are left out, in lines that fit a width."""
    names = [key for key in head if key not in keys]
    if not names:
        return []
    import textwrap  # noqa: PLC0415 - it would take a tenth of the import of colstats

    return textwrap.wrap(f"(no room for {', '.join(names)}: see {see})", max(width, 1))


class Table:
    """The cells of a table, with text aligned left and numbers aligned right."""

    def __init__(
        self, rows: Sequence[Row], keys: Sequence[str], by: Sequence[str], tier: Tier
    ) -> None:
        room = dict.fromkeys(by, tier.name) | {"name": tier.name, "type": tier.type}
        self._text = set(room)
        self._columns: dict[str, list[str]] = {}
        for key in keys:
            longest = room.get(key, tier.time)
            head = shorten(escaped(key, tier.name), tier.name)
            values = [row[key] for row in rows]
            shown = [cell(value, tier, longest) for value in values]
            if longest and key in (*by, "name") and len(set(shown)) < len(set(map(str, values))):
                shown = [both_ends(str(value), longest) for value in values]
            self._columns[key] = [head, *shown]
        self._widths = {key: max(map(cells, column)) for key, column in self._columns.items()}

    def width(self, keys: Sequence[str]) -> int:
        """Return how many cells the lines take that have some of the columns."""
        return sum(self._widths[key] for key in keys) + 2 * (len(keys) - 1)

    def filled(
        self, keys: list[str], width: int, dispensable: Sequence[Sequence[str]]
    ) -> list[str]:
        """Add columns for which there is room after all, since wider ones were left out later."""
        for dropped in reversed(dispensable):
            more = [key for key in self._columns if key in keys or key in dropped]
            if self.width(more) <= width:
                keys = more
        return keys

    def lines(self, keys: Sequence[str]) -> list[str]:
        """Return the lines, the first of which has the names."""
        columns = [self._padded(key) for key in keys]
        return ["  ".join(line).rstrip() for line in zip(*columns, strict=True)]

    def _padded(self, key: str) -> list[str]:
        width, is_text = self._widths[key], key in self._text
        fills = ((text, " " * (width - cells(text))) for text in self._columns[key])
        return [text + fill if is_text else fill + text for text, fill in fills]


def cell(value: Any, tier: Tier, width: int | None) -> str:
    """Format a value: numbers with the digits of a tier, and truncate what is not a number."""
    if value is None:
        return ""
    if isinstance(value, float):
        return rounded(value, repr(value).removesuffix(".0"), tier.digits)
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        exact = f"{value:f}" if isinstance(value, Decimal) else str(value)
        digits = tier.long_digits
        return exact if digits is None else rounded(Decimal(value), exact, digits)
    return shorten(escaped(str(value), width), width)


def rounded(value: float | Decimal, exact: str, digits: int | None) -> str:
    """Round a number to some digits, unless it takes as little room as it is.

    The text shows that the number was rounded: it has trailing zeros, a point or an exponent.
    """
    if digits is None or len(exact) <= digits:
        return exact
    if isinstance(value, Decimal):
        mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
        short = f"{mantissa}e{int(exponent):+03}"  # as floats have it
    else:
        short = f"{value:#.{digits}g}"
        if short.endswith("."):
            short = f"{value:.1f}"
    return short if len(short) < len(exact) else exact


def escaped(text: str, width: int | None) -> str:
    """Escape what is not printable; of a text that will be cut, only what may be seen."""
    # A bound on the work: eight characters per cell, even if most of them take no cell.
    shown = text if width is None else text[: 8 * width]
    return shown if shown.isprintable() else "".join(map(visible, shown))


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


def no_column(name: object, names: Sequence[str]) -> str:
    """Say that there is no column of a name, which there is instead, and which may be meant."""
    from difflib import get_close_matches  # noqa: PLC0415 - as above

    near = get_close_matches(name, names, 1) if isinstance(name, str) else []
    meant = f"did you mean {quoted(near[0])}? " if near else ""
    return f"no column {quoted(name)}; {meant}there are: {listed(names)}"


def cells(text: str) -> int:
    """Count the cells that a text takes in a terminal."""
    if text.isascii():
        return len(text)
    return sum(map(cells_of, text))


def cells_of(character: str) -> int:
    """Count the cells of a character: two if it is wide, none if it modifies the one before it."""
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def both_ends(text: str, width: int) -> str:
    """Truncate a text in its middle, which keeps apart many that begin with the same words."""
    some = text if len(text) <= 8 * width else text[: 4 * width] + text[-4 * width :]
    shown = escaped(some, None)
    tail = shown[-(width // 2) :]
    while cells(tail) > (width - 1) // 2:
        tail = tail[1:]
    return shown if cells(shown) <= width else shorten(shown, width - cells(tail)) + tail


def shorten(text: str, width: int | None) -> str:
    """Truncate a text that takes more than `width` cells."""
    if width is None or cells(text) <= width:
        return text
    kept = text[: width - 1]
    while cells(kept) >= width:
        kept = kept[:-1]
    return kept + "…"
