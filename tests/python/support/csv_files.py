"""Reads small CSV files by way of the reader of files."""

from pathlib import Path
from typing import Any

import pyarrow as pa

from colstats import files


def read(folder: Path, text: str | bytes, name: str = "t.csv", **options: Any) -> pa.Table:
    """Write a file, and read it as a table."""
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    batches = files.batches(path, reading=files.Reading(**options))
    return pa.Table.from_batches([batch.data for batch in batches])


def column(folder: Path, texts: list[str], **options: Any) -> tuple[str, list[Any]]:
    """Write one column named x, and return the type and the values that are read."""
    found = read(folder, "\n".join(["x", *texts]) + "\n", **options)["x"]
    return str(found.type), found.to_pylist()
