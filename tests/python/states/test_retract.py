"""States that are taken away again: what is left is the state of the other values, to the bit."""

import math
import pickle
import random
import threading
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import colstats as cs
from support import reference
from support.exact import samples
from support.exact.numbers import same

TOTALS = ("count", "sum", "mean", "variance", "stddev")


def test_generated_columns_without_some_of_their_values() -> None:
    source = random.Random(1)
    for kind, values in samples.columns(5_500):
        cut = source.randrange(len(values) + 1)
        taken, left = values[:cut], values[cut:]
        state = cs.moments(pa.array(values)) - cs.moments(pa.array(taken, pa.float64()))
        rest = cs.moments(pa.array(left, pa.float64()))
        assert len(state) == len(left)
        for statistic in TOTALS:
            found = getattr(state, statistic)()
            # The sign of a sum of zeros is lost with the numbers that were taken away.
            if any(left) or not left:
                assert same(found, getattr(rest, statistic)()), (kind, values, cut, statistic)
            else:
                assert found == getattr(rest, statistic)()
        if not left:
            assert state == rest


def test_specials_are_counted() -> None:
    state = cs.moments([1.0, math.nan, None, math.inf, -math.inf, 2.0])
    for special, mean in ((math.nan, math.nan), (math.inf, math.nan), (-math.inf, -math.inf)):
        assert same(state.mean(), mean)
        state.retract(cs.moments([special]))
    assert (state.mean(), state.null_count, state.nan_count) == (1.5, 1, 0)
    state -= cs.moments(pa.array([None], pa.float64()))
    assert (len(state), state.null_count) == (2, 0)


def test_minimum_and_maximum_are_not_known_afterwards() -> None:
    state = cs.moments([1.0, 2.0, 3.0])
    state.retract(cs.moments(pa.array([], pa.float64())))
    assert state.min() == 1.0
    left = state - cs.moments([2.0])
    words = "the min is not known, because values have been taken away from this state"
    with pytest.raises(ValueError, match=words):
        left.min()
    table = cs.MomentsTable({"a": left})
    with pytest.raises(ValueError, match=f'column "a": {words.replace("min", "max")}'):
        table.max()
    assert table.mean()["a"] == 2.0
    assert left.describe()[0]["mean"] == 2.0
    assert left.describe()[0]["min"] == "not known"
    both = left + cs.moments([7.0])
    with pytest.raises(ValueError, match="the max is not known"):
        both.max()
    assert both.sum() == 11.0
    nothing = left - cs.moments([1.0, 3.0])
    assert nothing == cs.moments(pa.array([], pa.float64()))
    assert nothing.min() is None
    nothing.update([4.0])
    assert nothing.min() == 4.0


def test_such_states_are_stored() -> None:
    left = cs.moments([1.0, 2.0, 3.0]) - cs.moments([2.0])
    for copy in (cs.Moments.from_bytes(left.to_bytes()), pickle.loads(pickle.dumps(left))):
        assert copy == left
        assert copy.stddev() == 1.0
        with pytest.raises(ValueError, match="not known"):
            copy.min()
    table = cs.merge(pa.table(cs.MomentsTable({"a": left})))
    assert table["a"] == left
    integers = cs.moments(pa.array([1, 2, 3], pa.int32())) - cs.moments(pa.array([2], pa.int32()))
    assert cs.Moments.from_bytes(integers.to_bytes()).sum() == 4
    assert (integers + cs.moments(pa.array([2**40], pa.int64()))).sum() == 2**40 + 4
    with pytest.raises(TypeError, match="values have been taken away from it"):
        integers + cs.moments([0.5])


NEVER_ADDED: dict[str, tuple[Any, Any]] = {
    "more values than this one": ([1.0], [1.0, 2.0]),
    "more nulls than this one": ([1.0], [1.0, None]),
    "more NaNs than this one": ([1.0, 2.0], [math.nan]),
    "more infinities than this one": ([1.0, math.inf], [-math.inf]),
    "not among those of this one": ([1.0, 2.0], [3.0]),
}


@pytest.mark.parametrize("words", NEVER_ADDED)
def test_what_was_never_added_is_refused(words: str) -> None:
    ours, theirs = (cs.moments(pa.array(values, pa.float64())) for values in NEVER_ADDED[words])
    before = ours.to_bytes()
    for take in (ours.retract, ours.__sub__):
        with pytest.raises(ValueError, match=f"cannot take away a state .*{words}"):
            take(theirs)
    assert ours.to_bytes() == before


def test_types() -> None:
    wide = cs.moments(pa.array([1, 2, 2**40], pa.int64()))
    assert (wide - cs.moments(pa.array([2], pa.int8()))).sum() == 2**40 + 1
    decimals = pa.array(["1.10", "2.20"]).cast(pa.decimal128(10, 2))
    assert str((cs.moments(decimals) - cs.moments(decimals[:1])).sum()) == "2.20"
    with pytest.raises(TypeError, match="string"):
        wide.retract(cs.moments(pa.array(["x"])))
    with pytest.raises(TypeError, match=r"Moments\.retract takes Moments, not list"):
        wide.retract([1])  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        wide - 1  # type: ignore[operator]
    text = cs.moments(pa.array(["a", None, "b"])) - cs.moments(pa.array(["c"]))
    assert (text.count(), text.null_count) == (1, 1)
    mine = cs.moments([1.5, 2.5])
    mine.retract(mine)
    assert len(mine) == 0


def test_a_window_of_states_slides() -> None:
    """Add the state of the day that comes, and take away that of the day that goes."""
    rng = np.random.default_rng(2)
    days = [rng.lognormal(0, 3, rng.integers(0, 400)) for _ in range(60)]
    states = [cs.moments(day) for day in days]
    window = sum(states[:7], cs.Moments())
    for day in range(7, 60):
        window += states[day]
        window -= states[day - 7]
        values = np.concatenate(days[day - 6 : day + 1])
        for statistic in TOTALS:
            assert getattr(window, statistic)() == getattr(cs, statistic)(values)
    assert same(window.mean(), reference.mean(list(np.concatenate(days[53:]))))


def test_several_threads_take_away() -> None:
    part = cs.moments([0.1, 1e16])
    state = cs.moments([0.1, 1e16] * 400 + [0.3])

    def take() -> None:
        for _ in range(100):
            state.retract(part)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(state), state.sum()) == (1, 0.3)


def test_nothing_but_nans_has_known_extremes() -> None:
    """Such a state is that of NaNs alone, and goes on as that one does, serialized or not."""
    left = cs.moments([1.0, math.nan]) - cs.moments([1.0])
    assert left == cs.moments([math.nan])
    for state in (left, cs.Moments.from_bytes(left.to_bytes())):
        assert math.isnan(state.min())
        assert state.min(skip_nans=True) is None
        assert (state + cs.moments([2.0])).max(skip_nans=True) == 2.0
