"""Co-moments with powers and with weights, against rational arithmetic, and as Arrow."""

import copy
import itertools
import math
import pickle
import random
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

import colstats as cs
from support.exact import nist, regression, samples, weights
from support.exact.elimination import Collinear
from support.exact.numbers import rounded, same
from support.fits import assert_equal
from support.weighing import TYPES, WEIGHTS, with_gaps

#: Tables of powers, and tables with weights.
POWERS, WEIGHTED = 1_500, 2_500


def shards(source: random.Random, table: pa.Table) -> list[pa.Table]:
    """Cut a table somewhere, in three, in another order."""
    cuts = sorted(source.randint(0, len(table)) for _ in range(2))
    ends = [0, *cuts, len(table)]
    parts = [table.slice(a, b - a) for a, b in itertools.pairwise(ends)]
    source.shuffle(parts)
    return parts


def sent(source: random.Random, state: cs.CoMoments) -> cs.CoMoments:
    """Send a state as it may be sent."""
    return source.choice(
        (
            lambda: state,
            lambda: cs.CoMoments.from_bytes(state.to_bytes()),
            lambda: pickle.loads(pickle.dumps(state)),
            lambda: cs.CoMoments(pa.table(state)),
            lambda: cs.CoMoments(pl.DataFrame(state)),
        )
    )()


def test_powers_from_shards_equal_the_oracle() -> None:
    source, answered = random.Random(51), 0
    for _, x, y in samples.pairs(POWERS, rows=9, seed=52):
        degree, intercept = source.choice((1, 2, 2, 3, 4)), source.random() < 0.7
        kept = degree + source.choice((0, 0, 1))
        table = pa.table({"x": x, "y": y})
        parts = [sent(source, cs.comoments(it, degree=kept)) for it in shards(source, table)]
        whole = cs.merge(*parts)
        assert whole == cs.comoments(table, degree=kept)
        assert whole.degree == kept
        try:
            expected = regression.ols(y, [x], degree=degree, intercept=intercept)
        except Collinear:
            with pytest.raises(ValueError, match=r"is (a linear combination of|constant|zero)"):
                whole.ols(y="y", x="x", degree=degree, intercept=intercept)
            continue
        assert expected is not None
        answered += 1
        assert_equal(whole.ols(y="y", x="x", degree=degree, intercept=intercept), expected)
    assert answered > POWERS / 2


def test_weights_from_shards_equal_the_oracle() -> None:
    source, answered = random.Random(53), 0
    for place, (_, full_x, full_y) in enumerate(samples.pairs(WEIGHTED, seed=54)):
        name = list(WEIGHTS)[place % len(WEIGHTS)]
        plain = WEIGHTS[name](source, len(full_x))
        special = source.choice(([None], [None], [None, math.nan], [math.inf, -math.inf]))
        x, y = with_gaps(source, full_x, *special), with_gaps(source, full_y, *special)
        w = pa.array(with_gaps(source, plain, type(plain[0])(0), None), TYPES.get(name))
        columns = {"x": pa.array(x, pa.float64()), "y": pa.array(y, pa.float64()), "w": w}
        table, plain = pa.table(columns), w.to_pylist()
        degree = source.choice((1, 1, 1, 2))
        parts = [
            sent(source, cs.comoments(it, degree=degree, weights="w"))
            for it in shards(source, table)
        ]
        whole = cs.merge(*parts)
        assert whole == cs.comoments(table.drop(["w"]), degree=degree, weights=w)
        for ddof, rules in ((0, {}), (1, {}), (2, {"skip_nans": True})):
            expected = rounded(weights.covariance(x, y, plain, ddof, **rules))
            assert same(whole.covariance(ddof=ddof, **rules)[0]["y"], expected), (x, y, plain)
        expected = rounded(weights.correlation(x, y, plain))
        assert same(whole.correlation()[0]["y"], expected), (x, y, plain)
        try:
            fit = regression.ols(y, [x], degree=degree, weights=plain, skip_nans=True)
        except (Collinear, ValueError):
            fit = None
        if fit is None:
            with pytest.raises(ValueError, match=r"is (a linear|constant|zero)|infinite|as many"):
                whole.ols(y="y", x="x", degree=degree, skip_nans=True)
            continue
        answered += 1
        assert_equal(whole.ols(y="y", x="x", degree=degree, skip_nans=True), fit)
    assert answered > WEIGHTED / 3


