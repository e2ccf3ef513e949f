"""Linear least squares: with one predictor, several, or powers of them; with frequency weights.

The normal equations are formed and solved exactly, so it does not matter that they are as badly
conditioned as they are said to be. The residuals are then computed row by row.

>>> fit = ols([1, 3, 4], [[0, 1, 2]])
>>> fit.coefficients, fit.r2
([Fraction(7, 6), Fraction(3, 2)], Fraction(27, 28))
>>> fit.residual_stddev, fit.standard_errors[1]
(Root(square=Fraction(1, 6), sign=1), Root(square=Fraction(1, 12), sign=1))
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from . import elimination
from .missing import all_finite, kept
from .numbers import Answer, Exact, Value, ratio, root, total
from .weights import Column, check


@dataclass(frozen=True)
class Fit:
    """The answers of a regression, not rounded.

    The intercept, if any, is the first coefficient. Powers of a predictor follow each other. With
    no degrees of freedom there is no residual deviation, and there are no standard errors.
    """

    coefficients: list[Fraction]
    standard_errors: list[Exact | None]
    residual_stddev: Exact | None
    residual_sum: Fraction
    regression_sum: Fraction
    degrees_of_freedom: Fraction
    r2: Answer
    f: Answer


def linear_fit(y: Column, x: Column, weights: Column | None = None, **rules: Any) -> Fit | None:
    """Fit `y = a + b x`; the coefficients are `[a, b]`."""
    return ols(y, [x], weights=weights, **rules)


def ols(
    y: Column,
    predictors: Sequence[Column],
    *,
    degree: int = 1,
    intercept: bool = True,
    weights: Column | None = None,
    **rules: Any,
) -> Fit | None:
    """Fit `y` to the powers of the predictors, from 1 up to `degree`.

    Rows with a null in any column are left out. The answer is None if there are fewer rows than
    coefficients, and `Collinear` is raised if there is no single solution.
    """
    weights = [1] * len(y) if weights is None else weights
    check(weights)
    table = [row for row in zip(*predictors, y, weights, strict=True) if row[-1] != 0]
    rows = kept(table, **rules)
    if rows is None or len(rows) < len(predictors) * degree + intercept:
        return None
    if not all_finite(rows):
        raise ValueError("a value is NaN or infinite")
    return fit([terms(row[:-2], degree, intercept) for row in rows], *last_two(rows), intercept)


def last_two(rows: Sequence[tuple[Value, ...]]) -> tuple[list[Fraction], list[Fraction]]:
    """Return the responses and the weights."""
    return [Fraction(row[-2]) for row in rows], [Fraction(row[-1]) for row in rows]


def terms(predictors: Sequence[Value], degree: int, intercept: bool) -> list[Fraction]:
    """Return a row of the design matrix.

    >>> [int(term) for term in terms([2, 5], degree=3, intercept=True)]
    [1, 2, 4, 8, 5, 25, 125]
    """
    powers = [Fraction(value) ** power for value in predictors for power in range(1, degree + 1)]
    return [Fraction(1), *powers] if intercept else powers


def fit(
    design: list[list[Fraction]], y: list[Fraction], weights: list[Fraction], intercept: bool
) -> Fit:
    """Solve the normal equations, and describe the residuals."""
    size = len(design[0])
    normal = [
        [
            total(w * row[i] * row[j] for row, w in zip(design, weights, strict=True))
            for j in range(size)
        ]
        for i in range(size)
    ]
    right = [
        [total(w * row[i] * value for row, value, w in zip(design, y, weights, strict=True))]
        for i in range(size)
    ]
    coefficients = [row[0] for row in elimination.solve(normal, right)]
    residuals = [
        value - total(b * term for b, term in zip(coefficients, row, strict=True))
        for row, value in zip(design, y, strict=True)
    ]
    residual_sum = total(w * e**2 for e, w in zip(residuals, weights, strict=True))
    freedom = total(weights) - size
    center = total(w * v for v, w in zip(y, weights, strict=True)) / total(weights)
    total_sum = total(w * (v - center * intercept) ** 2 for v, w in zip(y, weights, strict=True))
    regression_sum = total_sum - residual_sum
    variance = residual_sum / freedom if freedom > 0 else None
    diagonal = [row[i] for i, row in enumerate(elimination.inverse(normal))]
    return Fit(
        coefficients=coefficients,
        standard_errors=[None if variance is None else root(variance * d) for d in diagonal],
        residual_stddev=None if variance is None else root(variance),
        residual_sum=residual_sum,
        regression_sum=regression_sum,
        degrees_of_freedom=freedom,
        r2=ratio(regression_sum, total_sum) if total_sum else math.nan,
        f=None
        if variance is None or size == intercept
        else ratio(regression_sum / (size - intercept), variance),
    )
