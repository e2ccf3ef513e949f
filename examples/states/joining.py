"""The names of types, the common type of two, and states of values cast to a wider type."""

import math
import re
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decode import State

NUMBER = "0|-?[1-9][0-9]*"
PATTERNS = {
    "null": "null",
    "bool": "bool",
    "float": "float(?P<bits>16|32|64)",
    "integer": "(?P<unsigned>u?)int(?P<bits>8|16|32|64)",
    "decimal": rf"decimal(?P<bits>32|64|128|256)\((?P<precision>{NUMBER}), (?P<scale>{NUMBER})\)",
    "date": "date(?P<bits>32|64)",
    "time": r"time(?P<bits>32(?=\[m?s)|64(?=\[[un]s))\[(?P<unit>s|ms|us|ns)\]",
    "timestamp": r"timestamp\[(?P<unit>s|ms|us|ns)(?:, tz=(?P<zone>.+))?\]",
    "duration": r"duration\[(?P<unit>s|ms|us|ns)\]",
}
MOST_DIGITS = {32: 9, 64: 18, 128: 38, 256: 76}
DIGITS = {"s": 0, "ms": 3, "us": 6, "ns": 9}
TIMES = ("date", "time", "timestamp", "duration")
DAY_MILLISECONDS = 86_400_000
LAYOUTS = {
    **dict.fromkeys(("string", "large_string", "string_view"), "large_string"),
    **dict.fromkeys(("binary", "large_binary", "binary_view", "fixed-size binary"), "large_binary"),
    **dict.fromkeys(("list", "fixed-size list"), "list"),
}
ENCODINGS = (
    "dictionary<values=(.*), indices=.*?>",
    "run_end_encoded<run_ends: .*?, values: (.*)>",
)


class Kind(dict[str, str]):
    """The family of a type, and what its name says besides."""

    def __init__(self, type: str | None) -> None:
        self.family = "counted"
        for family, pattern in PATTERNS.items():
            # No data yet is as nothing but nulls.
            if match := re.fullmatch(pattern, "null" if type is None else type, re.DOTALL):
                super().__init__(match.groupdict(default=""))
                self.family = family
        if self.family == "decimal" and not self.has_digits():
            self.family = "counted"

    def has_digits(self) -> bool:
        """Whether there are decimals of the digits and the scale."""
        return 0 <= int(self["precision"]) <= 255 and -128 <= int(self["scale"]) <= 127

    @property
    def bits(self) -> int:
        """The width of a value."""
        return 1 if self.family == "bool" else int(self.get("bits", 64))

    @property
    def digits(self) -> int:
        """The decimal digits after the point, of decimals or of seconds."""
        return int(self.get("scale", DIGITS.get(self.get("unit", "s"), 0)))


def joined(one: str | None, other: str | None) -> str | None:
    """Return the type of values of two types together; raise ValueError if there is none."""
    if one == other or other is None or (other == "null" and one is not None):
        return one
    if one is None or one == "null":
        return other
    ours, theirs = Kind(one), Kind(other)
    families = {ours.family, theirs.family}
    by_family = {
        "counted": joined_layouts,
        "integer": joined_integers,
        "decimal": joined_decimals,
        "date": lambda *_: "date64",
    }
    if len(families) == 1 and ours.family in by_family:
        return by_family[ours.family](one, other)
    if families == {"float"}:
        return max(one, other, key=lambda type: Kind(type).bits)
    if len(families) == 1 and ours.get("zone") == theirs.get("zone"):
        return max(one, other, key=lambda type: Kind(type).digits)
    if families == {"integer", "decimal"}:
        return joined_decimals(one, other)
    if families in ({"float", "integer"}, {"float", "decimal"}):
        exact = joined_decimals(other if ours.family == "float" else one, "int64")
        if Kind(exact).digits == 0:
            return "float64"
    raise ValueError(f"{one} and {other} have no common type")


def joined_integers(one: str, other: str) -> str:
    """Return the least integer type that has both ranges, or else a decimal type."""
    ours, theirs = Kind(one), Kind(other)
    if ours["unsigned"] == theirs["unsigned"]:
        return max(one, other, key=lambda type: Kind(type).bits)
    bits = max(kind.bits * (2 if kind["unsigned"] else 1) for kind in (ours, theirs))
    return f"int{bits}" if bits <= 64 else "decimal128(20, 0)"


def joined_decimals(one: str, other: str) -> str:
    """Return the decimal type with the digits of both; any integer has 20."""
    bits, before, after = 32, -math.inf, -math.inf
    for kind in (Kind(one), Kind(other)):
        if kind.family == "decimal":
            bits = max(bits, kind.bits)
        before = max(before, int(kind.get("precision", 20)) - kind.digits)
        after = max(after, kind.digits)
    precision = int(before + after)
    for needed, most in MOST_DIGITS.items():
        if precision <= most:
            return f"decimal{max(bits, needed)}({precision}, {int(after)})"
    raise ValueError("together they need more than the 76 digits of decimal256")


def joined_layouts(one: str, other: str) -> str:
    """Return the layout that holds values of two layouts."""
    one, other = decoded(one), decoded(other)
    if one == other:
        return one
    if one not in LAYOUTS or LAYOUTS[one] != LAYOUTS.get(other):
        raise ValueError(f"{one} and {other} have no common type")
    if one.startswith("fixed-size"):
        return other
    return one if other.startswith("fixed-size") else LAYOUTS[one]


def decoded(type: str) -> str:
    """Return the type of the text or bytes in a dictionary, in runs, or in runs of a dictionary."""
    inner = type
    for _ in range(2):
        matches = (re.fullmatch(pattern, inner, re.DOTALL) for pattern in ENCODINGS)
        inner = next((match[1] for match in matches if match), inner)
    return inner if inner in LAYOUTS else type


def widened(state: "State", type: str | None) -> "State":
    """Return the state of the same values, cast to a wider type."""
    old, new = Kind(state.type), Kind(type)
    if state.type == type or old.family in ("null", "counted", "float"):
        return replace(state, type=type)
    factor = 10 ** (new.digits - old.digits)
    if old.family == "date":
        factor = DAY_MILLISECONDS
    is_float = new.family == "float"
    if state.numbers and state.min is None and (factor != 1 or is_float):
        raise ValueError("values were taken away, so whether all others fit is not known")
    low, high = (-(2**53), 2**53) if is_float else (-(2 ** (new.bits - 1)), 2 ** (new.bits - 1) - 1)
    extremes = [None if it is None else int(it) * factor for it in (state.min, state.max)]
    if any(value is not None and not low <= value <= high for value in extremes):
        raise ValueError(f"some values do not fit {type}")
    least, greatest = (float(it) if is_float and it is not None else it for it in extremes)
    return replace(
        state,
        type=type,
        is_flagged=state.valid > 0,
        sum=state.sum * factor,
        squares=state.squares * factor**2,
        min=least,
        max=greatest,
    )
