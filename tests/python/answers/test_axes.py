"""Statistics along axes of NumPy arrays: every cell is the statistic of its values, to the bit."""

import itertools
import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import colstats as cs
from support.numpy_arrays import DTYPES

STATISTICS = ("count", "sum", "mean", "variance", "stddev", "min", "max")
Axis = int | tuple[int, ...] | None


def axes_of(dimensions: int) -> Iterator[Axis]:
    """Yield all that `axis=` may be: every axis from both ends, every set of them, and None."""
    yield None
    yield from range(-dimensions, dimensions)
    for count in range(dimensions + 1):
        yield from itertools.combinations(range(dimensions), count)


def cells(array: np.ndarray, axis: Axis) -> Iterator[tuple[tuple[int, ...], np.ndarray]]:
    """Yield the index of each result in the array of results, and the values that it is of."""
    reduced = range(array.ndim) if axis is None else axis if isinstance(axis, tuple) else [axis]
    reduced = [position % array.ndim for position in reduced]
    kept = [position for position in range(array.ndim) if position not in reduced]
    moved = np.transpose(array, [*kept, *reduced])
    for index in np.ndindex(*(array.shape[position] for position in kept)):
        yield index, moved[index].ravel()


def is_same(got: Any, want: Any) -> bool:
    if want is None:
        return got is np.ma.masked
    if isinstance(want, float) and math.isnan(want):
        return bool(np.isnan(got))
    return bool(got == want) and math.copysign(1, got) == math.copysign(1, want)


def assert_axes(array: np.ndarray, statistics: tuple[str, ...] = STATISTICS) -> None:
    """Compare all results along all axes with those of the column of each cell's values.

    Those are compared with fractions elsewhere, whatever the layout.
    """
    for statistic, axis in itertools.product(statistics, axes_of(array.ndim)):
        ask = getattr(cs, statistic)
        got = ask(array, axis=axis)
        kept = ask(array, axis=axis, keepdims=True)
        expected = np.sum(np.zeros(array.shape, "i1"), axis=axis, keepdims=True).shape
        assert kept.shape == expected
        if not isinstance(got, np.ndarray):
            assert axis is None or set(np.atleast_1d(axis) % array.ndim) == {*range(array.ndim)}
            assert repr(got) == repr(ask(array.ravel()))
            continue
        assert repr(got.ravel().tolist()) == repr(kept.ravel().tolist())
        assert got.shape == np.sum(np.zeros(array.shape, "i1"), axis=axis).shape
        for index, values in cells(array, axis):
            # As a plain copy, by a door without strides.
            want = ask(np.ma.copy(values) if np.ma.isMA(values) else np.ascontiguousarray(values))
            assert is_same(got[index], want), (statistic, axis, index, got[index], want)


def numbers(dtype: str, shape: tuple[int, ...]) -> np.ndarray:
    """Return numbers of all magnitudes, in a shape."""
    rng = np.random.default_rng(math.prod(shape))
    if dtype == "?":
        return rng.integers(0, 2, shape).astype(bool)
    if dtype.startswith("f"):
        wide = {"f2": 8, "f4": 60, "f8": 300}[dtype]
        return (rng.normal(size=shape) * 2.0 ** rng.integers(-wide, wide, shape)).astype(dtype)
    limits = np.iinfo(dtype)
    return rng.integers(limits.min, limits.max, shape, dtype, endpoint=True)


LAYOUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "C order": np.ascontiguousarray,
    "Fortran order": np.asfortranarray,
    "transposed": lambda array: array.T,
    "backwards": lambda array: array[::-1, ..., ::-1],
    "every second": lambda array: np.repeat(array, 2, axis=-1)[..., ::2],
    "byte-swapped": lambda array: array.astype(array.dtype.newbyteorder(">")),
    "unaligned": lambda array: np.frombuffer(b"x" + array.tobytes(), array.dtype, offset=1).reshape(
        array.shape
    ),
    "broadcast": lambda array: np.broadcast_to(array[:1], array.shape),
    "masked": lambda array: np.ma.array(
        array, mask=np.arange(array.size).reshape(array.shape) % 3 == 0
    ),
    "masked, transposed": lambda array: np.ma.array(
        array.T, mask=np.arange(array.size).reshape(array.T.shape) % 2 == 0
    ),
    "masked, no mask": np.ma.array,
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_dtype_and_layout(dtype: str, layout: str) -> None:
    array = LAYOUTS[layout](numbers(dtype, (2, 3, 4)))
    array.setflags(write=False)
    assert_axes(array)


