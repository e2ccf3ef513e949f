"""Columns in nanoseconds give `colstats.times`, which keep every digit."""

import copy
import datetime as dt
import operator
import pickle
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import colstats as cs
from colstats.times import Duration, TimeOfDay, Timestamp

NOW = 1_700_000_000_123_456_789
PARIS = ZoneInfo("Europe/Paris")
ORDER = (operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge)

ticks = st.integers(-(2**70), 2**70)
moments = st.datetimes(timezones=st.none() | st.just(dt.UTC) | st.just(PARIS))
spans = st.timedeltas()


def test_an_extreme_is_one_of_the_values() -> None:
    column = pa.array([NOW, NOW + 1, NOW + 2], pa.timestamp("ns"))
    low, high = cs.min(column), cs.max(column)
    assert (low.nanoseconds, high.nanoseconds) == (NOW, NOW + 2)
    assert low < high
    assert str(high) == "2023-11-14 22:13:20.123456791"
    assert cs.mean(column).nanoseconds == NOW + 1


def test_short_durations_do_not_vanish() -> None:
    column = pa.array([120, 230, 410], pa.duration("ns"))
    assert cs.mean(column) == Duration(round(Fraction(760, 3)))
    assert cs.max(column).nanoseconds == 410
    assert cs.stddev(column).nanoseconds == 120  # of 14422.2, the root
    assert cs.sum(column).total_seconds() == 760e-9


def test_whole_microseconds_are_of_the_same_classes() -> None:
    assert type(cs.max(pa.array([5000], pa.timestamp("ns")))) is Timestamp
    assert type(cs.sum(pa.array([5000], pa.duration("ns")))) is Duration
    assert type(cs.max(pa.array([5000], pa.time64("ns")))) is TimeOfDay
    assert cs.max(pa.array([5000], pa.timestamp("ns"))) == dt.datetime(1970, 1, 1, 0, 0, 0, 5)


def test_groups_and_summaries_keep_every_digit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    table = pa.table({"t": pa.array([NOW, NOW + 1], pa.timestamp("ns")), "x": [1.0, 2.0]})
    assert len({str(cs.describe(table, by="t")[i]["t"]) for i in (0, 1)}) == 2
    summary = cs.describe(table)
    assert summary["t"]["min"] == Timestamp(NOW)
    assert "2023-11-14 22:13:20.123456789" in str(summary)
    exported = pa.record_batch(summary).to_pylist()[0]
    assert exported["min"] == "2023-11-14 22:13:20.123456789"
    assert exported["max"] == "2023-11-14 22:13:20.123456790"


@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Paris"])
def test_pandas_columns(zone: str | None) -> None:
    series = pd.Series(pd.to_datetime([NOW, NOW + 3], unit="ns", utc=True)).dt.tz_convert(zone)
    assert series.dt.unit == "ns"
    assert cs.max(series) == series.max()
    assert cs.max(series).to_pandas() == series.max()
    assert (series == cs.max(series)).tolist() == [False, True]
    assert (series - cs.min(series)).tolist() == [pd.Timedelta(0), pd.Timedelta(3, unit="ns")]
    assert (cs.max(series) - series).max() == pd.Timedelta(3, unit="ns")
    scores = (series - cs.mean(series)) / cs.stddev(series)
    assert scores.tolist() == [-0.5, 1.0]  # of 1.5 each: rounded to even nanoseconds
    assert (series.to_frame("t") == cs.max(series))["t"].tolist() == [False, True]


def test_numpy_arrays() -> None:
    array = np.array([NOW, NOW + 4], "datetime64[ns]")
    assert cs.max(array) == array.max()
    assert array.max() == cs.max(array)
    assert cs.max(array).to_numpy() == array.max()
    assert (array - cs.mean(array)).tolist() == [-2, 2]
    assert ((array - cs.mean(array)) / cs.stddev(array)).tolist() == [-1.0, 1.0]
    assert np.asarray(cs.stddev(array)).dtype == "timedelta64[ns]"
    assert (array >= cs.max(array)).tolist() == [False, True]


@given(ticks, ticks)
def test_order_is_that_of_the_numbers(one: int, other: int) -> None:
    for compare in ORDER:
        assert compare(Timestamp(one), Timestamp(other)) == compare(one, other)
        assert compare(Duration(one), Duration(other)) == compare(one, other)


