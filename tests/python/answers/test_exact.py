"""Every statistic is correctly rounded: property tests with tens of thousands of cases.

Results are compared bit by bit with `support.reference`, which computes with fractions. The cases
are the same in every run.
"""

import math
import statistics
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import colstats as cs
from support.reference import Value, expected, root_to_float, same_bits, to_float

FINITE = st.floats(allow_nan=False, allow_infinity=False)
HUGE = st.floats(1e307, math.nextafter(math.inf, 0)) | st.floats(-math.inf, -1e307)
SUBNORMAL = st.integers(-(2**52) + 1, 2**52 - 1).map(lambda units: units * 5e-324)
ZEROS = st.sampled_from([0.0, -0.0])
NEAR = st.integers(-50, 50).map(lambda steps: 1e8 + steps * 2.0**-26)
SPREADS = [("variance", 0), ("variance", 1), ("variance", 2), *(("stddev", d) for d in range(3))]


def cases_of(cases: int) -> settings:
    """Return settings for `cases` cases, the same in every run."""
    return settings(max_examples=cases, deadline=None, derandomize=True, database=None)


def assert_exact(data: Any, values: Sequence[Value], **options: Any) -> None:
    """Check all statistics; the variance and the deviation with several values of `ddof`."""
    column = cs.Column(data)
    for statistic in ("sum", "mean", "min", "max"):
        want = expected(statistic, values, **options)
        got = getattr(column, statistic)(**options)
        assert same_bits(got, want), f"{statistic}({options}) is {got!r}, not {want!r}"
    for statistic, ddof in SPREADS:
        want = expected(statistic, values, ddof=ddof, **options)
        got = getattr(column, statistic)(ddof=ddof, **options)
        assert same_bits(got, want), f"{statistic}({ddof}, {options}) is {got!r}, not {want!r}"


def doubles(values: Sequence[Value]) -> pa.Array:
    return pa.array(values, pa.float64(), from_pandas=False)


@cases_of(3000)
@given(st.lists(FINITE, min_size=1, max_size=12))
def test_any_floats(values: list[float]) -> None:
    assert_exact(doubles(values), values)


@pytest.mark.parametrize("tiny", [5e-324, 1e-300, 1.5e-221, 1e-24])
def test_the_smallest_value_decides_a_tie_of_the_largest(tiny: float) -> None:
    """The first two add up to the middle between two doubles."""
    for values in ([1.218164251425e288, 1.0972248137587377e304], [1e301, 1.7976931348623157e308]):
        for sign in (-1.0, 1.0):
            several = [*values, sign * tiny]
            assert_exact(doubles(several), several)
            assert_exact(doubles([*several, 0.0]), [*several, 0.0])


@cases_of(2000)
@given(st.lists(st.floats() | ZEROS | st.none(), max_size=8))
def test_floats_with_specials_and_nulls(values: list[Value]) -> None:
    assert_exact(doubles(values), values, min_count=1)


@cases_of(2000)
@given(st.lists(SUBNORMAL | ZEROS, min_size=1, max_size=12))
def test_subnormals(values: list[float]) -> None:
    assert_exact(np.array(values), values)


@cases_of(1500)
@given(st.lists(HUGE, min_size=1, max_size=8))
def test_sums_that_overflow_where_means_do_not(values: list[float]) -> None:
    assert_exact(np.array(values), values)


@cases_of(1500)
@given(st.lists(FINITE, min_size=1, max_size=6), FINITE, st.randoms(use_true_random=False))
def test_cancellation(values: list[float], rest: float, shuffler: Any) -> None:
    everything = [*values, rest, *(-value for value in values)]
    shuffler.shuffle(everything)
    assert same_bits(cs.sum(np.array(everything)), rest + 0.0)
    assert_exact(doubles(everything), everything)


@cases_of(1500)
@given(st.lists(NEAR, min_size=1, max_size=20))
def test_small_spreads_around_large_values(values: list[float]) -> None:
    assert_exact(np.array(values), values)


