"""The types of results, and the options for missing values."""

import math
from typing import Any

import pyarrow as pa
import pytest

import colstats as cs
from support.reference import same_bits

STATISTICS = ["count", "sum", "mean", "variance", "stddev", "min", "max"]


def row(answer: Any) -> dict[str, object]:
    return pa.record_batch(answer).to_pylist()[0]


TEMPORAL = {
    "date": pa.date32(),
    "milliseconds": pa.date64(),
    "timestamp": pa.timestamp("ns", "UTC"),
    "time": pa.time64("us"),
    "duration": pa.duration("ms"),
}
NUMERIC = {
    "half": pa.float16(),
    "float": pa.float32(),
    "double": pa.float64(),
    "byte": pa.int8(),
    "long": pa.uint64(),
    "bool": pa.bool_(),
    "null": pa.null(),
}
ONE_TYPE = {
    "count": pa.int64(),
    "mean": pa.float64(),
    "variance": pa.float64(),
    "stddev": pa.float64(),
}


@pytest.mark.parametrize("values", [[], [None], [0, 1]])
@pytest.mark.parametrize("statistic", STATISTICS)
def test_result_types_do_not_depend_on_the_data(statistic: str, values: list[Any]) -> None:
    arrays = {
        name: pa.array(values if kind != pa.null() else [None] * len(values)).cast(kind)
        for name, kind in NUMERIC.items()
    }
    if statistic == "sum":
        floats = {"half", "float", "double"}
        expected = {n: pa.float64() if n in floats else pa.decimal128(38, 0) for n in NUMERIC}
    else:
        one = ONE_TYPE.get(statistic)
        expected = {name: one or kind for name, kind in NUMERIC.items()}
    got = pa.record_batch(getattr(cs, statistic)(pa.table(arrays)))
    assert dict(zip(got.schema.names, got.schema.types, strict=True)) == expected
    assert got.num_rows == 1
    assert all(field.nullable for field in got.schema)


RESULTS = {
    "count": dict.fromkeys(TEMPORAL, pa.int64()),
    "mean": TEMPORAL | {"date": pa.timestamp("s"), "milliseconds": pa.timestamp("ms")},
    "stddev": {
        "date": pa.duration("s"),
        "milliseconds": pa.duration("ms"),
        "timestamp": pa.duration("ns"),
        "time": pa.duration("us"),
        "duration": pa.duration("ms"),
    },
    "min": TEMPORAL,
    "max": TEMPORAL,
}


@pytest.mark.parametrize("values", [[], [None], [0, 86_400_000]])
@pytest.mark.parametrize("statistic", RESULTS)
def test_temporal_result_types(statistic: str, values: list[Any]) -> None:
    arrays = {name: pa.array(values, kind) for name, kind in TEMPORAL.items() if name != "date"}
    arrays["date"] = pa.array([value and 1 for value in values], pa.date32())
    got = pa.record_batch(getattr(cs, statistic)(pa.table(arrays)))
    assert dict(zip(got.schema.names, got.schema.types, strict=True)) == RESULTS[statistic]


def test_sums_in_a_table_are_exact() -> None:
    table = pa.table({"n": pa.array([2**64 - 1] * 3, pa.uint64())})
    assert int(row(cs.sum(table))["n"]) == 3 * (2**64 - 1)


@pytest.mark.parametrize("statistic", STATISTICS[1:])
def test_min_count(statistic: str) -> None:
    ask = getattr(cs, statistic)
    values = [1.0, None, 3.0]
    assert ask(values, min_count=2) is not None
    assert ask(values, min_count=3) is None
    assert ask(values, min_count=2**70) is None
    assert ask([1.0, math.nan], min_count=2) is not None
    assert ask([1.0, math.nan], min_count=2, skip_nans=True) is None
    for empty in ([], [None], pa.array([], pa.float64())):
        assert ask(empty) is None
    assert row(ask(pa.table({"x": values}), min_count=3)) == {"x": None}


def test_the_sum_of_no_values_is_zero_with_min_count_0() -> None:
    for values in ([], [None, None]):
        assert same_bits(cs.sum(pa.array(values, pa.float32()), min_count=0), 0.0)
        assert same_bits(cs.sum(pa.array(values, pa.int8()), min_count=0), 0)
        assert same_bits(cs.sum(pa.array(values, pa.bool_()), min_count=0), 0)
        for statistic in ("mean", "min", "max", "variance", "stddev"):
            ask = getattr(cs, statistic)
            assert ask(pa.array(values, pa.float64()), min_count=0) is None
    nans = [math.nan, math.nan]
    assert same_bits(cs.sum(nans, min_count=0, skip_nans=True), 0.0)


@pytest.mark.parametrize("statistic", STATISTICS[1:])
def test_nulls_and_nans(statistic: str) -> None:
    ask = getattr(cs, statistic)
    assert ask([2.0, None, 2.0]) == ask([2.0, 2.0])
    assert ask([2.0, None], skip_nulls=False) is None
    assert ask([2.0, 2.0], skip_nulls=False) == ask([2.0, 2.0])
    assert math.isnan(ask([2.0, math.nan, None]))
    assert ask([2.0, math.nan, 2.0], skip_nans=True) == ask([2.0, 2.0])
    assert ask([2.0, math.nan], skip_nans=True, skip_nulls=False) is None
    assert ask([math.nan, None], skip_nulls=False) is None


@pytest.mark.parametrize("statistic", ["variance", "stddev"])
def test_ddof(statistic: str) -> None:
    ask = getattr(cs, statistic)
    values = [1.0, 2.0, None, 3.0]
    assert ask(values, ddof=2) == {"variance": 2.0, "stddev": math.sqrt(2.0)}[statistic]
    for too_many in (3, 4, 2**63, 2**64, 2**70):
        assert ask(values, ddof=too_many) is None
    for wrong, error in ((-1, ValueError), (-(2**70), ValueError), (1.0, TypeError)):
        with pytest.raises(error, match="ddof"):
            ask(values, ddof=wrong)


def test_a_null_column_has_no_statistics() -> None:
    column = cs.Column(pa.nulls(3))
    assert (column.count(), column.null_count) == (0, 3)
    assert [getattr(column, name)() for name in STATISTICS[1:]] == [None] * 6
