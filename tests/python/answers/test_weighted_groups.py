"""Weighted means and deviations by groups, against rational arithmetic for each group."""

import datetime
import decimal
import math
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pytest

import colstats as cs
from support.exact import samples, weights
from support.exact.numbers import rounded, same
from support.weighing import TYPES, WEIGHTS, with_gaps

D = decimal.Decimal
#: The answers that are compared: a statistic, its options, and the rules of the oracle.
ASKED: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("mean", {}, {}),
    ("mean", {"skip_nans": True}, {"skip_nans": True}),
    ("mean", {"skip_nulls": False}, {"skip_nulls": False}),
    ("variance", {}, {"ddof": 0}),
    ("variance", {"ddof": 3}, {"ddof": 3}),
    ("stddev", {"ddof": 1}, {"ddof": 1}),
    ("stddev", {"ddof": 1, "skip_nans": True}, {"ddof": 1, "skip_nans": True}),
]

Row = tuple[Any, Any, Any]  # its key, value and weight
Group = tuple[list[Any], list[Any]]  # its values and weights


def by_key(rows: list[Row]) -> dict[Any, Group]:
    """Return the values and the weights of each group, the null key last."""
    groups: dict[Any, Group] = defaultdict(lambda: ([], []))
    for key, value, weight in rows:
        groups[key][0].append(value)
        groups[key][1].append(weight)
    return dict(sorted(groups.items(), key=lambda item: (item[0] is None, item[0] or 0)))


def expected(name: str, groups: dict[Any, Group], **rules: Any) -> dict[Any, Any]:
    oracle = getattr(weights, name)
    return {key: rounded(oracle(*group, **rules)) for key, group in groups.items()}


def found(name: str, table: Any, by: str = "k", column: str = "x", **options: Any) -> Any:
    """Return the answers by their keys, in the order in which they come."""
    answers = getattr(cs, name)(table, by=by, **options)
    return dict(zip(answers[by], answers[column], strict=True))


def all_same(one: dict[Any, Any], other: dict[Any, Any]) -> bool:
    return list(one) == list(other) and all(same(one[key], other[key]) for key in one)


def tables(count: int, groups: int) -> Iterator[tuple[str, list[Row], pa.DataType | None]]:
    """Yield shuffled rows whose groups are of different kinds: tiny, constant, huge, cancelling."""
    source = random.Random(23)
    columns = iter(samples.columns(count * groups, seed=7))
    for place in range(count):
        name = list(WEIGHTS)[place % len(WEIGHTS)]
        rows: list[Row] = []
        for key in [*range(groups - 1), None]:
            _, values = next(columns)
            plain = WEIGHTS[name](source, len(values))
            special = source.choice(([None], [None, math.nan], [math.inf], [math.inf, -math.inf]))
            values = with_gaps(source, values, *special, -0.0)
            plain = with_gaps(source, plain, type(plain[0])(0), None)
            rows += [(key, value, weight) for value, weight in zip(values, plain, strict=True)]
        source.shuffle(rows)
        yield name, rows, TYPES.get(name)


def table_of(rows: list[Row], of: pa.DataType | None) -> pa.Table:
    keys, values, plain = zip(*rows, strict=True)
    return pa.table(
        {
            "k": pa.array(keys, pa.int64()),
            "x": pa.array(values, pa.float64()),
            "w": pa.array(plain, of),
        }
    )


def test_generated_groups_equal_the_oracle() -> None:
    for name, rows, of in tables(count=250, groups=12):
        groups, table = by_key(rows), table_of(rows, of)
        for statistic, options, rules in ASKED:
            answers = found(statistic, table, weights="w", **options)
            exact = expected(statistic, groups, **rules)
            assert all_same(answers, exact), (name, statistic, options, answers, exact)


