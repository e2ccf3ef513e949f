"""Summaries hold the values of the statistics, fit the terminal, and export Arrow data."""

import datetime as dt
import html.parser
import math
import statistics
import unicodedata
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

import colstats as cs
from support.arrow_types import KINDS, Kind

TABLE = pa.table(
    {
        "price": pa.array([1.5, 2.5, None, math.nan]),
        "units": pa.array([3, 4, 5, 2**62], pa.int64()),
        "when": pa.array([0, 1_000_000, None, 2_000_001], pa.timestamp("us")),
        "cost": pa.array([Decimal("1.10"), Decimal("2.20"), None, None]),
        "text": pa.array(["a", None, "b", "c"]),
    }
)


def test_rows_hold_the_statistics() -> None:
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
            is_duration = name == "stddev" or pa.types.is_duration(kind.type)
            days = "beyond 999999999 days"
            expected = days if is_duration else "outside the years 1 to 9999"
        assert repr(row[name]) == repr(expected)


def test_every_source_gives_the_same_summary() -> None:
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


def test_long_streams_give_the_summary_of_the_table() -> None:
    batch = pa.record_batch({"x": np.arange(1 << 20, dtype=float)})
    reader = pa.RecordBatchReader.from_batches(batch.schema, [batch] * 11)
    whole = pa.Table.from_batches([batch] * 11)
    assert cs.describe(reader) == cs.describe(whole.combine_chunks())
    state = cs.Moments()
    state.update(whole["x"])
    assert state == cs.moments(whole["x"].combine_chunks())


def test_rows_are_selected_by_name_or_position() -> None:
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


def test_floats_show_all_digits_where_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_a_summary_exports_an_arrow_batch() -> None:
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


def test_values_equal_rational_arithmetic() -> None:
    rng = np.random.default_rng(3)
    values = {
        "float": (rng.normal(size=500) * 2.0 ** rng.integers(-90, 90, 500)).tolist(),
        "integer": [int(value) for value in rng.integers(-(2**62), 2**62, 500)],
        "decimal": [Decimal(int(value)).scaleb(-3) for value in rng.integers(-(10**9), 10**9, 500)],
    }
    summary = cs.describe(pa.table(values))
    for name, column in values.items():
        exact = [Fraction(value) for value in column]
        row = summary[name]
        assert row["mean"] == float(sum(exact) / len(exact))
        # The standard library rounds square roots of fractions once.
        assert row["stddev"] == float(statistics.pstdev(exact))
        assert (row["min"], row["max"]) == (min(column), max(column))


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"ddof": -1}, ValueError),
        ({"ddof": "one"}, TypeError),
        ({"ddof": 1.5}, TypeError),
        ({"skip_nulls": "yes"}, TypeError),
        ({"skip_nans": None}, TypeError),
    ],
)
def test_options_are_refused_before_a_stream_is_read(
    options: dict[str, Any], error: type[Exception]
) -> None:
    schema = pa.schema({"x": pa.float64()})
    reader = pa.RecordBatchReader.from_batches(schema, [pa.record_batch({"x": [1.0, 2.0]})])
    with pytest.raises(error):
        cs.describe(reader, **options)
    assert cs.describe(reader)["x"]["mean"] == 1.5


def test_describe_methods_equal_the_function() -> None:
    options = {"ddof": 1, "skip_nans": True}
    table = cs.Table(TABLE)
    assert table.describe() == cs.describe(TABLE)
    assert table.describe(**options, numeric_only=True, columns=["units", "cost"]) == cs.describe(
        TABLE, **options, numeric_only=True, columns=["units", "cost"]
    )
    assert table["price"].describe(**options) == cs.describe(table["price"], **options)
    with pytest.raises(TypeError):
        table["price"].describe(columns=["price"])


def test_to_dict_maps_names_to_rows() -> None:
    summary = cs.describe(TABLE, skip_nans=True)
    assert summary.to_dict() == {name: summary[name] for name in TABLE.column_names}
    twice = cs.describe(pa.Table.from_arrays([pa.array([1]), pa.array([2.0])], ["a", "a"]))
    with pytest.raises(KeyError, match="not unique"):
        twice.to_dict()


def test_an_unknown_time_zone_leaves_other_columns_intact() -> None:
    zone = pa.timestamp("us", "Nowhere/City")
    summary = cs.describe(pa.table({"t": pa.array([1, 3], zone), "x": [1.0, 2.0]}))
    assert summary["x"]["mean"] == 1.5
    assert summary["t"]["mean"] == "in a time zone that is unknown here"
    assert summary["t"]["stddev"] == dt.timedelta(microseconds=1)


def test_names_cannot_break_lines_or_move_the_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    names = ["a\nb", "\x1b[31mred", "\u202eback", "数据列", "e\u0301", "plain"]
    lines = str(cs.describe(pa.table({name: [1.5] for name in names}))).splitlines()
    assert len(lines) == len(names) + 1
    assert all(line.isprintable() for line in lines)
    assert "a\\nb" in lines[1]

    def place(line: str) -> int:
        """Return the terminal column where the type begins."""
        before = line[: line.index("float64")]
        wide = sum(unicodedata.east_asian_width(character) == "W" for character in before)
        return len(before) + wide - sum(unicodedata.combining(c) > 0 for c in before)

    assert len({place(line) for line in lines[1:]}) == 1
    monkeypatch.setenv("COLUMNS", "60")
    wide = str(cs.describe(pa.table({"数" * 60: [1.5]}))).splitlines()
    assert all(len(line) + line.count("数") <= 60 for line in wide)


def test_repr_elides_the_middle_of_long_summaries() -> None:
    summary = cs.describe(pa.table({f"c{i}": [i] for i in range(100)}))
    shown = repr(summary).splitlines()
    assert shown[0] == "<colstats.Summary: 100 columns>"
    names = [line.split()[0] for line in shown[2:]]
    assert names == [*(f"c{i}" for i in range(30)), "…", *(f"c{i}" for i in range(70, 100))]
    assert "… 40 more" in shown
    assert len(str(summary).splitlines()) == 101
    few = cs.describe(pa.table({f"c{i}": [i] for i in range(60)}))
    assert len(repr(few).splitlines()) == 62


def test_a_summary_exports_an_arrow_stream() -> None:
    class Stream:
        """Exposes the stream only."""

        def __init__(self, summary: cs.Summary) -> None:
            self.summary = summary

        def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
            return self.summary.__arrow_c_stream__(requested_schema)

    summary = cs.describe(TABLE)
    expected = pa.record_batch(summary)
    assert pa.schema(summary) == expected.schema
    assert repr(pa.table(Stream(summary)).to_pylist()) == repr(expected.to_pylist())
    assert pl.DataFrame(Stream(summary)).columns == expected.column_names
    assert pa.table(Stream(cs.describe(pa.table({})))).schema == expected.schema
