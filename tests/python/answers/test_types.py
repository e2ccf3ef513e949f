"""Every type in every layout: all answers equal exact Python arithmetic.

The values of a column are integers in the unit of its type, or floats. The expected answers are
computed with fractions, and rounded once.
"""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pyarrow as pa
import pytest

import colstats as cs
from support import reference
from support.arrow_types import KINDS, LAYOUTS, Kind, Values, with_nulls
from support.reference import nearest_root, same_bits

EVERY_KIND = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.type))


def is_temporal(kind: pa.DataType) -> bool:
    return pa.types.is_temporal(kind)


def wanted(statistic: str, kind: pa.DataType, values: Values, ddof: int = 0) -> Any:
    """Return the expected answer: a float, an int of ticks, or a Decimal."""
    kept = [value for value in values if value is not None]
    if statistic == "count":
        return len(kept)
    if not kept or (statistic in ("variance", "stddev") and len(kept) <= ddof):
        return None
    if pa.types.is_decimal(kind):
        return of_decimals(statistic, kind, kept, ddof)
    if is_temporal(kind):
        return of_ticks(statistic, kind, kept, ddof)
    options = {"ddof": ddof} if statistic in ("variance", "stddev") else {}
    return reference.expected(statistic, values, **options)


def spread(kept: list[int], ddof: int) -> Fraction:
    count, total = len(kept), sum(kept)
    squares = sum(value * value for value in kept)
    return Fraction(count * squares - total * total, count * (count - ddof))


def of_decimals(statistic: str, kind: pa.DataType, kept: list[int], ddof: int) -> Any:
    unit = Fraction(10) ** -kind.scale
    if statistic in ("sum", "min", "max"):
        choose = {"sum": sum, "min": min, "max": max}[statistic]
        return Decimal(f"{choose(kept)}E{-kind.scale}")
    if statistic == "mean":
        return reference.to_float(Fraction(sum(kept), len(kept)) * unit)
    finish = reference.to_float if statistic == "variance" else reference.root_to_float
    return finish(spread(kept, ddof) * unit**2)


def of_ticks(statistic: str, kind: pa.DataType, kept: list[int], ddof: int) -> int:
    finer = 86_400 if pa.types.is_date32(kind) else 1
    if statistic == "mean":
        return round(Fraction(sum(kept) * finer, len(kept)))
    if statistic == "stddev":
        return nearest_root(spread(kept, ddof) * finer**2)
    return {"sum": sum, "min": min, "max": max}[statistic](kept)


def ticks(answer: pa.Array) -> Any:
    """Return the answer for a table in units of its type."""
    if is_temporal(answer.type):
        return answer.cast(pa.type_for_alias(f"int{answer.type.bit_width}"))[0].as_py()
    return answer[0].as_py()


def questions(kind: pa.DataType) -> list[tuple[str, dict[str, int]]]:
    """Return the statistics of a type, with options."""
    left_out = set()
    if is_temporal(kind):
        left_out = {"variance"} if pa.types.is_duration(kind) else {"variance", "sum"}
    return [question for question in reference.QUESTIONS if question[0] not in left_out]


def fits(want: object, kind: pa.DataType) -> bool:
    """Whether a sum fits its Arrow result type."""
    if isinstance(want, Decimal):
        most = 76 if pa.types.is_decimal256(kind) else 38
        return len(want.as_tuple().digits) <= most
    return not pa.types.is_duration(kind) or abs(want or 0) < 2**63


def assert_answers(data: Any, kind: pa.DataType, values: Values) -> None:
    """Check the answers for the column and for a table that holds it."""
    for statistic, options in questions(kind):
        want = wanted(statistic, kind, values, **options)
        if not is_temporal(kind):
            for ask in (getattr(cs, statistic), lambda d, s=statistic, **o: method(d, s, o)):
                got = ask(data, **options)
                assert same_bits(got, want), f"{statistic}({options}) is {got!r}, not {want!r}"
        assert_row(statistic, pa.table({"x": data}), kind, want, options)


def method(data: object, statistic: str, options: dict[str, int]) -> object:
    return getattr(cs.Column(data), statistic)(**options)


def assert_row(
    statistic: str, table: Any, kind: pa.DataType, want: Any, options: dict[str, int]
) -> None:
    ask = getattr(cs, statistic)
    if statistic == "sum" and not fits(want, kind):
        with pytest.raises(ValueError, match=r'"x".*sum does not fit'):
            ask(table, **options)
        return
    answer = pa.record_batch(ask(table, **options)).column("x")
    got = ticks(answer)
    got = int(got) if isinstance(got, Decimal) and isinstance(want, int) else got
    assert same_bits(got, want), f"{statistic}({options}) of a table is {got!r}, not {want!r}"


@EVERY_KIND
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("period", [3, 1000])
def test_every_type_in_every_layout(kind: Kind, layout: str, period: int) -> None:
    values = with_nulls(kind.values, period)
    data, rows = LAYOUTS[layout](kind.array(values), values)
    assert len(data) == len(rows)
    assert_answers(data, kind.type, rows)


STRUCT_LAYOUTS = ["array", "slice", "extension", "dictionary, int8", "runs, int32", "runs, sliced"]


@EVERY_KIND
@pytest.mark.parametrize("layout", STRUCT_LAYOUTS)
def test_nulls_and_offsets_of_structs(kind: Kind, layout: str) -> None:
    values = with_nulls(kind.values, 4)
    data, rows = LAYOUTS[layout](kind.array(values), values)
    mask = [i % 5 == 2 for i in range(len(rows))]
    masked = [None if hidden else value for value, hidden in zip(rows, mask, strict=True)]
    whole = pa.StructArray.from_arrays([data], names=["x"], mask=pa.array(mask))
    for struct, left in ((whole, masked), (whole[3:-4], masked[3:-4])):
        chunks = pa.chunked_array([struct[:2], struct[2:2], struct[2:]])
        for statistic, options in questions(kind.type):
            want = wanted(statistic, kind.type, left, **options)
            for table in (struct, chunks):
                assert_row(statistic, table, kind.type, want, options)


@EVERY_KIND
def test_constant_columns_have_zero_deviation(kind: Kind) -> None:
    value = kind.values[0]
    column = kind.array([value] * 5)
    assert ticks(pa.record_batch(cs.stddev(pa.table({"x": column}))).column(0)) == 0
    if not is_temporal(kind.type):
        assert same_bits(cs.stddev(column, ddof=1), 0.0)


@EVERY_KIND
def test_columns_without_values(kind: Kind) -> None:
    for values in ([], [None, None, None]):
        assert_answers(kind.array(values), kind.type, values)
    empty = kind.array([])
    assert cs.count(pa.DictionaryArray.from_arrays(pa.array([None], pa.int8()), empty)) == 0
    assert cs.min(pa.DictionaryArray.from_arrays(pa.array([None], pa.int8()), empty)) is None
