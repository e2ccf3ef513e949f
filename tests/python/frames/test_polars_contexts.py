"""In every context of polars, an expression gives the bits that `colstats` gives for its values."""

# Type checkers do not know registered namespaces.
# mypy: disable-error-code="attr-defined"

import math
import struct
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import colstats as cs
import colstats.polars as frames
from colstats.distributed import STATISTICS

ENGINES = ("in-memory", "streaming")
FLOATS = st.floats() | st.floats(-10, 10) | st.sampled_from([1e16, 1.0, -1e16, -0.0, math.nan])
VALUES: dict[pl.DataType | type[pl.DataType], st.SearchStrategy[Any]] = {
    pl.Float64: FLOATS,
    pl.Float32: st.floats(width=32),
    pl.Int64: st.integers(-(2**55), 2**55),
    pl.UInt8: st.integers(0, 255),
    pl.Boolean: st.booleans(),
    pl.Date: st.dates(),
    pl.Datetime("ms"): st.datetimes(),
    pl.Decimal(20, 2): st.decimals(-(10**12), 10**12, places=2),
}


def bits(value: object) -> object:
    """Make NaNs and zeros comparable."""
    return struct.pack("<d", value) if isinstance(value, float) else value


def chunked(frame: pl.DataFrame, cuts: list[int]) -> pl.DataFrame:
    """Cut a frame into chunks, which are slices of a longer one."""
    ends = sorted({0, *(cut % (len(frame) + 1) for cut in cuts), len(frame)})
    longer = pl.concat([frame, frame, frame])
    start = len(frame)
    parts = [longer[start + a : start + b] for a, b in pairwise(ends)]
    return pl.concat(parts, rechunk=False) if parts else frame


@st.composite
def tables(draw: st.DrawFn) -> pl.DataFrame:
    """Make a frame of keys and values, chunked somehow."""
    of = draw(st.sampled_from(list(VALUES)))
    rows = draw(st.lists(st.tuples(st.integers(0, 3) | st.none(), VALUES[of] | st.none())))
    schema: dict[str, Any] = {"key": pl.Int64, "x": of}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    if draw(st.booleans()):
        frame = frame.sort("key", "x")  # sets the flags by which polars takes shortcuts
    return chunked(frame, draw(st.lists(st.integers(0, 100), max_size=4)))


