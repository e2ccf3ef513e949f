"""Dates, times, timestamps and durations: means have temporal types, and round half to even.

Answers for a column are objects of `datetime`, rounded to microseconds, and for columns in
nanoseconds objects of `colstats.times`; answers for a table are Arrow values in the unit of the
column. The reference computes in ticks: integers since the epoch, or since midnight.
"""

import datetime as dt
from fractions import Fraction
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

import colstats as cs
from colstats.times import Duration, TimeOfDay, Timestamp
from support.reference import nearest_root, same_bits

UNITS = {"s": 1, "ms": 1000, "us": 10**6, "ns": 10**9}
EVERY_UNIT = pytest.mark.parametrize("unit", UNITS)
TICKS: list[list[int | None]] = [
    [0, 1],
    [1, 2],
    [3, 4, None],
    [-1, 0],
    [-2, -1],
    [7, 8, 8],
    [None, 5],
    [1, 1001, 500, 0],
    [86_399, 86_398],
    [1_499, 500],
    [2_500],
    [3_500],
    [10**15, 10**15 + 1, -3],
]


def kept(ticks: list[int | None]) -> list[int]:
    return [tick for tick in ticks if tick is not None]


def mean(ticks: list[int | None]) -> Fraction:
    return Fraction(sum(kept(ticks)), len(kept(ticks)))


def variance(ticks: list[int | None]) -> Fraction:
    values = kept(ticks)
    return sum((value - mean(ticks)) ** 2 for value in values) / Fraction(len(values))


def finest(unit: str) -> int:
    """Return the ticks per second of answers for a unit: at least microseconds."""
    return max(UNITS[unit], 10**6)


def delta(ticks: Fraction | int, unit: str) -> dt.timedelta | Duration:
    """Convert ticks to a duration, rounded half to even."""
    rounded = round(Fraction(ticks) * finest(unit) / UNITS[unit])
    return Duration(rounded) if unit == "ns" else dt.timedelta(microseconds=rounded)


def deviation(ticks: list[int | None], unit: str) -> dt.timedelta | Duration:
    """Return the exact standard deviation, rounded once."""
    rounded = nearest_root(variance(ticks) * Fraction(finest(unit), UNITS[unit]) ** 2)
    return delta(rounded, "ns" if unit == "ns" else "us")


def moment(ticks: Fraction | int, unit: str) -> dt.datetime | Timestamp:
    elapsed = delta(ticks, unit)
    if isinstance(elapsed, Duration):
        return Timestamp(elapsed.nanoseconds)
    return dt.datetime(1970, 1, 1) + elapsed


def clock(ticks: Fraction | int, unit: str) -> dt.time | TimeOfDay:
    when = moment(ticks, unit)
    return TimeOfDay(when.nanoseconds) if isinstance(when, Timestamp) else when.time()


def of_table(statistic: str, column: pa.Array) -> tuple[pa.DataType, int | None]:
    """Return the type and the ticks of the answer for a table."""
    answer = pa.record_batch(getattr(cs, statistic)(pa.table({"t": column}))).column(0)
    return answer.type, answer.view(pa.int64()).cast(pa.int64())[0].as_py()


def assert_answer(statistic: str, column: pa.Array, want: object) -> None:
    got = getattr(cs, statistic)(column), getattr(cs.Column(column), statistic)()
    assert same_bits(got[0], want), f"{statistic} is {got[0]!r}, not {want!r}"
    assert same_bits(got[1], want)


@EVERY_UNIT
@pytest.mark.parametrize("ticks", TICKS, ids=str)
def test_timestamps(unit: str, ticks: list[int | None]) -> None:
    column = pa.array(ticks, pa.timestamp(unit))
    if abs(mean(ticks)) < UNITS[unit] * 10**11:
        assert_answer("mean", column, moment(mean(ticks), unit))
        assert_answer("min", column, moment(min(kept(ticks)), unit))
        assert_answer("max", column, moment(max(kept(ticks)), unit))
    assert of_table("mean", column) == (pa.timestamp(unit), round(mean(ticks)))
    assert of_table("max", column) == (pa.timestamp(unit), max(kept(ticks)))
    assert of_table("stddev", column) == (pa.duration(unit), nearest_root(variance(ticks)))
    assert cs.count(column) == len(kept(ticks))


