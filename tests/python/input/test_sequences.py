"""Lists, tuples, ranges, and buffers of the standard library."""

import array
import math
import mmap
from collections.abc import Sequence

import numpy as np
import pytest

import colstats as cs
from support.checks import assert_column
from support.reference import Value

SEQUENCES: dict[str, tuple[str, Sequence[Value]]] = {
    "floats": ("float64", [0.1, 0.2, -0.0, 5e-324, 1e308, 1e308]),
    "floats and None": ("float64", [None, 0.1, None, 1e16]),
    "specials": ("float64", [math.inf, 1.0, None]),
    "nan": ("float64", [math.nan, 1.0]),
    "negative zeros": ("float64", [-0.0, -0.0]),
    "integers": ("int64", [1, 2, -(2**63), 2**63 - 1]),
    "integers and None": ("int64", [1, None, 3]),
    "large integers": ("uint64", [2**63, 2**64 - 1, 0]),
    "large and small integers": ("uint64", [1, 2**64 - 1, None]),
    "bools": ("bool", [True, False, True]),
    "bools and None": ("bool", [True, None]),
    "one": ("float64", [2.5]),
}


@pytest.mark.parametrize("sequence", [list, tuple])
@pytest.mark.parametrize("name", SEQUENCES)
def test_sequences(sequence: type, name: str) -> None:
    data_type, values = SEQUENCES[name]
    assert_column(lambda: sequence(values), values)
    assert cs.Column(sequence(values)).type == data_type


@pytest.mark.parametrize(
    ("mixed", "data_type", "same"),
    [
        ([1, 2.5, None], "float64", [1.0, 2.5, None]),
        ([2**53, 0.5], "float64", [2.0**53, 0.5]),
        ([2**63, 0.5], "float64", [2.0**63, 0.5]),
        ([True, 0.5], "float64", [1.0, 0.5]),
        ([True, 7], "int64", [1, 7]),
        ([True, 2**64 - 1], "uint64", [1, 2**64 - 1]),
        ([np.float32(0.1), np.int8(3)], "float64", [float(np.float32(0.1)), 3.0]),
        ([np.float64(0.1), None], "float64", [0.1, None]),
        ([np.uint64(2**64 - 1), 1], "uint64", [2**64 - 1, 1]),
        ([np.bool_(True), False], "bool", [True, False]),
    ],
)
def test_lists_get_a_type_that_holds_all_values(
    mixed: list[object], data_type: str, same: list[Value]
) -> None:
    assert cs.Column(mixed).type == data_type
    assert_column(lambda: mixed, same)


@pytest.mark.parametrize(
    "mixed",
    [
        [2**53 + 1, 0.5],
        [0.5, -(2**53) - 1],
        [2**64 - 1, 0.5],
        [2**63, -1],
        [2**64],
        [-(2**63) - 1],
    ],
)
def test_lists_that_no_type_holds_are_refused(mixed: list[float]) -> None:
    with pytest.raises(ValueError, match="integer at index"):
        cs.mean(mixed)


@pytest.mark.parametrize(
    "numbers",
    [range(10), range(7, -50, -3), range(0), range(2**62, 2**62 + 3), range(2**64 - 3, 2**64)],
)
def test_ranges(numbers: range) -> None:
    if numbers:
        assert_column(lambda: numbers, list(numbers))
    assert cs.count(numbers) == len(numbers)


@pytest.mark.parametrize("empty", [[], (), range(0), [None], (None, None)])
def test_sequences_without_values(empty: Sequence[None]) -> None:
    column = cs.Column(empty)
    assert (column.type, len(column), column.null_count) == ("null", len(empty), len(empty))
    for ask in (cs.sum, cs.mean, cs.variance, cs.stddev, cs.min, cs.max):
        assert ask(empty) is None
    assert cs.count(empty) == 0


CODES = "bBhHiIlLqQfd"


@pytest.mark.parametrize("code", CODES)
def test_arrays(code: str) -> None:
    values = array.array(code, [1, 2, 3, 100, 7, 0, 9])
    assert_column(lambda: values, values.tolist())
    view = memoryview(values)
    for part in (view, view[1:], view[::2], view[::-1], view[3:3], view.toreadonly()):
        assert_column(lambda part=part: part, part.tolist())
    assert_column(lambda: array.array(code), [])


@pytest.mark.parametrize("code", "bhilq")
def test_arrays_of_limits(code: str) -> None:
    half = 2 ** (8 * array.array(code).itemsize - 1)
    for code_, values in ((code, [-half, half - 1, -half]), (code.upper(), [0, 2 * half - 1])):
        assert_column(lambda code=code_, values=values: array.array(code, values), values)


@pytest.mark.parametrize("bytes_", [bytearray, bytes, memoryview])
def test_bytes_are_read_as_numbers(bytes_: type) -> None:
    data = b"colstats \x00\xff"
    assert_column(lambda: bytes_(data), list(data))


def test_a_memory_map() -> None:
    with mmap.mmap(-1, 4096) as memory:
        memory[:4] = b"\x01\x02\x03\xff"
        assert cs.sum(memory) == 261


def test_memoryviews_of_two_dimensions_and_other_types() -> None:
    view = memoryview(bytes(range(12))).cast("B", (3, 4))
    table = cs.Table(view)
    assert table.column_names == ["0", "1", "2", "3"]
    assert [table[i].sum() for i in range(4)] == [12, 15, 18, 21]
    assert cs.mean(memoryview(b"\x00\x01\x02").cast("?")) == 2 / 3
    assert cs.mean(memoryview(array.array("d", [1.0, 2.0]))) == 1.5


def test_a_bytearray_cannot_grow_while_it_is_held() -> None:
    data = bytearray(b"abc")
    column = cs.Column(data)
    with pytest.raises(BufferError):
        data.append(1)
    del column
    data.append(1)
    assert cs.count(data) == 4
