"""Oracles of covariance, correlation, weights and shape: by hand, by `statistics`, and by laws."""

import math
import random
import statistics
from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from support import reference
from support.exact import pairs, shape, weights
from support.exact.numbers import Answer, Root, less, rounded
from support.exact.weights import Column

X = [1, 2, 3, 4, 10]
Y = [Decimal("0.1"), Decimal("0.4"), Decimal("0.2"), Decimal("0.8"), Decimal("0.5")]
#: Samples in which much cancels, or which reach the ends of the range.
SAMPLES: list[list[float]] = [
    [1e16, 1.0, -1e16, 3.0],
    [1e300, -1e300, 1e299, 5e-324],
    [5e-324, 1e-323, 0.0, 2e-322],
    [0.1, 0.1, 0.1, math.nextafter(0.1, 1)],
    [1e8 + place * 2.0**-26 for place in range(-3, 4)],
]


def columns(rows: int, count: int, seed: int) -> list[list[float]]:
    """Return columns of floats of very different size."""
    source = random.Random(seed)
    sizes = [source.choice((1.0, 1e8, 1e-200, 1e150)) for _ in range(count)]
    return [[source.gauss(size, size) for _ in range(rows)] for size in sizes]


def nan(answer: Answer) -> bool:
    return isinstance(answer, float) and math.isnan(answer)


def close(answer: Answer, other: object) -> bool:
    """Whether an answer is what another library computes, but for its rounding errors."""
    assert isinstance(other, float)
    return rounded(answer) == pytest.approx(other, rel=1e-12)


def test_covariance_by_hand() -> None:
    # The distances from the means are -3 -2 -1 0 6 and -.3 0 -.2 .4 .1; the products add up to 1.7.
    assert pairs.covariance(X, Y) == Fraction(17, 50)
    assert pairs.covariance(X, Y, ddof=1) == Fraction(17, 40)
    assert pairs.covariance(X, Y, ddof=5) is None
    # The squares add up to 50 and 0.3.
    assert pairs.correlation(X, Y) == Root(Fraction(289, 1500))
    assert pairs.correlation(X, [-y for y in Y]) == Root(Fraction(289, 1500), -1)


def test_covariance_by_the_standard_library() -> None:
    for seed in range(50):
        x, y = ([v / max(map(abs, column)) for v in column] for column in columns(20, 2, seed))
        assert close(pairs.covariance(x, y, ddof=1), statistics.covariance(x, y))
        assert close(pairs.correlation(x, y), statistics.correlation(x, y))


@pytest.mark.parametrize("sample", SAMPLES)
def test_covariance_with_itself_is_the_variance(sample: list[float]) -> None:
    for ddof in (0, 1, 2):
        expected = reference.variance(sample, ddof)
        assert rounded(pairs.covariance(sample, sample, ddof)) == expected
        assert rounded(weights.variance(sample, [1] * len(sample), ddof)) == expected
    assert pairs.correlation(sample, sample) == 1
    assert pairs.correlation(sample, [-v for v in sample]) == -1


def test_correlations_are_at_most_one() -> None:
    one = Fraction(1)
    for seed in range(200):
        x, noise = columns(5, 2, seed)
        y = [3 * a + b * 1e-150 for a, b in zip(x, noise, strict=True)]
        found = pairs.correlation(x, y)
        assert isinstance(found, Fraction | Root)
        assert not less(one, found)
        assert not less(found, -one)


def test_a_constant_column_has_no_correlation() -> None:
    counting = list(range(254))
    assert pairs.covariance([0.3] * 254, counting) == 0
    assert nan(pairs.correlation([0.3] * 254, counting))
    assert nan(pairs.correlation([1], [2]))
    assert pairs.correlation([], []) is None
    assert pairs.correlation([1, 1, 2, 2], [1, 2, 1, 2]) == 0


def test_nulls_nans_and_infinities_of_pairs() -> None:
    left, right = [1, None, 3, math.nan], [2, 5, 7, None]
    assert pairs.covariance(left, right) == Fraction(5, 2)
    assert pairs.covariance(left, right, skip_nulls=False) is None
    assert pairs.covariance(left, right, min_count=3) is None
    assert nan(pairs.covariance([1, math.nan], [1, 2]))
    assert pairs.covariance([1, math.nan, 3], [1, 2, 3], skip_nans=True) == 1
    assert nan(pairs.covariance([1, math.inf], [1, 2]))
    assert nan(pairs.correlation([1, math.inf], [1, 2]))
    with pytest.raises(ValueError, match="2 and 3 rows"):
        pairs.covariance([1, 2], [1, 2, 3])


def test_matrices_leave_rows_out_pairwise_or_everywhere() -> None:
    table: dict[str, Column] = {"a": [1, 2, 3, 5], "b": [2, 4, None, 9], "c": [1, 1, 2, math.nan]}
    found = pairs.matrix(table, pairs.covariance, skip_nans=True)
    assert found["a", "a"] == Fraction(35, 16)
    assert found["a", "b"] == found["b", "a"] == pairs.covariance([1, 2, 5], [2, 4, 9])
    assert found["b", "c"] == 0
    complete = pairs.matrix(table, pairs.covariance, complete=True, skip_nans=True)
    assert complete["a", "a"] == Fraction(1, 4)
    assert set(complete) == set(found)


def repeated(values: Sequence[float], times: Sequence[int]) -> list[float]:
    return [v for v, count in zip(values, times, strict=True) for _ in range(count)]