@EVERY_UNIT
@pytest.mark.parametrize("ticks", TICKS[:-1], ids=str)
def test_durations(unit: str, ticks: list[int | None]) -> None:
    column = pa.array(ticks, pa.duration(unit))
    assert_answer("mean", column, delta(mean(ticks), unit))
    assert_answer("sum", column, delta(sum(kept(ticks)), unit))
    assert_answer("min", column, delta(min(kept(ticks)), unit))
    assert_answer("max", column, delta(max(kept(ticks)), unit))
    assert of_table("sum", column) == (pa.duration(unit), sum(kept(ticks)))
    assert of_table("mean", column) == (pa.duration(unit), round(mean(ticks)))
    assert of_table("stddev", column) == (pa.duration(unit), nearest_root(variance(ticks)))


@EVERY_UNIT
@pytest.mark.parametrize("ticks", [[0, 2, 4, 6], [5], [3, None, 10**12], [0, 999], [1, 2, 1000]])
def test_stddev_is_a_timedelta(unit: str, ticks: list[int | None]) -> None:
    for kind in (pa.timestamp(unit), pa.duration(unit), pa.timestamp(unit, "Asia/Tokyo")):
        assert_answer("stddev", pa.array(ticks, kind), deviation(ticks, unit))


def test_stddev_of_a_sample() -> None:
    column = pa.array([0, 4], pa.duration("s"))
    assert cs.stddev(column, ddof=1) == dt.timedelta(microseconds=2_828_427)  # the root of 8
    assert cs.stddev(column, ddof=2) is None


TIMES = {"s": pa.time32("s"), "ms": pa.time32("ms"), "us": pa.time64("us"), "ns": pa.time64("ns")}


@EVERY_UNIT
@pytest.mark.parametrize("ticks", [[0, 1], [1, 2], [None, 3, 4], [86_399, 86_398], [1_500, 500]])
def test_times_of_day(unit: str, ticks: list[int | None]) -> None:
    column = pa.array(ticks, TIMES[unit])
    assert_answer("mean", column, clock(mean(ticks), unit))
    assert_answer("min", column, clock(min(kept(ticks)), unit))
    assert_answer("max", column, clock(max(kept(ticks)), unit))
    assert_answer("stddev", column, deviation(ticks, unit))
    answer = pa.record_batch(cs.mean(pa.table({"t": column}))).column(0)
    assert answer.equals(pa.array([round(mean(ticks))], TIMES[unit]))
    assert pa.record_batch(cs.stddev(pa.table({"t": column}))).schema.types == [pa.duration(unit)]


def test_times_do_not_round_up_to_midnight() -> None:
    last = 86_400 * 10**9 - 1
    assert cs.mean(pa.array([last, last], pa.time64("ns"))) == TimeOfDay(last)


