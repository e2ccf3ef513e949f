"""Weighted means, deviations, covariances and correlations, against rational arithmetic."""

import datetime
import decimal
import math
import random
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import colstats as cs
from support.exact import samples, weights
from support.exact.numbers import rounded, same
from support.weighing import TYPES, WEIGHTS, with_gaps

COUNT = 6_000
D = decimal.Decimal
DAY = datetime.timedelta(days=1)


def weighted_columns(count: int) -> Any:
    """Yield values and weights with their kinds, some of them with zeros, nulls and specials."""
    source = random.Random(17)
    for place, (kind, values, others) in enumerate(samples.pairs(count)):
        name = list(WEIGHTS)[place % len(WEIGHTS)]
        plain = WEIGHTS[name](source, len(values))
        zero = type(plain[0])(0)
        special = source.choice(
            ([None], [None, math.nan], [math.inf], [math.inf, -math.inf], [-0.0])
        )
        yield (
            f"{kind} by {name}",
            with_gaps(source, values, *special),
            with_gaps(source, others, *special),
            pa.array(with_gaps(source, plain, zero, None), TYPES.get(name)),
        )


def test_generated_columns_equal_the_oracle() -> None:
    for kind, x, y, w in weighted_columns(COUNT):
        x_column, y_column, plain = (
            pa.array(x, pa.float64()),
            pa.array(y, pa.float64()),
            w.to_pylist(),
        )
        for rules in ({}, {"skip_nans": True}, {"skip_nulls": False}):
            expected = rounded(weights.mean(x, plain, **rules))
            assert same(cs.mean(x_column, weights=w, **rules), expected), (kind, x, w, rules)
        for name, ddof in (("variance", 0), ("variance", 1), ("stddev", 1)):
            expected = rounded(getattr(weights, name)(x, plain, ddof))
            found = getattr(cs, name)(x_column, weights=w, ddof=ddof)
            assert same(found, expected), (kind, name, ddof, x, w)
        expected = rounded(weights.covariance(x, y, plain, 1))
        found = cs.covariance(x_column, y_column, weights=w, ddof=1)
        assert same(found, expected), (kind, "covariance", x, y, w)
        expected = rounded(weights.correlation(x, y, plain))
        assert same(cs.correlation(x_column, y_column, weights=w), expected), (kind, x, y, w)


@pytest.mark.parametrize("of", [pa.int64(), pa.int8(), pa.decimal128(25, 3), pa.bool_()])
@pytest.mark.parametrize(
    "by", [pa.float64(), pa.uint64(), pa.decimal128(30, -2), pa.decimal256(70, 50)]
)
def test_all_types_of_numbers(of: pa.DataType, by: pa.DataType) -> None:
    source = random.Random(5)
    for _ in range(50):
        integers = [source.randint(-100, 100) for _ in range(9)]
        x = pa.array([None if it > 90 else it for it in integers]).cast(of)
        counts = [source.choice((0, 100, 300, 1200)) for _ in integers]
        w = (
            pa.array([D(it) for it in counts], by)
            if pa.types.is_decimal(by)
            else pa.array(counts, by)
        )
        plain = [None if it is None else Fraction(it) for it in x.to_pylist()]
        for encoded in (x, x.dictionary_encode(), pa.chunked_array([x[:2], x[2:]])):
            for other in (w, pa.chunked_array([w[:5], w[5:]])):
                expected = rounded(weights.mean(plain, counts))
                assert same(cs.mean(encoded, weights=other), expected)
                expected = rounded(weights.variance(plain, counts, 101))
                assert same(cs.variance(encoded, weights=other, ddof=101), expected)


@pytest.mark.parametrize("chunk", [1, 7, 1000, 1024, 1500])
def test_the_bits_do_not_depend_on_chunks_order_or_threads(chunk: int) -> None:
    rng = np.random.default_rng(1)
    x, y, w = rng.normal(1e6, 1, 300_000), rng.lognormal(0, 4, 300_000), rng.random(300_000)
    w[::7] = 0

    def all_of(x: Any, y: Any, w: Any, **options: Any) -> list[Any]:
        return [
            cs.mean(x, weights=w, **options),
            cs.stddev(x, weights=w, ddof=1, **options),
            cs.covariance(x, y, weights=w, **options),
            cs.correlation(x, y, weights=w, **options),
        ]

    expected = all_of(x, y, w)
    order = rng.permutation(len(x))
    assert all_of(x[order], y[order], w[order]) == expected
    cut = [w[at : at + chunk] for at in range(0, min(len(w), 1000 * chunk), chunk)]
    rest = [w[1000 * chunk :]] if len(w) > 1000 * chunk else []
    chunked = pa.chunked_array([*cut, *rest])
    for threads in (1, 2):
        assert all_of(x, y, chunked, threads=threads) == expected
        assert all_of(chunked, y, x, threads=threads) == all_of(w, y, x)


