"""Statistics that need the values, in pandas and polars: the bits of colstats, in their types."""

import datetime as dt
import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import colstats as cs
import colstats.pandas as in_pandas
import colstats.polars as in_polars
from colstats._accessors import PAIRS, VALUES

RNG = np.random.default_rng(5)
X = np.round(RNG.normal(3, 10, 200), 1)
Y = X * 0.3 + RNG.normal(size=200)
K = RNG.integers(0, 4, 200)
POLARS = pl.DataFrame({"k": K, "x": X, "y": Y, "n": RNG.integers(0, 50, 200)})
PANDAS = POLARS.to_pandas()
#: The statistics, and what comes before their options.
ASKED: dict[str, tuple[Any, ...]] = {name: (0.29,) if name == "quantile" else () for name in VALUES}


def bits(value: Any) -> str:
    """Return a value with all its bits, so that NaN equals NaN."""
    return value.hex() if isinstance(value, float) else repr(value)


@pytest.mark.parametrize("name", ASKED)
def test_series_have_the_bits_of_colstats(name: str) -> None:
    first = ASKED[name]
    for column in ("x", "y", "n"):
        expected = bits(getattr(cs, name)(POLARS[column].to_numpy(), *first))
        assert bits(getattr(POLARS[column].colstats, name)(*first)) == expected
        assert bits(getattr(PANDAS[column].colstats, name)(*first)) == expected
        typed = in_polars.SeriesStatistics(POLARS[column])
        assert bits(getattr(typed, name)(*first)) == expected


@pytest.mark.parametrize("name", ASKED)
def test_expressions_work_in_every_context(name: str) -> None:
    first = ASKED[name]
    ask = getattr(cs, name)
    expr = getattr(pl.col("x").colstats, name)(*first)
    assert bits(POLARS.select(expr).item()) == bits(ask(X, *first))
    assert bits(POLARS.lazy().select(expr).collect().item()) == bits(ask(X, *first))
    groups = {int(k): bits(ask(X[k == K], *first)) for k in np.unique(K)}
    found = POLARS.group_by("k").agg(expr)
    assert {k: bits(value) for k, value in found.rows()} == groups
    lazy = POLARS.lazy().group_by("k").agg(expr.alias("one"), pl.len()).collect()
    assert {row[0]: bits(row[1]) for row in lazy.rows()} == groups
    over = POLARS.select("k", expr.over("k"))
    assert all(bits(value) == groups[k] for k, value in over.rows())
    two = POLARS.select(getattr(pl.col("x", "y").colstats, name)(*first))
    assert bits(two["y"][0]) == bits(ask(Y, *first))


@pytest.mark.parametrize("name", ASKED)
def test_frames_have_a_value_for_each_column(name: str) -> None:
    first = ASKED[name]
    expected = {c: bits(getattr(cs, name)(POLARS[c], *first)) for c in POLARS.columns}
    frame = getattr(POLARS.colstats, name)(*first)
    assert {c: bits(frame[c][0]) for c in frame.columns} == expected
    lazy = getattr(POLARS.lazy().colstats, name)(*first)
    assert lazy.collect_schema() == frame.schema
    assert lazy.collect().equals(frame)
    series = getattr(PANDAS.colstats, name)(*first)
    assert {c: bits(value) for c, value in zip(series.index, series.tolist(), strict=True)} == {
        c: bits(float.fromhex(value)) if "0x" in value and series.dtype == "float64" else value
        for c, value in expected.items()
    }
    some = getattr(POLARS.colstats, name)(*first, columns=["y"])
    assert some.columns == ["y"]
    assert list(getattr(PANDAS.colstats, name)(*first, columns=["y", "x"]).index) == ["y", "x"]


def test_several_quantiles() -> None:
    qs = [0, 0.29, 1]
    expected = cs.quantile(X, qs)
    assert POLARS["x"].colstats.quantile(qs) == expected
    assert PANDAS["x"].colstats.quantile(qs).to_dict() == dict(zip(qs, expected, strict=True))
    frame = POLARS.colstats.quantile(iter(qs), columns=["x"])
    assert frame.to_dict(as_series=False) == {"q": qs, "x": expected}
    assert POLARS.lazy().colstats.quantile(qs, columns=["x"]).collect().equals(frame)
    table = PANDAS.colstats.quantile(qs, columns=["x", "n"])
    assert table["x"].tolist() == expected
    assert table.index.tolist() == qs
    with pytest.raises(TypeError, match="an expression has one value"):
        pl.col("x").colstats.quantile([0.5])


@pytest.mark.parametrize("name", PAIRS)
def test_pairs(name: str) -> None:
    ask = getattr(cs, name)
    expected = bits(ask(X, Y))
    assert bits(getattr(POLARS["x"].colstats, name)(POLARS["y"])) == expected
    assert bits(getattr(PANDAS["x"].colstats, name)(PANDAS["y"])) == expected
    for other in ("y", pl.col("y")):
        expr = getattr(pl.col("x").colstats, name)(other)
        assert bits(POLARS.select(expr).item()) == expected
        groups = {int(k): bits(ask(X[k == K], Y[k == K])) for k in np.unique(K)}
        found = POLARS.group_by("k").agg(expr)
        assert {k: bits(value) for k, value in found.rows()} == groups
    matrix = ask(POLARS.drop("k"))
    assert getattr(POLARS.drop("k").colstats, name)().equals(pl.DataFrame(matrix))
    assert getattr(POLARS.drop("k").lazy().colstats, name)().collect().equals(pl.DataFrame(matrix))
    square = getattr(PANDAS.drop(columns="k").colstats, name)()
    assert list(square.index) == list(square.columns) == ["x", "y", "n"]
    assert bits(float(square.loc["x", "y"])) == expected
    assert bits(float(square.loc["y", "x"])) == expected
    some = getattr(PANDAS.colstats, name)(columns=["y", "x"], complete=True)
    assert list(some.columns) == ["y", "x"]