@EVERY_UNIT
def test_what_is_no_time_of_day_is_refused(unit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    day = 86_400 * UNITS[unit]
    storage = pa.int32() if unit in ("s", "ms") else pa.int64()
    for tick in (day, day + 1, -1):
        column = pa.array([1, tick], storage).view(TIMES[unit])
        refused = f"{tick} {unit} after midnight is no time of day.*cast the column"
        with pytest.raises(ValueError, match=refused):
            (cs.min if tick < 0 else cs.max)(column)
        answer = pa.record_batch(cs.max(pa.table({"t": column}))).column(0)
        assert (answer.type, answer.view(storage)[0].as_py()) == (TIMES[unit], max(1, tick))
        assert "no time of day" in str(cs.describe(column))


DAYS: list[list[int | None]] = [
    [0, 1],
    [18_000, 18_001, 18_001],
    [-1, None, 0],
    [19_723],
    [-700_000],
]


@pytest.mark.parametrize("days", DAYS, ids=str)
def test_dates(days: list[int | None]) -> None:
    """The mean of dates may fall within a day, so it is a timestamp."""
    milliseconds = [None if day is None else day * 86_400_000 for day in days]
    for column, unit, ticks in (
        (pa.array(days, pa.date32()), "s", mean(days) * 86_400),
        (pa.array(milliseconds, pa.int64()).cast(pa.date64()), "ms", mean(days) * 86_400_000),
    ):
        assert_answer("mean", column, moment(ticks, unit))
        for statistic, choose in (("min", min), ("max", max)):
            want = dt.date.fromordinal(719_163 + choose(kept(days)))
            assert_answer(statistic, column, want)
        assert of_table("mean", column) == (pa.timestamp(unit), round(ticks))
        scale = 86_400 * UNITS[unit]
        want = nearest_root(variance(days) * scale**2)
        assert of_table("stddev", column) == (pa.duration(unit), want)
        assert_answer(
            "stddev", column, delta(nearest_root(variance(days) * 86_400_000_000**2), "us")
        )
        assert pa.record_batch(cs.min(pa.table({"t": column}))).schema.types == [column.type]


@EVERY_UNIT
@pytest.mark.parametrize("zone", ["UTC", "Europe/Paris", "America/St_Johns", "+05:30", "-08:00"])
def test_time_zones(unit: str, zone: str) -> None:
    kind = pa.timestamp(unit, zone)
    column = pa.array([i * 86_400 * 180 * UNITS[unit] for i in (100, 101, 102)], kind)
    mean = cs.mean(column)
    aware = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(days=180 * 101)
    assert mean == aware
    assert mean.utcoffset() == column[1].as_py().utcoffset()
    local = mean.to_datetime() if unit == "ns" else mean
    assert local.replace(tzinfo=None) == column[1].as_py().replace(tzinfo=None)
    assert of_table("mean", column) == (kind, 101 * 180 * 86_400 * UNITS[unit])
    if zone.isalpha() or "/" in zone:
        assert mean.tzinfo == ZoneInfo(zone)


KINDS = [pa.date32(), pa.date64(), pa.timestamp("us"), pa.timestamp("ns", "UTC"), *TIMES.values()]


@pytest.mark.parametrize("kind", [*KINDS, pa.duration("ms")], ids=str)
@pytest.mark.parametrize("name", ["variance", "var"])
def test_variances_of_times_have_no_unit(kind: pa.DataType, name: str) -> None:
    column = pa.array([0, 0], kind)
    for data in (column, pa.table({"when": column})):
        with pytest.raises(TypeError, match="squared time"):
            getattr(cs, name)(data)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_points_in_time_have_no_sum(kind: pa.DataType) -> None:
    with pytest.raises(TypeError, match="cannot be added"):
        cs.sum(pa.array([0], kind))


@pytest.mark.parametrize("kind", [*KINDS, pa.duration("s")], ids=str)
def test_columns_without_values(kind: pa.DataType) -> None:
    for values in ([], [None], [None, None]):
        column = pa.array(values, kind)
        for statistic in ("mean", "stddev", "min", "max"):
            assert_answer(statistic, column, None)
            answer = pa.record_batch(getattr(cs, statistic)(pa.table({"t": column}))).column(0)
            assert answer.null_count == 1
    assert cs.sum(pa.array([], pa.duration("s"))) is None
    assert cs.sum(pa.array([], pa.duration("s")), min_count=0) == dt.timedelta(0)


def test_temporal_columns_are_not_numeric() -> None:
    table = pa.table({"t": pa.array([0], pa.timestamp("s")), "x": [1.0]})
    assert pa.record_batch(cs.mean(table, numeric_only=True)).schema.names == ["x"]


def test_intermediate_sums_do_not_overflow() -> None:
    near = 2**63 - 1
    assert of_table("mean", pa.array([near, near, near - 3], pa.timestamp("ns")))[1] == near - 1
    lowest = pa.array([-(2**63), -(2**63), 0, 0], pa.duration("ns"))
    assert of_table("mean", lowest)[1] == -(2**62)
    assert of_table("stddev", pa.array([-near, near], pa.timestamp("ns")))[1] == near


def test_results_beyond_python_datetime_are_refused() -> None:
    far = pa.array([10**15], pa.timestamp("s"))
    for statistic in (cs.mean, cs.min, cs.max):
        with pytest.raises(
            ValueError, match=r"^a datetime of .* years 1 to 9999.*compute it for a table"
        ):
            statistic(far)
    assert of_table("mean", far) == (pa.timestamp("s"), 10**15)
    with pytest.raises(
        ValueError, match=r"^a date of 10000000 days since 1970 is outside the years"
    ):
        cs.max(pa.array([10_000_000], pa.date32()))


def test_durations_beyond_timedelta_are_refused_by_their_length() -> None:
    longest = pa.array([2**62] * 3, pa.duration("s"))
    with pytest.raises(ValueError, match=r"^a duration of 13835058055282163712 s exceeds.* int64"):
        cs.sum(longest)
    assert cs.sum(longest.cast(pa.int64())) == 3 * 2**62
    with pytest.raises(ValueError, match=r"a duration of .* us exceeds the 999,999,999 days"):
        cs.stddev(pa.array([-(2**63) + 1, 2**63 - 1], pa.timestamp("s")))


@pytest.mark.parametrize("count", [1, 3, 1000])
def test_sums_of_nanoseconds_have_any_size(count: int) -> None:
    column = pa.array([2**63 - 1] * count, pa.duration("ns"))
    assert_answer("sum", column, Duration(count * (2**63 - 1)))
    assert cs.Moments(column.type.__str__()).sum(min_count=0) == Duration(0)


@pytest.mark.parametrize(
    "ticks", [[-(2**63) + 1, 2**63 - 1], [-(2**63) + 1, 2**63 - 1, 2**63 - 2], [0, 2**63 - 1]]
)
@pytest.mark.parametrize("unit", ["us", "ns"])
@pytest.mark.parametrize("ddof", [0, 1])
def test_deviations_beyond_63_bits_are_rounded(unit: str, ticks: list[int], ddof: int) -> None:
    exact = variance([*ticks]) * len(ticks) / (len(ticks) - ddof)
    want = delta(nearest_root(exact), unit)
    for kind in (pa.timestamp(unit), pa.duration(unit)):
        assert same_bits(cs.stddev(pa.array(ticks, kind), ddof=ddof), want)


@pytest.mark.parametrize("unit", ["s", "ms"])
def test_deviations_of_coarse_units_are_rounded_to_the_microsecond(unit: str) -> None:
    """They have up to 67 bits: more than the roots that are usually computed."""
    bound = 999_999_999 * 86_400 * UNITS[unit]
    for ticks in ([-bound, bound], [-bound, 0, 7], [5, bound, bound // 3, -7]):
        column = pa.array(ticks, pa.timestamp(unit))
        assert same_bits(cs.stddev(column), deviation([*ticks], unit))


def test_halves_of_seconds_are_not_rounded_to_seconds() -> None:
    halves = pa.array([0, 1], pa.duration("s"))
    assert cs.mean(halves) == cs.stddev(halves) == dt.timedelta(seconds=0.5)
    assert cs.mean(halves.view(pa.timestamp("s"))) == dt.datetime(1970, 1, 1, 0, 0, 0, 500_000)
    assert cs.mean(pa.array([0, 1], pa.time32("s"))) == dt.time(0, 0, 0, 500_000)
    assert cs.describe(halves)[0]["mean"] == dt.timedelta(seconds=0.5)
