"""Tables in row-major order, whose columns are all read at once, as if each were alone."""

import math
import pickle
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import colstats as cs
from support.numpy_arrays import DTYPES

STATISTICS = ("count", "sum", "mean", "variance", "stddev", "min", "max")
SHAPES = ((2, 2), (3, 400), (257, 7), (300, 8), (900, 33), (700, 100), (40, 1100), (5000, 3))

rng = np.random.default_rng(17)


def normal(shape: tuple[int, int]) -> np.ndarray:
    """Return columns of different scales."""
    return rng.normal(size=shape) * np.logspace(-30, 30, shape[1])


def with_outliers(shape: tuple[int, int]) -> np.ndarray:
    """Return normal values, some of them very small or very large."""
    values = rng.normal(size=shape)
    values[rng.random(shape) < 0.01] = 1e-30
    values[rng.random(shape) < 0.002] = 1e30
    return values


def with_specials(shape: tuple[int, int]) -> np.ndarray:
    """Return values with NaNs, infinities, zeros and subnormal numbers in every other column."""
    values = rng.normal(size=shape)
    specials = rng.choice([math.nan, math.inf, -math.inf, 0.0, -0.0, 5e-324], size=shape)
    where = rng.random(shape) < 0.01
    where[:, 1::2] = False
    values[where] = specials[where]
    values[:, 0] = -0.0
    return values


def scattered(shape: tuple[int, int]) -> np.ndarray:
    """Return values that no grids hold."""
    return rng.normal(size=shape) * 2.0 ** rng.integers(-900, 900, size=shape)


def far_from_zero(shape: tuple[int, int]) -> np.ndarray:
    """Return values whose deviation no bracket settles."""
    return 1e9 + rng.normal(size=shape) * 1e-3


def lognormal(shape: tuple[int, int]) -> np.ndarray:
    """Return values whose exponents vary."""
    return rng.lognormal(0.0, 4.0, size=shape)


KINDS = (normal, with_outliers, with_specials, scattered, far_from_zero, lognormal)


def row_of(statistic: Callable[..., Any], table: Any, **options: Any) -> cs.Row:
    """Return the results for a table."""
    row = statistic(table, **options)
    assert isinstance(row, cs.Row)
    return row


def same(got: Any, want: Any) -> bool:
    """Return whether two results are the same object in Python, to the bit."""
    return type(got) is type(want) and repr(got) == repr(want)


def check(array: np.ndarray, **options: Any) -> None:
    """Compare the results for a table with those for each of its columns."""
    columns = [np.ascontiguousarray(array[:, i]) for i in range(array.shape[1])]
    tables = [array, cs.Table(array)]
    for name in STATISTICS:
        statistic = getattr(cs, name)
        want = [statistic(column, **options) for column in columns]
        for table in tables:
            row = row_of(statistic, table, **options)
            assert row.column_names == [str(i) for i in range(array.shape[1])]
            for i, (got, one) in enumerate(zip(row.values(), want, strict=True)):
                assert same(got, one), (name, array.dtype, array.shape, i)
        if None not in want:
            along = statistic(array, axis=0, **options)
            assert along.tolist() == pytest.approx(want, rel=0, abs=0, nan_ok=True), name


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", KINDS)
def test_columns_of_floats(kind: Any, shape: tuple[int, int]) -> None:
    array = kind(shape)
    check(array)
    check(array, skip_nans=True)
    with np.errstate(over="ignore", under="ignore"):
        check(array.astype(np.float32))


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_type(dtype: str) -> None:
    values = rng.integers(0, 100, size=(300, 20))
    check(values.astype(dtype))


