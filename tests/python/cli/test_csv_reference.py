"""Random columns of CSV are what a slow and obvious reader makes of them, however they are cut."""

import math
from pathlib import Path
from random import Random
from typing import Any

import pytest

from colstats.files.csv import passes, text
from support import csv_reference
from support.csv_files import read

pytestmark = pytest.mark.thread_unsafe(reason="writes files in a shared folder")

#: Columns of a file, which are compared at once, and files.
COLUMNS, FILES = 40, 25


def same(one: Any, other: Any) -> bool:
    """Compare values, NaN with NaN, and zeros with their signs."""
    if isinstance(one, float) and isinstance(other, float):
        if math.isnan(one) or math.isnan(other):
            return math.isnan(one) and math.isnan(other)
        return one == other and math.copysign(1, one) == math.copysign(1, other)
    return type(one) is type(other) and bool(one == other)


@pytest.mark.parametrize("seed", range(FILES))
def test_columns_equal_the_reference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    source = Random(seed)
    rows = source.choice((1, 2, 5, 60))
    columns = [csv_reference.fields(source, rows) for _ in range(COLUMNS)]
    lines = [",".join(f"c{i}" for i in range(COLUMNS))]
    lines += [",".join(column[i].written() for column in columns) for i in range(rows)]
    # Blocks of a few lines, or of all.
    monkeypatch.setattr(text, "BLOCKS", (source.choice((1 << 12, 1 << 20)), 1 << 20))
    monkeypatch.setattr(passes, "KEPT_BYTES", source.choice((0, 1 << 20)))
    found = read(tmp_path, "\n".join(lines) + "\n")
    assert len(found) == rows
    for i, column in enumerate(columns):
        kind, values = csv_reference.column(column)
        assert str(found[f"c{i}"].type) == kind, column
        if values is not None:
            read_values = found[f"c{i}"].to_pylist()
            assert all(map(same, read_values, values)), (column, read_values)
