"""Windows that overlap or slide: each answer is that of the rows of its window alone, to the bit.

The windows are those of `support.exact.windows`, and the answers those of rational arithmetic.
"""

import datetime
import itertools
import math
import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import colstats as cs
from support import reference
from support.exact import samples, windows
from support.exact.numbers import same

STATISTICS = ("count", "sum", "mean", "variance", "stddev", "min", "max")
COUNT = 5_500


def answers_of(result: Any) -> list[Any]:
    return pa.array(result).to_pylist()


def assert_same(found: list[Any], expected: list[Any], *what: object) -> None:
    assert len(found) == len(expected), what
    for window, (one, other) in enumerate(zip(found, expected, strict=True)):
        assert same(one, other), (*what, window, one, other)


def oracle(statistic: str, ddof: int) -> Callable[[list[float]], Any]:
    """Return the statistic of values that count."""
    if statistic == "count":
        return len
    if statistic in ("min", "max"):
        return lambda values: reference.extreme(statistic, values) if values else None
    if statistic in ("variance", "stddev"):
        spread = getattr(reference, statistic)
        return lambda values: spread(values, ddof) if len(values) > ddof else None
    return reference.mean if statistic == "mean" else reference.total


def expected(
    statistic: str,
    rows: list[range],
    values: list[Any],
    min_count: int = 1,
    ddof: int = 0,
    **rules: Any,
) -> list[Any]:
    least = 0 if statistic == "count" else min_count
    return windows.over(rows, oracle(statistic, ddof), values, min_count=least, **rules)


def shapes(source: random.Random, rows: int) -> list[tuple[dict[str, Any], list[range]]]:
    """Return keywords, and the windows that they mean."""
    per, step = source.randint(1, rows + 2), source.randint(1, 4)
    return [
        ({"per": per, "step": step}, windows.overlapping(rows, per, step)),
        ({"per": per, "step": 1}, windows.overlapping(rows, per, 1)),
        ({"per": per, "align": "row"}, windows.trailing(rows, per)),
        ({"per": "cumulative"}, windows.cumulative(rows)),
    ]


