"""Refusals name a way out, and the way out works."""

import atexit
import datetime as dt
import decimal
import re
import sqlite3
import sys
from collections.abc import Callable
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pytest

import colstats as cs
from support.tensors import TensorProducer

FRAME = {"k": ["a", "b", "a"], "x": [1.0, 2.0, 6.0]}
TABLE = pa.table(FRAME)
DATABASE = sqlite3.connect(":memory:", check_same_thread=False)
atexit.register(DATABASE.close)


def cursor() -> sqlite3.Cursor:
    return DATABASE.execute("select 1.5 as x union all select 2.5")


def connection() -> Any:
    return duckdb.connect()


def file_reader() -> Any:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, TABLE.schema) as writer:
        writer.write_table(TABLE)
    return pa.ipc.open_file(sink.getvalue())


def groups(frame: Any) -> float:
    return cs.moments(frame, by="k")["a"]["x"].mean()


def first(result: Any) -> object:
    return pa.record_batch(result)[-1][0].as_py()


#: What is refused, what the message must name, and the same as code, with its result.
WAYS_OUT: dict[str, tuple[Callable[[], Any], str, Callable[[Any], object], object]] = {
    "LazyFrame": (
        lambda: pl.LazyFrame({"x": [1.0, 2.0]}),
        ".collect()",
        lambda data: first(cs.mean(data.collect())),
        1.5,
    ),
    "Expr": (
        lambda: pl.col("x"),
        "DataFrame.select()",
        lambda data: first(cs.mean(pl.DataFrame(FRAME).select(data))),
        3.0,
    ),
    "groups of polars": (
        lambda: pl.DataFrame(FRAME).group_by("k"),
        "colstats.moments(frame, by=...)",
        lambda _: groups(pl.DataFrame(FRAME)),
        3.5,
    ),
    "groups of pandas": (
        lambda: pd.DataFrame(FRAME).groupby("k"),
        "colstats.moments(frame, by=...)",
        lambda _: groups(pd.DataFrame(FRAME)),
        3.5,
    ),
    "sparse pandas": (
        lambda: pd.arrays.SparseArray([0.0, 3.0]),
        "array.to_dense()",
        lambda data: cs.mean(data.to_dense()),
        1.5,
    ),
    "Dataset": (
        lambda: ds.dataset(TABLE),
        "dataset.scanner().to_reader()",
        lambda data: first(cs.mean(data.scanner().to_reader(), columns=["x"])),
        3.0,
    ),
    "Scanner": (
        lambda: ds.dataset(TABLE).scanner(),
        "scanner.to_reader()",
        lambda data: first(cs.mean(data.to_reader(), columns=["x"])),
        3.0,
    ),
    "file reader": (
        file_reader,
        "(reader.get_batch(i) for i in range(reader.num_record_batches))",
        lambda data: first(
            cs.mean((data.get_batch(i) for i in range(data.num_record_batches)), columns=["x"])
        ),
        3.0,
    ),
    "cursor of sqlite": (
        cursor,
        "(row[0] for row in cursor)",
        lambda data: cs.mean(row[0] for row in data),
        2.0,
    ),
    "connection of duckdb": (
        connection,
        "connection.sql(query)",
        lambda data: first(cs.mean(data.sql("select * from (values (1.5), (2.5)) as t(x)"))),
        2.0,
    ),
    "set": (lambda: {1.0, 2.0}, "into a list", lambda data: cs.mean(list(data)), 1.5),
    "rows as dicts": (
        lambda: [{"x": 1.0}, {"x": 2.0}],
        "pyarrow.Table.from_pylist(list_of_rows)",
        lambda data: first(cs.mean(pa.Table.from_pylist(data))),
        1.5,
    ),
    "rows as lists": (
        lambda: [[1.0, 2.0], [3.0, 4.0]],
        "numpy.array(list_of_rows)",
        lambda data: first(cs.mean(np.array(data))),
        3.0,
    ),
    "one value of each row": (
        lambda: [(1.0, "a"), (3.0, "b")],
        "(row[0] for row in rows)",
        lambda data: cs.mean(row[0] for row in data),
        2.0,
    ),
    "list of text": (
        lambda: ["1.5", "2.5"],
        "[float(text) for text in values]",
        lambda data: cs.mean([float(text) for text in data]),
        2.0,
    ),
    "text to count": (
        lambda: ["a", None, "b"],
        "to count it, build a pyarrow.array()",
        lambda data: cs.count(pa.array(data)),
        2,
    ),
    "Decimals": (
        lambda: [decimal.Decimal("0.1"), decimal.Decimal("0.2")],
        "build a pyarrow.array()",
        lambda data: cs.sum(pa.array(data)),
        decimal.Decimal("0.3"),
    ),
    "dates": (
        lambda: [dt.date(2020, 1, 1), dt.date(2020, 1, 3)],
        "build a pyarrow.array(), or a polars.Series",
        lambda data: (cs.max(pa.array(data)), cs.max(pl.Series(data))),
        (dt.date(2020, 1, 3), dt.date(2020, 1, 3)),
    ),
    "objects in an array": (
        lambda: np.array([1, None]),
        "with None build a pyarrow.array() of it",
        lambda data: cs.mean(pa.array(data)),
        1.0,
    ),
    "text in an array": (
        lambda: np.array(["1", "2"]),
        ".astype(float)",
        lambda data: cs.mean(data.astype(float)),
        1.5,
    ),
    "a scalar and an array": (
        lambda: [1.0, pa.array([2.0])],
        "the chunks of one column",
        lambda data: cs.mean([pa.array(data[:1]), data[1]]),
        1.5,
    ),
}