def test_counts_are_repeated_rows() -> None:
    source = random.Random(2)
    for _, x, y in samples.pairs(500):
        counts = [source.randint(0, 4) for _ in x]
        pairs = [
            pair
            for pair, times in zip(zip(x, y, strict=True), counts, strict=True)
            for _ in range(times)
        ]
        long_x, long_y = [a for a, _ in pairs], [b for _, b in pairs]
        for ddof in (0, 1):
            assert same(cs.variance(x, weights=counts, ddof=ddof), cs.variance(long_x, ddof=ddof))
            found = cs.covariance(x, y, weights=counts, ddof=ddof)
            assert same(found, cs.covariance(long_x, long_y, ddof=ddof))
        assert same(cs.mean(x, weights=counts), cs.mean(long_x))
        assert same(cs.correlation(x, y, weights=counts), cs.correlation(long_x, long_y))


def test_zero_is_absence_and_null_leaves_the_row_out() -> None:
    assert cs.mean([1.0, math.nan, 4.0], weights=[2, 0, 1]) == 2.0
    assert cs.mean([1.0, None, 4.0], weights=[2, 0, 1], skip_nulls=False) == 2.0
    assert cs.mean([1.0, math.nan, 4.0], weights=[2, None, 1]) == 2.0
    assert cs.mean([1.0, 3.0, 4.0], weights=[2, None, 1], skip_nulls=False) is None
    assert cs.mean([1.0, 4.0], weights=[0, 0]) is None
    assert cs.mean([1.0, 4.0], weights=[None, None]) is None
    assert cs.mean([], weights=[]) is None
    assert cs.mean([1, 2], weights=[1, 0], min_count=2) is None
    assert cs.mean([None, None], weights=[1, 2]) is None
    assert cs.mean([-0.0, -0.0, 1.0], weights=[1, 2, 0]).hex() == "-0x0.0p+0"


def test_ddof_is_subtracted_from_the_sum_of_weights() -> None:
    assert cs.variance([1.0, 3.0], weights=[0.5, 0.5], ddof=1) is None
    assert cs.variance([1.0, 3.0], weights=[0.5, 1.0], ddof=1) == 8 / 3
    assert cs.variance([1.0, math.inf], weights=[0.5, 0.5], ddof=1) is None
    assert math.isnan(cs.variance([1.0, math.inf], weights=[0.5, 1.0], ddof=1))
    assert math.isnan(cs.variance([1.0, math.nan], weights=[0.5, 1.0], ddof=1))
    assert cs.variance([1.0, math.nan], weights=[0.5, 1.0], ddof=1, skip_nans=True) is None
    assert cs.covariance([1.0, math.nan], [1, 2], weights=[0.5, 0.5], ddof=1) is None


def test_tables() -> None:
    frame = {"x": [1, 2, None], "y": [D("0.5"), D("1.5"), D("9.5")], "w": [3, 1, 0]}
    table = pa.table(frame)
    assert cs.mean(table, weights="w").to_dict() == {"x": 1.25, "y": 0.75}
    assert cs.mean(table, weights=[3, 1, 0], columns=["y"]).to_dict() == {"y": 0.75}
    assert cs.mean(table, weights="w", columns=["w", "x"]).to_dict() == {"w": 2.5, "x": 1.25}
    assert cs.Table(table).stddev(weights="w", ddof=1, columns=["x"]).to_dict() == {"x": 0.5}
    assert cs.Table(table).var(weights="w")["y"] == 0.1875
    assert pa.table(cs.mean(table, weights="w")).schema.types == [pa.float64()] * 2
    matrix = cs.covariance(table, weights="w", ddof=1)
    assert matrix["column"] == ["x", "y"]
    assert matrix.to_dict() == {"column": ["x", "y"], "x": [0.25, 0.25], "y": [0.25, 0.25]}
    assert cs.correlation(table, weights="w")["y"] == [1.0, 1.0]
    grid = np.array([[1.0, 10.0], [4.0, 40.0]])
    assert cs.mean(grid, weights=[2, 1]).to_dict() == {"0": 2.0, "1": 20.0}


