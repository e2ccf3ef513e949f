"""Columns keep their data alive, release them, and may be used by several threads at once."""

import gc
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

import colstats as cs
from support.checks import assert_methods
from support.reference import same_bits

pytestmark = pytest.mark.thread_unsafe(reason="checks when objects are collected")

VALUES = [float(i % 97) / 7 for i in range(40_000)]

SOURCES: dict[str, Callable[[], object]] = {
    "pyarrow": lambda: pa.array(VALUES),
    "chunks": lambda: pa.chunked_array([VALUES[:9], VALUES[9:]]),
    "polars": lambda: pl.Series(VALUES),
    "numpy": lambda: np.array(VALUES),
    "strided numpy": lambda: np.repeat(np.array(VALUES), 2)[::2],
    "bytes": lambda: memoryview(np.array(VALUES).tobytes()).cast("d"),
}


@pytest.mark.parametrize("source", SOURCES)
def test_a_column_outlives_its_source(source: str) -> None:
    column = cs.Column(SOURCES[source]())
    gc.collect()
    others = [np.full(len(VALUES), np.nan) for _ in range(8)]  # would reuse freed memory
    assert_methods(column, VALUES)
    assert len(others) == 8


def test_a_column_outlives_its_table() -> None:
    table = cs.Table(pa.table({"a": VALUES, "b": VALUES[::-1]}))
    first, last = table[0], table["b"]
    del table
    gc.collect()
    assert_methods(first, VALUES)
    assert_methods(last, VALUES)


def test_the_source_is_released_with_the_column() -> None:
    class Source(np.ndarray):
        """An array that supports weak references."""

    for make in (cs.Column, lambda source: cs.Table(source.reshape(-1, 2))):
        source = np.array(VALUES).view(Source)
        alive = weakref.ref(source)
        column = make(source)
        del source
        gc.collect()
        assert alive() is not None
        del column
        gc.collect()
        assert alive() is None


def test_functions_keep_no_memory() -> None:
    before = pa.total_allocated_bytes()
    array = pa.array(VALUES)
    for _ in range(10):
        cs.mean(array)
        cs.stddev(pa.table({"x": array}))
    column = cs.Column(array)
    del array
    gc.collect()
    assert pa.total_allocated_bytes() >= before + 8 * len(VALUES)
    del column
    gc.collect()
    assert pa.total_allocated_bytes() == before


@pytest.mark.parametrize("source", SOURCES)
def test_four_threads_at_once(source: str) -> None:
    data = SOURCES[source]()
    column, table = cs.Column(data), cs.Table(pa.table({"x": VALUES, "n": range(len(VALUES))}))
    statistics = ("sum", "mean", "variance", "stddev", "min", "max")
    start = threading.Barrier(4)

    def ask(_: int) -> list[object]:
        start.wait()
        answers: list[object] = []
        for _ in range(20):
            answers += [getattr(column, statistic)() for statistic in statistics]
            answers += [cs.mean(data), cs.Column(data).stddev()]
            answers += pa.record_batch(table.stddev()).to_pylist()[0].values()
        return answers

    with ThreadPoolExecutor(4) as pool:
        first, *others = pool.map(ask, range(4))
    for answers in others:
        assert all(map(same_bits, answers, first))
    assert first[: len(first) // 20] * 20 == first
