"""Analysis of variance with one factor, and the t statistics of two samples.

>>> answer = anova([[1, 2, 3], [2, 4, 6], [5, 5]])
>>> answer.f, answer.between, answer.within, answer.r2
(Fraction(3, 1), 2, 5, Fraction(6, 11))
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from .missing import all_finite, fractions, kept
from .numbers import Answer, Exact, ratio, root, sign, signed_root, total
from .weights import Column


@dataclass(frozen=True)
class Anova:
    """The answers of an analysis of variance, not rounded."""

    f: Answer
    between: int
    within: int
    between_sum: Fraction
    within_sum: Fraction
    r2: Answer
    residual_stddev: Exact


@dataclass(frozen=True)
class TTest:
    """The statistic of a t test and its degrees of freedom, not rounded."""

    t: Answer
    degrees_of_freedom: Answer


def anova(groups: Sequence[Column], **rules: Any) -> Anova | None:
    """Compare the means of several groups; groups without a value do not count.

    The answer is None with fewer than two groups, or without degrees of freedom within them.
    """
    samples = [sample for group in groups if (sample := finite(group, **rules))]
    rows, between = sum(map(len, samples)), len(samples) - 1
    within = rows - len(samples)
    if between < 1 or within < 1:
        return None
    grand = total(map(total, samples)) / rows
    between_sum = total(len(s) * (mean(s) - grand) ** 2 for s in samples)
    within_sum = total(map(squares, samples))
    return Anova(
        f=ratio(between_sum / between, within_sum / within),
        between=between,
        within=within,
        between_sum=between_sum,
        within_sum=within_sum,
        r2=ratio(between_sum, between_sum + within_sum),
        residual_stddev=root(within_sum / within),
    )


def ttest(left: Column, right: Column, *, pooled: bool = False, **rules: Any) -> TTest | None:
    """Compare two means: by Welch's test, or, if `pooled`, by Student's, which has one variance.

    The answer is None if a sample is too small for its variance. If neither sample varies, t is
    infinite or NaN.

    >>> ttest([1, 2, 3], [2, 4, 6], pooled=True)
    TTest(t=Root(square=Fraction(12, 5), sign=-1), degrees_of_freedom=Fraction(4, 1))
    >>> ttest([1, 2, 3], [2, 4, 6]).degrees_of_freedom
    Fraction(50, 17)
    """
    a, b = finite(left, **rules), finite(right, **rules)
    if min(len(a), len(b)) < 1 or (len(a) + len(b) < 3 if pooled else min(len(a), len(b)) < 2):
        return None
    difference = mean(a) - mean(b)
    if pooled:
        freedom = len(a) + len(b) - 2
        shared = (squares(a) + squares(b)) / freedom
        return TTest(t_statistic(difference, shared / len(a) + shared / len(b)), Fraction(freedom))
    errors = [squares(s) / (len(s) - 1) / len(s) for s in (a, b)]
    parts = [e**2 / (len(s) - 1) for e, s in zip(errors, (a, b), strict=True)]
    variance = total(errors)
    return TTest(t_statistic(difference, variance), ratio(variance**2, total(parts)))


def t_statistic(difference: Fraction, variance: Fraction) -> Answer:
    """Divide a difference by the root of its variance."""
    if variance == 0:
        return math.inf * sign(difference) if difference else math.nan
    return signed_root(difference**2 / variance, difference)


def finite(values: Column, **rules: Any) -> list[Fraction]:
    """Return the values that count; NaNs and infinities are refused."""
    rows = kept([(value,) for value in values], **{"min_count": 0, **rules}) or []
    if not all_finite(rows):
        raise ValueError("a value is NaN or infinite")
    return fractions([value for (value,) in rows])


def mean(sample: list[Fraction]) -> Fraction:
    """Return the mean."""
    return total(sample) / len(sample)


def squares(sample: list[Fraction]) -> Fraction:
    """Sum the squared distances from the mean."""
    center = mean(sample)
    return total((value - center) ** 2 for value in sample)
