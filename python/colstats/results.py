"""Shows results with several columns: as text, in notebooks, and to NumPy.

Nothing is left out in silence: each column is shown, however many there are, and of many rows the
number of those that are not.
"""

import html
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from colstats._native import Row, Rows
from colstats.layout import cells, terminal_width, visible

__all__: list[str] = []

#: The most rows that are shown; of more, the first and the last are.
MAX_ROWS = 60
#: Integers up to here are floats, too.
EXACT = 2**53


def text_of_row(row: Row) -> str:
    """Show a line for each column: its name and its value."""
    names, values = list(map(printable, row.column_names)), row._values(0)
    shown = list(map(text, values))
    width, widest = (max(map(cells, texts), default=0) for texts in (names, shown))

    def line(name: str, value: Any, shown: str) -> str:
        fill = " " * (widest - cells(shown)) if is_number(value) else ""
        return f"{name}{' ' * (width - cells(name))}  {fill}{shown}"

    return "\n".join(map(line, names, values, shown))


def text_of_rows(rows: Rows) -> str:
    """Show a line for each row, in as many blocks of columns as the terminal demands."""
    blocks = blocks_of(list(columns_of(rows)), terminal_width())
    texts = [[GAP.join(cells).rstrip() for cells in zip(*block, strict=True)] for block in blocks]
    if len(rows) > MAX_ROWS:
        for lines in texts:
            lines.insert(MAX_ROWS // 2 + 1, more(rows))
    return "\n\n".join(map("\n".join, texts))


#: Between two columns.
GAP = "  "


def columns_of(rows: Rows) -> Iterator[list[str]]:
    """Return the cells of each column, its name first, of one width each."""
    shown = [rows._values(place) for place in places(rows)]
    for column, name in enumerate(rows.column_names):
        values = [row[column] for row in shown]
        texts = [printable(name), *map(text, values)]
        width = max(map(cells, texts))
        right = bool(values) and all(value is None or is_number(value) for value in values)
        fills = [" " * (width - cells(shown)) for shown in texts]
        yield [
            fill + shown if right else shown + fill
            for shown, fill in zip(texts, fills, strict=True)
        ]


def blocks_of(columns: list[list[str]], width: int | None) -> list[list[list[str]]]:
    """Divide columns into blocks that fit a width, each of one column at least."""
    blocks: list[list[list[str]]] = []
    taken = 0
    for column in columns:
        needed = cells(column[0]) + len(GAP)
        if blocks and (width is None or taken + needed <= width + len(GAP)):
            blocks[-1].append(column)
            taken += needed
        else:
            blocks.append([column])
            taken = needed
    return blocks


def html_of_row(row: Row) -> str:
    """Return a table with a line for each column."""
    cells = zip(row.column_names, row._values(0), strict=True)
    lines = (f"<tr>{tag('th', name)}{tag('td', text(value))}</tr>" for name, value in cells)
    return f"<table><tbody>{''.join(lines)}</tbody></table>"


def html_of_rows(rows: Rows) -> str:
    """Return a table with a line for each row."""
    head = "".join(tag("th", name) for name in rows.column_names)
    lines = [
        f"<tr>{''.join(tag('td', text(value)) for value in rows._values(place))}</tr>"
        for place in places(rows)
    ]
    if len(rows) > MAX_ROWS:
        span = f'<td colspan="{len(rows.column_names)}">{more(rows)}</td>'
        lines.insert(MAX_ROWS // 2, f"<tr>{span}</tr>")
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def array_of_rows(rows: Rows) -> Any:
    """Return a NumPy array that cannot be written: of one dimension for a row."""
    import numpy as np  # noqa: PLC0415 - NumPy is optional

    table = [rows._exact(place) for place in range(len(rows))]
    values = table[0] if isinstance(rows, Row) else table
    kind = common_kind([value for row in table for value in row])
    if kind is not object:
        array: Any = np.array(values, kind)  # None is NaN
    else:
        array = np.empty((len(table), len(rows.column_names)), object)
        for place, row in enumerate(table):
            array[place] = row
        array = array[0] if isinstance(rows, Row) else array
    if not isinstance(rows, Row):
        array = array.reshape(len(rows), len(rows.column_names))
    array.flags.writeable = False
    return array


def common_kind(values: Sequence[Any]) -> type:
    """Return the type of an array that holds values without changing any."""
    kinds = set(map(type, values))
    if kinds == {bool}:
        return bool
    if kinds == {int} and all(-(2**63) <= value < 2**63 for value in values):
        return int
    if float in kinds and kinds <= {float, int, type(None)}:
        whole = (value for value in values if isinstance(value, int))
        return float if all(-EXACT <= value <= EXACT for value in whole) else object
    return object


def places(rows: Rows) -> list[int]:
    """Return the positions of the rows that are shown."""
    count = len(rows)
    if count <= MAX_ROWS:
        return list(range(count))
    half = MAX_ROWS // 2
    return [*range(half), *range(count - half, count)]


def more(rows: Rows) -> str:
    """Say how many rows are not shown."""
    return f"… {len(rows) - MAX_ROWS} more"


def is_number(value: Any) -> bool:
    """Whether a value is aligned right."""
    return isinstance(value, int | float | Decimal)


def text(value: Any) -> str:
    """Return a value as text, with all its digits."""
    if isinstance(value, Exception):  # what Python cannot hold
        return f"<{printable(str(value.args[0]).partition(';')[0])}>"
    if isinstance(value, bytes):
        return repr(value)
    return printable(str(value))


def printable(text: str) -> str:
    """Escape what would move the cursor."""
    return text if text.isprintable() else "".join(map(visible, text))


def tag(name: str, text: str) -> str:
    """Return text as an element of HTML."""
    return f"<{name}>{html.escape(text)}</{name}>"
