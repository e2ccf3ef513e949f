"""What a call is made of: the same few values, with one more step in each line.

An import is measured by colstats' own code (`Column`) and by pyo3-arrow, of the same objects.
"""

import random
import statistics
from collections.abc import Callable
from typing import Any

import numpy as np

import colstats as cs
from benches.paper.rows import Failures, naive, naive_m2
from benches.paper.samples import SEED, Sample
from benches.shared.clock import time_calls, undisturbed

FEW, SOME = 8, 1024
CALLS = 1_000


def measure(rounds: int, failures: Failures) -> dict[str, float]:
    """Time all steps in turn; the median nanoseconds of each."""
    steps = {"empty call": bool}
    for add in (add_numpy, add_pyarrow, add_polars, add_naive, add_pyo3_arrow):
        try:
            add(steps)
        except ImportError as error:
            failures[add.__name__.removeprefix("add_")] = f"{type(error).__name__}: {error}"
    times: dict[str, list[float]] = {name: [] for name in steps}
    draw = random.Random(SEED)
    with undisturbed():
        for _ in range(rounds):
            for name in draw.sample(list(steps), len(steps)):
                times[name].append(time_calls(steps[name], CALLS))
    return {name: statistics.median(rounds_) for name, rounds_ in times.items()}


Steps = dict[str, Callable[[], Any]]


def add_source(steps: Steps, source: str, array: Any, export: Callable[[], Any]) -> None:
    """Add an export alone, with an import, and with an answer."""
    steps[f"export, {source}"] = export
    steps[f"Column, {source}"] = lambda: cs.Column(array)
    steps[f"mean, {source}"] = lambda: cs.mean(array)
    steps[f"stddev, {source}"] = lambda: cs.stddev(array)


def add_numpy(steps: Steps) -> None:
    """Add NumPy's answers, ours from its arrays, and ours from columns."""
    few, some = (Sample(0, size).array for size in (FEW, SOME))
    add_source(steps, "NumPy", few, lambda: memoryview(few))
    for size, array in (("few", few), ("some", some)):
        column = cs.Column(array)
        steps[f"Column.count, {size}"] = column.count
        steps[f"Column.mean, {size}"] = column.mean
        steps[f"Column.stddev, {size}"] = column.stddev
        steps[f"np.mean, {size}"] = lambda array=array: np.mean(array)
        steps[f"np.std, {size}"] = lambda array=array: np.std(array)
        steps[f"np.add.reduce, {size}"] = lambda array=array: np.add.reduce(array)


def add_pyarrow(steps: Steps) -> None:
    """Add our answers from pyarrow arrays."""
    import pyarrow as pa

    array = pa.array(Sample(0, FEW).array)
    add_source(steps, "pyarrow", array, array.__arrow_c_array__)


def add_polars(steps: Steps) -> None:
    """Add our answers from polars Series."""
    import polars as pl

    series = pl.Series(Sample(0, FEW).array)
    add_source(steps, "polars", series, series.__arrow_c_stream__)


def add_naive(steps: Steps) -> None:
    """Add the paper's loops, bound by PyO3."""
    row = naive(naive_m2)["PyO3"]()
    for size, count in (("few", FEW), ("some", SOME)):
        for statistic, (function, arguments) in row.hold(Sample(0, count).part(0, count)).items():
            if arguments:
                raise ValueError("the method of a container takes no arguments")
            steps[f"naive {statistic}, {size}"] = function


def add_pyo3_arrow(steps: Steps) -> None:
    """Add imports by pyo3-arrow: PyArray of what is one array, AnyArray of what is a stream."""
    import naive_pyo3_arrow as module
    import polars as pl
    import pyarrow as pa

    few = Sample(0, FEW).array
    array, series = pa.array(few), pl.Series(few)
    steps["pyo3-arrow, NumPy"] = lambda: module.Array(few)
    steps["pyo3-arrow, pyarrow"] = lambda: module.Array(array)
    steps["pyo3-arrow, polars"] = lambda: module.Chunks(series)