@pytest.mark.parametrize(
    "shape", [(), (7,), (1,), (5, 1), (1, 6), (2, 1, 3, 2), (1, 2, 1, 2, 1, 2)]
)
def test_every_number_of_dimensions(shape: tuple[int, ...]) -> None:
    assert_axes(numbers("f8", shape), ("sum", "stddev"))


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_any_shape_and_strides(data: st.DataObject) -> None:
    shape = tuple(data.draw(st.lists(st.integers(1, 5), min_size=1, max_size=4)))
    array = numbers(data.draw(st.sampled_from(["f8", "i8", "u2", "f4"])), shape)
    array = array.transpose(data.draw(st.permutations(range(len(shape)))))
    steps = tuple(slice(None, None, data.draw(st.sampled_from([1, 2, -1, -2]))) for _ in shape)
    assert_axes(array[steps], ("mean", "variance", "max"))


@pytest.mark.parametrize("axis", [0, 1, 2, (0, 2), (2, 1)])
def test_against_fractions(axis: Axis) -> None:
    array = numbers("f8", (3, 4, 5))
    means, variances = cs.mean(array, axis=axis), cs.variance(array, axis=axis, ddof=1)
    for index, values in cells(array, axis):
        exact = [Fraction(value) for value in values.tolist()]
        mean = sum(exact) / len(exact)
        assert means[index] == float(mean)
        assert variances[index] == float(sum((x - mean) ** 2 for x in exact) / (len(exact) - 1))


@pytest.mark.parametrize("axis", [0, 1, (0, 1), None])
def test_against_numpy(axis: Axis) -> None:
    """Of integers that no sum of squares rounds, NumPy's results are exact, too."""
    array = np.random.default_rng(5).integers(-8, 8, (16, 32)).astype("f8")
    for ours, numpys in ((cs.sum, np.sum), (cs.min, np.min), (cs.max, np.max), (cs.mean, np.mean)):
        expected = numpys(array, axis=axis)
        assert np.array_equal(ours(array, axis=axis), expected)
        assert np.asarray(ours(array, axis=axis)).dtype == expected.dtype


def test_several_threads_and_long_rows() -> None:
    array = np.random.default_rng(7).normal(size=(3, 400_001))
    for axis in (0, 1):
        one = cs.stddev(array, axis=axis, threads=1)
        for threads in (2, 3):
            assert cs.stddev(array, axis=axis, threads=threads).tobytes() == one.tobytes()
    assert cs.mean(array, axis=1).tolist() == [cs.mean(row) for row in array]
    assert cs.mean(array, axis=0)[:50].tolist() == [cs.mean(array[:, i].copy()) for i in range(50)]


DTYPE_OF_RESULTS = [
    ("f2", {"count": "i8", "sum": "f8", "mean": "f8", "stddev": "f8", "min": "f2", "max": "f2"}),
    ("f4", {"sum": "f8", "variance": "f8", "max": "f4"}),
    (">f8", {"sum": "f8", "min": "f8"}),
    ("i1", {"count": "i8", "sum": "i8", "mean": "f8", "min": "i1"}),
    (">i4", {"sum": "i8", "max": "i4"}),
    ("u2", {"sum": "u8", "max": "u2"}),
    ("?", {"count": "i8", "sum": "i8", "mean": "f8", "min": "?"}),
    ("M8[D]", {"count": "i8", "mean": "M8[s]", "stddev": "m8[s]", "min": "M8[D]"}),
    ("M8[ns]", {"mean": "M8[ns]", "stddev": "m8[ns]", "max": "M8[ns]"}),
    ("m8[ms]", {"sum": "m8[ms]", "mean": "m8[ms]", "stddev": "m8[ms]", "max": "m8[ms]"}),
]


@pytest.mark.parametrize(("dtype", "results"), DTYPE_OF_RESULTS)
def test_the_dtype_follows_from_that_of_the_values(dtype: str, results: dict[str, str]) -> None:
    array = np.arange(6).reshape(2, 3).astype(dtype)
    for statistic, expected in results.items():
        for axis in (0, 1):
            got = getattr(cs, statistic)(array, axis=axis)
            assert got.dtype == np.dtype(expected)
            assert got.flags.writeable
        assert getattr(cs, statistic)(array[:, :0], axis=0).dtype == np.dtype(expected)


