"""Infers the types of columns from all of their texts."""

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from colstats.files.csv import kinds
from colstats.files.csv.convert import Texts, digits, mentions
from colstats.files.csv.kinds import Kind, with_flags

#: What a text is taken for if it fits: the first of these.
CANDIDATES = (
    *kinds.INTEGERS,
    kinds.BOOLEAN,
    *kinds.TIMES,
    kinds.DATE,
    *kinds.TIMESTAMPS,
    *kinds.ZONED,
    kinds.FLOAT,
    kinds.TEXT,
)
#: The digits of the decimal types.
DECIMALS = ((38, pa.decimal128), (76, pa.decimal256))


def widened(kind: Kind, texts: Texts) -> Kind:
    """Return the kind that also holds some more texts."""
    if texts.fields.null_count == len(texts.fields) or kind.type == kinds.BYTES:
        return kind
    known = kind_if(kind.type, texts) if kind.type != kinds.NULL else None
    return kind | (known or kind_of(texts))


def kind_of(texts: Texts) -> Kind:
    """Return the kind of some texts."""
    if texts.clean.null_count == len(texts.clean):
        return Kind(blank=True)
    found = (kind_if(candidate, texts) for candidate in CANDIDATES)
    return next(filter(None, found), Kind(kinds.BYTES))


def kind_if(candidate: pa.DataType, texts: Texts) -> Kind | None:
    """Return the kind of some texts if they are of a type."""
    if pa.types.is_decimal(candidate) and not has_only_integers(texts):
        return None
    found = texts.if_type(candidate)
    if found is None:
        return None
    if candidate == kinds.TEXT:
        return Kind(candidate)
    if found.null_count == len(found):
        return Kind(blank=True)
    return with_flags(Kind(candidate), texts.plain, found)


def has_only_integers(texts: Texts) -> bool:
    """Say whether no text has a point or an exponent; quoted nulls do not count, such as None."""
    return not (mentions(texts.plain, b".eE") and mentions(texts.clean, b".eE"))


def exact_type(columns: Iterable[Texts]) -> pa.DataType:
    """Return the type of a column of decimal fractions and of integers that float64 would round.

    It is a decimal type with room for all digits. A column that writes exponents, NaN or infinities
    says of itself that its numbers are floats; so does one with fractions and too many digits.
    Integers with too many digits are text.
    """
    before = after = 0
    has_fractions = False
    for texts in columns:
        words = pc.ascii_ltrim(texts.clean.drop_null(), characters="+-0")
        if not pc.all(pc.match_substring_regex(words, r"^[0-9]*\.?[0-9]*$"), min_count=0).as_py():
            return kinds.FLOAT
        has_fractions = has_fractions or mentions(words, b".")
        before, after = map(max, (before, after), digits(words))
    for precision, make in DECIMALS:
        if before + after <= precision:
            return make(precision, after)
    return kinds.FLOAT if has_fractions else kinds.TEXT
