"""Results for tables: `Row` and `Rows` read as Python values, and as tables by every library."""

import copy
import datetime as dt
import math
import pickle
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import arro3.core
import duckdb
import nanoarrow
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import colstats as cs
from colstats.times import Timestamp

TABLE = pa.table(
    {
        "price": pa.array([1.5, 2.5, None]),
        "units": pa.array([3, 4, 2**62]),
        "paid": pa.array([Decimal("1.10"), None, Decimal("2.20")], pa.decimal128(5, 2)),
        "took": pa.array([1, 2, 4], pa.duration("ns")),
    }
)
TIMES = pa.table(
    {
        "when": pa.array([0, 1, 3], pa.timestamp("us", "Europe/Paris")),
        "exact": pa.array([1, 2, 3], pa.timestamp("ns")),
        "flag": pa.array([True, None, True]),
        "none": pa.nulls(3),
    }
)
SUM, MAX = cs.sum(TABLE), cs.max(TIMES)
ROWS = cs.sum(TABLE.select(["price", "units"]), per=2)


def test_a_row_has_python_values_by_name() -> None:
    assert type(SUM) is cs.Row
    assert SUM["price"] == 4.0
    assert (SUM["units"], type(SUM["units"])) == (2**62 + 7, int)
    assert repr(SUM["paid"]) == "Decimal('3.30')"
    assert str(SUM["took"]) == "0:00:00.000000007"
    assert [float(SUM[name]) for name in ("price", "units", "paid")] == [4.0, 2.0**62, 3.3]
    assert MAX["when"] == dt.datetime(1970, 1, 1, 0, 0, 0, 3, tzinfo=dt.UTC)
    assert MAX["when"].utcoffset() == dt.timedelta(hours=1)
    assert MAX["exact"] == Timestamp(3)
    assert (MAX["flag"], MAX["none"]) == (True, None)


@pytest.mark.parametrize("statistic", ["count", "sum", "mean", "variance", "stddev", "min", "max"])
def test_a_row_has_what_its_columns_have(statistic: str) -> None:
    ask = getattr(cs, statistic)
    for table in (TABLE, TIMES):
        for name in table.column_names:
            try:
                expected = ask(table[name])
            except TypeError:
                continue
            for row in (
                ask(table, columns=[name]),
                getattr(cs.Table(table), statistic)(columns=[name]),
            ):
                assert repr(row[name]) == repr(expected)
            merged = getattr(cs.moments(table), statistic)(columns=[name])
            assert type(merged) is cs.Row
            assert repr(merged[name]) == repr(expected)
            grouped = getattr(
                cs.moments(table.append_column("k", pa.array([1, 1, 1])), by="k"), statistic
            )
            assert repr(grouped(columns=[name])[0]) == repr({"k": 1, name: expected})


def test_a_row_is_a_mapping() -> None:
    assert SUM.column_names == SUM.keys() == TABLE.column_names
    assert dict(SUM) == SUM.to_dict() == dict(SUM.items())
    assert SUM.values() == list(SUM.to_dict().values())
    assert "units" in SUM
    assert "unit" not in SUM
    assert 0 not in SUM
    assert (len(SUM), list(SUM), SUM.to_list(), SUM[0], SUM[-1]) == (
        1,
        [SUM.to_dict()],
        [SUM.to_dict()],
        SUM.to_dict(),
        SUM.to_dict(),
    )


def test_rows_have_rows_and_columns() -> None:
    assert type(ROWS) is cs.Rows
    assert ROWS.column_names == ["price", "units"]
    assert ROWS.to_list() == [{"price": 4.0, "units": 7}, {"price": None, "units": 2**62}]
    assert (ROWS[0], ROWS[-1]) == (ROWS.to_list()[0], ROWS.to_list()[1])
    assert list(ROWS) == ROWS.to_list()
    assert ROWS["units"] == [7, 2**62]
    assert ROWS.to_dict() == {"price": [4.0, None], "units": [7, 2**62]}
    assert (len(ROWS), "price" in ROWS, "x" in ROWS) == (2, True, False)
    groups = cs.moments(TABLE.append_column("k", pa.array(["b", "a", "b"])), by="k")
    assert type(groups.count()) is cs.Rows
    assert groups.keys().to_dict() == {"k": ["a", "b"]}
    assert groups.sum(columns=["units"])["units"] == [4, 2**62 + 3]


