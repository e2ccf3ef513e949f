"""Summaries of groups: as text, in notebooks, and as Arrow data."""

import pyarrow as pa

import colstats as cs
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
    assert str(summary).split("\n")[31] == "… 40 more"
    assert summary[99]["name_key"] == 99
    assert len(summary.to_list()) == 100
    assert summary._repr_html_().count("<tr>") == 61
    assert isinstance(summary, cs.GroupedSummary)
