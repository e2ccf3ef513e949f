"""Infers the types of columns from all CSV files that are read together.

They are one table: integers in one file and fractions in the next are one column of floats.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from colstats.files.csv.kinds import Kind
from colstats.files.csv.passes import TwoPasses, types_of
from colstats.files.csv.source import Source
from colstats.files.csv.text import TextFile
from colstats.files.errors import readable_errors
from colstats.files.reading import Reading


def agreed(
    files: Sequence[tuple[Path, str]], columns: Sequence[str] | None, reading: Reading
) -> Reading:
    """Add the types of columns in several files, each of which has a default delimiter."""
    kinds: dict[str, Kind] = {}
    passes, block = [], reading.block
    for file, delimiter in files:
        with readable_errors(file):
            text = TextFile(Source(file, file), reading, reading.delimiter or delimiter)
            known = [name for name in columns or text.names if name in text.names]
            found = TwoPasses(text, [name for name in known if name not in reading.types])
            for name, kind in found.kinds(found.columns).items():
                kinds[name] = kinds.get(name, Kind()) | kind
            found.kept = None  # the texts of all files would be too many
            passes.append(found)
            block = max(block, text.block)
    return replace(reading, inferred=types_of(passes, kinds), block=block)
