"""Inputs of every kind. A maker is a function without arguments that returns an input."""

import array
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

import colstats as cs
from support.arrow_types import KINDS, LAYOUTS, with_nulls
from support.bad_inputs.protocol import POINTER, Interface
from support.libraries import COLUMN_PRODUCERS, TABLE_PRODUCERS
from support.libraries import array as column
from support.numpy_arrays import DTYPES, STRIDES, numbers

Maker = Callable[[], Any]

TABLE = pa.table(
    {
        "x": [1.0, 2.5, None, 1e300],
        "n": pa.array([1, 2, 3, None], pa.int16()),
        "t": pa.array([1, 2, 3, 4], pa.timestamp("ms", "UTC")),
        "d": pa.array([1, None, 3, 4]).cast(pa.decimal128(24, 2)),
        "s": ["b", "a", None, "b"],
    }
)
STATES = cs.moments(TABLE)
GROUPS = cs.moments(TABLE, by=["s"])


def kept(*inputs: Any) -> list[Maker]:
    """Return makers that always return the same inputs."""
    return [lambda each=each: each for each in inputs]


# NumPy arrays and other memory.


def unaligned(values: np.ndarray) -> np.ndarray:
    return np.frombuffer(b"\0" + values.tobytes(), values.dtype, len(values), offset=1)


def swapped(values: np.ndarray) -> np.ndarray:
    return values.astype(values.dtype.newbyteorder(">"))


def masked(values: np.ndarray) -> np.ma.MaskedArray:
    return np.ma.array(values, mask=np.arange(values.size).reshape(values.shape) % 3 == 1)


def records() -> np.ndarray:
    made = np.zeros(5, [("x", "f8"), ("n", ">i4"), ("b", "?"), ("s", "U3")])
    made["x"] = np.arange(5)
    return made


def of_each_dtype(*changes: Callable[[np.ndarray], Any]) -> list[Maker]:
    return [
        lambda dtype=dtype, change=change: change(numbers(dtype))
        for dtype in DTYPES
        for change in changes
    ]


class Tensor:
    """A NumPy array that exposes DLPack only."""

    def __init__(self, values: np.ndarray) -> None:
        self.values = values

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.values.__dlpack_device__()

    def __dlpack__(self, **options: Any) -> object:
        return self.values.__dlpack__(**options)


TIMES: list[Maker] = [
    *(lambda unit=unit: np.arange(9).astype(f"datetime64[{unit}]") for unit in ("D", "s", "ns")),
    lambda: np.array([1, "NaT", 3], "timedelta64[ms]")[::-1],
]
MATRICES: list[Maker] = [
    lambda: np.arange(12.0).reshape(4, 3),
    lambda: np.asfortranarray(np.arange(12).reshape(4, 3)),
    lambda: np.arange(24, dtype=">i2").reshape(4, 6)[::-1, ::2],
    lambda: masked(np.arange(12.0).reshape(4, 3)),
    lambda: np.zeros((0, 2)),
    records,
    lambda: records()[::-2],
    lambda: np.ma.array(records()[["x", "n"]], mask=[(i % 2, 0) for i in range(5)]),
]
STRIDED = of_each_dtype(
    unaligned, swapped, *(STRIDES[name] for name in ("every third from 1", "backwards", "repeated"))
)
BUFFERS: list[Maker] = [
    *(lambda code=code: array.array(code, [1, 2, 3, 4]) for code in "bBhHiIlLqQfd"),
    lambda: b"bytes",
    lambda: bytearray(b"bytes"),
    lambda: memoryview(np.arange(9.0))[::2],
    lambda: memoryview(bytes(range(8))).cast("B", (4, 2)),
    lambda: memoryview(b"text").cast("c"),
]
INTERFACES: list[Maker] = [
    Interface,
    lambda: Interface(strides=(-8,), data=(POINTER[0] + 16, True)),
    lambda: Interface(shape=(1, 3)),
    lambda: Interface(typestr="<M8[us]"),
    lambda: Interface(typestr=">f8"),
    lambda: Interface(typestr="|b1", shape=(24,)),
]
TENSORS: list[Maker] = [
    lambda: Tensor(np.arange(6.0)),
    lambda: Tensor(np.arange(6, dtype="i2")[::2]),
    lambda: Tensor(np.ones((3, 2), "f4")),
    lambda: Tensor(np.ones(3, "?")),
]
LISTS = kept(
    [1.5, 2.5, -1.0],
    [1, 2, None],
    [2**63, 5],
    [True, None, False],
    [None, None],
    [],
    [1, 2.5, None, True],
    [np.float32(1.5), np.int8(3)],
    (1.0, 2.0),
    range(2, 100, 7),
    [1, "text"],
    [0.5, 2**53 + 1],
)

