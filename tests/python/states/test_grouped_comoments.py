"""Co-moments by groups: merged, sent and asked."""

import copy
import datetime
import itertools
import math
import pickle
import random
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import colstats as cs
from support.exact import regression, samples
from support.exact.elimination import Collinear
from support.fits import assert_equal

#: Tables that are grouped.
TABLES = 300


def rows_of(table: pa.Table, key: Any) -> pa.Table:
    """Return the rows of a group."""
    return table.filter(pa.array([it == key for it in table["k"].to_pylist()]))


def test_groups_from_shards_equal_the_oracle() -> None:
    source, answered = random.Random(61), 0
    for _, x, y in samples.pairs(TABLES, rows=24, seed=62):
        keys = [source.choice(["a", "b", None, "c"]) for _ in x]
        counts = [source.randint(0, 3) for _ in x]
        table = pa.table({"k": pa.array(keys, pa.string()), "x": x, "y": y, "w": counts})
        options = {"by": "k", "weights": "w", "degree": 2}
        cuts = [0, *sorted(source.randint(0, 24) for _ in range(3)), 24]
        parts = [
            cs.comoments(table.slice(a, b - a), **options) for a, b in itertools.pairwise(cuts)
        ]
        source.shuffle(parts)
        whole = cs.comoments(table, **options)
        assert sum(parts) == cs.merge(*parts) == whole
        assert cs.merge(*parts).__class__ is cs.GroupedCoMoments is type(whole)
        stored = pa.concat_tables([pa.table(part) for part in parts])
        assert cs.GroupedCoMoments(stored) == whole
        assert pickle.loads(pickle.dumps(whole)) == whole
        assert list(whole) == [*sorted(set(keys) - {None}), *([None] if None in keys else [])]
        for key, state in whole.items():
            group = rows_of(table, key)
            assert state == cs.comoments(group.drop(["k"]), weights="w", degree=2)
            left, right = group["x"].to_pylist(), group["y"].to_pylist()
            try:
                expected = regression.ols(right, [left], weights=group["w"].to_pylist())
            except Collinear:
                expected = None
            if expected is not None:
                answered += 1
                assert_equal(state.linear_fit("x", "y"), expected)
    assert answered > TABLES


@pytest.mark.parametrize(
    "keys",
    [
        pa.array([3, None, 1, 3, 1, 3, None, 2]),
        pa.array([0.5, math.nan, -0.0, 0.5, 0.0, 0.5, math.nan, None]),
        pa.array(["x", "yy", "", "x", "", "x", "yy", None]).dictionary_encode(),
        pa.array([b"x", b"y", b"z", b"x", b"z", b"x", b"y", None]),
        pa.array([True, None, False, True, False, True, None, True]),
        pa.array([datetime.date(2026, 1, day) for day in (3, 9, 1, 3, 1, 3, 9, 2)]),
        pa.array([Decimal(it) for it in (3, 9, 1, 3, 1, 3, 9, 2)]),
    ],
)
def test_all_types_of_keys(keys: pa.Array) -> None:
    x, y = [1.0, 2.0, 4.0, 8.0, 3.0, 0.5, 7.0, 9.0], [3, 1, 4, 1, 5, 9, 2, 6]
    table = pa.table({"k": keys, "x": x, "y": y})
    groups = cs.comoments(table, by="k")
    known = cs.moments(table, by="k")
    assert [repr(key) for key in groups] == [repr(key) for key in known]
    assert groups.by == ["k"]
    assert groups.columns == ["x", "y"]
    assert len(groups) == len(known)
    assert groups.keys() == known.keys()
    for place, (key, state) in enumerate(groups.items()):
        assert key in groups
        assert groups[key] == groups.get(key) == state
        assert state.covariance()[0]["x"] == known.group(place)["x"].variance()
        assert state.covariance()[1]["y"] == known.group(place)["y"].variance()
    assert (
        sum([groups, groups])[groups.values() and next(iter(groups))].count
        == 2 * groups.values()[0].count
    )
    chunked = pa.chunked_array([keys[:3], keys[3:4], keys[4:]])
    assert cs.comoments(table.set_column(0, "k", chunked), by="k") == groups
    assert cs.GroupedCoMoments(pa.table(groups)) == groups
    # Of other types of text and bytes, with the same values.
    stored = cs.GroupedCoMoments(pl.DataFrame(groups))
    assert repr(stored.items()) == repr(groups.items())
    assert stored.values() == groups.values()


