"""Grouped states equal the states of each group's rows, however these are cut, ordered and sent."""

import os
import pickle
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pytest

import colstats as cs
from support import stand_ins
from support.checks import plain
from support.reference import QUESTIONS, expected, same_bits
from support.tables import KINDS, TABLE, columns, cut

NAN = float("nan")


def rows(answer: Any) -> list[dict[str, Any]]:
    return pa.record_batch(answer).to_pylist()


def normalized(key: Any) -> Any:
    """Normalize a key: all NaNs are one key, and both zeros are."""
    return repr(key + 0.0) if isinstance(key, float) else key


def by_key(table: pa.Table, by: list[str]) -> dict[tuple[Any, ...], list[int]]:
    """Return the rows of each key."""
    places: dict[tuple[Any, ...], list[int]] = {}
    for place, row in enumerate(table.select(by).to_pylist()):
        places.setdefault(tuple(normalized(row[key]) for key in by), []).append(place)
    return places


def assert_groups(groups: cs.GroupedMoments, table: pa.Table, by: list[str]) -> None:
    """Check each group against the states of its rows alone."""
    places = by_key(table, by)
    keys = [tuple(map(normalized, row.values())) for row in rows(groups.keys())]
    assert sorted(map(repr, keys)) == sorted(map(repr, places))
    values = table.select(groups.column_names)
    for position, key in enumerate(keys):
        assert groups.group(position) == cs.moments(values.take(places[key])), key


def test_grouped_moments() -> None:
    groups = cs.moments(TABLE, by="country")
    expected_repr = (
        '<colstats.GroupedMoments by "country": 3 groups of "price" float64, "units" int16>'
    )
    assert repr(groups) == expected_repr
    assert (groups.by, groups.column_names, len(groups)) == (["country"], ["price", "units"], 3)
    assert rows(groups.mean()) == [
        {"country": "DE", "price": 0.0, "units": 3.0},
        {"country": "NL", "price": 1.0, "units": 3.0},
        {"country": None, "price": 5.0, "units": 3.0},
    ]
    assert rows(groups.count(columns=["price"]))[1] == {"country": "NL", "price": 1}
    assert rows(groups.stddev(ddof=1, numeric_only=True))[2]["units"] is None
    assert groups.group(-1)["units"].sum() == 3
    with pytest.raises(IndexError, match="no group at position 3: there are 3"):
        groups.group(3)
    assert groups == cs.moments(TABLE, by=["country"]) == cs.moments(cs.Table(TABLE), by=[0])
    assert groups != cs.moments(TABLE, by="country", columns=["units"])
    with pytest.raises(TypeError, match="unhashable"):
        hash(groups)


@pytest.mark.parametrize("way", range(40))
def test_groups_are_exact(way: int) -> None:
    """Random keys, random parts, random transports; compared with fractions."""
    rng = random.Random(way)
    values = columns(rng)
    schema = pa.schema({name: kind for name, (kind, _) in KINDS.items()})
    table = pa.table(values, schema=schema)
    count = table.num_rows
    keys = {
        "text": [rng.choice(["", "a", "b\0", "bb", None]) for _ in range(count)],
        "number": [rng.choice([0.0, -0.0, NAN, 1e300, None]) for _ in range(count)],
    }
    for name, kind in (("text", pa.string()), ("number", pa.float64())):
        table = table.append_column(name, pa.array(keys[name], kind))
    by = rng.choice([["text"], ["number"], ["text", "number"], ["number", "text"]])
    whole = cs.moments(table, by=by, columns=list(values), threads=rng.choice([1, 2, 3]))
    parts = [cs.moments(part, by=by, columns=list(values)) for part in cut(table, rng)]
    transports = TRANSPORTS + (THROUGH_POLARS if stand_ins.has("polars") else [])
    joined = cs.merge(*(rng.choice(transports)(part) for part in parts))
    assert repr(rows(joined)) == repr(rows(whole))  # as text, so that NaN equals NaN
    assert_groups(whole, table, by)
    places = list(by_key(table, by).items())
    name = rng.choice(list(values))
    keyed = {tuple(map(normalized, key.values())): i for i, key in enumerate(rows(whole.keys()))}
    for key, where in rng.sample(places, min(3, len(places))):
        state = whole.group(keyed[key])[name]
        of_group = [values[name][place] for place in where]
        empty_sum = 0 if (state.type or "").startswith(("int", "uint")) else 0.0
        for statistic, options in QUESTIONS:
            got = plain(getattr(state, statistic)(**options))
            want = expected(statistic, of_group, **options, empty_sum=empty_sum)
            assert same_bits(got, want), (statistic, key)


