"""The reference implementation: slow and obvious, in exact rational arithmetic.

Values are Python numbers and None. Fractions are added, and rounded once at the end. The meaning of
nulls, NaNs, infinities and zeros is defined here a second time, independently of colstats.

>>> expected("mean", [1e16, 1.0, None, -1e16])
0.3333333333333333
>>> expected("stddev", [2**62, 2**62 + 1, 2**62 + 2])
0.816496580927726
"""

import math
import struct
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

Value = float | None

#: The default `min_count`: with fewer values the result is None.
MIN_COUNTS = {"sum": 1, "mean": 1, "variance": 0, "stddev": 0, "min": 1, "max": 1}
#: Every statistic, with the options that apply to every column.
QUESTIONS: list[tuple[str, dict[str, Any]]] = [
    ("count", {}),
    ("sum", {}),
    ("mean", {}),
    ("variance", {}),
    ("variance", {"ddof": 1}),
    ("stddev", {}),
    ("stddev", {"ddof": 1}),
    ("min", {}),
    ("max", {}),
]


def expected(
    statistic: str,
    values: Sequence[Value],
    *,
    ddof: int = 0,
    skip_nulls: bool = True,
    min_count: int | None = None,
    skip_nans: bool = False,
    empty_sum: float = 0.0,
) -> Value:
    """Return the expected answer. `empty_sum` is 0 or 0.0, which depends on the column type."""
    kept = [v for v in values if v is not None and not (skip_nans and math.isnan(v))]
    if statistic == "count":
        return len(kept)
    if not skip_nulls and len(kept) < len(values):
        return None
    if len(kept) < (MIN_COUNTS[statistic] if min_count is None else min_count):
        return None
    if statistic == "sum":
        return total(kept) if kept else empty_sum
    if len(kept) <= (ddof if statistic in ("variance", "stddev") else 0):
        return None
    if statistic == "mean":
        return mean(kept)
    if statistic == "variance":
        return variance(kept, ddof)
    if statistic == "stddev":
        return stddev(kept, ddof)
    return extreme(statistic, kept)


def total(values: Sequence[float]) -> float:
    """Sum the values: exactly for integers, otherwise rounded once."""
    if all(isinstance(value, int) for value in values):
        return sum(int(value) for value in values)
    special = sum_of_specials(values)
    return to_float(exact_sum(values)) if special is None else special


def mean(values: Sequence[float]) -> float:
    """Return the mean, rounded once."""
    special = sum_of_specials(values)
    return to_float(exact_sum(values) / len(values)) if special is None else special


def exact_sum(values: Sequence[float]) -> Fraction:
    """Sum the values without rounding."""
    integers, grid = on_one_grid(values)
    return Fraction(sum(integers), grid)


def on_one_grid(values: Sequence[float]) -> tuple[list[int], int]:
    """Express the values as integers over one denominator (a power of two for floats)."""
    ratios = [value.as_integer_ratio() for value in values]
    grid = max(denominator for _, denominator in ratios)
    return [numerator * (grid // denominator) for numerator, denominator in ratios], grid


def sum_of_specials(values: Sequence[float]) -> float | None:
    """Sum the NaNs, infinities and negative zeros, if they decide the sum."""
    specials = {str(value) for value in values if not math.isfinite(value)}
    if specials:
        return float(specials.pop()) if len(specials) == 1 else math.nan
    if all(is_negative_zero(value) for value in values):
        return -0.0
    return None


def is_negative_zero(value: float) -> bool:
    """Whether the value is -0.0, not 0.0 or the integer 0."""
    return value == 0 and isinstance(value, float) and math.copysign(1, value) < 0


def variance(values: Sequence[float], ddof: int) -> float:
    """Return the variance, rounded once."""
    return spread(values, ddof, to_float)


def stddev(values: Sequence[float], ddof: int) -> float:
    """Return the root of the unrounded variance, rounded once."""
    return spread(values, ddof, root_to_float)


def spread(values: Sequence[float], ddof: int, finish: Any) -> float:
    """Sum the squared distances from the exact mean, by definition."""
    if not all(map(math.isfinite, values)):
        return math.nan
    integers, grid = on_one_grid(values)
    rows, center = len(integers), sum(integers)  # the mean is center / rows
    squares = sum((rows * value - center) ** 2 for value in integers)
    return finish(Fraction(squares, (rows * grid) ** 2 * (rows - ddof)))


def extreme(statistic: str, values: Sequence[float]) -> float:
    """Return the smallest or largest value; -0.0 is less than 0.0."""
    if any(math.isnan(value) for value in values):
        return math.nan
    choose = min if statistic == "min" else max
    return choose(values, key=lambda value: (value, not is_negative_zero(value)))


def to_float(exact: Fraction | int) -> float:
    """Round to the nearest float, as Python does when it divides integers of any size.

    >>> to_float(Fraction(1, 3)), to_float(Fraction(-(10**400)))
    (0.3333333333333333, -inf)
    """
    exact = Fraction(exact)
    try:
        return exact.numerator / exact.denominator
    except OverflowError:
        return math.inf if exact > 0 else -math.inf


def root_to_float(square: Fraction) -> float:
    """Round a square root to the nearest float.

    An integer root of at least 100 bits is computed, and a sticky bit is appended that is set if it
    is inexact. The number that is then rounded is on the same side of every float, and of every
    midpoint between two floats, as the root itself.

    >>> root_to_float(Fraction(2)), root_to_float(Fraction(1, 4))
    (1.4142135623730951, 0.5)
    """
    if square == 0:
        return 0.0
    size = square.numerator.bit_length() - square.denominator.bit_length()
    shift = max(0, 101 - size // 2)
    scaled = square * 4**shift
    root = math.isqrt(math.floor(scaled))
    inexact = root * root != scaled
    return to_float(Fraction(2 * root + inexact, 2 ** (shift + 1)))


def nearest_root(square: Fraction) -> int:
    """Round a square root to the nearest integer, ties to even."""
    root = (math.isqrt(math.floor(4 * square)) + 1) // 2
    is_half = Fraction(2 * root - 1, 2) ** 2 == square
    return root - (root % 2 if is_half else 0)


def same_bits(ours: object, theirs: object) -> bool:
    """Whether two results have the same type and bits; all NaNs count as equal.

    >>> same_bits(0.0, -0.0), same_bits(1, 1.0), same_bits(math.nan, -math.nan)
    (False, False, True)
    """
    if type(ours) is not type(theirs):
        return False
    if not isinstance(ours, float):
        return ours == theirs
    if math.isnan(ours) or math.isnan(theirs):
        return math.isnan(ours) and math.isnan(theirs)
    return struct.pack("<d", ours) == struct.pack("<d", theirs)