def test_every_group_is_as_if_it_were_alone() -> None:
    """Long groups too, which vectors sum, and some that threads share; the last is just not one."""
    rng = np.random.default_rng(4)
    sizes = [2**20 + 7, 1, 2, 8_191, 8_192, 8_193, 40_000, 3, 2**20]
    keys = np.repeat(np.arange(len(sizes)), sizes)
    order = rng.permutation(len(keys))
    keys = keys[order]
    columns = {
        "near": rng.normal(1e6, 1, len(keys)),
        "lognormal": rng.lognormal(0, 4, len(keys)),
        "counts": rng.integers(-5, 99, len(keys)),
    }
    w = rng.random(len(keys))
    w[::5] = 0
    table = pa.table({"k": keys, **columns, "w": w})
    for name, options in (("mean", {}), ("stddev", {"ddof": 1}), ("variance", {})):
        for threads in (1, 2):
            whole = getattr(cs, name)(table, by="k", weights="w", threads=threads, **options)
            for key in range(len(sizes)):
                at = keys == key
                for column, values in columns.items():
                    alone = getattr(cs, name)(values[at], weights=w[at], **options)
                    assert same(whole[column][key], alone), (name, column, key)


@pytest.mark.parametrize("groups", [3, 700, 60_000])
def test_the_bits_do_not_depend_on_chunks_order_or_threads(groups: int) -> None:
    rng = np.random.default_rng(groups)
    rows = 200_000
    columns = {
        "k": rng.integers(0, groups, rows),
        "near": rng.normal(1e6, 1, rows),
        "cancelling": rng.normal(0, 1, rows) * 10.0 ** rng.integers(-20, 20, rows),
        "w": rng.random(rows) * 10.0 ** rng.integers(-3, 3, rows),
    }
    table = pa.table(columns)
    shuffled = table.take(rng.permutation(rows))
    cut = [table.slice(at, 977) for at in range(0, 60 * 977, 977)]
    chunked = pa.concat_tables([*cut, table.slice(60 * 977)])
    ragged = chunked.set_column(3, "w", pa.chunked_array([columns["w"][:5], columns["w"][5:]]))
    batches = table.to_reader(max_chunksize=10_007)
    for name, options in (("mean", {}), ("stddev", {"ddof": 1}), ("variance", {})):
        ask = getattr(cs, name)
        first = pa.table(ask(table, by="k", weights="w", threads=1, **options))
        for other in (table, shuffled, chunked, ragged):
            for threads in (1, 2):
                again = pa.table(ask(other, by="k", weights="w", threads=threads, **options))
                assert again.equals(first), (name, threads)
        assert pa.table(ask(shuffled, by="k", weights=shuffled["w"], **options)).drop("w") == first
    assert pa.table(cs.mean(batches, by="k", weights="w")).equals(
        pa.table(cs.mean(table, by="k", weights="w"))
    )


def test_counts_are_repeated_rows() -> None:
    rng = np.random.default_rng(9)
    keys, x, counts = rng.integers(0, 200, 3000), rng.normal(3, 1, 3000), rng.integers(0, 4, 3000)
    table = pa.table({"k": keys, "x": x, "w": counts})
    is_there = {key for key, count in zip(keys.tolist(), counts, strict=True) if count}
    repeated = pa.table({"k": np.repeat(keys, counts), "x": np.repeat(x, counts)})
    for name, options in (("mean", {}), ("variance", {"ddof": 1}), ("stddev", {"ddof": 2})):
        weighted = found(name, table, weights="w", **options)
        assert {key: weighted[key] for key in is_there} == found(name, repeated, **options)
        assert all(weighted[key] is None for key in set(keys.tolist()) - is_there)


@pytest.mark.parametrize(
    "of", [pa.int64(), pa.int8(), pa.decimal128(25, 3), pa.bool_(), pa.float32()]
)
@pytest.mark.parametrize(
    "by", [pa.float64(), pa.uint64(), pa.decimal128(30, -2), pa.decimal256(70, 50), pa.float16()]
)
def test_all_types_of_numbers(of: pa.DataType, by: pa.DataType) -> None:
    source = random.Random(5)
    for _ in range(20):
        rows = range(40)
        keys = [source.randrange(4) for _ in rows]
        x = pa.array([source.choice((None, *range(-100, 100))) for _ in rows]).cast(of)
        counts = [source.choice((0, 100, 300, 1200)) for _ in rows]
        is_decimal = pa.types.is_decimal(by)
        w = pa.array([D(it) for it in counts], by) if is_decimal else pa.array(counts).cast(by)
        values = [None if it is None else Fraction(it) for it in x.to_pylist()]
        groups = by_key(list(zip(keys, values, counts, strict=True)))
        for column in (x, x.dictionary_encode(), pa.chunked_array([x[:7], x[7:]])):
            table = pa.table({"k": keys, "x": column, "w": w})
            assert all_same(found("mean", table, weights="w"), expected("mean", groups))
            answers = found("variance", table, weights="w", ddof=101)
            assert all_same(answers, expected("variance", groups, ddof=101))


