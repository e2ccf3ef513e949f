"""The namespaces of series, frames and lazy frames, and the way that needs no plugin."""

# Type checkers do not know registered namespaces.
# mypy: disable-error-code="attr-defined"

import datetime as dt
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import colstats as cs
import colstats.polars as frames

FRAME = pl.DataFrame(
    {
        "key": ["b", "a", "b", None],
        "x": [1.5, None, 2.5, float("nan")],
        "n": [1, 2, 3, 2**62],
        "day": [dt.date(2020, 1, d) for d in (1, 2, 3, 4)],
    }
)


def test_series_give_python_values() -> None:
    assert FRAME["n"].colstats.sum() == 2**62 + 6
    assert FRAME["x"].colstats.mean(skip_nans=True) == 2.0
    assert FRAME["day"].colstats.max() == dt.date(2020, 1, 4)
    assert pl.Series([2**62] * 3).colstats.sum() == 3 * 2**62
    assert FRAME["n"].colstats.describe()[0]["max"] == 2**62
    assert (FRAME["n"].colstats.moments() + cs.moments([1])).count() == 5
    with pytest.raises(TypeError, match='column "key": cannot compute the mean'):
        FRAME["key"].colstats.mean()


def test_frames_give_frames() -> None:
    sums = FRAME.colstats.sum(columns=["n", "x"], skip_nans=True)
    assert sums.schema == {"n": pl.Int64, "x": pl.Float64}
    assert sums.rows() == [(2**62 + 6, 4.0)]
    assert FRAME.colstats.max(numeric_only=True).columns == ["x", "n"]
    assert FRAME.colstats.count().rows() == [(4 - 1, 3, 4, 4)]
    assert FRAME.colstats.count(columns=[-1, 0]).columns == ["day", "key"]
    assert pl.DataFrame().colstats.mean().shape == (0, 0)


def test_frames_are_grouped_in_the_order_of_their_keys() -> None:
    by = FRAME.colstats.max(by="key", numeric_only=True, skip_nans=True)
    assert by.rows() == [("b", 2.5, 3), ("a", None, 2), (None, None, 2**62)]
    by = FRAME.colstats.count(by=["key", "day"], columns=["n"])
    assert by.rows() == [(*key, 1) for key in FRAME.select("key", "day").rows()]
    lazy = FRAME.lazy().colstats.count(by="key", columns=["n"])
    assert lazy.collect().rows() == [("b", 2), ("a", 1), (None, 1)]


def test_frames_refuse_with_the_way_out() -> None:
    frame: Any
    for frame in (FRAME, FRAME.lazy()):
        with pytest.raises(TypeError, match=r'"key": .*numeric_only=True'):
            frame.colstats.mean()
        with pytest.raises(KeyError, match='no column "z"; there are'):
            frame.colstats.mean(columns=["z"])
        for by in (pl.col("key"), ["key", pl.col("key")]):
            with pytest.raises(TypeError, match=r"not an expression: .*with_columns\(\)"):
                frame.colstats.mean(by=by)
        with pytest.raises(KeyError, match="no column 'z' to group by; there are"):
            frame.colstats.mean(by="z")
        with pytest.raises(TypeError, match=r"columns takes a list of names: columns=\[\"x\"\]"):
            frame.colstats.mean(columns="x")


def test_frames_of_many_chunks_are_not_copied() -> None:
    column = pl.Series("x", np.arange(1000.0))
    frame = pl.concat([pl.DataFrame([column[i : i + 100]]) for i in range(0, 1000, 100)])
    assert frame.n_chunks() == 10
    assert frame.colstats.mean().item() == 499.5
    assert frame.n_chunks() == 10


def test_descriptions_and_states() -> None:
    described = FRAME.colstats.describe(by="key", columns=["n"])
    assert str(described) == str(cs.describe(FRAME, by="key", columns=["n"]))
    states = FRAME.colstats.moments(by="key", columns=["n"])
    assert isinstance(states, cs.GroupedMoments)
    assert len(states) == 3
    whole = cs.describe(FRAME, ddof=1)
    assert str(FRAME.colstats.describe(ddof=1)) == str(whole)
    assert str(FRAME.lazy().colstats.describe(ddof=1)) == str(whole)


