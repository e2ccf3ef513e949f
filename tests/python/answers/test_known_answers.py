"""Data on which other libraries are known to err, and independence of chunks and order."""

import math
import random

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

import colstats as cs
from support.checks import assert_column
from support.reference import expected, same_bits


def alternating(first: float, low: float, high: float) -> list[float]:
    """One value, then 1000 that alternate: the construction of NumAcc2, 3 and 4."""
    return [first, *[low, high] * 500]


#: Numerical accuracy data of the NIST Statistical Reference Datasets, with their certified means.
NIST = {
    "NumAcc1": ([10000001, 10000003, 10000002], 10000002.0),
    "NumAcc2": (alternating(1.2, 1.1, 1.3), 1.2),
    "NumAcc3": (alternating(1000000.2, 1000000.1, 1000000.3), 1000000.2),
    "NumAcc4": (alternating(10000000.2, 10000000.1, 10000000.3), 10000000.2),
}


@pytest.mark.parametrize("name", NIST)
def test_nist(name: str) -> None:
    """The certified deviations, 1 and 0.1 (with n - 1), are those of the decimal numbers."""
    values, mean = NIST[name]
    assert_column(lambda: pa.array(values), values)
    assert_column(lambda: np.array(values), values)
    assert cs.mean(values) == mean
    assert cs.stddev(values, ddof=1) == pytest.approx(1.0 if len(values) == 3 else 0.1, rel=2e-8)


def test_integers_beyond_53_bits() -> None:
    near = pa.array([2**62, 2**62 + 1, 2**62 + 2])
    assert cs.stddev(near) == 0.816496580927726
    assert cs.variance(near) == 2 / 3
    top = [2**63 - 3, 2**63 - 2, 2**63 - 1]
    assert cs.mean(pa.array(top)) == float(2**63 - 2)
    assert cs.sum(pa.array(top)) == 3 * (2**63 - 2)
    assert cs.sum(pa.array([2**64 - 1] * 3, pa.uint64())) == 3 * (2**64 - 1)


@pytest.mark.parametrize("value", [0.1, 1e308, 5e-324, -1 / 3, 2**53 + 1, -(2**63), 1e-300, 0])
@pytest.mark.parametrize("rows", [1, 2, 3, 10, 1000, 65_537])
def test_constant_columns(value: float, rows: int) -> None:
    column = cs.Column(pa.array([value]).take(pa.array([0] * rows)))
    assert same_bits(column.stddev(), 0.0)
    assert same_bits(column.variance(ddof=1), 0.0 if rows > 1 else None)
    assert column.mean() == float(value)


def test_means_and_deviations_do_not_overflow() -> None:
    assert cs.mean([1.7e308, 1.7e308]) == 1.7e308
    assert cs.sum([1.7e308, 1.7e308]) == math.inf
    assert cs.sum([1.7e308, 1.7e308, -1.7e308]) == 1.7e308
    assert cs.stddev([-1.7e308, 1.7e308]) == 1.7e308
    assert cs.variance([-1.7e308, 1.7e308]) == math.inf
    assert cs.stddev([-5e-324, 5e-324]) == 5e-324
    assert cs.variance([-5e-324, 5e-324]) == 0.0


def test_the_sign_of_zero() -> None:
    assert same_bits(cs.mean([-0.0, -0.0]), -0.0)
    assert same_bits(cs.mean([-0.0, 0.0]), 0.0)
    assert same_bits(cs.sum([1.0, -1.0]), 0.0)
    assert same_bits(cs.min([0.0, -0.0]), -0.0)
    assert same_bits(cs.max([-0.0, 0.0]), 0.0)


DATA = {
    "normal": lambda rng: rng.normal(1e8, 1, 5000),
    "lognormal": lambda rng: rng.lognormal(0, 8, 5000),
    "all exponents": lambda rng: np.ldexp(rng.normal(size=3000), rng.integers(-1060, 1000, 3000)),
    "cancelling": lambda rng: np.outer([1.0, -1.0], rng.lognormal(0, 30, 2000)).ravel(),
    "integers": lambda rng: rng.integers(-(2**63), 2**63 - 1, 5000),
    "single": lambda rng: rng.normal(1e4, 1e-2, 5000).astype("f4"),
}


def answers(data: object) -> tuple[float, ...]:
    column = cs.Column(data)
    deviations = column.stddev(), column.stddev(ddof=1), column.variance()
    return (column.sum(), column.mean(), *deviations, column.min(), column.max())


def cut(values: np.ndarray, random_: random.Random) -> pa.ChunkedArray:
    """Cut an array at random positions into up to 40 chunks, some of them empty."""
    places = sorted(random_.choices(range(len(values) + 1), k=random_.randrange(40)))
    pairs = zip([0, *places], [*places, len(values)], strict=True)
    kind = pa.array(values[:0]).type
    return pa.chunked_array([pa.array(values[start:stop]) for start, stop in pairs], kind)


@pytest.mark.parametrize("name", DATA)
def test_200_chunkings_and_orders_give_the_same_bits(name: str) -> None:
    values = DATA[name](np.random.default_rng(7))
    plain = values.tolist()
    want = tuple(expected(statistic, plain) for statistic in ("sum", "mean", "stddev"))
    whole = answers(values)
    assert all(map(same_bits, whole[:3], want))
    random_ = random.Random(name)
    for _ in range(200):
        shuffled = values[random_.sample(range(len(values)), len(values))]
        assert all(map(same_bits, answers(cut(shuffled, random_)), whole))
    assert all(map(same_bits, answers(pl.Series(values)), whole))


def test_a_normal_sample_far_from_zero() -> None:
    values = np.random.default_rng(0).normal(1e8, 1, 20_000)
    plain = values.tolist()
    for ddof in (0, 1):
        assert cs.stddev(values, ddof=ddof) == expected("stddev", plain, ddof=ddof)
        assert cs.variance(pa.array(values), ddof=ddof) == expected("variance", plain, ddof=ddof)
