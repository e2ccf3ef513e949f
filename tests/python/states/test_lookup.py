"""Groups by their keys: lookup, mapping methods, sizes."""

import math
import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import colstats as cs

LAST = date(2024, 2, 29)
#: Keys of every type, in order; null comes last.
KEYS: dict[str, pa.Array] = {
    "text": pa.array(["", "DE", "DEU", "zz", "é", "\U0001f600", None]),
    "large text": pa.array(["a", None], pa.large_string()),
    "views": pa.array(["a", "a text of more than twelve bytes", None], pa.string_view()),
    "dictionaries": pa.array(["a", "b", None]).dictionary_encode(),
    "bytes": pa.array([b"\x00", b"\xff", None]),
    "fixed bytes": pa.array([b"ab", b"zz"], pa.binary(2)),
    "bools": pa.array([False, True, None]),
    "int8": pa.array([-128, 0, 127, None], pa.int8()),
    "int64": pa.array([-(2**63), -1, 0, 1, 2, 2**63 - 1]),
    "uint64": pa.array([0, 2**64 - 1], pa.uint64()),
    "float32": pa.array([-math.inf, 0.0, 0.1, math.inf, math.nan, None], pa.float32()),
    "float64": pa.array([-1e300, -0.5, 0.0, 5e-324, math.nan, None]),
    "decimals": pa.array([Decimal("-0.10"), Decimal("2.00"), None], pa.decimal128(38, 2)),
    "dates": pa.array([date(1, 1, 1), LAST, date(9999, 12, 31), None]),
    "dates in ms": pa.array([LAST, None], pa.date64()),
    "times": pa.array([time(0), time(23, 59, 59, 999_999), None], pa.time64("us")),
    "stamps": pa.array([datetime(1, 1, 1), datetime(2024, 2, 29, 1, 2, 3, 4), None]),
    "zoned": pa.array([datetime(2024, 1, 1, tzinfo=UTC), None], pa.timestamp("ms", "UTC")),
    "nanoseconds": pa.array([-1, 0, 1, 2**62, None], pa.timestamp("ns")),
    "durations": pa.array([timedelta(seconds=-1), timedelta(0), None]),
    "nulls": pa.nulls(2),
}


def grouped(keys: pa.Array) -> cs.GroupedMoments:
    return cs.moments(pa.table({"k": keys, "x": list(range(len(keys)))}), by="k")


@pytest.mark.parametrize("kind", KEYS)
def test_every_key_finds_its_group(kind: str) -> None:
    keys = KEYS[kind]
    groups = grouped(keys)
    places = {}
    for place, key in enumerate(groups):
        assert repr(groups.key(place)) == repr(key)
        assert key in groups
        places[place] = groups[key]["x"].sum()
        assert groups[(key,)] == groups.get(key) == groups[key] == groups.group(place)
    if kind == "nulls":
        assert places == {0: 1}  # all nulls are one key
    else:
        assert list(places.values()) == list(range(len(keys)))


def test_keys_are_never_positions() -> None:
    groups = grouped(pa.array([7, 0, 1]))
    assert [groups[0]["x"].sum(), groups[7]["x"].sum(), groups.group(0)["x"].sum()] == [1, 0, 1]
    for absent in (2, -1, 2**70):
        assert absent not in groups
        with pytest.raises(KeyError, match=re.escape(f"no group {absent}; there are: 0, 1, 7")):
            groups[absent]
    assert groups.group(-1) == groups[7]
    for position in (3, -4, 2**40):
        with pytest.raises(IndexError, match=f"no group at position {position}: there are 3"):
            groups.group(position)


def test_equal_values_find_the_same_group() -> None:
    groups = grouped(KEYS["int64"])
    assert groups[1.0] == groups[True] == groups[np.int64(1)] == groups[Decimal(1)] == groups[1]
    assert 1.5 not in groups
    assert grouped(KEYS["decimals"])[2] == grouped(KEYS["decimals"])[Decimal("2")]
    floats = grouped(KEYS["float64"])
    assert floats[-0.0] == floats[0]
    assert floats[float("nan")] == floats[np.float64("nan")]
    zoned = grouped(KEYS["zoned"])
    paris = datetime(2024, 1, 1, 1, tzinfo=timezone(timedelta(hours=1)))
    assert zoned[paris] == zoned[datetime(2024, 1, 1, tzinfo=UTC)]


def test_several_keys_are_a_tuple() -> None:
    table = pa.table(
        {"c": ["DE", "DE", "FR", None], "y": [2024, 2025, 2024, None], "x": [1, 2, 3, 4]}
    )
    groups = cs.moments(table, by=["c", "y"])
    assert list(groups) == [("DE", 2024), ("DE", 2025), ("FR", 2024), (None, None)]
    assert [groups[key]["x"].sum() for key in groups] == [1, 2, 3, 4]
    assert {key: states["x"].sum() for key, states in groups.items()} == dict(
        zip(groups, [1, 2, 3, 4], strict=True)
    )
    assert [states["x"].sum() for states in groups.values()] == [1, 2, 3, 4]
    assert ("FR", 2025) not in groups
    for key in ("DE", ("DE",), ("DE", 2024, 1), 0):
        assert key not in groups
        words = f"no group {key!r}: a key is a tuple of 2 values, of 'c', 'y'"
        with pytest.raises(KeyError, match=re.escape(words)):
            groups[key]


