"""Columns and a table, as each library with Arrow support exports them."""

import math
from collections.abc import Callable

import arro3.core
import duckdb
import nanoarrow
import pandas as pd
import polars as pl
import pyarrow as pa

import colstats as cs
from support.reference import Value

LONG = [None if i % 7 == 3 else math.ldexp(i - 1500.25, i % 40) for i in range(3001)]
COLUMNS: dict[str, tuple[pa.DataType, list[Value]]] = {
    "floats": (pa.float64(), [1.5, None, -2.25, 1e16, 1.0, None, -1e16, 0.1, 1e-30]),
    "extremes": (pa.float64(), [3.5e300, 5e-324, None, -3.5e300, 1.7e308, 2.5e-310, 1.7e308]),
    "without nulls": (pa.float64(), [0.1, 0.2, 0.3, 1e8, 1e8 + 1]),
    "specials": (pa.float64(), [1.0, math.nan, None, math.inf]),
    "long": (pa.float64(), LONG),
    "float32": (
        pa.float32(),
        [0.5, None, 1.1754943508222875e-38, 1.401298464324817e-45, -(2.0**127)],
    ),
    "integers": (pa.int64(), [3, None, -(2**63), 2**63 - 1, 0, None, 2**63 - 1]),
    "bools": (pa.bool_(), [True, None, False, True, True, False, None, True, True, True]),
    "only nulls": (pa.float64(), [None] * 9),
    "no rows": (pa.float64(), []),
}


def array(name: str) -> pa.Array:
    """Return one of the columns as a pyarrow array."""
    data_type, values = COLUMNS[name]
    return pa.array(values, data_type)


def surrounded(values: pa.Array, before: int) -> pa.Array:
    """Embed the values in a longer array, and return them as a slice of it."""
    wrong = pa.array([1, None, 1, 1, 1] * before).cast(values.type)
    return pa.concat_arrays([wrong[:before], values, wrong[:5]]).slice(before, len(values))


def slices(values: pa.Array) -> list[pa.Array]:
    """Cut the values into arrays, some of them empty."""
    return [values[:0], values[:2], values[2:2], values[2:3], values[3:], values[:0]]


def chunked(values: pa.Array) -> pa.ChunkedArray:
    return pa.chunked_array(slices(values), values.type)


def only(method: str) -> Callable[[object], object]:
    """Return a wrapper that exposes a single special method of an object."""

    def export(self: object, *arguments: object, **keywords: object) -> object:
        return getattr(self.inner, method)(*arguments, **keywords)

    class_ = type(f"Only{method}", (), {method: export})

    def wrap(inner: object) -> object:
        wrapper = class_()
        wrapper.inner = inner
        return wrapper

    return wrap


def polars(values: pa.Array) -> pl.Series:
    return pl.Series(pl.from_arrow(values))


def polars_chunks(values: pa.Array) -> pl.Series:
    series = pl.concat([polars(part) for part in slices(values)], rechunk=False)
    assert series.n_chunks() > 1 or len(values) < 3
    return series


COLUMN_PRODUCERS: dict[str, Callable[[pa.Array], object]] = {
    "pyarrow.Array": lambda values: values,
    "pyarrow.Array, sliced by 1": lambda values: surrounded(values, 1),
    "pyarrow.Array, sliced by 8": lambda values: surrounded(values, 8),
    "pyarrow.Array, sliced by 13": lambda values: surrounded(values, 13),
    "pyarrow.Array, sliced by 64": lambda values: surrounded(values, 64),
    "pyarrow.Array, sliced twice": lambda values: surrounded(surrounded(values, 3), 4),
    "pyarrow.ChunkedArray": chunked,
    "pyarrow.ChunkedArray, a chunk a row": lambda values: pa.chunked_array(
        [values[i : i + 1] for i in range(len(values))], values.type
    ),
    "polars.Series": polars,
    "polars.Series, chunks": polars_chunks,
    "polars.Series, sliced": lambda values: pl.concat([polars(values)] * 2)[len(values) :],
    "pandas.Series": lambda values: pd.Series(pd.arrays.ArrowExtensionArray(values)),
    "pandas.Series, chunks": lambda values: pd.Series(
        pd.arrays.ArrowExtensionArray(chunked(values))
    ),
    "nanoarrow.Array": nanoarrow.Array,
    "nanoarrow.ArrayStream": lambda values: nanoarrow.ArrayStream(chunked(values)),
    "nanoarrow.c_array": nanoarrow.c_array,
    "nanoarrow.c_array_stream": lambda values: nanoarrow.c_array_stream(chunked(values)),
    "arro3.Array": arro3.core.Array.from_arrow,
    "arro3.Array, sliced": lambda values: arro3.core.Array.from_arrow(surrounded(values, 5)),
    "arro3.ChunkedArray": lambda values: arro3.core.ChunkedArray.from_arrow(chunked(values)),
    "arro3.ArrayReader": lambda values: arro3.core.ArrayReader.from_arrow(chunked(values)),
    "only __arrow_c_array__": only("__arrow_c_array__"),
    "only __arrow_c_device_array__": only("__arrow_c_device_array__"),
    "only __arrow_c_stream__": lambda values: only("__arrow_c_stream__")(chunked(values)),
    "colstats.Column": cs.Column,
}


