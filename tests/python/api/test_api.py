"""The public API: names, signatures, attributes, selection of columns, misuse."""

import inspect
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import colstats as cs

STATISTICS = ["count", "sum", "mean", "variance", "stddev", "min", "max"]
TABLE = pa.table(
    {
        "x": [1.0, 2.0, None, 9.0],
        "n": pa.array([1, 2, 3, 4], pa.int8()),
        "s": ["a", "b", None, "d"],
    }
)


def names_and_values(answer: Any) -> dict[str, object]:
    assert type(answer) is cs.Row
    return pa.record_batch(answer).to_pylist()[0]


def test_var_and_std_are_aliases() -> None:
    assert cs.var is cs.variance
    assert cs.std is cs.stddev
    for owner in (cs.Column, cs.Table, cs.Moments, cs.MomentsTable, cs.GroupedMoments):
        assert owner.var is owner.variance
        assert owner.std is owner.stddev


COMMON = "skip_nulls=True, min_count={}, skip_nans=False"
OPTIONS = {
    "count": "skip_nans=False",
    "sum": COMMON.format(1),
    "mean": COMMON.format(1),
    "variance": "ddof=0, " + COMMON.format(0),
    "stddev": "ddof=0, " + COMMON.format(0),
    "min": COMMON.format(1),
    "max": COMMON.format(1),
}


WEIGHTED = ("mean", "variance", "stddev")


@pytest.mark.parametrize("statistic", STATISTICS)
def test_signatures(statistic: str) -> None:
    options, numeric = OPTIONS[statistic], "numeric_only=False"
    axis = "axis=Ellipsis, keepdims=False"
    weighted = options + (", weights=None" if statistic in WEIGHTED else "")
    windows = "per=None, step=None, align=None, on=None"
    expected = {
        cs: f"(data, /, *, {weighted}, {axis}, by=None, {windows}, "
        f"columns=None, {numeric}, threads=None)",
        cs.Column: f"(self, /, *, {weighted}, {windows}, threads=None)",
        cs.Table: f"(self, /, *, {weighted}, {numeric}, by=None, {windows}, "
        "columns=None, threads=None)",
        cs.Moments: f"(self, /, *, {options}, threads=None)",
        cs.MomentsTable: f"(self, /, *, {options}, {numeric}, columns=None, threads=None)",
        cs.GroupedMoments: f"(self, /, *, {options}, {numeric}, columns=None, threads=None)",
    }
    for owner, signature in expected.items():
        assert str(inspect.signature(getattr(owner, statistic))) == signature


@pytest.mark.parametrize("statistic", STATISTICS)
def test_options_are_keyword_only(statistic: str) -> None:
    for call in (
        lambda: getattr(cs, statistic)([1.0], 1),
        lambda: getattr(cs.Column([1.0]), statistic)(1),
        lambda: getattr(cs.Table(TABLE), statistic)(1),
        lambda: getattr(cs.moments([1.0]), statistic)(1),
        lambda: getattr(cs.moments(TABLE), statistic)(1),
        lambda: getattr(cs, statistic)(data=[1.0]),
    ):
        with pytest.raises(TypeError):
            call()


def test_column_attributes_and_repr() -> None:
    column = cs.Column(pa.chunked_array([[1.5, None], [], [2.5]], pa.float32()))
    assert (len(column), column.null_count, column.num_chunks) == (3, 1, 3)
    assert (column.name, column.type) == ("", "float32")
    assert repr(column) == "<colstats.Column: float32, 3 rows>"
    named = cs.Table(TABLE)["n"]
    assert (named.name, named.type) == ("n", "int8")
    assert repr(named) == '<colstats.Column "n": int8, 4 rows>'


@pytest.mark.parametrize(
    ("data_type", "name"),
    [
        (pa.float64(), "float64"),
        (pa.float16(), "float16"),
        (pa.uint64(), "uint64"),
        (pa.bool_(), "bool"),
        (pa.null(), "null"),
        (pa.date32(), "date32"),
        (pa.date64(), "date64"),
        (pa.time64("ns"), "time64[ns]"),
        (pa.timestamp("us"), "timestamp[us]"),
        (pa.timestamp("ms", "UTC"), "timestamp[ms, tz=UTC]"),
        (pa.duration("s"), "duration[s]"),
        (pa.string(), "string"),
        (pa.large_binary(), "large_binary"),
    ],
)
def test_column_types_have_arrow_names(data_type: pa.DataType, name: str) -> None:
    assert cs.Column(pa.array([], data_type)).type == name