def test_integers_that_are_no_doubles() -> None:
    source = random.Random(3)
    for _ in range(100):
        rows = [
            (source.randrange(3), source.randint(-(2**63), 2**63 - 1), source.randint(0, 2**63 - 1))
            for _ in range(20)
        ]
        keys, x, w = zip(*rows, strict=True)
        table = pa.table({"k": keys, "x": x, "w": w})
        for name, rules in (("mean", {}), ("stddev", {"ddof": 1})):
            answers = found(name, table, weights="w", **rules)
            assert all_same(answers, expected(name, by_key(rows), **rules))


KEYS: dict[str, Callable[[list[int | None]], Any]] = {
    "text": lambda ids: pa.array([None if it is None else f"key {it:03}" for it in ids]),
    "dictionary": lambda ids: pa.array(
        [None if it is None else f"key {it:03}" for it in ids]
    ).dictionary_encode(),
    "floats": lambda ids: pa.array([None if it is None else it / 7 for it in ids]),
    "dates": lambda ids: pa.array(ids, pa.int32()).cast(pa.date32()),
    "decimals": lambda ids: pa.array(ids, pa.int64()).cast(pa.decimal128(25, 0)),
}


@pytest.mark.parametrize("kind", KEYS)
def test_keys_of_every_kind(kind: str) -> None:
    source = random.Random(8)
    ids = [source.choice((None, *range(30))) for _ in range(500)]
    x, w = [source.gauss(0, 1) for _ in ids], [source.random() for _ in ids]
    groups = by_key(list(zip(ids, x, w, strict=True)))
    keys = KEYS[kind](ids)
    for parts in (keys, pa.chunked_array([keys[:123], keys[123:]])):
        answers = cs.mean(pa.table({"k": parts, "x": x, "w": w}), by="k", weights="w")
        assert pa.array(answers["k"]).equals(pa.array(KEYS[kind](list(groups)).to_pylist()))
        assert answers["x"] == list(expected("mean", groups).values())


def test_several_keys() -> None:
    table = {
        "a": ["x", "y", "x", None, "x"],
        "b": [1, 1, 2, 1, 1],
        "v": [1.0, 5.0, 7.0, 2.0, 4.0],
        "w": [2, 1, 1, 0, 1],
    }
    answer = cs.mean(pa.table(table), by=["a", "b"], weights="w")
    assert answer.to_dict() == {
        "a": ["x", "x", "y", None],
        "b": [1, 2, 1, 1],
        "v": [2.0, 7.0, 5.0, None],
    }


def test_columns_and_their_names() -> None:
    table = pa.table(
        {"k": [1, 1, 2], "x": [1, 4, None], "y": [D("0.5"), D("1.5"), D("9.5")], "w": [2, 1, 3]}
    )
    assert cs.mean(table, by="k", weights="w").to_dict() == {
        "k": [1, 2],
        "x": [2.0, None],
        "y": [0.8333333333333334, 9.5],
    }
    answer = cs.mean(table, by="k", weights="w", columns=["w", "k"])
    assert answer.to_dict() == {"k": [1, 2], "w": [5 / 3, 3.0], "k_mean": [1.0, 2.0]}
    assert cs.mean(table, by="k", weights=[2, 1, 3])["w"] == [5 / 3, 3.0]
    assert cs.mean(table, by="w", weights="w")["x"] == [4.0, 1.0, None]
    assert cs.mean(table, by="k", weights="w", columns=[])["k"] == [1, 2]
    assert cs.Table(table).stddev(by="k", weights="w", ddof=1, columns=["x"])["x"][0] == math.sqrt(
        3
    )
    assert cs.Table(table).var(by=[0], weights=cs.Column([2, 1, 3]), columns=["x"])["x"] == [
        2.0,
        None,
    ]
    schema = pa.table(cs.mean(table, by="k", weights="w")).schema
    assert schema.types == [pa.int64(), pa.float64(), pa.float64()]
    named = pa.table({"k": ["a"], "x": [1.0], "name": ["text"], "w": [1]})
    assert cs.mean(named, by="k", weights="w", numeric_only=True).to_dict() == {
        "k": ["a"],
        "x": [1.0],
    }


