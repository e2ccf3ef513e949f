"""Analysis of variance and t tests, against rational arithmetic and NIST's certified values."""

import itertools
import math
import random
import statistics
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import colstats as cs
from support.exact import groups, nist, samples
from support.exact.numbers import rounded, same

SETS, PAIRS = 3_000, 3_000
Groups = list[list[Any]]


def assert_equal(found: cs.Anova, expected: groups.Anova) -> None:
    """Compare all numbers, to the bit."""
    exact = [
        expected.f,
        expected.between_sum,
        expected.within_sum,
        expected.r2,
        expected.residual_stddev,
    ]
    numbers = [found.f, *found.sums_of_squares, found.r2, found.residual_stddev]
    pairs = zip(numbers, map(rounded, exact), strict=True)
    assert all(same(one, other) for one, other in pairs), (found, expected)
    assert found.degrees_of_freedom == (expected.between, expected.within)


def generated(count: int) -> list[Groups]:
    """Return sets of groups of values that are hard to add."""
    source, kinds = random.Random(21), list(samples.KINDS.values())
    sets = []
    for place in range(count):
        kind = kinds[place % len(kinds)]
        other = source.choice([kind, kind, source.choice(kinds)])
        sizes = [source.choice((0, 1, 2, 3, 5, 5, 8)) for _ in range(source.choice((2, 3, 5)))]
        sets.append([source.choice((kind, other))(source, size) if size else [] for size in sizes])
    return sets


def test_generated_groups_equal_the_oracle() -> None:
    answered = 0
    for values in generated(SETS):
        expected = groups.anova(values)
        arrays = [pa.array(group, pa.float64()) for group in values]
        if expected is None:
            with pytest.raises(ValueError, match=r"^anova needs "):
                cs.anova(arrays)
            continue
        answered += 1
        assert_equal(cs.anova(arrays), expected)
    assert answered > SETS / 2


