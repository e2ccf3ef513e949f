"""Answers by groups against rational arithmetic: all kinds of keys, values and layouts."""

import itertools
import math
import statistics
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

import colstats as cs

ROWS = 3000
GROUPS = 40
RNG = np.random.default_rng(5)
IDS = RNG.integers(0, GROUPS, ROWS)
NORMAL = RNG.normal(10, 3, ROWS)
EXPONENTS = RNG.integers(-200, 200, ROWS)


def sprinkled(values: Any, *rare: float) -> Any:
    """The values, with a few others among them."""
    values = values.copy()
    for value in rare:
        values[RNG.random(ROWS) < 0.01] = value
    return values


VALUES: dict[str, Any] = {
    "normal": NORMAL,
    "NaN": sprinkled(NORMAL, np.nan),
    "infinite": sprinkled(NORMAL, np.inf, -np.inf),
    "one sign of infinity": sprinkled(NORMAL, np.inf),
    "outliers": sprinkled(NORMAL, 1e-30, -1e30, 1e150),
    "subnormal": sprinkled(NORMAL, 5e-324, -2e-310),
    "zeros": sprinkled(RNG.choice([0.0, -0.0], ROWS), 1.0),
    "negative zeros": np.full(ROWS, -0.0),
    "exponents": NORMAL * 2.0**EXPONENTS,
    "large": sprinkled(NORMAL * 1e154, 1e154),
    "by group": NORMAL * 2.0 ** (10.0 * (IDS - GROUPS / 2)),
    "constant": np.full(ROWS, 0.1),
    "cancelling": np.where(IDS % 2 == 0, 0.1, -0.1),
    "float32": NORMAL.astype(np.float32),
    "float16": sprinkled(NORMAL, 6e-8, np.nan).astype(np.float16),
    "int64": RNG.integers(-(2**62), 2**62, ROWS),
    "uint64": RNG.integers(0, 2**64, ROWS, dtype=np.uint64),
    "int8": RNG.integers(-128, 128, ROWS).astype(np.int8),
    "bool": RNG.random(ROWS) < 0.3,
}

KEYS: dict[str, Callable[[int], Any]] = {
    "small integers": lambda i: i,
    "negative integers": lambda i: i * 1000 - 20_000,
    "sparse integers": lambda i: i**11 - 2**60,
    "text": lambda i: "x" * (i % 20) + str(i),
    "long text": lambda i: f"a common beginning of {i} and a common end",
    "bytes": lambda i: b"\0" * i,
    "floats": lambda i: [math.inf, -0.0, -math.inf][i] if i < 3 else i / 7 - 1,
    "bools": lambda i: i % 3 == 0,
}


def exact(statistic: str, values: list[Any]) -> float:
    """The correctly rounded answer, or what IEEE 754 says about special values."""
    finite = [value for value in values if math.isfinite(value)]
    if len(finite) < len(values):
        signs = {value for value in values if math.isinf(value)}
        is_infinite = statistic == "mean" and len(signs) == 1
        return signs.pop() if is_infinite and not any(map(math.isnan, values)) else math.nan
    if statistic == "mean" and all(
        isinstance(value, float) and value == 0 and math.copysign(1, value) < 0 for value in values
    ):
        return -0.0
    mean = sum(map(Fraction, values)) / len(values)
    if statistic == "stddev":
        return float(statistics.pstdev(map(Fraction, values), mean))
    return float(mean)


def expected(keys: list[Any], values: list[Any], statistic: str) -> list[tuple[Any, Any]]:
    """The answer for each key, in the order of keys: nulls are last."""
    groups: dict[Any, list[Any]] = {}
    for key, value in zip(keys, values, strict=True):
        group = groups.setdefault(key + 0.0 if isinstance(key, float) else key, [])
        if value is not None:
            group.append(value)
    order = sorted(groups, key=lambda key: (key is None, 0 if key is None else key))
    return [(key, exact(statistic, groups[key]) if groups[key] else None) for key in order]


def found(table: pa.Table, statistic: str, threads: int) -> list[tuple[Any, Any]]:
    """The answer for each key."""
    answer = pa.table(getattr(cs, statistic)(table, by="key", threads=threads))
    return list(zip(answer["key"].to_pylist(), answer["value"].to_pylist(), strict=True))


def same(ours: list[tuple[Any, Any]], theirs: list[tuple[Any, Any]]) -> bool:
    """Whether both are the same, and all signs and NaNs are."""
    return repr(ours) == repr(theirs)


def checked(table: pa.Table) -> None:
    """Check both statistics, by one thread and several, and by states."""
    keys, values = table["key"].to_pylist(), table["value"].to_pylist()
    for statistic in ("mean", "stddev"):
        right = expected(keys, values, statistic)
        for threads in (1, 3):
            assert same(found(table, statistic, threads), right)
        of_states = pa.table(getattr(cs.moments(table, by="key"), statistic)())
        pairs = zip(of_states["key"].to_pylist(), of_states["value"].to_pylist(), strict=True)
        assert same(list(pairs), right)


