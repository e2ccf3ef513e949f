"""The class Moments: inputs, attributes, equality, copies, merging, refusals."""

import copy
import pickle
import re
import threading
from collections.abc import Callable
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

import colstats as cs

TABLE = pa.table({"x": [1.0, 2.0], "s": ["a", None]})


def test_a_fresh_state() -> None:
    state = cs.Moments()
    assert repr(state) == "<colstats.Moments: no type yet, 0 rows>"
    assert (len(state), state.type, state.null_count, state.nan_count) == (0, None, 0, 0)
    assert state.count() == 0
    for statistic in ("sum", "mean", "variance", "stddev", "min", "max"):
        assert getattr(state, statistic)() is None


def test_state_attributes_and_repr() -> None:
    state = cs.moments(pa.array([1.0, None, float("nan"), -0.0], pa.float32()))
    assert repr(state) == "<colstats.Moments: float32, 4 rows>"
    assert (len(state), state.type, state.null_count, state.nan_count) == (4, "float32", 1, 1)
    assert state.mean(skip_nans=True) == 0.5


def test_states_accept_data_of_every_kind() -> None:
    for data in (
        [1.0, 2.0, None],
        pa.chunked_array([[1.0], [], [2.0, None]]),
        pl.Series([1.0, 2.0, None]),
        np.ma.masked_array([1.0, 2.0, 9.0], [False, False, True]),
        cs.Column([1.0, 2.0, None]),
    ):
        state = cs.Moments()
        state.update(data)
        assert state == cs.moments(data) == cs.moments([1.0, 2.0, None])


def test_temporal_statistics() -> None:
    days = cs.moments(pa.array([date(2024, 1, 1), date(2024, 1, 4)]))
    assert days.type == "date32"
    assert (days.min(), days.max()) == (date(2024, 1, 1), date(2024, 1, 4))
    assert days.mean() == datetime(2024, 1, 2, 12)
    assert days.stddev() == timedelta(days=1, hours=12)
    with pytest.raises(TypeError, match="points in time cannot be added"):
        days.sum()
    zoned = cs.moments(pa.array([0, 1], pa.timestamp("ns", "Europe/Paris")))
    assert cs.Moments.from_bytes(zoned.to_bytes()).type == "timestamp[ns, tz=Europe/Paris]"
    assert zoned.max().utcoffset() == timedelta(hours=1)


def test_non_numeric_values_are_only_counted() -> None:
    state = cs.moments(pa.array(["a", None, "b"]))
    assert (state.type, state.count(), state.null_count) == ("string", 2, 1)
    assert cs.Moments.from_bytes(state.to_bytes()) == state
    with pytest.raises(TypeError, match="cannot compute the mean of string values"):
        state.mean()


def test_the_first_data_set_the_type() -> None:
    state = cs.Moments()
    state.update([None, None])
    assert state.type == "null"
    state.update([2])
    state.update([None])
    assert (state.type, len(state), state.null_count, state.sum()) == ("int64", 4, 3, 2)
    assert cs.Moments("int64") + state == state + cs.Moments() == state
    assert cs.Moments("int64") != cs.Moments()


def test_equality_compares_exact_states() -> None:
    assert cs.moments([0.0]) != cs.moments([-0.0])
    assert cs.moments([1.0, 3.0]) == cs.moments([3.0, 1.0])
    assert cs.moments([1.0]) != cs.moments([1])
    assert cs.moments([1.0, 3.0]) != cs.moments([2.0, 2.0])
    assert cs.moments([1.0]) != "something else"
    # Equal sums, whose internal windows have grown differently.
    assert cs.moments([1e300, 1.0, -1e300]) != cs.moments([1.0, 0.0, 0.0])
    grown = cs.moments([1e300]) + cs.moments([-1e300])
    assert grown + cs.moments([5e-324]) == cs.moments([5e-324, -1e300, 1e300])


def test_copies_are_independent() -> None:
    state = cs.moments([1.5, None])
    ways: list[Callable[[cs.Moments], cs.Moments]] = [
        copy.copy,
        copy.deepcopy,
        lambda state: 0 + state,
        lambda state: cs.Moments.from_bytes(bytearray(state.to_bytes())),
        lambda state: cs.Moments.from_bytes(memoryview(state.to_bytes())),
    ]
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        ways.append(lambda state, protocol=protocol: pickle.loads(pickle.dumps(state, protocol)))
    for way in ways:
        copied = way(state)
        assert copied == state
        copied.update([2.5])
        assert (len(copied), len(state)) == (3, 2)


def test_merging_with_itself() -> None:
    state = cs.moments([1.0, 2.0])
    state.merge(state)
    assert state == cs.moments([1.0, 1.0, 2.0, 2.0])
    state += state
    assert len(state) == 8


def test_a_state_is_not_hashed_or_ordered() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(cs.Moments())
    with pytest.raises(TypeError, match="not supported"):
        assert cs.Moments() < cs.Moments()  # type: ignore[operator]


