"""Covariance and correlation, against rational arithmetic and what others publish."""

import datetime
import decimal
import itertools
import math
import random
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute
import pytest

import colstats as cs
from support.exact import pairs, samples
from support.exact.numbers import rounded, same

COUNT = 6_000
MIXED = pa.table({"a": [1], "b": ["x"]})


def test_generated_pairs_equal_the_oracle() -> None:
    for kind, x, y in samples.pairs(COUNT):
        x_column, y_column = pa.array(x), pa.array(y)
        for ddof in (0, 1):
            expected = rounded(pairs.covariance(x, y, ddof))
            assert same(cs.covariance(x_column, y_column, ddof=ddof), expected), (kind, x, y)
        expected = rounded(pairs.correlation(x, y))
        assert same(cs.correlation(x_column, y_column), expected), (kind, x, y)


def test_nulls_and_nans_are_left_out_pair_by_pair() -> None:
    source = random.Random(3)
    for _, left, right in samples.pairs(400, rows=16, seed=5):
        x = [source.choice((value, value, value, None, math.nan)) for value in left]
        y = [source.choice((value, value, value, None, math.inf)) for value in right]
        table = {"x": x, "y": y}
        for skip_nans in (False, True):
            expected = rounded(pairs.covariance(x, y, 1, skip_nans=skip_nans))
            result = cs.covariance(pa.array(x), pa.array(y), ddof=1, skip_nans=skip_nans)
            assert same(result, expected), (x, y)
            matrix = cs.correlation(pa.table(table), skip_nans=skip_nans)
            expected = rounded(pairs.correlation(x, y, skip_nans=skip_nans))
            assert same(matrix[0]["y"], expected)


def test_long_columns_far_from_zero_equal_the_oracle() -> None:
    """Whose deviations from a number near them are summed, unless a value is far from it."""
    rng = np.random.default_rng(2)
    for mean, deviation in ((1e3, 1.0), (-1e8, 3.0), (1e300, 1e290), (1.0, 0.0)):
        x = mean + deviation * rng.standard_normal(1030)
        y = 0.5 * x + mean * 1e-9 * rng.standard_normal(1030)
        for at, outlier in ((None, 0.0), (1029, -mean), (700, 5e-324)):
            if at is not None:
                x[at] = outlier
            expected = rounded(pairs.covariance(x.tolist(), y.tolist(), 1))
            assert same(cs.covariance(x, y, ddof=1), expected), (mean, outlier)
            expected = rounded(pairs.correlation(x.tolist(), y.tolist()))
            assert same(cs.correlation(x, y), expected), (mean, outlier)
            matrix = cs.correlation({"x": x, "y": y, "z": -x})
            assert same(matrix[0]["y"], expected), (mean, outlier)


@pytest.mark.parametrize("chunk", [1, 7, 1000, 1024, 1500])
def test_the_bits_do_not_depend_on_chunks_order_or_threads(chunk: int) -> None:
    rng = np.random.default_rng(1)
    x, y = rng.normal(1e6, 1, 300_000), rng.lognormal(0, 4, 300_000)
    expected = cs.covariance(x, y), cs.correlation(x, y)
    order = rng.permutation(len(x))
    assert (cs.covariance(x[order], y[order]), cs.correlation(y, x)) == expected
    cut = [x[at : at + chunk] for at in range(0, min(len(x), 1000 * chunk), chunk)]
    rest = [x[1000 * chunk :]] if len(x) > 1000 * chunk else []
    chunked = pa.chunked_array([*cut, *rest])
    for threads in (1, 2):
        assert cs.covariance(chunked, y, threads=threads) == expected[0]
        assert cs.correlation(y, chunked, threads=threads) == expected[1]


def test_a_column_with_itself_is_exactly_one() -> None:
    for _, x, _ in samples.pairs(400):
        result = cs.correlation(x, x)
        assert result is not None
        assert result == 1.0 or math.isnan(result)
        assert same(cs.correlation(x, [-value for value in x]), -result)
        assert cs.covariance(x, x) == cs.variance(x)