@pytest.mark.parametrize("name", WAYS_OUT)
def test_the_way_out_works(name: str) -> None:
    make, names, follow, expected = WAYS_OUT[name]
    with pytest.raises(TypeError, match=re.escape(names)):
        cs.mean(make())
    assert follow(make()) == expected


def test_a_module_holds_no_data() -> None:
    with pytest.raises(TypeError, match="it is a module"):
        cs.mean(sys)


def test_files_are_not_iterated_over() -> None:
    with open(__file__, "rb") as file, pytest.raises(TypeError, match="read the file first"):
        cs.mean(file)


@pytest.mark.parametrize(
    ("code", "bits", "says"),
    [
        (4, 16, "they are bfloat16: convert the tensor to float32 first"),
        (10, 8, "they are floats of 8 bits: convert the tensor to float32 first"),
        (17, 4, "they are packed"),
        (99, 32, "unknown type, code 99"),
    ],
)
def test_types_of_tensors_are_named(code: int, bits: int, says: str) -> None:
    tensor = TensorProducer(tensor={"code": code, "bits": bits})
    with pytest.raises(TypeError, match=says):
        cs.mean(tensor)
    assert tensor.unbalanced() == []


INDEXES: dict[str, tuple[Callable[[], Any], object]] = {
    "Index": (lambda: pd.Index([1, 2, 6]), 3.0),
    "Index of floats and NaN": (lambda: pd.Index([1.0, np.nan, 2.0]), 1.5),
    "RangeIndex": (lambda: pd.RangeIndex(5), 2.0),
    "DatetimeIndex": (lambda: pd.date_range("2020-01-01", "2020-01-03"), dt.datetime(2020, 1, 2)),
    "CategoricalIndex": (lambda: pd.CategoricalIndex([1.5, 2.5]), 2.0),
    "IntegerArray": (lambda: pd.array([1, None, 3]), 2.0),
    "ArrowExtensionArray": (lambda: pd.array([1, None, 3], dtype="int64[pyarrow]"), 2.0),
    "Categorical": (lambda: pd.Categorical([1.5, 2.5]), 2.0),
    "BooleanArray": (lambda: pd.array([True, None, False]), 0.5),
}


@pytest.mark.parametrize("name", INDEXES)
def test_indexes_and_arrays_of_pandas_are_read_as_series(name: str) -> None:
    make, mean = INDEXES[name]
    series = pd.Series(make())
    assert cs.mean(make()) == cs.mean(series) == mean
    assert cs.moments(make()) == cs.moments(series)
    assert cs.Column(make()).type == cs.Column(series).type


def test_an_index_of_several_levels_is_a_table() -> None:
    index = pd.MultiIndex.from_arrays([[1, 2], [0.5, 1.5]], names=["n", "x"])
    assert cs.Table(index).column_names == ["n", "x"]
    assert pa.record_batch(cs.mean(index)).to_pylist() == [{"n": 1.5, "x": 1.0}]


def test_an_array_of_nanoarrow_with_several_chunks() -> None:
    import nanoarrow  # noqa: PLC0415 - the door under test is its own

    chunks = nanoarrow.Array.from_chunks([[1, 2], [6], []], nanoarrow.int64())
    assert cs.mean(chunks) == 3.0
    assert cs.Column(chunks).num_chunks == chunks.n_chunks
    batches = nanoarrow.c_array_stream(TABLE.select(["x"]).slice(0, 2))
    assert first(cs.mean(nanoarrow.Array(batches))) == 1.5


def test_the_first_refusal_is_kept_if_the_second_door_refuses_too() -> None:
    class Both:
        def __arrow_c_array__(self, requested_schema: object = None) -> Any:
            raise ValueError("several chunks")

        def __arrow_c_stream__(self, requested_schema: object = None) -> Any:
            raise ValueError("no stream either")

    with pytest.raises(ValueError, match=r"^several chunks$"):
        cs.mean(Both())


class TestTables:
    table = cs.Table(pa.table({"price": [1.0], "Units": [2]}))

    def test_names_are_in_the_table(self) -> None:
        assert "price" in self.table
        assert "prize" not in self.table
        assert 0 not in self.table
        assert list(self.table) == self.table.column_names == ["price", "Units"]
        assert {name: self.table[name].sum() for name in self.table} == {"price": 1.0, "Units": 2}

    @pytest.mark.parametrize(("name", "close"), [("prize", "price"), ("units", "Units")])
    def test_similar_names_are_suggested(self, name: str, close: str) -> None:
        says = f'no column "{name}"; did you mean "{close}"\\? there are: "price", "Units"'
        with pytest.raises(KeyError, match=says):
            self.table[name]
        with pytest.raises(KeyError, match=says):
            cs.mean(TABLE.rename_columns(["price", "Units"]), columns=[name])

    def test_unlike_names_are_not_suggested(self) -> None:
        with pytest.raises(KeyError, match='no column "zzz"; there are: "price"'):
            self.table["zzz"]

    def test_one_is_singular(self) -> None:
        assert repr(cs.Table({"x": [1]})) == "<colstats.Table: 1 column, 1 row>"
        assert repr(cs.Column([1])) == "<colstats.Column: int64, 1 row>"
        assert repr(cs.moments([1])) == "<colstats.Moments: int64, 1 row>"
