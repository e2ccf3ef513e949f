"""Oracles of regression, analysis of variance and t tests: by hand, and by published cases."""

import itertools
import math
import random
import statistics
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from support.exact import pairs
from support.exact.elimination import Collinear, inverse, solve
from support.exact.groups import anova, ttest
from support.exact.numbers import Answer, Root, agrees, rounded
from support.exact.regression import Fit, linear_fit, ols

#: Anscombe, "Graphs in statistical analysis", The American Statistician 27(1), 1973.
SHARED_X = ("10", "8", "13", "9", "11", "14", "6", "4", "12", "7", "5")
FOURTH_X = ("8",) * 7 + ("19",) + ("8",) * 3
ANSCOMBE = {
    "I": (SHARED_X, "8.04 6.95 7.58 8.81 8.33 9.96 7.24 4.26 10.84 4.82 5.68"),
    "II": (SHARED_X, "9.14 8.14 8.74 8.77 9.26 8.10 6.13 3.10 9.13 7.26 4.74"),
    "III": (SHARED_X, "7.46 6.77 12.74 7.11 7.81 8.84 6.08 5.39 8.15 6.42 5.73"),
    "IV": (FOURTH_X, "6.58 5.76 7.71 8.84 8.47 7.04 5.25 12.50 5.56 7.91 6.89"),
}


def fit(answer: Fit | None) -> Fit:
    assert answer is not None
    return answer


def published(answer: Answer, decimal: str) -> bool:
    assert isinstance(answer, Fraction | Root)
    return agrees(answer, decimal)


@pytest.mark.parametrize(
    ("name", "covariance", "correlation", "intercept", "slope"),
    [
        ("I", "5.501", "0.81642", "3.0001", "0.5001"),
        ("II", "5.5", "0.81624", "3.0009", "0.5"),
        ("III", "5.497", "0.81629", "3.0025", "0.4997"),
        ("IV", "5.499", "0.81652", "3.0017", "0.4999"),
    ],
)
def test_anscombe(name: str, covariance: str, correlation: str, intercept: str, slope: str) -> None:
    x = [Decimal(value) for value in ANSCOMBE[name][0]]
    y = [Decimal(value) for value in ANSCOMBE[name][1].split()]
    answer = fit(linear_fit(y, x))
    assert published(pairs.covariance(x, x, ddof=1), "11")
    assert published(pairs.covariance(x, y, ddof=1), covariance)
    assert published(pairs.correlation(x, y), correlation)
    assert published(answer.coefficients[0], intercept)
    assert published(answer.coefficients[1], slope)
    assert published(answer.residual_stddev, "1.24")
    assert published(answer.standard_errors[1], "0.118")
    found = pairs.correlation(x, y)
    assert isinstance(found, Root)
    assert found.square == answer.r2


def test_a_line_by_the_standard_library() -> None:
    source = random.Random(7)
    for _ in range(50):
        x = [source.gauss(1e3, 10) for _ in range(20)]
        y = [2 * value + source.gauss(5, 1) for value in x]
        answer = fit(linear_fit(y, x))
        slope, intercept = statistics.linear_regression(x, y)
        assert rounded(answer.coefficients[1]) == pytest.approx(slope, rel=1e-12)
        assert rounded(answer.coefficients[0]) == pytest.approx(intercept, rel=1e-6, abs=1e-6)


def test_two_predictors_by_hand() -> None:
    """Orthogonal predictors: each coefficient by itself, the squares add up."""
    y, first, second = [1, 3, 5, 9], [-1, -1, 1, 1], [-1, 1, -1, 1]
    answer = fit(ols(y, [first, second]))
    assert answer.coefficients == [Fraction(9, 2), Fraction(5, 2), Fraction(3, 2)]
    assert answer.residual_sum == 1
    assert answer.regression_sum == 4 * Fraction(25, 4) + 4 * Fraction(9, 4)
    assert answer.degrees_of_freedom == 1
    assert answer.r2 == Fraction(34, 35)
    assert answer.f == 17
    assert answer.standard_errors == [Fraction(1, 2)] * 3


def test_least_squares_are_least() -> None:
    """Any other coefficients leave a greater sum of squares."""
    source = random.Random(8)
    x = [[source.random() for _ in range(8)] for _ in range(2)]
    y = [source.random() for _ in range(8)]
    answer = fit(ols(y, x, degree=2))
    rows = [[1, a, Fraction(a) ** 2, b, Fraction(b) ** 2] for a, b in zip(*x, strict=True)]

    def residuals(coefficients: list[Fraction]) -> Fraction:
        fitted = [
            sum(c * Fraction(t) for c, t in zip(coefficients, row, strict=True)) for row in rows
        ]
        errors = [Fraction(v) - f for v, f in zip(y, fitted, strict=True)]
        return sum((e * e for e in errors), Fraction(0))

    assert residuals(answer.coefficients) == answer.residual_sum
    for place, change in itertools.product(range(5), (1e-9, -1e-9)):
        others = list(answer.coefficients)
        others[place] += Fraction(change)
        assert residuals(others) > answer.residual_sum


