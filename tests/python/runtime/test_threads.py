"""The number of threads does not change a bit of any answer; forked processes work."""

import multiprocessing
import os
import subprocess
import sys
from multiprocessing.connection import Connection

import numpy as np
import pyarrow as pa
import pytest

import colstats as cs

ROWS = 1_000_003
STATISTICS = ("count", "sum", "mean", "variance", "stddev", "min", "max")


def values() -> np.ndarray:
    rng = np.random.default_rng(5)
    return rng.normal(size=ROWS) * 2.0 ** rng.integers(-60, 60, ROWS)


def columns() -> dict[str, object]:
    floats = values()
    mask = np.random.default_rng(6).random(ROWS) < 0.1
    integers = np.random.default_rng(7).integers(-(2**62), 2**62, ROWS)
    return {
        "floats": pa.array(floats),
        "nulls": pa.array(floats, mask=mask),
        "chunks": pa.chunked_array(np.array_split(floats, 1000)),
        "backwards": floats[::-1],
        "masked": np.ma.masked_array(floats, mask),
        "integers": integers,
        "bools": pa.array(integers > 0, mask=mask),
        "times": integers.astype("M8[us]"),
    }


@pytest.mark.parametrize("name", columns())
def test_threads_give_the_same_bits(name: str) -> None:
    column = cs.Column(columns()[name])
    for statistic in STATISTICS:
        if name == "times" and statistic in ("sum", "variance", "mean", "stddev", "min", "max"):
            continue  # tested below: these answers are beyond Python's datetime
        ask = getattr(column, statistic)
        alone = ask(threads=1)
        assert [ask(threads=threads) for threads in (2, 3, 4, 16)] == [alone] * 4, statistic


def test_columns_of_a_table_are_spread_over_threads() -> None:
    table = pa.table({name: pa.chunked_array([column]) for name, column in tabular().items()})
    for statistic in ("count", "mean", "stddev", "min"):
        ask = getattr(cs, statistic)
        alone = pa.record_batch(ask(table, threads=1))
        assert pa.record_batch(ask(table, threads=4)) == alone


def tabular() -> dict[str, pa.Array]:
    floats = values()
    return {
        "floats": pa.array(floats),
        "times": pa.array(np.arange(ROWS).astype("M8[us]")),
        "few": pa.array(np.arange(ROWS) % 7, pa.int8()),
    }


@pytest.mark.parametrize("threads", [0, -1, 10**6, 10**30])
def test_bad_numbers_of_threads_are_refused(threads: int) -> None:
    for ask in (lambda: cs.mean([1.0], threads=threads), lambda: cs.set_num_threads(threads)):
        with pytest.raises(ValueError, match="threads must be from 1 to 1024"):
            ask()


def test_a_number_of_threads_is_an_int() -> None:
    with pytest.raises(TypeError, match="threads must be an int, not str"):
        cs.mean([1.0], threads="2")


@pytest.mark.thread_unsafe(reason="sets the number of threads of the process")
def test_the_default_can_be_set() -> None:
    default = cs.build_info()["threads"]
    assert 1 <= default <= (os.cpu_count() or 1)
    cs.set_num_threads(3)
    assert cs.build_info()["threads"] == 3
    cs.set_num_threads(None)
    assert cs.build_info()["threads"] == default


@pytest.mark.thread_unsafe(reason="starts a process")
@pytest.mark.parametrize(
    ("variable", "value", "key", "expected"),
    [
        ("COLSTATS_NUM_THREADS", "7", "threads", 7),
        ("COLSTATS_ISA", "portable", "isa", "portable"),
    ],
)
def test_the_environment_sets_defaults(
    variable: str, value: str, key: str, expected: object
) -> None:
    code = f"import colstats; print(colstats.build_info()[{key!r}])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, variable: value},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == str(expected)


def answer_in_child(connection: Connection, column: cs.Column) -> None:
    connection.send((column.mean(threads=2), column.stddev(threads=2)))


@pytest.mark.thread_unsafe(reason="forks")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_forked_child_has_threads_of_its_own() -> None:
    column = cs.Column(values())
    expected = (column.mean(threads=2), column.stddev(threads=2))
    context = multiprocessing.get_context("fork")
    for _ in range(3):
        ours, theirs = context.Pipe()
        child = context.Process(target=answer_in_child, args=(theirs, column))
        child.start()
        assert ours.poll(30), "the child does not answer"
        assert ours.recv() == expected
        child.join(30)
        assert child.exitcode == 0
    assert (column.mean(threads=2), column.stddev(threads=2)) == expected
