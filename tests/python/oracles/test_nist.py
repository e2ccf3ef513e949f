"""The oracles agree with every certified digit of NIST's reference datasets.

The data is taken as decimal numbers, which is what NIST's answers are about. The nearest doubles
are other data, with other answers: the F of SmLs09 agrees in 4 digits, Filip's coefficients in 14.
"""

from decimal import Decimal
from fractions import Fraction

import pytest

from support.exact import nist
from support.exact.groups import anova
from support.exact.numbers import Answer, Root, agrees, rounded
from support.exact.regression import Fit, linear_fit, ols


def assert_certified(answer: Answer, certified: str | None) -> None:
    """Compare all digits; what is not certified is not compared."""
    if certified is not None:
        assert isinstance(answer, Fraction | Root)
        assert agrees(answer, certified), f"{answer} is not {certified}"


def fitted(published: nist.Regression) -> Fit:
    """Fit a set as decimal numbers."""
    y, *predictors = zip(*[map(Decimal, row) for row in published.rows], strict=True)
    fit = ols(y, predictors, degree=published.degree, intercept=published.intercept)
    assert fit is not None
    return fit


def test_all_sets_are_there() -> None:
    assert (len(nist.REGRESSIONS), len(nist.ANOVAS)) == (11, 11)
    rows = {name: len(nist.regression(name).rows) for name in nist.REGRESSIONS}
    assert rows == {
        "Filip": 82,
        "Longley": 16,
        "NoInt1": 11,
        "NoInt2": 3,
        "Norris": 36,
        "Pontius": 40,
        **{f"Wampler{place}": 21 for place in range(1, 6)},
    }
    sizes = {name: sum(map(len, nist.anova(name).groups)) for name in nist.ANOVAS}
    simon_lesage = {f"SmLs0{place}": (189, 1809, 18009)[(place - 1) % 3] for place in range(1, 10)}
    assert sizes == {"AtmWtAg": 48, "SiRstv": 25, **simon_lesage}


@pytest.mark.parametrize("name", nist.REGRESSIONS)
def test_regressions(name: str) -> None:
    published = nist.regression(name)
    fit = fitted(published)
    for answer, certified in zip(fit.coefficients, published.coefficients, strict=True):
        assert_certified(answer, certified)
    for error, certified in zip(fit.standard_errors, published.standard_errors, strict=True):
        assert_certified(error, certified)
    assert_certified(fit.r2, published.r2)
    assert_certified(fit.residual_stddev, published.residual_stddev)
    assert_certified(fit.residual_sum, published.residual_sum)
    assert_certified(fit.residual_sum / fit.degrees_of_freedom, published.residual_square)
    assert_certified(fit.regression_sum, published.regression_sum)
    assert_certified(fit.f, published.f)


@pytest.mark.parametrize("name", nist.ANOVAS)
def test_analyses_of_variance(name: str) -> None:
    published = nist.anova(name)
    answer = anova([[Decimal(value) for value in group] for group in published.groups])
    assert answer is not None
    assert (answer.between, answer.within) == (published.between, published.within)
    assert_certified(answer.f, published.f)
    assert_certified(answer.between_sum, published.between_sum)
    assert_certified(answer.within_sum, published.within_sum)
    assert_certified(answer.r2, published.r2)
    assert_certified(answer.residual_stddev, published.residual_stddev)


def test_wamplers_are_the_polynomials_that_they_were_made_from() -> None:
    assert fitted(nist.regression("Wampler1")).coefficients == [1] * 6
    tenths = [Fraction(1, 10**power) for power in range(6)]
    assert fitted(nist.regression("Wampler2")).coefficients == tenths
    for name, factor in (("Wampler3", 1), ("Wampler4", 100), ("Wampler5", 10_000)):
        fit = fitted(nist.regression(name))
        assert fit.coefficients == [1] * 6
        assert fit.residual_sum == 83_554_268 * factor**2


def test_one_predictor_is_a_case_of_several() -> None:
    rows = [tuple(map(Decimal, row)) for row in nist.regression("Norris").rows]
    y, x = zip(*rows, strict=True)
    assert linear_fit(y, x) == fitted(nist.regression("Norris"))


def test_doubles_are_other_data() -> None:
    groups = nist.anova("SmLs09").groups
    decimals = anova([[Decimal(value) for value in group] for group in groups])
    doubles = anova([[float(value) for value in group] for group in groups])
    assert decimals is not None
    assert doubles is not None
    assert decimals.f == 2001
    assert rounded(doubles.f) == 2001.1349262209505


@pytest.mark.parametrize("change", [1, -1])
def test_a_wrong_digit_is_noticed(change: int) -> None:
    """A unit more or less in the last certified digit does not agree."""
    published = nist.regression("Filip")
    answer = fitted(published).coefficients[1]
    digit = Decimal(published.coefficients[1])
    exponent = digit.as_tuple().exponent
    assert isinstance(exponent, int)
    assert not agrees(answer, str(digit + change * Decimal(10) ** exponent))
