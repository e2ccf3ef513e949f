"""The oracle's rounding: nearest doubles of rational numbers and of roots, over the whole range."""

import math
import random
import sys
from decimal import Decimal
from fractions import Fraction

import pytest

from support.exact.numbers import Exact, Root, agrees, less, ratio, root, rounded, signed_root

TINY = Fraction(5e-324)
HUGE = Fraction(sys.float_info.max)
#: The least number that rounds to infinity: the midpoint of the greatest double and 2^1024.
OVERFLOW = Fraction(2**1024) - Fraction(2) ** 970


def is_nearest(double: float, exact: Exact) -> bool:
    """Whether no midpoint is between a double and a number: the definition of rounding."""
    above, below = (math.nextafter(double, direction) for direction in (math.inf, -math.inf))
    even = math.frexp(double)[0] * 2**53 % 2 == 0 or abs(double) < sys.float_info.min
    ends = [middle(double, below), middle(double, above)]
    if even:
        return not less(exact, ends[0]) and not less(ends[1], exact)
    return less(ends[0], exact) and less(exact, ends[1])


def middle(left: float, right: float) -> Fraction:
    """Return the midpoint of two neighbouring doubles, of which one may be infinite."""
    ends = [Fraction(v) if math.isfinite(v) else Fraction(2**1024) for v in (left, right)]
    return sum(ends, Fraction(0)) / 2


def test_fractions_to_the_nearest() -> None:
    source = random.Random(18)
    for _ in range(2000):
        top, bottom = (source.getrandbits(source.randint(1, 200)) + 1 for _ in range(2))
        exact = Fraction(top, bottom) * Fraction(2) ** source.randint(-900, 800)
        double = rounded(exact)
        assert double is not None
        assert is_nearest(double, exact)
        assert rounded(-exact) == -double


def test_roots_to_the_nearest() -> None:
    source = random.Random(19)
    for _ in range(2000):
        top, bottom = (source.getrandbits(source.randint(1, 200)) + 1 for _ in range(2))
        exact = Root(Fraction(top, bottom) * Fraction(4) ** source.randint(-900, 800))
        double = rounded(exact)
        assert double is not None
        assert is_nearest(double, exact)
        assert rounded(-exact) == -double


@pytest.mark.parametrize("low", [1.0, 1 - 2**-53, 5e-324, 1e-310, sys.float_info.min, 1e308, 0.1])
def test_midpoints_and_their_neighbours(low: float) -> None:
    """A tie goes to the even double; the least deviation from it decides, of a root, too."""
    high = math.nextafter(low, math.inf)
    tie = (Fraction(low) + Fraction(high)) / 2
    sliver = Fraction(1, 10**700)
    even = low if int(Fraction(low) / Fraction(math.ulp(low))) % 2 == 0 else high
    for exact, nearest in ((tie, even), (tie - sliver, low), (tie + sliver, high)):
        assert rounded(exact) == nearest
        assert rounded(Root(exact**2)) == nearest


def test_subnormal_numbers_and_zero() -> None:
    assert rounded(TINY / 2) == 0.0
    assert rounded(TINY / 2 * Fraction(10**30 + 1, 10**30)) == 5e-324
    assert rounded(Root(TINY**2 / 4)) == 0.0
    assert rounded(Root(TINY**2 * Fraction(9, 4))) == 1e-323
    assert str(rounded(Root(TINY**2 / 16, -1))) == "-0.0"
    assert str(rounded(Fraction(0))) == "0.0"


def test_overflow() -> None:
    sliver = Fraction(1, 10**30)
    assert rounded(OVERFLOW - sliver) == rounded(HUGE) == sys.float_info.max
    assert rounded(OVERFLOW) == rounded(HUGE * 10**300) == math.inf
    assert rounded(Root((OVERFLOW - sliver) ** 2)) == sys.float_info.max
    assert rounded(Root(OVERFLOW**2)) == rounded(Root(HUGE**9)) == math.inf
    assert rounded(-OVERFLOW) == rounded(Root(OVERFLOW**2, -1)) == -math.inf


def test_what_has_no_rational_value_stays() -> None:
    assert rounded(None) is None
    assert math.isnan(rounded(math.nan) or 0)
    assert [rounded(-math.inf), str(rounded(-0.0))] == [-math.inf, "-0.0"]


def test_roots_are_rational_where_they_can_be() -> None:
    assert root(Fraction(0)) == 0
    assert root(Fraction(49, 10**400)) == Fraction(7, 10**200)
    assert root(Fraction(8)) == Root(Fraction(8))
    assert signed_root(Fraction(2), Fraction(-5)) == -Root(Fraction(2))
    with pytest.raises(ValueError, match="no real root"):
        root(Fraction(-1))


def test_division_by_zero() -> None:
    zero = Fraction(0)
    assert ratio(Fraction(1), zero) == math.inf
    assert ratio(Fraction(-1), zero) == -math.inf
    assert math.isnan(float(str(ratio(zero, zero))))


def test_order_of_numbers_and_roots() -> None:
    ascending: list[Exact] = [
        -Root(Fraction(5)),
        Fraction(-2),
        -Root(Fraction(3)),
        Fraction(0),
        Root(Fraction(1, 7)),
        Fraction(1),
        Root(Fraction(10)),
    ]
    for place, left in enumerate(ascending):
        for other, right in enumerate(ascending):
            assert less(left, right) == (place < other)


def test_decimals_agree_to_the_last_digit() -> None:
    assert agrees(Root(Fraction(2)), "1.41421356237309504880168872420969807856967")
    assert not agrees(Root(Fraction(2)), "1.41421356237309504880168872420969807856968")
    assert agrees(Fraction(12345), "1.23E+4")
    assert not agrees(Fraction(12345), "1.24E+4")
    assert agrees(Fraction(Decimal("-0.00015")), "-1.5E-4")
