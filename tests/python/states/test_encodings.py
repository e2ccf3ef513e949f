"""States of types that are encodings of the same values merge exactly, or are refused."""

import itertools
import json
import pickle
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from statistics import pvariance
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import colstats as cs

#: Columns that a state of another type than `cast` joins, and that type.
PAIRS: dict[str, tuple[pa.Array, pa.Array, str]] = {
    "integers": (pa.array([1, None], pa.int32()), pa.array([2**40]), "int64"),
    "signs": (pa.array([200], pa.uint8()), pa.array([-1], pa.int8()), "int16"),
    "floats": (pa.array([0.1], pa.float32()), pa.array([0.1]), "float64"),
    "whole numbers": (pa.array([13, -(2**53)]), pa.array([0.5]), "float64"),
    "text": (pa.array(["a"]), pa.array(["b", None], pa.large_string()), "large_string"),
    "views": (pa.array(["a"], pa.string_view()), pa.array(["b"]), "large_string"),
    "dictionaries": (pa.array(["a", None]).dictionary_encode(), pa.array(["b"]), "string"),
    "bytes": (pa.array([b"a"]), pa.array([b"b"], pa.large_binary()), "large_binary"),
    "uuids": (pa.array([b"ab"], pa.binary(2)), pa.array([b"b"]), "binary"),
    "lists": (pa.array([[1]], pa.list_(pa.int64(), 1)), pa.array([[1, 2]]), "list"),
    "units": (
        pa.array([datetime(2024, 1, 1)], pa.timestamp("us")),
        pa.array([123_456_789], pa.timestamp("ns")),
        "timestamp[ns]",
    ),
    "dates": (pa.array([date(2024, 2, 29)]), pa.array([86_400_000], pa.date64()), "date64"),
    "durations": (
        pa.array([timedelta(seconds=1)], pa.duration("s")),
        pa.array([timedelta(microseconds=1)], pa.duration("us")),
        "duration[us]",
    ),
    "times": (
        pa.array([1], pa.time32("s")),
        pa.array([86_399_999_999_999], pa.time64("ns")),
        "time64[ns]",
    ),
    "decimals": (
        pa.array([Decimal("1.25"), None], pa.decimal128(5, 2)),
        pa.array([Decimal("1234567.5")], pa.decimal128(10, 1)),
        "decimal128(11, 2)",
    ),
    "widths": (
        pa.array([Decimal("1.25")], pa.decimal128(5, 2)),
        pa.array([Decimal("1e40")], pa.decimal256(50, 0)),
        "decimal256(52, 2)",
    ),
    "integers and decimals": (
        pa.array([2**62]),
        pa.array([Decimal("0.01")], pa.decimal128(5, 2)),
        "decimal128(22, 2)",
    ),
    "nulls": (pa.nulls(3), pa.array([1.5]), "float64"),
}


@pytest.mark.parametrize("pair", PAIRS)
def test_the_state_is_that_of_the_cast_data(pair: str) -> None:
    one, other, kind = PAIRS[pair]
    states = cs.moments(one), cs.moments(other)
    whole = cs.merge(*states)
    assert whole.type == kind
    assert whole == cs.merge(*reversed(states)) == states[0] + states[1]
    known = [t for t in (one.type, other.type) if cs.moments(pa.array([], t)).type == kind]
    # pyarrow casts to the type of one of them; the others are checked by value below.
    if known and not pa.types.is_fixed_size_list(one.type):
        assert whole == cs.moments(pa.chunked_array([one.cast(known[0]), other.cast(known[0])]))


def test_values_of_decimals_and_both_signs_are_exact() -> None:
    both = cs.moments(pa.array([-1])) + cs.moments(pa.array([2**64 - 1], pa.uint64()))
    assert (both.type, both.sum(), both.min()) == ("decimal128(20, 0)", 2**64 - 2, -1)
    one, other, _ = PAIRS["widths"]
    values = [Fraction(*Decimal(v).as_integer_ratio()) for v in ("1.25", "1e40")]
    whole = cs.moments(one) + cs.moments(other)
    assert whole.sum() == Decimal("10000000000000000000000000000000000000001.25")
    assert whole.max() == Decimal("1e40")
    assert whole.variance() == float(pvariance(values))


