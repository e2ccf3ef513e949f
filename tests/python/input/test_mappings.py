"""A dict of columns by name is a table."""

from collections import OrderedDict
from types import MappingProxyType

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import colstats as cs
from support.checks import assert_table

COLUMNS = {"x": [1.5, None, -2.0], "n": [1, 2, None], "b": [True, None, False]}


@pytest.mark.parametrize("mapping", [dict, OrderedDict, MappingProxyType])
def test_a_mapping_of_columns_is_a_table(mapping: type) -> None:
    assert_table(lambda: mapping(COLUMNS), COLUMNS)


def test_values_are_whatever_is_a_column_elsewhere() -> None:
    columns = {
        "list": [1.5, 2.5, 3.5],
        "range": range(3),
        "numpy": np.arange(6.0)[::2],
        "pyarrow": pa.array([1, None, 3]),
        "chunks": [pa.array([1]), pa.array([2, 3])],
        "polars": pl.Series("other name", [1, 2, 3]),
        "pandas": pd.Index([4, 5, 6]),
        "column": cs.Column([7, 8, 9]),
        "generator": (i for i in (1, 2, 3)),
        "text": pa.array(["a", None, "c"]),
    }
    table = cs.Table(columns)
    assert table.column_names == list(columns)
    assert pa.record_batch(table.count()).to_pylist() == [
        {name: 2 if name in ("pyarrow", "text") else 3 for name in columns}
    ]
    assert (table["numpy"].sum(), table["chunks"].mean(), table["polars"].name) == (6, 2, "polars")
    assert cs.describe(table) == cs.describe(cs.Table(table))


def test_groups_by_a_column_of_a_mapping() -> None:
    data = {"k": pa.array(["a", "b", "a"]), "x": [1.0, 2.0, 4.0]}
    assert cs.moments(data, by="k") == cs.moments(pa.table(data), by="k")


def test_a_mapping_without_columns_is_a_table_without_rows() -> None:
    assert repr(cs.Table({})) == "<colstats.Table: 0 columns, 0 rows>"


BAD: dict[str, tuple[object, type[Exception], str]] = {
    "lengths": ({"x": [1, 2], "y": [3]}, ValueError, r'one length: "x" has 2 rows, "y" has 1 row$'),
    "keys": ({1: [2]}, TypeError, "named by str: one of its keys is int"),
    "a scalar": ({"x": 1}, TypeError, "read int: it is a single value"),
    "text": ({"x": "abc"}, TypeError, "read str: text"),
    "a mapping": ({"x": {"y": [1]}}, TypeError, 'column "x": dict is a table, not one column'),
    "a table": ({"x": np.eye(2)}, TypeError, 'column "x": numpy.ndarray is a table'),
    "lists": ({"x": [[1]]}, TypeError, "list at index 0 of a list"),
}


@pytest.mark.parametrize("bad", BAD)
def test_what_is_no_column_is_refused(bad: str) -> None:
    data, error, says = BAD[bad]
    with pytest.raises(error, match=says):
        cs.mean(data)


def test_refusals_of_columns_get_a_note() -> None:
    """The exception may be the producer's own, and stays as it is."""
    with pytest.raises(TypeError) as caught:
        cs.mean({"x": [1], "y": ["text"]})
    assert caught.value.__notes__ == ['in column "y" of a dict']


def test_a_mapping_of_itself_is_refused() -> None:
    data: dict[str, object] = {}
    data["x"] = data
    with pytest.raises(TypeError, match="dict is a table"):
        cs.mean(data)
    data["x"] = [data]
    with pytest.raises(TypeError, match="dict at index 0"):
        cs.mean(data)
