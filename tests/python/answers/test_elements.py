"""Keys of groups as Python values: those of pyarrow, but exact where pyarrow is not."""

import datetime as dt
import math
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import colstats as cs
from colstats.times import TimeOfDay, Timestamp

DAY = dt.date(2024, 2, 29)
MOMENT = dt.datetime(2024, 2, 29, 12, 30, 0, 123_000)
TEXTS = ["", "a text of more than twelve bytes", "zwölf"]
BYTES = [b"", b"\x00\xff", b"bytes, more than twelve of them"]
DIGITS = Decimal("-12345678901234567890123456789.012345678")

KEYS: list[tuple[pa.DataType, list[Any]]] = [
    (pa.bool_(), [False, True]),
    *((kind, [-3, 0, 100]) for kind in (pa.int8(), pa.int16(), pa.int32())),
    (pa.int64(), [-(2**63), 2**53 + 1, 2**63 - 1]),
    *((kind, [0, 200]) for kind in (pa.uint8(), pa.uint16(), pa.uint32())),
    (pa.uint64(), [0, 2**64 - 1]),
    (pa.float16(), [-0.5, 2048.0]),
    (pa.float32(), [0.10000000149011612, float(2**100)]),
    (pa.float64(), [-math.inf, 0.1, math.inf]),
    (pa.decimal32(5, 2), [Decimal("-1.50"), Decimal("999.99")]),
    (pa.decimal64(18, 3), [Decimal("0.001"), Decimal("123456789012345.678")]),
    (pa.decimal128(38, 9), [DIGITS, Decimal("0E-9")]),
    (pa.decimal256(76, 9), [DIGITS * 10**20, Decimal("1.000000000")]),
    (pa.decimal128(3, -2), [Decimal("1.2E+3")]),
    (pa.date32(), [dt.date(1, 1, 1), DAY]),
    (pa.date64(), [DAY]),
    (pa.time32("s"), [dt.time(0), dt.time(23, 59, 59)]),
    (pa.time32("ms"), [dt.time(1, 2, 3, 4000)]),
    (pa.time64("us"), [dt.time(1, 2, 3, 4), dt.time(23, 59, 59, 999_999)]),
    (pa.timestamp("s"), [dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31)]),
    (pa.timestamp("ms"), [MOMENT]),
    (pa.timestamp("us", "Asia/Tokyo"), [MOMENT.astimezone(dt.UTC)]),
    (pa.timestamp("us", "-03:30"), [MOMENT.astimezone(dt.UTC)]),
    (pa.duration("s"), [dt.timedelta(-1), dt.timedelta(7)]),
    (pa.duration("us"), [dt.timedelta(microseconds=-1)]),
    *((kind, TEXTS) for kind in (pa.string(), pa.large_string(), pa.string_view())),
    *((kind, BYTES) for kind in (pa.binary(), pa.large_binary(), pa.binary_view())),
    (pa.binary(3), [b"abc", b"abd"]),
]


def keys(values: pa.Array) -> list[Any]:
    """Return the keys of the groups by these values."""
    table = pa.table({"k": values, "x": [0] * len(values)})
    summary = cs.describe(table, by="k")
    return [summary[i]["k"] for i in range(len(summary))]


@pytest.mark.parametrize(("kind", "values"), KEYS, ids=lambda value: str(value)[:30])
def test_keys_are_the_values(kind: pa.DataType, values: list[Any]) -> None:
    given = [np.float16(value) for value in values] if kind == pa.float16() else values
    found = keys(pa.array([*given, None], kind))
    assert found == [*values, None]
    assert [type(key) for key in found[:-1]] == [type(value) for value in values]
    if pa.types.is_timestamp(kind) and kind.tz:
        assert found[0].utcoffset() == pa.array(values, kind)[0].as_py().utcoffset()
    places = pa.array([*range(len(values)), None], pa.int8())
    assert keys(pa.DictionaryArray.from_arrays(places, pa.array(given, kind))) == [*values, None]


def test_keys_in_nanoseconds() -> None:
    assert keys(pa.array([1, 2], pa.timestamp("ns"))) == [Timestamp(1), Timestamp(2)]
    assert keys(pa.array([1, 2], pa.time64("ns"))) == [TimeOfDay(1), TimeOfDay(2)]


def test_a_date_with_a_part_of_a_day_keeps_it() -> None:
    noon = pa.array([0, 43_200_000, 86_400_000], pa.int64()).view(pa.date64())
    assert keys(noon) == [dt.date(1970, 1, 1), dt.datetime(1970, 1, 1, 12), dt.date(1970, 1, 2)]
    assert cs.max(noon[:2]) == dt.datetime(1970, 1, 1, 12)
    assert isinstance(cs.max(noon[:2]), dt.date)


def test_keys_of_nulls_and_nans() -> None:
    assert keys(pa.nulls(2)) == [None]
    assert math.isnan(keys(pa.array([math.nan, -math.nan]))[0])