def test_pairs_of_a_table_with_weights_equal_the_oracle() -> None:
    source = random.Random(8)
    for place, (_, x, y, w) in enumerate(weighted_columns(300)):
        z = [source.choice((1.0, 2.0, None, 5.0)) for _ in x]
        columns, plain = {"x": x, "y": y, "z": z}, w.to_pylist()
        table = pa.table({name: pa.array(column, pa.float64()) for name, column in columns.items()})
        for complete in (False, True):
            matrix = cs.covariance(table, weights=w, ddof=place % 2, complete=complete)
            left, right = x, z
            if complete:
                rows = list(zip(x, y, z, strict=True))
                is_whole = [None not in row for row in rows]
                left = [v if whole else None for v, whole in zip(x, is_whole, strict=True)]
            expected = rounded(weights.covariance(left, right, plain, place % 2))
            assert same(matrix[0]["z"], expected), (complete, columns, w)
            assert same(matrix[2]["x"], expected)


def test_columns_have_weights() -> None:
    column = cs.Column([1.0, 4.0])
    assert column.mean(weights=[2, 1]) == 2.0
    assert column.var(ddof=1, weights=np.array([2.0, 1.0])) == 3.0
    assert column.stddev(weights=cs.Column([2, 1])) == math.sqrt(2)
    assert column.cov([2, 8], weights=[2, 1]) == 4.0
    assert column.corr([2, 8], weights=[2, 1], threads=1) == 1.0
    assert column.mean(weights=None) == 2.5


def test_real_producers() -> None:
    values, counts = [1.0, 2.0, 4.0, None], [1, 2, 3, 4]
    expected = rounded(weights.mean(values, counts))
    frame = pl.DataFrame({"x": values, "w": counts})
    assert cs.mean(frame["x"], weights=frame["w"]) == expected
    assert cs.mean(frame, weights="w").to_dict() == {"x": expected}
    series = pd.Series(values, dtype="Float64")
    assert cs.mean(series, weights=pd.Series(counts)) == expected
    assert cs.mean(pd.DataFrame({"x": series, "w": counts}), weights="w")["x"] == expected
    assert cs.mean(pa.array(values), weights=np.repeat(np.array(counts), 2)[::2]) == expected
    assert cs.mean(pa.array(values), weights=(float(count) for count in counts)) == expected
    reader = pa.table({"x": values, "w": counts}).to_reader(max_chunksize=2)
    assert cs.mean(reader, weights="w").to_dict() == {"x": expected}


def test_known_answers() -> None:
    """NumPy's average, and its covariance with frequency weights."""
    rng = np.random.default_rng(3)
    x, y, w = rng.normal(5, 2, 1000), rng.normal(0, 1, 1000), rng.integers(1, 9, 1000)
    assert cs.mean(x, weights=w) == pytest.approx(np.average(x, weights=w), rel=1e-14)
    covariance = np.cov(x, y, fweights=w, ddof=1)
    assert cs.variance(x, weights=w, ddof=1) == pytest.approx(covariance[0, 0], rel=1e-12)
    assert cs.covariance(x, y, weights=w, ddof=1) == pytest.approx(covariance[0, 1], rel=1e-10)


def test_times() -> None:
    days = pa.array([datetime.date(2020, 1, 1), datetime.date(2020, 1, 5)])
    assert cs.mean(days, weights=[3, 1]) == datetime.datetime(2020, 1, 2)
    assert cs.stddev(days, weights=[1, 1]) == 2 * DAY
    assert cs.stddev(days, weights=[0.5, 0.5], ddof=1) is None
    spans = pa.array([DAY, 2 * DAY, None], pa.duration("s"))
    assert cs.mean(spans, weights=[0.25, 0.5, 1]) == datetime.timedelta(days=5 / 3)
    assert cs.mean(pa.table({"t": spans}), weights=[1, 2, 0])["t"] == datetime.timedelta(days=5 / 3)
    with pytest.raises(TypeError, match=r"variance of date32.*: its unit would be a squared time"):
        cs.variance(days, weights=[1, 1])


