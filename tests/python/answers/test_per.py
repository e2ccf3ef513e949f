"""With `per=`, the answer for each chunk or window of rows is the answer for its rows alone."""

import itertools
from collections.abc import Iterator
from typing import Any

import arro3.core
import numpy as np
import polars as pl
import pyarrow as pa
import pytest

import colstats as cs
from support.arrow_types import KINDS, Kind

STATISTICS = ("count", "sum", "mean", "variance", "stddev", "min", "max")
ROWS = 5_000


def floats() -> np.ndarray:
    rng = np.random.default_rng(3)
    return rng.normal(size=ROWS) * 2.0 ** rng.integers(-60, 60, ROWS)


def ragged(array: pa.Array) -> pa.ChunkedArray:
    """Cut an array into chunks of all sizes, some of them empty."""
    cuts = [0, 0, 1, 8, 1000, 1000, 1003, 4096, len(array), len(array)]
    return pa.chunked_array(
        [array.slice(a, b - a) for a, b in itertools.pairwise(cuts)], array.type
    )


def one_by_one(statistic: str, windows: Iterator[Any] | list[Any], **options: Any) -> list[Any]:
    """Return the answer for each window alone, from Arrow results."""
    tables = [pa.table({"x": window}) for window in windows]
    answers = [pa.record_batch(getattr(cs, statistic)(t, **options)) for t in tables]
    return [answer["x"][0].as_py() for answer in answers]


@pytest.mark.parametrize("statistic", STATISTICS)
@pytest.mark.parametrize("options", [{}, {"skip_nulls": False}, {"min_count": 900}])
def test_windows_run_across_chunks(statistic: str, options: dict[str, Any]) -> None:
    if statistic == "count" and options:
        return
    array = pa.array(floats(), mask=np.random.default_rng(4).random(ROWS) < 0.01)
    chunked = ragged(array)
    for rows in (1, 7, 1000, ROWS - 1, ROWS, ROWS + 1, 2**70):
        step = min(rows, ROWS)
        windows = [array.slice(i, step) for i in range(0, ROWS, step)]
        expected = one_by_one(statistic, windows, **options)
        for threads in (1, 3):
            answer = getattr(cs, statistic)(chunked, per=rows, threads=threads, **options)
            assert isinstance(answer, arro3.core.Array)
            assert pa.array(answer).to_pylist() == expected
        answer = getattr(cs.Column(chunked), statistic)(per=rows, **options)
        assert pa.array(answer).to_pylist() == expected


@pytest.mark.parametrize("statistic", STATISTICS)
def test_every_chunk_has_an_answer(statistic: str) -> None:
    chunked = ragged(pa.array(floats()))
    expected = one_by_one(statistic, chunked.chunks)
    answer = pa.array(getattr(cs, statistic)(chunked, per="chunk"))
    assert answer.to_pylist() == expected
    assert len(answer) == chunked.num_chunks
    assert expected[0] == (0 if statistic == "count" else None)


def test_tables_have_a_row_for_each_window() -> None:
    values = floats()
    table = pa.table({"a": values, "b": np.arange(ROWS), "c": [str(v) for v in values]})
    batches = pa.Table.from_batches(table.to_batches(max_chunksize=999))
    for source in (batches, cs.Table(batches), pl.from_arrow(batches).rechunk()):
        mean = cs.mean if not isinstance(source, cs.Table) else cs.Table.mean
        answer = mean(source, per=1500, columns=["b", "a"])
        assert isinstance(answer, cs.Rows)
        assert pa.record_batch(answer).to_pydict() == {
            "b": [float(np.arange(i, min(i + 1500, ROWS)).mean()) for i in range(0, ROWS, 1500)],
            "a": [cs.mean(values[i : i + 1500]) for i in range(0, ROWS, 1500)],
        }
    per_chunk = pa.record_batch(cs.sum(batches, per="chunk", numeric_only=True))
    assert per_chunk["b"].to_pylist() == [sum(c.to_pylist()) for c in batches["b"].chunks]
    assert pa.record_batch(cs.count(batches, per=4000))["c"].to_pylist() == [4000, 1000]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.type))
def test_every_type_in_windows(kind: Kind) -> None:
    array = kind.array([None, *kind.values, None])
    column = cs.Column(array)
    for statistic in STATISTICS:
        tables = [pa.table({"x": array.slice(i, 2)}) for i in range(0, len(array), 2)]
        refused = None
        try:
            rows = [pa.record_batch(getattr(cs, statistic)(table))["x"] for table in tables]
        except (TypeError, ValueError) as error:
            # The type has no such statistic, or the sum has too many digits for its type.
            refused = error
        if refused:
            with pytest.raises(type(refused)) as again:
                getattr(column, statistic)(per=2)
            assert str(again.value).split(": ", 1)[1] in str(refused)
            continue
        assert pa.array(getattr(column, statistic)(per=2)).equals(pa.concat_arrays(rows))


def test_text_is_counted_with_skip_nans() -> None:
    """Text has no NaNs, and no sums by which those of numbers are counted."""
    text = pa.array(["a", None, "b"] * 300)
    assert cs.count(text, skip_nans=True) == 600
    for data in (text, pa.chunked_array([text[:100], text[100:]])):
        counts = pa.array(cs.count(data, skip_nans=True, per=400))
        assert counts.to_pylist() == [267, 266, 67]
        assert pa.array(cs.count(data, skip_nans=True, per=300, step=1))[0].as_py() == 200
        assert pa.array(cs.count(data, skip_nans=True, per=3, step=1))[5].as_py() == 2


def test_columns_without_rows() -> None:
    empty = pa.array([], pa.float64())
    assert len(cs.mean(empty, per=3)) == 0
    assert len(cs.mean(pa.chunked_array([], pa.float64()), per="chunk")) == 0
    assert pa.array(cs.mean(empty, per="chunk")).to_pylist() == [None]
    assert pa.record_batch(cs.mean(pa.table({"x": empty}), per=3)).num_rows == 0


@pytest.mark.parametrize(
    ("per", "error", "words"),
    [
        ("chunks", ValueError, 'per takes "chunk" or a number of rows, got "chunks"'),
        (0, ValueError, "per takes a number of rows of at least 1"),
        (-(2**70), ValueError, "per takes a number of rows of at least 1"),
        (1.5, TypeError, 'per takes "chunk" or a number of rows, not float'),
        (True, TypeError, 'per takes "chunk" or a number of rows, not a bool'),
        ([1], TypeError, 'per takes "chunk" or a number of rows, not list'),
    ],
)
def test_bad_values_of_per_are_refused(per: Any, error: type[Exception], words: str) -> None:
    for ask in (cs.mean, cs.Column([1.0]).mean):
        with pytest.raises(error) as refusal:
            ask([1.0], per=per) if ask is cs.mean else ask(per=per)
        assert words in str(refusal.value)


def test_numpy_integers_are_accepted() -> None:
    assert pa.array(cs.sum(np.arange(5), per=np.int64(2))).to_pylist() == [1, 5, 4]


def test_too_many_windows_are_refused() -> None:
    run = pa.RunEndEncodedArray.from_arrays(pa.array([2**40], pa.int64()), pa.array([1.5]))
    with pytest.raises(ValueError, match="per=1 would give 1099511627776 results for a column"):
        cs.mean(run, per=1)
    assert pa.array(cs.stddev(run, per=2**39)).to_pylist() == [0.0, 0.0]