def test_any_order_gives_the_same_bytes() -> None:
    parts = [
        cs.moments(pa.array([7, None], pa.int8())),
        cs.moments(pa.array([2**32 - 1], pa.uint32())),
        cs.moments([0.1, float("nan")]),
        cs.moments(pa.array([1 / 3], pa.float32())),
        cs.moments(pa.nulls(2)),
    ]
    orders = {cs.merge(*order).to_bytes() for order in itertools.permutations(parts)}
    assert len(orders) == 1


TIMES = pa.array([datetime(2024, 1, 1, tzinfo=UTC)], pa.timestamp("us", "UTC"))
REFUSED: list[tuple[pa.Array, pa.Array, str]] = [
    (
        pa.array([9_405_000_000_000], pa.timestamp("s")),
        pa.array([1], pa.timestamp("ns")),
        "cannot merge a state of timestamp[s] values with one of timestamp[ns] values: some of the "
        "values would be out of range in the finer unit; cast one of them first",
    ),
    (
        TIMES,
        TIMES.cast(pa.timestamp("us", "Europe/Paris")),
        "cannot merge a state of timestamp[us, tz=UTC] values with one of timestamp[us, "
        "tz=Europe/Paris] values: their time zones differ; cast one of them first",
    ),
    (
        pa.array([2**53 + 1]),
        pa.array([0.5]),
        "cannot merge a state of int64 values with one of float64 values: integers beyond 2^53 are "
        "not exact as float64; cast one of them first",
    ),
    (
        pa.array([True]),
        pa.array([1]),
        "cannot merge a state of bool values with one of int64 values: they are not the same kind "
        "of values; cast one of them first",
    ),
    (
        pa.array(["a"]),
        pa.array([b"a"]),
        "cannot merge a state of string values with one of binary values: they are not the same "
        "kind of values; cast one of them first",
    ),
    (
        pa.array([Decimal("0.5")], pa.decimal128(2, 1)),
        pa.array([Decimal("1e75")], pa.decimal256(76, 0)),
        "cannot merge a state of decimal128(2, 1) values with one of decimal256(76, 0) values: "
        "together they need more than the 76 digits of decimal256; cast one of them first",
    ),
]


@pytest.mark.parametrize(("one", "other", "words"), REFUSED, ids=[w[23:60] for *_, w in REFUSED])
def test_what_is_not_exact_is_refused(one: pa.Array, other: pa.Array, words: str) -> None:
    with pytest.raises(TypeError, match=f"^{re.escape(words)}$"):
        cs.merge(cs.moments(one), cs.moments(other))
    tables = [cs.moments(pa.table({"x": column})) for column in (one, other)]
    with pytest.raises(TypeError, match=f'^column "x": {re.escape(words)}$'):
        cs.merge(*tables)


def test_whole_numbers_join_a_state_of_floats() -> None:
    state = cs.Moments("float64")
    state.update([13])
    state.update([0.5, None])
    assert (state.type, state.sum(), state.max()) == ("float64", 13.5, 13.0)
    words = (
        "cannot add int64 values of list to a state of float64 values: integers beyond 2^53 are "
        "not exact as float64; cast the data first"
    )
    with pytest.raises(TypeError, match=f"^{re.escape(words)}$"):
        state.update([2**53 + 1])
    assert len(state) == 3


def table_of_two_writers(folder: Path) -> list[pa.Table]:
    """Write the same table with pyarrow and with polars, and read both files."""
    table = pa.table(
        {
            "day": pa.array([date(2024, 1, 1), date(2024, 1, 2), None]),
            "at": pa.array([0, 1, None], pa.timestamp("us")),
            "country": pa.array(["DE", None, "FR"]),
            "price": pa.array([Decimal("1.25"), None, Decimal("3.5")], pa.decimal128(10, 2)),
            "kind": pa.array(["a", "b", "a"]).dictionary_encode(),
            "x": [0.1, None, 0.3],
            "n": pa.array([1, 2, None], pa.int32()),
        }
    )
    pq.write_table(table, folder / "pyarrow.parquet")
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    frame.with_columns(
        pl.col("at").cast(pl.Datetime("ns")), pl.col("n").cast(pl.Int64)
    ).write_parquet(folder / "polars.parquet")
    return [pq.read_table(folder / name) for name in ("pyarrow.parquet", "polars.parquet")]


