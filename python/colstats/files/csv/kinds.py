"""The types that columns of text can have, and the type that holds two of them without loss.

A kind is what some texts have in common. Joining kinds gives the same, whatever the order in which
the texts arrive: the first value of a file has no more weight than the last.
"""

from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

NULL, BOOLEAN, TEXT, BYTES = pa.null(), pa.bool_(), pa.string(), pa.binary()
INTEGERS = (pa.int64(), pa.uint64(), pa.decimal128(38, 0), pa.decimal256(76, 0))
FLOAT, DATE = pa.float64(), pa.date32()
#: By unit; where there is no fraction, seconds are enough.
TIMES = (pa.time32("s"), pa.time64("us"), pa.time64("ns"))
TIMESTAMPS = tuple(pa.timestamp(unit) for unit in ("s", "us", "ns"))
ZONED = tuple(pa.timestamp(unit, "UTC") for unit in ("s", "us", "ns"))
#: Types of which the later hold what the earlier do, but for the exceptions in `Kind`.
LADDERS = (INTEGERS, TIMES, (DATE, *TIMESTAMPS), ZONED)
#: Up to this magnitude, floats hold all integers.
EXACT_INTEGERS = 2**53


@dataclass(frozen=True)
class Kind:
    """The type of some texts, and what else decides which types can hold them."""

    type: pa.DataType = NULL
    #: There are integers below zero.
    negative: bool = False
    #: There are integers that float64 would round.
    inexact: bool = False
    #: There are days that timestamps in nanoseconds do not reach: before 1678, or after 2261.
    far: bool = False
    #: There are quoted texts that are nulls unless the column is text.
    blank: bool = False

    def __or__(self, other: "Kind") -> "Kind":
        """Return what both have in common."""
        flags = {
            name: getattr(self, name) or getattr(other, name)
            for name in ("negative", "inexact", "far", "blank")
        }
        return Kind(common(self.type, other.type, flags), **flags)

    def settled(self) -> pa.DataType:
        """Return the type of a column of this kind."""
        return TEXT if self.type == NULL and self.blank else self.type


def common(one: pa.DataType, other: pa.DataType, flags: dict[str, bool]) -> pa.DataType:
    """Return the type that holds both types without loss."""
    if one == other or NULL in (one, other):
        found = other if one == NULL else one
    elif BYTES in (one, other):
        return BYTES
    elif FLOAT in (one, other) and (one in INTEGERS or other in INTEGERS):
        return FLOAT
    else:
        ladder = next((ladder for ladder in LADDERS if one in ladder and other in ladder), ())
        found = max(one, other, key=ladder.index) if ladder else TEXT
    if found == pa.uint64() and flags["negative"]:
        return pa.decimal128(38, 0)
    return TEXT if found in (TIMESTAMPS[2], ZONED[2]) and flags["far"] else found


def with_flags(kind: Kind, texts: pa.Array, found: pa.Array) -> Kind:
    """Add what the values of some texts say beyond their type."""
    if kind.type in INTEGERS:
        least, most = pc.min_max(found).values()
        is_wide = max(abs(least.as_py()), abs(most.as_py())) > EXACT_INTEGERS
        inexact = is_wide and any_rounded(found)
        return replace(kind, negative=least.as_py() < 0, inexact=inexact)
    if kind.type == FLOAT:
        return replace(kind, inexact=has_rounded_integers(texts, found))
    if pa.types.is_date(kind.type) or pa.types.is_timestamp(kind.type):
        return replace(kind, far=is_far(found))
    return kind


def any_rounded(integers: pa.Array) -> bool:
    """Say whether float64 would round some integers."""
    if integers.type != pa.int64():
        return any(map(is_rounded, integers.to_pylist()))
    back = integers.cast(FLOAT, safe=False).cast(pa.int64(), safe=False)
    return bool(pc.any(pc.not_equal(integers, back)).as_py())


def is_rounded(value: int | None) -> bool:
    """Say whether float64 would round an integer."""
    return value is not None and int(float(int(value))) != int(value)


def has_rounded_integers(texts: pa.Array, floats: pa.Array) -> bool:
    """Say whether some texts are integers that float64 has rounded."""
    wide = pc.greater_equal(pc.abs(floats), pa.scalar(float(EXACT_INTEGERS)))
    wide = pc.and_(wide, pc.is_finite(floats))
    if not pc.any(wide).as_py():
        return False
    words = pc.ascii_trim_whitespace(texts.filter(wide))
    integers = words.filter(pc.match_substring_regex(words, r"^[-+]?[0-9]+$"))
    return any(is_rounded(int(text)) for text in integers.to_pylist())


def is_far(found: pa.Array) -> bool:
    """Say whether some days are out of the range of nanoseconds."""
    try:
        found.cast(pa.timestamp("ns", getattr(found.type, "tz", None)))
    except pa.ArrowInvalid:
        return True
    return False
