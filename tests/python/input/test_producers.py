"""The same values from every library with Arrow support give the same, correct bits."""

import math

import duckdb
import pandas as pd
import pyarrow as pa
import pytest

import colstats as cs
from support.checks import assert_column, assert_table
from support.libraries import COLUMN_PRODUCERS, COLUMNS, TABLE, TABLE_PRODUCERS, array
from support.reference import Value, expected


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("producer", COLUMN_PRODUCERS)
def test_every_producer_of_columns(producer: str, name: str) -> None:
    assert_column(lambda: COLUMN_PRODUCERS[producer](array(name)), COLUMNS[name][1])


@pytest.mark.parametrize("producer", TABLE_PRODUCERS)
def test_every_producer_of_tables(producer: str) -> None:
    assert_table(TABLE_PRODUCERS[producer], TABLE)


def test_pandas_exports_nans_as_nulls() -> None:
    """To pandas NaN is a missing value, and it exports NaN as null."""
    values = [1.5, math.nan, 2.25, math.nan, 1e16]
    nulls = [None if math.isnan(value) else value for value in values]
    assert_column(lambda: pd.Series(values), nulls)
    single = [1.5, None, 2.25, None, 1e16 + 272564224.0]
    assert_column(lambda: pd.Series(values, dtype="float32"), single)
    assert_table(lambda: pd.DataFrame({"a": values, "b": range(5)}), {"a": nulls, "b": range(5)})


@pytest.mark.parametrize(
    ("dtype", "values"),
    [
        ("Int64", [1, None, 2**62 + 1]),
        ("UInt8", [1, None, 255]),
        ("boolean", [True, None, False]),
        ("Float64", [0.1, None, 0.3]),
        ("int32", [1, -(2**31), 5]),
        ("bool", [True, True, False]),
    ],
)
def test_pandas_dtypes(dtype: str, values: list[Value]) -> None:
    assert_column(lambda: pd.Series(values, dtype=dtype), values)
    assert_table(lambda: pd.DataFrame({"x": pd.Series(values, dtype=dtype)}), {"x": values})


def test_duckdb_relations_are_read_in_chunks() -> None:
    relation = duckdb.sql("select i::double / 7 as x, i % 3 = 0 as b from range(300000) t(i)")
    x, b = [i / 7 for i in range(300_000)], [i % 3 == 0 for i in range(300_000)]
    table = cs.Table(relation)
    assert table["x"].num_chunks > 1
    for values, column in ((x, table["x"]), (b, table["b"])):
        assert column.mean() == expected("mean", values)
        assert column.stddev() == expected("stddev", values)


def test_duplicate_names_are_kept() -> None:
    arrays = [pa.array([1.0, 2.0]), pa.array([3, None])]
    twins = pa.table(arrays, names=["x", "x"])
    answers = pa.record_batch(cs.sum(twins))
    assert answers.schema.names == ["x", "x"]
    assert [column[0].as_py() for column in answers.columns] == [3.0, 3]