@cases_of(1000)
@given(FINITE, st.integers(1, 3000))
def test_constant_columns_have_zero_deviation(value: float, rows: int) -> None:
    column = cs.Column(np.broadcast_to(np.float64(value), rows))
    assert same_bits(column.mean(), value)
    assert same_bits(column.stddev(), 0.0)
    assert same_bits(column.variance(), 0.0)
    assert same_bits(column.sum(), to_float(Fraction(value) * rows) if value else value)


INTEGERS = [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]


@pytest.mark.parametrize("name", INTEGERS)
def test_integers(name: str) -> None:
    low, high = int(np.iinfo(name).min), int(np.iinfo(name).max)
    extremes = st.sampled_from([low, low + 1, -1 if low else 0, 0, 1, high - 1, high])

    @cases_of(400)
    @given(st.lists(st.integers(low, high) | extremes | st.none(), max_size=10))
    def property_holds(values: list[int | None]) -> None:
        assert_exact(pa.array(values, name), values, min_count=1)

    property_holds()


@pytest.mark.parametrize("bits", [16, 32])
def test_narrow_floats(bits: int) -> None:
    """The values of narrow floats are exact, and the results are float64."""

    @cases_of(1200)
    @given(st.lists(st.floats(width=bits) | st.none(), max_size=10))
    def property_holds(values: list[Value]) -> None:
        array = pa.array(values, {16: pa.float16(), 32: pa.float32()}[bits], from_pandas=False)
        assert_exact(array, values, min_count=1)

    property_holds()


@cases_of(1000)
@given(st.lists(st.booleans() | st.none(), max_size=20))
def test_booleans(values: list[bool | None]) -> None:
    assert_exact(pa.array(values, pa.bool_()), values, min_count=1)


@cases_of(3000)
@given(
    st.lists(st.sampled_from([None, math.nan, math.inf, 0.1, -1.0, -0.0]), max_size=6),
    st.booleans(),
    st.booleans(),
    st.integers(0, 4),
)
def test_options(values: list[Value], nulls: bool, nans: bool, min_count: int) -> None:
    options = {"skip_nulls": nulls, "skip_nans": nans, "min_count": min_count}
    assert_exact(doubles(values), values, **options)
    array = doubles(values)
    assert cs.count(array, skip_nans=nans) == expected("count", values, skip_nans=nans)


@cases_of(600)
@given(st.integers(0, 2**32), st.integers(1, 400), st.integers(1, 700), st.booleans())
def test_longer_columns(seed: int, rows: int, width: int, holes: bool) -> None:
    """More rows than Hypothesis can draw one by one, with any range of exponents."""
    random = np.random.default_rng(seed)
    values = np.ldexp(random.uniform(-1, 1, rows), random.integers(-width, width, rows))
    missing = random.integers(0, 4, rows) == 0 if holes else np.zeros(rows, bool)
    nulls = [None if hole else value for value, hole in zip(values.tolist(), missing, strict=True)]
    assert_exact(np.ma.array(values, mask=missing), nulls)


@cases_of(500)
@given(st.lists(FINITE, min_size=1, max_size=8))
def test_the_reference_agrees_with_the_standard_library(values: list[float]) -> None:
    """`statistics` is exact for fractions, and its `pstdev` is correctly rounded."""
    fractions = [Fraction(value) for value in values]
    exact = statistics.pvariance(fractions)
    assert same_bits(expected("variance", values), to_float(exact))
    assert same_bits(expected("mean", [*values, 1.0]), to_float(statistics.mean([*fractions, 1])))
    if math.isfinite(to_float(exact)) and exact > 1e-300:
        assert same_bits(root_to_float(exact), statistics.pstdev(values))


@cases_of(1000)
@given(FINITE.filter(bool))
def test_the_root_of_the_reference_is_the_nearest_float(value: float) -> None:
    assert root_to_float(Fraction(value) ** 2) == abs(value)
    square, root = abs(Fraction(value)), root_to_float(abs(Fraction(value)))
    below, above = math.nextafter(root, 0), math.nextafter(root, math.inf)
    assert (Fraction(below) + Fraction(root)) ** 2 <= 4 * square
    assert 4 * square <= (Fraction(above) + Fraction(root)) ** 2
