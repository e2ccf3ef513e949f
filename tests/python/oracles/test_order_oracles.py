"""Oracles of order statistics and windows: by hand, by `statistics`, and by other libraries."""

import itertools
import math
import random
import statistics
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from support.exact import windows
from support.exact.numbers import rounded
from support.exact.order import INTERPOLATIONS, as_written, median, mode, n_unique, quantile

TENS = [10, 20, 30, 40]


def test_each_interpolation_by_hand() -> None:
    # The position of 0.4 is 1.2, that of 0.5 is 1.5, and that of 1/3 is 1.
    answers = {name: [quantile(TENS, q, name) for q in (0.4, 0.5)] for name in INTERPOLATIONS}
    assert answers == {
        "linear": [22, 25],
        "lower": [20, 20],
        "higher": [30, 30],
        "nearest": [20, 30],
        "midpoint": [25, 25],
    }
    for name in INTERPOLATIONS:
        assert [quantile(TENS, q, name) for q in (0, Fraction(1, 3), 1)] == [10, 20, 40]


def test_ties_of_nearest_go_to_the_even_position() -> None:
    for rows in (2, 4, 6):
        values = list(range(rows))
        expected = {2: 0, 4: 2, 6: 2}[rows]
        assert quantile(values, 0.5, "nearest") == expected
        assert np.quantile(values, 0.5, method="nearest") == expected
        assert pc.quantile(pa.array(values), 0.5, interpolation="nearest")[0].as_py() == expected
        assert pd.Series(values).quantile(0.5, "nearest") == expected


def test_a_float_stands_for_the_decimal_that_it_is_written_as() -> None:
    """Others multiply doubles: 0.29 * 100 is 28.999999999999996."""
    percents = [float(value) for value in range(101)]
    for percent in range(101):
        for name in INTERPOLATIONS:
            assert quantile(percents, percent / 100, name) == percent
    assert pc.quantile(pa.array(percents), 0.29, interpolation="lower")[0].as_py() == 28.0
    assert as_written(1 / 3) == Fraction("0.3333333333333333")
    assert as_written(1) == 1


def test_quantiles_by_other_libraries() -> None:
    source = random.Random(4)
    for _ in range(100):
        values = [source.gauss(0, 1) for _ in range(source.randint(1, 30))]
        for q in (0.0, 0.1, 0.25, 0.5, 0.77, 1.0):
            for name in INTERPOLATIONS:
                expected = pc.quantile(pa.array(values), q, interpolation=name)[0].as_py()
                answer = quantile(values, q, name)
                answer = rounded(answer) if isinstance(answer, Fraction) else answer
                assert answer == pytest.approx(expected, rel=1e-12), (values, q, name)
        if len(values) > 1:
            quartiles = [rounded(quantile(values, q)) for q in (0.25, 0.5, 0.75)]
            assert quartiles == pytest.approx(
                statistics.quantiles(values, n=4, method="inclusive"), rel=1e-12
            )


def test_medians_by_the_standard_library() -> None:
    source = random.Random(5)
    for _ in range(200):
        exact = [Fraction(source.gauss(0, 1e9)) for _ in range(source.randint(1, 9))]
        assert median(exact) == statistics.median(exact)
        assert quantile(exact, 0.5, "lower") == statistics.median_low(exact)
        assert quantile(exact, 0.5, "higher") == statistics.median_high(exact)
    assert rounded(median([1.75 * 2.0**1023, 2.0**1022])) == 1.125 * 2.0**1023
    assert rounded(median([5e-324, 1e-323])) == 1e-323  # half of 3 units, to even
    assert median([2**62, 2**62 + 1]) == 2**62 + Fraction(1, 2)


def test_nulls_nans_infinities_and_zeros() -> None:
    assert median([None, None]) is None
    assert median([1, None, 3]) == 2
    assert median([1, None], skip_nulls=False) is None
    assert median([1], min_count=2) is None
    assert math.isnan(median([1.0, math.nan]))
    assert median([1.0, math.nan], skip_nans=True) == 1
    assert median([1.0, math.inf]) == math.inf
    assert median([-math.inf, 1.0, math.inf]) == 1
    assert math.isnan(median([-math.inf, math.inf]))
    assert quantile([1.0, math.inf], 0.0) == 1
    assert str(quantile([0.0, -0.0], 0, "lower")) == "-0.0"
    assert str(quantile([0.0, -0.0], 0)) == "-0.0"
    assert str(quantile([0.0, -0.0], 1, "higher")) == "0.0"
    assert median([0.0, -0.0]) == Fraction(0)


