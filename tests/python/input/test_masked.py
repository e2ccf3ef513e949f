"""NumPy masked arrays: masked values are null."""

from collections.abc import Callable

import numpy as np
import pytest

import colstats as cs
from support.checks import assert_column, assert_table

DTYPES = ["?", "i1", "i8", "u8", "f2", "f4", "f8", ">f8", ">i2"]


def masked(dtype: str, rows: int = 100) -> np.ma.MaskedArray:
    """Make an array with every third row masked; masked floats are NaN."""
    values = (np.arange(rows) % 11).astype(dtype)
    mask = np.arange(rows) % 3 == 1
    if "f" in dtype:
        values[mask] = np.nan
    return np.ma.array(values, mask=mask)


VIEWS: dict[str, Callable[[np.ma.MaskedArray], np.ma.MaskedArray]] = {
    "whole": lambda a: a,
    "strided": lambda a: a[1::2],
    "backwards": lambda a: a[::-1],
    "slice": lambda a: a[7:60],
    "one row": lambda a: a[4:5],
    "no rows": lambda a: a[:0],
    "all masked": lambda a: a[1::3],
    "none masked": lambda a: a[::3],
    "hard mask": lambda a: a.copy().harden_mask(),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("view", VIEWS)
def test_one_dimension(dtype: str, view: str) -> None:
    array = VIEWS[view](masked(dtype))
    assert_column(lambda: array, array.tolist())


@pytest.mark.parametrize("mask", [np.ma.nomask, False, True, [False, True, False]])
def test_every_kind_of_mask(mask: object) -> None:
    array = np.ma.array([1.5, 2.5, 7.0], mask=mask)
    assert_column(lambda: array, array.tolist())


def test_a_mask_with_strides_of_its_own() -> None:
    flags = np.array([[True, False], [False, False], [True, True], [False, True]])
    array = np.ma.array(np.arange(4.0)[::-1], mask=flags[:, 1], copy=False)
    array._mask = flags[:, 1]
    assert array.mask.strides == (2,)
    assert_column(lambda: array, [3.0, 2.0, None, None])


@pytest.mark.parametrize("order", "CF")
@pytest.mark.parametrize("dtype", DTYPES)
def test_two_dimensions(dtype: str, order: str) -> None:
    array = masked(dtype).reshape(20, 5).copy(order=order)
    for matrix in (array, array[::2, ::-1], array.T, array[:0]):
        columns = {str(i): matrix[:, i].tolist() for i in range(matrix.shape[1])}
        assert_table(lambda matrix=matrix: matrix, columns)


def test_structured_arrays() -> None:
    values = [(1.5, 7, True), (2.5, 8, False), (4.0, 9, True)]
    fields = [("x", "f8"), ("n", ">i2"), ("flag", "?")]
    masks = [(False, True, False), (True, False, False), (False, False, True)]
    array = np.ma.array(values, dtype=fields, mask=masks)
    for view in (array, array[::-1], array[:2]):
        columns = {name: view[name].tolist() for name, _ in fields}
        assert None in columns["x"]
        assert_table(lambda view=view: view, columns)


def test_datetimes() -> None:
    moments = np.array(["2020-01-01", "NaT", "2020-01-03", "2262-01-01"], "M8[ns]")
    array = np.ma.array(moments, mask=[False, False, False, True])
    column = cs.Column(array)
    assert (column.count(), column.null_count, len(column)) == (2, 2, 4)
    assert str(column.mean()) == "2020-01-02 00:00:00.000000000"


def test_changes_of_the_mask_are_seen() -> None:
    array = np.ma.array([1.0, 2.0, 6.0])
    assert cs.mean(array) == 3.0
    array[2] = np.ma.masked
    assert cs.mean(array) == 1.5