def test_a_constant_column_has_no_correlation() -> None:
    assert math.isnan(cs.correlation([0.3] * 254, list(range(254))))


def test_every_pair_of_types() -> None:
    values = [3, 0, 1, 2, 7, 7]
    kinds: dict[str, Any] = {
        "float64": pa.array([float(value) for value in values]),
        "float32": pa.array(values, pa.float32()),
        "float16": pa.array(np.array(values, np.float16)),
        "int8": pa.array(values, pa.int8()),
        "uint64": pa.array(values, pa.uint64()),
        "decimal": pa.array([decimal.Decimal(value) for value in values], pa.decimal128(38, 5)),
        "wide": pa.array([decimal.Decimal(value) for value in values], pa.decimal256(76, 20)),
        "negative scale": pa.array(
            [decimal.Decimal(value * 100) for value in values], pa.decimal128(10, -2)
        ),
        "dictionary": pa.array(values).dictionary_encode(),
        "runs": pa.RunEndEncodedArray.from_arrays([1, 2, 3, 4, 6], [3.0, 0.0, 1.0, 2.0, 7.0]),
        "strided": np.repeat(np.array(values, np.float64), 3)[::3],
        "polars": pl.Series(values),
        "list": values,
    }
    for (name, x), (other, y) in itertools.product(kinds.items(), repeat=2):
        factor = math.prod(100 if it == "negative scale" else 1 for it in (name, other))
        assert cs.covariance(x, y, ddof=1) == cs.variance(values, ddof=1) * factor, (name, other)
        assert cs.correlation(x, y) == 1.0


def test_wide_integers_and_decimals_keep_all_digits() -> None:
    source = random.Random(4)
    wide = [source.randint(-(2**63), 2**63 - 1) for _ in range(50)]
    digits = [source.randint(-(10**38) + 1, 10**38 - 1) for _ in range(50)]
    flags = [source.random() < 0.5 for _ in range(50)]
    decimals = [decimal.Decimal(value).scaleb(-10, decimal.Context(prec=60)) for value in digits]
    columns: dict[str, Any] = {
        "int64": (pa.array(wide), wide),
        "decimal": (pa.array(decimals, pa.decimal128(38, 10)), decimals),
        "bool": (pa.array(flags), [int(flag) for flag in flags]),
        "float": (pa.array([value / 3 for value in wide]), [value / 3 for value in wide]),
    }
    for (x, x_values), (y, y_values) in itertools.product(columns.values(), repeat=2):
        assert cs.covariance(x, y) == rounded(pairs.covariance(x_values, y_values))
        assert cs.correlation(x, y) == rounded(pairs.correlation(x_values, y_values))


def test_correlations_of_times_have_no_unit() -> None:
    days = [datetime.date(2020, 1, day) for day in (1, 2, 5, 9)]
    assert cs.correlation(pa.array(days), [1, 2, 5, 9]) == 1.0
    with pytest.raises(TypeError, match=r"x is date32.*: covariance needs numbers"):
        cs.covariance(pa.array(days), [1, 2, 5, 9])


def test_the_matrix_of_a_table() -> None:
    table = pa.table(
        {
            "a": [1.0, 2.0, 4.0, None],
            "name": ["w", "x", "y", "z"],
            "b": [3, 5, None, 1],
            "c": [1, 1, 4, 9],
        }
    )
    columns = {name: table[name].to_pylist() for name in ("a", "b", "c")}
    for complete in (False, True):
        matrix = cs.covariance(table, ddof=1, complete=complete)
        assert matrix["column"] == ["a", "b", "c"]
        expected = pairs.matrix(columns, pairs.covariance, complete=complete, ddof=1)
        for row, (name, other) in itertools.product(range(3), itertools.product("abc", "abc")):
            if matrix[row]["column"] == name:
                assert same(matrix[row][other], rounded(expected[name, other]))
    assert pa.table(cs.correlation(table, columns=["a", "c"])).column_names == ["column", "a", "c"]


