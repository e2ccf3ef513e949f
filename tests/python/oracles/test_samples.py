"""The samples of the oracles: finite, repeatable, and of every kind that they are meant to have."""

import math
from collections import Counter
from fractions import Fraction

from support.exact import pairs
from support.exact.numbers import Root, less
from support.exact.samples import KINDS, columns
from support.exact.samples import pairs as sampled_pairs


def test_samples_are_finite_and_repeatable() -> None:
    found = list(columns(1100))
    assert Counter(kind for kind, _ in found) == dict.fromkeys(KINDS, 100)
    assert all(math.isfinite(value) for _, column in found for value in column)
    assert str(list(columns(1100))) == str(found)
    assert str(list(columns(1100, seed=1))) != str(found)


def test_correlations_of_all_samples_are_in_range() -> None:
    """They include both ends, nothing, and all that is between."""
    seen = set()
    for _, left, right in sampled_pairs(2200):
        assert all(map(math.isfinite, right))
        found = pairs.correlation(left, right)
        if isinstance(found, float):
            seen.add("none")
            continue
        assert isinstance(found, Fraction | Root)
        assert not less(Fraction(1), found)
        assert not less(found, Fraction(-1))
        seen.add(str(found) if found in (-1, 1) else "between")
    assert seen == {"none", "1", "-1", "between"}
