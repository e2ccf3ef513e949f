"""Streams are read batch by batch in constant memory, and end at errors and Ctrl-C."""

import os
import signal
import threading
import time
from collections.abc import Iterator

import duckdb
import numpy as np
import pyarrow as pa
import pytest

import colstats as cs
from support import child

STATISTICS = ("count", "sum", "mean", "variance", "stddev", "min", "max")
ROWS = 1 << 20
BATCHES = 11


def batch(number: int) -> pa.RecordBatch:
    rng = np.random.default_rng(number)
    values = rng.normal(size=ROWS) * 2.0 ** rng.integers(-60, 60, ROWS)
    return pa.record_batch({"x": values, "n": rng.integers(-(2**62), 2**62, ROWS), "s": values})


def reader(numbers: list[int]) -> pa.RecordBatchReader:
    def batches() -> Iterator[pa.RecordBatch]:
        yield from map(batch, numbers)

    return pa.RecordBatchReader.from_batches(batch(0).schema, batches())


@pytest.fixture(scope="module")
def whole() -> pa.Table:
    return pa.Table.from_batches([batch(i) for i in range(BATCHES)])


@pytest.mark.parametrize("statistic", STATISTICS)
def test_streams_give_the_answers_of_tables(whole: pa.Table, statistic: str) -> None:
    ask = getattr(cs, statistic)
    in_memory = {name: ask(pa.table({name: whole[name].combine_chunks()})) for name in ("n", "x")}
    expected = {name: pa.record_batch(in_memory[name])[name].to_pylist() for name in in_memory}
    streamed = ask(reader(list(range(BATCHES))), columns=["n", "x"])
    assert pa.record_batch(streamed).to_pydict() == expected
    column = pa.chunked_array([batch(i)["x"] for i in range(BATCHES)])
    assert ask(column) == ask(column.combine_chunks())


@pytest.mark.parametrize("per", ["chunk", 1_000_003, 3 * ROWS])
def test_windows_run_across_batches(whole: pa.Table, per: str | int) -> None:
    streamed = pa.record_batch(cs.stddev(reader(list(range(BATCHES))), per=per, columns=["x"]))
    assert streamed["x"].to_pylist() == pa.array(cs.Column(whole["x"]).stddev(per=per)).to_pylist()


def test_duckdb_relations_are_streams(whole: pa.Table) -> None:
    relation = duckdb.from_arrow(whole).select("x", "n")
    assert pa.record_batch(cs.mean(relation)) == pa.record_batch(cs.mean(whole, columns=["x", "n"]))


@pytest.mark.thread_unsafe(reason="measures the memory of pyarrow")
def test_a_producer_that_fails_raises_its_own_error() -> None:
    class TornError(RuntimeError):
        pass

    def batches() -> Iterator[pa.RecordBatch]:
        yield from (batch(i) for i in range(6))
        raise TornError("the tape is torn")

    before = pa.total_allocated_bytes()
    for per in (None, 1000):
        torn = pa.RecordBatchReader.from_batches(batch(0).schema, batches())
        with pytest.raises(Exception, match="the tape is torn"):
            cs.mean(torn, per=per)
        del torn
    assert pa.total_allocated_bytes() == before


def test_refusals_do_not_read_the_whole_stream() -> None:
    read = []

    def batches() -> Iterator[pa.RecordBatch]:
        for i in range(100):
            read.append(i)
            yield pa.record_batch({"s": ["text"] * ROWS, "x": np.zeros(ROWS)})

    schema = pa.schema({"s": pa.string(), "x": pa.float64()})
    with pytest.raises(TypeError, match='column "s": cannot compute the mean of string values'):
        cs.mean(pa.RecordBatchReader.from_batches(schema, batches()))
    with pytest.raises(KeyError, match="no column"):
        cs.mean(pa.RecordBatchReader.from_batches(schema, batches()), columns=["y"])
    assert len(read) < 20


@pytest.mark.thread_unsafe(reason="measures the memory of a process")
def test_memory_stays_flat() -> None:
    program = """
        import numpy as np, pyarrow as pa, colstats as cs
        from support.peak import peak

        schema = pa.schema({"x": pa.float64()})
        def batches(count):
            for i in range(count):
                yield pa.record_batch({"x": np.full(1 << 22, i, dtype=float)})
        cs.mean(pa.RecordBatchReader.from_batches(schema, batches(3)))
        before = peak()
        mean = cs.mean(pa.RecordBatchReader.from_batches(schema, batches(64)))
        assert pa.record_batch(mean)["x"].to_pylist() == [31.5]
        print(peak() - before)
    """
    assert float(child.answer(program)) < 100  # MiB; the batches have 2048 in total


@pytest.mark.thread_unsafe(reason="only the main thread handles signals")
@pytest.mark.usefixtures("_ctrl_c")
def test_ctrl_c_ends_a_long_stream() -> None:
    def batches() -> Iterator[pa.RecordBatch]:
        same, end = batch(1), time.monotonic() + 20
        while time.monotonic() < end:
            yield same

    sent: list[float] = []

    def interrupt() -> None:
        time.sleep(0.5)
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        cs.mean(pa.RecordBatchReader.from_batches(batch(0).schema, batches()))
    assert time.monotonic() - sent[0] < 1
    thread.join()