@pytest.mark.parametrize("name", [n for n in nist.REGRESSIONS if nist.regression(n).degree > 1])
@pytest.mark.parametrize("convert", [Decimal, float])
def test_nist_polynomials_from_merged_shards(name: str, convert: Any) -> None:
    """Filip, of degree 10, among them."""
    published = nist.regression(name)
    y, x = ([convert(value) for value in column] for column in zip(*published.rows, strict=True))
    table = pa.table({"y": pa.array(y), "x": pa.array(x)})
    parts = [
        cs.comoments(table.slice(at, 7), degree=published.degree) for at in range(0, len(y), 7)
    ]
    random.Random(36).shuffle(parts)
    whole = cs.merge(*(cs.CoMoments(pa.table(part)) for part in parts))
    fit = whole.ols(y="y", x="x", degree=published.degree)
    assert fit == cs.ols(table, y="y", x="x", degree=published.degree)
    expected = regression.ols(y, [x], degree=published.degree)
    assert expected is not None
    assert_equal(fit, expected)


def test_weights_are_rows() -> None:
    """A row of weight 3 has the bits of three equal rows."""
    x, y, counts = [1.0, 2.5, 4.0, 7.0], [0.1, 3.0, 2.0, 9.0], [3, 1, 0, 2]
    repeated = [row for row, count in enumerate(counts) for _ in range(count)]
    rows = {"x": [x[row] for row in repeated], "y": [y[row] for row in repeated]}
    expected = cs.ols(rows, y="y", x="x")
    table = {"x": x, "y": y, "w": counts}
    for fit in (
        cs.ols(table, y="y", x="x", weights="w"),
        cs.ols(table, y="y", x="x", weights=pa.array(counts, pa.int8())),
        cs.linear_fit(x, y, weights=pa.array([Decimal(it) for it in counts])),
        cs.Column(x).linear_fit(y, weights=counts),
        cs.Table(table).ols(y="y", x="x", weights="w"),
        cs.comoments(table, weights="w").ols(y="y", x="x"),
        cs.comoments(table, weights="w").linear_fit("x", "y"),
    ):
        assert list(fit.coefficients.values()) == list(expected.coefficients.values())
        assert list(fit.standard_errors.values()) == list(expected.standard_errors.values())
        assert (fit.r2, fit.f, fit.residual_stddev) == (
            expected.r2,
            expected.f,
            expected.residual_stddev,
        )
        assert fit.sums_of_squares == expected.sums_of_squares
        assert repr(fit.degrees_of_freedom) == repr(expected.degrees_of_freedom)
        assert fit.count == 3
    state = cs.comoments(table, weights="w")
    assert (state.columns, state.weight, state.count, len(state)) == (["x", "y"], 6.0, 3, 3)
    assert state.covariance(ddof=1) == cs.comoments(rows).covariance(ddof=1)
    assert cs.comoments(rows).weight is None


def test_small_weights_leave_no_degrees_of_freedom() -> None:
    fit = cs.linear_fit([0, 1, 2], [1, 3, 4], weights=[0.5, 0.25, 0.5])
    assert fit.degrees_of_freedom == -0.75
    assert fit.residual_stddev is fit.f is None
    assert cs.linear_fit([0, 1, 2], [1, 3, 4], weights=[0.5, 1.25, 1.5]).degrees_of_freedom == 1.25
    assert repr(cs.linear_fit([0, 1, 2], [1, 3, 4], weights=[1, 2, 3]).degrees_of_freedom) == "4"