ROWS = ("floats", "integers", "bools", "only nulls")
TABLE: dict[str, list[Value]] = {name: COLUMNS[name][1][:7] for name in ROWS}


def batch() -> pa.RecordBatch:
    return pa.record_batch([array(name)[:7] for name in TABLE], names=list(TABLE))


def table() -> pa.Table:
    whole = pa.Table.from_batches([batch()])
    return pa.concat_tables([whole[:0], whole[:2], whole[2:3], whole[3:3], whole[3:]])


def batch_of_slices() -> pa.RecordBatch:
    return pa.record_batch([surrounded(array(name)[:7], 3) for name in TABLE], names=list(TABLE))


def batch_of_a_slice() -> pa.RecordBatch:
    """Make a slice of a batch whose columns are slices with different offsets."""
    arrays = [
        pa.concat_arrays([array[:2], array, array[:3]])
        for array in (surrounded(column, n) for n, column in enumerate(batch().columns, 1))
    ]
    return pa.record_batch(arrays, names=list(TABLE)).slice(2, 7)


def polars_frame() -> pl.DataFrame:
    parts = [pl.DataFrame(pl.from_arrow(part)) for part in (table()[:3], table()[3:])]
    return pl.concat(parts, rechunk=False)


TABLE_PRODUCERS: dict[str, Callable[[], object]] = {
    "pyarrow.RecordBatch": batch,
    "pyarrow.RecordBatch of slices": batch_of_slices,
    "pyarrow.RecordBatch, sliced": batch_of_a_slice,
    "pyarrow.StructArray": lambda: batch().to_struct_array(),
    "pyarrow.StructArray, sliced": lambda: pa.concat_arrays(
        [batch().to_struct_array()[3:], batch().to_struct_array()]
    ).slice(4),
    "pyarrow.ChunkedArray of structs": lambda: table().to_struct_array(),
    "pyarrow.Table": table,
    "pyarrow.RecordBatchReader": lambda: table().to_reader(),
    "polars.DataFrame": lambda: pl.DataFrame(pl.from_arrow(batch())),
    "polars.DataFrame, chunks": polars_frame,
    "polars.Series of structs": lambda: polars_frame().to_struct("whole"),
    "pandas.DataFrame": lambda: table().to_pandas(types_mapper=pd.ArrowDtype),
    "duckdb relation": lambda: duckdb.from_arrow(table()),
    "nanoarrow.Array": lambda: nanoarrow.Array(batch()),
    "nanoarrow.ArrayStream": lambda: nanoarrow.ArrayStream(table()),
    "arro3.RecordBatch": lambda: arro3.core.RecordBatch.from_arrow(batch_of_a_slice()),
    "arro3.Table": lambda: arro3.core.Table.from_arrow(table()),
    "arro3.RecordBatchReader": lambda: arro3.core.RecordBatchReader.from_arrow(table()),
    "only __arrow_c_array__": lambda: only("__arrow_c_array__")(batch_of_a_slice()),
    "only __arrow_c_device_array__": lambda: only("__arrow_c_device_array__")(batch_of_a_slice()),
    "only __arrow_c_stream__": lambda: only("__arrow_c_stream__")(table()),
}
