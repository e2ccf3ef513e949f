"""No, one, and very many columns, rows and chunks."""

import array
import ctypes
import time
from collections.abc import Callable
from ctypes import c_void_p
from fractions import Fraction
from typing import Any

import duckdb
import nanoarrow as na
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import colstats as cs
from support.c_structs import RELEASE, ArrowArray
from support.child import answer
from support.producers import (
    ArrayProducer,
    DeviceArrayProducer,
    DeviceStreamProducer,
    Field,
    StreamProducer,
)
from support.reference import root_to_float
from support.tensors import TensorProducer

STATISTICS = ("sum", "mean", "variance", "stddev", "min", "max")
MANY_COLUMNS = 10_000
MANY_CHUNKS = 10**6

NO_COLUMNS: dict[str, Callable[[], Any]] = {
    "pyarrow": lambda: pa.table({}),
    "pyarrow with rows": lambda: pa.table({"a": [1, 2, 3]}).select([]),
    "pyarrow batch": lambda: pa.record_batch({"a": [1, 2, 3]}).select([]),
    "polars": pl.DataFrame,
    "numpy": lambda: np.zeros((3, 0)),
    "numpy structure": lambda: np.zeros(3, []),
    "array": lambda: ArrayProducer(Field(b"+s", [0.0] * 3)),
}
NO_ROWS: dict[str, Callable[[], Any]] = {
    "pyarrow": lambda: pa.array([], "f8"),
    "pyarrow without chunks": lambda: pa.chunked_array([], "f8"),
    "polars": lambda: pl.Series([], dtype=pl.Float64),
    "pandas": lambda: pd.Series([], dtype="f8"),
    "numpy": lambda: np.zeros(0),
    "numpy, reversed": lambda: np.zeros(0)[::-1],
    "nanoarrow": lambda: na.Array([], na.float64()),
    "memoryview": lambda: memoryview(b"").cast("d"),
    "array": lambda: ArrayProducer(values=[], buffers=[None, None]),
    "device array": lambda: DeviceArrayProducer(field=Field(values=[])),
    "stream": lambda: StreamProducer(Field(values=[])),
    "stream without arrays": lambda: drained(StreamProducer()),
    "device stream": lambda: DeviceStreamProducer(Field(values=[])),
    "tensor": lambda: TensorProducer(shape=(0,)),
}
ONE_ROW: dict[str, Callable[[], Any]] = {
    "pyarrow": lambda: pa.array([2.5]),
    "polars": lambda: pl.Series([2.5]),
    "pandas": lambda: pd.Series([2.5]),
    "numpy": lambda: np.array([2.5]),
    "numpy, no stride": lambda: np.broadcast_to(2.5, 1),
    "nanoarrow": lambda: na.Array([2.5], na.float64()),
    "list": lambda: [2.5],
    "array": lambda: ArrayProducer(values=[2.5]),
    "stream": lambda: StreamProducer(Field(values=[2.5])),
    "dictionary": lambda: pa.array([2.5]).dictionary_encode(),
    "run": lambda: pa.RunEndEncodedArray.from_arrays([1], [2.5]),
}


def drained(producer: StreamProducer) -> StreamProducer:
    """Return the producer with an empty stream."""
    producer.items = ()
    return producer


@pytest.mark.parametrize("make", NO_COLUMNS.values(), ids=NO_COLUMNS.keys())
def test_tables_without_columns(make: Callable[[], Any]) -> None:
    for statistic in (*STATISTICS, "count"):
        batch = pa.record_batch(getattr(cs, statistic)(make()))
        assert (batch.num_rows, batch.num_columns) == (1, 0)
    assert (cs.Table(make()).column_names, len(cs.Table(make())) in (0, 3)) == ([], True)
    assert len(cs.describe(make())) == len(cs.moments(make())) == 0
    assert str(cs.describe(make())).split()[0] == "name"


@pytest.mark.parametrize("make", NO_ROWS.values(), ids=NO_ROWS.keys())
def test_columns_without_rows(make: Callable[[], Any]) -> None:
    assert cs.count(make()) == 0
    assert [getattr(cs, statistic)(make()) for statistic in STATISTICS] == [None] * 6
    assert cs.sum(make(), min_count=0) == 0.0
    assert (len(cs.Column(make())), cs.Column(make()).type) == (0, "float64")
    assert cs.moments(make()) == cs.Moments("float64")
    assert cs.describe(make())[0]["count"] == 0
    assert pa.array(cs.mean(make(), per=7)).to_pylist() == []


