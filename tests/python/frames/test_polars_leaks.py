"""Nothing grows, however often polars calls: what is malloc'd is counted to the byte."""

# Type checkers do not know registered namespaces.
# mypy: disable-error-code="attr-defined"

from collections.abc import Callable
from contextlib import suppress

import polars as pl
import pytest

import colstats.polars as frames
from support.soak import meters

FRAME = pl.DataFrame({"key": [1, 1, 2], "x": [1.5, None, 2.5], "s": ["a", "b", "c"]})
X, S = pl.col("x").colstats, pl.col("s").colstats
JOBS: dict[str, Callable[[], object]] = {
    "lists": lambda: FRAME.select(X.std()),
    "groups": lambda: FRAME.group_by("key").agg(X.mean(), S.count()),
    "calls": lambda: FRAME.select(frames._by_calls(pl.col("x"), "mean", {"min_count": 1})),
    "refused": lambda: FRAME.select(S.mean()),
    "too large": lambda: pl.select(pl.lit(pl.Series([2**62, 2**62])).colstats.sum()),
}
CALLS = 300


@pytest.mark.thread_unsafe(reason="counts the memory of the process")
@pytest.mark.parametrize("name", JOBS)
def test_nothing_grows(name: str) -> None:
    def run() -> None:
        for _ in range(CALLS):
            with suppress(pl.exceptions.ComputeError):
                JOBS[name]()

    run()
    growth = []
    for _ in range(3):  # caches fill up once
        before = meters.read()
        run()
        growth.append((meters.read() - before).allocated)
    assert min(growth) < 16 * CALLS, growth
