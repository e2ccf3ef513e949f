"""Converts the texts of a column to a type, or refuses.

The same function decides whether a type fits, while types are inferred, and makes the values, so
both can never disagree. A text is converted as a whole and without loss, but for the rounding of
decimal fractions to floats.
"""

from collections.abc import Collection
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

#: A day to put before times of day, which pyarrow only converts as parts of timestamps.
DAY = "1970-01-01 "
#: What C libraries of Microsoft have printed for NaN.
MICROSOFT_NAN = r"^[-+]?1\.#(QNAN|IND)0*$"
#: Texts that are asked first.
SAMPLE = 100
TEXTS = (
    pa.string(),
    pa.large_string(),
    pa.string_view(),
    pa.binary(),
    pa.large_binary(),
    pa.binary_view(),
)


class Texts:
    """The fields of a column in some rows: bytes, and nulls for those that are nulls unquoted."""

    def __init__(self, fields: pa.Array, null_words: Collection[str]) -> None:
        self.fields, self.null_words = fields, null_words

    @cached_property
    def plain(self) -> pa.Array:
        """The fields as text, which need not be UTF-8."""
        return self.fields.view(pa.string())

    @cached_property
    def clean(self) -> pa.Array:
        """The fields without spaces around them or a plus before a digit, and with quoted nulls."""
        trimmed = pc.ascii_trim_whitespace(self.plain)
        is_null = pc.is_in(trimmed, pa.array(["", *self.null_words], pa.string()))
        kept = pc.if_else(is_null, pa.scalar(None, pa.string()), trimmed)
        unsigned = pc.replace_substring_regex(kept, r"^\+([0-9.])", r"\1")
        return pc.replace_substring_regex(unsigned, MICROSOFT_NAN, "nan")

    @cached_property
    def sample(self) -> "Texts":
        """Some of the fields, from everywhere."""
        rows = range(0, len(self.fields), max(len(self.fields) // SAMPLE, 1))
        return Texts(self.fields.take(pa.array(rows, pa.int64())), self.null_words)

    def if_type(self, kind: pa.DataType) -> pa.Array | None:
        """Convert to a type, or return None if a text does not fit.

        A sample is asked first: pyarrow makes a message for every text that does not fit, which
        takes ten times as long as converting one that does.
        """
        try:
            if len(self.fields) > 2 * SAMPLE:
                self.sample.as_type(kind)
            return self.as_type(kind)
        except pa.ArrowInvalid:
            return None

    def as_type(self, kind: pa.DataType) -> pa.Array:
        """Convert to a type; raises `pyarrow.ArrowInvalid` if a text does not fit.

        In texts, quoted fields are what they say. In all other types, quotes and surrounding spaces
        make no difference.
        """
        if is_text(kind):
            return self.fields.cast(kind)
        try:
            return values(self.plain, kind)
        except pa.ArrowInvalid:
            if self.clean.equals(self.plain):
                raise
            return values(self.clean, kind)

    def first_misfit(self, kind: pa.DataType) -> int:
        """Return the position of the first text that does not fit a type."""
        fits, fails = 0, len(self.fields)
        while fails - fits > 1:
            middle = (fits + fails) // 2
            head = self.fields.take(pa.array(range(middle), pa.int64()))
            try:
                Texts(head, self.null_words).as_type(kind)
                fits = middle
            except pa.ArrowInvalid:
                fails = middle
        return fits


def is_text(kind: pa.DataType) -> bool:
    """Say whether a type holds any text."""
    return kind in TEXTS


def values(texts: pa.Array, kind: pa.DataType) -> pa.Array:
    """Convert texts to a type that is not text."""
    if pa.types.is_null(kind):
        if texts.null_count < len(texts):
            raise pa.ArrowInvalid("there are values")
        return pa.nulls(len(texts))
    if pa.types.is_time(kind):
        return times(texts, kind)
    if pa.types.is_integer(kind) and mentions(texts, b"xX"):
        raise pa.ArrowInvalid("hexadecimal digits")  # pyarrow would read them
    if pa.types.is_unsigned_integer(kind) and mentions(texts, b"-"):
        texts = pc.replace_substring_regex(texts, "^-0+$", "0")
    if pa.types.is_boolean(kind) and pc.any(pc.is_in(texts, pa.array(["0", "1"]))).as_py():
        raise pa.ArrowInvalid("numbers are not booleans")
    if pa.types.is_decimal(kind):
        refuse_long_decimals(texts, kind)
    found = texts.cast(kind)
    if pa.types.is_floating(kind):
        refuse_overflow(texts, found)
    return found


def times(texts: pa.Array, kind: pa.DataType) -> pa.Array:
    """Convert times of day, such as 10:30 or 23:59:59.999999999."""
    if not pc.all(pc.match_substring_regex(texts, r"^\d\d:\d\d"), min_count=0).as_py():
        raise pa.ArrowInvalid("not a time of day")
    moments = pc.binary_join_element_wise(DAY, texts, "").cast(pa.timestamp(kind.unit))
    return moments.cast(kind)


def refuse_long_decimals(texts: pa.Array, kind: pa.DataType) -> None:
    """Refuse numbers with more digits than a decimal type has room for.

    pyarrow 26 casts some of them to another number, such as 76 digits to decimal128(38, 0).
    """
    if mentions(texts, b"eE"):
        raise pa.ArrowInvalid("an exponent in a decimal")
    words = pc.ascii_ltrim(texts, characters="+-0")
    before, after = digits(words)
    if before > kind.precision - kind.scale or after > kind.scale:
        raise pa.ArrowInvalid("too many digits")


def digits(words: pa.Array) -> tuple[int, int]:
    """Return the most digits before and after the point of plain decimal numbers."""
    lengths, points = pc.binary_length(words), pc.find_substring(words, ".")
    has_point = pc.greater_equal(points, 0)
    before = pc.if_else(has_point, points, lengths)
    after = pc.subtract(pc.subtract(lengths, before), pc.cast(has_point, pa.int32()))
    return pc.max(before).as_py() or 0, pc.max(after).as_py() or 0


def refuse_overflow(texts: pa.Array, floats: pa.Array) -> None:
    """Refuse numbers beyond the range of floats, which pyarrow reads as infinities."""
    infinite = pc.is_inf(floats)
    if pc.any(infinite).as_py():
        words = texts.filter(infinite)
        if not pc.all(pc.match_substring(words, "inf", ignore_case=True)).as_py():
            raise pa.ArrowInvalid("a number beyond the range of floats")


def mentions(texts: pa.Array, characters: bytes) -> bool:
    """Say whether a character occurs in the bytes of texts; it may also be in what lies beside."""
    data = texts.buffers()[2]
    if data is None:
        return False
    content = data.to_pybytes()
    return any(bytes([character]) in content for character in characters)
