"""Which states are possible: those that some data has."""

import math
from fractions import Fraction
from typing import TYPE_CHECKING

from joining import Kind

if TYPE_CHECKING:
    from decode import State, Value

MAX_ROWS = 2**53
#: The exponents of the least positive value of a type of floats, and beyond its largest.
FLOATS = {16: (-24, 16), 32: (-149, 128), 64: (-1074, 1024)}


def is_possible(state: "State") -> bool:
    """Whether any data has this state."""
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
        and sums_fit(state, *(FLOATS[kind.bits] if is_float else (0, kind.bits)))
        and flag_fits(state, is_float)
        and extremes_fit(state, is_float, kind.bits)
    )


def sums_fit(state: "State", lowest: int, highest: int) -> bool:
    """Whether finite values that are multiples of 2^lowest, of at most 2^highest, have the sums."""
    for power, total in ((1, state.sum), (2, state.squares)):
        units = total / Fraction(2) ** (power * lowest)
        most = 2 ** (power * (highest - lowest) + state.finite.bit_length() + 1)
        if units.denominator > 1 or abs(units) >= most or (units and not state.finite):
            return False
    # The inequality of Cauchy and Schwarz.
    return state.squares >= 0 and state.finite * state.squares >= state.sum**2


def flag_fits(state: "State", is_float: bool) -> bool:
    """Whether the flag for numbers other than -0.0 agrees with the rest."""
    if state.is_flagged:
        return state.numbers > 0
    infinities = state.positive + state.negative
    return not (state.squares or infinities or (state.numbers and not is_float))


def extremes_fit(state: "State", is_float: bool, bits: int) -> bool:
    """Whether minimum and maximum agree with the rest; they may be unknown."""
    if state.min is None or state.max is None:
        return state.min is state.max
    low, high = state.min, state.max
    if not state.numbers or any(isinstance(it, float) != is_float for it in (low, high)):
        return False
    if is_float:
        infinite = [low == -math.inf, high == math.inf]
        if infinite != [state.negative > 0, state.positive > 0]:
            return False
    elif any(abs(it) >= 2**bits for it in (low, high)):
        return False
    if math.isnan(low) or math.isnan(high) or order(low) > order(high):
        return False
    if state.positive or state.negative:
        return True
    # The inequality of Bhatia and Davis: the mean is between them, and the deviation within.
    ends = Fraction(low), Fraction(high)
    return sum(ends) * state.sum >= state.squares + state.finite * ends[0] * ends[1]


def order(value: "Value") -> tuple[float | int, float]:
    """Return a key by which -0.0 is less than 0.0."""
    assert value is not None
    return value, math.copysign(1, value) if isinstance(value, float) else 0