def test_threads_may_share_a_state() -> None:
    state, part = cs.Moments(), np.random.default_rng(1).normal(size=100_000)

    def work() -> None:
        for _ in range(20):
            state.update(part)
            state.merge(cs.moments([0.5]))
            assert state.mean() is not None

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    expected = cs.moments(np.tile(part, 80)) + cs.moments([0.5] * 80)
    assert state == expected


STATE = cs.moments([1.0])
REFUSALS: list[tuple[Callable[[], object], type[Exception], str]] = [
    (
        lambda: STATE.update(np.array([True])),
        TypeError,
        "cannot add bool values of numpy.ndarray to a state of float64 values: they are not the "
        "same kind of values; cast the data first",
    ),
    (
        lambda: STATE.update(TABLE),
        TypeError,
        "pyarrow.lib.Table is a table, not one column: use colstats.moments(table), "
        "which gives a state for each column",
    ),
    (
        lambda: STATE.update(cs.Table(TABLE)),
        TypeError,
        "colstats.Table is a table, not one column: use colstats.moments(table), "
        "which gives a state for each column",
    ),
    (
        lambda: STATE.update(cs.moments(TABLE)),
        TypeError,
        "colstats.MomentsTable is a table of states: use colstats.merge",
    ),
    (
        lambda: STATE.update(STATE),  # type: ignore[arg-type]
        TypeError,
        "colstats.Moments is a state, not data: use merge",
    ),
    (
        lambda: cs.mean(STATE),  # type: ignore[arg-type]
        TypeError,
        "cannot read colstats.Moments: it is a state, not data: call its methods",
    ),
    (
        lambda: STATE.merge([1.0]),  # type: ignore[arg-type]
        TypeError,
        "Moments.merge takes Moments, not list",
    ),
    (
        lambda: STATE + cs.moments(pa.array([], pa.timestamp("us", "UTC"))),
        TypeError,
        "cannot merge a state of float64 values with one of timestamp[us, tz=UTC] values: they are "
        "not the same kind of values; cast one of them first",
    ),
    (
        lambda: 1 + STATE,
        TypeError,
        "unsupported operand type(s) for +: 'int' and 'colstats.Moments'",
    ),
    (
        lambda: cs.Moments("flaot64"),
        ValueError,
        'no type with statistics is called "flaot64": types are named as Column.type names them, '
        'e.g. "float64" or "timestamp[us, tz=UTC]"',
    ),
    (
        lambda: cs.Moments(float),  # type: ignore[arg-type]
        TypeError,
        "a type is named by a str, not by type",
    ),
    (
        lambda: cs.Moments.from_bytes("text"),  # type: ignore[arg-type]
        TypeError,
        "a state is read from bytes, not from str",
    ),
    (
        lambda: cs.Moments.from_bytes(b"PAR1"),
        ValueError,
        "these bytes are not a colstats state",
    ),
    (
        lambda: cs.Moments.from_bytes(STATE.to_bytes()[:-1]),
        ValueError,
        "this state is damaged: its checksum does not match",
    ),
    (
        lambda: cs.Moments.from_bytes(b"CSTM\x02"),
        ValueError,
        "this state has version 2, but this release reads only version 1: use a newer release",
    ),
    (cs.merge, TypeError, "merge takes at least one state"),
    (
        lambda: cs.merge([STATE]),  # type: ignore[call-overload]
        TypeError,
        "merge takes states one by one: merge(*states)",
    ),
    (
        lambda: cs.merge(STATE, cs.moments(TABLE)),  # type: ignore[call-overload]
        TypeError,
        "merge takes Moments or tables of states, not both",
    ),
    (
        lambda: cs.merge(STATE, 3),  # type: ignore[call-overload]
        TypeError,
        "merge takes Moments, not int",
    ),
    (
        lambda: cs.moments([1.0], columns=["x"]),
        TypeError,
        "columns= selects from a table, but this is one column",
    ),
]


@pytest.mark.parametrize(("call", "error", "words"), REFUSALS, ids=[w[:40] for *_, w in REFUSALS])
def test_refusals_say_what_to_do(
    call: Callable[[], object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=f"^{re.escape(words)}$"):
        call()
    assert cs.moments([1.0]) == STATE, "what is refused leaves the state as it was"


def test_any_damaged_byte_is_detected() -> None:
    whole = cs.moments([1e300, -5e-324, None]).to_bytes()
    for at in range(len(whole)):
        damaged = bytearray(whole)
        damaged[at] ^= 0x10
        with pytest.raises(ValueError, match="state"):
            cs.Moments.from_bytes(damaged)


def test_states_count_at_most_2_to_the_53_rows() -> None:
    state = cs.moments([1])
    for _ in range(53):
        state.merge(state)
    assert (len(state), state.sum(), state.stddev()) == (2**53, 2**53, 0.0)
    with pytest.raises(ValueError, match=r"^a state counts at most 2\^53 rows$"):
        state.merge(state)