def test_units_of_weights_do_not_matter() -> None:
    rng = random.Random(3)
    x = [rng.random() for _ in range(40)]
    y = [rng.random() for _ in range(40)]
    cents = [rng.randrange(0, 500) * 100 for _ in range(40)]
    types = [pa.int64(), pa.float64(), pa.decimal128(20, 3), pa.decimal128(20, -2), pa.uint16()]
    states = []
    for of in types:
        decimals = [Decimal(it) for it in cents]
        w = pa.array(decimals if pa.types.is_decimal(of) else cents, of)
        states.append(cs.comoments({"x": x, "y": y}, weights=w, degree=2))
        assert cs.linear_fit(x, y, weights=w) == cs.linear_fit(x, y, weights=cents)
    for state in states:
        assert state.ols(y="y", x="x", degree=2) == states[0].ols(y="y", x="x", degree=2)
        assert (states[2] + state) == (state + states[2])
        assert (states[2] + state).covariance(ddof=3) == (states[0] + states[1]).covariance(ddof=3)
        assert cs.CoMoments.from_bytes(state.to_bytes()) == state


def test_threads_chunks_and_streams_do_not_matter() -> None:
    rng = np.random.default_rng(5)
    rows = 60_000
    table = pa.table({name: rng.lognormal(0, 3, rows) for name in "xyw"})
    whole = cs.comoments(table, weights="w", threads=1)
    assert cs.comoments(table, weights="w", threads=3) == whole
    batches = pa.RecordBatchReader.from_batches(table.schema, table.to_batches(999))
    assert cs.comoments(batches, weights="w") == whole
    batches = pa.RecordBatchReader.from_batches(table.schema, table.to_batches(999))
    assert cs.comoments(batches, columns=["x", "y"], weights=table["w"]) == whole
    grown = cs.CoMoments(["x", "y"])
    for batch in table.to_batches(7777):
        grown.update(batch, weights="w")
    assert grown == whole
    fits = {
        cs.linear_fit(table["x"], table["y"], weights=table["w"], threads=n)["slope"]
        for n in (1, 2)
    }
    assert fits == {whole.linear_fit("x", "y")["slope"]}
    short = table.slice(0, 3000)
    powers = cs.comoments(short, degree=4, weights="w", threads=1)
    assert cs.comoments(short, degree=4, weights="w", threads=2) == powers


def test_it_is_an_arrow_table() -> None:
    state = cs.comoments(pa.table({"a": pa.array([1, None], pa.int8()), "b": [Decimal("1.5"), 2]}))
    table = pa.table(state)
    assert table.schema == pa.schema(
        [
            pa.field("columns", pa.string(), nullable=False),
            pa.field("rows", pa.int64(), nullable=False),
            pa.field("nulls", pa.int64(), nullable=False),
            pa.field("nans", pa.int64(), nullable=False),
            pa.field("state", pa.binary(), nullable=False),
        ]
    )
    (row,) = table.to_pylist()
    assert row["columns"] == '"a" int8, "b" decimal128(2, 1)'
    assert (row["rows"], row["nulls"], row["nans"]) == (2, 1, 0)
    assert row["state"] == state.to_bytes()
    assert pa.record_batch(state) == table.to_batches()[0]
    back = cs.CoMoments(table)
    assert (back, back.columns, back.types) == (state, ["a", "b"], ["int8", "decimal128(2, 1)"])
    both = pa.concat_tables([table, table])
    assert cs.CoMoments(both) == cs.merge(state, table) == state + state
    assert cs.CoMoments(both.select(["state"])) == state + state
    for kind in (pa.large_binary(), pa.binary_view()):
        assert cs.CoMoments(table.set_column(4, "state", table["state"].cast(kind))) == state
    assert cs.CoMoments(table.slice(0, 0)) == cs.CoMoments()
    assert cs.CoMoments(pa.table(cs.CoMoments())) == cs.CoMoments()


