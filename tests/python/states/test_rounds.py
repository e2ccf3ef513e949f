"""Quantiles of partitions, found in rounds of counts, without an engine."""

import datetime as dt
import itertools
import math
import pickle
import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import colstats as cs
from colstats import _native
from colstats.distributed import Engine, Plan, Round
from support.exact import samples

INTERPOLATIONS = ("linear", "lower", "higher", "nearest", "midpoint")


class InProcess(Engine):
    """Partitions in a list; what they become is sent as Arrow, pickled, or as it is."""

    def __init__(self) -> None:
        self.rounds = 0

    def states(self, data: list[pa.Table], plan: Plan) -> tuple[list[Any], Any]:
        self.rounds += 1
        forms: list[Callable[[Any], Any]] = [
            pa.table,
            lambda part: pickle.loads(pickle.dumps(part)),
            lambda part: part,
        ]
        plan = pickle.loads(pickle.dumps(plan))
        level: list[Any] = []
        for place, part in enumerate(data):
            level.append(forms[place % 3](plan.partial(part)))
        while len(level) > plan.fan_in:
            level = [one for group in plan.groups(level) for one in plan.join(group)]
        return level, plan.partial(data[0].slice(0, 0)) if data else None


def cut(table: pa.Table, parts: int, source: random.Random) -> list[pa.Table]:
    """Cut a table into parts, some of which may be empty."""
    places = [0, *sorted(source.choices(range(table.num_rows + 1), k=parts - 1)), table.num_rows]
    pairs = itertools.pairwise(places)
    tables = [table.slice(start, end - start) for start, end in pairs]
    source.shuffle(tables)
    return tables


def text(answer: Any) -> str:
    """Return an answer with every bit, so that NaN equals NaN."""
    return repr(pa.record_batch(answer).to_pylist())


def same(table: pa.Table, q: Any, parts: int, source: random.Random, **options: Any) -> int:
    """Compare with one process; returns the number of rounds."""
    engine = InProcess()
    found = engine.quantile(cut(table, parts, source), q, fan_in=3, **options)
    expected = cs.quantile(table, q, **options)
    assert text(found) == text(expected), (q, options)
    assert pa.record_batch(found).schema == pa.record_batch(expected).schema
    return engine.rounds


def test_generated_columns_have_the_bits_of_one_process() -> None:
    source = random.Random(11)
    for kind, values in samples.columns(600):
        column = list(values)
        column += source.choice(([], [None], [math.nan, None], [-0.0, 0.0], [math.inf, -math.inf]))
        source.shuffle(column)
        table = pa.table({"x": pa.array(column, pa.float64())})
        q = source.choice((0.5, source.random(), [0.0, 0.29, 1.0], [0.25, source.random(), 0.25]))
        options = {"interpolation": source.choice(INTERPOLATIONS),
                   "skip_nans": source.random() < 0.5, "skip_nulls": source.random() < 0.7,
                   "min_count": source.choice((0, 1, 5))}  # fmt: skip
        rounds = same(table, q, source.randrange(1, 6), source, **options)
        assert rounds <= 4, kind


DAY = dt.date(2024, 2, 29)
COLUMNS: dict[str, pa.Array] = {
    "bool": pa.array([True, False, True, None]),
    "int8": pa.array([-128, 127, None, 5], pa.int8()),
    "uint64": pa.array([0, 2**64 - 1, 2**63, None], pa.uint64()),
    "int64": pa.array([-(2**63), 2**63 - 1, 0, -1]),
    "float16": pa.array([np.float16(-1.5), np.float16(0.25), None, np.float16(7)], pa.float16()),
    "float32": pa.array([-0.0, 0.0, math.inf, 1e-45], pa.float32()),
    "decimal32": pa.array([Decimal("1.5"), Decimal("-2.5"), None, Decimal(0)], pa.decimal32(5, 2)),
    "decimal128": pa.array(
        [Decimal("1e36"), Decimal("-1e36"), Decimal("0.1"), None], pa.decimal128(38, 1)
    ),
    "decimal256": pa.array(
        [Decimal("1e70"), Decimal(-3), Decimal("-1e70"), Decimal(2)], pa.decimal256(76, 2)
    ),
    "date": pa.array([DAY, DAY + dt.timedelta(7), None, DAY - dt.timedelta(40_000)]),
    "time": pa.array([1, 86_399_999_999, 5, None], pa.time64("us")),
    "moment": pa.array([1, -5, 2**62, None], pa.timestamp("ns", "UTC")),
    "span": pa.array([1, -5, 2**40, None], pa.duration("s")),
    "null": pa.nulls(4),
    "dictionary": pa.array([2.5, 1.5, None, 2.5]).dictionary_encode(),
}


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_every_type(interpolation: str) -> None:
    source = random.Random(interpolation)
    table = pa.table(COLUMNS)
    for parts in (1, 2, 6):
        for q in (0.5, [0, 0.1, 0.29, 0.75, 1]):
            assert same(table, q, parts, source, interpolation=interpolation) <= 4
    same(table.slice(0, 0), [0.5], 3, source, interpolation=interpolation)