def test_zero_is_absence_and_null_leaves_the_row_out() -> None:
    def mean(values: list[float | None], plain: list[float | None], **options: Any) -> Any:
        table = pa.table({"k": [1] * len(values), "x": values, "w": plain})
        return cs.mean(table, by="k", weights="w", **options)["x"][0]

    assert mean([1.0, math.nan, 4.0], [2, 0, 1]) == 2.0
    assert mean([1.0, None, 4.0], [2, 0, 1], skip_nulls=False) == 2.0
    assert mean([1.0, math.nan, 4.0], [2, None, 1]) == 2.0
    assert mean([1.0, 3.0, 4.0], [2, None, 1], skip_nulls=False) is None
    assert mean([1.0, 4.0], [0, 0]) is None
    assert mean([1.0, 2.0], [1, 0], min_count=2) is None
    assert mean([1.0, math.nan], [1, 3], min_count=2, skip_nans=True) is None
    assert mean([-0.0, -0.0, 1.0], [1, 2, 0]).hex() == "-0x0.0p+0"
    assert mean([-0.0, 0.0], [1, 2]).hex() == "0x0.0p+0"
    assert mean([1.0, -1.0], [2, 2]).hex() == "0x0.0p+0"


def test_empty_tables() -> None:
    empty = pa.table(
        {
            "k": pa.array([], pa.string()),
            "x": pa.array([], pa.float64()),
            "w": pa.array([], pa.int8()),
        }
    )
    for data in (empty, empty.schema.empty_table()):
        answer = cs.stddev(data, by="k", weights="w")
        assert answer.to_dict() == {"k": [], "x": []}
    assert cs.mean(empty, by="k", weights=pa.array([], pa.float64())).to_dict() == {
        "k": [],
        "x": [],
        "w": [],
    }
    nulls = pa.table({"k": [1, 2, 1], "x": pa.nulls(3), "w": [1, 2, 0]})
    assert cs.mean(nulls, by="k", weights="w").to_dict() == {"k": [1, 2], "x": [None, None]}
    assert cs.mean({"k": [1, 2], "x": [1.0, 2.0], "w": pa.nulls(2)}, by="k", weights="w")["x"] == [
        None,
        None,
    ]


def test_times() -> None:
    days = pa.array([datetime.date(2020, 1, 1), datetime.date(2020, 1, 5), None])
    table = pa.table({"k": ["a", "a", "b"], "t": days, "w": [3, 1, 1]})
    assert cs.mean(table, by="k", weights="w")["t"] == [datetime.datetime(2020, 1, 2), None]
    spans = pa.array([1, 2, 5], pa.duration("s"))
    table = pa.table({"k": ["a", "a", "b"], "t": spans, "w": [0.25, 0.75, 1.0]})
    assert cs.stddev(table, by="k", weights="w")["t"] == [
        datetime.timedelta(0),
        datetime.timedelta(0),
    ]
    with pytest.raises(TypeError, match=r"variance of date32.*: its unit would be a squared time"):
        cs.variance({"k": [1], "d": days[:1], "w": [1]}, by="k", weights="w")


def test_real_producers() -> None:
    columns = {"k": ["a", "b", "a"], "x": [1.0, 2.0, 4.0], "w": [2, 5, 1]}
    answer = {"k": ["a", "b"], "x": [2.0, 2.0]}
    frame = pl.DataFrame(columns)
    assert cs.mean(frame, by="k", weights="w").to_dict() == answer
    assert cs.mean(frame.drop("w"), by="k", weights=frame["w"]).to_dict() == answer
    assert cs.mean(pd.DataFrame(columns), by="k", weights="w").to_dict() == answer
    plain = {**columns, "k": [1, 2, 1]}
    assert cs.mean(plain, by="k", weights="w").to_dict() == {**answer, "k": [1, 2]}
    reader = pa.table(columns).to_reader(max_chunksize=2)
    assert cs.mean(reader, by="k", weights="w").to_dict() == answer
    records = np.array(
        [(1, 1.0, 2), (2, 2.0, 5), (1, 4.0, 1)], [("k", "i4"), ("x", "f8"), ("w", "i8")]
    )
    assert cs.mean(records, by="k", weights="w")["x"] == [2.0, 2.0]
    grid = np.array([[1.0, 10.0, 2.0], [1.0, 40.0, 1.0], [3.0, 5.0, 1.0]])
    assert cs.mean(grid, by="0", weights="2").to_dict() == {"0": [1.0, 3.0], "1": [20.0, 5.0]}


