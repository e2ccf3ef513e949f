"""Rational numbers, roots of them, and their rounding.

A root that was cut to some digits could round to the wrong side. A `Root` therefore keeps its
square, and is only ever compared.

>>> rounded(Fraction(1, 3)), rounded(-Root(Fraction(2)))
(0.3333333333333333, -1.4142135623730951)
>>> rounded(Root(Fraction(1, 2**2148))), rounded(Root(Fraction(10**616)))
(5e-324, 1e+308)
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from support.reference import root_to_float, to_float

#: What a column holds.
Value = int | float | Decimal | Fraction


@dataclass(frozen=True)
class Root:
    """The root of a rational number, with a sign."""

    square: Fraction
    sign: int = 1

    def __post_init__(self) -> None:
        if self.square < 0:
            raise ValueError(f"{self.square} has no real root")

    def __neg__(self) -> "Root":
        return Root(self.square, -self.sign)

    def signed_square(self) -> Fraction:
        """Return the square with the sign of the root: a number that is ordered like the root."""
        return self.sign * self.square


#: An answer before it is rounded.
Exact = Fraction | Root
#: An answer that may be missing (None), or that is no rational number (NaN, an infinity, -0.0).
Answer = Exact | float | None


def rounded(answer: Answer) -> float | None:
    """Round once, to the nearest float. None, NaN, infinities and -0.0 stay as they are."""
    if isinstance(answer, Root):
        return math.copysign(root_to_float(answer.square), answer.sign)
    return to_float(answer) if isinstance(answer, Fraction) else answer


def same(one: object, other: object) -> bool:
    """Whether two results are the same, floats to the bit; all NaNs are one.

    >>> same(0.0, -0.0), same(math.nan, -math.nan), same(1, 1)
    (False, True, True)
    """
    if not isinstance(one, float) or not isinstance(other, float):
        return type(one) is type(other) and one == other
    if math.isnan(one) or math.isnan(other):
        return math.isnan(one) and math.isnan(other)
    return one == other and math.copysign(1, one) == math.copysign(1, other)


def total(numbers: Iterable[Fraction]) -> Fraction:
    """Sum rational numbers."""
    return sum(numbers, Fraction(0))


def sign(number: Fraction) -> int:
    """Return -1, 0 or 1."""
    return (number > 0) - (number < 0)


def root(square: Fraction) -> Exact:
    """Return the root of a square; a rational number if it is one.

    >>> root(Fraction(9, 4)), root(Fraction(2))
    (Fraction(3, 2), Root(square=Fraction(2, 1), sign=1))
    """
    exact = Fraction(math.isqrt(max(0, square.numerator)), math.isqrt(square.denominator))
    return exact if exact * exact == square else Root(square)


def signed_root(square: Fraction, direction: Fraction) -> Exact:
    """Return the root of a square, with the sign of another number.

    >>> signed_root(Fraction(9, 4), Fraction(-7))
    Fraction(-3, 2)
    """
    found = root(square)
    return -found if direction < 0 else found


def ratio(numerator: Fraction, denominator: Fraction) -> Answer:
    """Divide as IEEE 754 does: 0/0 is NaN, and x/0 an infinity.

    >>> ratio(Fraction(0), Fraction(0)), ratio(Fraction(-2), Fraction(0))
    (nan, -inf)
    """
    if denominator != 0:
        return numerator / denominator
    return math.inf * sign(numerator) if numerator else math.nan


def less(left: Exact, right: Exact) -> bool:
    """Whether one number is less than another."""
    return _ordered(left) < _ordered(right)


def _ordered(number: Exact) -> Fraction:
    """Square the number and keep its sign, which keeps the order."""
    return number.signed_square() if isinstance(number, Root) else sign(number) * number**2


def agrees(answer: Exact, decimal: str) -> bool:
    """Whether a published decimal is the answer rounded to as many digits.

    >>> agrees(Fraction(2, 3), "0.667"), agrees(Root(Fraction(2)), "1.4143E+00")
    (True, False)
    """
    return within(answer, decimal, Fraction(1, 2))


def within(answer: Exact, decimal: str, units: Fraction | int) -> bool:
    """Whether a decimal differs from the answer by at most some units of its last digit.

    >>> within(Fraction(2, 3), "0.666", 1), within(Fraction(2, 3), "0.665", 1)
    (True, False)
    """
    exponent = Decimal(decimal).as_tuple().exponent
    assert isinstance(exponent, int), f"{decimal} is not finite"
    error = units * Fraction(10) ** exponent
    published = Fraction(decimal)
    return not less(answer, published - error) and not less(published + error, answer)