def test_whole_weights_repeat_rows_of_a_regression() -> None:
    x, y, times = [1, 2, 4, 7], [2, 3, 3, 9], [2, 0, 3, 1]
    many_x = [v for v, count in zip(x, times, strict=True) for _ in range(count)]
    many_y = [v for v, count in zip(y, times, strict=True) for _ in range(count)]
    assert linear_fit(y, x, weights=times) == linear_fit(many_y, many_x)


def test_regressions_with_too_few_rows() -> None:
    assert linear_fit([1], [1]) is None
    assert linear_fit([1, None, 3], [1, 2, None]) is None
    exact = fit(linear_fit([1, 3], [0, 1]))
    assert exact.coefficients == [1, 2]
    assert [exact.residual_sum, exact.r2] == [0, 1]
    assert exact.residual_stddev is None
    assert exact.standard_errors == [None, None]


def test_a_constant_response_explains_nothing() -> None:
    answer = fit(linear_fit([0.1] * 4, [1, 2, 3, 4]))
    assert answer.coefficients == [Fraction(0.1), 0]
    assert isinstance(answer.r2, float)
    assert math.isnan(answer.r2)


def test_collinear_predictors_are_refused() -> None:
    with pytest.raises(Collinear, match="column 1"):
        linear_fit([1, 2, 3], [0.1] * 3)
    with pytest.raises(Collinear) as raised:
        ols([1, 2, 3, 5], [[1, 2, 4, 9], [2, 4, 8, 18]])
    assert raised.value.column == 2
    near = ols([1, 2, 3, 5], [[1, 2, 4, 9], [2, 4, 8, math.nextafter(18, 19)]])
    assert near is not None


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_specials_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match="NaN or infinite"):
        linear_fit([1, value], [1, 2])
    with pytest.raises(ValueError, match="NaN or infinite"):
        anova([[1, value], [2]])


def test_elimination() -> None:
    """Hilbert's matrix has an inverse of integers that is known in closed form."""
    size = 9
    hilbert = [[Fraction(1, i + j + 1) for j in range(size)] for i in range(size)]
    assert inverse(hilbert) == [[closed_form(size, i, j) for j in range(size)] for i in range(size)]
    assert solve([[0, 1], [2, 0]], [[3], [4]]) == [[2], [3]]
    with pytest.raises(Collinear):
        inverse([[1, 2], [2, 4]])


def closed_form(n: int, i: int, j: int) -> int:
    """Return an element of the inverse of the Hilbert matrix of size n."""
    sign = -1 if (i + j) % 2 else 1
    binomials = math.comb(n + i, n - j - 1) * math.comb(n + j, n - i - 1)
    return sign * (i + j + 1) * binomials * math.comb(i + j, i) * math.comb(i + j, i)


def test_inverses_times_their_matrices() -> None:
    source = random.Random(9)
    for size in range(1, 6):
        matrix = [[Fraction(source.gauss(0, 1)) for _ in range(size)] for _ in range(size)]
        product = np.array(matrix, dtype=object) @ np.array(inverse(matrix), dtype=object)
        assert (product == np.eye(size, dtype=int)).all()


def test_two_groups_are_a_t_test() -> None:
    """F of two groups is the square of Student's t."""
    left, right = [1, 2, 3.5], [2, 4, 6, 7.25]
    student, variances = ttest(left, right, pooled=True), anova([left, right])
    assert student is not None
    assert variances is not None
    assert isinstance(student.t, Root)
    assert student.t.sign == -1
    assert student.t.square == variances.f
    assert student.degrees_of_freedom == variances.within == 5


def test_groups_that_do_not_vary() -> None:
    still = anova([[1, 1], [2, 2]])
    assert still is not None
    assert [still.f, still.r2, still.residual_stddev] == [math.inf, 1, 0]
    assert anova([[1, 2]]) is None
    assert anova([[1], [2]]) is None
    assert anova([[1, 2], [None], []]) is None
    tested = ttest([1, 1], [2, 2])
    assert tested is not None
    assert tested.t == -math.inf
    assert ttest([1], [1, 2]) is None
    assert ttest([1], [1, 2], pooled=True) is not None


def test_student_1908() -> None:
    """Hours of sleep gained by ten patients with two drugs: Student, Biometrika 6(1).

    R prints for them: t = -1.8608, df = 17.776.
    """
    first = "0.7 -1.6 -0.2 -1.2 -0.1 3.4 3.7 0.8 0.0 2.0"
    second = "1.9 0.8 1.1 0.1 -0.1 4.4 5.5 1.6 4.6 3.4"
    left, right = ([Decimal(value) for value in text.split()] for text in (first, second))
    welch, student = ttest(left, right), ttest(left, right, pooled=True)
    assert welch is not None
    assert student is not None
    assert published(welch.t, "-1.8608")
    assert published(welch.degrees_of_freedom, "17.776")
    assert welch.t == student.t  # for groups of equal size
    assert student.degrees_of_freedom == 18
