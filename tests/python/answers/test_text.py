"""Minima, maxima and quantiles of text and bytes, against sorting in Python."""

import itertools
import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import colstats as cs

LETTERS = ("", "a", "b", "ab", "\0", "z", "é", "\u07ff", "\uffff", "\U0001f600", "日本")
TYPES = (pa.string(), pa.large_string(), pa.string_view())
BYTES = (pa.binary(), pa.large_binary(), pa.binary_view())
ROUND = {"lower": "ROUND_FLOOR", "higher": "ROUND_CEILING", "nearest": "ROUND_HALF_EVEN"}


def words(source: random.Random, count: int) -> list[str | None]:
    """Return words of which some are equal, and some differ late."""

    def word() -> str | None:
        kind = source.random()
        if kind < 0.1:
            return None
        shared = source.choice(("", "the same long beginning of many words ", "eight by"))
        return shared + "".join(source.choices(LETTERS, k=source.randrange(4)))

    return [word() for _ in range(count)]


def at(ordered: list[Any], q: float, interpolation: str) -> Any:
    """Return a quantile of sorted values."""
    position = (len(ordered) - 1) * Decimal(repr(q))
    return ordered[int(position.to_integral_value(ROUND[interpolation]))]


def encodings(values: list[Any], of: pa.DataType) -> list[Any]:
    """Return a column in several layouts."""
    array = pa.array(values, of)
    cut = len(values) // 3
    padded = pa.concat_arrays([pa.array(["x"] if of in TYPES else [b"x"], of), array])
    layouts = [array, pa.chunked_array([array[:cut], array[cut:cut], array[cut:]]), padded[1:]]
    if of not in (pa.string_view(), pa.binary_view()):
        layouts.append(array.dictionary_encode())
        layouts.append(pa.chunked_array([array[:cut], array[cut:]]).dictionary_encode())
    return layouts


@pytest.mark.parametrize("of", [*TYPES, *BYTES], ids=str)
def test_generated_columns_equal_sorting(of: pa.DataType) -> None:
    source = random.Random(str(of))
    for _ in range(200):
        values: list[Any] = words(source, source.choice((1, 2, 3, 7, 20, 100)))
        if of in BYTES:
            values = [None if value is None else value.encode() for value in values]
        ordered = sorted(value for value in values if value is not None)
        q = source.choice((0, 0.1, 0.25, 0.29, 0.5, 0.75, 0.9, 1))
        qs = [source.random(), q, q, 1.0, 0.0]
        for column in encodings(values, of):
            assert cs.min(column) == (ordered[0] if ordered else None)
            assert cs.max(column) == (ordered[-1] if ordered else None)
            for name in ROUND:
                expected = [at(ordered, one, name) if ordered else None for one in qs]
                assert cs.quantile(column, q, interpolation=name) == expected[1]
                assert cs.quantile(column, qs, interpolation=name) == expected


def test_fixed_size_bytes() -> None:
    column = pa.array([b"zz", b"ab", None, b"b\0"], pa.binary(2))
    assert (cs.min(column), cs.max(column)) == (b"ab", b"zz")
    assert cs.quantile(column, 0.5, interpolation="lower") == b"b\0"
    assert pa.table(cs.max(pa.table({"x": column}))).schema.field("x").type == pa.binary(2)
    assert cs.max(pa.table({"x": pa.array([None], pa.binary(2))}))["x"] is None


def test_the_order_is_that_of_code_points() -> None:
    """UTF-16, and the order of other libraries' collations, would put them elsewhere."""
    assert cs.max(pa.array(["\uffff", "\U0001f600"])) == "\U0001f600"
    assert cs.min(pa.array(["a", "Z", "é"])) == "Z"


def test_nulls_and_min_count() -> None:
    column = pa.array(["b", None, "a"])
    assert cs.min(column, skip_nulls=False) is None
    assert cs.min(column, min_count=3) is None
    assert cs.min(column, min_count=2) == "a"
    assert cs.quantile(column, 0.5, interpolation="lower", skip_nulls=False) is None
    assert cs.quantile(column, [0, 1], interpolation="lower", min_count=3) == [None, None]
    for empty in (pa.array([], pa.string()), pa.nulls(3, pa.string())):
        assert cs.max(empty) is None
        assert cs.quantile(empty, 0.5, interpolation="nearest") is None


def test_values_of_a_dictionary_that_are_not_named_do_not_count() -> None:
    keys = pa.array([1, None, 1, 2], pa.int8())
    column = pa.DictionaryArray.from_arrays(keys, pa.array(["a", "b", "c", "d"]))
    assert (cs.min(column), cs.max(column)) == ("b", "c")
    assert cs.quantile(column, [0.0, 0.5, 1.0], interpolation="higher") == ["b", "b", "c"]