STORED = pa.table(cs.comoments({"x": [1.0, 2.0], "y": [3.0, 5.0]}))
DAMAGED = STORED["state"][0].as_py()[:-1] + b"?"


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (STORED.drop(["state"]), 'it has no column "state"; there are: "columns", "rows"'),
        (STORED.set_column(4, "state", [["a"]]), 'its column "state" is string, expected binary'),
        (STORED.set_column(4, "state", [pa.array([None], pa.binary())]), "row 0 has no state"),
        (STORED.set_column(4, "state", [[DAMAGED]]), "row 0: this state is damaged: its checksum"),
        (STORED.set_column(4, "state", [[b"?"]]), "row 0: these bytes are not a colstats state"),
        (STORED.set_column(1, "rows", [[3]]), 'row 0 of "rows" is 3, but its state says 2'),
        (
            STORED.set_column(2, "nulls", [pa.array([None], pa.int64())]),
            'row 0 of "nulls" is .*, but its state says 0',
        ),
        (STORED.set_column(0, "columns", [['"x" int64']]), 'row 0 of "columns" is'),
        (
            pa.concat_tables([STORED, pa.table(cs.comoments({"x": [1.0]}))]),
            'row 1: the other has no column "y", which this state has',
        ),
        (pa.table(cs.moments(pa.table({"a": [1]}))), "row 0: these bytes are not a colstats state"),
    ],
)
def test_damaged_tables_are_refused(table: pa.Table, message: str) -> None:
    with pytest.raises(ValueError, match=f"Table is not a table of states: .*{message}"):
        cs.CoMoments(table)