def test_files_of_one_table_by_two_writers_merge(tmp_path: Path) -> None:
    tables = table_of_two_writers(tmp_path)
    assert tables[0].schema != tables[1].schema
    states = [cs.moments(table) for table in tables]
    whole, again = cs.merge(*states), cs.merge(*reversed(states))
    assert [whole[name] for name in whole] == [again[name] for name in whole]
    assert whole["country"].count() == 4
    assert whole["at"].type == "timestamp[ns]"
    common = pa.unify_schemas(
        [t.drop(["country", "kind"]).schema for t in tables], promote_options="permissive"
    )
    both = pa.concat_tables([t.select(common.names).cast(common) for t in tables])
    for name in common.names:
        assert whole[name] == cs.moments(both[name]), name


@pytest.mark.parametrize("by", ["country", "kind", "n"])
def test_groups_of_two_writers_merge(by: str, tmp_path: Path) -> None:
    tables = table_of_two_writers(tmp_path)
    groups = [cs.moments(table, by=by) for table in tables]
    whole, again = cs.merge(*groups), cs.merge(*reversed(groups))
    assert list(whole) == list(again)
    for key, states in whole.items():
        for name in states:
            assert states[name] == again[key][name] == groups[0][key][name] + groups[1][key][name]


def test_groups_whose_keys_do_not_match_are_refused() -> None:
    one = cs.moments(pa.table({"k": pa.array([1, 2], pa.uint64()), "x": [1.0, 2.0]}), by="k")
    other = cs.moments(pa.table({"k": [1, -1], "x": [1.0, 2.0]}), by="k")
    words = (
        'key "k": cannot merge groups by uint64 values with groups by int64 values: cast one of '
        "them first"
    )
    with pytest.raises(TypeError, match=f"^{words}$"):
        cs.merge(one, other)


def test_groups_with_states_of_two_types_are_widened() -> None:
    one = cs.moments(pa.table({"k": [1, 2], "x": pa.array([1, 2], pa.int32())}), by="k")
    other = cs.moments(pa.table({"k": [2, 3], "x": [2**40, None]}), by="k")
    whole = cs.merge(one, other)
    assert [states["x"].type for states in whole.values()] == ["int64"] * 3
    assert whole[2]["x"].sum() == 2**40 + 2
    stacked = pa.concat_tables([pa.table(one), pa.table(other)])
    assert cs.merge(stacked) == cs.GroupedMoments(stacked) == whole
    wide = cs.moments(pa.table({"k": [1], "x": [2**53 + 1]}), by="k")
    floats = cs.moments(pa.table({"k": [1], "x": [0.5]}), by="k")
    with pytest.raises(TypeError, match=r'^column "x": .*beyond 2\^53'):
        cs.merge(wide, floats)


#: States and pickles, as the first release wrote them.
KEPT_FILE = json.loads(Path(__file__).with_name("kept_states.json").read_text(encoding="utf-8"))
KEPT: dict[str, str] = KEPT_FILE["states"]


@pytest.mark.parametrize("kind", KEPT)
def test_states_of_the_first_release_are_read(kind: str) -> None:
    kept = bytes.fromhex(KEPT[kind])
    state = cs.Moments.from_bytes(kept)
    assert state.to_bytes() == kept
    assert cs.merge(state, state).count() == 2 * state.count()


def test_kept_states_merge_with_wider_ones() -> None:
    kept: Callable[[str], Any] = lambda kind: cs.Moments.from_bytes(bytes.fromhex(KEPT[kind]))  # noqa: E731
    assert (kept("int8") + kept("int64")).sum() == -2
    assert (kept("int64") + kept("uint64")).max() == 2**64 - 1
    assert (kept("dictionary") + kept("string")).type == "string"
    assert (kept("decimal128(10, 2)") + kept("decimal256(50, 3)")).type == "decimal256(50, 3)"


def test_pickles_of_the_first_release_are_read() -> None:
    table = pa.table({"k": ["a", "b", "a"], "x": [1.0, 2.0, 4.0]})
    pickles = KEPT_FILE["pickles"]
    groups, states = (pickle.loads(bytes.fromhex(pickles[kind])) for kind in ("groups", "table"))
    assert groups == cs.moments(table, by="k")
    assert states == cs.moments(table)
