"""How text files are to be read, as users say it."""

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
