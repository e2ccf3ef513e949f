"""The data of the paper: integers, uniform on [1, 99,999,999], as floats. The seed is our own.

Since they are integers, exact answers need no more than sums of integers.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

SEED = 20261121
LOW, HIGH = 1, 99_999_999
#: Upper bound of bytes per value: a float of Python, in lists, arrays and copies.
BYTES = 96

Bounds = tuple[int, int]


@dataclass(frozen=True)
class Part:
    """A part of a sample, as a list or as an array of its own."""

    sample: "Sample"
    start: int
    stop: int

    @property
    def values(self) -> list[float]:
        """The values as floats of Python."""
        return self.sample.values[self.start : self.stop]

    @property
    def array(self) -> np.ndarray:
        """The values in memory of their own."""
        return self.sample.array[self.start : self.stop].copy()


class Sample:
    """Values, and their exact statistics."""

    def __init__(self, number: int, size: int) -> None:
        rng = np.random.default_rng([SEED, number])
        self.integers = rng.integers(LOW, HIGH, size, endpoint=True)
        self.array = self.integers.astype(np.float64)

    def __len__(self) -> int:
        return len(self.integers)

    @cached_property
    def values(self) -> list[float]:
        """The values as floats of Python."""
        return self.array.tolist()

    def part(self, start: int, stop: int) -> Part:
        """Cut a part."""
        return Part(self, start, stop)

    def exact(self, start: int, stop: int) -> dict[str, float]:
        """The correctly rounded statistics of a part."""
        piece = self.integers[start:stop]
        count, total, squares = len(piece), int(piece.sum()), sum_of_squares(piece)
        scatter = count * squares - total * total
        return {"mean": total / count, "stddev": root(scatter, count * count)}


def sum_of_squares(integers: np.ndarray) -> int:
    """Add squares of 54 bits in halves, so that no sum overflows."""
    high, low = integers >> 14, integers & (1 << 14) - 1
    tops, middles, lows = (int(a @ b) for a, b in ((high, high), (high, low), (low, low)))
    return (tops << 28) + (middles << 15) + lows


def root(numerator: int, denominator: int) -> float:
    """Round the root of a fraction once: a sticky last bit keeps ties apart."""
    shift = max(0, 160 - numerator.bit_length() + denominator.bit_length()) & ~1
    scaled, rest = divmod(numerator << shift, denominator)
    whole = math.isqrt(scaled)
    inexact = rest != 0 or whole * whole != scaled
    return (whole << 1 | inexact) / (1 << shift // 2 + 1)


def chunks(size: int, chunk: int) -> Iterator[Bounds]:
    """The bounds of all chunks; the remainder is a chunk, too."""
    for start in range(0, size, chunk):
        yield start, min(start + chunk, size)
