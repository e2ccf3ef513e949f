"""NumPy arrays of every type, stride, byte order and alignment, and the protocols they export."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import colstats as cs
from support.checks import assert_column, assert_table
from support.numpy_arrays import DTYPES, STRIDES, numbers
from support.reference import Value

EVERY_DTYPE = pytest.mark.parametrize("dtype", DTYPES)


def assert_array(array: np.ndarray) -> None:
    """Check against the values that NumPy itself converts to Python."""
    assert_column(lambda: array, array.tolist())


@EVERY_DTYPE
@pytest.mark.parametrize("stride", STRIDES)
@pytest.mark.parametrize("order", "<>")
def test_strides_and_byte_orders(dtype: str, stride: str, order: str) -> None:
    array = numbers(dtype).astype(order + dtype)
    assert_array(STRIDES[stride](array))


@EVERY_DTYPE
@pytest.mark.parametrize("shift", [1, 3, 4])
@pytest.mark.parametrize("step", [1, 2, -1])
def test_unaligned(dtype: str, shift: int, step: int) -> None:
    array = numbers(dtype)
    memory = np.zeros(array.nbytes + 16, np.uint8)
    view = memory[shift : shift + array.nbytes].view(dtype)
    view[:] = array
    assert_array(view[::step])
    frozen = np.frombuffer(memory.tobytes(), dtype, len(array), offset=shift)
    assert_array(frozen[::step])


def test_more_than_one_block() -> None:
    array = np.random.default_rng(1).lognormal(0, 20, 10_000)
    for view in (
        array,
        array[::-1],
        array[1::7],
        array.astype(">f8"),
        array.reshape(100, 100)[:, 5],
    ):
        assert_array(view)


def test_nonzero_bytes_are_true() -> None:
    """As in NumPy, any nonzero byte of a bool array is true."""
    array = np.array([0, 1, 2, 255, 0], np.uint8).view(bool)
    assert_column(lambda: array, [False, True, True, True, False])
    assert cs.sum(array[::-2]) == 1


def test_read_only() -> None:
    array = numbers("f8")
    array.setflags(write=False)
    assert_array(array)
    assert_array(array[::-2])


def test_memory_maps(tmp_path: Path) -> None:
    values = numbers("f8")
    values.tofile(tmp_path / "values")
    for mode in ("r", "r+", "c"):
        mapped = np.memmap(tmp_path / "values", "f8", mode)
        assert_array(mapped)
        assert_array(mapped[1::2])


class Subclass(np.ndarray):
    """A subclass of ndarray."""


def test_subclasses() -> None:
    assert_array(numbers("f8").view(Subclass))
    with pytest.warns(PendingDeprecationWarning):
        matrix = np.matrix([[1.0, 2.0], [4.0, 8.0]])
    assert_table(lambda: matrix, {"0": [1.0, 4.0], "1": [2.0, 8.0]})


MATRICES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "C order": np.ascontiguousarray,
    "Fortran order": np.asfortranarray,
    "transposed": lambda m: np.ascontiguousarray(m).T,
    "rows backwards": lambda m: m[::-1],
    "columns backwards": lambda m: m[:, ::-1],
    "part": lambda m: m[1:-1:2, ::2],
    "rows repeated": lambda m: np.broadcast_to(m[0], (5, m.shape[1])),
    "columns repeated": lambda m: np.broadcast_to(m[:, :1], (m.shape[0], 3)),
    "byte-swapped": lambda m: m.astype(m.dtype.newbyteorder(">")),
    "unaligned": lambda m: np.frombuffer(b"x" + m.tobytes(), m.dtype, offset=1).reshape(m.shape),
    "no rows": lambda m: m[:0],
    "one row": lambda m: m[:1],
}


@EVERY_DTYPE
@pytest.mark.parametrize("shape", MATRICES)
def test_two_dimensions_are_a_table(dtype: str, shape: str) -> None:
    matrix = MATRICES[shape](numbers(dtype, 44).reshape(11, 4))
    columns = {str(i): matrix[:, i].tolist() for i in range(matrix.shape[1])}
    assert_table(lambda: matrix, columns)


def test_a_table_without_columns() -> None:
    table = cs.Table(np.zeros((3, 0)))
    assert (len(table), table.column_names) == (3, [])


def test_structured_arrays_are_a_table() -> None:
    fields = [("x", "f8"), ("flag", "?"), ("n", ">i4"), ("half", "f2"), ("big", "u8")]
    for align in (False, True):
        array = np.zeros(50, np.dtype(fields, align=align))
        array["x"], array["flag"] = np.linspace(-1, 1e9, 50), np.arange(50) % 2
        array["n"], array["half"], array["big"] = -np.arange(50), 1 / 3, 2**64 - 1
        for view in (array, array[::-2], array[:0], array.view(np.recarray)):
            assert_table(lambda v=view: v, {name: view[name].tolist() for name, _ in fields})


class Exporter:
    """An object that exposes a single protocol of an array."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array


class OnlyInterface(Exporter):
    @property
    def __array_interface__(self) -> dict[str, Any]:
        return self.array.__array_interface__


class OnlyDLPack(Exporter):
    def __dlpack__(self, **keywords: Any) -> object:
        return self.array.__dlpack__(**keywords)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.array.__dlpack_device__()


class OnlyOldDLPack(OnlyDLPack):
    def __dlpack__(self) -> object:
        return self.array.__dlpack__()


class OnlyBuffer(Exporter):
    """A memoryview, since `__buffer__` in Python code needs Python 3.12."""

    def __new__(cls, array: np.ndarray) -> memoryview:
        return memoryview(array)


@EVERY_DTYPE
@pytest.mark.parametrize("exporter", [OnlyInterface, OnlyDLPack, OnlyOldDLPack, OnlyBuffer])
@pytest.mark.parametrize("stride", ["contiguous", "every third from 1", "backwards", "no rows"])
def test_every_protocol(dtype: str, exporter: type[Exporter], stride: str) -> None:
    array = STRIDES[stride](numbers(dtype))
    assert_column(lambda: exporter(array), array.tolist())
    matrix = numbers(dtype, 40).reshape(10, 4)[::2, ::-1]
    columns = {str(i): matrix[:, i].tolist() for i in range(4)}
    assert_table(lambda: exporter(matrix), columns)


@pytest.mark.parametrize("dtype", [">f8", ">i4", ">u2"])
def test_protocols_with_a_byte_order(dtype: str) -> None:
    array = numbers(dtype[1:]).astype(dtype)
    for exporter in (OnlyInterface, OnlyBuffer):
        assert_column(lambda exporter=exporter: exporter(array), array.tolist())


def test_the_array_is_not_written_to() -> None:
    array = numbers("f8")
    before = array.tobytes()
    values: list[Value] = array.tolist()
    assert_column(lambda: array, values)
    assert array.tobytes() == before
