"""The accessors of pandas: every dtype, what results look like, and what is refused."""

import datetime as dt
import math
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import colstats as cs
import colstats.pandas
from colstats.distributed import STATISTICS

NS = pd.to_datetime(pd.Series([120, 121, None, 410]), unit="ns")
PARIS = pd.Series(pd.to_datetime(["2020-01-01", None, "2020-01-03"])).dt.tz_localize("Europe/Paris")
#: A series, and its count, min, max and mean.
SERIES: dict[str, tuple[Any, int, Any, Any, Any]] = {
    "float64": (pd.Series([1.5, math.nan, 4.5]), 2, 1.5, 4.5, 3.0),
    "float32": (pd.Series([1.5, math.nan, 4.5], dtype="float32"), 2, 1.5, 4.5, 3.0),
    "int8": (pd.Series([1, 2, 6], dtype="int8"), 3, 1, 6, 3.0),
    "uint64": (pd.Series([2**64 - 1], dtype="uint64"), 1, 2**64 - 1, 2**64 - 1, 2.0**64),
    "bool": (pd.Series([True, False]), 2, False, True, 0.5),
    "Int64": (pd.Series([2**62 + 1, None], dtype="Int64"), 1, 2**62 + 1, 2**62 + 1, 2.0**62),
    "Float64": (pd.Series([1.5, None, 4.5], dtype="Float64"), 2, 1.5, 4.5, 3.0),
    "boolean": (pd.Series([True, None], dtype="boolean"), 1, True, True, 1.0),
    "double[pyarrow]": (pd.Series([1.5, None], dtype="double[pyarrow]"), 1, 1.5, 1.5, 1.5),
    "decimal[pyarrow]": (
        pd.Series([Decimal("1.50"), None], dtype=pd.ArrowDtype(pa.decimal128(5, 2))),
        1, Decimal("1.50"), Decimal("1.50"), 1.5,
    ),
    "object of decimals": (
        pd.Series([Decimal("0.1"), None, Decimal("0.3")]),
        2, Decimal("0.1"), Decimal("0.3"), 0.2,
    ),
    "object of ints": (pd.Series([1, None, 5], dtype=object), 2, 1, 5, 3.0),
    "object of dates": (
        pd.Series([dt.date(2020, 1, 1), dt.date(2020, 1, 3)]),
        2, dt.date(2020, 1, 1), dt.date(2020, 1, 3), pd.Timestamp("2020-01-02"),
    ),
    "only None": (pd.Series([None, None], dtype=object), 0, None, None, None),
    "category of numbers": (pd.Series([1, 5, 5, None], dtype="category"), 3, 1, 5, 11 / 3),
    "sparse": (pd.Series(pd.arrays.SparseArray([0.0, 0.0, 3.0])), 3, 0.0, 3.0, 1.0),
    "datetime64[ns]": (
        NS, 3, pd.Timestamp(120), pd.Timestamp(410), pd.Timestamp(217),
    ),
    "datetime64[us, tz]": (
        PARIS, 2, PARIS[0], PARIS[2], pd.Timestamp("2020-01-02", tz="Europe/Paris"),
    ),
    "timedelta64[ns]": (
        pd.Series(pd.to_timedelta([120, 121, 410])), 3,
        pd.Timedelta(120), pd.Timedelta(410), pd.Timedelta(217),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SERIES)
def test_every_dtype(name: str) -> None:
    series, count, low, high, mean = SERIES[name]
    answers = series.colstats
    assert answers.count() == count
    assert (answers.min(), answers.max(), answers.mean()) == (low, high, mean)
    assert type(answers.max()) is type(high)
    frame = pd.DataFrame({"a": series, "b": series})
    for statistic, expected in (("count", count), ("max", high), ("mean", mean)):
        found = getattr(frame.colstats, statistic)()
        assert list(found.index) == ["a", "b"]
        for value in found:
            assert value == expected or (pd.isna(value) and expected is None)


def test_sums_are_exact_integers() -> None:
    assert pd.Series([2**62] * 3).colstats.sum() == 3 * 2**62
    assert pd.Series([2**62] * 3).sum() != 3 * 2**62  # what pandas gives
    frame = pd.DataFrame({"a": [2**62] * 3, "b": [1, 2, 3]})
    assert frame.colstats.sum().tolist() == [3 * 2**62, 6]
    by = frame.colstats.sum(by="b")
    assert by["a"].dtype == "int64"
    assert by["a"].tolist() == [2**62] * 3


@given(st.lists(st.floats() | st.none()), st.sampled_from([True, False]))
def test_floats_have_the_bits_of_colstats(values: list[float | None], skip: bool) -> None:
    series = pd.Series(values, dtype="float64")
    array = pa.array(series.to_numpy(), from_pandas=False)
    for name in STATISTICS:
        found = getattr(series.colstats, name)(skip_nans=skip)
        expected = getattr(cs, name)(array, skip_nans=skip)
        assert np.float64(found).tobytes() == np.float64(expected).tobytes() or found is expected


def test_nan_is_missing_and_ddof_is_zero_by_default() -> None:
    series = pd.Series([1.0, math.nan, 3.0])
    assert series.colstats.std() == 1.0
    assert series.colstats.std(ddof=1) == series.std()
    assert math.isnan(series.colstats.std(skip_nans=False))
    assert series.colstats.count() == series.count() == 2
    for accessor in (colstats.pandas.SeriesStatistics, colstats.pandas.FrameStatistics):
        documentation = accessor.stddev.__doc__ or ""
        assert "ddof=0" in documentation
        assert "skip_nans=True" in documentation
        assert "In pandas' own ``std`` and ``var``, ``ddof`` is 1" in documentation


def test_results_keep_every_digit() -> None:
    frame = pd.DataFrame(
        {
            "n": pd.Series([2**62 + 1, None], dtype="Int64"),
            "none": pd.Series([None, None], dtype="Int64"),
        }
    )
    largest = frame.colstats.max()
    assert largest.dtype == "Int64"
    assert largest["n"] == 2**62 + 1
    assert largest["none"] is pd.NA
    frame["x"] = [1.5, 2.5]
    mixed = frame.colstats.max()
    assert mixed.dtype == object
    assert mixed.tolist() == [2**62 + 1, None, 2.5]
    assert frame.colstats.mean().dtype == "float64"
    assert frame.colstats.count().dtype == "int64"
    assert pd.DataFrame({"at": NS}).colstats.max().dtype == "datetime64[ns]"


def test_labels_of_every_kind() -> None:
    values = np.arange(8.0).reshape(2, 4)
    double = pd.DataFrame(values, columns=["a", "b", "a", "c"])
    assert double.colstats.max().to_list() == [4.0, 5.0, 6.0, 7.0]
    assert list(double.colstats.max(columns=["a"]).index) == ["a", "a"]
    levels = pd.MultiIndex.from_product([["x", "y"], [1, 2]])
    nested = pd.DataFrame(values, columns=levels, index=["r", "s"])
    assert nested.colstats.min().index.equals(levels)
    assert nested.colstats.min(columns=[("y", 1)]).to_dict() == {("y", 1): 2.0}
    numbers = pd.DataFrame(values)
    assert numbers.colstats.max(columns=[3, 0]).to_dict() == {3: 7.0, 0: 4.0}
    by = numbers.colstats.max(by=0)
    assert by.index.name == 0
    assert by.columns.tolist() == [1, 2, 3]
    assert pd.DataFrame().colstats.mean().empty


def test_groups_are_indexed_by_their_keys() -> None:
    frame = pd.DataFrame(
        {
            "k": ["b", "a", "b", None],
            "y": [2020, 2020, 2021, 2021],
            "x": [1.5, math.nan, 2.5, 4.0],
            "n": pd.Series([1, None, 2**62, 5], dtype="Int64"),
        }
    )
    by = frame.colstats.sum(by="k")
    assert by.columns.tolist() == ["y", "x", "n"]
    assert by.index.tolist()[:2] == ["a", "b"]
    assert pd.isna(by.index[2])
    assert by["y"].tolist() == [2020, 4041, 2021]
    assert by["n"].tolist() == [pd.NA, 2**62 + 1, 5]
    assert by["x"].tolist()[1:] == [4.0, 4.0]
    assert np.isnan(by["x"].iloc[0])
    two = frame.colstats.mean(by=["y", "k"], columns=["x"])
    assert two.index.names == ["y", "k"]
    assert two.loc[(2021, "b"), "x"] == 2.5
    reference = frame.groupby("k", dropna=False)["x"].mean()
    assert by.index.equals(reference.index)
    times = pd.DataFrame({"k": [1, 1, 2], "at": NS[[0, 1, 3]]}).colstats.max(by="k")
    assert times["at"].tolist() == [pd.Timestamp(121), pd.Timestamp(410)]


def test_descriptions_and_states() -> None:
    frame = pd.DataFrame({"x": [1.0, math.nan], "s": ["a", None], "o": [1, "b"]})
    described = frame.colstats.describe()
    assert [described[i]["name"] for i in range(3)] == ["x", "s", "o"]
    assert (described[0]["count"], described[0]["mean"]) == (1, 1.0)
    assert (described[2]["count"], described[2]["mean"]) == (2, None)
    assert described[1]["nulls"] == 1
    assert frame["x"].colstats.describe(skip_nans=False)[0]["nans"] == 1
    states = frame[["x", "s"]].colstats.moments()
    assert states["x"].count(skip_nans=True) == 1
    assert (frame["x"].colstats.moments() + cs.moments([3.0])).mean(skip_nans=True) == 2.0
    grouped = frame[["x", "s"]].colstats.moments(by="s")
    assert len(grouped) == 2


@pytest.mark.parametrize(
    ("series", "why"),
    [
        (pd.Series(["a"], name="s"), "'s': cannot compute the mean of .*string"),
        (pd.Series([1, "a"], name="s"), "'s': not all values of dtype object are of one type"),
        (
            pd.Series(["a"], dtype="category", name="s"),
            "'s': cannot compute the mean of dictionary",
        ),
        (pd.Series([1j], name="s"), "'s': .*complex128"),
        (pd.Series(pd.period_range("2020", periods=1, freq="D"), name="s"), "'s': period.* not nu"),
        (pd.Series(pd.interval_range(0, 1), name="s"), "'s': interval.* not numbers"),
        (pd.Series([[1]], name="s"), "'s': cannot compute the mean of list"),
        (pd.Series([object()], name="s"), "'s': not all values of dtype object"),
        (pd.Series([2**70, 1], name="s"), "'s': not all values of dtype object.*pandas.to_numeric"),
    ],
)
def test_what_has_no_statistics_is_refused_by_name(series: Any, why: str) -> None:
    with pytest.raises(TypeError, match=why) as refused:
        series.colstats.mean()
    assert "columns=" not in str(refused.value)
    with pytest.raises(TypeError, match=f"(?s){why}.*numeric_only=True"):
        series.to_frame().colstats.mean()
    assert series.to_frame().colstats.mean(numeric_only=True).empty


def test_arguments_are_checked() -> None:
    frame = pd.DataFrame({"x": [1.0], "y": [2.0]})
    with pytest.raises(KeyError, match=r"no column 'z'; there are: \['x', 'y'\]"):
        frame.colstats.mean(columns=["z"])
    with pytest.raises(KeyError, match="no column 'z'"):
        frame.colstats.mean(by="z")
    with pytest.raises(TypeError, match=r"columns=\['x'\]"):
        frame.colstats.mean(columns="x")
    with pytest.raises(TypeError, match="unexpected keyword argument 'skipna'"):
        frame.colstats.mean(skipna=True)
    with pytest.raises(ValueError, match="ddof must not be negative"):
        frame.colstats.std(ddof=-1)


def test_memory_is_read_where_it_lies() -> None:
    values = np.arange(12.0).reshape(4, 3)
    frame = pd.DataFrame(values, columns=["a", "b", "c"], copy=False)
    for position in range(3):
        column = colstats.pandas._column(frame.iloc[:, position])
        assert np.shares_memory(column, values)
    whole = pd.Series([1, 2, 3], dtype="Int64")
    assert np.shares_memory(colstats.pandas._column(whole), whole.to_numpy())
    arrow = pd.Series([1.5, 2.5], dtype="double[pyarrow]")
    address = arrow.array.__arrow_array__().chunk(0).buffers()[1].address
    chunks = colstats.pandas._column(arrow)
    chunk = chunks.chunk(0) if isinstance(chunks, pa.ChunkedArray) else chunks
    assert chunk.buffers()[1].address == address
