"""Summaries hold the values of the statistics, fit the terminal, and export Arrow data."""

import datetime as dt
import html.parser
import inspect
import math
import re
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
    assert max(map(len, lines)) <= width
    head = lines[0].split()
    assert head[0] == "name"
    assert "mean" in head
    assert "stddev" in head or width < 40
    assert width == 200 or any("u" * kept + "…" in lines[2] for kept in (5, 7, 11, 23))
    # What is left out is said below the rows.
    missing = [name for name in pa.record_batch(cs.describe(wide)).schema.names if name not in head]
    note = f"(no room for {', '.join(missing)}: see summary.to_list())" if missing else ""
    assert " ".join(lines[6:]) == note
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
    assert "… 40 more rows: see summary.to_list()" in shown
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


def test_there_is_no_limit_of_width_where_there_is_no_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    name = "n" * 300
    print(cs.describe(pa.table({name: pa.array([2**62, 2**62 + 1]), "x": [1 / 3, 1 / 7]})))
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith(name)
    assert lines[1].split()[-2:] == [str(2**62), str(2**62 + 1)]
    assert repr(1 / 3) in lines[2]
    assert lines[0].split() == pa.record_batch(cs.describe([1])).schema.names
    monkeypatch.setenv("COLUMNS", "0")
    assert name in str(cs.describe(pa.table({name: [1]})))