def views(groups: cs.GroupedMoments) -> pa.Table:
    """Export text and bytes as views."""
    table = pa.table(groups)
    kinds = {pa.string(): pa.string_view(), pa.large_binary(): pa.binary_view()}
    fields = (pa.field(field.name, kinds.get(field.type, field.type)) for field in table.schema)
    return table.cast(pa.schema(fields))


TRANSPORTS: list[Callable[[cs.GroupedMoments], Any]] = [
    lambda groups: groups,
    lambda groups: pickle.loads(pickle.dumps(groups)),
    pa.table,
    pa.record_batch,
    lambda groups: pa.table(groups).to_reader() if len(groups) else groups,
    views,
]
THROUGH_POLARS: list[Callable[[cs.GroupedMoments], Any]] = [
    lambda groups: pl.DataFrame(groups).sample(fraction=1, shuffle=True, seed=1),
    lambda groups: pl.DataFrame(groups).reverse(),
]
#: Keys that polars does not export with the type it imported.
NOT_OF_POLARS = {"decimal256", "float16", "fixed", "of no bytes", "time", "null"}

KEYS: dict[str, pa.Array] = {
    "bool": pa.array([True, None, False, True]),
    "int8": pa.array([3, -3, None, 3], pa.int8()),
    "uint64": pa.array([2**64 - 1, 0, None, 0], pa.uint64()),
    "float16": pa.array(np.array([1.5, 0, -0.0, np.nan], "float16")),
    "float32": pa.array([NAN, -0.0, 0.0, None], pa.float32()),
    "string": pa.array(["b", "", None, "b"]),
    "large_string": pa.array(["b", "", None, "b"], pa.large_string()),
    "string_view": pa.array(["b" * 20, "", None, "b" * 20], pa.string_view()),
    "binary": pa.array([b"\xff", b"", None, b"\xff"]),
    "fixed": pa.array([b"ab", b"aa", None, b"ab"], pa.binary(2)),
    "of no bytes": pa.array([b"", b"", b"", b""], pa.binary(0)),
    "date": pa.array([date(2020, 1, 1), date(1969, 1, 1), None, date(2020, 1, 1)]),
    "timestamp": pa.array([2, 1, None, 2], pa.timestamp("ns", "Europe/Paris")),
    "duration": pa.array([2, -1, None, 2], pa.duration("ms")),
    "time": pa.array([2, 1, None, 2], pa.time64("us")),
    "decimal": pa.array([Decimal("1.10"), Decimal("-2.00"), None, Decimal("1.10")]),
    "decimal256": pa.array([Decimal("1.1"), Decimal("-2.0"), None], pa.decimal256(60, 1)).take(
        pa.array([0, 1, 2, 0])
    ),
    "null": pa.nulls(4),
    "dictionary": pa.array(["b", "a", None, "b"]).dictionary_encode(),
    "dictionary of numbers": pa.array([2, 1, None, 2]).dictionary_encode(),
    "dictionary of bools": pa.array([True, False, None, True]).dictionary_encode(),
    "runs": pa.RunEndEncodedArray.from_arrays([1, 3, 4], pa.array([7, None, 5])),
}


@pytest.mark.parametrize("kind", KEYS)
def test_keys_of_every_type(kind: str) -> None:
    keys = KEYS[kind]
    numbers = pa.array([0.5, 1.5, None, 4.5])
    table = pa.table({"key": keys, "x": numbers})
    groups = cs.moments(table, by="key")
    assert_groups(groups, table, ["key"])
    key = pa.record_batch(groups.keys())
    assert key.schema.field(0).type == getattr(keys.type, "value_type", keys.type)
    assert_groups(cs.moments(table.slice(1, 2), by="key"), table.slice(1, 2), ["key"])
    for transport in TRANSPORTS:
        assert len(cs.merge(groups, transport(groups))) == len(groups)
    assert pickle.loads(pickle.dumps(groups)) == groups
    assert (
        cs.merge(groups, pa.table(groups)).group(0)["x"].count() == 2 * groups.group(0)["x"].count()
    )