def test_times_are_rounded_as_the_oracle_says() -> None:
    source = random.Random(6)
    for _ in range(500):
        rows = source.choice((1, 2, 3, 10))
        ticks = [source.randint(-(10**14), 10**14) for _ in range(rows)]
        counts = [source.choice((0.25, 1.0, 3.0, 1e-9)) for _ in ticks]
        column = pa.array(ticks, pa.duration("us"))
        mean = weights.mean(ticks, counts)
        assert isinstance(mean, Fraction)
        assert cs.mean(column, weights=counts) == datetime.timedelta(microseconds=round(mean))
        variance = weights.variance(ticks, counts)
        assert isinstance(variance, Fraction)
        twice = math.isqrt(math.floor(4 * variance))  # floored
        is_exact = twice**2 == 4 * variance
        deviation = round(Fraction(twice, 2)) if is_exact else (twice + 1) // 2
        found = cs.stddev(column, weights=counts)
        assert found == datetime.timedelta(microseconds=deviation)


@pytest.mark.parametrize(
    ("bad", "shown"),
    [
        (-1.5, "-1.5"),
        (-5e-324, "-5e-324"),
        (math.nan, "nan"),
        (math.inf, "inf"),
        (-(2**60) - 1, str(-(2**60) - 1)),
        (D("-0.001"), "-0.001"),
    ],
)
@pytest.mark.parametrize("value", [1.0, None, math.nan])
def test_bad_weights_are_refused_even_next_to_a_null(bad: Any, shown: str, value: Any) -> None:
    message = f"^the weight of row 1 is {shown}: weights must be finite and not negative"
    plain = pa.array([type(bad)(1), bad], pa.decimal128(9, 3) if isinstance(bad, D) else None)
    for chunk in (plain, pa.chunked_array([plain[:1], plain[1:]])):
        with pytest.raises(ValueError, match=message):
            cs.mean(pa.array([2.0, value]), weights=chunk)
        with pytest.raises(ValueError, match=message):
            cs.correlation([2.0, value], pa.array([2.0, 1.0]), weights=chunk)
        with pytest.raises(ValueError, match=message):
            cs.covariance({"a": [2.0, value], "b": [1, 2]}, weights=chunk)
        with pytest.raises(ValueError, match=message):
            cs.stddev(pa.nulls(2), weights=chunk)


def test_the_first_bad_weight_of_many_is_named() -> None:
    w = np.ones(2_000_000)
    w[[700_001, 1_900_000]] = -1
    with pytest.raises(ValueError, match=r"the weight of row 700001 is -1.0"):
        cs.mean(np.ones(len(w)), weights=w, threads=2)


TABLE = pa.table({"a": [1, 2], "name": ["x", "y"], "w": [1, 1]})


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: cs.mean([1, 2], weights=[1]),
            ValueError,
            "weights has 1 row, but the column has 2: there must be a weight for each row",
        ),
        (
            lambda: cs.mean(pl.Series("p", [1, 2]), weights=[1, 2, 3]),
            ValueError,
            'weights has 3 rows, but column "p" has 2',
        ),
        (lambda: cs.mean(TABLE, weights=[1], columns=["a"]), ValueError, "but the table has 2"),
        (lambda: cs.covariance([1, 2], [2, 3], weights=[1]), ValueError, "but x has 2"),
        (lambda: cs.mean(TABLE, weights="v"), KeyError, "no column .*v"),
        (
            lambda: cs.mean(TABLE, weights="name", columns=["a"]),
            TypeError,
            'column "name" is string: weights must be numbers',
        ),
        (lambda: cs.mean(TABLE, weights="w"), TypeError, 'column "name": .*columns='),
        (lambda: cs.mean([1], weights=["a"]), TypeError, "str"),
        (
            lambda: cs.mean([1], weights=pa.array([1], pa.duration("s"))),
            TypeError,
            "weights is duration.s.: weights must be numbers",
        ),
        (
            lambda: cs.mean([1], weights="w"),
            TypeError,
            'weights="w" names a column of a table, but the data is no table',
        ),
        (lambda: cs.mean([1], weights=TABLE), TypeError, "weights is a table .pyarrow"),
        (lambda: cs.mean([1, 2], weights=[1, 2], per=1), TypeError, "not offered with per="),
        (
            lambda: cs.mean(np.ones((2, 2)), weights=[1, 2], axis=0),
            TypeError,
            "not offered with axis=",
        ),
        (lambda: cs.mean([1, 2], weights=3), TypeError, "int"),
        (lambda: cs.moments([1]).mean(weights=[1]), TypeError, "weights"),
    ],
)
def test_refusals(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