POWERFUL = cs.comoments({"x": [1.0, 2.0, 4.0], "y": [1.0, 2.0, 3.0]}, degree=2)
HEAVY = cs.comoments({"x": [1.0, 2.0], "y": [1.0, 2.0]}, weights=[1, 2])
PLAIN = cs.comoments({"x": [1.0, 2.0], "y": [1.0, 2.0]})


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: POWERFUL + PLAIN, TypeError, "powers of its columns up to degree 2, the other up"),
        (lambda: HEAVY + PLAIN, TypeError, "rows of this state have weights, those of the other"),
        (lambda: PLAIN + HEAVY, TypeError, "rows of the other have weights, those of this state"),
        (
            lambda: copy.copy(HEAVY).update({"x": [1.0], "y": [2.0]}),
            TypeError,
            "give all rows weights, or none",
        ),
        (
            lambda: POWERFUL.ols(y="y", x="x", degree=3),
            ValueError,
            r"powers of its columns up to 2, not up to 3: comoments\(table, degree=3\) keeps them",
        ),
        (lambda: cs.comoments({"x": [1]}, degree=0), ValueError, "degree must be from 1 to 32"),
        (lambda: cs.CoMoments(degree=33), ValueError, "degree must be from 1 to 32, got 33"),
        (lambda: cs.CoMoments(STORED, 2), TypeError, "a table of states has the degree of these"),
        (
            lambda: cs.CoMoments(degree=3).merge(PLAIN),
            TypeError,
            "up to degree 3, the other up to 1",
        ),
        (
            lambda: cs.comoments({"x": [1, 2, 3]}, weights=[1, -1.5, 2]),
            ValueError,
            r"the weight of row 1 is -1.5: weights must be finite and not negative",
        ),
        (
            lambda: cs.ols(
                {"x": [1, 2], "y": [1, 2]}, y="y", x="x", degree=4, weights=[1, math.nan]
            ),
            ValueError,
            "the weight of row 1 is nan",
        ),
        (
            lambda: cs.linear_fit([1, 2, 3], [1, 2, 4], weights=[1, None, 2], skip_nulls=False),
            ValueError,
            "weights: row 1 is null: skip_nulls=True leaves such rows out",
        ),
        (
            lambda: cs.linear_fit([1, 2, 3], [1, math.nan, 4], weights=[0, 1, 2]),
            ValueError,
            'column "y": row 1 is NaN',
        ),
        (
            lambda: cs.linear_fit([1, 2], [1, 2], weights=[1]),
            ValueError,
            "weights has 1 row, but x",
        ),
        (lambda: cs.linear_fit([1, 2], [1, 2], weights="w"), TypeError, "the data is no table"),
        (lambda: cs.comoments({"x": [1]}, weights="w"), KeyError, 'no column "w"'),
        (lambda: cs.comoments({"x": [1]}, weights=pa.array(["a"])), TypeError, "must be numbers"),
        (
            lambda: cs.comoments({"w": [1]}, weights="w"),
            TypeError,
            "co-moments need columns of num",
        ),
        (
            lambda: cs.comoments({str(at): [1.0] for at in range(300)}, degree=32),
            ValueError,
            "the powers of 300 columns up to degree 32 have 45945600 products",
        ),
    ],
)
def test_refusals(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_rows_of_no_weight_may_hold_anything() -> None:
    x, y, w = [1.0, math.nan, 2.0, 4.0], [None, 5.0, 1.0, 3.0], [0, 0, 1, 1]
    table = pa.table({"x": x, "y": y, "w": w})
    state = cs.comoments(table, weights="w")
    assert (state.count, state.null_count, state.nan_count, len(state)) == (2, 0, 0, 2)
    assert cs.linear_fit(x, pa.array(y), weights=w, skip_nulls=False)["slope"] == 1.0
    nothing = cs.comoments(
        pa.table({"x": pa.nulls(3), "y": [1, 2, 3]}), columns=["x", "y"], weights=[1, 0, 2]
    )
    assert (nothing.count, nothing.null_count, nothing.weight) == (0, 2, 0.0)


def test_empty_states_keep_their_degree() -> None:
    empty = cs.CoMoments(["x", "y"], degree=2)
    assert (empty.degree, pickle.loads(pickle.dumps(empty)).degree) == (2, 2)
    assert cs.CoMoments().degree == 1
    assert pickle.loads(pickle.dumps(empty)).columns == ["x", "y"]
    empty.merge(POWERFUL)
    assert empty == POWERFUL
    assert cs.merge(cs.CoMoments(), POWERFUL).degree == 2
    weighted = cs.CoMoments(["y", "x"])
    weighted.merge(HEAVY)
    assert (weighted.columns, weighted.weight) == (["y", "x"], 3.0)


@pytest.mark.parametrize("state", [POWERFUL, HEAVY, HEAVY + HEAVY])
def test_damaged_bytes_are_refused(state: cs.CoMoments) -> None:
    whole = state.to_bytes()
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << place % 8
        with pytest.raises(ValueError, match="state"):
            cs.CoMoments.from_bytes(damaged)
        with pytest.raises(ValueError, match="state"):
            cs.CoMoments.from_bytes(whole[:place])


def test_the_bytes_are_those_of_the_documented_format() -> None:
    """Of version 2: the values 1 and 2, which weigh 3 and 0.5."""
    table = pa.table({"a": [1, 2], "w": pa.array([Decimal("3.0"), Decimal("0.5")])})
    state = cs.comoments(table, degree=2, weights="w")

    def integer(value: int) -> bytes:
        limbs = value.to_bytes(8, "little") if value else b""
        return b"\0\0\0" + (len(limbs) // 8).to_bytes(2, "little") + limbs

    kept = b"CSTC\2" + (1).to_bytes(4, "little") + b"\1\0\0\0a\5\0\0\0int64"
    weighing = b"\2\1\1" + integer(35) + integer(0) + integer(0)
    counts = (2).to_bytes(8, "little") + bytes(24)
    sums = b"".join(integer(value) for value in (40, 50, 70, 110))
    assert state.to_bytes()[:-8] == kept + weighing + counts + sums