@st.composite
def questions(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """Choose a statistic, and options that it has."""
    name = draw(st.sampled_from(STATISTICS))
    choices: dict[str, st.SearchStrategy[Any]] = {"skip_nans": st.booleans()}
    if name != "count":
        choices |= {"skip_nulls": st.booleans(), "min_count": st.integers(0, 3)}
    if name in ("variance", "stddev"):
        choices["ddof"] = st.integers(0, 2)
    return name, draw(st.fixed_dictionaries({}, optional=choices))


def expected(frame: pl.DataFrame, name: str, options: dict[str, Any]) -> object:
    """Ask `colstats` for a result as fine and as wide as that of the expression."""
    if frame["x"].dtype == pl.Date and name == "stddev":
        return bits(cs.stddev(frame["x"], **options))  # polars has no durations in seconds
    table = getattr(cs, name)(frame.select("x"), **options)
    value = pl.DataFrame(table).item()
    is_integer = frame["x"].dtype.is_integer() or frame["x"].dtype == pl.Boolean
    return bits(int(value) if value is not None and name == "sum" and is_integer else value)


def by_key(frame: pl.DataFrame, function: Callable[[pl.DataFrame], object]) -> dict[Any, object]:
    keys = frame["key"].unique().to_list()
    return {key: function(frame.filter(pl.col("key").eq_missing(key))) for key in keys}


@settings(max_examples=150, deadline=None)
@given(tables(), questions(), st.sampled_from(ENGINES))
def test_every_context_gives_the_same_bits(
    frame: pl.DataFrame, question: tuple[str, dict[str, Any]], engine: Any
) -> None:
    name, options = question
    asked = getattr(frames.ExprStatistics(pl.col("x")), name)(**options)
    try:
        whole = expected(frame, name, options)
    except TypeError as error:
        with pytest.raises(pl.exceptions.ComputeError, match=str(error).split(" (")[0][-30:]):
            frame.select(asked)
        return

    def run(query: pl.LazyFrame) -> pl.DataFrame:
        result = query.collect(engine=engine)
        assert result.schema == query.collect_schema()
        return result

    lazy = frame.lazy()
    assert bits(run(lazy.select(asked)).item()) == whole
    assert bits(frame.select(asked).item()) == whole
    column = run(lazy.with_columns(asked.alias("y")))["y"]
    assert [bits(value) for value in column] == [whole] * len(frame)
    assert bits(getattr(frame.colstats, name)(columns=["x"], **options).item()) == whole

    groups = by_key(frame, lambda part: expected(part, name, options))
    found = run(lazy.group_by("key").agg(asked))
    assert {key: bits(value) for key, value in found.rows()} == groups
    over = run(lazy.with_columns(asked.over("key").alias("y")))
    assert over.columns == ["key", "x", "y"]
    assert [bits(value) for value in over["y"]] == [groups[key] for key in over["key"]]
    found = getattr(frame.colstats, name)(by="key", columns=["x"], **options)
    assert list(zip(found["key"], map(bits, found["x"]), strict=True)) == [
        (key, groups[key]) for key in frame["key"].unique(maintain_order=True)
    ]


@pytest.mark.parametrize("engine", ENGINES)
def test_expressions_compose(engine: Any) -> None:
    frame = pl.DataFrame({"key": [1, 1, 2, 2, 2], "x": [1.0, 3.0, 4.0, 5.0, 9.0]})
    x = pl.col("x")
    lazy = frame.lazy()
    scored = lazy.select((x - x.colstats.mean()) / x.colstats.std()).collect(engine=engine)
    assert scored["x"].colstats.mean() == pytest.approx(0, abs=1e-15)
    above = lazy.filter(x > x.colstats.mean()).collect(engine=engine)
    assert above["x"].to_list() == [5.0, 9.0]
    above = lazy.filter(x > x.colstats.mean().over("key")).collect(engine=engine)
    assert above["x"].to_list() == [3.0, 9.0]
    kept = lazy.group_by("key").agg(x.filter(x > 3).colstats.count(), y=(x * 2).colstats.max())
    assert kept.collect(engine=engine).sort("key").rows() == [(1, 0, 6.0), (2, 3, 18.0)]
    sorted_ = lazy.sort("key").group_by("key", maintain_order=True).agg(x.sort().colstats.sum())
    assert sorted_.collect(engine=engine).rows() == [(1, 4.0), (2, 18.0)]
    nested = lazy.select(x.colstats.mean().colstats.count()).collect(engine=engine)
    assert nested.item() == 1


@pytest.mark.parametrize("engine", ENGINES)
def test_several_columns_keep_their_names(engine: Any) -> None:
    frame = pl.DataFrame({"a": [1.0, 2.0], "s": ["x", "y"], "b": [3.0, 5.0]}).lazy()
    floats = pl.col(pl.Float64).colstats.mean()
    assert frame.select(floats).collect(engine=engine).to_dicts() == [{"a": 1.5, "b": 4.0}]
    every = frame.select(pl.all().colstats.count().name.suffix("_n")).collect(engine=engine)
    assert every.to_dicts() == [{"a_n": 2, "s_n": 2, "b_n": 2}]
    by = frame.group_by("s", maintain_order=True).agg(pl.all().colstats.max())
    assert by.collect(engine=engine).rows() == [("x", 1.0, 3.0), ("y", 2.0, 5.0)]


def test_empty_frames_have_no_groups_and_null_answers() -> None:
    frame = pl.DataFrame(schema={"key": pl.Int64, "x": pl.Float64})
    mean = pl.col("x").colstats.mean()
    engine: Any
    for engine in ENGINES:
        assert frame.lazy().select(mean).collect(engine=engine).item() is None
        groups = frame.lazy().group_by("key").agg(mean).collect(engine=engine)
        assert groups.shape == (0, 2)
        assert groups.schema == frame.schema


def test_dynamic_and_rolling_groups() -> None:
    frame = pl.DataFrame({"at": range(6), "x": [1e16, 1.0, -1e16, 2.0, 3.0, 4.0]})
    rolled = frame.rolling("at", period="3i").agg(pl.col("x").colstats.sum())
    assert rolled["x"].to_list() == [1e16, 1e16 + 1, 1.0, -1e16 + 3, -1e16 + 5, 9.0]
    halves = frame.group_by_dynamic("at", every="3i").agg(pl.col("x").colstats.sum())
    assert halves["x"].to_list() == [1.0, 9.0]


def test_large_columns_use_threads_and_give_the_same_bits() -> None:
    rows = 3_000_000
    frame = pl.DataFrame({"x": pl.int_range(rows, eager=True).cast(pl.Float64).sin() * 1e8})
    frame = frame.with_columns(key=pl.int_range(rows) % 3, many=pl.int_range(rows) // 7)
    std = pl.col("x").colstats.std(ddof=1)
    assert frame.select(std).item() == cs.stddev(frame["x"], ddof=1)
    for key, found in frame.group_by("key").agg(std).rows():
        assert found == cs.stddev(frame.filter(pl.col("key") == key)["x"], ddof=1)
    many = frame.group_by("many", maintain_order=True).agg(std)["x"]
    assert many[12345] == cs.stddev(frame["x"][7 * 12345 : 7 * 12346], ddof=1)
    assert len(many) == -(-rows // 7)
