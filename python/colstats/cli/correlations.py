"""The correlation of each column with each, as lines of output."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

import colstats
from colstats.layout import Row


class Correlations:
    """A matrix of correlations: a row for each column, with the name of that in front."""

    def __init__(self, data: Any, *, skip_nans: bool, threads: int | None) -> None:
        """Correlate the numeric columns of a table."""
        found: Any = colstats.correlation(data, skip_nans=skip_nans, threads=threads)
        matrix = pa.table(found)
        key, *self.head = matrix.column_names
        while key in self.head:  # a column may have the name of the names
            key += "_"
        self.by: Sequence[str] = [key]
        rows = zip(*(column.to_pylist() for column in matrix.columns), strict=True)
        self._rows = [dict(zip([key, *self.head], row, strict=True)) for row in rows]

    def to_list(self) -> list[Row]:
        """Return all rows as dicts."""
        return self._rows
