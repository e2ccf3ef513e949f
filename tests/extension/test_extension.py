"""The example of an extension, built and called from Python beside the package itself."""

import math
import statistics

import arro3.core
import nanoarrow
import polars as pl
import pyarrow as pa
import pytest
import zscores

import colstats as cs

VALUES = [1e16, 1.0, -1e16, 2.5, None]


def test_scores_are_of_the_exact_mean_and_deviation():
    scores = pa.array(zscores.standardize(pa.array(VALUES)))
    mean, deviation = cs.mean(pa.array(VALUES)), cs.stddev(pa.array(VALUES))
    expected = [None if value is None else (value - mean) / deviation for value in VALUES]
    assert scores.to_pylist() == expected
    assert mean == 3.5 / 4


def test_arrays_of_any_library_are_taken_and_returned():
    values = pa.array([1.0, 2.0, 3.0])
    for array in [values, arro3.core.Array.from_arrow(values), nanoarrow.Array(values)]:
        scores = pl.Series(zscores.standardize(array))
        assert scores.to_list() == [-math.sqrt(1.5), 0.0, math.sqrt(1.5)]


def test_a_summary_has_a_row_for_each_column():
    batch = pa.record_batch({"x": [1.0, 2.0, 4.0], "n": [3, 3, None]})
    summary = pa.record_batch(zscores.summarize(batch)).to_pylist()
    assert summary == [
        {"name": "x", "mean": 7 / 3, "stddev": statistics.stdev([1.0, 2.0, 4.0])},
        {"name": "n", "mean": 3.0, "stddev": 0.0},
    ]


def test_states_of_the_extension_are_states_of_the_package():
    running = zscores.Running()
    running.update(pa.array([1e300, 1.0]))
    running.update(pa.array([-1e300]))
    state = cs.Moments.from_bytes(bytes(running.to_bytes()))
    assert state == cs.moments(pa.array([1e300, 1.0, -1e300]))
    assert (state + cs.moments([1.0])).sum() == 2.0


def test_refusals_are_exceptions():
    with pytest.raises(TypeError, match="string"):
        zscores.summarize(pa.record_batch({"s": ["a"]}))
    with pytest.raises(TypeError, match="float64"):
        zscores.standardize(pa.array([1, 2]))
    with pytest.raises(ValueError, match="at least one value"):
        zscores.standardize(pa.array([], pa.float64()))
    running = zscores.Running()
    running.update(pa.array([1.0]))
    with pytest.raises(TypeError, match="cannot merge a state of float64 values with one of bool"):
        running.update(pa.array([True]))
