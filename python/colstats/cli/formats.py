"""Writes what was described: a table for people, or all digits for programs.

All formats but JSON have a line for each row, which begins with where the row is from: the keys of
its group, or its chunk or window. Floats are written so that they are read back to the bit.
"""

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from colstats.cli.arguments import Options
from colstats.cli.part import Part
from colstats.layout import cells, layout, terminal_width, visible

#: Formats that are read by people, in which characters that cannot be encoded are escaped.
FOR_PEOPLE = ("table", "markdown")
#: What shows all that a narrow table leaves out.
SEE = "--wide, or --format csv"


def write(parts: Iterable[Part], options: Options) -> None:
    """Write parts in the format that the options name."""
    for text in WRITERS[options.format](parts, options):
        print(text)


def is_written_at_once(options: Options) -> bool:
    """Whether a part is written as soon as it is complete.

    Otherwise nothing is written before all has been read, so that a file that is refused leaves no
    output. Parts may be too many for that, if a line is all that is needed of each.
    """
    return bool(options.per) and options.format in ("ndjson", "csv") and options.missing == "refuse"


def as_table(parts: Iterable[Part], options: Options) -> Iterator[str]:
    """Format a table for each part."""
    width = None if options.wide else terminal_width()
    for number, part in enumerate(parts):
        if part.place:
            yield ("\n" if number else "") + part.heading()
        summary = part.summary
        yield layout(summary.to_list(), width, summary.by, summary.head, see=SEE)


def as_json(parts: Iterable[Part], options: Options) -> Iterator[str]:
    """Format one JSON value: a list of rows, or of parts that have such a list."""
    lists = [(part.place, list(map(json_row, part.summary.to_list()))) for part in parts]
    value = [place | {"columns": rows} for place, rows in lists] if options.per else lists[0][1]
    yield json.dumps(value, indent=1, allow_nan=False)


def as_ndjson(parts: Iterable[Part], options: Options) -> Iterator[str]:
    """Format a line of JSON for each row."""
    for part in parts:
        for row in part.rows():
            yield json.dumps(json_row(row), allow_nan=False)


def json_row(row: dict[str, Any]) -> dict[str, Any]:
    """Convert a row to JSON values."""
    return {key: json_value(value) for key, value in row.items()}


def json_value(value: Any) -> Any:
    """Convert a value; what JSON has no type for becomes a string."""
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def as_csv(parts: Iterable[Part], options: Options) -> Iterator[str]:
    """Format lines of CSV, the first of which has the names."""
    for number, part in enumerate(parts):
        keys = keys_of(part)
        if not number:
            yield ",".join(map(csv_field, keys))
        for row in part.rows():
            yield ",".join(csv_field(row[key]) for key in keys)


def csv_field(value: Any) -> str:
    """Format a field. None is empty; an empty text is quoted, to tell them apart."""
    if value is None:
        return ""
    text = str(value)
    if not text or re.search(r'[",\r\n]', text):
        return '"' + text.replace('"', '""') + '"'
    return text


def as_markdown(parts: Iterable[Part], options: Options) -> Iterator[str]:
    """Format one table of GitHub-flavored Markdown, with numbers aligned right."""
    first, *rest = parts
    keys = keys_of(first)
    rows = [[markdown_cell(row[key]) for key in keys] for p in (first, *rest) for row in p.rows()]
    head = [markdown_cell(key) for key in keys]
    widths = [max(3, *map(cells, column)) for column in zip(head, *rows, strict=True)]
    is_text = [key in (*first.summary.by, "file", "name", "type") for key in keys]

    def line(row: list[str]) -> str:
        fills = (
            (text, " " * (width - cells(text))) for text, width in zip(row, widths, strict=True)
        )
        padded = [
            t + fill if left else fill + t for (t, fill), left in zip(fills, is_text, strict=True)
        ]
        return f"| {' | '.join(padded)} |"

    yield line(head)
    rule = (
        "-" * (width - 1) + ("-" if left else ":")
        for width, left in zip(widths, is_text, strict=True)
    )
    yield f"| {' | '.join(rule)} |"
    yield from map(line, rows)


def markdown_cell(value: Any) -> str:
    """Format a cell: what would end it, or be taken for markup, is escaped."""
    if value is None:
        return ""
    text = "".join(map(visible, str(value)))
    return re.sub(r"[\\`*|<&]|(?<![^\W_])_|_(?![^\W_])", r"\\\g<0>", text)


def keys_of(part: Part) -> list[str]:
    """Return the names of the columns of the output, in order."""
    return [*part.place, *part.summary.by, *part.summary.head]


Writer = Callable[[Iterable[Part], Options], Iterator[str]]
WRITERS: dict[str, Writer] = {
    "table": as_table,
    "json": as_json,
    "ndjson": as_ndjson,
    "csv": as_csv,
    "markdown": as_markdown,
}