def test_what_is_not_there_is_refused_with_names() -> None:
    with pytest.raises(
        KeyError, match=r'no column "unit"; did you mean "units"\? there are: .*"paid"'
    ):
        SUM["unit"]
    with pytest.raises(KeyError, match=r"no column .*; there are: .*price"):
        ROWS["zzz"]
    with pytest.raises(IndexError, match="no row at position 2: there are 2"):
        ROWS[2]
    with pytest.raises(IndexError, match="no row at position 1: there are 1"):
        SUM[1]
    for rows in (SUM, ROWS):
        with pytest.raises(TypeError, match="the name of a column or the position of a row, not"):
            rows[1.5]  # type: ignore[call-overload]
        with pytest.raises(TypeError, match="unhashable"):
            hash(rows)
        with pytest.raises(TypeError, match=r"cannot create|No constructor"):
            type(rows)()


def test_repeated_names_do_not_replace_each_other() -> None:
    twice = cs.mean(pa.table([pa.array([1.0]), pa.array([2.0])], names=["x", "x"]))
    assert twice.values() == [1.0, 2.0]
    assert str(twice) == "x  1.0\nx  2.0"
    assert pa.table(twice).num_columns == 2
    with pytest.raises(KeyError, match="several columns are named"):
        twice["x"]
    for give in (twice.to_dict, twice.to_list, lambda: list(twice), lambda: twice[0]):
        with pytest.raises(ValueError, match=r'several columns are named "x", which a dict cannot'):
            give()


def test_values_that_python_cannot_hold() -> None:
    far = cs.max(pa.table({"t": pa.array([10**15], pa.timestamp("s")), "x": [1]}))
    with pytest.raises(
        ValueError, match=r'^column "t": a datetime of .* outside the years 1 to 9999'
    ):
        far["t"]
    assert far["x"] == 1
    assert pa.table(far)["t"].type == pa.timestamp("s")
    assert "x  " in str(far)
    assert "1000000000000000 s since 1970 is outside" in repr(far)


def test_unknown_zones_are_shown_as_such() -> None:
    nowhere = cs.max(pa.table({"t": pa.array([1], pa.timestamp("us", "No/Where")), "x": [1]}))
    assert repr(nowhere).split("\n")[2].split() == ["x", "1"]
    assert "<No time zone found with key No/Where>" in repr(nowhere)
    with pytest.raises(KeyError, match="No/Where"):
        nowhere["t"]


@pytest.mark.parametrize("zone", ["+99:00", f"+{2**31 - 1}:00", f"-{2**31}:00", f"+{10**38}:00"])
def test_impossible_zones_are_shown_as_such(zone: str) -> None:
    nowhere = cs.max(pa.table({"t": pa.array([1], pa.timestamp("us", zone))}))
    assert "\nt  <" in repr(nowhere)
    with pytest.raises((ValueError, KeyError)):
        nowhere["t"]


EXPECTED = pa.schema(
    {
        "price": pa.float64(),
        "units": pa.decimal128(38, 0),
        "paid": pa.decimal128(38, 2),
        "took": pa.duration("ns"),
    }
)
LIBRARIES: dict[str, Callable[[Any], Any]] = {
    "pyarrow.table": pa.table,
    "pyarrow.record_batch": pa.record_batch,
    "pyarrow.RecordBatchReader": lambda rows: pa.RecordBatchReader.from_stream(rows).read_all(),
    "arro3.Table": arro3.core.Table.from_arrow,
    "arro3.RecordBatch": arro3.core.RecordBatch.from_arrow,
    "nanoarrow": nanoarrow.ArrayStream,
    "colstats": lambda rows: rows,
}


