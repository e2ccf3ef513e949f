"""Types of polars: what is read, what the results are, and what is refused."""

# Type checkers do not know registered namespaces.
# mypy: disable-error-code="attr-defined"

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl
import pytest

import colstats as cs
import colstats.polars
from colstats.distributed import STATISTICS

PARIS = "Europe/Paris"
US = pl.Duration("us")
#: A column, and the types of its results where they are not Int64 for count, Float64, or its own.
COLUMNS: dict[str, tuple[pl.Series, dict[str, Any]]] = {
    "float64": (pl.Series([1.5, None]), {}),
    "float32": (pl.Series([1.5, None], dtype=pl.Float32), {}),
    "float16": (pl.Series([1.5, None], dtype=pl.Float16), {}),
    **{
        str(of): (pl.Series([1, None], dtype=of), {"sum": pl.Int64})
        for of in (pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32)
    },
    "uint64": (pl.Series([2**64 - 1, None], dtype=pl.UInt64), {"sum": pl.UInt64}),
    "int128": (pl.Series([2**126, None], dtype=pl.Int128), {"sum": pl.Int128}),
    "boolean": (pl.Series([True, None]), {"sum": pl.Int64}),
    "decimal": (
        pl.Series([Decimal("1.50"), None], dtype=pl.Decimal(10, 2)),
        {"sum": pl.Decimal(38, 2)},
    ),
    "null": (pl.Series([None, None]), {"sum": pl.Int64}),
    "date": (
        pl.Series([dt.date(2020, 1, 1), None]),
        {"mean": pl.Datetime("us"), "stddev": US},
    ),
    "datetime": (
        pl.Series([dt.datetime(2020, 1, 1), None]).dt.replace_time_zone(PARIS),
        {"mean": pl.Datetime("us", PARIS), "stddev": US},
    ),
    "time": (
        pl.Series([dt.time(1, 2, 3, 4), None]),
        {"mean": pl.Time, "stddev": pl.Duration("ns")},
    ),
    "duration": (
        pl.Series([dt.timedelta(seconds=3), None]),
        {"sum": US, "mean": US, "stddev": US},
    ),
}
TIMES = {"date", "datetime", "time", "duration"}


def refused(name: str, statistic: str) -> bool:
    squared = statistic == "variance" and name in TIMES
    return squared or (statistic == "sum" and name in TIMES - {"duration"})


@pytest.mark.parametrize("statistic", STATISTICS)
@pytest.mark.parametrize("name", COLUMNS)
def test_results_have_the_promised_type_in_every_context(name: str, statistic: str) -> None:
    column, types = COLUMNS[name]
    frame = pl.DataFrame({"key": [1, 1], "x": column}).lazy()
    asked = getattr(pl.col("x").colstats, statistic)()
    queries: tuple[pl.LazyFrame, ...] = (
        frame.select(asked),
        frame.group_by("key").agg(asked).select("x"),
        frame.select(asked.over("key")).head(1),
    )
    if refused(name, statistic):
        with pytest.raises(pl.exceptions.ComputeError, match=f'column "x".* the {statistic} of'):
            queries[0].collect()
        return
    queries += (getattr(frame.select("x").colstats, statistic)(),)
    own = {"count": pl.Int64, "min": column.dtype, "max": column.dtype}
    expected = types.get(statistic, own.get(statistic, pl.Float64))
    answers = []
    for query in queries:
        assert query.collect_schema()["x"] == expected
        answer = query.collect()["x"]
        assert answer.dtype == expected
        answers.append(answer.item())
    if name not in ("int128", "time"):  # no type of Arrow; nanoseconds are rounded in Python
        answers.append(getattr(column.colstats, statistic)())
    assert len(set(map(str, answers))) == 1


def test_nanoseconds_keep_all_digits() -> None:
    for of in (pl.Duration("ns"), pl.Datetime("ns")):
        frame = pl.DataFrame({"x": pl.Series([120, 121, 410]).cast(of)})
        x = pl.col("x").colstats
        found = frame.select(a=x.min(), b=x.max(), c=x.mean(), d=x.std()).cast(pl.Int64)
        assert found.row(0) == (120, 410, 217, 136)


def test_means_of_dates_are_rounded_to_microseconds() -> None:
    days = pl.Series([dt.date(2020, 1, 1), dt.date(2020, 1, 2), dt.date(2020, 1, 2)])
    x = pl.lit(days).colstats
    assert pl.select(x.mean()).item() == dt.datetime(2020, 1, 1, 16) == days.colstats.mean()
    assert pl.select(x.std()).item() == dt.timedelta(microseconds=40729350596)
    mean = pl.lit(pl.Series([days[0], days[0], days[1]] * 3 + [days[1]])).colstats.mean()
    assert pl.select(mean).item() == dt.datetime(2020, 1, 1, 9, 36)
    mean = pl.lit(pl.Series([days[0]] * 6 + [days[1]])).colstats.mean()
    assert pl.select(mean).item() == dt.datetime(2020, 1, 1, 3, 25, 42, 857143)


