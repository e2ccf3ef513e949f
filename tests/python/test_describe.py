"""A summary says what each statistic says, fits the terminal, and is Arrow."""

import datetime as dt
import html.parser
import math
from decimal import Decimal

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

import colstats as cs
from kinds import KINDS, Kind

TABLE = pa.table(
    {
        "price": pa.array([1.5, 2.5, None, math.nan]),
        "units": pa.array([3, 4, 5, 2**62], pa.int64()),
        "when": pa.array([0, 1_000_000, None, 2_000_001], pa.timestamp("us")),
        "cost": pa.array([Decimal("1.10"), Decimal("2.20"), None, None]),
        "text": pa.array(["a", None, "b", "c"]),
    }
)


def test_rows_say_what_the_statistics_say() -> None:
    summary = cs.describe(TABLE)
    assert list(summary) == TABLE.column_names
    assert summary["price"] == {
        "name": "price",
        "type": "float64",
        "count": 3,
        "nulls": 1,
        "nans": 1,
        "mean": pytest.approx(math.nan, nan_ok=True),
        "stddev": pytest.approx(math.nan, nan_ok=True),
        "min": pytest.approx(math.nan, nan_ok=True),
        "max": pytest.approx(math.nan, nan_ok=True),
    }
    assert cs.describe(TABLE, skip_nans=True)["price"]["mean"] == 2.0
    assert summary["units"]["max"] == 2**62
    assert summary["units"]["stddev"] == cs.stddev(TABLE["units"])
    assert cs.describe(TABLE, ddof=1)["units"]["stddev"] == cs.stddev(TABLE["units"], ddof=1)
    assert summary["when"]["mean"] == dt.datetime(1970, 1, 1, 0, 0, 1)
    assert summary["when"]["max"] == dt.datetime(1970, 1, 1, 0, 0, 2, 1)
    assert summary["cost"]["max"] == Decimal("2.20")
    assert summary["text"] == {
        "name": "text",
        "type": "string",
        "count": 3,
        "nulls": 1,
        **dict.fromkeys(("mean", "stddev", "min", "max")),
        "nans": 0,
    }
    assert cs.describe(TABLE, skip_nulls=False)["cost"]["mean"] is None


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.type))
def test_every_type(kind: Kind) -> None:
    array = kind.array([None, *kind.values, None])
    row = cs.describe(array)[0]
    column = cs.Column(array)
    assert (row["count"], row["nulls"]) == (column.count(), column.null_count)
    for name in ("mean", "stddev", "min", "max"):
        try:
            expected = getattr(column, name)()
        except TypeError:
            expected = None
        except ValueError:
            expected = "outside the years 1 to 9999"
        assert repr(row[name]) == repr(expected)


def test_all_sources_have_one_summary() -> None:
    numeric = TABLE.select(["price", "units"])
    expected = cs.describe(numeric)
    batches = pa.RecordBatchReader.from_batches(numeric.schema, numeric.to_batches(1))
    for source in (batches, pl.from_arrow(numeric), cs.Table(numeric), numeric.to_batches()[0]):
        assert cs.describe(source) == expected
    assert cs.describe(TABLE, columns=["units", 0], skip_nans=True).to_list() == [
        cs.describe(TABLE)["units"],
        cs.describe(TABLE, skip_nans=True)["price"],
    ]
    assert list(cs.describe(TABLE, numeric_only=True)) == ["price", "units", "cost"]
    assert cs.describe(cs.Column([1, 2]))[0]["mean"] == 1.5


def test_long_streams_are_folded() -> None:
    batch = pa.record_batch({"x": np.arange(1 << 20, dtype=float)})
    reader = pa.RecordBatchReader.from_batches(batch.schema, [batch] * 11)
    whole = pa.Table.from_batches([batch] * 11)
    assert cs.describe(reader) == cs.describe(whole.combine_chunks())
    state = cs.Moments()
    state.update(whole["x"])
    assert state == cs.moments(whole["x"].combine_chunks())


def test_rows_are_found_by_name_or_position() -> None:
    double = cs.describe(
        cs.Table(pa.Table.from_arrays([pa.array([1]), pa.array([2.0])], ["a", "a"]))
    )
    assert [double[0]["max"], double[-1]["max"], len(double)] == [1, 2.0, 2]
    with pytest.raises(KeyError, match="the name 'a' is not unique"):
        double["a"]
    with pytest.raises(KeyError, match="no column 'b'; there are: 'a', 'a'"):
        double["b"]
    with pytest.raises(IndexError):
        double[2]
    with pytest.raises(TypeError):
        hash(double)


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_tables_fit_the_terminal(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    wide = TABLE.rename_columns(["price", "u" * 60, "when", "cost", "text"])
    lines = str(cs.describe(wide)).splitlines()
    assert len(lines) == 6
    assert max(map(len, lines)) <= width
    assert lines[0].split()[0] == "name"
    assert "mean" in lines[0]
    assert "stddev" in lines[0] or width < 40
    assert any("u" * kept + "…" in lines[2] for kept in (5, 7, 11, 23))
    assert repr(cs.describe(wide)).startswith("<colstats.Summary: 5 columns>\nname")


def test_floats_show_all_their_digits_where_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert repr(1 / 3) in str(cs.describe([0.0, 0.0, 1.0]))
    monkeypatch.setenv("COLUMNS", "50")
    assert "0.333333 " in str(cs.describe([0.0, 0.0, 1.0])) + " "


def test_notebooks_get_escaped_html() -> None:
    text = cs.describe(pa.table({"<b>&": [1]}))._repr_html_()
    assert "&lt;b&gt;&amp;" in text
    assert "<b>" not in text
    tags: list[str] = []

    class Reader(html.parser.HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:
            tags.append(tag)

    Reader().feed(text)
    assert [tags.count(tag) for tag in ("table", "tr", "th", "td")] == [1, 2, 9, 9]


def test_a_summary_is_arrow() -> None:
    summary = cs.describe(TABLE, skip_nans=True)
    batch = pa.record_batch(summary)
    assert batch.schema == pa.record_batch(cs.describe(pa.table({"s": ["a"]}))).schema
    assert [str(field.type) for field in batch.schema] == (
        ["string"] * 2 + ["int64"] * 3 + ["double"] * 2 + ["string"] * 2
    )
    assert batch["mean"].to_pylist() == [2.0, summary["units"]["mean"], None, 1.65, None]
    assert batch["max"].to_pylist() == [
        "2.5",
        str(2**62),
        "1970-01-01 00:00:02.000001",
        "2.20",
        None,
    ]
    assert pl.DataFrame(summary)["name"].to_list() == TABLE.column_names
    assert pa.record_batch(cs.describe(pa.table({}))).num_rows == 0
