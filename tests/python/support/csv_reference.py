"""What a column of CSV is, the slow and obvious way: Python's numbers, and one rule at a time.

It shares nothing with colstats but the list of null words.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

from colstats.files import NULL_WORDS

INTEGER = re.compile(r"[-+]?[0-9]+")
PLAIN = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)")
NUMBER = re.compile(rf"{PLAIN.pattern}([eE][-+]?[0-9]+)?|[-+]?(inf|nan)", re.IGNORECASE)
DATE = re.compile(r"\d{4}-\d\d-\d\d")
MOMENT = re.compile(rf"{DATE.pattern}([ T]\d\d:\d\d(:\d\d(\.(\d+))?)?)?")
TIME = re.compile(r"\d\d:\d\d(:\d\d(\.(\d+))?)?")


@dataclass(frozen=True)
class Field:
    """A field as it stands in the file."""

    text: str
    is_quoted: bool = False

    def written(self) -> str:
        return f'"{self.text}"' if self.is_quoted else self.text

    def value(self, is_text: bool) -> str | None:
        """Return the text, or None for a null."""
        is_word = self.text.strip() in ("", *NULL_WORDS)
        if is_text:
            return None if not self.is_quoted and self.text in ("", *NULL_WORDS) else self.text
        return None if is_word else self.text.strip()


def column(fields: Sequence[Field]) -> tuple[str, list[Any] | None]:
    """Return the type of a column, and its values (None: not compared)."""
    texts = [field.value(is_text=True) for field in fields]
    words = [field.value(is_text=False) for field in fields]
    known = [word for word in words if word is not None]
    if not any(text is not None for text in texts):
        return "null", texts
    found = typed(known) if known else None
    if not found:
        return "string", texts
    kind, convert = found
    return kind, convert and [None if word is None else convert(word) for word in words]


def typed(words: Sequence[str]) -> tuple[str, Any] | None:
    """Return the type of some words that are no nulls, and what converts one; None is text."""
    for rule in (integers, booleans, numbers, times):
        found = rule(words)
        if found:
            return found
    return None


def integers(words: Sequence[str]) -> tuple[str, Any] | None:
    if not all(map(INTEGER.fullmatch, words)):
        return None
    values = list(map(int, words))
    least, most = min(values), max(values)
    if least >= -(2**63) and most < 2**63:
        return "int64", int
    if least >= 0 and most < 2**64:
        return "uint64", int
    digits = max(len(str(abs(value))) for value in values)
    width = 128 if digits <= 38 else 256
    return (f"decimal{width}({38 if width == 128 else 76}, 0)", Decimal) if digits <= 76 else None


def booleans(words: Sequence[str]) -> tuple[str, Any] | None:
    is_word = all(word.lower() in ("true", "false") for word in words)
    return ("bool", lambda word: word.lower() == "true") if is_word else None


def numbers(words: Sequence[str]) -> tuple[str, Any] | None:
    if not all(map(NUMBER.fullmatch, words)) or all(map(INTEGER.fullmatch, words)):
        return None  # whole numbers that are no integers have too many digits
    if any(abs(float(word)) == float("inf") and "inf" not in word.lower() for word in words):
        return None
    rounded = [w for w in words if INTEGER.fullmatch(w) and int(float(w)) != int(w)]
    if rounded and all(map(PLAIN.fullmatch, words)):
        parts = [word.lstrip("+-").partition(".") for word in words]
        before, after = (max(len(part[i]) for part in parts) for i in (0, 2))
        if before + after <= 76:
            precision = 38 if before + after <= 38 else 76
            width = 128 if precision == 38 else 256
            return f"decimal{width}({precision}, {after})", Decimal
    return "double", float


def times(words: Sequence[str]) -> tuple[str, Any] | None:
    def unit(matches: Sequence[re.Match[str]], group: int) -> str:
        digits = max(len(match[group] or "") for match in matches)
        return "s" if not digits else "us" if digits <= 6 else "ns"

    if not all(map(is_day, filter(DATE.match, words))):
        return None
    if all(map(DATE.fullmatch, words)):
        return "date32[day]", None
    moments = [match for match in map(MOMENT.fullmatch, words) if match]
    if len(moments) == len(words):
        found = unit(moments, 4)
        is_far = any(not "1678" <= word[:4] <= "2261" for word in words)
        return None if found == "ns" and is_far else (f"timestamp[{found}]", None)
    hours = [match for match in map(TIME.fullmatch, words) if match]
    if len(hours) == len(words):
        found = unit(hours, 3)
        return f"time{32 if found == 's' else 64}[{found}]", None
    return None


def is_day(word: str) -> bool:
    try:
        return bool(date.fromisoformat(word[:10]))
    except ValueError:
        return False


#: Texts of each kind, to be mixed.
POOLS: tuple[tuple[str, ...], ...] = (
    ("0", "1", "-7", "+5", "007", " 3 ", "-0"),
    (str(2**53), str(-(2**53)), str(2**60)),
    (str(2**53 + 1), str(2**63 - 1), str(-(2**63))),
    (str(2**63), str(2**64 - 1)),
    (str(2**64), str(-(2**63) - 1), "9" * 38),
    ("9" * 39, "-" + "8" * 76),
    ("7" * 77,),
    ("1.5", ".25", "3.", "-0.0", "+2.75", "0.1234567890123456789"),
    ("1e5", "-2E-3", "nan", "inf", "-INF", "NaN"),
    ("1e400", "-1e999"),
    ("true", "False", "TRUE"),
    ("2024-02-29", "1999-12-31"),
    ("1500-01-01", "2300-06-01"),
    ("2024-02-29 10:30", "2024-02-29T10:30:59"),
    ("2024-02-29 10:30:00.5", "1970-01-01 00:00:00.000001"),
    ("2024-02-29 10:30:00.123456789", "1970-01-01 00:00:00.0000001"),
    ("10:30", "23:59:59"),
    ("10:30:00.25", "00:00:00.000001"),
    ("10:30:00.123456789",),
    ("text", "1_000", "0x1F", "1 2", "2024-02-30", "--1", "1.2.3", "e5", "ü"),
    ("", "NA", "null", "None", " NA "),
)


def fields(source: Random, count: int) -> list[Field]:
    """Make a column out of one to three kinds of texts, some of them quoted, and of nulls."""
    pools = [source.choice(POOLS) for _ in range(source.randint(1, 3))]
    if source.random() < 0.5:
        pools.append(POOLS[-1])
    quotes = source.choice((0.0, 0.1, 1.0))
    return [
        Field(source.choice(source.choice(pools)), source.random() < quotes) for _ in range(count)
    ]