def test_generated_t_tests_equal_the_oracle() -> None:
    answered = 0
    for place, (_, a, b) in enumerate(samples.pairs(PAIRS, seed=22)):
        for pooled in (False, True):
            values = (a, b[: len(b) // 2 + 1] if place % 3 == 0 else b)
            expected = groups.ttest(*values, pooled=pooled)
            if expected is None:
                with pytest.raises(ValueError, match=r"^a t test needs .* and a has 1 value and b"):
                    cs.ttest(*values, pooled=pooled)
                continue
            answered += 1
            found = cs.ttest(*map(cs.moments, values), pooled=pooled)
            assert same(found.t, rounded(expected.t)), (values, pooled)
            assert same(found.degrees_of_freedom, rounded(expected.degrees_of_freedom))
    assert answered > PAIRS


def shards(values: list[Any], convert: Callable[[list[Any]], Any]) -> cs.Moments:
    """Return the state of values, merged from three parts."""
    third = len(values) // 3 + 1
    parts = [values[at : at + third] for at in range(0, len(values), third)]
    return cs.merge(
        *(cs.Moments.from_bytes(cs.moments(convert(part)).to_bytes()) for part in parts)
    )


def decimal_type(values: list[list[str]]) -> pa.DataType:
    digits = max(len(value.partition(".")[2]) for group in values for value in group)
    return pa.decimal128(30, digits)


@pytest.mark.parametrize("name", nist.ANOVAS)
def test_nist(name: str) -> None:
    """As decimals all certified digits; as doubles, which are other data, the oracle's bits."""
    published = nist.anova(name)
    of = decimal_type(published.groups)
    for state in (
        lambda group: pa.array([Decimal(value) for value in group], of),
        lambda group: shards([Decimal(value) for value in group], lambda part: pa.array(part, of)),
    ):
        found = cs.anova([state(group) for group in published.groups])
        assert found.degrees_of_freedom == (published.between, published.within)
        certified = (
            (found.f, published.f),
            (found.sums_of_squares[0], published.between_sum),
            (found.sums_of_squares[1], published.within_sum),
            (found.r2, published.r2),
            (found.residual_stddev, published.residual_stddev),
        )
        for number, decimal in certified:
            # All of the 15 digits: printed so, it is the certified number.
            assert Decimal(f"{number:.14E}") == Decimal(decimal)
    doubles = [[float(value) for value in group] for group in published.groups]
    expected = groups.anova(doubles)
    assert expected is not None
    assert_equal(cs.anova(doubles), expected)
    assert_equal(cs.anova([shards(group, np.array) for group in doubles]), expected)


def test_groups_of_a_table() -> None:
    values = [[1.5, 2.5, 3.0], [2.0, 7.0], [1.0, 1.25, 8.0, 9.0]]
    keys = [[key] * len(group) for key, group in zip("abc", values, strict=True)]
    table = pa.table({"k": list(itertools.chain(*keys)), "v": list(itertools.chain(*values))})
    expected = cs.anova(values)
    assert cs.anova(cs.moments(table, by="k")) == expected
    assert cs.anova(dict(zip("abc", values, strict=True))) == expected
    assert cs.anova(iter(map(np.array, values))) == expected
    assert cs.anova([*map(cs.moments, values), [], cs.Moments()]) == expected


def test_types_and_scales_may_differ() -> None:
    a = pa.array([Decimal("1.25"), Decimal("2.50")])
    b = pa.array([Decimal("7"), None, Decimal("9")], pa.decimal256(50, 20))
    c = pa.array([True, False])
    d = pa.array([5, 6, 9], pa.int8())
    expected = groups.anova([[1.25, 2.5], [7, None, 9], [1, 0], [5, 6, 9]])
    assert expected is not None
    assert_equal(cs.anova([a, b, c, d]), expected)
    assert cs.ttest(a, b) == cs.ttest([1.25, 2.5], [7, 9])


def test_two_groups_are_a_pooled_t_test() -> None:
    a, b = [1, 2, 3, 7], [2, 4, 6]
    pooled = cs.ttest(a, b, pooled=True)
    assert pooled.t**2 == pytest.approx(cs.anova([a, b]).f, rel=1e-15)
    assert pooled.t < 0 < cs.ttest(b, a, pooled=True).t
    assert pooled.degrees_of_freedom == 5
    means = statistics.mean(a) - statistics.mean(b)
    deviation = math.sqrt(statistics.variance(a) / 4 + statistics.variance(b) / 3)
    assert cs.ttest(a, b).t == pytest.approx(means / deviation, rel=1e-15)


def test_constant_groups() -> None:
    assert cs.anova([[1, 1], [2, 2]]).f == math.inf
    assert math.isnan(cs.anova([[1, 1], [1, 1]]).f)
    assert cs.ttest([1, 1], [2, 2]).t == -math.inf
    assert math.isnan(cs.ttest([1, 1], [1, 1]).t)


def test_skipped_values() -> None:
    a, b = [1.0, math.nan, 3.0], [2.0, None, 5.0]
    assert cs.anova([a, b], skip_nans=True) == cs.anova([[1.0, 3.0], [2.0, 5.0]])
    assert cs.ttest(a, b, skip_nans=True) == cs.ttest([1.0, 3.0], [2.0, 5.0])


NAN = [1.0, math.nan]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: cs.anova([[1, 2], NAN]),
            ValueError,
            "group 1 has a NaN: skip_nans=True leaves it",
        ),
        (lambda: cs.anova([[1.0, math.inf], [2]]), ValueError, "group 0 has an infinity"),
        (
            lambda: cs.anova([[1, 2], [None, 2]], skip_nulls=False),
            ValueError,
            "group 1 has a null: skip_nulls=True leaves it out",
        ),
        (
            lambda: cs.anova([[1, 2]]),
            ValueError,
            "anova needs two groups with values, and there is 1",
        ),
        (lambda: cs.anova([]), ValueError, "anova needs two groups with values, and there is 0"),
        (
            lambda: cs.anova([[1], [2]]),
            ValueError,
            "a group of two values at least, and each has one",
        ),
        (
            lambda: cs.anova([pa.array(["x"]), [1]]),
            TypeError,
            "group 0 is string: this needs numbers",
        ),
        (lambda: cs.anova(3), TypeError, "anova takes a sequence of groups, not int"),
        (lambda: cs.anova("ab"), TypeError, "anova takes a sequence of groups, not str"),
        (lambda: cs.anova([{"a": [1]}, [2]]), TypeError, r"group 0 is a table \(dict\), not one"),
        (
            lambda: cs.anova(cs.moments({"k": [1], "a": [1], "b": [2]}, by="k")),
            ValueError,
            "anova compares the groups of one column, and these have 2 columns",
        ),
        (
            lambda: cs.ttest([1], [1, 2]),
            ValueError,
            "two values in each group, and a has 1 value and b 2",
        ),
        (lambda: cs.ttest([1, 2], NAN), ValueError, "b has a NaN"),
        (lambda: cs.ttest([1, 2], [1, 2], pooled=1), TypeError, "pooled must be a bool"),
    ],
)
def test_refusals(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