def test_specials_of_one_column_do_not_change_other_pairs() -> None:
    source = random.Random(9)
    for _, left, right in samples.pairs(200, rows=7, seed=2):
        columns: dict[str, list[Any]] = {"a": left, "b": right, "c": [*range(7)], "d": [1] * 7}
        gaps = (None, math.nan, math.inf)
        for column in columns.values():
            column[source.randrange(7)] = source.choice(gaps)
        for skip_nans, complete in itertools.product((False, True), repeat=2):
            rules = {"skip_nans": skip_nans, "complete": complete}
            arrays = {name: pa.array(column, pa.float64()) for name, column in columns.items()}
            matrix = cs.covariance(pa.table(arrays), ddof=1, **rules)
            expected = pairs.matrix(columns, pairs.covariance, ddof=1, **rules)
            for (place, name), other in itertools.product(enumerate(columns), columns):
                assert same(matrix[place][other], rounded(expected[name, other])), (columns, rules)


def test_encoded_decimals_have_their_scale() -> None:
    plain = pa.array([decimal.Decimal("1.5"), decimal.Decimal("2.5"), decimal.Decimal("9.5")])
    for statistic in (cs.covariance, cs.correlation):
        for encoded in (plain.dictionary_encode(), pa.compute.run_end_encode(plain)):
            assert statistic(encoded, plain) == statistic(plain, plain)
    for statistic in (cs.sem, cs.rms, cs.median, cs.kurtosis):
        assert statistic(plain.dictionary_encode()) == statistic(plain)


def test_anscombe() -> None:
    """Four data sets with the same correlation, to three digits (Anscombe, 1973)."""
    x = [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5]
    ys = [
        [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68],
        [9.14, 8.14, 8.74, 8.77, 9.26, 8.10, 6.13, 3.10, 9.13, 7.26, 4.74],
        [7.46, 6.77, 12.74, 7.11, 7.81, 8.84, 6.08, 5.39, 8.15, 6.42, 5.73],
    ]
    for y in ys:
        assert f"{cs.correlation(x, y):.3f}" == "0.816"


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: cs.covariance([1, 2], [1]), ValueError, "x has 2 rows and y has 1: they must be"),
        (lambda: cs.covariance([1, 2]), TypeError, "covariance of one column: give another one"),
        (lambda: cs.covariance({"a": [1]}, [1]), TypeError, "x is a table .dict., not one column"),
        (
            lambda: cs.covariance([1], pa.array(["a"])),
            TypeError,
            "y is string: covariance needs numbers",
        ),
        (lambda: cs.correlation(MIXED), TypeError, "needs two columns of numbers, and there is 1"),
        (
            lambda: cs.correlation(MIXED, columns=["a", "b"]),
            TypeError,
            'column "b" is string: correlation needs numbers or times',
        ),
        (lambda: cs.correlation(MIXED, columns=["c"]), KeyError, "no column .*c"),
        (lambda: cs.covariance([1], [1], complete=3), TypeError, "complete must be a bool"),
    ],
)
def test_refusals(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_few_rows() -> None:
    assert cs.covariance([1], [2], ddof=1) is None
    assert cs.covariance([1.0, None], [2.0, 3.0], skip_nulls=False) is None
    assert cs.covariance([1, 2], [2, 3], min_count=3) is None
    assert cs.covariance([], []) is None
    assert cs.covariance is cs.cov
    assert cs.correlation is cs.corr
    assert cs.Column([1, 2]).corr([2, 4]) == 1.0
    assert cs.Table({"a": [1, 2], "b": [2, 1]}).corr()[0]["b"] == -1.0
    assert cs.Table({"a": [1, 2], "b": [2, 1]}).cov(ddof=1)["b"] == [-0.5, 0.5]
