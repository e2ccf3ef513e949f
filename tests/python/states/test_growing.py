"""Tables of states grow by `update` and `+`; `by=` of the statistics; summaries of states."""

import re
import threading
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

import colstats as cs

TABLE = pa.table(
    {
        "k": ["b", "a", None, "b"],
        "x": [0.1, None, 3.0, 1e16],
        "n": pa.array([1, 2, 3, 4], pa.int8()),
    }
)
PARTS = [TABLE.slice(0, 1), TABLE.slice(1, 2), TABLE.slice(3), TABLE.slice(0, 0)]
STATISTICS = ["count", "sum", "mean", "variance", "stddev", "var", "std", "min", "max"]


def rows(answer: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pa.record_batch(answer).to_pylist()
    return found


def test_a_table_of_states_grows() -> None:
    states = cs.MomentsTable()
    for part in PARTS:
        states.update(part)
    assert states == cs.moments(TABLE) == sum(map(cs.moments, PARTS[:3]))
    states.update(TABLE.to_reader(), columns=["n", "x", "k"])
    assert states["n"].sum() == 20
    wide = pa.table({"x": [1], "n": [2**40], "k": pa.array(["c"], pa.large_string())})
    states.update(wide)
    assert [states[name].type for name in states] == ["large_string", "float64", "int64"]


def test_groups_grow() -> None:
    groups = cs.moments(PARTS[0], by="k")
    for part in PARTS[1:]:
        groups.update(part)
    assert groups == cs.moments(TABLE, by="k")
    assert groups == sum(cs.moments(part, by="k") for part in PARTS)


@pytest.mark.parametrize("make", [cs.moments, lambda table: cs.moments(table, by="k")])
def test_several_threads_update_one_table(make: Callable[[pa.Table], Any]) -> None:
    states = make(TABLE)

    def update() -> None:
        for _ in range(20):
            states.update(TABLE)

    threads = [threading.Thread(target=update) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert states == make(pa.concat_tables([TABLE] * 81))


UPDATES: list[tuple[Callable[[], object], type[Exception], str]] = [
    (
        lambda: cs.MomentsTable().update([1.0]),
        TypeError,
        "list is one column, not a table: use Moments.update",
    ),
    (
        lambda: cs.MomentsTable().update(cs.moments(TABLE)),  # type: ignore[arg-type]
        TypeError,
        "colstats.MomentsTable is a table of states, not data: use + or colstats.merge",
    ),
    (
        lambda: cs.MomentsTable().update(pa.table(cs.moments(TABLE))),
        TypeError,
        "pyarrow.lib.Table is a table of states, not data: use colstats.merge",
    ),
    (
        lambda: cs.moments(TABLE).update(pa.table({"k": [1], "x": [1.0], "n": [1]})),
        TypeError,
        'column "k": cannot merge a state of string values with one of int64 values: they are not '
        "the same kind of values; cast one of them first",
    ),
    (
        lambda: cs.moments(TABLE, by="k").update(TABLE.drop("k")),
        KeyError,
        '\'no column "k"; there are: "x", "n"\'',
    ),
    (
        lambda: cs.moments(TABLE) + cs.moments(TABLE, by="k"),  # type: ignore[operator]
        TypeError,
        "unsupported operand type(s) for +: 'colstats.MomentsTable' and 'colstats.GroupedMoments'",
    ),
    (
        lambda: 1 + cs.moments(TABLE),
        TypeError,
        "unsupported operand type(s) for +: 'int' and 'colstats.MomentsTable'",
    ),
]


@pytest.mark.parametrize(("call", "error", "words"), UPDATES, ids=[w[-40:] for *_, w in UPDATES])
def test_refusals_say_what_to_do(
    call: Callable[[], object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=f"^{re.escape(words)}$"):
        call()


STORED: list[cs.MomentsTable | cs.GroupedMoments] = [
    cs.MomentsTable(),
    cs.moments(TABLE),
    cs.moments(TABLE, by="k"),
    cs.moments(TABLE, by=["n", "k"]),
    cs.moments(TABLE.slice(0, 0), by="x"),
    cs.moments(pa.table({"k": pa.array([b"ab", None], pa.binary(2))}), by="k"),
]


@pytest.mark.parametrize("place", range(len(STORED)))
def test_bytes_round_trip(place: int) -> None:
    states = STORED[place]
    data = states.to_bytes()
    for given in (data, bytearray(data), memoryview(data)):
        back = type(states).from_bytes(given)
        assert back == states
        assert back.to_bytes() == data
    for end in range(len(data)):
        with pytest.raises(ValueError, match=r"damaged|are not"):
            type(states).from_bytes(data[:end])
        damaged = bytearray(data)
        damaged[end] ^= 0x20
        with pytest.raises(ValueError, match=r"damaged|are not|version"):
            type(states).from_bytes(damaged)


def test_bytes_of_another_kind_are_refused() -> None:
    for kind in (cs.MomentsTable, cs.GroupedMoments):
        for data in (b"", b"CSTM", cs.moments([1]).to_bytes()):
            with pytest.raises(ValueError, match="these bytes are not a table of"):
                kind.from_bytes(data)
        with pytest.raises(TypeError, match="a state is read from bytes, not from str"):
            kind.from_bytes("text")  # type: ignore[arg-type]


@pytest.mark.parametrize("name", STATISTICS)
@pytest.mark.parametrize("by", ["k", ["k"], [0], ["k", "n"]])
def test_statistics_by_groups_are_those_of_the_groups(name: str, by: Any) -> None:
    statistic = getattr(cs, name)
    for options in ({}, {"numeric_only": True}, {"columns": ["x"]}, {"threads": 1}):
        ours = rows(statistic(TABLE.select(["k", "x", "n"]), by=by, **options))
        which = {key: value for key, value in options.items() if key != "threads"}
        theirs = getattr(cs.moments(TABLE, by=by, **which), name)()
        assert repr(ours) == repr(rows(theirs))
        assert repr(ours) == repr(rows(getattr(cs.Table(TABLE), name)(by=by, **options)))
        assert repr(ours) == repr(rows(statistic(TABLE.to_reader(), by=by, **options)))
    assert next(iter(ours[0])) == "k"


def test_statistics_by_groups_know_their_options() -> None:
    assert rows(cs.sum(TABLE, by="k", columns=["x"], min_count=2)) == [
        {"k": "a", "x": None},
        {"k": "b", "x": 1e16},
        {"k": None, "x": None},
    ]
    assert rows(cs.stddev(TABLE, by="k", columns=["n"], ddof=1))[1] == {"k": "b", "n": 4.5**0.5}


BY: list[tuple[Callable[[], object], type[Exception], str]] = [
    (
        lambda: cs.mean(TABLE, by="k", per=2),
        TypeError,
        "by= gives a result for each group and per= one for each chunk or window: choose one",
    ),
    (
        lambda: cs.mean(TABLE, by="k", axis=0),
        TypeError,
        "axis= reduces an array and by= groups the rows of a table: choose one",
    ),
    (
        lambda: cs.mean([1.0], by="k"),
        TypeError,
        "list is one column: by= groups the rows of a table",
    ),
    (lambda: cs.mean(TABLE, by="z"), KeyError, '\'no column "z"; there are: "k", "x", "n"\''),
    (lambda: cs.mean(TABLE, by=3), TypeError, "by takes a name or a list of names, not int"),  # type: ignore[arg-type]
    (
        lambda: cs.mean(TABLE, by=[]),
        ValueError,
        "by takes the name of at least one column; leave it out for a result of all rows",
    ),
    (
        lambda: cs.mean(TABLE, by="n"),
        TypeError,
        'column "k": cannot compute the mean of string values: they are not numbers '
        "(leave it out with columns=[...] or numeric_only=True)",
    ),
    (
        lambda: cs.describe(cs.moments(TABLE), by="k"),
        TypeError,
        "by= groups the rows of data, but these are states",
    ),
    (
        lambda: cs.moments([1]).describe(columns=["x"]),  # type: ignore[call-arg]
        TypeError,
        "columns= selects from a table, but this is one column",
    ),
]


@pytest.mark.parametrize(("call", "error", "words"), BY, ids=[w[-40:] for *_, w in BY])
def test_refusals_of_by(call: Callable[[], object], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=f"^{re.escape(words)}"):
        call()


def test_states_are_described_as_their_data() -> None:
    for options in ({}, {"ddof": 1}, {"skip_nans": True, "skip_nulls": False}):
        whole = cs.describe(TABLE, **options)
        states = cs.moments(TABLE)
        assert cs.describe(states, **options) == states.describe(**options) == whole
        groups = cs.moments(TABLE, by="k")
        by_key = cs.describe(TABLE, by="k", **options)
        assert cs.describe(groups, **options) == groups.describe(**options) == by_key
        assert str(groups.describe(**options)) == str(by_key)
        column = cs.moments(TABLE["x"])
        assert cs.describe(column, **options) == column.describe(**options)
        assert column.describe(**options) == cs.describe(TABLE["x"], **options)
    chosen = cs.moments(TABLE).describe(columns=["n", 0])
    assert list(chosen) == ["n", "k"]
    assert list(cs.moments(TABLE).describe(numeric_only=True)) == ["x", "n"]
    numbers = cs.moments(TABLE, by="k").describe(columns=["n"])
    assert [row["name"] for row in numbers.to_list()] == ["n"] * 3
    days = [cs.moments(part) for part in PARTS[:3]]
    assert cs.merge(*days).describe() == cs.describe(TABLE)


def test_columns_and_tables_make_states() -> None:
    assert cs.Column(TABLE["x"]).moments() == cs.moments(TABLE["x"])
    table = cs.Table(TABLE)
    assert table.moments(threads=1) == cs.moments(TABLE)
    assert table.moments(columns=["x"]) == cs.moments(TABLE, columns=["x"])
    assert table.moments(by="k", numeric_only=True) == cs.moments(TABLE, by="k")


@pytest.mark.parametrize("data", [[], [None], pa.nulls(2)])
def test_the_sum_of_nothing_is_zero(data: Any) -> None:
    assert cs.sum(data) is None
    assert cs.sum(data, min_count=0) == 0
    assert cs.moments(data).sum(min_count=0) == 0
    assert cs.sum(data, min_count=1) is None
    if len(data) > 0:
        assert cs.sum(data, min_count=0, skip_nulls=False) is None
    assert rows(cs.sum(pa.table({"x": pa.nulls(2)}), min_count=0)) == [{"x": 0}]