def test_text_has_quantiles_without_arithmetic() -> None:
    words = ["pear", "apple", None, "fig"]
    assert quantile(words, 0.25, "lower") == "apple"
    assert quantile(words, 0.25, "higher") == "fig"
    assert quantile(words, 1.0, "nearest") == "pear"


@pytest.mark.parametrize("q", [-0.1, 1.1, -5e-324, math.nextafter(1, 2)])
def test_shares_that_are_refused(q: float) -> None:
    with pytest.raises(ValueError, match=r"not in \[0, 1\]"):
        quantile(TENS, q)


def test_interpolations_that_are_refused() -> None:
    with pytest.raises(ValueError, match="not one of"):
        quantile(TENS, 0.5, "cubic")


def test_modes_and_distinct_values() -> None:
    assert mode([2, 2, 1, 1, None, None, None]) == 1
    assert mode(["b", "a", "b"]) == "b"
    assert mode([]) is None
    assert mode([None]) is None
    assert math.isnan(mode([math.nan, math.nan, 1.0]))
    assert mode([math.nan, 1.0]) == 1.0
    assert mode([math.nan, math.nan, 1.0], skip_nans=True) == 1.0
    values = [3, 1, 2, 3, None, 2, 7]
    assert n_unique(values) == pd.Series(values).nunique() == 4
    assert n_unique([math.nan, 1.0], skip_nans=True) == 1
    assert n_unique([]) == 0
    assert n_unique([2**53, 2**53 + 1]) == 2


def total(values: list[Any]) -> Any:
    return sum(map(Fraction, values))


def test_overlapping_windows() -> None:
    windows_of = windows.overlapping
    assert windows_of(5, 2, 2) == [range(0, 2), range(2, 4), range(4, 5)]
    assert windows_of(5, 3, 1) == [range(0, 3), range(1, 4), range(2, 5)]
    assert windows_of(6, 3, 2) == [range(0, 3), range(2, 5), range(4, 6)]
    assert windows_of(7, 2, 3) == [range(0, 2), range(3, 5), range(6, 7)]
    assert windows_of(2, 5, 1) == [range(0, 2)]
    assert windows_of(0, 5, 1) == []
    for per, step in ((0, 1), (1, 0)):
        with pytest.raises(ValueError, match="at least one row"):
            windows_of(5, per, step)


def test_every_row_is_in_a_window_unless_steps_are_longer() -> None:
    for rows in range(12):
        for per in range(1, 6):
            for step in range(1, per + 1):
                found = windows.overlapping(rows, per, step)
                assert sorted({row for window in found for row in window}) == list(range(rows))
                assert all(len(window) == per for window in found[:-1])


def test_trailing_windows_by_pandas() -> None:
    """On integers, pandas has nothing to round."""
    values = [random.Random(6).randrange(100) for _ in range(30)]
    for per in (1, 3, 40):
        answers = windows.over(windows.trailing(30, per), total, values, min_count=2)
        expected = pd.Series(values).rolling(per, min_periods=min(2, per)).sum()
        if per > 1:
            assert [-1 if answer is None else answer for answer in answers] == list(
                expected.fillna(-1)
            )
    sums = windows.over(windows.cumulative(30), total, values)
    assert sums == list(pd.Series(values).cumsum())


def test_exact_windows_do_not_drift() -> None:
    """After a large value has left the window, nothing of it may remain."""
    values = [1e16, 0.1, 0.2, 0.3, 0.4]
    answers = windows.over(windows.trailing(5, 2), total, values, min_count=2)
    later = [Fraction(value) for value in values[1:]]
    assert answers[2:] == [a + b for a, b in itertools.pairwise(later)]


def test_timed_windows_by_pandas() -> None:
    seconds = [0, 1, 1, 4, 5, 9, 9, 9, 10]
    values = [float(2**place) for place in range(9)]
    stamps = pd.to_datetime(seconds, unit="s")
    found = windows.over(windows.by_time(seconds, 4), total, values)
    expected = pd.Series(values, stamps).rolling("4s").sum().groupby(level=0).transform("last")
    assert found == list(expected)


def test_timed_windows_that_are_refused() -> None:
    with pytest.raises(ValueError, match="not sorted"):
        windows.by_time([1, 3, 2], 1)
    with pytest.raises(ValueError, match="null"):
        windows.by_time([1, None], 1)


def test_nulls_in_windows() -> None:
    values = [1, None, 3, math.nan, None]
    pairs = windows.overlapping(5, 2, 1)
    assert windows.over(pairs, len, values) == [1, 1, 2, 1]
    assert windows.over(pairs, len, values, skip_nans=True) == [1, 1, 1, None]
    assert windows.over(pairs, len, values, min_count=2) == [None, None, 2, None]
