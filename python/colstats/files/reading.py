"""How text files are to be read, as users say it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

#: Words that stand for a null, unless a file quotes them: those of pandas but for the spellings of
#: NaN, which is a value. An empty field is a null too, as in pandas, polars and DuckDB.
NULL_WORDS = ("NA", "N/A", "n/a", "#N/A", "#N/A N/A", "#NA", "<NA>", "NULL", "null", "None")


@dataclass(frozen=True)
class Reading:
    """What users say about their CSV files; other files say these things themselves."""

    #: The character between fields; by default a comma, or a tab in .tsv files.
    delimiter: str | None = None
    #: Unquoted fields that are nulls, beside the empty one.
    null_words: tuple[str, ...] = NULL_WORDS
    #: The types of columns, by name; all others are inferred from the whole file.
    types: Mapping[str, pa.DataType] = field(default_factory=dict)
    #: Whether the first line has the names of the columns; else they are f0, f1, ...
    header: bool = True
    #: The types of all other columns, if they have been inferred, and the bytes of the blocks that
    #: it took to read the longest line.
    inferred: Mapping[str, pa.DataType] = field(default_factory=dict)
    block: int = 0


#: Types that have parameters, as colstats prints them; pyarrow knows the names of all others.
DECIMAL = re.compile(r"decimal(32|64|128|256)\((\d+), ?(-?\d+)\)")
ZONED = re.compile(r"timestamp\[(s|ms|us|ns), ?(?:tz=)?([^]]+)\]")


def type_named(name: str) -> pa.DataType:
    """Return the type of a name; raises `ValueError` if there is none.

    >>> type_named("decimal128(38, 2)"), type_named("timestamp[us, tz=UTC]"), type_named("float32")
    (Decimal128Type(decimal128(38, 2)), TimestampType(timestamp[us, tz=UTC]), DataType(float))
    """
    if found := DECIMAL.fullmatch(name):
        make = getattr(pa, f"decimal{found[1]}")
        return make(int(found[2]), int(found[3]))
    if found := ZONED.fullmatch(name):
        return pa.timestamp(found[1], found[2])
    return pa.type_for_alias(name)
