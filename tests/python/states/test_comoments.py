"""Co-moments: states of several columns together, merged, sent and asked."""

import copy
import math
import pickle
import random
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

import colstats as cs
from support.exact import nist, regression, samples
from support.exact.numbers import rounded, same

X, Y = [1.0, 2.0, 4.0, 8.0], [3, 1, 4, 1]


def state_of(x: list[Any], y: list[Any]) -> cs.CoMoments:
    return cs.comoments(pa.table({"x": pa.array(x, pa.float64()), "y": pa.array(y, pa.float64())}))


def test_parts_are_the_whole() -> None:
    """Of 2,000 tables, cut anywhere, merged in any order, sent as bytes or as pickles."""
    source = random.Random(31)
    for _, full_x, full_y in samples.pairs(2000, seed=32):
        x = [source.choice((value, value, value, None, math.nan)) for value in full_x]
        y = [source.choice((value, value, value, value, None, math.inf)) for value in full_y]
        cut = source.randint(0, len(x))
        whole = state_of(x, y)
        left, right = state_of(x[:cut], y[:cut]), state_of(x[cut:], y[cut:])
        assert left + right == right + left == whole
        assert sum([left, right]) == cs.merge(left, right) == whole
        assert (left + right).to_bytes() == whole.to_bytes()
        left.merge(pickle.loads(pickle.dumps(right)))
        assert left == whole
        assert cs.CoMoments.from_bytes(whole.to_bytes()) == whole
        assert len(whole) == len(x)


def test_matrices_are_those_of_complete_rows() -> None:
    source = random.Random(33)
    for _, x, y in samples.pairs(500, rows=9, seed=34):
        z = [source.choice((value, value, None)) for value in x]
        table = pa.table({"x": x, "y": y, "z": z})
        state = cs.comoments(table)
        assert state.covariance(ddof=1) == cs.covariance(table, ddof=1, complete=True)
        assert repr(state.correlation()) == repr(cs.correlation(table, complete=True))


def test_fits_are_those_of_the_rows() -> None:
    answered = 0
    for _, x, y in samples.pairs(1500, rows=7, seed=35):
        state = state_of(x[:3], y[:3]) + state_of(x[3:], y[3:])
        try:
            expected = cs.linear_fit(x, y)
        except ValueError as refused:
            with pytest.raises(ValueError, match=str(refused)[-20:]):
                state.linear_fit("x", "y")
            continue
        answered += 1
        assert state.linear_fit("x", "y") == expected
        through = state.ols(y=1, x=[0], intercept=False)
        assert through == cs.ols({"x": x, "y": y}, y="y", x="x", intercept=False)
    assert answered > 1000


@pytest.mark.parametrize("name", [n for n in nist.REGRESSIONS if nist.regression(n).degree == 1])
@pytest.mark.parametrize("convert", [Decimal, float])
def test_nist_from_merged_shards(name: str, convert: Any) -> None:
    published = nist.regression(name)
    y, *x = ([convert(value) for value in column] for column in zip(*published.rows, strict=True))
    columns = {"y": pa.array(y)} | {f"x{at}": pa.array(values) for at, values in enumerate(x)}
    table, names = pa.table(columns), list(columns)[1:]
    parts = [cs.comoments(table.slice(at, 3)) for at in range(0, len(y), 3)]
    random.Random(36).shuffle(parts)
    whole = cs.merge(*(cs.CoMoments.from_bytes(part.to_bytes()) for part in parts))
    fit = whole.ols(y="y", x=names, intercept=published.intercept)
    assert fit == cs.ols(table, y="y", x=names, intercept=published.intercept)
    expected = regression.ols(y, x, intercept=published.intercept)
    assert expected is not None
    found = fit.coefficients.values()
    for one, other in zip(found, expected.coefficients, strict=True):
        assert same(one, rounded(other))


#: Of values of 10 digits, as Filip's are, the tenth power has more digits than a decimal.
POLYNOMIALS = [n for n in nist.REGRESSIONS if 1 < nist.regression(n).degree < 10]