# Iterables and mappings.


def torn() -> Iterator[Any]:
    """Fail after two batches."""
    yield from [TABLE, TABLE]
    raise ArithmeticError("on purpose")


ITERATORS_OF_NUMBERS: list[Maker] = [
    lambda: iter([1.5, None, 2.5]),
    lambda: (number for number in [1, 2**63 - 1]),
    lambda: deque([True, None]),
    lambda: iter([1, "text"]),
    lambda: iter([]),
]
ITEMS: list[Maker] = [
    lambda: [TABLE["x"], TABLE["x"]],
    lambda: iter([TABLE["n"], TABLE["n"].combine_chunks().dictionary_encode()]),
    lambda: (values for values in [np.arange(3.0), np.arange(9.0)[::2]]),
    lambda: iter([TABLE["s"], TABLE["x"]]),
    lambda: [cs.Column([1, 2]), cs.Column([3])],
]
TABLES_OF_ITEMS: list[Maker] = [
    lambda: iter(TABLE.to_batches(max_chunksize=2)),
    lambda: [TABLE, TABLE],
    lambda: iter([TABLE, TABLE.select(["x"])]),
    torn,
    lambda: {"x": [1.5, None], "n": range(2), "s": pa.array(["a", "b"])},
    lambda: {"x": [1], "n": [1, 2]},
    lambda: {"x": ["text"]},
]

# Arrow columns.

ENCODED = [layout for layout in LAYOUTS if layout.startswith(("dictionar", "runs"))]
#: A few types of different widths, for use with all layouts.
SOME = (pa.float64(), pa.int16(), pa.bool_(), pa.decimal128(38, 2), pa.timestamp("us"))


def kinds(*layouts: str, where: Callable[[pa.DataType], bool]) -> list[Maker]:
    """Return makers of columns of every type that `where` accepts, in each layout."""

    def make(kind: Any, layout: str) -> Any:
        rows = with_nulls(kind.values, 5)
        return LAYOUTS[layout](kind.array(rows), rows)[0]

    return [
        lambda kind=kind, layout=layout: make(kind, layout)
        for kind in KINDS
        if where(kind.type)
        for layout in layouts
    ]


def is_number(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)


def others() -> list[Maker]:
    """Return makers of columns that can only be counted, or not even that."""
    text = pa.array(["one", None, "three of more than twelve bytes", "one"])
    layouts = [pa.large_string(), pa.string_view(), pa.binary(), pa.large_binary()]
    return kept(
        text,
        *map(text.cast, layouts),
        text.dictionary_encode(),
        pa.RunEndEncodedArray.from_arrays([2, 3], ["a", "b"]),
        pa.array([b"ab", None], pa.binary(2)),
        pa.array([[1, 2], None, []]),
        pa.array([[1, 2], None], pa.list_(pa.int8(), 2)),
        pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int64())),
        pa.array([(1, 2, 3), None], pa.month_day_nano_interval()),
        pa.UnionArray.from_sparse(pa.array([0, 0], pa.int8()), [pa.array([1, 2])]),
        pa.nulls(5),
    )


# Producers, by library.


def is_read_once(name: str) -> bool:
    return "Reader" in name or "ArrayStream" in name or name.endswith("c_array_stream")


def columns_of(library: str, *, once: bool = False) -> list[Maker]:
    return [
        lambda make=make, values=values: make(column(values))
        for name, make in COLUMN_PRODUCERS.items()
        if name.startswith(library) and is_read_once(name) == once
        for values in ("floats", "integers", "bools", "specials", "no rows", "only nulls")
    ]


def tables_of(library: str, *, once: bool = False) -> list[Maker]:
    return [
        make
        for name, make in TABLE_PRODUCERS.items()
        if name.startswith(library) and is_read_once(name) == once
    ]


def failing_reader(error: BaseException) -> pa.RecordBatchReader:
    """Return a reader that raises after its first batch."""

    def batches() -> Iterator[pa.RecordBatch]:
        yield from TABLE.to_batches()
        raise error

    return pa.RecordBatchReader.from_batches(TABLE.schema, batches())


_directory = TemporaryDirectory(prefix="colstats-soak-")


def files() -> list[Maker]:
    """Write files, and return makers of their paths."""
    place = Path(_directory.name)
    pyarrow.parquet.write_table(TABLE, place / "table.parquet")
    pyarrow.csv.write_csv(TABLE, place / "table.csv")
    with pa.ipc.new_file(place / "table.arrow", TABLE.schema) as file:
        file.write_table(TABLE)
    (place / "damaged.parquet").write_bytes(b"PAR1 and no more")
    names = ("table.parquet", "table.csv", "table.arrow", "damaged.parquet", "not there.parquet")
    return kept(*(str(place / name) for name in names))
