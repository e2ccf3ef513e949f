"""States of colstats in plain Python: read, checked, merged, written and asked, without colstats.

It follows docs/reference/states.md and shows that the page is enough; what types have to do with
each other is in joining.py, and what no data can have in check.py. As a program it reads from each
line of its input a JSON list of states in hexadecimal, and prints the state of all of them with its
statistics, or why they were refused::

    echo '["4353544d01..."]' | python decode.py
"""

import json
import math
import struct
import sys
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from check import MAX_ROWS, is_possible, order
from joining import TIMES, Kind, joined, widened

LIMB = 64
TYPED, FLAGGED = 1, 2
NO_VALUE, FLOAT, INTEGER = 0, 1, 2
DAY_SECONDS = 86_400
Value = float | int | None


@dataclass(frozen=True)
class State:
    """The fields of a state, in their order."""

    type: str | None = None
    is_flagged: bool = False
    valid: int = 0
    nulls: int = 0
    nans: int = 0
    positive: int = 0
    negative: int = 0
    sum: Fraction = Fraction(0)
    squares: Fraction = Fraction(0)
    min: Value = None
    max: Value = None

    @property
    def numbers(self) -> int:
        """How many values are not NaN."""
        return self.valid - self.nans

    @property
    def finite(self) -> int:
        """How many values are neither NaN nor infinite."""
        return self.numbers - self.positive - self.negative


def encode(state: State) -> bytes:
    """Write a state; equal states have equal bytes."""
    name = (state.type or "").encode()
    flags = TYPED * (state.type is not None) | FLAGGED * state.is_flagged
    counts = (state.valid, state.nulls, state.nans, state.positive, state.negative)
    data = b"CSTM" + struct.pack("<BBI", 1, flags, len(name)) + name + struct.pack("<5Q", *counts)
    data += put_integer(state.sum) + put_integer(state.squares)
    data += put_value(state.min) + put_value(state.max)
    return data + checksum(data)


def checksum(data: bytes) -> bytes:
    """Return FNV-1a of 64 bits."""
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value.to_bytes(8, "little")