def test_absent_keys_show_close_ones() -> None:
    few = grouped(pa.array(["DE", "FR"]))
    with pytest.raises(KeyError, match=re.escape("no group 'DEU'; there are: 'DE', 'FR'")):
        few["DEU"]
    with pytest.raises(KeyError, match=re.escape("no group 3; there are: 'DE', 'FR'")):
        few[3]
    many = grouped(pa.array([f"k{i:03}" for i in range(500)]))
    words = (
        "no group 'k2505'; the closest of 500 are: 'k248', 'k249', 'k250', 'k251', 'k252', 'k253'"
    )
    with pytest.raises(KeyError, match=re.escape(words)):
        many["k2505"]
    with pytest.raises(KeyError, match=r"no group 'zzz'; the closest of 500 are: .*'k499'"):
        many["zzz"]
    words = "no group 3, a key of another type (int); the first of 500 are: 'k000', 'k001'"
    with pytest.raises(KeyError, match=re.escape(words)):
        many[3]
    with pytest.raises(KeyError, match=re.escape("no group (1, 2): a key is one value, of 'k'")):
        many[1, 2]
    none = grouped(pa.array([], pa.int64()))
    with pytest.raises(KeyError, match="no group 1: there are none"):
        none[1]
    assert none.get(1) is None
    assert many.get("zzz", "other") == "other"


def test_lookup_takes_few_steps() -> None:
    class Counted(int):
        compared = 0

        def __eq__(self, other: object) -> bool:
            Counted.compared += 1
            return int(self) == other

        def __hash__(self) -> int:
            return hash(int(self))

    groups = grouped(pa.array(range(100_000)))
    assert groups[Counted(77_777)]["x"].sum() == 77_777
    assert Counted.compared < 100


def test_sizes_are_the_rows_of_each_group() -> None:
    table = pa.table({"k": ["b", "a", None, "b"], "x": [None, 1, 2, None], "rows": [1, 1, 2, 2]})
    sizes = pa.record_batch(cs.moments(table, by="k").sizes())
    assert sizes.schema == pa.schema([("k", pa.string()), pa.field("rows", pa.int64(), False)])
    assert sizes.to_pydict() == {"k": ["a", "b", None], "rows": [1, 2, 1]}
    by_rows = pa.record_batch(cs.moments(table, by=["rows"]).sizes())
    assert by_rows.to_pydict() == {"rows": [1, 2], "rows_count": [2, 2]}


@pytest.mark.parametrize("columns", [None, []])
def test_groups_without_columns_keep_their_sizes(columns: list[str] | None) -> None:
    table = pa.table({"k": ["b", "a", "b"]})
    groups = cs.moments(table, by="k", columns=columns)
    for back in (
        cs.GroupedMoments(pa.table(groups)),
        cs.merge(pa.table(groups)),
        cs.GroupedMoments.from_bytes(groups.to_bytes()),
        cs.merge(groups),
    ):
        assert back == groups
        assert back.column_names == []
        assert pa.record_batch(back.sizes()).to_pydict() == {"k": ["a", "b"], "rows": [1, 2]}
    twice = pa.record_batch(cs.merge(groups, pa.table(groups)).sizes())
    assert twice.to_pydict() == {"k": ["a", "b"], "rows": [2, 4]}


def test_states_of_a_group_must_agree_on_its_rows() -> None:
    groups = pa.table(cs.moments(pa.table({"k": [1], "x": [1.0], "y": [2.0]}), by="k"))
    lie = groups.set_column(2, "y_state", [[cs.moments([1.0, 2.0]).to_bytes()]])
    words = 'row 0 has states of 1 rows for column "x", but of 2 for column "y"'
    with pytest.raises(ValueError, match=words):
        cs.merge(lie)


def test_a_table_of_states_is_a_mapping() -> None:
    states = cs.moments(pa.table({"x": [1, 2], "y": [3.0, None]}))
    assert states.keys() == list(states) == ["x", "y"]
    assert states.values() == [states["x"], states["y"]]
    assert dict(states.items()) == dict(states) == {"x": states["x"], "y": states["y"]}
    assert (states.get("x"), states.get("z"), states.get("z", 7)) == (states["x"], None, 7)


KEY: Any = np.array([1, 2])


def test_what_is_no_key_raises_its_own_error() -> None:
    with pytest.raises(ValueError, match="truth value of an array"):
        grouped(pa.array([1, 2]))[KEY]