def test_tables_keep_the_types_and_the_order_of_columns() -> None:
    table = pa.table({"n": [2, 1], "s": ["b", "a"], "d": pa.array(["x", "y"]).dictionary_encode(),
                      "v": pa.array(["b", "a"], pa.string_view()), "f": [0.5, 1.5]})  # fmt: skip
    least = cs.min(table)
    assert least.to_dict() == {"n": 1, "s": "a", "d": "x", "v": "a", "f": 0.5}
    types = [pa.int64(), pa.string(), pa.string(), pa.string_view(), pa.float64()]
    assert pa.table(least).schema.types == types
    assert cs.max(table, columns=["s"]).to_dict() == {"s": "b"}
    assert cs.max(table, numeric_only=True).to_dict() == {"n": 2, "f": 1.5}
    assert cs.Table(table).max()["d"] == "y"
    assert cs.Column(table["s"]).min() == "a"
    found = cs.quantile(table, [0, 1], interpolation="lower")
    assert pa.table(found).to_pylist()[1] == {"q": 1.0, "n": 2, "s": "b", "d": "y", "v": "b",
                                              "f": 1.5}  # fmt: skip
    assert cs.Column(table["s"]).quantile(0.5, interpolation="nearest") == "a"
    assert cs.Table(table).quantile(1.0, interpolation="higher", columns=["v"])["v"] == "b"


def test_streams_are_read_batch_by_batch() -> None:
    table = pa.table({"s": ["m", "b", None, "z", "a"], "n": [3, 1, 2, 5, 4]})
    for size in (1, 2, 5):
        reader = table.to_reader(max_chunksize=size)
        assert cs.max(reader).to_dict() == {"s": "z", "n": 5}
        assert cs.min(iter(table.to_batches(max_chunksize=size))).to_dict() == {"s": "a", "n": 1}
        assert cs.min(table.to_reader(max_chunksize=size), skip_nulls=False)["s"] is None
    columns = iter([pa.array(["b"]), pa.array(["a"]), pa.array(["c"])])
    assert cs.min(columns) == "a"


def test_many_rows_with_late_differences() -> None:
    values = [f"row {i * 7_919 % 100_003:09}" for i in range(100_000)]
    ordered = sorted(values)
    column = pa.array(values)
    qs = [0.0, 0.001, 0.5, 0.77, 1.0]
    for one in (column, column.dictionary_encode(), pa.array(values, pa.string_view())):
        assert cs.quantile(one, qs, interpolation="nearest") == [
            at(ordered, q, "nearest") for q in qs
        ]
        assert (cs.min(one), cs.max(one)) == (ordered[0], ordered[-1])


def test_real_producers() -> None:
    series = pl.Series("s", ["b", "a", None])
    for one in (series, series.cast(pl.Categorical), pd.Series(["b", "a", None], dtype="string")):
        assert (cs.min(one), cs.max(one)) == ("a", "b")
    assert cs.max(pl.DataFrame({"s": series, "n": [1, 2, 3]})).to_dict() == {"s": "b", "n": 3}


def refusal(call: Callable[[], Any]) -> str:
    with pytest.raises(TypeError) as refused:
        call()
    return str(refused.value)


TEXT = pa.array(["a", "b"])
TABLE = pa.table({"s": TEXT, "k": [1, 1]})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: cs.quantile(TEXT, 0.5),
            "cannot compute the quantile of string values: interpolation needs numbers or times; "
            'interpolation="lower", "higher" or "nearest" work',
        ),
        (lambda: cs.quantile(TABLE, 0.5, interpolation="midpoint"), 'column "s": cannot compute'),
        (
            lambda: cs.median(TEXT),
            'no mean; quantile(data, 0.5, interpolation="lower") works',
        ),
        (lambda: cs.min(TABLE, by="k"), "extremes of whole columns only"),
        (lambda: cs.min(TABLE, per=1), "extremes of whole columns only"),
        (lambda: cs.max(TEXT, per=1), "extremes of whole columns only"),
        (lambda: cs.mean(TEXT), "they are not numbers"),
        (lambda: cs.moments(TEXT).min(), "they are not numbers"),
        (lambda: cs.min(pa.array([["a"]])), "list"),
        (lambda: cs.quantile(pa.array([["a"]]), 0.5, interpolation="lower"), "list"),
    ],
)
def test_refusals(call: Callable[[], Any], message: str) -> None:
    assert message in refusal(call)


def test_text_that_is_none() -> None:
    offsets = pa.array([0, 1, 2], pa.int32()).buffers()[1]
    broken = pa.Array.from_buffers(pa.string(), 2, [None, offsets, pa.py_buffer(b"a\xff")])
    assert cs.min(broken) == "a"  # only what is returned must be text
    with pytest.raises(ValueError, match="text that is not UTF-8"):
        cs.max(broken)
    with pytest.raises(ValueError, match="text that is not UTF-8"):
        cs.quantile(broken, 1, interpolation="lower")


def test_threads_and_chunks_do_not_matter() -> None:
    source = random.Random(5)
    values = words(source, 3_000)
    expected = cs.quantile(pa.array(values), 0.3, interpolation="lower")
    for cuts in ((1, 2, 2_999), (1_000, 1_001), ()):
        edges = [0, *cuts, len(values)]
        parts = [pa.array(values[a:b], pa.string()) for a, b in itertools.pairwise(edges)]
        for threads in (1, 2):
            options: Any = {"interpolation": "lower", "threads": threads}
            assert cs.quantile(pa.chunked_array(parts), 0.3, **options) == expected
