"""Medians and quantiles, against sorted fractions and what others compute."""

import datetime
import decimal
import math
import random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import colstats as cs
from colstats import _native
from colstats.distributed import Round
from support.exact import order, samples
from support.exact.numbers import rounded, same

COUNT = 6_000
SHARES = (0.0, 0.1, 0.25, 0.29, 0.5, 0.75, 0.999, 1.0, 1e-17, 1 / 3)


def expected(values: Any, q: float, interpolation: str, **rules: Any) -> Any:
    """What the oracle answers, rounded."""
    answer = order.quantile(values, q, interpolation, **rules)
    return rounded(answer) if interpolation in ("linear", "midpoint") else answer


def test_generated_columns_equal_the_oracle() -> None:
    source = random.Random(1)
    for kind, values in samples.columns(COUNT):
        column = pa.array(values)
        for interpolation in order.INTERPOLATIONS:
            q = source.choice((*SHARES, source.random()))
            result = cs.quantile(column, q, interpolation=interpolation)
            wanted = expected(values, q, interpolation)
            assert same(result, wanted), (kind, values, q, interpolation, result, wanted)
        assert same(cs.median(column), expected(values, 0.5, "linear")), (kind, values)


def test_shares_are_what_is_written() -> None:
    for percent in range(101):
        assert cs.quantile(range(101), percent / 100, interpolation="lower") == percent


def test_days_of_numpy_lie_in_64_bits() -> None:
    days = np.array(["2024-03-01", "1969-12-30", "NaT", "2024-02-29", "2024-02-29"], "M8[D]")
    assert cs.median(days) == datetime.datetime(2024, 2, 29)
    assert cs.quantile(days, [0, 1], interpolation="higher") == [
        datetime.date(1969, 12, 30),
        datetime.date(2024, 3, 1),
    ]
    assert cs.median({"d": days})["d"] == datetime.datetime(2024, 2, 29)
    both = iter([days, pa.array([datetime.date(1800, 1, 1)]), days[:1]])
    assert cs.quantile(both, 0, interpolation="lower") == datetime.date(1800, 1, 1)
    assert (cs.mode(days), cs.n_unique(days)) == (datetime.date(2024, 2, 29), 3)
    with pytest.raises(ValueError, match="the mode does not fit date32"):
        cs.mode(np.array([2**40], "M8[D]"))
    found = Round().join([Round(interpolation="lower").partial({"d": days}) for _ in range(2)])
    assert _native._quantile_step(found, "quantile", 0.0, interpolation="lower")


@pytest.mark.parametrize("distribution", ["normal", "ties", "sorted", "blocks", "two values"])
def test_long_columns_equal_sorting(distribution: str) -> None:
    rng = np.random.default_rng(2)
    values = {
        "normal": lambda: rng.normal(size=300_001),
        "ties": lambda: rng.integers(0, 5, 300_001).astype(float),
        "sorted": lambda: np.sort(rng.normal(size=300_001)),
        "blocks": lambda: np.repeat(rng.normal(size=30), 10_001),
        "two values": lambda: np.where(rng.random(300_001) < 0.5, -1.0, 1e300),
    }[distribution]()
    ordered = np.sort(values)
    chunked = pa.chunked_array([values[:7], values[7:200_000], values[200_000:]])
    masked = pa.array(values, mask=np.arange(len(values)) % 3 == 0)
    few = np.sort(values[np.arange(len(values)) % 3 != 0])
    for q in (0.0, 0.001, 0.25, 0.5, 0.9, 1.0):
        at = math.floor(q * (len(values) - 1))
        for data in (values, chunked):
            for threads in (1, 2):
                result = cs.quantile(data, q, interpolation="lower", threads=threads)
                assert result == ordered[at]
        at = math.floor(q * (len(few) - 1))
        assert cs.quantile(masked, q, interpolation="lower") == few[at]


