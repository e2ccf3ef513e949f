"""Finds the files that names and patterns stand for."""

import glob
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from colstats.files.directories import files_below
from colstats.files.errors import UnreadableError
from colstats.files.hive import keyed

#: What "-" stands for. It is compared by identity, so a file of this name can still be read.
STANDARD_INPUT = Path("<stdin>")

#: What the ends of names stand for; text may be compressed.
KINDS = {
    ".parquet": "parquet",
    ".pq": "parquet",
    **dict.fromkeys((".arrow", ".arrows", ".feather", ".ipc"), "arrow"),
    ".csv": "csv",
    ".tsv": "tsv",
    "": "csv",
}
DELIMITERS = {"csv": ",", "tsv": "\t"}
TEXTS = tuple(DELIMITERS)
COMPRESSIONS = (".gz", ".zst")
#: The ends of names that are looked for in directories.
ENDINGS = frozenset(
    suffix + compression
    for suffix, kind in KINDS.items()
    if suffix
    for compression in ("", *(COMPRESSIONS if kind in TEXTS else ()))
)


def expand(
    patterns: Sequence[str], report: Callable[[str], None] = lambda _message: None
) -> list[Path]:
    """Expand names, patterns and directories to files, in order.

    Args:
        patterns: What the user has named.
        report: Called with a message about files in a directory that are not read.

    """
    files: list[Path] = []
    for pattern in patterns:
        if pattern == "-":
            files.append(STANDARD_INPUT)
            continue
        is_file = os.path.exists(pattern)  # unlike Path.exists, it never raises
        found = [pattern] if is_file else sorted(glob.glob(pattern, recursive=True))
        if not found:
            raise UnreadableError(f"{pattern}: no such file")
        for path in map(Path, found):
            if not path.is_dir():
                files.append(path)
            elif "**" not in pattern:  # which finds all that is below a directory as well
                files += below(path, report)
    return files


def below(directory: Path, report: Callable[[str], None]) -> list[Path]:
    """Return the files below a directory, with the keys in their paths."""
    return keyed(directory, files_below(directory, ENDINGS, report))


def is_text(file: Path) -> bool:
    """Say whether a file is or may be CSV."""
    return file is STANDARD_INPUT or kind(file) in TEXTS


def kind(file: Path) -> str:
    """Return the format that the end of a name stands for."""
    name = file.name.lower()
    compression = next((end for end in COMPRESSIONS if name.endswith(end)), "")
    suffix = Path(name.removesuffix(compression)).suffix
    found = KINDS.get(suffix)
    if found is None or (compression and found not in TEXTS):
        raise UnreadableError(
            f"{file}: cannot read files of type {suffix + compression!r}; expected Parquet "
            "(.parquet), Arrow IPC (.arrow, .feather, .arrows), CSV (.csv, .tsv, .csv.gz, "
            ".csv.zst) or a directory of them"
        )
    return found
