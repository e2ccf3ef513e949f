"""Order statistics: median, quantiles, mode, and the number of distinct values.

The quantile q of n sorted values lies at the position (n - 1) q, counted from 0. A float q stands
for the decimal number that it is written as: 0.29 of the integers from 0 to 100 is 29, although the
nearest float is a little less. Between two positions,

    lower, higher   take the value on that side
    nearest         takes the nearer one, the one at the even position in the middle
    linear          lower + fraction * (higher - lower)
    midpoint        (lower + higher) / 2

-0.0 is less than 0.0. A NaN makes the answer NaN. Only `linear` and `midpoint` need numbers.

>>> quantile(range(101), 0.29), quantile([1, 2, 10, 20], 0.6)
(Fraction(29, 1), Fraction(42, 5))
>>> quantile(["b", "a", None, "c"], 0.5, "lower")
'b'
"""

import math
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from .missing import is_nan, kept

INTERPOLATIONS = ("linear", "lower", "higher", "nearest", "midpoint")


def median(values: Sequence[Any], **rules: Any) -> Any:
    """Return the middle value, or the mean of the two in the middle.

    >>> median([5, 1, None, 2]), median([1, 2, 2, 4])
    (Fraction(2, 1), Fraction(2, 1))
    """
    return quantile(values, Fraction(1, 2), "linear", **rules)


def quantile(
    values: Sequence[Any],
    q: float | Fraction,
    interpolation: str = "linear",
    **rules: Any,
) -> Any:
    """Return a quantile: a Fraction or special float (linear, midpoint), or one of the values."""
    share = as_written(q)
    if not 0 <= share <= 1:
        raise ValueError(f"q is {q}, not in [0, 1]")
    rows = kept([(value,) for value in values], **rules)
    if not rows:
        return None
    ordered = sorted((value for (value,) in rows if not is_nan(value)), key=order)
    if len(ordered) < len(rows):
        return math.nan
    position = (len(ordered) - 1) * share
    below = math.floor(position)
    low, high = ordered[below], ordered[math.ceil(position)]
    if interpolation == "lower":
        return low
    if interpolation == "higher":
        return high
    if interpolation == "nearest":
        return ordered[round(position)]  # to even
    if interpolation == "midpoint":
        return between(low, high, Fraction(1, 2) if position > below else Fraction(0))
    if interpolation == "linear":
        return between(low, high, position - below)
    raise ValueError(f"interpolation is {interpolation!r}, not one of {INTERPOLATIONS}")


def as_written(q: float | Fraction) -> Fraction:
    """Return the number that Python prints for a float.

    >>> as_written(0.1), as_written(1e-5)
    (Fraction(1, 10), Fraction(1, 100000))
    """
    return Fraction(repr(q)) if isinstance(q, float) else Fraction(q)


def order(value: Any) -> Any:
    """Return a sort key: -0.0 before 0.0."""
    if isinstance(value, float) and value == 0:
        return (value, math.copysign(1, value))
    return (value, 0)


def between(low: Any, high: Any, part: Fraction) -> Any:
    """Return `low + part * (high - low)`, not rounded.

    >>> between(1, 4, Fraction(1, 3)), between(1.0, math.inf, Fraction(1, 3))
    (Fraction(2, 1), inf)
    >>> between(-math.inf, math.inf, Fraction(1, 3)), between(-0.0, -0.0, Fraction(1, 3))
    (nan, -0.0)
    """
    infinite = [value for value in (low, high) if abs(value) == math.inf]
    if part == 0 or (low == high and order(low) == order(high)):
        return special_or_exact(low)
    if infinite:
        return sum(infinite)  # of both signs: NaN
    return Fraction(low) + part * (Fraction(high) - Fraction(low))


def special_or_exact(value: Any) -> Any:
    """Return a value as a Fraction, if it is not -0.0 or infinite."""
    if isinstance(value, float) and (math.isinf(value) or str(value) == "-0.0"):
        return value
    return Fraction(value)


def n_unique(values: Sequence[Any], *, skip_nans: bool = False) -> int:
    """Count the distinct values that are not null. All NaNs are one value, and so are both zeros.

    >>> n_unique([1, None, 2, 1]), n_unique([math.nan, -math.nan, 0.0, -0.0])
    (2, 2)
    """
    return len(counts(values, skip_nans))


def mode(values: Sequence[Any], *, skip_nans: bool = False) -> Any:
    """Return the most frequent value, of several the least; NaN is the greatest.

    >>> mode([3, 1, 3, 1, 2]), mode([math.nan, math.nan, 1.0])
    (1, nan)
    """
    found = counts(values, skip_nans)
    if not found:
        return None
    most = max(found.values())
    rivals = [value for value, times in found.items() if times == most]
    numbers = [value for value in rivals if not is_nan(value)]
    return min(numbers) if numbers else rivals[0]


def counts(values: Sequence[Any], skip_nans: bool) -> Counter[Any]:
    """Count each distinct value."""
    rows = kept([(value,) for value in values], skip_nans=skip_nans, min_count=0) or []
    return Counter(math.nan if is_nan(value) else value for (value,) in rows)