@pytest.mark.parametrize("library", LIBRARIES)
def test_arrow_libraries_take_rows(library: str) -> None:
    table = pa.table(LIBRARIES[library](SUM))
    assert table.schema == EXPECTED
    assert table["units"].to_pylist() == [2**62 + 7]
    assert pa.table(LIBRARIES[library](ROWS)).num_rows == 2


def test_a_requested_schema_is_cast_to() -> None:
    wanted = pa.schema({"price": pa.float64(), "units": pa.int64()})
    assert pa.RecordBatchReader.from_stream(ROWS, wanted).read_all()["units"].to_pylist() == [
        7,
        2**62,
    ]


def test_polars_and_duckdb_take_rows() -> None:
    assert pl.DataFrame(SUM).row(0)[:3] == (4.0, Decimal(2**62 + 7), Decimal("3.30"))
    assert pl.DataFrame(ROWS).shape == (2, 2)
    sums = ROWS
    assert duckdb.sql("SELECT units FROM sums ORDER BY units").fetchall() == [(7,), (2**62,)]
    assert sums is ROWS


def test_pandas_takes_rows() -> None:
    frame = pd.DataFrame(SUM)
    assert list(frame.columns) == TABLE.column_names
    assert frame.shape == (1, 4)
    assert frame["price"].dtype == "float64"
    assert frame["units"].tolist() == [2**62 + 7]
    assert pd.DataFrame(ROWS)["price"].isna().tolist() == [False, True]
    assert pd.DataFrame(ROWS)["units"].dtype == "int64"
    series = pd.Series(dict(SUM))
    assert series["units"] == 2**62 + 7


def test_numpy_takes_rows() -> None:
    means = np.asarray(cs.mean(TABLE, columns=["price", "units"]))
    assert (means.dtype, means.shape) == (np.float64, (2,))
    whole = np.asarray(cs.sum(TABLE, columns=["units"]))
    assert (whole.dtype, whole.tolist()) == (np.int64, [2**62 + 7])
    assert np.asarray(cs.sum(pa.table({"x": [2**62, 2**62]}))).tolist() == [2**63]
    assert np.asarray(cs.sum(pa.table({"x": [2**62, 2**62]}))).dtype == object
    mixed = np.asarray(ROWS)
    assert (mixed.dtype, mixed.shape) == (object, (2, 2))
    assert mixed.tolist() == [[4.0, 7], [None, 2**62]]
    small = np.asarray(cs.sum(pa.table({"x": [1.5, None], "n": [1, 2]}), per=1))
    assert small.dtype == np.float64
    assert small[0].tolist() == [1.5, 1.0]
    assert math.isnan(small[1, 0])
    assert np.asarray(cs.min(pa.table({"b": [True]}))).dtype == bool
    assert np.asarray(SUM).dtype == object
    assert np.asarray(SUM).tolist() == SUM.values()
    assert np.asarray(cs.mean(TABLE.select([]))).shape == (0,)
    kept = np.asarray(cs.mean(pa.table({"x": [1.0]})))
    assert kept.tolist() == [1.0]  # the row is gone, its values are not
    with pytest.raises(ValueError, match="read-only"):
        kept[0] = 2.0
    assert np.array(kept).flags.writeable


def test_equality() -> None:
    assert cs.sum(TABLE) == SUM
    assert cs.sum(TABLE) != cs.sum(TABLE, columns=["price"])
    assert SUM.to_dict() == SUM
    assert ROWS.to_list() == ROWS
    assert ROWS.to_dict() == ROWS
    assert SUM != {"price": 4.0}
    assert SUM != 1
    nan = cs.mean(pa.table({"x": [math.nan]}))
    assert nan == cs.mean(pa.table({"x": [math.nan]}))
    # A sum of integers is not the sum of decimals that Arrow has the same type for.
    decimals = pa.table({"x": pa.array([Decimal(7)], pa.decimal128(5, 0))})
    assert cs.sum(pa.table({"x": [7]})) != cs.sum(decimals)
    assert type(cs.sum(decimals)["x"]) is Decimal
    one_row = cs.sum(TABLE, per=10)
    assert (type(one_row), one_row == SUM, one_row[0] == SUM.to_dict()) == (cs.Rows, False, True)


