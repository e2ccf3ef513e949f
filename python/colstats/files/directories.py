"""Finds the files of a directory, at any depth.

Names that begin with a dot or an underscore are passed over, as Spark and pyarrow do: they are
logs, checksums, and files that are still being written. So are files of unknown types, but those
are reported.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from colstats.files.errors import UnreadableError
from colstats.layout import listed

#: Directories of table formats: their own records say which of their files are part of the table.
TABLES = {
    "_delta_log": "Delta Lake; read it with deltalake.DeltaTable(path).to_pyarrow_dataset()",
    ".hoodie": "Hudi; read it with Hudi",
    "metadata": "Iceberg; read it with pyiceberg",
}
ICEBERG = ".metadata.json"


def files_below(root: Path, known: frozenset[str], report: Callable[[str], None]) -> list[Path]:
    """Return all files below a directory whose names end in one of these ways, in order."""
    refuse_table(root)
    found: list[Path] = []
    others: list[Path] = []
    for path in sorted(walk(root, ())):
        (found if path.name.lower().endswith(tuple(known)) else others).append(path)
    if found and others:
        report(
            f"{root}: not read, because their names do not say what they are: "
            f"{listed([str(path.relative_to(root)) for path in others])}"
        )
    if not found:
        raise UnreadableError(
            f"{root}: the directory has no files that end in {', '.join(sorted(known))}"
        )
    return found


def walk(folder: Path, above: tuple[tuple[int, int], ...]) -> Iterator[Path]:
    """Yield the files below a directory, links included, except for directories already above."""
    try:
        status = folder.stat()
        entries = list(os.scandir(folder))
    except OSError as error:
        raise UnreadableError(f"{folder}: {error.strerror}") from error
    here = (status.st_dev, status.st_ino)
    if here in above:
        return
    for entry in entries:
        if is_hidden(entry.name):
            continue
        if entry.is_dir():
            yield from walk(Path(entry.path), (*above, here))
        else:
            yield Path(entry.path)


def is_hidden(name: str) -> bool:
    """Say whether a name is not for readers; a key may begin with an underscore."""
    return name.startswith(".") or (name.startswith("_") and "=" not in name)


def refuse_table(root: Path) -> None:
    """Refuse the directory of a table format, in which files may be old or deleted."""
    for marker, words in TABLES.items():
        folder = root / marker
        if not folder.is_dir():
            continue
        if marker != "metadata" or any(name.endswith(ICEBERG) for name in os.listdir(folder)):
            raise UnreadableError(f"{root}: this is a table of {words}")
