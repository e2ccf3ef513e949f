"""Exact answers for any number of values, computed by NumPy on integers and without colstats.

A value is a sign, an integer of at most 64 bits and an exponent. Integers of one exponent are added
in halves of 32 bits: as floats, which is exact up to 2^53 and so for 2^20 values at once. Python's
integers hold the totals, on one grid for all exponents, and the reference implementation of the
tests rounds them, once. `tests/python/cliffs` compares the answers with those of that reference.
"""

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from support.reference import root_to_float, to_float

HALF, LOW = np.uint64(32), np.uint64(2**32 - 1)
BLOCK = 2**20
#: No value has a bit below 2^-GRID: the smallest subnormal number, with its leading bit moved up.
GRID = 1074 + 53


@dataclass(frozen=True)
class Exact:
    """The totals of a column: multiples of 2^-GRID, and of 2^-2*GRID for the squares."""

    count: int
    total: int
    squares: int
    magnitudes: int
    largest: float
    special: float | None = None
    unit: int = 1  # by which all values are divided: a power of ten for decimals

    @property
    def sum(self) -> float:
        """The sum, rounded."""
        return self._first(1)

    @property
    def mean(self) -> float:
        """The mean, rounded."""
        return self._first(self.count)

    @property
    def max(self) -> float:
        """The largest value."""
        return self.largest

    @property
    def stddev(self) -> float:
        """The population standard deviation, rounded."""
        if self.special is not None:
            return math.nan
        spread = self.count * self.squares - self.total**2
        return root_to_float(Fraction(spread, (self.count * self.unit) ** 2 << 2 * GRID))

    def size(self, statistic: str) -> float:
        """The size of the numbers that a library has to add, against which it may err."""
        if statistic == "max":
            return abs(self.largest)
        if statistic == "stddev":
            return root_to_float(Fraction(self.squares, self.count * self.unit**2 << 2 * GRID))
        rows = self.count if statistic == "mean" else 1
        return to_float(Fraction(self.magnitudes, rows * self.unit << GRID))

    def _first(self, rows: int) -> float:
        if self.special is not None:
            return self.special
        return to_float(Fraction(self.total, rows * self.unit << GRID))


def exact(values: np.ndarray, skip_nans: bool = False, unit: int = 1) -> Exact:
    """Add up a column."""
    if skip_nans:
        values = values[~np.isnan(values)]
    special = sum_of_specials(values)
    largest = float(values.max())
    if special is not None:
        return Exact(len(values), 0, 0, 0, largest, special)
    total = squares = magnitudes = 0
    for start in range(0, len(values), BLOCK):
        negative, numbers, exponents = digits(values[start : start + BLOCK])
        magnitude = added(numbers, exponents)
        magnitudes += magnitude
        total += magnitude - 2 * added(numbers[negative], exponents[negative])
        squares += added_squares(numbers, exponents)
    return Exact(len(values), total, squares, magnitudes, largest, unit=unit)


def sum_of_specials(values: np.ndarray) -> float | None:
    """What NaNs and infinities add up to, if there are any."""
    if values.dtype.kind != "f" or np.isfinite(values).all():
        return None
    with np.errstate(invalid="ignore"):
        return float(values[~np.isfinite(values)].astype(float).sum())


def digits(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Take values apart: whether negative, an integer, and its exponent on the grid."""
    if values.dtype.kind == "f":
        fraction, exponents = np.frexp(values.astype(float))
        numbers = np.ldexp(np.abs(fraction), 53).astype(np.uint64)
        return fraction < 0, numbers, exponents.astype(np.int64) - 53 + GRID
    wide = values.astype(np.int64)
    return wide < 0, np.abs(wide).astype(np.uint64), np.full(len(wide), GRID)


def added(numbers: np.ndarray, exponents: np.ndarray) -> int:
    """Add integers, each shifted by its exponent."""
    if not len(numbers):
        return 0
    least = int(exponents.min())
    bins = exponents - least
    low = np.bincount(bins, weights=(numbers & LOW).astype(float))
    high = np.bincount(bins, weights=(numbers >> HALF).astype(float))
    used = np.flatnonzero(low + high).tolist()
    return sum(int(high[i]) << i + 32 for i in used) + sum(int(low[i]) << i for i in used) << least


def added_squares(numbers: np.ndarray, exponents: np.ndarray) -> int:
    """Add the squares of integers, each shifted by twice its exponent."""
    low, high = numbers & LOW, numbers >> HALF
    twice = 2 * exponents
    outer = added(low * low, twice) + (added(high * high, twice) << 64)
    return outer + (added(low * high, twice) << 33)