def test_lazy_frames_are_read_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = 40_000
    frame = pl.DataFrame({"key": np.arange(rows) % 7, "x": np.sin(np.arange(rows)) * 1e8})
    lazy, collect = frame.lazy().filter(pl.col("x") > 0), pl.LazyFrame.collect_batches
    seen = []

    def batches(self: pl.LazyFrame, **keywords: Any) -> Iterator[pl.DataFrame]:
        for batch in collect(self, chunk_size=500, **keywords):
            seen.append(len(batch))
            yield batch

    monkeypatch.setattr(pl.LazyFrame, "collect_batches", batches)
    states = lazy.colstats.moments()
    expected: Any = cs.moments(lazy.collect())
    assert {name: states[name] for name in states} == {n: expected[n] for n in expected}
    assert len(seen) >= 40
    groups = lazy.colstats.moments(by="key", fan_in=2)
    assert str(pl.DataFrame(groups.std()).sort("key")) == str(
        pl.DataFrame(cs.moments(lazy.collect(), by="key").std()).sort("key")
    )
    assert lazy.filter(pl.col("x") > 1e9).colstats.moments()["x"].count() == 0
    with pytest.raises(KeyError, match="no column"):
        lazy.colstats.moments(columns=["z"])


def test_errors_of_a_lazy_query_come_through() -> None:
    lazy = pl.LazyFrame({"x": ["1", "no"]}).select(pl.col("x").cast(pl.Int64))
    with pytest.raises(pl.exceptions.InvalidOperationError, match="conversion"):
        lazy.colstats.describe()


@pytest.mark.thread_unsafe(reason="replaces the route of a module")
def test_all_routes_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    x = {"count": {}, "sum": {}, "mean": {}, "min": {}, "max": {}, "stddev": {"ddof": 1}}
    frame = FRAME.with_columns(u=pl.Series([1, 2, 3, 2**64 - 8], dtype=pl.UInt64))

    def answers() -> list[pl.DataFrame]:
        found = []
        for name, options in x.items():
            asked = [getattr(pl.col(c).colstats, name)(**options) for c in ("x", "n", "u")]
            lazy = frame.lazy()
            for query in (
                lazy.select(asked),
                lazy.group_by("key", maintain_order=True).agg(asked),
                lazy.select(each.over("key") for each in asked),
                lazy.select("n").filter(pl.col("n") < 0).select(asked[1]),
            ):
                result = query.collect()
                assert result.schema == query.collect_schema()
                found += [result, query.collect(engine="streaming")]
        return found

    by_lists = answers()
    for route in (frames._by_calls, frames._by_python):
        monkeypatch.setattr(frames, "_groups", route)
        for one, other in zip(by_lists, answers(), strict=True):
            assert one.equals(other)
            assert one.schema == other.schema


def test_the_best_route_that_polars_offers_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    assert frames._groups is frames._by_lists
    assert frames._whole is frames._by_calls
    assert frames._works(frames._by_python)

    def refuse(*_: object, **__: object) -> pl.Expr:
        raise pl.exceptions.ComputeError("this engine doesn't support plugin version: 0")

    monkeypatch.setattr(frames, "register_plugin_function", refuse)
    assert not frames._works(frames._by_lists)
    assert not frames._works(frames._by_calls)
    # As polars 1.20 answers functions of lists: with lists.
    wrong = lambda values, *_: values.implode()  # noqa: E731
    assert not frames._works(wrong)


def test_queries_with_the_plugin_can_be_sent(tmp_path: Path) -> None:
    """Another process runs them, although it has not imported colstats."""
    query = FRAME.lazy().group_by("n").agg(pl.col("x").colstats.std(ddof=0)).sort("n")
    path = tmp_path / "plan"
    path.write_bytes(query.serialize())
    code = (
        f"import polars as pl; q = pl.LazyFrame.deserialize({str(path)!r}); "
        "print(q.collect().rows())"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == str(query.collect().rows())