@pytest.mark.parametrize("name", POLYNOMIALS)
def test_nist_polynomials_from_merged_shards(name: str) -> None:
    """Powers are columns: they are exact as decimals of 76 digits, where the values are short."""
    published = nist.regression(name)
    y, x = ([Decimal(value) for value in column] for column in zip(*published.rows, strict=True))
    columns = {"y": pa.array(y)} | {
        f"x^{power}": pa.array([value**power for value in x])
        for power in range(1, published.degree + 1)
    }
    table = pa.table(columns)
    parts = (cs.comoments(table.slice(at, 5)) for at in range(0, len(y), 5))
    fit = cs.merge(*parts).ols(y="y", x=list(columns)[1:])
    expected = cs.ols({"y": table["y"], "x": table["x^1"]}, y="y", x="x", degree=published.degree)
    assert list(fit.coefficients.values()) == list(expected.coefficients.values())
    assert fit.residual_stddev == expected.residual_stddev


def test_it_grows_with_streams_and_threads() -> None:
    rng = np.random.default_rng(3)
    table = pa.table({name: rng.normal(size=100_000) for name in "abc"} | {"s": ["x"] * 100_000})
    whole = cs.comoments(table)
    assert whole.columns == ["a", "b", "c"]
    assert whole.types == ["float64"] * 3
    streamed = cs.CoMoments()
    streamed.update(pa.RecordBatchReader.from_batches(table.schema, table.to_batches(1000)))
    assert streamed == whole
    assert cs.comoments(pl.DataFrame(table), threads=2) == whole
    shared = cs.CoMoments()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(shared.update, [table.slice(at, 2500) for at in range(0, 100_000, 2500)]))
    assert shared == whole


def test_columns_are_known_by_name() -> None:
    state = cs.CoMoments(["y", "x"])
    assert state.columns == ["y", "x"]
    state.update(pa.table({"x": X, "other": ["a"] * 4, "y": Y}))
    state.update({"y": [None], "x": [3]})
    assert (state.columns, state.types) == (["y", "x"], ["int64", "float64"])
    assert (state.count, state.null_count, len(state)) == (4, 1, 5)
    assert state.covariance()["column"] == ["y", "x"]
    assert repr(state) == '<colstats.CoMoments: "y", "x", 5 rows>'
    other = cs.comoments({"x": X, "y": Y})
    state.merge(other)
    assert state.count == 8
    assert state.linear_fit("x", "y")["slope"] == cs.linear_fit(X, Y)["slope"]


def test_types_widen_exactly() -> None:
    narrow = cs.comoments(pa.table({"a": pa.array([1, 2], pa.int8()), "b": [1, 3]}))
    wide = cs.comoments({"a": [2**60, 1], "b": [5, 4]})
    assert (narrow + wide).types == ["int64", "int64"]
    assert (narrow + wide) == cs.comoments({"a": [1, 2, 2**60, 1], "b": [1, 3, 5, 4]})
    cents = cs.comoments(pa.table({"a": pa.array([Decimal("1.25"), Decimal("2.5")])}))
    mills = cs.comoments(pa.table({"a": pa.array([Decimal("0.125"), Decimal("7")])}))
    together = [Decimal("1.25"), Decimal("2.5"), Decimal("0.125"), Decimal("7")]
    assert (cents + mills).covariance()[0]["a"] == cs.variance(pa.array(together))
    assert (cents + mills) == (mills + cents)
    with pytest.raises(TypeError, match="cannot merge a state of int64 values with one of bool"):
        cs.comoments({"a": [1]}) + cs.comoments({"a": [True]})


def test_empty_states() -> None:
    empty = cs.CoMoments()
    assert (empty.columns, empty.types, empty.count, len(empty)) == (None, [], 0, 0)
    assert repr(empty) == "<colstats.CoMoments: no columns yet, 0 rows>"
    assert cs.CoMoments.from_bytes(empty.to_bytes()) == empty
    state = cs.comoments({"x": X, "y": Y})
    assert empty + state == state + empty == state
    named = pickle.loads(pickle.dumps(cs.CoMoments(["x"])))
    assert named.columns == ["x"]
    assert copy.copy(state) == state
    with pytest.raises(KeyError, match=r"no column .x.; there was no data yet"):
        empty.linear_fit("x", "y")