def put_integer(value: Fraction) -> bytes:
    """Write a sum in limbs of 64 bits, of which neither the first nor the last is zero."""
    position = (1 - value.denominator.bit_length()) // LIMB
    rest = int(abs(value) * power(-LIMB * position))
    while rest and rest % 2**LIMB == 0:
        rest, position = rest >> LIMB, position + 1
    limbs = -(-rest.bit_length() // LIMB)
    head = struct.pack("<BhH", value < 0, position if rest else 0, limbs)
    return head + rest.to_bytes(limbs * 8, "little")


def power(exponent: int) -> Fraction:
    """Return a power of two."""
    return Fraction(2**exponent) if exponent >= 0 else Fraction(1, 2**-exponent)


def put_value(value: Value) -> bytes:
    """Write a minimum or maximum."""
    if value is None:
        return bytes([NO_VALUE, 0])
    if isinstance(value, float):
        return struct.pack("<BBd", FLOAT, 8, value)
    length = (value if value >= 0 else ~value).bit_length() // 8 + 1
    return bytes([INTEGER, length]) + value.to_bytes(length, "little", signed=True)


class Reader:
    """Takes fields off the front of bytes."""

    def __init__(self, data: bytes) -> None:
        self.rest = data

    def take(self, count: int) -> bytes:
        """Take bytes."""
        taken, self.rest = self.rest[:count], self.rest[count:]
        return taken

    def fields(self, layout: str) -> tuple[Any, ...]:
        """Take numbers."""
        return struct.unpack("<" + layout, self.take(struct.calcsize("<" + layout)))

    def text(self) -> str:
        """Take text, which begins with its length."""
        return self.take(*self.fields("I")).decode()

    def integer(self) -> Fraction:
        """Take what put_integer has written."""
        negative, position, limbs = self.fields("BhH")
        magnitude = int.from_bytes(self.take(8 * limbs), "little")
        return Fraction(-magnitude if negative else magnitude) * power(LIMB * position)

    def value(self) -> Value:
        """Take what put_value has written."""
        kind, length = self.fields("BB")
        data = self.take(length)
        if kind == FLOAT:
            return float(*struct.unpack("<d", data))
        return int.from_bytes(data, "little", signed=True) if kind == INTEGER else None


def decode(data: bytes) -> State:
    """Read a state; raise ValueError if the bytes are damaged, or no data has such a state."""
    if data[:4] != b"CSTM":
        raise ValueError("these bytes are not a state")
    if data[4:5] != b"\1":
        raise ValueError("the version is not known")
    if checksum(data[:-8]) != data[-8:]:
        raise ValueError("the state is damaged")
    reader = Reader(data[5:-8])
    try:
        (flags,), name = reader.fields("B"), reader.text()
        fields: list[Any] = [name if flags & TYPED else None, bool(flags & FLAGGED)]
        fields += [*reader.fields("5Q"), reader.integer(), reader.integer()]
        fields += [reader.value(), reader.value()]
        state = State(*fields)
        is_canonical = encode(state) == data
    except (struct.error, UnicodeDecodeError) as error:
        raise ValueError("a field is malformed") from error
    if not is_canonical:
        raise ValueError("the state is not in canonical form")
    if not is_possible(state):
        raise ValueError("no data has this state")
    return state


def merge(one: State, other: State) -> State:
    """Join the states of two parts; raise ValueError if that cannot be done exactly."""
    if one.valid + one.nulls + other.valid + other.nulls > MAX_ROWS:
        raise ValueError("a state counts at most 2^53 rows")
    type = joined(one.type, other.type)
    both = (widened(one, type), widened(other, type))
    with_numbers = [it for it in both if it.numbers]
    extremes: list[Value] = [None, None]
    if with_numbers and all(it.min is not None for it in with_numbers):
        least = min((it.min for it in with_numbers), key=order)
        extremes = [least, max((it.max for it in with_numbers), key=order)]
    fields: list[Any] = [type, both[0].is_flagged or both[1].is_flagged]
    fields += [sum(getattr(it, name) for it in both) for name in SUMMED]
    return State(*fields + extremes)


SUMMED = ("valid", "nulls", "nans", "positive", "negative", "sum", "squares")


def ask(state: State, statistic: str, ddof: int = 0, skip_nans: bool = False) -> Any:
    """Return a statistic: a float, an integer (a count, units, ticks), None, or why not."""
    kind = Kind(state.type)
    value = exact(state, kind, statistic, ddof, skip_nans)
    if kind.family in TIMES and isinstance(value, int) and not -(2**63) <= value < 2**63:
        return "out of range"
    return value


def exact(state: State, kind: Kind, statistic: str, ddof: int, skip_nans: bool) -> Any:
    """Return a statistic, also if it is out of the range of its type."""
    count = state.numbers if skip_nans else state.valid
    if statistic == "count":
        return count
    if statistic == "sum" and kind.family != "float":
        return int(state.sum)
    if statistic in ("min", "max") and state.numbers and state.min is None:
        return "unknown"
    if statistic != "sum" and count <= ddof:
        return None
    if state.nans and not skip_nans:
        return math.nan
    if statistic in ("min", "max"):
        return state.min if statistic == "min" else state.max
    if statistic in ("sum", "mean"):
        return average(state, kind, count if statistic == "mean" else 1)
    if state.positive or state.negative:
        return math.nan
    variance = (count * state.squares - state.sum**2) / (count * (count - ddof))
    if kind.family in TIMES:
        return whole_root(variance * ticks(state.type) ** 2)
    variance /= Fraction(100) ** (kind.digits if kind.family == "decimal" else 0)
    return nearest(variance) if statistic == "variance" else root(variance)


def average(state: State, kind: Kind, divisor: int) -> float | int:
    """Return the sum divided by a number."""
    if state.positive or state.negative:
        both = state.positive and state.negative
        return math.nan if both else math.inf if state.positive else -math.inf
    if state.numbers and not state.is_flagged:
        return -0.0
    quotient = state.sum / divisor
    if kind.family in TIMES:
        return round(quotient * ticks(state.type))  # half to even
    return nearest(quotient / Fraction(10) ** (kind.digits if kind.family == "decimal" else 0))


def ticks(type: str | None) -> int:
    """Return in how many ticks of a result one of a column is: those of days are seconds."""
    return DAY_SECONDS if type == "date32" else 1


def nearest(value: Fraction) -> float:
    """Round once, half to even; Python divides integers so."""
    try:
        return value.numerator / value.denominator
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def root(value: Fraction) -> float:
    """Round the root of a fraction once, from 64 bits or more and whether there are others."""
    shift = 64 + max(0, value.denominator.bit_length() - value.numerator.bit_length()) // 2
    floor = math.isqrt(math.floor(value * 4**shift))
    is_inexact = floor**2 != value * 4**shift
    return nearest(Fraction(2 * floor + is_inexact, 2 ** (shift + 1)))


def whole_root(value: Fraction) -> int:
    """Round the root of a fraction to an integer, half to even."""
    twice = math.isqrt(math.floor(4 * value))
    floor, half = divmod(twice, 2)
    return floor + (half and (floor % 2 or twice**2 != 4 * value))


def answers(state: State) -> dict[str, Any]:
    """Return all statistics of a type as the vectors have them: floats in hexadecimal."""
    family, shown = Kind(state.type).family, {}
    points = family in TIMES and family != "duration"
    for statistic in ("count", "sum", "mean", "variance", "stddev", "min", "max"):
        is_refused = {"count": False, "sum": points, "variance": family in TIMES}
        if is_refused.get(statistic, False) or (family == "counted" and statistic != "count"):
            continue
        for ddof in (0, 1, 3) if statistic in ("variance", "stddev") else (0,):
            for skip_nans in (False, True) if state.nans else (False,):
                value = ask(state, statistic, ddof, skip_nans)
                name = statistic + f", ddof={ddof}" * (ddof > 0) + ", skip_nans" * skip_nans
                text = value.hex() if isinstance(value, float) else value
                shown[name] = str(text) if isinstance(text, int) else text
    return shown


def main() -> None:
    """Merge the states of each line."""
    for line in sys.stdin:
        try:
            whole = State()
            for text in json.loads(line):
                whole = merge(whole, decode(bytes.fromhex(text)))
            print(json.dumps({"state": encode(whole).hex(), "answers": answers(whole)}))
        except ValueError as refused:
            print(json.dumps({"refused": str(refused)}))


if __name__ == "__main__":
    main()