@pytest.mark.parametrize("kind", sorted(KEYS.keys() - NOT_OF_POLARS))
def test_keys_round_trip_through_polars(kind: str) -> None:
    groups = cs.moments(pa.table({"key": KEYS[kind], "x": [0.5, 1.5, None, 4.5]}), by="key")
    for transport in THROUGH_POLARS:
        assert len(cs.merge(groups, transport(groups))) == len(groups)


def test_groups_are_sorted_with_nulls_last() -> None:
    table = pa.table({"a": [2, 1, None, 1, 1], "b": [0.0, NAN, 1.0, None, -5.0], "x": [1] * 5})
    keys = [
        tuple(map(normalized, row.values()))
        for row in rows(cs.moments(table, by=["a", "b"]).keys())
    ]
    assert keys == [(1, "-5.0"), (1, "nan"), (1, None), (2, "0.0"), (None, "1.0")]


@pytest.mark.parametrize(
    "make",
    [
        TABLE.to_pandas,
        lambda: pl.from_arrow(TABLE),
        lambda: pl.from_arrow(TABLE).with_columns(pl.col("country").cast(pl.Categorical)),
        lambda: TABLE.to_pandas().astype({"country": "category"}),
        lambda: TABLE.combine_chunks().to_batches()[0],
    ],
)
def test_producers(make: Callable[[], Any]) -> None:
    groups = cs.moments(make(), by="country", columns=["units"])
    assert cs.merge(groups, cs.moments(TABLE, by="country", columns=["units"]))["DE"] == cs.merge(
        *[cs.moments(TABLE.select(["units"]).take([1, 3]))] * 2
    )


def test_streams_and_chunks_of_any_length() -> None:
    relation = duckdb.sql(
        "select i % 7 as k, i::double as x, (i % 3)::varchar as s from range(50000) t(i)"
    )
    table = relation.to_arrow_table()
    whole = cs.moments(table, by=["k", "s"])
    assert cs.moments(relation, by=["k", "s"]) == whole
    batches = pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=77))
    assert cs.moments(batches, by=["k", "s"]) == whole
    uneven = pa.table(
        {
            name: pa.chunked_array(
                [table[name].combine_chunks()[:cut_], table[name].combine_chunks()[cut_:]]
            )
            for name, cut_ in (("k", 10), ("x", 33_333), ("s", 0))
        }
    )
    for threads in (1, 2, 5):
        assert cs.moments(uneven, by=["k", "s"], threads=threads) == whole


@pytest.mark.thread_unsafe(reason="only the main thread handles signals")
@pytest.mark.usefixtures("_ctrl_c")
def test_ctrl_c_ends_a_stream_of_groups() -> None:
    same, end = pa.record_batch({"k": [1], "x": [1.0]}), time.monotonic() + 20

    def batches() -> Iterator[pa.RecordBatch]:
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
        while time.monotonic() < end:
            yield same

    reader = pa.RecordBatchReader.from_batches(same.schema, batches())
    with pytest.raises(KeyboardInterrupt):
        cs.moments(reader, by="k")


def test_numpy_structured_masked_and_datetime_arrays() -> None:
    array = np.array(
        [(1, "2020-01-01", True), (1, "NaT", False), (2, "2021-01-01", True)],
        dtype=[("k", ">i4"), ("t", "datetime64[ns]"), ("b", "?")],
    )
    groups = cs.moments(array, by="k")
    assert rows(groups.count()) == [{"k": 1, "t": 1, "b": 2}, {"k": 2, "t": 1, "b": 1}]
    assert groups.group(0)["t"].mean() == datetime(2020, 1, 1)
    assert rows(cs.moments(array, by=["t", "b"]).keys())[-1] == {"t": None, "b": False}
    masked = np.ma.masked_array([[1.0, 2.0], [1.0, 3.0]], [[0, 0], [0, 1]])
    assert rows(cs.moments(masked, by="0").sum()) == [{"0": 1.0, "1": 2.0}]


