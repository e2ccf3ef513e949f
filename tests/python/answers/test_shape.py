"""Skewness, kurtosis, standard errors and root mean squares, against rational arithmetic."""

import datetime
import decimal
import math
import random
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import colstats as cs
from support.exact import samples, shape
from support.exact.numbers import rounded, same

COUNT = 6_000


def test_generated_columns_equal_the_oracle() -> None:
    for kind, values in samples.columns(COUNT):
        column = pa.array(values)
        for biased in (True, False):
            for ours, oracle in ((cs.skewness, shape.skewness), (cs.kurtosis, shape.kurtosis)):
                expected = rounded(oracle(values, biased))
                assert same(ours(column, biased=biased), expected), (kind, values, ours)
        assert same(cs.sem(column), rounded(shape.sem(values))), (kind, values)
        assert same(cs.rms(column), rounded(shape.rms(values))), (kind, values)


def test_long_columns_far_from_zero_equal_the_oracle() -> None:
    """Whose deviations from a number near them are summed, unless a value is far from it."""
    rng = np.random.default_rng(2)
    for mean, deviation in ((1e3, 1.0), (-1e8, 3.0), (1e100, 1e90)):
        values = (mean + deviation * rng.standard_normal(1030)).tolist()
        for at, outlier in ((5, mean), (1029, -mean), (700, mean / 2)):
            values[at] = outlier
            for name in ("skewness", "kurtosis", "sem", "rms"):
                expected = rounded(getattr(shape, name)(values))
                assert same(getattr(cs, name)(values), expected), (name, mean, outlier)


def test_nulls_nans_and_infinities() -> None:
    source = random.Random(3)
    for _, values in samples.columns(300, rows=16, seed=5):
        mixed = [source.choice((it, it, it, None, math.nan)) for it in values]
        some = [source.choice((it, it, it, None, math.inf)) for it in values]
        for column in (mixed, some):
            for skip_nans in (False, True):
                rules = {"skip_nans": skip_nans}
                for name in ("skewness", "kurtosis", "sem", "rms"):
                    expected = rounded(getattr(shape, name)(column, **rules))
                    result = getattr(cs, name)(pa.array(column), **rules)
                    assert same(result, expected), (name, column)


def test_the_bits_do_not_depend_on_chunks_or_threads() -> None:
    rng = np.random.default_rng(1)
    values = rng.lognormal(0, 2, 700_000)
    chunked = pa.chunked_array([values[:5], values[5:100_000], values[100_000:]])
    shuffled = rng.permutation(values)
    for name in ("skewness", "kurtosis", "sem", "rms"):
        statistic = getattr(cs, name)
        expected = statistic(values, threads=1)
        assert statistic(chunked, threads=2) == statistic(shuffled) == expected


def test_known_cases() -> None:
    """The first values are those of Apache Arrow's tests of skew and kurtosis; see also NIST's."""
    assert cs.skewness([1.0, 2.0, 3.0]) == 0.0
    assert cs.kurtosis([1.0, 2.0, 3.0]) == -1.5
    assert cs.skewness([1.0, 1.0, 2.0]) == 0.7071067811865476
    assert math.isnan(cs.skewness([5.0, 5.0]))
    assert math.isnan(cs.kurtosis([0.1] * 7))


def test_decimals_and_integers() -> None:
    decimals = [decimal.Decimal(text) for text in ("0.10", "0.20", "0.40", "7.00")]
    column = pa.array(decimals, pa.decimal128(38, 2))
    for name in ("skewness", "kurtosis", "sem", "rms"):
        expected = rounded(getattr(shape, name)(decimals))
        assert getattr(cs, name)(column) == expected
    wide = [2**62, -(2**61) + 3, 17, 2**63 - 1]
    for name in ("skewness", "kurtosis", "sem", "rms"):
        assert getattr(cs, name)(pa.array(wide)) == rounded(getattr(shape, name)(wide))


def test_tables_and_refusals() -> None:
    table = pa.table({"a": [1, 2, 6], "b": [1.0, 1.0, 4.0]})
    assert cs.skewness(table)["a"] == cs.skewness([1, 2, 6])
    assert cs.rms([]) is None
    assert cs.sem([1.0]) is None
    assert cs.skewness([1, 2], biased=False) is None
    assert cs.kurtosis([1, 2, 3], biased=False) is None
    mixed = pa.table({"a": [1], "s": ["x"]})
    for name in ("skewness", "kurtosis", "sem", "rms"):
        statistic: Any = getattr(cs, name)
        with pytest.raises(
            TypeError, match=f'column "s": cannot compute the {name} of string values'
        ):
            statistic(mixed)
        assert "a" in statistic(mixed, numeric_only=True)
        with pytest.raises(TypeError, match=f"StringArray: cannot compute the {name} of string"):
            statistic(pa.array(["x"]))


def test_errors_of_times_and_squares_of_durations_are_durations() -> None:
    """Rounded to a tick of at least a microsecond, half to even, as deviations are."""
    source = random.Random(7)
    for _ in range(500):
        rows = source.choice((2, 3, 10))
        ticks = [source.randint(-(10**12), 10**12) for _ in range(rows)]
        spans, points = pa.array(ticks, pa.duration("us")), pa.array(ticks, pa.timestamp("us"))
        for name in ("sem", "rms"):
            exact = getattr(shape, name)(ticks)
            square = exact**2 if isinstance(exact, Fraction) else exact.square
            twice = math.isqrt(math.floor(4 * square))
            rounds_to_even = twice**2 == 4 * square
            nearest = round(Fraction(twice, 2)) if rounds_to_even else (twice + 1) // 2
            expected = datetime.timedelta(microseconds=nearest)
            assert getattr(cs, name)(spans) == expected
            if name == "sem":
                assert cs.sem(points) == expected
    days = pa.array([datetime.date(2020, 1, 1), datetime.date(2020, 1, 3)])
    assert cs.sem(days) == datetime.timedelta(days=1)
    seconds = pa.array([1, 2, 2], pa.duration("s"))
    assert cs.rms(seconds) == datetime.timedelta(microseconds=1_732_051)
    row = pa.table(cs.rms(pa.table({"t": seconds})))
    assert row.schema.field("t").type == pa.duration("s")
    assert row["t"][0].as_py() == datetime.timedelta(seconds=2)
    assert cs.rms(pa.array([2**62, -(2**63)], pa.duration("ns"))) is not None
    assert cs.sem(pa.array([None, 1], pa.duration("s"))) is None
    for times in (days, pa.array([1], pa.time32("s")), pa.array([1], pa.timestamp("ns"))):
        with pytest.raises(TypeError, match=r"rms of .*: they are points in time"):
            cs.rms(times)