@pytest.mark.parametrize("rows", [SUM, MAX, ROWS, cs.mean(TABLE.select([]))], ids=str)
def test_pickles_and_copies(rows: cs.Rows) -> None:
    for same in (pickle.loads(pickle.dumps(rows)), copy.copy(rows), copy.deepcopy(rows)):
        assert same == rows
        assert type(same) is type(rows)
        assert repr(same) == repr(rows)
        assert pa.table(same) == pa.table(rows)


def test_damaged_pickles_are_refused() -> None:
    restore, (is_row, count, parts) = ROWS.__reduce__()
    (integers, (name, of, width, validity, buffers)), *_ = parts
    for bad in (
        (True, count, parts),
        (is_row, count + 100, parts),
        (is_row, count, [(integers, (name, "float65", width, validity, buffers))]),
        (is_row, count, [(integers, (name, of, width, validity, []))]),
        (is_row, count, [(integers, (name, of, width, b"", buffers))]),
    ):
        with pytest.raises(ValueError, match="not a pickle of rows"):
            restore(*bad)


def test_a_row_prints_whole() -> None:
    assert repr(SUM) == "\n".join(
        [
            "<colstats.Row: 4 columns>",
            "price                  4.0",
            "units  4611686018427387911",
            "paid                  3.30",
            "took   0:00:00.000000007",
        ]
    )
    wide = cs.count(pa.table({f"column {i}": [i] for i in range(1000)}))
    lines = repr(wide).split("\n")
    assert lines[0] == "<colstats.Row: 1000 columns>"
    assert len(lines) == 1001
    assert lines[1] == "column 0    1"
    assert lines[1000] == "column 999  1"
    assert repr(cs.mean(TABLE.select([]))) == "<colstats.Row: 0 columns>"
    assert repr(cs.mean(pa.table({"a\nb": [1]}))) == "<colstats.Row: 1 column>\na\\nb  1.0"


def test_rows_print_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    assert repr(ROWS) == "\n".join(
        [
            "<colstats.Rows: 2 rows of 2 columns>",
            "price                units",
            "  4.0                    7",
            " None  4611686018427387904",
        ]
    )
    wide = cs.count(pa.table({f"column {i}": [i] for i in range(30)}), per=1)
    assert str(wide).split("\n")[0].split("  ") == [f"column {i}" for i in range(30)]
    monkeypatch.setenv("COLUMNS", "40")
    text = str(wide)
    assert max(map(len, text.split("\n"))) <= 40
    assert all(f"column {i}" in text for i in range(30))


def test_many_rows_say_how_many_are_not_shown() -> None:
    many = cs.sum(pa.table({"x": range(1000)}), per=1)
    lines = str(many).split("\n")
    assert len(lines) == 62
    assert lines[31] == "… 940 more"
    assert (lines[30], lines[32], lines[61]) == (" 29", "970", "999")
    assert "… 940 more" in many._repr_html_()


def test_notebooks_show_tables() -> None:
    named = cs.min(pa.table({"<b>": [1], "y": [2.5]}))
    assert named._repr_html_() == (
        "<table><tbody><tr><th>&lt;b&gt;</th><td>1</td></tr>"
        "<tr><th>y</th><td>2.5</td></tr></tbody></table>"
    )
    assert ROWS._repr_html_() == (
        "<table><thead><tr><th>price</th><th>units</th></tr></thead><tbody>"
        "<tr><td>4.0</td><td>7</td></tr><tr><td>None</td><td>4611686018427387904</td></tr>"
        "</tbody></table>"
    )
