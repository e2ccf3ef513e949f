"""Which rows count: the rules for nulls, NaNs, infinities and `min_count`.

A row is a tuple of one value from each column that takes part.
"""

import math
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from .numbers import Value

Row = tuple[Value | None, ...]


def kept(
    rows: Sequence[Row],
    *,
    skip_nulls: bool = True,
    skip_nans: bool = False,
    min_count: int = 1,
) -> list[tuple[Value, ...]] | None:
    """Return the rows that count, or None if the answer is None for want of rows.

    >>> kept([(1, 2), (None, 3), (4, math.nan)], skip_nans=True)
    [(1, 2)]
    >>> kept([(1, 2), (None, 3)], skip_nulls=False), kept([(1, 2)], min_count=2)
    (None, None)
    """
    full = [tuple(v for v in row if v is not None) for row in rows]
    full = [values for values, row in zip(full, rows, strict=True) if len(values) == len(row)]
    if not skip_nulls and len(full) < len(rows):
        return None
    if skip_nans:
        full = [row for row in full if not any(map(is_nan, row))]
    return None if len(full) < min_count else full


def is_nan(value: object) -> bool:
    """Whether a value is NaN."""
    return isinstance(value, float) and math.isnan(value)


def all_finite(rows: Sequence[tuple[Value, ...]]) -> bool:
    """Whether no NaN or infinity is among the values."""
    return all(is_finite(value) for row in rows for value in row)


def is_finite(value: Value) -> bool:
    """Whether a value is a number; integers and Decimals beyond the range of floats are."""
    return value.is_finite() if isinstance(value, Decimal) else -math.inf < value < math.inf


def fractions(values: Sequence[Value]) -> list[Fraction]:
    """Return what is stored: the exact value of every float and Decimal.

    >>> fractions([0.5, Decimal("0.1")])
    [Fraction(1, 2), Fraction(1, 10)]
    """
    return [Fraction(value) for value in values]