def test_table_attributes_and_repr() -> None:
    table = cs.Table(TABLE)
    assert (len(table), table.num_columns, table.column_names) == (4, 3, ["x", "n", "s"])
    assert repr(table) == "<colstats.Table: 3 columns, 4 rows>"


def test_table_columns_are_selected_by_name_or_position() -> None:
    table = cs.Table(TABLE)
    for label in ("n", 1, -2):
        assert table[label].sum() == 10
    for missing in ("", "N", "missing"):
        with pytest.raises(KeyError, match="no column"):
            table[missing]
    for outside in (3, -4, 2**62, -(2**62)):
        with pytest.raises(IndexError, match="there are 3"):
            table[outside]
    for nonsense in (1.0, None, b"n", ["n"]):
        with pytest.raises(TypeError, match="named by a str or an int"):
            table[nonsense]


def test_numpy_integers_are_accepted_as_integers() -> None:
    """As positions of columns, which NumPy code computes, and as `ddof` and `min_count`."""
    table = cs.Table(TABLE)
    assert table[np.int64(1)].sum() == 10
    assert names_and_values(table.sum(columns=[np.int32(-2)])) == {"n": 10}
    assert cs.stddev([1.0, 3.0], ddof=np.uint8(2)) is None
    assert cs.mean([1.0, 3.0], min_count=np.int64(3)) is None


def test_duplicate_names_are_selected_by_position_only() -> None:
    table = cs.Table(pa.table([[1.0], [2.0], [4.0]], names=["x", "y", "x"]))
    assert [table[i].sum() for i in (0, -1)] == [1.0, 4.0]
    with pytest.raises(KeyError, match="not unique: it names the columns 0 and 2"):
        table["x"]
    with pytest.raises(KeyError, match="not unique"):
        table.mean(columns=["x"])
    assert pa.record_batch(table.mean(columns=[2, 0])).columns[0].to_pylist() == [4.0]


OBJECTS = [cs.Column([1.0]), cs.Table(TABLE), cs.moments([1.0]), cs.moments(TABLE)]


@pytest.mark.parametrize("instance", OBJECTS, ids=lambda instance: type(instance).__name__)
def test_classes_are_frozen(instance: object) -> None:
    for name in [*dir(instance), "new_attribute"]:
        if not name.startswith("__"):
            with pytest.raises(AttributeError):
                setattr(instance, name, 1)
            with pytest.raises(AttributeError):
                delattr(instance, name)


def test_columns_and_tables_are_accepted_as_data_but_not_as_each_other() -> None:
    column, table = cs.Column([1.0, 3.0]), cs.Table(TABLE)
    assert cs.mean(column) == cs.Column(column).mean() == 2.0
    assert names_and_values(cs.mean(table, columns=["x"])) == {"x": 4.0}
    with pytest.raises(TypeError, match=r"use colstats\.Column"):
        cs.Table([1.0])
    with pytest.raises(TypeError, match=r"use colstats\.Table"):
        cs.Column(TABLE)


def test_columns_and_numeric_only_select_columns() -> None:
    for ask in (lambda **kw: cs.sum(TABLE, **kw), cs.Table(TABLE).sum):
        assert names_and_values(ask(columns=["n", "x"])) == {"n": 10, "x": 12.0}
        assert list(names_and_values(ask(columns=("n", 0)))) == ["n", "x"]
        assert names_and_values(ask(columns=iter([1]))) == {"n": 10}
        assert names_and_values(ask(numeric_only=True)) == {"x": 12.0, "n": 10}
        assert names_and_values(ask(columns=["s", "n"], numeric_only=True)) == {"n": 10}
        assert pa.record_batch(ask(columns=[])).num_columns == 0
        with pytest.raises(TypeError, match=r'column "s": .*string.*numeric_only=True'):
            ask()
        with pytest.raises(KeyError, match='no column "y"; there are: "x", "n", "s"'):
            ask(columns=["y"])
        with pytest.raises(IndexError, match="no column at position 7"):
            ask(columns=[7])
        with pytest.raises(TypeError, match=r'columns=\["x"\]'):
            ask(columns="x")
    with pytest.raises(TypeError, match="one column"):
        cs.mean([1.0], columns=["x"])