def test_whole_weights_repeat_rows() -> None:
    for seed in range(50):
        x, y = columns(6, 2, seed)
        source = random.Random(seed)
        times = [0, 1, *(source.randint(1, 4) for _ in x[2:])]
        many_x, many_y = repeated(x, times), repeated(y, times)
        assert weights.mean(x, times) == reference.exact_sum(many_x) / len(many_x)
        for ddof in (0, 1):
            assert weights.variance(x, times, ddof) == pairs.covariance(many_x, many_x, ddof)
            assert weights.covariance(x, y, times, ddof) == pairs.covariance(many_x, many_y, ddof)
        assert weights.correlation(x, y, times) == pairs.correlation(many_x, many_y)


def test_fractional_weights_by_hand() -> None:
    values, weighting = [1, 2, 6], [0.5, 1.0, 0.5]
    assert weights.mean(values, weighting) == Fraction(11, 4)
    # .5 * (7/4)^2 + (3/4)^2 + .5 * (13/4)^2 = 59/8, over 2 and over 1.
    assert weights.variance(values, weighting) == Fraction(59, 16)
    assert weights.variance(values, weighting, ddof=1) == Fraction(59, 8)
    assert weights.variance(values, weighting, ddof=2) is None
    assert weights.stddev(values, weighting) == Root(Fraction(59, 16))
    assert statistics.fmean(values, weighting) == 2.75


def test_weights_that_drop_rows() -> None:
    assert weights.mean([math.nan, 2, math.inf, 4], [0, 1, None, 1]) == 3
    assert weights.mean([None, 2], [5, 1]) == 2
    assert weights.mean([1, 2], [0, 0]) is None
    assert weights.mean([1, 2], [None, 1], skip_nulls=False) is None
    assert weights.mean([1, math.inf], [1e-300, 1e-300]) == math.inf
    assert nan(weights.mean([1, math.nan], [1, 1]))
    assert str(weights.mean([-0.0, -0.0, 0.0], [1, 2, 0])) == "-0.0"


@pytest.mark.parametrize("weight", [-1, -5e-324, math.nan, math.inf, Decimal(-1)])
def test_weights_that_are_refused(weight: float) -> None:
    with pytest.raises(ValueError, match="the weight of row 1 is"):
        weights.mean([1, None], [1, weight])


def test_weights_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="as many weights as rows"):
        weights.mean([1, 2], [1])


def test_shape_by_hand() -> None:
    # Of 0 0 0 4: the mean is 1, the distances are -1 -1 -1 3, m2 = 3, m3 = 6, m4 = 21.
    sample = [0, 0, 0, 4]
    assert shape.skewness(sample) == Root(Fraction(36, 27))
    assert shape.skewness([-v for v in sample]) == Root(Fraction(36, 27), -1)
    assert shape.skewness(sample, biased=False) == 2
    assert shape.kurtosis(sample) == Fraction(21, 9) - 3
    assert shape.kurtosis(sample, biased=False) == 4
    assert shape.sem(sample) == 1
    assert shape.sem(sample, ddof=0) == Root(Fraction(3, 4))
    assert shape.rms(sample) == 2


def test_shape_by_other_libraries() -> None:
    for seed in range(50):
        (sample,) = columns(40, 1, seed)
        sample = [value / max(map(abs, sample)) for value in sample]
        column, array = pd.Series(sample), pa.array(sample)
        assert close(shape.skewness(sample), pc.skew(array).as_py())
        assert close(shape.kurtosis(sample), pc.kurtosis(array).as_py())
        assert close(shape.skewness(sample, biased=False), column.skew())
        assert close(shape.kurtosis(sample, biased=False), column.kurt())
        assert close(shape.sem(sample), column.sem())


@pytest.mark.parametrize("sample", SAMPLES)
def test_shape_does_not_depend_on_place_and_scale(sample: list[float]) -> None:
    moved = [3 * Fraction(value) + Fraction(1, 7) for value in sample]
    for biased in (True, False):
        assert shape.skewness(moved, biased) == shape.skewness(sample, biased)
        assert shape.kurtosis(moved, biased) == shape.kurtosis(sample, biased)


@pytest.mark.parametrize("sample", SAMPLES)
def test_standard_errors_and_root_mean_squares(sample: list[float]) -> None:
    spread = pairs.covariance(sample, sample, ddof=1)
    error, square = shape.sem(sample), shape.rms(sample)
    assert isinstance(spread, Fraction)
    assert squared(error) * len(sample) == spread
    assert squared(square) * len(sample) == sum(Fraction(value) ** 2 for value in sample)


def squared(answer: Answer) -> Fraction:
    assert isinstance(answer, Fraction | Root)
    return answer.square if isinstance(answer, Root) else answer**2


@pytest.mark.parametrize(
    ("statistic", "least"),
    [
        (lambda values: shape.skewness(values, biased=False), 3),
        (lambda values: shape.kurtosis(values, biased=False), 4),
        (shape.sem, 2),
        (shape.rms, 1),
        (shape.skewness, 1),
        (shape.kurtosis, 1),
    ],
)
def test_too_few_values(statistic: Callable[[list[int | None]], Answer], least: int) -> None:
    values: list[int | None] = [1, 2, 4, 8]
    assert statistic([*values[: least - 1], None]) is None
    assert statistic([*values[:least], None]) is not None


def test_shape_of_equal_values_and_specials() -> None:
    assert nan(shape.skewness([0.1] * 5))
    assert nan(shape.kurtosis([0.1] * 5))
    assert shape.sem([0.1] * 5) == 0
    for statistic in (shape.skewness, shape.kurtosis, shape.sem):
        assert nan(statistic([1, 2, math.nan]))
        assert nan(statistic([1, 2, math.inf]))
    assert nan(shape.rms([math.inf, math.nan]))
    assert shape.rms([math.inf, math.nan], skip_nans=True) == math.inf
