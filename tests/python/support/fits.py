"""Fits compared with those of the oracle, to the bit."""

import colstats as cs
from support.exact import regression
from support.exact.numbers import Answer, rounded, same


def numbers(fit: cs.Fit) -> list[float | None]:
    """Return all that is rounded."""
    return [
        *fit.coefficients.values(),
        *fit.standard_errors.values(),
        fit.r2,
        fit.residual_stddev,
        fit.f,
        *fit.sums_of_squares,
    ]


def rounded_numbers(fit: regression.Fit) -> list[float | None]:
    exact: list[Answer] = [
        *fit.coefficients,
        *fit.standard_errors,
        fit.r2,
        fit.residual_stddev,
        fit.f,
        fit.regression_sum,
        fit.residual_sum,
    ]
    return list(map(rounded, exact))


def assert_equal(fit: cs.Fit, expected: regression.Fit) -> None:
    """Compare all numbers, to the bit."""
    pairs = zip(numbers(fit), rounded_numbers(expected), strict=True)
    assert all(same(one, other) for one, other in pairs), (fit, expected)
    assert fit.degrees_of_freedom == rounded(expected.degrees_of_freedom)
