"""Columns of many blocks, with values that are hard for kernels that sum whole blocks of floats.

Wide and narrow ranges of exponents, mantissas full of ones, outliers and special values at any
position, nulls, and every length around a power of two.
"""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import colstats as cs
from support.reference import Value, expected, same_bits

Random = np.random.Generator
ASKED = [("sum", {}), ("mean", {}), ("variance", {}), ("stddev", {"ddof": 1}), ("min", {})]


def assert_right(data: object, values: list[Value]) -> None:
    column = cs.Column(data)
    for statistic, options in ASKED:
        want = expected(statistic, values, **options)
        got = getattr(column, statistic)(**options)
        assert same_bits(got, want), f"{statistic} is {got!r}, not {want!r}"


def scaled(values: np.ndarray, exponent: int) -> np.ndarray:
    """Multiply by a power of two; keep the values that would overflow."""
    with np.errstate(over="ignore", under="ignore"):
        result = np.ldexp(values, exponent)
    return np.where(np.isfinite(result), result, values)


def full(random: Random, rows: int) -> np.ndarray:
    """Mantissas of ones only, whose sums are far from any float."""
    return np.ldexp(2.0**53 - 1, random.integers(-70, -50, rows)) * random.choice([-1, 1], rows)


def halves(random: Random, rows: int) -> np.ndarray:
    """Values halfway between two neighbours on any coarser grid."""
    return np.ldexp(random.integers(-(2**52), 2**52, rows) * 2.0 + 1, -(random.integers(0, 40)))


def outliers(random: Random, rows: int) -> np.ndarray:
    values = random.normal(size=rows)
    places = random.integers(0, rows, 1 + rows // 500)
    values[places] = np.ldexp(values[places], random.integers(-900, 900, len(places)))
    return values


def spread(width: int) -> Callable[[Random, int], np.ndarray]:
    """Exponents within a range of `width`."""
    return lambda random, rows: np.ldexp(
        random.uniform(-1, 1, rows), random.integers(0, width, rows)
    )


KINDS: dict[str, Callable[[Random, int], np.ndarray]] = {
    "full mantissas": full,
    "halves": halves,
    "outliers": outliers,
    "exponents within 1": spread(1),
    "exponents within 18": spread(18),
    "exponents within 36": spread(36),
    "exponents within 70": spread(70),
    "exponents within 900": spread(900),
    "integers": lambda random, rows: random.integers(-(2**30), 2**30, rows).astype(float),
    "singles": lambda random, rows: random.lognormal(0, 5, rows).astype("f4").astype(float),
    "near 1e8": lambda random, rows: random.normal(1e8, 1, rows),
    "positive": lambda random, rows: random.exponential(size=rows) * 1e300,
    "sorted": lambda random, rows: np.sort(random.lognormal(0, 40, rows)),
    "one value": lambda random, rows: np.full(rows, random.normal()),
    "zeros": lambda random, rows: random.choice([0.0, -0.0, 1e-300], rows, p=[0.7, 0.29, 0.01]),
}
LENGTHS = (
    st.integers(1, 4500)
    | st.sampled_from([1, 2, 63, 64, 65, 127, 128, 129, 1023, 1024])
    | (st.sampled_from([1025, 2047, 2048, 2049, 4095, 4096, 4097]))
)


@pytest.mark.parametrize("kind", KINDS)
def test_blocks(kind: str) -> None:
    @settings(max_examples=60, deadline=None, derandomize=True, database=None)
    @given(st.integers(0, 2**32), LENGTHS, st.sampled_from([0, 0, 0, -1040, -500, 600, 970]))
    def property_holds(seed: int, rows: int, exponent: int) -> None:
        random = np.random.default_rng(seed)
        values = scaled(KINDS[kind](random, rows), exponent)
        assert_right(values, values.tolist())
        missing = random.random(rows) < random.choice([0.01, 0.5, 0.99])
        nulls = [None if gone else value for value, gone in zip(values, missing, strict=True)]
        assert_right(pa.array(values, mask=missing), [v if v is None else float(v) for v in nulls])

    property_holds()


@pytest.mark.parametrize("special", [np.nan, np.inf, -np.inf, 1.7e308, 5e-324, -0.0])
def test_one_special_value_at_any_position(special: float) -> None:
    values = np.random.default_rng(3).normal(size=2100)
    for place in [*range(0, 70), 127, 128, 511, 1023, 1024, 1025, 2047, 2048, *range(2085, 2100)]:
        column = values.copy()
        column[place] = special
        for statistic in ("sum", "stddev"):
            want = expected(statistic, column.tolist())
            assert same_bits(getattr(cs, statistic)(column), want)


@pytest.mark.parametrize("dtype", ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4"])
def test_blocks_of_narrow_types(dtype: str) -> None:
    """Random bit patterns: extremes, subnormals and, among floats, special values."""
    random = np.random.default_rng(11)
    for rows in (1, 31, 1024, 1025, 5000):
        values = np.frombuffer(random.bytes(rows * np.dtype(dtype).itemsize), dtype)
        assert_right(values, values.tolist())
        finite = values[np.isfinite(values)]
        if len(finite):
            assert_right(finite, finite.tolist())
            missing = random.random(len(finite)) < 0.3
            nulls = np.ma.array(finite, mask=missing)
            assert_right(pa.array(finite, mask=missing), nulls.tolist())
