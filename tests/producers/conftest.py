"""Fixtures for the tests of libraries that are too heavy for the ordinary suite."""

import sys
from pathlib import Path

import pyarrow as pa
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "python"))

#: What every producer is given.
COLUMNS = {
    "x": [1.5, None, -2.25, 1e16, 1.0, None, -1e16, 0.1],
    "n": [3, None, -(2**62), 2**62, 0, None, 7, 8],
    "k": ["a", "b", "a", "b", "a", "b", "a", "b"],
}


@pytest.fixture
def table() -> pa.Table:
    """Return the columns as pyarrow has them."""
    return pa.table(COLUMNS)
