"""Tables of pages, cell by cell: tests ask for each cell again, and write the tables anew."""

from collections.abc import Iterable
from pathlib import Path


def table(rows: Iterable[Iterable[str]]) -> str:
    """Return a table; the first row is its head."""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    columns = lines[0].count(" | ") + 1
    return "\n".join([lines[0], "| --- " * columns + "|", *lines[1:]])


def cells(text: str) -> dict[tuple[str, str], str]:
    """Return the cells of the only table of a text, by the first cell of their row and the head."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    head, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {
        (row[0], column): cell
        for row in rows
        for column, cell in zip(head[1:], row[1:], strict=True)
    }


def sections(page: Path) -> dict[str, str]:
    """Return the sections of a page by their headings."""
    parts = page.read_text(encoding="utf-8").split("\n## ")[1:]
    return {part.partition("\n")[0]: part.partition("\n")[2] for part in parts}


def with_tables(text: str, tables: dict[str, str]) -> str:
    """Return a page with other tables in some of its sections, each of which has one."""
    first, *parts = text.split("\n## ")
    return "\n## ".join([first, *(with_table(part, tables) for part in parts)])


def with_table(section: str, tables: dict[str, str]) -> str:
    """Return a section, which begins with its heading, with another table if there is one."""
    new = tables.get(section.partition("\n")[0])
    if new is None:
        return section
    lines = section.split("\n")
    inside = [at for at, line in enumerate(lines) if line.startswith("|")]
    return "\n".join([*lines[: inside[0]], new, *lines[inside[-1] + 1 :]])