@pytest.mark.parametrize(
    ("bad", "shown"),
    [(-1.5, "-1.5"), (math.nan, "nan"), (math.inf, "inf"), (-(2**60) - 1, str(-(2**60) - 1))],
)
@pytest.mark.parametrize("value", [1.0, None, math.nan])
def test_bad_weights_are_named_by_column_and_row(bad: Any, shown: str, value: Any) -> None:
    columns = {"k": [2, 1, 1], "x": [2.0, value, 1.0]}
    plain = pa.array([type(bad)(1), bad, type(bad)(1)])
    rest = "weights must be finite and not negative"
    message = f'^the weight of row 1 in column "w" is {shown}: {rest}'
    for chunk in (plain, pa.chunked_array([plain[:1], plain[1:]])):
        for name in ("mean", "stddev"):
            with pytest.raises(ValueError, match=message):
                getattr(cs, name)(pa.table({**columns, "w": chunk}), by="k", weights="w")
            with pytest.raises(ValueError, match=f"^the weight of row 1 is {shown}: {rest}"):
                getattr(cs, name)(columns, by="k", weights=chunk)
    with pytest.raises(ValueError, match=message):
        cs.mean(pa.table({**columns, "w": plain}), weights="w")


TABLE = pa.table({"k": [1, 2], "x": [1.0, 2.0], "name": ["x", "y"], "w": [1, 1]})


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: cs.mean(TABLE, by="k", weights="v"), KeyError, "no column .*v"),
        (lambda: cs.mean(TABLE, by="v", weights="w"), KeyError, "no column .*v"),
        (
            lambda: cs.mean(TABLE, by="k", weights="w"),
            TypeError,
            'column "name": cannot compute the mean of string',
        ),
        (
            lambda: cs.mean(TABLE, by="k", weights="name", columns=["x"]),
            TypeError,
            'column "name" is string: weights must be numbers',
        ),
        (
            lambda: cs.mean(TABLE, by="k", weights=[1], columns=["x"]),
            ValueError,
            "weights has 1 row, but the table has 2: there must be a weight for each row",
        ),
        (
            lambda: cs.mean(TABLE, by="k", weights="w", columns=["x"], per=2),
            TypeError,
            "by= gives a result for each group and per= one for each chunk or window: choose one",
        ),
        (lambda: cs.mean([1, 2], by="k", weights=[1, 2]), TypeError, "list is one column: by="),
        (
            lambda: cs.mean(TABLE, by=["k", "k"], weights="w", columns=["x"]),
            ValueError,
            'by names the column "k" twice',
        ),
        (
            lambda: cs.mean(np.ones((2, 2)), by="0", weights="1", axis=0),
            TypeError,
            "not offered with axis=",
        ),
        (
            lambda: cs.mean(TABLE, weights="w", columns=["x"], per=1),
            TypeError,
            "not offered with per=",
        ),
    ],
)
def test_refusals(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=re.compile(message)):
        call()


def test_states_of_groups_with_weights_merge() -> None:
    """Where parts are to be merged, co-moments hold the weights, and have the same bits."""
    rng = np.random.default_rng(2)
    table = pa.table(
        {"k": rng.integers(0, 5, 1000), "x": rng.normal(9, 1, 1000), "w": rng.random(1000)}
    )
    parts = [cs.comoments(table.slice(at, 250), by="k", weights="w") for at in range(0, 1000, 250)]
    merged = sum(parts[1:], parts[0])
    variances = found("variance", table, weights="w", ddof=1)
    for key, state in merged.items():
        assert state.covariance(ddof=1)["x"][0] == variances[key]
    assert pc.unique(table["k"]).sort().to_pylist() == list(merged)