def test_lists_without_values() -> None:
    assert (cs.count([]), cs.mean([]), cs.Column(()).type) == (0, None, "null")


def test_duckdb_relations_without_rows() -> None:
    relation = duckdb.sql("select 1.5::double as x where false")
    assert pa.record_batch(cs.mean(relation)).to_pydict() == {"x": [None]}
    assert cs.Table(relation).column_names == ["x"]


@pytest.mark.parametrize("make", ONE_ROW.values(), ids=ONE_ROW.keys())
def test_columns_of_one_row(make: Callable[[], Any]) -> None:
    answers = [getattr(cs, statistic)(make()) for statistic in STATISTICS]
    assert answers == [2.5, 2.5, 0.0, 0.0, 2.5, 2.5]
    assert cs.stddev(make(), ddof=1) is None
    assert (cs.count(make()), len(cs.moments(make()))) == (1, 1)


def test_ten_thousand_columns() -> None:
    names = [f"column {i}" for i in range(MANY_COLUMNS)]
    table = pa.table({name: [i, i + 1.0] for i, name in enumerate(names)})
    start = time.monotonic()
    for data in (table, cs.Table(table)):
        assert pa.record_batch(cs.mean(data) if data is table else data.mean()).to_pylist() == [
            {name: i + 0.5 for i, name in enumerate(names)}
        ]
    states, summary = cs.moments(table), cs.describe(table)
    assert (len(states), states[names[-1]].sum()) == (MANY_COLUMNS, 2.0 * MANY_COLUMNS - 1)
    assert (len(summary), summary[names[-1]]["max"]) == (MANY_COLUMNS, float(MANY_COLUMNS))
    assert cs.merge(states, pa.record_batch(states))[names[1]].count() == 4
    assert time.monotonic() - start < 20
    assert len(repr(summary)) < 20_000
    for ask in (lambda: cs.Table(table)["x"], lambda: states["x"], lambda: summary["x"]):
        with pytest.raises(KeyError, match=r"no column.*\(10000 in all\)") as caught:
            ask()
        assert len(str(caught.value)) < 1000


def sequence_stddev(rows: int) -> float:
    """Return the standard deviation of 0, 1, 2, ..."""
    return root_to_float(Fraction(rows * rows - 1, 12))


@pytest.mark.thread_unsafe(reason="measures the memory of a process")
def test_a_million_chunks_of_pyarrow() -> None:
    program = f"""
        import pyarrow as pa, colstats as cs
        from support.peak import peak
        whole = pa.array(range({MANY_CHUNKS}), "f8")
        chunks = pa.chunked_array([whole.slice(i, 1) for i in range({MANY_CHUNKS})])
        before = peak()
        answers = (cs.stddev(chunks),)
        middle = peak()
        column = cs.Column(chunks)
        answers += column.mean(), column.stddev(), len(column), column.num_chunks
        print(answers, middle - before < 100, peak() - middle < 900)
    """
    mean, stddev = (MANY_CHUNKS - 1) / 2, sequence_stddev(MANY_CHUNKS)
    answers = (stddev, mean, stddev, MANY_CHUNKS, MANY_CHUNKS)
    assert answer(program) == f"{answers} True True"


class Rows(StreamProducer):
    """A stream of arrays of one row each, all in one buffer."""

    def __init__(self, values: "array.array[float]") -> None:
        super().__init__(Field(values=[]))
        self.values, self.exported, self.released = values, 0, 0
        self.buffers = (c_void_p * 2)(None, values.buffer_info()[0])
        self.callback = RELEASE(self.count_release)
        self.next = ArrowArray(length=1, n_buffers=2, buffers=ctypes.addressof(self.buffers))
        self.next.release = ctypes.cast(self.callback, c_void_p)

    def get_next(self, place: int) -> int:
        """Write the next array to `place`, or mark the end."""
        if self.exported == len(self.values):
            return super().get_next(place)
        self.next.offset = self.exported
        ctypes.memmove(place, ctypes.byref(self.next), ctypes.sizeof(ArrowArray))
        self.exported += 1
        return 0

    def count_release(self, address: int) -> None:
        """Count a release."""
        ArrowArray.from_address(address).release = None
        self.released += 1


def test_a_million_chunks_of_a_hand_made_stream() -> None:
    producer = Rows(array.array("d", range(MANY_CHUNKS)))
    producer.items = ()
    assert cs.stddev(producer) == sequence_stddev(MANY_CHUNKS)
    assert (producer.exported, producer.released) == (MANY_CHUNKS, MANY_CHUNKS)