def test_times_keep_their_digits() -> None:
    ticks = np.array([[10**18 + 1, 10**18 + 3], [10**18 + 3, 10**18 + 6]])
    times = ticks.view("M8[ns]")
    assert cs.mean(times, axis=0).view("i8").tolist() == [10**18 + 2, 10**18 + 4]
    assert cs.max(times, axis=1).view("i8").tolist() == [10**18 + 3, 10**18 + 6]
    assert cs.stddev(times, axis=0).tolist() == [1, 2]
    times[0, 0] = "NaT"
    assert cs.count(times, axis=0).tolist() == [1, 2]
    times[1, 0] = "NaT"
    assert np.isnat(cs.max(times, axis=0)).tolist() == [True, False]
    with pytest.raises(TypeError, match="variance of timestamp"):
        cs.variance(times, axis=0)


def test_sums_of_integers_are_exact() -> None:
    signed = np.array([[2**62, 2**62, 1], [2**62, 1, 1]])
    sums = cs.sum(signed, axis=1)
    assert (sums.dtype, sums.tolist()) == (np.dtype(object), [2**63 + 1, 2**62 + 2])
    assert cs.sum(signed[:, 1:], axis=1).dtype == np.int64
    unsigned = np.array([[2**64 - 1, 1], [3, 4]], "u8")
    assert cs.sum(unsigned, axis=1).tolist() == [2**64, 7]
    assert cs.sum(unsigned, axis=1).dtype == object
    assert cs.sum(unsigned[:, :1], axis=1).tolist() == [2**64 - 1, 3]
    assert cs.sum(unsigned[:, :1], axis=1).dtype == np.uint64
    assert cs.sum(unsigned, axis=None) == 2**64 + 7


def test_sums_of_durations_beyond_their_type_are_refused() -> None:
    long = np.full((2, 2), 2**62).view("m8[s]")
    with pytest.raises(ValueError, match=r"the sum does not fit the 64 bits of a timedelta64\[s\]"):
        cs.sum(long, axis=0)


def test_cells_without_an_answer() -> None:
    floats = np.array([[1.0, np.nan], [np.nan, np.nan]])
    assert repr(cs.mean(floats, axis=0, skip_nans=True).tolist()) == "[1.0, nan]"
    assert np.isnan(cs.stddev(floats, axis=1, ddof=2)).all()
    for statistic in ("sum", "min", "max"):
        with pytest.raises(ValueError, match=r"ndarray: the \w+ at \[0\] has too few values"):
            getattr(cs, statistic)(np.zeros((0, 2), int), axis=0)
    assert cs.sum(np.zeros((0, 2), int), axis=0, min_count=0).tolist() == [0, 0]
    assert cs.count(np.zeros((0, 2), int), axis=0).tolist() == [0, 0]
    assert cs.sum(np.zeros((0, 2), int), axis=1).shape == (0,)
    assert np.isnan(cs.mean(np.zeros((2, 0)), axis=1)).tolist() == [True, True]


def test_masked_results() -> None:
    array = np.ma.array([[1, 2, 3], [4, 5, 6]], mask=[[1, 0, 0], [1, 1, 0]])
    for statistic, expected in {
        "count": [0, 1, 2],
        "sum": [None, 2, 9],
        "mean": [None, 2.0, 4.5],
        "max": [None, 2, 6],
    }.items():
        got = getattr(cs, statistic)(array, axis=0)
        assert isinstance(got, np.ma.MaskedArray)
        assert got.tolist() == expected
        numpys = getattr(np.ma, statistic)(array, axis=0)
        assert numpys.tolist() == expected
    assert cs.sum(array, axis=None) == 11
    assert cs.mean(array[:, :1], axis=None) is None
    assert cs.sum(array, axis=1, keepdims=True).tolist() == [[5], [6]]
    assert isinstance(cs.sum(np.ma.array([[1, 2]]), axis=0), np.ma.MaskedArray)


def test_options_apply_to_each_cell() -> None:
    array = np.ma.array([[1.0, 2.0], [4.0, np.nan]], mask=[[0, 1], [0, 0]])
    assert cs.sum(array, axis=1, skip_nulls=False).tolist() == [
        None,
        pytest.approx(np.nan, nan_ok=True),
    ]
    assert cs.sum(array, axis=1, min_count=2, skip_nans=True).tolist() == [None, None]
    assert cs.stddev(np.eye(2), axis=0, ddof=1).tolist() == [0.5**0.5] * 2