def test_damaged_bytes_are_refused() -> None:
    whole = cs.comoments({"x": X, "y": [0.1, 1e300, -5e-324, 2.0]}).to_bytes()
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << place % 8
        with pytest.raises(ValueError, match="state"):
            cs.CoMoments.from_bytes(damaged)
        with pytest.raises(ValueError, match="state"):
            cs.CoMoments.from_bytes(whole[:place])
    with pytest.raises(ValueError, match="not a colstats state"):
        cs.CoMoments.from_bytes(cs.moments(X).to_bytes())
    with pytest.raises(TypeError, match="a state is read from bytes, not from int"):
        cs.CoMoments.from_bytes(3)  # type: ignore[arg-type]


def test_the_bytes_are_those_of_the_documented_format() -> None:
    """They do not change: a state that was kept is read by every later release."""
    state = cs.comoments({"a": [1, 2, None], "b": [3, 5, 7]})
    kept = (
        "435354430102000000010000006105000000696e7436340100000062"
        "05000000696e743634020000000000000001000000000000000000000000000000"
        "0000000000000000"
    )
    integers = [3, 8, 5, 13, 34]
    body = bytes.fromhex(kept) + b"".join(
        b"\0\0\0\1\0" + value.to_bytes(8, "little") for value in integers
    )
    assert state.to_bytes()[:-8] == body
    assert cs.CoMoments.from_bytes(state.to_bytes()).count == 2


TEXT = pa.table({"s": ["x"]})
STATE = cs.comoments({"x": [1.0, math.nan, 2.0, 7.0], "y": [1.0, 2.0, None, 4.0]})


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: cs.comoments([1, 2]),
            TypeError,
            "co-moments are those of a table, and list is one",
        ),
        (
            lambda: cs.comoments(TEXT),
            TypeError,
            'co-moments need columns of numbers, and there are none among "s"',
        ),
        (lambda: cs.comoments(TEXT, columns=["s"]), TypeError, 'column "s" is string'),
        (lambda: cs.CoMoments(["a"]).update({"b": [1]}), KeyError, 'no column "a"'),
        (lambda: cs.CoMoments(["a", "a"]), ValueError, '"a" is named twice'),
        (lambda: cs.CoMoments([0]), TypeError, "takes the names of columns, not positions"),
        (lambda: cs.CoMoments([]), ValueError, "takes at least one column"),
        (
            lambda: cs.comoments({"a": [1]}) + cs.comoments({"b": [1]}),
            TypeError,
            'this state has no column "b", which the other has',
        ),
        (
            lambda: cs.comoments({"a": [1], "b": [1]}).merge(cs.comoments({"b": [1]})),
            TypeError,
            'the other has no column "a", which this state has',
        ),
        (lambda: STATE.merge(cs.moments([1])), TypeError, "takes CoMoments, not colstats.Moments"),
        (lambda: STATE.update(STATE), TypeError, "CoMoments is a state, not data: use merge"),
        (
            lambda: STATE.linear_fit("x", "y"),
            ValueError,
            "of the columns of the state, 1 row has a value that is NaN: skip_nans=True",
        ),
        (
            lambda: STATE.ols(y="y", x="x", skip_nans=True, skip_nulls=False),
            ValueError,
            "1 row has a value that is null: skip_nulls=True leaves such rows out",
        ),
        (lambda: STATE.ols(y="z", x="x"), KeyError, 'no column "z"; there are: "x", "y"'),
        (lambda: STATE.ols(y="y", x=5), KeyError, "no column 5"),
        (
            lambda: cs.comoments({"a": [1], "y": [2]}).linear_fit("a", "y"),
            ValueError,
            "2 coefficients need as many rows, and there is 1",
        ),
        (
            lambda: cs.comoments({"a": [1, 2], "b": [2, 4], "y": [2, 7]}).ols(
                y="y", x=["a", "b"], intercept=False
            ),
            ValueError,
            'regressor "b" is a linear combination of "a": leave it out',
        ),
    ],
)
def test_refusals(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_nans_are_counted_and_make_matrices_nan() -> None:
    assert (STATE.count, STATE.nan_count, STATE.null_count) == (2, 1, 1)
    assert math.isnan(STATE.covariance()[0]["y"])
    assert STATE.covariance(skip_nans=True)[0]["y"] == cs.covariance([1.0, 7.0], [1.0, 4.0])
    assert STATE.covariance(skip_nulls=False)[0]["y"] is None
    assert STATE.linear_fit("x", "y", skip_nans=True)["slope"] == 0.5
