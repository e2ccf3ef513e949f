"""Mean and variance with frequency weights: a weight of 3 counts like three equal rows.

A weight need not be an integer. `ddof` is taken from the sum of the weights. A weight of zero is
absence: its value does not count, even if it is NaN. A null weight drops its row. Negative, NaN and
infinite weights are refused, even next to a null.
"""

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from support.reference import sum_of_specials

from .missing import all_finite, fractions, is_finite, kept
from .numbers import Answer, Value, root, signed_root, total

Column = Sequence[Value | None]


def weighted_rows(
    columns: Sequence[Column], weights: Column, **rules: Any
) -> list[tuple[Value, ...]] | None:
    """Return the rows that count, with their weights in the last place.

    >>> weighted_rows([[1, 2, 3]], [1, 0, None])
    [(1, 1)]
    """
    check(weights)
    if any(len(column) != len(weights) for column in columns):
        raise ValueError("as many weights as rows are needed")
    return kept([row for row in zip(*columns, weights, strict=True) if row[-1] != 0], **rules)


def check(weights: Column) -> None:
    """Refuse weights that are negative, NaN or infinite."""
    for row, weight in enumerate(weights):
        if weight is not None and not (is_finite(weight) and weight >= 0):
            raise ValueError(f"the weight of row {row} is {weight}")


def mean(values: Column, weights: Column, **rules: Any) -> Answer:
    """Return the weighted mean.

    >>> mean([1, 4], [2, 1])
    Fraction(2, 1)
    """
    rows = weighted_rows([values], weights, **rules)
    if not rows:
        return None
    special = sum_of_specials([as_float(value) for value, _ in rows])
    if special is not None:
        return special
    return total(Fraction(v) * Fraction(w) for v, w in rows) / total(Fraction(w) for _, w in rows)


def as_float(value: Value) -> float:
    """Return a float with the same sign, NaN, infinity or zero: what decides special sums."""
    return value if isinstance(value, float) else float(value > 0) - float(value < 0)


def variance(values: Column, weights: Column, ddof: int = 0, **rules: Any) -> Answer:
    """Return the weighted variance: weighted squares over the sum of the weights minus `ddof`.

    >>> variance([1, 1, 4], [1, 1, 1]) == variance([1, 4], [2, 1])
    True
    """
    return covariance(values, values, weights, ddof, **rules)


def stddev(values: Column, weights: Column, ddof: int = 0, **rules: Any) -> Answer:
    """Return the root of the weighted variance."""
    square = variance(values, weights, ddof, **rules)
    return root(square) if isinstance(square, Fraction) else square


def covariance(left: Column, right: Column, weights: Column, ddof: int = 0, **rules: Any) -> Answer:
    """Return the weighted covariance."""
    rows = weighted_rows([left, right], weights, **rules)
    if rows is None:
        return None
    total_weight = total(fractions([row[-1] for row in rows]))
    if total_weight <= ddof:
        return None
    if not all_finite(rows):
        return math.nan
    return centered(rows) / (total_weight - ddof)


def correlation(left: Column, right: Column, weights: Column, **rules: Any) -> Answer:
    """Return the weighted correlation; NaN if a column is constant."""
    rows = weighted_rows([left, right], weights, **rules)
    if not rows:
        return None
    if not all_finite(rows):
        return math.nan
    product = centered(rows)
    squares = centered([(x, x, w) for x, _, w in rows]) * centered([(y, y, w) for _, y, w in rows])
    if squares == 0:
        return math.nan
    return signed_root(product**2 / squares, product)


def centered(rows: Sequence[tuple[Value, ...]]) -> Fraction:
    """Sum the weighted products of the distances from the two weighted means."""
    triples = [(Fraction(x), Fraction(y), Fraction(w)) for x, y, w in rows]
    weight = total(w for _, _, w in triples)
    center_x = total(x * w for x, _, w in triples) / weight
    center_y = total(y * w for _, y, w in triples) / weight
    return total((x - center_x) * (y - center_y) * w for x, y, w in triples)