def test_non_numeric_columns_are_only_counted() -> None:
    table = TABLE.append_column("list", [[[1], None, [2], [], None]])
    groups = cs.moments(table, by="country")
    assert rows(groups.count(columns=["list"])) == [
        {"country": "DE", "list": 1},
        {"country": "NL", "list": 1},
        {"country": None, "list": 1},
    ]
    with pytest.raises(TypeError, match=r'^column "list": cannot compute the mean of list values'):
        groups.mean()
    assert cs.moments(table, by="country", numeric_only=True).column_names == ["price", "units"]
    text = pa.RunEndEncodedArray.from_arrays([2, 5], pa.array(["x", None]))
    counted = cs.moments(TABLE.append_column("text", text), by="country", columns=["text"])
    assert [row["text"] for row in rows(counted.count())] == [1, 1, 0]


def test_a_key_may_have_states_too() -> None:
    groups = cs.moments(TABLE, by="units", columns=["units", "price"])
    assert rows(groups.sum())[1] == {"units": 2, "units_sum": Decimal(2), "price": 1e300}
    assert pa.table(groups).column_names == ["units", "units_state", "price_state"]
    assert cs.merge(pa.table(groups)) == groups


def test_tables_without_rows_have_no_groups() -> None:
    nothing = cs.moments(TABLE.slice(0, 0), by="country")
    assert (len(nothing), rows(nothing.mean())) == (0, [])
    assert cs.merge(nothing, cs.moments(TABLE, by="country")) == cs.moments(TABLE, by="country")
    assert pickle.loads(pickle.dumps(nothing)) == nothing
    assert len(cs.moments(TABLE, by="country", columns=[])) == 3
    assert repr(cs.moments(TABLE, by="country", columns=[])).endswith("3 groups of no columns>")


def test_keys_of_different_layouts_are_merged() -> None:
    groups = cs.moments(TABLE, by="country")
    kinds = [pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())]
    for kind in kinds:
        other = pa.table(groups).set_column(0, "country", pa.table(groups)["country"].cast(kind))
        merged = cs.merge(groups, other)
        assert [len(merged.group(i)["price"]) for i in range(3)] == [4, 4, 2]
        assert rows(merged.keys()) == rows(groups.keys())
    nulls = pa.table({"country": pa.nulls(1), "price": [7.0], "units": pa.array([1], pa.int16())})
    merged = cs.merge(cs.moments(nulls, by="country"), groups)
    assert rows(merged.sum())[2] == {"country": None, "price": 12.0, "units": Decimal(4)}


def test_bits_do_not_depend_on_order_parts_or_threads() -> None:
    """The columns are long enough for several threads and batches."""
    rng = np.random.default_rng(5)
    count = 300_000
    values = rng.normal(size=count) * 10.0 ** rng.integers(-300, 300, count)
    keys = rng.integers(0, 1000, count)
    whole = cs.moments(pa.table({"k": keys, "x": values}), by="k", threads=1)
    order = rng.permutation(count)
    shuffled = pa.table({"k": keys[order], "x": values[order]})
    parts = [cs.moments(shuffled.slice(i * 60_000, 60_000), by="k", threads=3) for i in range(5)]
    assert cs.merge(*parts) == whole
    for key in rng.integers(0, 1000, 20):
        assert_mean(whole, int(key), values[keys == key].tolist())


def assert_mean(groups: cs.GroupedMoments, key: int, values: Sequence[float]) -> None:
    state = groups.group(key)["x"]
    for statistic in ("mean", "stddev"):
        assert same_bits(getattr(state, statistic)(), expected(statistic, values))
    assert rows(groups.mean())[key] == {"k": key, "x": expected("mean", values)}


def test_stored_parts_without_groups_and_columns_lack_nothing() -> None:
    """Their Arrow tables have no states that would say that there are no columns."""
    part, empty = (
        cs.moments(pa.table({"k": pa.array(keys, "string")}), by="k") for keys in (["a"], [])
    )
    stored = [pa.table(groups) for groups in (part, empty)]
    for parts in (stored, stored[::-1]):
        merged = cs.merge(*parts)
        assert isinstance(merged, cs.GroupedMoments)
        assert merged == part