def with_nulls(values: list[Any]) -> list[Any]:
    """The values, some of which are null."""
    return [None if RNG.random() < 0.1 else value for value in values]


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("nulls", [False, True], ids=["dense", "nulls"])
def test_values(name: str, nulls: bool) -> None:
    array = pa.array(VALUES[name])
    if nulls:
        array = pa.array(with_nulls(array.to_pylist()), array.type)
    table = pa.table({"key": IDS, "value": array})
    checked(table)
    cuts = [0, 1, 7, 1000, 1000, 2999, ROWS]
    chunks = [array.slice(a, b - a) for a, b in itertools.pairwise(cuts)]
    checked(pa.table({"key": IDS, "value": pa.chunked_array(chunks)}))


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("nulls", [False, True], ids=["dense", "nulls"])
def test_keys(name: str, nulls: bool) -> None:
    keys = [KEYS[name](i) for i in IDS.tolist()]
    array = pa.array(with_nulls(keys) if nulls else keys)
    arrays = [array]
    if not isinstance(keys[0], (bool, float)):
        arrays.append(array.dictionary_encode())
    if isinstance(keys[0], str):
        arrays += [array.cast(pa.large_string()), array.cast(pa.string_view())]
    if isinstance(keys[0], bytes):
        arrays += [array.cast(pa.large_binary()), array.cast(pa.binary_view())]
    for column in arrays:
        whole = pa.table({"key": column, "value": NORMAL})
        checked(whole)
        checked(pa.concat_tables([whole.slice(0, 5), whole.slice(1700), whole.slice(5, 1695)]))


def test_dictionaries_may_repeat_values_and_lack_some() -> None:
    def encoded(codes: list[int | None], values: list[str | None]) -> pa.Array:
        return pa.DictionaryArray.from_arrays(
            pa.array(codes, pa.int8()), pa.array(values, pa.string())
        )

    chunks = [
        encoded([0, 1, 2, None, 3, 1], ["b", "a", "b", None, "unused"]),
        encoded([1, 1, 0], ["c", "a"]),
        encoded([], []),
        encoded([None, None], []),
    ]
    table = pa.table({"key": pa.chunked_array(chunks), "value": [2.0**i for i in range(11)]})
    checked(table)
    assert pa.table(cs.moments(table, by="key").keys())["key"].to_pylist() == ["a", "b", "c", None]


def test_nans_are_one_key_and_zeros_are_one_key() -> None:
    keys = np.array([np.nan, 0.0, -0.0, 1.0, np.inf, -np.nan, -1.0])
    keys[5:6] = np.array([0xFFF8_0000_0000_0001], np.uint64).view(np.float64)
    for dtype in (np.float64, np.float32, np.float16):
        answer = cs.mean(pa.table({"key": keys.astype(dtype), "value": np.arange(7.0)}), by="key")
        answer = pa.table(answer)
        assert repr(answer["key"].to_pylist()) == "[-1.0, 0.0, 1.0, inf, nan]"
        assert answer["value"].to_pylist() == [6.0, 1.5, 3.0, 4.0, 2.5]


@pytest.mark.parametrize("kind", ["int64", "string", "dictionary", "two columns"])
@pytest.mark.parametrize("groups", [3, 50_000])
def test_many_rows(kind: str, groups: int) -> None:
    """Enough rows and groups for several threads, each of which then owns some of the groups."""
    rows = 1_500_000
    rng = np.random.default_rng(groups)
    ids = rng.integers(0, groups, rows)
    ids[:1000] = 0  # the groups come up during the first batches
    integers = rng.integers(-1000, 1000, rows)
    names = pa.array([f"{i:06}" for i in range(groups)])
    columns: dict[str, Any] = {"value": integers / 8.0}
    by = ["key"]
    match kind:
        case "int64":
            columns["key"] = ids * 1_000_003 if groups == 3 else ids
        case "string":
            columns["key"] = names.take(pa.array(ids))
        case "dictionary":
            columns["key"] = pa.DictionaryArray.from_arrays(pa.array(ids), names)
        case _:
            columns |= {"key": ids // 7, "other": ids % 7}
            by.append("other")
    table = pa.table(columns)
    counts = np.bincount(ids, minlength=groups)
    sums = np.bincount(ids, integers, groups)
    squares = np.bincount(ids, integers.astype(float) ** 2, groups)
    present = counts > 0
    counts, sums, squares = counts[present], sums[present], squares[present]
    means = sums / 8 / counts  # one rounding, of integers below 2^53
    answers = []
    for threads in (1, 2, 3):
        mean = pa.table(cs.mean(table, by=by, threads=threads))
        assert np.array_equal(mean["value"].to_numpy(), means)
        deviation = pa.table(cs.stddev(table, by=by, threads=threads))
        answers.append(deviation)
        assert deviation.select(by) == mean.select(by)
    assert answers[0] == answers[1] == answers[2]
    deviations = answers[0]["value"].to_numpy()
    for place in range(0, len(counts), max(1, len(counts) // 50)):
        n, total, square = (int(column[place]) for column in (counts, sums, squares))
        variance = Fraction(n * square - total * total, 64 * n * n)
        assert deviations[place] == _root(variance)
    states = cs.moments(table, by=by)
    assert pa.table(states.mean()) == mean
    assert pc.sum(pa.table(states.sizes())["rows"]).as_py() == rows


def _root(variance: Fraction) -> float:
    """The square root, correctly rounded."""
    scale = 2**200
    whole = math.isqrt(variance.numerator * scale // variance.denominator)
    return float(Fraction(2 * whole + 1, 2 * 2**100)) if variance else 0.0


def test_states_of_groups_are_the_same_when_they_come_back() -> None:
    for name, values in VALUES.items():
        groups = cs.moments(pa.table({"key": IDS, "value": values}), by="key")
        back = cs.merge(pa.table(groups))
        assert back == groups, name
        twice = cs.merge(groups, back)
        means = [pa.table(states.mean())["value"].to_pylist() for states in (twice, groups)]
        assert repr(means[0]) == repr(means[1]), name