def test_it_is_an_arrow_table() -> None:
    table = pa.table({"k": ["a", "b", "a"], "n": [1, 1, 2], "x": [1.0, 2.0, 3.0], "y": [1, 2, 3]})
    groups = cs.comoments(table, by=["k", "n"])
    stored = pa.table(groups)
    assert stored.schema.names == ["k", "n", "comoments"]
    assert stored.schema.types == [pa.string(), pa.int64(), pa.large_binary()]
    assert [tuple(row.values())[:2] for row in stored.to_pylist()] == list(groups)
    assert groups["a", 2].count == 1
    assert cs.GroupedCoMoments(stored.take([2, 0, 1])) == groups
    assert cs.GroupedCoMoments(stored.slice(0, 0)).by == ["k", "n"]
    assert len(cs.GroupedCoMoments(stored.slice(0, 0))) == 0
    assert cs.GroupedCoMoments(stored.slice(0, 0)) + groups == groups
    assert repr(groups) == '<colstats.GroupedCoMoments by "k", "n": 3 groups>'


def test_types_of_keys_widen() -> None:
    narrow = pa.table({"k": pa.array([1, 2], pa.int8()), "x": [1.0, 2.0]})
    wide = pa.table({"k": [2, 2**40], "x": [5.0, 6.0]})
    joined = cs.comoments(narrow, by="k") + cs.comoments(wide, by="k")
    assert list(joined) == [1, 2, 2**40]
    assert joined == cs.comoments(
        pa.table({"k": [1, 2, 2, 2**40], "x": [1.0, 2.0, 5.0, 6.0]}), by="k"
    )


def test_it_grows_with_streams() -> None:
    rng = np.random.default_rng(7)
    keys, x, y = rng.integers(0, 50, 30_000), rng.normal(size=30_000), rng.normal(size=30_000)
    table = pa.table({"k": keys, "x": x, "y": y})
    whole = cs.comoments(table, by="k", threads=1)
    assert cs.comoments(table, by="k", threads=2) == whole
    batches = pa.RecordBatchReader.from_batches(table.schema, table.to_batches(500))
    assert cs.comoments(batches, by="k") == whole
    grown = cs.comoments(table.slice(0, 0), by="k")
    for at in range(0, 30_000, 10_000):
        grown.update(table.slice(at, 10_000))
    assert grown == whole
    copied = copy.copy(whole)
    copied.merge(whole)
    assert copied[3].count == 2 * whole[3].count
    fits = whole.ols(y="y", x="x")
    frame = pd.DataFrame({"k": keys, "x": x, "y": y})
    for key, rows in frame.groupby("k"):
        group = rows.reset_index(drop=True)
        assert fits[key] == cs.ols(group, y="y", x="x")
        assert whole.correlation()[key] == cs.correlation(group[["x", "y"]], complete=True)
        assert whole.covariance(ddof=1)[key] == cs.covariance(group[["x", "y"]], ddof=1)


GROUPS = cs.comoments(pa.table({"k": ["a", "a"], "x": [1.0, 2.0], "y": [3.0, 5.0]}), by="k")
STORED = pa.table(GROUPS)
DAMAGED = STORED["comoments"][0].as_py()[:-1] + b"?"


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: GROUPS["z"], KeyError, "z"),
        (
            lambda: cs.GroupedCoMoments([1]),
            TypeError,
            "takes a table of states of groups, not list",
        ),
        (
            lambda: cs.GroupedCoMoments(pa.table({"k": [1]})),
            ValueError,
            'Table is not a table of states: it has no column "comoments"; there are: "k"',
        ),
        (
            lambda: cs.GroupedCoMoments(STORED.set_column(1, "comoments", [[DAMAGED]])),
            ValueError,
            "Table is not a table of states: row 0: this state is damaged",
        ),
        (
            lambda: cs.GroupedCoMoments(
                STORED.set_column(1, "comoments", [pa.array([None], pa.binary())])
            ),
            ValueError,
            "Table is not a table of states: row 0 has no state",
        ),
        (
            lambda: cs.GroupedCoMoments(STORED.select(["comoments"])),
            ValueError,
            "Table is not a table of states: it has states, but no keys",
        ),
        (
            lambda: GROUPS + cs.comoments({"j": [1], "x": [1.0], "y": [2.0]}, by="j"),
            ValueError,
            'groups by "k" cannot be merged with groups by "j"',
        ),
        (lambda: cs.comoments({"k": [1], "x": [2]}, by="z"), KeyError, 'no column "z"'),
        (
            lambda: cs.comoments({"comoments": [1], "x": [2]}, by="comoments"),
            ValueError,
            'the key "comoments" clashes with the column of states',
        ),
        (
            lambda: cs.comoments({"k": [1, 2], "x": [2, 3]}, by="k", weights=[1, -2]),
            ValueError,
            "the weight of row 1 is -2",
        ),
        (
            lambda: cs.comoments({"k": [5, 6], "x": [2, 3], "y": [1, 2]}, by="k").ols(y="y", x="x"),
            ValueError,
            "group 5: 2 coefficients need as many rows, and there is 1",
        ),
    ],
)
def test_refusals(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