def test_missing_values_are_those_of_each_library() -> None:
    values = [1.0, math.nan, 3.0, 3.0]
    assert pd.Series(values).colstats.median() == 3.0
    assert math.isnan(pd.Series(values).colstats.median(skip_nans=False))
    assert math.isnan(pl.Series(values).colstats.median())
    assert pl.Series(values).colstats.median(skip_nans=True) == 3.0
    assert pd.Series(values).colstats.n_unique() == 2
    assert pl.Series(values).colstats.n_unique() == 3
    frame = pl.DataFrame({"k": [1, 1, 2], "x": [None, None, 4]})
    rows = frame.group_by("k", maintain_order=True).agg(pl.col("x").colstats.median()).rows()
    assert rows == [(1, None), (2, 4.0)]
    assert pl.DataFrame({"x": []}, schema={"x": pl.Int64}).colstats.mode().rows() == [(None,)]


def test_types_of_results() -> None:
    days = [dt.date(2024, 1, 1), dt.date(2024, 1, 3), dt.date(2024, 1, 3)]
    assert pl.Series(days).colstats.mode() == days[1]
    expr = pl.col("d").colstats
    frame = pl.DataFrame({"d": days}).select(expr.mode(), m=expr.quantile(0, interpolation="lower"))
    assert frame.schema == {"d": pl.Date, "m": pl.Date}
    moments = pd.Series(pd.to_datetime(days))
    assert moments.colstats.median() == pd.Timestamp(days[1])
    assert moments.colstats.mode() == pd.Timestamp(days[1])
    cents = pd.Series([Decimal("0.10"), Decimal("0.30")], dtype=pd.ArrowDtype(pa.decimal128(5, 2)))
    assert cents.colstats.quantile(0, interpolation="higher") == Decimal("0.10")
    assert pd.Series(["b", "a", "b"]).colstats.mode() == "b"
    text = pl.DataFrame({"k": [1, 1, 2], "s": ["b", "a", "c"]})
    lower = pl.col("s").colstats.quantile(0.5, interpolation="lower")
    assert sorted(text.group_by("k").agg(lower).rows()) == [(1, "a"), (2, "c")]


def test_extremes_of_text() -> None:
    frame = pl.DataFrame({"k": [1, 1, 2], "s": ["b", "a", "c"], "n": [1, 2, 3]})
    frame = frame.with_columns(c=pl.col("s").cast(pl.Categorical), b=pl.col("s").cast(pl.Binary))
    assert frame.colstats.min(columns=["s", "n", "c", "b"]).rows() == [("a", 1, "a", b"a")]
    assert frame.lazy().colstats.max(columns=["s"]).collect().rows() == [("c",)]
    assert frame["s"].colstats.max() == "c"
    least = frame.colstats.min(by="k", columns=["s", "n"])
    assert least.rows() == [(1, "a", 1), (2, "c", 3)]
    assert frame.to_pandas()["s"].colstats.min() == "a"
    assert frame.select("s", "n").to_pandas().colstats.max().to_list() == ["c", 3]
    with pytest.raises(pl.exceptions.ComputeError, match="they are not numbers"):
        frame.select(pl.col("s").colstats.min())


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: POLARS["x"].colstats.quantile(1.5), ValueError, "q must be from 0 to 1"),
        (lambda: pl.col("x").colstats.quantile(2), ValueError, "q must be from 0 to 1"),
        (lambda: pl.col("x").colstats.median(ddof=1), TypeError, "unexpected keyword argument"),
        (lambda: POLARS.colstats.median(by="k"), TypeError, "unexpected keyword argument"),
        (lambda: PANDAS.colstats.skewness(biased=2), TypeError, "biased must be a bool"),
        (pd.Series(["a"]).colstats.median, TypeError, "no mean"),
        (
            pd.DataFrame({"s": ["a"], "x": [1]}).colstats.median,
            TypeError,
            r"column 's': .*numeric_only=True",
        ),
        (
            lambda: PANDAS["x"].colstats.corr(PANDAS["y"][::-1]),
            ValueError,
            "have different indexes",
        ),
        (lambda: PANDAS["x"].colstats.cov(PANDAS["y"].to_numpy()[1:]), ValueError, "rows"),
        (lambda: PANDAS.colstats.median(columns=["z"]), KeyError, "no column 'z'"),
    ],
)
def test_refusals(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_typed_classes() -> None:
    assert in_pandas.SeriesStatistics(PANDAS["x"]).median() == cs.median(X)
    assert in_pandas.FrameStatistics(PANDAS).kurtosis()["y"] == cs.kurtosis(Y)
    assert POLARS.select(in_polars.ExprStatistics(pl.col("y")).sem()).item() == cs.sem(Y)
