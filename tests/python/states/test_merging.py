"""Merged parts equal the whole bit for bit, however cut, ordered and sent: 300 random ways."""

import pickle
import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

import colstats as cs
from support import stand_ins
from support.checks import plain
from support.reference import QUESTIONS, Value, expected, same_bits
from support.tables import KINDS, columns, cut

WAYS = 300
THREADS = (1, 2, 4)


def through_bytes(states: cs.MomentsTable) -> cs.MomentsTable:
    read = cs.Moments.from_bytes
    return cs.MomentsTable({name: read(states[name].to_bytes()) for name in states})


def through_views(states: cs.MomentsTable) -> pa.Table:
    table = pa.table(states).select(["state", "name"])
    return table.cast(pa.schema({"state": pa.binary_view(), "name": pa.string_view()}))


def through_large(states: cs.MomentsTable) -> pa.RecordBatch:
    batch = pa.record_batch(states)
    columns = [batch["name"].cast(pa.large_string()), batch["state"].cast(pa.large_binary())]
    return pa.record_batch(columns, names=["name", "state"])


TRANSPORTS: list[Callable[[cs.MomentsTable], Any]] = [
    lambda states: states,
    through_bytes,
    lambda states: pickle.loads(pickle.dumps(states)),
    pa.table,
    *([pl.DataFrame] if stand_ins.has("polars") else []),
    through_views,
    through_large,
]


def merged(parts: Sequence[Any], rng: random.Random) -> cs.MomentsTable:
    """Merge in a random tree."""
    left = list(parts)
    while len(left) > 1:
        taken = [left.pop(rng.randrange(len(left))) for _ in range(rng.randint(2, len(left)))]
        left.append(rng.choice(TRANSPORTS)(cs.merge(*taken)))
    return cs.merge(*left)


@pytest.mark.parametrize("way", range(WAYS))
def test_merged_parts_equal_the_whole(way: int) -> None:
    rng = random.Random(way)
    values = columns(rng)
    schema = pa.schema({name: kind for name, (kind, _) in KINDS.items()})
    table = pa.table(values, schema=schema)
    parts = [
        rng.choice(TRANSPORTS)(cs.moments(part, threads=rng.choice(THREADS)))
        for part in cut(table, rng)
    ]
    whole, joined = cs.moments(table), merged(parts, rng)
    assert joined == whole
    assert joined.column_names == list(values)
    for name in rng.sample(list(values), 2):
        assert_exact(joined[name], values[name])


def assert_exact(state: cs.Moments, values: Sequence[Value]) -> None:
    """Check all statistics against rational arithmetic."""
    assert len(state) == len(values)
    assert state.null_count == sum(value is None for value in values)
    empty_sum = 0 if (state.type or "").startswith(("int", "uint")) else 0.0
    for statistic, options in [
        *QUESTIONS,
        ("sum", {"min_count": 0}),
        ("mean", {"skip_nans": True}),
    ]:
        got = plain(getattr(state, statistic)(**options))
        want = expected(statistic, values, **options, empty_sum=empty_sum)
        assert same_bits(got, want), f"{statistic}({options}) is {got!r}, not {want!r}"


@pytest.mark.parametrize("way", range(30))
def test_updated_and_summed_moments_equal_the_whole(way: int) -> None:
    """The same for the Moments of a single column."""
    rng = random.Random(1000 + way)
    name, values = rng.choice(list(columns(rng).items()))
    column = pa.array(values, KINDS[name][0])
    parts = [part["x"] for part in cut(pa.table({"x": column}), rng)]
    grown = cs.Moments()
    for part in parts:
        grown.update(part, threads=rng.choice(THREADS))
    whole = cs.moments(column)
    assert grown == whole == sum(map(cs.moments, parts)) == cs.merge(*map(cs.moments, parts))
    assert_exact(grown, values)


def test_long_columns_on_several_threads() -> None:
    """Long enough for several threads; the parts end at blocks and words of bitmaps."""
    rng = np.random.default_rng(3)
    rows = 2 * 2**18 + 12_345
    floats = rng.normal(size=rows) * 2.0 ** rng.integers(-60, 60, rows)
    mask = rng.random(rows) < 0.1
    for data in (
        pa.array(floats, mask=mask),
        np.ma.masked_array(floats, mask),
        pa.array(rng.integers(-(2**62), 2**62, rows), mask=mask).slice(3),
        pa.array(floats > 0, mask=mask),
    ):
        states = [cs.moments(data, threads=threads) for threads in THREADS]
        column = cs.Column(data)
        for state in states:
            assert state == states[0]
            for statistic, options in QUESTIONS:
                answer = getattr(column, statistic)(**options)
                assert same_bits(getattr(state, statistic)(**options), answer), statistic
