"""Arrow data in every legal layout: slices, bit offsets, misaligned buffers, structs."""

import itertools
from typing import Any

import pyarrow as pa
import pytest

import colstats as cs
from support.buffers import buffer_at
from support.checks import assert_column, assert_methods, assert_table
from support.reference import Value

INTEGERS: dict[pa.DataType, tuple[int, int]] = {
    **{pa.type_for_alias(f"int{n}"): (-(2 ** (n - 1)), 2 ** (n - 1) - 1) for n in (8, 16, 32, 64)},
    **{pa.type_for_alias(f"uint{n}"): (0, 2**n - 1) for n in (8, 16, 32, 64)},
}
FLOATS: dict[pa.DataType, list[float]] = {
    pa.float16(): [5.960464477539063e-08, 65504.0, -65504.0, -0.0, 0.333251953125],
    pa.float32(): [1.401298464324817e-45, 3.4028234663852886e38, -1.0, 0.0, 0.3333333432674408],
    pa.float64(): [5e-324, 1.7976931348623157e308, -1.0, -0.0, 1 / 3],
}
VALUES: dict[pa.DataType, list[float]] = {
    **{kind: [low, high, high, low + 1, 7] for kind, (low, high) in INTEGERS.items()},
    **FLOATS,
    pa.bool_(): [True, False, True, True, False],
}
TYPES = pytest.mark.parametrize("kind", VALUES, ids=str)


def with_nulls(values: list[float], period: int) -> list[Value]:
    """Repeat the values, with a null in every `period` rows."""
    repeated = itertools.islice(itertools.cycle(values), 331)
    return [None if i % period == 1 else value for i, value in enumerate(repeated)]


@TYPES
def test_every_type(kind: pa.DataType) -> None:
    values = VALUES[kind]
    assert_column(lambda: pa.array(values, kind), values)
    assert_column(lambda: pa.array(with_nulls(values, 3), kind), with_nulls(values, 3))
    assert cs.Column(pa.array(values, kind)).type == {
        "halffloat": "float16",
        "float": "float32",
    }.get(str(kind), str(kind).replace("double", "float64"))


@TYPES
def test_every_bit_offset(kind: pa.DataType) -> None:
    """Validity bitmaps, and the values of booleans, may start at any bit of a byte."""
    values = with_nulls(VALUES[kind], 5)
    whole = pa.array(values, kind)
    for offset in range(18):
        for length in (0, 1, 7, 8, 9, 63, 64, 65, 130, 300):
            part = cs.Column(whole.slice(offset, length))
            assert_methods(part, values[offset : offset + length])


@TYPES
def test_an_empty_slice_of_any_offset(kind: pa.DataType) -> None:
    for nulls, offset in itertools.product(([], [None]), range(10)):
        whole = pa.array(VALUES[kind] * 2 + nulls, kind)
        assert_column(lambda whole=whole, offset=offset: whole[offset:offset], [])


@TYPES
@pytest.mark.parametrize("period", [2, 3, 10**6])
@pytest.mark.parametrize("shift", [0, 1, 2, 3, 4, 5])
def test_misaligned_buffers(kind: pa.DataType, period: int, shift: int) -> None:
    values = with_nulls(VALUES[kind], period)
    buffers = [
        buffer and buffer_at(buffer.to_pybytes(), shift)
        for buffer in pa.array(values, kind).buffers()
    ]
    misaligned = pa.Array.from_buffers(kind, len(values), buffers)
    assert_column(lambda: misaligned, values)
    assert_column(lambda: misaligned[11:300], values[11:300])


@TYPES
@pytest.mark.parametrize("period", [2, 10**6])
def test_an_unknown_null_count(kind: pa.DataType, period: int) -> None:
    values = with_nulls(VALUES[kind], period)
    buffers = pa.array(values, kind).buffers()
    for offset in (0, 1, 9):
        assert_column(
            lambda offset=offset: pa.Array.from_buffers(
                kind, len(values) - offset, buffers, null_count=-1, offset=offset
            ),
            values[offset:],
        )


def test_a_bitmap_without_nulls() -> None:
    full = pa.py_buffer(b"\xff" * 8)
    values = pa.array([1.0, 2.0, 4.0]).buffers()[1]
    for null_count in (-1, 0):
        array = pa.Array.from_buffers(pa.float64(), 3, [full, values], null_count=null_count)
        assert_column(lambda array=array: array, [1.0, 2.0, 4.0])


def test_values_under_nulls_are_ignored() -> None:
    nan, valid = float("nan"), pa.py_buffer(bytes([0b0101]))
    for garbage in (nan, float("inf"), 1e308, -0.0):
        values = pa.array([-0.0, garbage, -0.0, garbage]).buffers()[1]
        array = pa.Array.from_buffers(pa.float64(), 4, [valid, values])
        assert_column(lambda array=array: array, [-0.0, None, -0.0, None])


STRUCT: dict[str, list[Value]] = {
    "x": [1.5, None, 2.5, 1e16, None, -1e16, 0.1],
    "n": [1, 2, None, 2**62, 2**62, None, 5],
    "b": [True, False, None, None, True, True, False],
    "all": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0],
}


def struct(mask: list[bool] | None, offset: int = 0) -> pa.StructArray:
    """Make a struct whose children are slices with different offsets; `mask` sets its nulls."""
    children = [pa.array([None] * n + v)[n:] for n, v in enumerate(STRUCT.values())]
    nulls = None if mask is None else pa.array(mask)
    return pa.StructArray.from_arrays(children, names=list(STRUCT), mask=nulls)[offset:]


@pytest.mark.parametrize("offset", [0, 1, 2, 5, 7])
@pytest.mark.parametrize(
    "mask",
    [
        None,
        [False] * 7,
        [True] * 7,
        [False, True, False, True, False, False, True],
        [True, False, False, False, False, False, False],
    ],
)
def test_struct_nulls_and_slices_apply_to_the_children(
    mask: list[bool] | None, offset: int
) -> None:
    expected: dict[str, list[Value]] = {
        name: [None if mask and mask[i] else v for i, v in enumerate(values)][offset:]
        for name, values in STRUCT.items()
    }
    assert_table(lambda: struct(mask, offset), expected)
    assert_table(
        lambda: pa.chunked_array([struct(mask, 3), struct(mask, 7), struct(mask, offset)]),
        {name: whole(values, mask)[3:] + expected[name] for name, values in STRUCT.items()},
    )


def whole(values: list[Value], mask: list[bool] | None) -> list[Value]:
    return [None if mask and mask[i] else value for i, value in enumerate(values)]


def test_types_without_statistics_are_counted() -> None:
    arrays: dict[str, Any] = {
        "string": pa.array(["a", None, "c"]),
        "binary": pa.array([b"a", None, b"c"]),
        "list": pa.array([[1], None, []]),
        "struct": pa.array([{"x": 1}, None, {"x": None}]),
        "map": pa.array([[(1, 2)], None, []], pa.map_(pa.int8(), pa.int8())),
        "dictionary": pa.array(["a", None, "c"]).dictionary_encode(),
        "runs": pa.RunEndEncodedArray.from_arrays([2, 3], ["a", None]),
    }
    table = pa.table(arrays)
    assert pa.record_batch(cs.count(table)).to_pylist() == [dict.fromkeys(arrays, 2)]
    assert pa.record_batch(cs.mean(table, numeric_only=True)).num_columns == 0
    with pytest.raises(TypeError, match="string"):
        cs.mean(table)