@given(moments, st.integers(-2, 2))
def test_timestamps_compare_with_datetimes(moment: dt.datetime, offset: int) -> None:
    epoch = dt.datetime(1970, 1, 1, tzinfo=None if moment.tzinfo is None else dt.UTC)
    exact = (moment - epoch) // dt.timedelta(microseconds=1) * 1000
    ours = Timestamp(exact + offset, moment.tzinfo)
    for compare in (operator.lt, operator.le, operator.gt, operator.ge):
        assert compare(ours, moment) == compare(offset, 0)
        assert compare(moment, ours) == compare(0, offset)
    if ours == moment:
        assert offset == 0
        assert hash(ours) == hash(moment)
    second = moment.fold and moment.utcoffset() != moment.replace(fold=0).utcoffset()
    assert (moment == ours) == (ours == moment) == (offset == 0 and not second)
    if offset == 0 and not moment.fold:
        # Clocks that are put forward skip some moments; the same one has another name then.
        skipped = moment.tzinfo is not None and (
            moment.astimezone(dt.UTC).astimezone(moment.tzinfo).replace(tzinfo=None)
            != moment.replace(tzinfo=None)
        )
        assert (ours.to_datetime() == moment) != skipped


@given(spans, st.integers(-2, 2))
def test_durations_compare_with_timedeltas(span: dt.timedelta, offset: int) -> None:
    ours = Duration(span // dt.timedelta(microseconds=1) * 1000 + offset)
    for compare in ORDER:
        assert compare(ours, span) == compare(offset, 0)
        assert compare(span, ours) == compare(0, offset)
    assert offset or (hash(ours) == hash(span) and ours.to_timedelta() == span)
    assert (ours - span) == (ours + -span) == -(span - ours) == Duration(offset)


@given(st.times(), st.integers(-2, 2))
def test_times_of_day_compare_with_times(clock: dt.time, offset: int) -> None:
    since = dt.datetime.combine(dt.date(1970, 1, 1), clock) - dt.datetime(1970, 1, 1)
    tick = since // dt.timedelta(microseconds=1) * 1000 + offset
    if not 0 <= tick < 86_400 * 10**9:
        with pytest.raises(ValueError, match="no time of day"):
            TimeOfDay(tick)
        return
    for compare in ORDER:
        assert compare(TimeOfDay(tick), clock) == compare(offset, 0)
        assert compare(clock, TimeOfDay(tick)) == compare(0, offset)
    assert offset or (hash(TimeOfDay(tick)) == hash(clock) and TimeOfDay(tick).to_time() == clock)


@given(st.integers(-(2**62), 2**62))
def test_values_of_pandas_are_the_same(tick: int) -> None:
    for ours in (Duration(tick), Timestamp(tick), Timestamp(tick, PARIS)):
        theirs = ours.to_pandas()
        assert ours == theirs
        assert theirs == ours
        assert hash(ours) == hash(theirs)
        assert ours.to_numpy().astype(int) == tick


def test_naive_and_aware_timestamps_are_neither_equal_nor_ordered() -> None:
    for other in (Timestamp(NOW, dt.UTC), dt.datetime.now(dt.UTC)):
        assert Timestamp(NOW) != other
        with pytest.raises(TypeError, match="not supported between"):
            Timestamp(NOW) < other  # noqa: B015
        with pytest.raises(TypeError, match="unsupported operand"):
            Timestamp(NOW) - other
    assert Timestamp(NOW, PARIS) == Timestamp(NOW, dt.UTC)
    assert len({Timestamp(NOW, PARIS), Timestamp(NOW, dt.UTC)}) == 1


@given(ticks, ticks, st.integers(-1000, 1000).filter(bool))
def test_arithmetic(one: int, other: int, number: int) -> None:
    moment, span = Timestamp(one), Duration(other)
    assert moment + span == span + moment == Timestamp(one + other)
    assert moment - span == Timestamp(one - other)
    assert Timestamp(one) - Timestamp(other) == Duration(one - other)
    assert span * number == number * span == Duration(other * number)
    assert span / number == Duration(round(Fraction(other, number)))
    assert span * 0.1 == Duration(round(other * Fraction(0.1)))
    assert abs(span) == Duration(abs(other))
    assert bool(span) == bool(other)
    assert span.total_seconds() == other / 10**9
    if one:
        assert span / Duration(one) == other / one


def test_arithmetic_with_datetime() -> None:
    day, nano = dt.timedelta(1), Duration(1)
    assert dt.datetime(1970, 1, 2) - nano == Timestamp(86_400 * 10**9 - 1)
    assert dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + nano == Timestamp(1, PARIS)
    assert Timestamp(1) - dt.datetime(1970, 1, 1) == nano
    assert dt.datetime(1970, 1, 1) - Timestamp(1) == -nano
    assert day + nano == nano + day == Duration(86_400 * 10**9 + 1)
    assert day - nano == -(nano - day)
    assert day / nano == 86_400 * 10**9
    assert sum([nano, nano], dt.timedelta(0)) == Duration(2)
    for bad in (1, "1", None):
        with pytest.raises(TypeError):
            nano + bad
        with pytest.raises(TypeError):
            Timestamp(0) - bad
    with pytest.raises(TypeError):
        nano * "1"


def test_texts_have_nine_digits() -> None:
    assert str(Timestamp(0)) == "1970-01-01 00:00:00.000000000"
    assert str(Timestamp(-1)) == "1969-12-31 23:59:59.999999999"
    assert Timestamp(NOW, PARIS).isoformat() == "2023-11-14T23:13:20.123456789+01:00"
    assert repr(Timestamp(NOW)) == "<colstats.Timestamp 2023-11-14 22:13:20.123456789>"
    assert f"{Timestamp(NOW):%H.%f %%f %%%f}" == "22.123456789 %f %123456789"
    assert f"{Timestamp(0):>31}" == "  1970-01-01 00:00:00.000000000"
    assert str(Duration(120)) == "0:00:00.000000120"
    assert str(Duration(-120)) == "-1 day, 23:59:59.999999880"
    assert str(Duration(10 * 3600 * 10**9)) == "10:00:00.000000000"
    assert str(Duration(3 * 86_400 * 10**9 + 1)) == "3 days, 0:00:00.000000001"
    assert str(TimeOfDay(1)) == f"{TimeOfDay(1)}" == "00:00:00.000000001"
    assert f"{TimeOfDay(1):%S.%f}" == "00.000000001"
    assert f"{Duration(1):>20}|" == "   0:00:00.000000001|"


@given(spans)
def test_durations_print_as_timedeltas(span: dt.timedelta) -> None:
    text = str(Duration(span // dt.timedelta(microseconds=1) * 1000))
    assert text.removesuffix("000" if span.microseconds else ".000000000") == str(span)


@pytest.mark.parametrize(
    "value", [Timestamp(NOW), Timestamp(NOW, PARIS), Duration(7), TimeOfDay(7)]
)
def test_values_are_immutable_and_copied(value: Any) -> None:
    for same in (pickle.loads(pickle.dumps(value)), copy.copy(value), copy.deepcopy(value)):
        assert same == value
        assert str(same) == str(value)
    with pytest.raises(AttributeError, match="immutable"):
        value.nanoseconds = 1
    with pytest.raises(AttributeError, match="immutable"):
        del value.nanoseconds
    with pytest.raises(AttributeError):
        value.other = 1


def test_digits_are_only_lost_on_request() -> None:
    with pytest.raises(ValueError, match=r"digits below a microsecond.*round=True"):
        Timestamp(NOW).to_datetime()
    with pytest.raises(ValueError, match="round=True"):
        Duration(1).to_timedelta()
    with pytest.raises(ValueError, match="round=True"):
        TimeOfDay(1).to_time()
    assert Timestamp(2500).to_datetime(round=True) == dt.datetime(1970, 1, 1, 0, 0, 0, 2)
    assert Duration(3500).to_timedelta(round=True) == dt.timedelta(microseconds=4)
    assert TimeOfDay(1499).to_time(round=True) == dt.time(0, 0, 0, 1)
    with pytest.raises(ValueError, match="midnight of the next day"):
        TimeOfDay(86_400 * 10**9 - 1).to_time(round=True)


def test_fields() -> None:
    moment = Timestamp(NOW, PARIS)
    fields = ("year", "month", "day", "hour", "minute", "second", "microsecond", "nanosecond")
    assert [getattr(moment, field) for field in fields] == [2023, 11, 14, 23, 13, 20, 123456, 789]
    assert moment.date() == dt.date(2023, 11, 14)
    assert moment.utcoffset() == dt.timedelta(hours=1)
    clock = TimeOfDay(NOW % (86_400 * 10**9))
    assert [getattr(clock, field) for field in fields[3:]] == [22, 13, 20, 123456, 789]


def test_values_of_any_size() -> None:
    huge = 10**30
    assert str(Timestamp(huge)) == f"{huge} ns since 1970"
    assert hash(Timestamp(huge)) == hash(Timestamp(huge))
    with pytest.raises(ValueError, match="years 1 to 9999"):
        Timestamp(huge).to_datetime()
    with pytest.raises(ValueError, match="999,999,999 days"):
        Duration(huge).to_timedelta()
    with pytest.raises(ValueError, match="64 bits"):
        Duration(huge).to_numpy()
    assert str(Duration(huge)).startswith("11574074074074074 days, ")
