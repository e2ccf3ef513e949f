"""Covariance and correlation of two columns, and of all pairs in a table.

>>> covariance([1, 2, 3], [2, 4, 7], ddof=1)
Fraction(5, 2)
>>> correlation([1, 2, 3], [-1, -2, -3])
Fraction(-1, 1)
"""

from collections.abc import Callable, Mapping
from typing import Any

from . import weights
from .missing import is_nan
from .numbers import Answer
from .weights import Column

Matrix = dict[tuple[str, str], Answer]


def covariance(left: Column, right: Column, ddof: int = 0, **rules: Any) -> Answer:
    """Return the covariance; with `ddof` rows or fewer it is None."""
    same_length(left, right)
    return weights.covariance(left, right, [1] * len(left), ddof, **rules)


def correlation(left: Column, right: Column, **rules: Any) -> Answer:
    """Return Pearson's correlation, which is in [-1, 1]; NaN if a column is constant."""
    same_length(left, right)
    return weights.correlation(left, right, [1] * len(left), **rules)


def same_length(left: Column, right: Column) -> None:
    """Refuse columns of different lengths."""
    if len(left) != len(right):
        raise ValueError(f"the columns have {len(left)} and {len(right)} rows")


def matrix(
    table: Mapping[str, Column],
    statistic: Callable[..., Answer],
    *,
    complete: bool = False,
    skip_nans: bool = False,
    **options: Any,
) -> Matrix:
    """Return the statistic of every pair of columns.

    Rows with a null are left out pair by pair, or, if `complete`, for all pairs at once.

    >>> table = {"a": [1, 2, 3], "b": [3, 5, None], "c": [1, 1, 4]}
    >>> matrix(table, covariance)["a", "c"], matrix(table, covariance, complete=True)["a", "c"]
    (Fraction(1, 1), Fraction(0, 1))
    """
    if complete:
        table = complete_rows(table, skip_nans)
    return {
        (left, right): statistic(table[left], table[right], skip_nans=skip_nans, **options)
        for left in table
        for right in table
    }


def complete_rows(table: Mapping[str, Column], skip_nans: bool) -> dict[str, Column]:
    """Leave out every row in which any column has a null (or, with `skip_nans`, a NaN)."""

    def counts(row: tuple[object, ...]) -> bool:
        return not any(v is None or (skip_nans and is_nan(v)) for v in row)

    rows = [row for row in zip(*table.values(), strict=True) if counts(row)]
    return {name: [row[place] for row in rows] for place, name in enumerate(table)}