@pytest.mark.parametrize("width", range(10, 130, 3))
def test_a_number_is_never_cut_into_another(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    """Whatever is shown is the number itself, or rounds it, and shows that it does."""
    monkeypatch.setenv("COLUMNS", str(width))
    values: dict[str, list[Any]] = {
        "id": [2**62 + 1, 2**62 + 7],
        "price": [123456.789, 0.99999999],
        "cost": [Decimal("1234567890123.45"), Decimal("0.000000000010")],
        "whole": [1234567.0, 3.0],
        "few": [1, 2],
    }
    summary = cs.describe(pa.table(values))
    head, *lines = (re.split("  +", line) for line in str(summary).splitlines())
    for line, row in zip(lines, summary.to_list(), strict=False):
        for key, shown in zip(head, line, strict=True):
            value = row.get(key)
            if key == "…" or isinstance(value, str) or shown.endswith("…"):
                continue
            exact = Fraction(value)
            if Fraction(shown) == exact:
                continue
            assert "." in shown or "e" in shown
            digits = len(shown.split("e")[0].replace(".", "").lstrip("-0"))
            assert digits >= 4
            assert abs(Fraction(shown) - exact) <= abs(exact) * Fraction(1, 2 * 10 ** (digits - 1))


def test_notebooks_show_whole_values_as_titles() -> None:
    text = cs.describe(pa.table({"n" * 40: [1 / 3], "x": [1.5]}))._repr_html_()
    assert f'<td title="{"n" * 40}">{"n" * 31}…</td>' in text
    assert f'<td title="{1 / 3!r}">0.333333</td>' in text
    assert "<td>1.5</td>" in text
    many = cs.describe(pa.table({f"c{i}": [i] for i in range(100)}))._repr_html_()
    assert "… 40 more rows: see summary.to_list()" in many
    assert many.count("<tr>") == 62


def test_slices_are_summaries() -> None:
    summary = cs.describe(TABLE)
    assert isinstance(summary[0:1], cs.Summary)
    assert summary[0:1].to_list() == summary.to_list()[:1] or summary["price"] != summary["price"]
    assert list(summary[::-2]) == ["text", "when", "price"]
    assert len(summary[9:]) == 0
    assert str(summary[9:]).split() == pa.record_batch(summary).schema.names
    assert "price" in summary
    assert "prise" not in summary


def test_an_unknown_name_is_answered_with_the_one_that_may_be_meant() -> None:
    with pytest.raises(KeyError, match="no column 'prise'; did you mean 'price'"):
        cs.describe(TABLE)["prise"]


def test_columns_that_cannot_be_read_do_not_fail_the_others() -> None:
    kinds, values = pa.array([0, 1, 0], pa.int8()), [pa.array([1, 2, 3]), pa.array(["a", "b", "c"])]
    union = pa.UnionArray.from_sparse(kinds, values)
    table = pa.table({"k": [1, 1, 2], "u": union, "x": [1.5, None, 2.5]})
    summary = cs.describe(table)
    assert list(summary) == ["k", "u", "x"]
    assert summary["x"] == cs.describe(table["x"])[0] | {"name": "x"}
    nothing = dict.fromkeys(("count", "nulls", "nans", "mean", "stddev", "min", "max"))
    assert summary["u"] == {"name": "u", "type": "union", **nothing}
    assert pa.record_batch(summary)["count"].to_pylist() == [3, None, 2]
    assert list(cs.describe(table, numeric_only=True)) == ["k", "x"]
    assert cs.describe(union)[0]["type"] == "union"
    batches = pa.RecordBatchReader.from_batches(table.schema, table.to_batches(1))
    assert cs.describe(batches) == summary
    if hasattr(pl, "Int128"):
        frame = pl.DataFrame({"i": pl.Series([1, 2, None], dtype=pl.Int128), "x": [1.0, 2.0, 3.0]})
        of_frame = cs.describe(frame)
        assert (of_frame["x"]["mean"], of_frame["i"]["count"]) == (2.0, None)
        assert of_frame["i"]["type"] == 'unknown Arrow format "_pli128"'
    groups = cs.describe(table, by="k")
    assert [(row["k"], row["name"], row["type"]) for row in groups.to_list()] == [
        (1, "u", "union"),
        (1, "x", "float64"),
        (2, "u", "union"),
        (2, "x", "float64"),
    ]
    assert pa.table(groups)["count"].to_pylist() == [None, 1, None, 1]
    # Statistics and states of it are refused as before.
    for function in (cs.count, cs.moments):
        with pytest.raises(TypeError, match='column "u"'):
            function(table)


def test_wide_characters_and_marks_are_counted_in_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    # Two cells, one with a mark, one with a variation selector, an emoji, and a Thai vowel sign.
    for name, cells in {"数": 2, "e\u0301": 1, "x\ufe0f": 1, "🙂": 2, "ก\u0e31": 1}.items():
        _, row, other = str(cs.describe(pa.table({name: [1.5], "abcdef": [1.5]}))).splitlines()
        assert row.index("float64") - len(name) + cells == other.index("float64"), name


@pytest.mark.parametrize("width", [40, 60, 80])
def test_names_that_begin_alike_are_told_apart(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    words = "the temperature of the sensor in room"
    for prefix in (words, "数" * 40, "e\u0301" * 40, "n" * 10_000):
        names = [f"{prefix} {i}" for i in range(3)]
        table = pa.table({name: pa.array([2**62, 2**62 + i]) for i, name in enumerate(names)})
        lines = str(cs.describe(table)).splitlines()
        shown = [line.split("  ")[0] for line in lines[1:4]]
        assert [name[-1] for name in shown] == ["0", "1", "2"]
        assert all("…" in name for name in shown)
    keys = pa.table({"k": names, "x": [1 / 3, 1 / 7, 1 / 9], "y": [2**62] * 3})
    lines = str(cs.describe(keys, by="k")["x"]).splitlines()
    assert [line.split("  ")[0][-1] for line in lines[1:4]] == ["0", "1", "2"]


def test_quantiles_and_shape_are_those_of_the_functions() -> None:
    summary = cs.describe(TABLE, quantiles=[0.25, 0.9], shape=True, skip_nans=True)
    more = ["q0.25", "q0.9", "skewness", "kurtosis"]
    assert list(summary[0])[-4:] == more
    for name in ("price", "units", "cost"):
        column, row = TABLE[name], summary[name]
        assert [row["q0.25"], row["q0.9"]] == cs.quantile(column, [0.25, 0.9], skip_nans=True)
        assert row["skewness"] == cs.skewness(column, skip_nans=True)
        assert row["kurtosis"] == cs.kurtosis(column, skip_nans=True)
    assert summary["when"]["q0.9"] == cs.quantile(TABLE["when"], 0.9)
    assert [summary["text"][key] for key in more] == [None] * 4
    assert pa.table(summary).column_names[-4:] == more
    assert pa.table(summary)["q0.9"].to_pylist()[2] is None  # a time, as the mean
    assert summary[1:2] == cs.describe(TABLE.select(["units"]), quantiles=[0.25, 0.9], shape=True)
    # Streams are held; columns are chosen by name or position; a column is described as well.
    held = cs.describe(TABLE.to_reader(), shape=True, columns=["cost", 0], skip_nans=True)
    assert list(held) == ["cost", "price"]
    assert held["price"]["kurtosis"] == summary["price"]["kurtosis"]
    assert cs.Column([1, 2, 9]).describe(quantiles=[0.9])[0]["q0.9"] == 7.6
    assert cs.Table(TABLE).describe(shape=True, numeric_only=True)["cost"]["skewness"] == 0.0


def test_columns_of_one_name_have_their_own_quantiles() -> None:
    table = pa.table([pa.array(["x", "y"]), pa.array([1, 2]), pa.array([5, 6])], names=["a"] * 3)
    rows = cs.describe(table, quantiles=[1.0], numeric_only=True).to_list()
    assert [row["q1"] for row in rows] == [2, 6]
    rows = cs.describe(table, quantiles=[1.0], columns=[2, 1]).to_list()
    assert [row["q1"] for row in rows] == [6, 2]


def test_quantiles_that_python_cannot_hold_are_words() -> None:
    times = pa.array([2**62, 2**62 + 2, 0], pa.timestamp("us"))
    row = cs.describe({"t": times}, quantiles=[0.0, 1.0])["t"]
    assert row["q0"] == dt.datetime(1970, 1, 1)
    assert row["q1"] == row["max"] == "outside the years 1 to 9999"


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"quantiles": [1.5]}, ValueError, "q must be from 0 to 1, got 1.5"),
        ({"quantiles": [0.5, 0.5]}, ValueError, "quantiles= has 0.5 twice"),
        (
            {"quantiles": 0.5},
            TypeError,
            "quantiles= takes a list of numbers from 0 to 1, not float",
        ),
        ({"quantiles": [0.5], "by": "text"}, TypeError, "groups do not hold them"),
    ],
)
def test_quantiles_that_are_refused(options: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        cs.describe(TABLE, **options)


def test_states_have_no_quantiles() -> None:
    with pytest.raises(TypeError, match="states do not hold them"):
        cs.describe(cs.moments(TABLE), shape=True)


def test_help_shows_a_signature_that_can_be_read() -> None:
    assert "data: 'Data | Column" in str(inspect.signature(cs.describe))
