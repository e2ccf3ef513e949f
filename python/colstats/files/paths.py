"""Finds the files that names and patterns stand for."""

import glob
import os
from collections.abc import Sequence
from pathlib import Path

from colstats.files.errors import UnreadableError

#: What "-" stands for. It is compared by identity, so a file of this name can still be read.
STANDARD_INPUT = Path("<stdin>")


def expand(patterns: Sequence[str]) -> list[Path]:
    """Expand names and patterns to files, in order."""
    files: list[Path] = []
    for pattern in patterns:
        if pattern == "-":
            files.append(STANDARD_INPUT)
            continue
        is_file = os.path.exists(pattern)  # unlike Path.exists, it never raises
        found = [pattern] if is_file else sorted(glob.glob(pattern, recursive=True))
        if not found:
            raise UnreadableError(f"{pattern}: no such file")
        files += map(Path, found)
    return files


def suffix(file: Path) -> str:
    """Return the end of a name that indicates the type, with the .gz that may follow it."""
    name = file.name.lower()
    plain = name.removesuffix(".gz")
    return Path(plain).suffix + name[len(plain) :]