@pytest.mark.parametrize("dtype", ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"])
def test_integers_at_the_ends_of_their_range(dtype: str) -> None:
    info = np.iinfo(dtype)
    values = rng.choice(np.array([info.min, info.max, 0, 1], dtype), size=(520, 70))
    values[:, ::3] = 5
    check(values)


@pytest.mark.parametrize(
    "view",
    [
        lambda array: array[::-1],
        lambda array: array[::3],
        lambda array: array[:, 5:29],
        lambda array: array[::-2, 1:4],
        lambda array: np.broadcast_to(array[0], array.shape),
        lambda array: array[:, ::2],
        lambda array: array[:, ::-1],
        lambda array: array.T,
        lambda array: array.astype(">f8"),
        lambda array: array[:1],
        lambda array: array[:, :1],
        lambda array: array[:0],
    ],
)
def test_views(view: Any) -> None:
    check(view(normal((900, 40))))


def test_values_that_are_not_aligned() -> None:
    raw = np.zeros(8 * 600 * 20 + 1, np.uint8)[1:]
    array = raw.view("f8").reshape(600, 20)
    array[:] = normal((600, 20))
    check(array)


@pytest.mark.parametrize("axis", [0, 1, 2, (0, 1), (0, 2), (1, 2), (0, 1, 2)])
def test_arrays_of_three_dimensions(axis: Any) -> None:
    array = rng.normal(size=(12, 30, 41))
    for of in (array, array[:, ::2], np.asfortranarray(array), array[::-1]):
        kept = [i for i in range(3) if i not in np.atleast_1d(axis)]
        moved = np.moveaxis(of, kept, range(len(kept)))
        cells = moved.reshape([*(of.shape[i] for i in kept), -1])
        for name in STATISTICS:
            statistic = getattr(cs, name)
            got = np.asarray(statistic(of, axis=axis, keepdims=True)).ravel()
            cell_values = cells.reshape(-1, cells.shape[-1]) if kept else [cells]
            want = [statistic(np.ascontiguousarray(cell)) for cell in cell_values]
            assert got.tolist() == want, (name, axis)


def test_threads_do_not_change_a_bit() -> None:
    for shape in ((1000, 1100), (200_000, 6), (3000, 400)):
        array = normal(shape)
        array[rng.random(shape) < 1e-4] = 1e200
        for name in STATISTICS:
            statistic = getattr(cs, name)
            assert statistic(array, threads=1) == statistic(array, threads=3), (name, shape)


def test_means_and_variances_by_fractions() -> None:
    array = rng.normal(size=(300, 9)) * 1e-5 + 1e3
    means, variances = row_of(cs.mean, array), row_of(cs.variance, array, ddof=1)
    for i in range(9):
        exact = [Fraction(value) for value in array[:, i].tolist()]
        mean = sum(exact) / len(exact)
        assert means[str(i)] == float(mean)
        assert variances[str(i)] == float(sum((x - mean) ** 2 for x in exact) / (len(exact) - 1))


def test_selections_windows_and_masks_take_the_same_values() -> None:
    array = normal((700, 12))
    whole = row_of(cs.mean, array)
    for table in (array, cs.Table(array)):
        assert cs.mean(table, columns=["3", -1]).to_dict() == {"3": whole["3"], "11": whole["11"]}
        assert cs.mean(table, numeric_only=True) == whole
        assert cs.mean(table, per=700).to_list() == [whole.to_dict()]
    assert cs.moments(array)["5"].mean() == whole["5"]
    masked = np.ma.masked_array(array, mask=array > 0)
    assert cs.count(masked)["4"] == int((array[:, 4] <= 0).sum())
    assert cs.sum(masked)["4"] == cs.sum(np.ascontiguousarray(array[:, 4][array[:, 4] <= 0]))


def test_tables_of_several_arrays_are_read_to_the_end() -> None:
    parts = [normal((300, 5)), normal((200, 5)), normal((2, 5))]
    want = [cs.mean(np.concatenate([part[:, i] for part in parts])) for i in range(5)]
    for table in (cs.Table(parts), cs.Table(iter(parts)), parts, iter(parts)):
        assert list(row_of(cs.mean, table).values()) == want


def test_too_many_columns_are_refused() -> None:
    with pytest.raises(ValueError, match="has 1048577 columns, more than any table"):
        cs.mean(np.zeros((2, 2**20 + 1)))


def test_rows_of_floats_are_rows() -> None:
    """A Row that makes its Arrow arrays when they are needed is the same as one made of them."""
    array = rng.normal(size=(400, 30))
    row = row_of(cs.mean, array)
    again = pickle.loads(pickle.dumps(row))
    assert row == again
    assert repr(row) == repr(again)
    assert pa.table(row).to_pylist() == [row.to_dict()]
    assert pa.table(row).schema.field("7").type == pa.float64()
    assert np.asarray(row).tolist() == np.asarray(again).tolist() == list(row.values())
    assert cs.mean(np.zeros((0, 3)), min_count=1).to_dict() == {"0": None, "1": None, "2": None}


def test_tables_of_many_short_columns() -> None:
    table = pa.table({f"c{i}": rng.normal(size=50 + 0 * i) for i in range(300)})
    table = table.append_column("text", pa.array(["x"] * 50))
    row = row_of(cs.stddev, table, numeric_only=True)
    for name in ("c0", "c150", "c299"):
        assert row[name] == cs.stddev(table[name])
    assert row.column_names == table.column_names[:-1]
    with pytest.raises(TypeError, match="text"):
        cs.stddev(table)
