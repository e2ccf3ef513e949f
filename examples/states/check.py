"""Which states are possible: those that some data has."""

import math
from fractions import Fraction
from typing import TYPE_CHECKING

from joining import Kind

if TYPE_CHECKING:
    from decode import State, Value

MAX_ROWS = 2**53
#: Of types of floats, by their width: the significant bits, and the exponents of the least positive
#: value and beyond the largest.
FLOATS = {16: (11, -24, 16), 32: (24, -149, 128), 64: (53, -1074, 1024)}


class Grid:
    """The finite values of a type: multiples of a least one in a range."""

    def __init__(self, kind: Kind) -> None:
        self.bits, lowest, end = FLOATS.get(kind.bits, (0, 0, 0))
        if kind.family == "float":
            self.unit = Fraction(2) ** lowest
            self.greatest = (2**self.bits - 1) * Fraction(2) ** (end - self.bits)
            self.least = -self.greatest
        else:
            is_signed = kind.family != "bool" and not kind.get("unsigned")
            self.bits, self.unit = kind.bits, Fraction(1)
            self.least = Fraction(-(2 ** (kind.bits - 1)) if is_signed else 0)
            self.greatest = Fraction(2 ** (kind.bits - is_signed) - 1)

    def has(self, value: Fraction) -> bool:
        """Whether a number is one of the values."""
        units = value / self.unit
        odd = units.numerator // (units.numerator & -units.numerator or 1)
        is_precise = units.denominator == 1 and odd.bit_length() <= self.bits
        return is_precise and self.least <= value <= self.greatest


def is_possible(state: "State") -> bool:
    """Whether any data has this state, as far as this shows."""
    kind = Kind(state.type)
    is_float, specials = kind.family == "float", state.nans + state.positive + state.negative
    if state.valid + state.nulls > MAX_ROWS or specials > state.valid:
        return False
    if kind.family in ("counted", "null"):
        has_no_values = state.valid == 0 or kind.family == "counted"
        has_no_rows = state.valid + state.nulls == 0 or state.type is not None
        has_no_more = state == type(state)(state.type, valid=state.valid, nulls=state.nulls)
        return has_no_values and has_no_rows and has_no_more
    return (
        (is_float or specials == 0)
        and sums_fit(state, Grid(kind))
        and flag_fits(state, is_float)
        and extremes_fit(state, is_float, Grid(kind))
    )


def sums_fit(state: "State", grid: Grid) -> bool:
    """Whether finite values on a grid may have the sums."""
    are_multiples = all(
        (total / grid.unit**power).denominator == 1
        for power, total in ((1, state.sum), (2, state.squares))
    )
    farthest = max(grid.greatest, -grid.least)
    return (
        are_multiples
        and state.finite * grid.least <= state.sum <= state.finite * grid.greatest
        and 0 <= state.squares <= state.finite * farthest**2
        # The inequality of Cauchy and Schwarz.
        and state.finite * state.squares >= state.sum**2
    )


def flag_fits(state: "State", is_float: bool) -> bool:
    """Whether the flag for numbers other than -0.0 agrees with the rest."""
    if is_float and state.min is not None and state.max is not None:
        are_others = [order(it) != (0, -1) for it in (state.min, state.max)]
        return state.is_flagged == any(are_others)
    if state.is_flagged:
        return state.numbers > 0
    infinities = state.positive + state.negative
    return not (state.squares or infinities or (state.numbers and not is_float))


def extremes_fit(state: "State", is_float: bool, grid: Grid) -> bool:
    """Whether minimum and maximum agree with the rest; they may be unknown."""
    low, high = state.min, state.max
    if low is None or high is None:
        return low is high
    if not state.numbers or any(isinstance(it, float) != is_float for it in (low, high)):
        return False
    if not (low <= high and order(low) <= order(high)):  # not even equal, if one is NaN
        return False
    if not all(is_infinite(it) or grid.has(Fraction(it)) for it in (low, high)):
        return False
    if not (end_fits(state, low, state.negative, -1) and end_fits(state, high, state.positive, 1)):
        return False
    if state.positive or state.negative:
        return True
    # The inequality of Bhatia and Davis: the mean is between them, and the deviation within.
    ends = Fraction(low), Fraction(high)
    return sum(ends) * state.sum >= state.squares + state.finite * ends[0] * ends[1]


def is_infinite(value: float | int) -> bool:
    """Whether a number is infinite; integers of any size are not."""
    return isinstance(value, float) and math.isinf(value)


def end_fits(state: "State", end: float | int, infinities: int, sign: int) -> bool:
    """Whether an extreme is infinite if there are infinities, or nothing else, and not within."""
    if infinities or not state.finite:
        return end == (sign if infinities else -sign) * math.inf
    return not is_infinite(end) and sign * (Fraction(end) * state.finite - state.sum) >= 0


def order(value: "Value") -> tuple[float | int, float]:
    """Return a key by which -0.0 is less than 0.0."""
    assert value is not None
    return value, math.copysign(1, value) if isinstance(value, float) else 0