def test_other_arrays_in_memory() -> None:
    array = np.arange(24.0).reshape(2, 3, 4)
    assert cs.mean(memoryview(array), axis=(0, 2)).tolist() == [7.5, 11.5, 15.5]
    assert cs.mean(pa.Tensor.from_numpy(array), axis=(0, 2)).tolist() == [7.5, 11.5, 15.5]

    class Interface:
        __array_interface__ = array.__array_interface__

    assert cs.max(Interface(), axis=0).tolist() == array[1].tolist()
    with pytest.warns(PendingDeprecationWarning):
        matrix = np.matrix([[1.0, 2.0], [3.0, 4.0]])
    assert cs.mean(matrix, axis=0).tolist() == [2.0, 3.0]


def test_without_axis_nothing_has_changed() -> None:
    array = np.arange(6.0).reshape(2, 3)
    assert pa.record_batch(cs.mean(array)).to_pylist() == [{"0": 1.5, "1": 2.5, "2": 3.5}]
    assert pa.record_batch(cs.mean(array, axis=...)).num_columns == 3
    with pytest.raises(TypeError, match=r"3 dimensions: a column has 1.*axis="):
        cs.mean(array.reshape(1, 2, 3))


@pytest.mark.parametrize("axis", [2, -3, 2**70, -(2**70), (0, 2)])
def test_axes_that_are_not_there(axis: Axis) -> None:
    with pytest.raises(np.exceptions.AxisError, match="out of bounds for array of dimension 2"):
        cs.mean(np.eye(2), axis=axis)
    with pytest.raises(np.exceptions.AxisError, match="out of bounds for array of dimension 0"):
        cs.mean(np.array(1.0), axis=0)


REFUSED: list[tuple[Callable[[], object], type[Exception], str]] = [
    (lambda: cs.mean(np.eye(2), axis=(0, 0)), ValueError, "duplicate value in 'axis'"),
    (lambda: cs.mean(np.eye(2), axis=(0, -2)), ValueError, "duplicate value in 'axis'"),
    (lambda: cs.mean(np.eye(2), axis=0.5), TypeError, "axis takes an int.*not float"),
    (lambda: cs.mean(np.eye(2), axis="0"), TypeError, "axis takes an int.*not str"),
    (lambda: cs.mean(np.eye(2), axis=[0]), TypeError, "axis takes an int.*not list"),
    (lambda: cs.mean(np.eye(2), axis=True), TypeError, "axis takes an int.*not bool"),
    (lambda: cs.mean(np.eye(2), keepdims=True), TypeError, "keepdims= goes with axis="),
    (lambda: cs.mean(np.eye(2), axis=0, keepdims=1), TypeError, "keepdims must be a bool"),
    (lambda: cs.mean(np.eye(2), axis=0, per=1), TypeError, "per= is for columns and tables"),
    (lambda: cs.mean(np.eye(2), axis=0, columns=[0]), TypeError, "columns= is for columns"),
    (lambda: cs.mean(np.eye(2), axis=0, numeric_only=True), TypeError, "numeric_only= is for"),
    (lambda: cs.mean([1, 2], axis=0), TypeError, r"axis= is for NumPy.*list: .*numpy\.asarray"),
    (lambda: cs.mean(pa.array([1]), axis=None), TypeError, "axis= is for NumPy.*Int64Array"),
    (lambda: cs.mean(cs.Table(np.eye(2)), axis=0), TypeError, r"axis= is for .*colstats\.Table"),
    (lambda: cs.mean(np.zeros(2, "f8,f8"), axis=0), TypeError, "structured.*choose one field"),
    (lambda: cs.mean(np.zeros((2, 2), "O"), axis=0), TypeError, "object values"),
    (lambda: cs.mean(np.zeros((2, 2), "U1"), axis=0), TypeError, "string values"),
    (lambda: cs.sum(np.zeros((2, 2), "M8[s]"), axis=0), TypeError, "sum of timestamp"),
]


@pytest.mark.parametrize(("call", "error", "says"), REFUSED)
def test_bad_axes_are_refused(
    call: Callable[[], object], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        call()