def test_nulls_and_nans() -> None:
    source = random.Random(3)
    for _, values in samples.columns(300, rows=16, seed=5):
        mixed = [source.choice((it, it, it, None, math.nan, math.inf, -math.inf)) for it in values]
        for interpolation in order.INTERPOLATIONS:
            for rules in ({"skip_nans": True}, {}):
                result = cs.quantile(pa.array(mixed), 0.4, interpolation=interpolation, **rules)
                wanted = expected(mixed, 0.4, interpolation, **rules)
                assert same(result, wanted), (mixed, interpolation)
    assert cs.median([]) is None
    assert cs.median([1.0, None], skip_nulls=False) is None
    assert cs.median([1.0, 2.0], min_count=3) is None


def test_types() -> None:
    moment = datetime.datetime(2020, 1, 1)
    times = [moment, moment + datetime.timedelta(seconds=3)]
    assert cs.median(pa.array(times, pa.timestamp("s"))) == moment + datetime.timedelta(seconds=1.5)
    assert cs.quantile(pa.array(times), 0.5, interpolation="higher") == times[1]
    days = pa.array([datetime.date(2020, 1, 1), datetime.date(2020, 1, 2)])
    assert cs.median(days) == datetime.datetime(2020, 1, 1, 12)
    assert cs.quantile(days, 0.4, interpolation="nearest") == datetime.date(2020, 1, 1)
    tenths = [decimal.Decimal("0.1"), decimal.Decimal("0.2")]
    assert cs.median(pa.array(tenths)) == 0.15
    assert cs.quantile(pa.array(tenths), 0, interpolation="lower") == tenths[0]
    assert cs.median([True, False, True, True]) == 1.0
    assert cs.quantile([True, False], 0.2, interpolation="lower") is False
    wide = [2**62 + 1, 2**62 + 3]
    assert cs.quantile(wide, 0.5, interpolation="lower") == wide[0]
    assert cs.median(wide) == float(2**62 + 2)
    dictionary = pa.array([3, 1, 1, None, 2]).dictionary_encode()
    assert cs.median(dictionary) == 1.5
    huge = [decimal.Decimal(10**75), decimal.Decimal(10**75 + 2)]
    assert cs.quantile(pa.array(huge, pa.decimal256(76, 0)), 1, interpolation="lower") == huge[1]


def test_lists_of_shares_and_tables() -> None:
    assert cs.quantile([1, 2, 10, 20], [0.25, 0.6]) == [1.75, 8.4]
    table = pa.table({"a": [1, 2, 10, 20], "b": [0.5, None, 1.5, 3.0]})
    assert cs.median(table).to_dict() == {"a": 6.0, "b": 1.5}
    rows = cs.quantile(table, [0, 1], interpolation="lower")
    assert pa.table(rows).to_pylist() == [
        {"q": 0.0, "a": 1, "b": 0.5},
        {"q": 1.0, "a": 20, "b": 3.0},
    ]


def test_numpy_agrees_where_it_is_exact() -> None:
    rng = np.random.default_rng(4)
    values = rng.integers(-1000, 1000, 1001).astype(float)
    for q in (0.0, 0.125, 0.5, 0.875, 1.0):
        for method in ("linear", "lower", "higher", "nearest", "midpoint"):
            numpy = float(np.quantile(values, q, method=method))
            assert cs.quantile(values, q, interpolation=method) == numpy  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: cs.quantile([1], 1.5), ValueError, "q must be from 0 to 1, got 1.5"),
        (lambda: cs.quantile([1], [0.1, -1]), ValueError, "q must be from 0 to 1, got -1.0"),
        (lambda: cs.quantile([1], math.nan), ValueError, "q must be from 0 to 1, got NaN"),
        (lambda: cs.quantile([1], "half"), TypeError, "q must be a number from 0 to 1.*not str"),
        (
            lambda: cs.quantile([1], 0.5, interpolation="cubic"),  # type: ignore[arg-type]
            ValueError,
            'interpolation must be .*, got "cubic"',
        ),
        (lambda: cs.median(pa.array(["a"])), TypeError, "cannot compute the median of string"),
        (lambda: cs.median(pa.table({"s": ["a"]})), TypeError, 'column "s": cannot compute the'),
    ],
)
def test_refusals(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