def test_generated_columns_equal_the_oracle() -> None:
    source = random.Random(18)
    for place, (kind, values) in enumerate(samples.columns(COUNT)):
        statistic = STATISTICS[1:][place // len(samples.KINDS) % 6]
        keywords, rows = shapes(source, len(values))[place % 4]
        options = {} if statistic == "count" else {"min_count": source.choice((1, 1, 3))}
        if statistic in ("variance", "stddev"):
            options["ddof"] = source.choice((0, 1))
        found = answers_of(getattr(cs, statistic)(pa.array(values), **keywords, **options))
        assert_same(found, expected(statistic, rows, values, **options), kind, values, keywords)


@pytest.mark.parametrize("statistic", STATISTICS)
def test_long_windows_slide(statistic: str) -> None:
    """With nulls, NaNs and infinities, cut into chunks, on several threads, and as a stream."""
    source = random.Random(statistic)
    for kind, (name, values) in enumerate(samples.columns(len(samples.KINDS), rows=420)):
        specials = (None, None, math.nan, math.inf, -0.0, 1e300)
        column = list(values)
        for row in source.sample(range(420), (0, 3, 12)[kind % 3]):
            column[row] = source.choice(specials[: 2 + 4 * (kind % 2)])
        array = pa.array(column, pa.float64())
        chunked = pa.chunked_array([array[:5], array[5:5], array[5:300], array[300:]])
        for per, step in ((150, 1), (300, 2), (70, 1), (12, 1), (419, 1)):
            overlapping = windows.overlapping(420, per, step)
            shapes = [({"per": per, "step": step}, overlapping)]
            if step == 1:
                shapes.append(({"per": per, "align": "row"}, windows.trailing(420, per)))
            for keywords, rows in shapes:
                for skip_nans in (False, True):
                    rules: dict[str, Any] = {"skip_nans": skip_nans}
                    options = dict(rules) if statistic == "count" else rules | {"min_count": 2}
                    wanted = expected(statistic, rows, column, **options)
                    ask = getattr(cs, statistic)
                    for data in (array, chunked):
                        for threads in (1, 2):
                            found = ask(data, threads=threads, **keywords, **options)
                            assert_same(answers_of(found), wanted, name, keywords, column)
                    batches = [pa.record_batch({"x": chunk}) for chunk in chunked.chunks]
                    reader = pa.RecordBatchReader.from_batches(batches[0].schema, batches)
                    found = pa.table(ask(reader, **keywords, **options))["x"].to_pylist()
                    assert_same(found, wanted, name, keywords, "a stream")


def test_cumulative_windows_of_streams_go_on() -> None:
    values = [1e16, 0.1, -1e16, None, 0.2, *[0.1] * 300]
    rows = windows.cumulative(len(values))
    for length in (1, 7, 150, 305):
        starts = range(0, len(values), length)
        parts = [pa.array(values[s : s + length], pa.float64()) for s in starts]
        batches = [pa.record_batch({"x": part}) for part in parts]
        for statistic in STATISTICS[1:]:
            reader = pa.RecordBatchReader.from_batches(batches[0].schema, batches)
            found = getattr(cs, statistic)(reader, per="cumulative", min_count=1)
            found = pa.table(found)["x"].to_pylist()
            assert_same(found, expected(statistic, rows, values), statistic, length)


def test_known_windows() -> None:
    values = [1, 2, 3, 4, 5, 6, 7]
    assert answers_of(cs.sum(values, per=3, step=2)) == [6, 12, 18]
    assert answers_of(cs.sum(values, per=3, step=3)) == answers_of(cs.sum(values, per=3))
    assert answers_of(cs.sum(values, per=3, step=4)) == [6, 18]
    assert answers_of(cs.sum(values, per=2, step=5)) == [3, 13]
    assert answers_of(cs.sum(values, per=10, step=1)) == [28]
    assert answers_of(cs.mean(values, per=3, align="row")) == [None, None, 2.0, 3.0, 4.0, 5.0, 6.0]
    assert answers_of(cs.max(values, per=3, align="row", min_count=1)) == values
    assert answers_of(cs.count(values, per=3, align="row")) == [1, 2, 3, 3, 3, 3, 3]
    assert answers_of(cs.sum(values, per="cumulative")) == [1, 3, 6, 10, 15, 21, 28]
    assert answers_of(cs.sum(values, per=2**70, step=2**70)) == [28]
    assert answers_of(cs.sum([], per=3, step=1)) == []
    assert answers_of(cs.mean(pa.array([], pa.float64()), per="cumulative")) == []
    table = cs.mean({"a": values, "b": [0.5] * 7}, per=6, step=1)
    assert isinstance(table, cs.Rows)
    assert table.to_list() == [{"a": 3.5, "b": 0.5}, {"a": 4.5, "b": 0.5}]
    assert cs.Table({"a": values}).sum(per=6, step=1).to_list() == [{"a": 21}, {"a": 27}]
    assert answers_of(cs.Column(values).sum(per=6, step=1)) == [21, 27]


DRIFT: dict[str, tuple[list[float], int]] = {
    "large value leaves": ([1e16, 0.1, 0.2, 0.3, 0.4, 0.5], 3),
    "a great one at the top": ([100_000.0, 0.1, 0.2, 0.3, 0.4], 3),
    "then zeros": ([1000.0, *[0.0] * 40], 10),
    "extreme mean": ([0.0, 1.0, -9e33, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0], 5),
    "17 decades": ([1.2e3, 1.3e17, 1.5e17, 1.995e3, 1.990e3], 2),
    "small integers": ([*[-3.0, -4.0, -5.0, -2.0] * 6, *[-5.0] * 6], 5),
    "negative zeros": ([3002399751580331.0, -0.0, -0.0, -0.0], 3),
    "constant": ([36743.6] * 12, 4),
    "equal at the end": ([2169984000.0, 2169984000.0, *[2820376000.0] * 4], 3),
}


@pytest.mark.parametrize("name", DRIFT)
def test_what_drifts_elsewhere_is_exact(name: str) -> None:
    """Cases from issues of pandas and polars, whose results depend on rows that have left."""
    values, per = DRIFT[name]
    rows = windows.trailing(len(values), per)
    for statistic, ddof in (("mean", 0), ("sum", 0), ("stddev", 1), ("variance", 1)):
        options = {"ddof": ddof} if ddof else {}
        found = answers_of(getattr(cs, statistic)(values, per=per, align="row", **options))
        assert_same(found, expected(statistic, rows, values, per, ddof), name, statistic)


def test_what_has_left_makes_no_difference() -> None:
    """The windows of the last rows are those of a column of these rows alone."""
    rng = np.random.default_rng(3)
    values = rng.normal(size=100_000) ** 3 * 1e6
    values[[5, 70_000]] = 1e16, 1e300
    for statistic in ("mean", "stddev"):
        ask = getattr(cs, statistic)
        whole = pa.array(ask(values, per=1000, step=1))
        assert whole[-5000:].equals(pa.array(ask(values[-5999:], per=1000, step=1)))


def test_rows_are_those_of_pandas_and_polars() -> None:
    rng = np.random.default_rng(4)
    values = rng.normal(100.0, 1.0, 3000)
    series = pd.Series(values)
    for per in (1, 2, 60, 500):
        for least in (None, 1, 40):
            if least is not None and least > per:
                continue
            options = {} if least is None else {"min_count": least}
            theirs = series.rolling(per, min_periods=least).mean().to_numpy()
            ours = cs.mean(values, per=per, align="row", **options)
            np.testing.assert_allclose(pa.array(ours).to_numpy(False), theirs, rtol=1e-12)
            polars = pl.Series(values).rolling_mean(per, min_samples=least).to_list()
            assert [one is None for one in answers_of(ours)] == [one is None for one in polars]


def test_long_columns_on_several_threads() -> None:
    rng = np.random.default_rng(5)
    values = rng.lognormal(0, 1, 900_000)
    values[rng.integers(0, 900_000, 40)] = 1e200
    chunked = pa.chunked_array([values[:5], values[5:400_000], values[400_000:]])
    for statistic in ("sum", "mean", "stddev", "min"):
        ask = getattr(cs, statistic)
        for keywords in ({"per": 100, "step": 1}, {"per": 1000, "align": "row"}):
            whole = pa.array(ask(values, threads=1, **keywords))
            assert pa.array(ask(values, threads=3, **keywords)).equals(whole)
            assert pa.array(ask(chunked, threads=2, **keywords)).equals(whole)
            for row in (5000, 399_950, 400_010, 800_000):
                per = keywords["per"]
                start = row if "step" in keywords else row - per + 1
                assert whole[row].as_py() == ask(values[start : start + per])


TYPES = [
    pa.array([1, 5, None, 2**62, -(2**63), 7, 7] * 30, pa.int64()),
    pa.array([1, 5, None, 250, 0, 7, 7] * 30, pa.uint8()),
    pa.array([True, None, False, True] * 50),
    pa.array([None, "1.10", "-7.25", "12345.00"] * 50).cast(pa.decimal128(30, 2)),
    pa.array([1, None, 86_400, 3] * 50, pa.timestamp("s", "UTC")),
    pa.array([1, None, 86_400, 3] * 50, pa.duration("ms")),
    pa.array([0.5, None, 1.5, 0.25] * 50, pa.float32()),
    pa.array([0.5, None, 1.5] * 70, pa.float64()).dictionary_encode(),
    pa.array(["a", None, "b"] * 70),
    pa.nulls(200),
]


@pytest.mark.parametrize("array", TYPES, ids=lambda array: str(array.type))
def test_every_type_slides(array: pa.Array) -> None:
    for statistic in STATISTICS:
        ask = getattr(cs, statistic)
        try:
            ask(array, per=9)
        except TypeError:
            with pytest.raises(TypeError):
                ask(array, per=150, step=1)
            continue
        for keywords in ({"per": 150, "step": 1}, {"per": 150, "align": "row", "min_count": 1}):
            if statistic == "count":
                keywords.pop("min_count", None)
            found = pa.array(ask(array, **keywords))
            per, starts = 150, range(len(array) - 149)
            cut = [array[s : s + per] for s in starts]
            if "align" in keywords:
                cut = [array[max(0, r - per + 1) : r + 1] for r in range(len(array))]
            one_by_one = [pa.array(ask(part, per=per)) for part in cut]
            assert found.equals(pa.concat_arrays(one_by_one)), (statistic, keywords)


def times(source: random.Random, rows: int) -> list[int]:
    steps = [source.choice((0, 0, 1, 2, 30)) for _ in range(rows)]
    return list(itertools.accumulate(steps))


def test_windows_of_time_equal_the_oracle() -> None:
    source = random.Random(7)
    for place, (kind, values) in enumerate(samples.columns(1_100)):
        seconds = times(source, len(values))
        period = source.choice((1, 2, 5, 40, 10**6))
        statistic = STATISTICS[place % 7]
        options = {"min_count": 1} if statistic in ("variance", "stddev") else {}
        rows = windows.by_time(seconds, period)
        clock = pa.array(seconds, pa.timestamp("s"))
        table = pa.table({"t": clock, "x": values})
        wanted = expected(statistic, rows, values)
        ask = getattr(cs, statistic)
        found = pa.table(ask(table, per=f"{period}s", on="t", **options))
        assert found.column_names == ["x"]
        assert_same(found["x"].to_pylist(), wanted, kind, values, seconds, period)
        found = ask(pa.array(values), per=f"{period}s", on=clock, **options)
        assert_same(answers_of(found), wanted, kind, "a column")


def test_streams_with_times() -> None:
    source = random.Random(8)
    values = [source.gauss(0, 1) for _ in range(500)]
    seconds = times(source, 500)
    table = pa.table({"t": pa.array(seconds, pa.timestamp("us")), "x": values, "y": values})
    wanted = expected("stddev", windows.by_time(seconds, 90), values)
    for length in (1, 3, 200, 500):
        reader = pa.RecordBatchReader.from_batches(table.schema, table.to_batches(length))
        found = pa.table(cs.stddev(reader, per="90us", on=0, columns=["y"], min_count=1))
        assert_same(found["y"].to_pylist(), wanted, length)
    reader = pa.RecordBatchReader.from_batches(table.schema, table.to_batches(7))
    found = pa.table(cs.stddev(reader, per="90us", on=table["t"], columns=["x"], min_count=1))
    assert_same(found["x"].to_pylist(), wanted)


def test_periods() -> None:
    day = datetime.date(2026, 11, 26)
    days = pa.array([day + datetime.timedelta(n) for n in (0, 1, 3, 9)])

    def ask(per: str, on: Any) -> list[Any]:
        return answers_of(cs.sum([1, 2, 4, 8], per=per, on=on))

    assert ask("1d", days) == ask("12h", days) == ask("1ns", days) == [1, 2, 4, 8]
    assert ask("2d", days) == ask("1d12h", days) == [1, 3, 4, 8]
    assert ask("1w", days) == [1, 3, 7, 12]
    nanoseconds = np.array([0, 59_999_999_999, 60_000_000_000, 2**62], "M8[ns]")
    assert ask("1m", nanoseconds) == ask("60s", nanoseconds) == ask("1min", nanoseconds)
    assert ask("1m", nanoseconds) == [1, 3, 6, 8]
    ends = pa.array([-(2**63), -1, 2**63 - 1, 2**63 - 1], pa.timestamp("ns"))
    assert ask("4000000000w", ends) == [1, 2, 12, 12]
    assert ask("1ns", ends) == [1, 2, 12, 12]


REFUSED: dict[str, tuple[type[Exception], Callable[[], Any]]] = {
    "step takes a number of rows of at least 1": (
        ValueError,
        lambda: cs.mean([1.0], per=1, step=0),
    ),
    "step takes a number of rows, not float": (TypeError, lambda: cs.mean([1.0], per=1, step=1.0)),
    "step= goes with per=, a number of rows": (ValueError, lambda: cs.mean([1.0], step=1)),
    "align= goes with per=": (ValueError, lambda: cs.mean([1.0], per="chunk", align="row")),
    'align takes "row", got "rows"': (ValueError, lambda: cs.mean([1.0], per=1, align="rows")),
    'align takes "row", not int': (TypeError, lambda: cs.mean([1.0], per=1, align=1)),
    "choose one": (ValueError, lambda: cs.mean([1.0], per=1, step=1, align="row")),
    'per="5m" needs on=, a sorted column of times': (ValueError, lambda: cs.mean([1.0], per="5m")),
    'got "5x"': (ValueError, lambda: cs.mean([1.0], per="5x", on=[1])),
    'got "0s"': (ValueError, lambda: cs.mean([1.0], per="0s", on=[1])),
    "on= goes with a period of time": (ValueError, lambda: cs.mean([1.0], per=3, on=[1])),
    'on= is int64: per="1s" needs times': (TypeError, lambda: cs.mean([1.0], per="1s", on=[1])),
    "on= names a column of a table": (TypeError, lambda: cs.mean([1.0], per="1s", on="t")),
    "is a table": (TypeError, lambda: cs.mean([1.0], per="1s", on={"a": [1]})),
    'column "t" (on=) is not sorted: row 3 is before row 2; sort the table by it': (
        ValueError,
        lambda: cs.mean(timed([1, 2, 5, 4]), per="1s", on="t"),
    ),
    'column "t" (on=) is null in row 1': (
        ValueError,
        lambda: cs.mean(timed([1, None, 5, 4]), per="1s", on="t"),
    ),
    "on= has 2 rows, but the data has 3": (
        ValueError,
        lambda: cs.mean([1, 2, 3], per="1s", on=np.zeros(2, "M8[s]")),
    ),
    "on= has 4 rows, but the data has 3": (
        ValueError,
        lambda: cs.mean([1, 2, 3], per="1s", on=np.zeros(4, "M8[s]")),
    ),
    'no column "u"': (KeyError, lambda: cs.mean(timed([1]), per="1s", on="u")),
    "by= gives a result for each group and step=": (
        TypeError,
        lambda: cs.mean(timed([1]), by="t", step=2),
    ),
    "step= is for columns and tables": (
        TypeError,
        lambda: cs.mean(np.ones((2, 2)), axis=0, step=2),
    ),
    'per=1, align="row" would give 1099511627776 results': (
        ValueError,
        lambda: cs.mean(
            pa.RunEndEncodedArray.from_arrays(pa.array([2**40], pa.int64()), pa.array([1.5])),
            per=1,
            align="row",
        ),
    ),
}


def timed(seconds: list[int | None]) -> pa.Table:
    return pa.table({"t": pa.array(seconds, pa.timestamp("s")), "x": [1.0] * len(seconds)})


@pytest.mark.parametrize("words", REFUSED)
def test_bad_windows_are_refused(words: str) -> None:
    error, ask = REFUSED[words]
    with pytest.raises(error) as refusal:
        ask()
    assert words in str(refusal.value)


def streamed(seconds: list[int | None]) -> Iterator[pa.Table]:
    for start in range(0, len(seconds), 2):
        yield timed(seconds[start : start + 2])


def test_rows_of_streams_are_numbered_from_the_first_batch() -> None:
    with pytest.raises(ValueError, match="row 4 is before row 3"):
        cs.mean(streamed([1, 2, 3, 4, 3, 5]), per="1s", on="t")
    with pytest.raises(ValueError, match="null in row 5"):
        cs.mean(streamed([1, 2, 3, 4, 5, None]), per="1s", on="t")