def test_sums_of_integers_never_wrap_around() -> None:
    frame = pl.DataFrame({"x": [2**62, 2**62, 1]})
    assert frame["x"].sum() == -(2**63) + 1  # what polars gives
    sum_ = pl.col("x").colstats.sum()
    for query in (frame.lazy().select(sum_), frame.lazy().group_by(1).agg(sum_)):
        with pytest.raises(pl.exceptions.ComputeError, match=r"does not fit .* pl.Int128 before"):
            query.collect()
    wide = pl.col("x").cast(pl.Int128).colstats.sum()
    assert frame.select(wide).item() == 2**63 + 1
    assert frame.colstats.mean().item() == float(Fraction(2**63 + 1, 3))
    assert pl.select(pl.lit(pl.Series([2**64 - 2, 1], dtype=pl.UInt64)).colstats.sum()).item() == (
        2**64 - 1
    )


def test_integers_of_128_bits_are_exact() -> None:
    values = [2**127 - 1, -(2**127), 5, 2**126]
    frame = pl.DataFrame({"x": pl.Series(values, dtype=pl.Int128)})
    x = pl.col("x").colstats
    found = frame.select(sum=x.sum(), min=x.min(), max=x.max(), mean=x.mean(), std=x.std())
    assert found["sum"].dtype == pl.Int128
    total, squares = sum(values), sum(value * value for value in values)
    variance = Fraction(4 * squares - total**2, 16)
    assert found.row(0)[:4] == (total, min(values), max(values), float(Fraction(total, 4)))
    assert Fraction(found["std"].item()) ** 2 == pytest.approx(variance, rel=1e-15)
    too_large = pl.DataFrame({"x": pl.Series([2**127 - 1] * 2, dtype=pl.Int128)})
    with pytest.raises(pl.exceptions.ComputeError, match='column "x": the exact sum exceeds 128'):
        too_large.select(x.sum())
    assert too_large.colstats.mean().item() == 2.0**127


TEXT = ["a", "b"]
OTHERS: dict[str, pl.Series] = {
    "string": pl.Series(TEXT),
    "categorical": pl.Series(TEXT, dtype=pl.Categorical),
    "enum": pl.Series(TEXT, dtype=pl.Enum(TEXT)),
    "binary": pl.Series([b"a", b"b"]),
    "list": pl.Series([[1.0], [2.0]]),
    "array": pl.Series([[1.0], [2.0]], dtype=pl.Array(pl.Float64, 1)),
    "struct": pl.Series([{"a": 1.0}, {"a": 2.0}]),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_number_can_only_be_counted(name: str) -> None:
    frame = pl.DataFrame({"x": OTHERS[name]})
    for query in (frame.lazy(), frame.lazy().group_by(1)):
        run = query.select if isinstance(query, pl.LazyFrame) else query.agg
        assert run(pl.col("x").colstats.count()).collect()["x"].item() == 2
        with pytest.raises(pl.exceptions.ComputeError, match=r"x.*mean.*they are not numbers"):
            run(pl.col("x").colstats.mean()).collect_schema()


def test_unknown_integers_are_refused_by_name() -> None:
    frame = pl.DataFrame({"x": pl.Series([1], dtype=pl.UInt128)})
    with pytest.raises(pl.exceptions.ComputeError, match=r'"x".*memory layout is not known'):
        frame.select(pl.col("x").colstats.mean())


def test_options_are_checked_when_the_expression_is_made() -> None:
    std = pl.col("x").colstats.std
    with pytest.raises(ValueError, match="ddof must not be negative"):
        std(ddof=-1)
    with pytest.raises(TypeError, match="skip_nulls must be a bool"):
        std(skip_nulls="no")
    with pytest.raises(TypeError, match=r"stddev\(\) got an unexpected keyword argument 'per'"):
        std(per=3)
    with pytest.raises(TypeError):
        std(1)


def test_large_options_mean_what_they_say() -> None:
    frame = pl.DataFrame({"x": [1.0, None, 5.0]})
    x = pl.col("x").colstats
    for many in (300, 70_000, 2**31, 2**63, 2**64, 2**80, 2**200, 2**3000):
        assert frame.select(x.sum(min_count=many)).item() is None
        assert frame.select(x.std(ddof=many)).item() is None
    assert frame.select(x.sum(min_count=2, skip_nulls=True)).item() == 6.0
    assert frame.select(x.sum(min_count=2, skip_nulls=False)).item() is None
    assert frame.select(x.std(ddof=1)).item() == cs.stddev([1.0, 5.0], ddof=1)
