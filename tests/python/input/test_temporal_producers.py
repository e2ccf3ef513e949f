"""Datetimes of NumPy, polars and pandas give the answers of Arrow; NaT is null."""

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import colstats as cs
from support.reference import same_bits

EVERY_UNIT = pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])


def native(array: np.ndarray) -> np.ndarray:
    """Convert to native byte order, which pyarrow requires."""
    return array.astype(array.dtype.newbyteorder("="))


def views(array: np.ndarray) -> list[np.ndarray]:
    unaligned = np.zeros(array.nbytes + 1, "u1")[1:].view(array.dtype)
    unaligned[:] = array
    return [array, array[::-1], array[::2], array.astype(array.dtype.newbyteorder(">")), unaligned]


@EVERY_UNIT
def test_numpy_datetimes(unit: str) -> None:
    array = np.array([1, "NaT", 4, 6, -9, "NaT"], f"M8[{unit}]")
    for view in views(array):
        assert_as_arrow(view, pa.array(native(view)))


@EVERY_UNIT
def test_numpy_timedeltas(unit: str) -> None:
    array = np.array([1, "NaT", 4, 6, -9, "NaT"], f"m8[{unit}]")
    for view in views(array):
        assert_as_arrow(view, pa.array(native(view)))
        assert same_bits(cs.sum(view), cs.sum(pa.array(native(view))))


def test_numpy_days() -> None:
    array = np.array(["2020-01-01", "NaT", "2020-01-04", "1969-12-31"], "M8[D]")
    for view in views(array):
        assert_as_arrow(view, pa.array(view.astype("M8[D]").tolist(), pa.date32()))


def assert_as_arrow(array: Any, arrow: pa.Array) -> None:
    """Check the answers against those for an Arrow array, where NaT is null."""
    assert cs.Column(array).type == cs.Column(arrow).type
    assert cs.Column(array).null_count == arrow.null_count
    for statistic in ("count", "mean", "stddev", "min", "max"):
        assert same_bits(getattr(cs, statistic)(array), getattr(cs, statistic)(arrow))


def test_numpy_tables_of_datetimes() -> None:
    matrix = np.array([[0, 10], [4, 20]], "M8[s]")
    batch = pa.record_batch(cs.mean(matrix))
    assert batch.to_pylist() == [
        {"0": dt.datetime(1970, 1, 1, 0, 0, 2), "1": dt.datetime(1970, 1, 1, 0, 0, 15)}
    ]
    array = np.array([(1.0, 5), (2.0, 7)], [("x", "f8"), ("t", "m8[s]")])
    assert pa.record_batch(cs.mean(array)).to_pylist() == [{"x": 1.5, "t": dt.timedelta(seconds=6)}]


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_polars(unit: str) -> None:
    series = pl.Series([1, None, 4]).cast(pl.Datetime(unit, "Europe/Paris"))
    assert_as_arrow(series, series.to_arrow())
    durations = series.cast(pl.Int64).cast(pl.Duration(unit))
    assert_as_arrow(durations, pa.array([1, None, 4], pa.duration(unit)))


@EVERY_UNIT
def test_pandas(unit: str) -> None:
    for kind, arrow in (("datetime64", pa.timestamp(unit)), ("timedelta64", pa.duration(unit))):
        series = pd.Series(np.array([1, "NaT", 4], f"{kind}[{unit}]"))
        assert_as_arrow(series, pa.array([1, None, 4], arrow))