def test_many_values_take_four_rounds() -> None:
    """Far outliers keep each round from more than 16 bits."""
    rng = np.random.default_rng(3)
    near = 1.0 + np.ldexp(rng.integers(0, 2**40, 200_000).astype(float), -52)
    wide = rng.integers(-(10**18), 10**18, 200_000)
    table = pa.table({"near": np.append(near, [-1e300, 1e300]), "wide": np.append(wide, [0, 0]),
                      "ties": np.append(np.full(200_000, 7), [-(2**63), 2**63 - 1])})  # fmt: skip
    source = random.Random(1)
    assert same(table, [0.25, 0.5], 7, source) == 4
    assert same(table, 0.5, 7, source, columns=["wide"]) == 2
    many = [place / 40 for place in range(41)]
    assert same(table, many, 3, source) <= 5


def test_the_median_and_its_options() -> None:
    table = pa.table({"a": [4, None, 6, 1], "s": ["x"] * 4, "b": [1.5, 2.5, math.nan, 4.0]})
    parts = [table.slice(0, 1), table.slice(1, 0), table.slice(1)]
    engine = InProcess()
    assert engine.median(parts, numeric_only=True, skip_nans=True).to_dict() == {"a": 4.0, "b": 2.5}
    assert engine.median(parts, columns=["b"]).to_dict()["b"] != 2.5  # NaN
    assert engine.median(parts, columns=["a"], skip_nulls=False)["a"] is None
    assert engine.median(parts, columns=["a"], min_count=4)["a"] is None
    assert engine.median(parts, columns=[0]).to_dict() == {"a": 4.0}


def test_partitions_of_nulls_may_be_of_no_type() -> None:
    parts = [pa.table({"x": pa.nulls(2)}), pa.table({"x": [3, 1, 2]}), pa.table({"x": pa.nulls(1)})]
    assert InProcess().quantile(parts, 0.5, interpolation="lower").to_dict() == {"x": 2}
    assert InProcess().median(parts, skip_nulls=False)["x"] is None


def test_streams_are_counted_batch_by_batch() -> None:
    table = pa.table({"x": np.arange(10_000.0)})
    plan = Round()
    whole = pa.table(plan.partial(table))
    assert pa.table(plan.partial(table.to_reader(max_chunksize=7))) == whole
    assert pa.table(plan.partial(iter(table.to_batches(max_chunksize=999)))) == whole


class Fickle(InProcess):
    """A table that is computed anew in each round, and differs."""

    def states(self, data: list[pa.Table], plan: Plan) -> tuple[list[Any], Any]:
        return super().states(data[self.rounds % 2 :], plan)


FAR = pa.table({"x": np.arange(100_000.0)})


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Fickle().median([FAR, FAR]), ValueError, "not the same in each round: cache"),
        (
            lambda: InProcess().median([pa.table({"s": ["a"]})]),
            TypeError,
            'column "s": cannot compute the median of string values',
        ),
        (
            lambda: InProcess().quantile([pa.table({"s": ["a"]})], 0.5, interpolation="lower"),
            TypeError,
            'column "s": quantiles of text need all of it in one process',
        ),
        (
            lambda: InProcess().median([pa.table({"x": [1]}), pa.table({"x": [1.5]})]),
            TypeError,
            'column "x": int64 values in some partitions, and float64 in others: cast',
        ),
        (
            lambda: InProcess().median([pa.table({"x": [1]}), pa.table({"y": [1]})]),
            ValueError,
            "partitions have different columns",
        ),
        (lambda: InProcess().median([]), ValueError, "there are no partitions"),
        (lambda: InProcess().quantile([FAR], 1.5), ValueError, "q must be from 0 to 1"),
        (lambda: InProcess().quantile([FAR], 0.5, min_count=-1), ValueError, "min_count"),
        (
            lambda: InProcess().quantile([FAR], 0.5, interpolation="cubic"),  # type: ignore[arg-type]
            ValueError,
            "interpolation must be",
        ),
        (lambda: InProcess().median([FAR], columns=["z"]), KeyError, "z"),
        (lambda: _native._tallied([FAR]), ValueError, "is not what a round has counted"),
        (lambda: _native._tally(FAR, "median", b"CSTQ"), ValueError, "not the request of a round"),
        (
            lambda: _native._tallied([pa.table({"colstats_tally": [b"CSTQ\1\5"]})]),
            ValueError,
            "is not what a round has counted",
        ),
    ],
)
def test_refusals(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
