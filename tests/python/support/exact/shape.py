"""Skewness, kurtosis, standard error of the mean, and root mean square.

All of them are rational numbers or roots of rational numbers. With the central moments m2, m3, m4:

    skewness, biased      m3 / m2^(3/2), a root with a sign: its square is m3^2 / m2^3
    skewness, unbiased    the same times sqrt(n (n-1)) / (n-2)
    kurtosis, biased      m4 / m2^2 - 3
    kurtosis, unbiased    ((n+1) (m4 / m2^2 - 3) + 6) (n-1) / ((n-2) (n-3))

>>> kurtosis([1, 2, 3, 4])
Fraction(-34, 25)
>>> skewness([1, 2, 6], biased=False)
Root(square=Fraction(729, 343), sign=1)
"""

import math
from fractions import Fraction
from typing import Any

from .missing import all_finite, fractions, is_nan, kept
from .numbers import Answer, root, signed_root, total
from .weights import Column


def skewness(values: Column, biased: bool = True, **rules: Any) -> Answer:
    """Return the skewness; unbiased, it needs three values. NaN if all values are equal."""
    found = usable(values, 1 if biased else 3, **rules)
    if not isinstance(found, list):
        return found
    second, third = central(found, 2), central(found, 3)
    if second == 0:
        return math.nan
    rows = len(found)
    factor = Fraction(1) if biased else Fraction(rows * (rows - 1), (rows - 2) ** 2)
    return signed_root(factor * third**2 / second**3, third)


def kurtosis(values: Column, biased: bool = True, **rules: Any) -> Answer:
    """Return the excess kurtosis; unbiased, it needs four values. NaN if all values are equal."""
    found = usable(values, 1 if biased else 4, **rules)
    if not isinstance(found, list):
        return found
    second, fourth = central(found, 2), central(found, 4)
    if second == 0:
        return math.nan
    excess, rows = fourth / second**2 - 3, len(found)
    if biased:
        return excess
    return ((rows + 1) * excess + 6) * Fraction(rows - 1, (rows - 2) * (rows - 3))


def sem(values: Column, ddof: int = 1, **rules: Any) -> Answer:
    """Return the standard error of the mean: the root of the variance over the number of values."""
    found = usable(values, ddof + 1, **rules)
    if not isinstance(found, list):
        return found
    rows = len(found)
    return root(central(found, 2) / (rows - ddof))


def rms(values: Column, **rules: Any) -> Answer:
    """Return the root of the mean of the squares; infinite if a value is, unless one is NaN.

    >>> rms([3, 4, 5, 5, 5]), rms([1, -math.inf])
    (Root(square=Fraction(20, 1), sign=1), inf)
    """
    rows = kept([(value,) for value in values], **rules)
    if not rows:
        return None
    plain = [value for (value,) in rows]
    if not all_finite(rows):
        return math.nan if any(map(is_nan, plain)) else math.inf
    return root(total(value**2 for value in fractions(plain)) / len(plain))


def usable(values: Column, least: int, **rules: Any) -> list[Fraction] | float | None:
    """Return the values; None if there are too few, NaN if one is not finite."""
    rows = kept([(value,) for value in values], **rules)
    if rows is None or len(rows) < least:
        return None
    return fractions([value for (value,) in rows]) if all_finite(rows) else math.nan


def central(values: list[Fraction], power: int) -> Fraction:
    """Return the mean of a power of the distances from the mean."""
    mean = total(values) / len(values)
    return total((value - mean) ** power for value in values) / len(values)
