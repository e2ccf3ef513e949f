"""Summaries of groups: as text, in notebooks, and as Arrow data."""

import copy
import pickle
import time

import numpy as np
import pyarrow as pa
import pytest

import colstats as cs
from support.arrow_types import KINDS, Kind
from support.tables import TABLE


def test_a_summary_of_groups() -> None:
    summary = cs.describe(TABLE, by="country")
    assert repr(summary).split("\n")[:2] == [
        "<colstats.GroupedSummary by 'country': 3 groups>",
        "country  name   type     count  nulls  nans  mean  stddev      min     max",
    ]
    assert len(summary) == 6
    assert summary[3] == {"country": "NL"} | cs.describe(TABLE.take([0, 4])["units"])[0] | {
        "name": "units"
    }
    table = pa.table(summary)
    assert table["country"].to_pylist() == ["DE", "DE", "NL", "NL", None, None]
    assert table["mean"].to_pylist() == [0.0, 3.0, 1.0, 3.0, 5.0, 3.0]
    assert table.schema.field("country").type == pa.string()
    assert pa.record_batch(summary) == table.to_batches()[0]
    assert "<th>country</th><th>name</th>" in summary._repr_html_()
    assert summary == cs.Table(TABLE).describe(by=["country"])
    assert cs.describe(TABLE, by="country", ddof=1)[1]["stddev"] == 2**0.5


def test_long_grouped_summaries_elide_the_middle() -> None:
    table = pa.table({"name": range(100), "x": range(100)})
    summary = cs.describe(table, by="name")
    assert str(summary).split("\n")[31] == "… 40 more rows: see summary.to_list()"
    assert summary[99]["name_key"] == 99
    assert len(summary.to_list()) == 100
    assert summary._repr_html_().count("<tr>") == 62
    assert "… 40 more rows: see summary.to_list()" in summary._repr_html_()
    assert isinstance(summary, cs.GroupedSummary)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.type))
def test_all_groups_at_once_have_the_rows_that_each_has(kind: Kind) -> None:
    values = kind.array([None, *kind.values, None])
    keys = pa.array([i % 70 for i in range(len(values) * 40)])
    column = pa.concat_arrays([values] * 40)
    summary = cs.describe(pa.table({"k": keys, "x": column, "y": column}), by="k", ddof=1)
    assert len(summary) > 60  # fewer are made one by one
    rows = [summary[position] for position in range(len(summary))]
    assert repr(summary.to_list()) == repr(rows)
    batch = pa.record_batch(summary)
    for key in ("min", "max"):
        assert batch[key].to_pylist() == [
            None if row[key] is None else str(row[key]) for row in rows
        ]
    for key in ("mean", "stddev"):
        expected = [row[key] if isinstance(row[key], float) else None for row in rows]
        assert repr(batch[key].to_pylist()) == repr(expected)
    for key in ("k", "name", "type", "count", "nulls", "nans"):
        assert batch[key].to_pylist() == [row[key] for row in rows]


def test_many_groups_are_exported_at_once() -> None:
    count = 100_000
    table = pa.table({"k": range(count), "x": np.arange(count) / 7})
    summary = cs.describe(table, by="k")
    start = time.perf_counter()
    batch = pa.record_batch(summary)
    took = time.perf_counter() - start
    assert batch["mean"].to_numpy().tolist() == (np.arange(count) / 7).tolist()
    assert took < 6  # 0.6 s on an idle machine; it was 12 s when each row was made nine times


def test_names_and_slices_select_rows_of_groups() -> None:
    summary = cs.describe(TABLE, by="country")
    of_units = summary["units"]
    assert isinstance(of_units, cs.GroupedSummary)
    assert of_units.to_list() == [row for row in summary.to_list() if row["name"] == "units"]
    assert [row["country"] for row in of_units.to_list()] == ["DE", "NL", None]
    assert list(of_units) == ["units"] * 3
    assert pa.table(of_units)["country"].to_pylist() == ["DE", "NL", None]
    assert repr(of_units).startswith("<colstats.GroupedSummary by 'country': 3 groups>\n")
    part = summary[1:4]
    assert part.to_list() == summary.to_list()[1:4]
    assert part["units"].to_list() == [summary[1], summary[3]]
    assert summary[::-1]["price"][0] == summary[4]
    assert repr(part).startswith("<colstats.GroupedSummary by 'country': 2 groups>\n")
    assert len(summary[9:]) == 0
    assert "units" in summary
    with pytest.raises(KeyError, match="no column 'DE'; there are: 'price', 'units'"):
        summary["DE"]
    with pytest.raises(IndexError):
        summary[6]


def test_to_dict_is_nested_by_group() -> None:
    summary = cs.describe(TABLE, by="country")
    nested = summary.to_dict()
    assert list(nested) == ["DE", "NL", None]
    assert nested["NL"]["units"] == summary[3]
    twice = cs.describe(TABLE, by=["country", "units"], columns=["price"]).to_dict()
    assert all(isinstance(keys, tuple) and list(rows) == ["price"] for keys, rows in twice.items())
    count = 20_000
    start = time.perf_counter()
    many = cs.describe(pa.table({"k": range(count), "x": range(count)}), by="k").to_dict()
    assert many[count - 1]["x"]["max"] == count - 1
    assert time.perf_counter() - start < 5  # once it was quadratic


def test_summaries_of_groups_can_be_pickled() -> None:
    summary = cs.describe(TABLE, by="country")
    for part in (summary, summary["units"], summary[1:3], cs.describe(TABLE)):
        assert pickle.loads(pickle.dumps(part)) == part
        assert copy.deepcopy(part) == part
    assert summary != summary["units"]


def test_groups_that_python_cannot_tell_apart_are_not_lost() -> None:
    far = pa.array([2**60, 2**61], pa.timestamp("s"))  # beyond the year 9999
    summary = cs.describe(pa.table({"k": far, "x": [1, 2]}), by="k")
    assert [rows["x"]["max"] for rows in summary.to_dict().values()] == [1, 2]
    nowhere = pa.array([1, 2], pa.timestamp("s", "Nowhere/City"))
    summary = cs.describe(pa.table({"k": nowhere, "x": [1, 2]}), by="k")
    assert [row["max"] for row in summary.to_list()] == [1, 2]
    with pytest.raises(ValueError, match="several groups have the key"):
        summary.to_dict()
