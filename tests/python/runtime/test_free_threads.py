"""Concurrent Python threads that share a column, table, state, list, capsule or stream.

They get the answers of a single thread, or an error that says why not. On a free-threaded CPython,
without the GIL, they run in parallel.
"""

import os
import random
import subprocess
import sys
import sysconfig
import textwrap
import threading
import time
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest
from arro3.core import Table as ArrowTable

import colstats as cs

pytestmark = pytest.mark.thread_unsafe(reason="starts threads of its own")

THREADS = 8
ROUNDS = 20
FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
STATISTICS = ("count", "sum", "mean", "variance", "stddev", "min", "max")


def at_once(*tasks: Callable[[], object]) -> list[object]:
    """Start all tasks at the same moment; return what each returned or raised."""
    outcomes: list[object] = [RuntimeError("did not return")] * len(tasks)
    barrier = threading.Barrier(len(tasks))

    def run(index: int) -> None:
        barrier.wait()
        try:
            outcomes[index] = tasks[index]()
        except Exception as error:
            outcomes[index] = error

    threads = [threading.Thread(target=run, args=(i,), daemon=True) for i in range(len(tasks))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "deadlock"
    return outcomes


def values(rows: int) -> pa.Array:
    rng = np.random.default_rng(rows)
    mask = rng.random(rows) < 0.1
    return pa.array(rng.normal(size=rows) * 2.0 ** rng.integers(-60, 60, rows), mask=mask)


def answers(data: cs.Column | cs.Moments) -> list[object]:
    return [getattr(data, statistic)() for statistic in STATISTICS]


# Short; long enough to release the GIL on request, or always; long enough for a thread pool.
@pytest.mark.parametrize("rows", [3, 1 << 14, 1 << 16, 600_000])
def test_one_column(rows: int) -> None:
    column = cs.Column(values(rows))
    expected = answers(column)
    rounds = 1 if rows > 1 << 16 else ROUNDS

    def ask() -> bool:
        return all(answers(column) == expected for _ in range(rounds))

    assert at_once(*[ask] * THREADS) == [True] * THREADS


def test_an_idle_thread_does_not_delay_others() -> None:
    column = cs.Column(values(1 << 15))
    expected = column.sum()
    over = threading.Event()

    def ask_and_stay() -> bool:
        return column.sum() == expected and over.wait(60)

    def ask_often() -> bool:
        start = time.monotonic()
        found = [column.sum() for _ in range(1000)]
        over.set()
        return found == [expected] * 1000 and time.monotonic() - start < 20

    assert at_once(ask_and_stay, ask_often, ask_and_stay) == [True] * 3


def test_threads_rarely_sleep_to_reacquire_the_gil() -> None:
    """Before threads spun while waiting for the GIL, 1 of 20 calls slept on two idle cores."""
    resource = pytest.importorskip("resource", reason="sleeps are not counted here")
    column = cs.Column(values(1 << 15).fill_null(0))
    calls = 5000

    def sleeps() -> int:
        return resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw

    def ask() -> None:
        for _ in range(calls):
            column.mean(threads=1)

    def slept() -> int:
        before = sleeps()
        assert at_once(ask, ask) == [None, None]
        return sleeps() - before

    assert min(slept() for _ in range(3)) < 2 * calls / 100


def test_one_column_with_different_numbers_of_threads() -> None:
    column = cs.Column(values(600_000))
    expected = column.stddev(threads=1)

    def ask(threads: int) -> Callable[[], bool]:
        return lambda: all(column.stddev(threads=threads) == expected for _ in range(5))

    assert at_once(*map(ask, [1, 2, 3, 4] * 2)) == [True] * 8


def test_one_table() -> None:
    source = {"floats": values(1000), "more": values(1000).slice(7), "times": pa.array(range(1000))}
    source["more"] = pa.concat_arrays([source["more"], pa.nulls(7, pa.float64())])
    table = cs.Table(pa.table(source))
    expected = [pa.record_batch(getattr(table, statistic)()) for statistic in STATISTICS]

    def ask() -> bool:
        found = [pa.record_batch(getattr(table, statistic)()) for statistic in STATISTICS]
        return found == expected and table["floats"].mean() == cs.mean(source["floats"])

    assert at_once(*[ask] * THREADS) == [True] * THREADS


def test_sources_shared_by_all_threads() -> None:
    whole = values(1000)
    sources = [
        whole,
        pa.chunked_array([whole[:300], whole[300:]]),
        whole.fill_null(0).to_numpy(),
        np.ma.masked_invalid(whole.to_numpy(zero_copy_only=False)),
        whole.to_pylist(),
        memoryview(whole.fill_null(1).to_numpy()),
        np.arange(1000).astype("M8[s]"),
    ]
    expected = [(cs.mean(source), cs.count(source)) for source in sources]

    def ask() -> bool:
        order = random.sample(range(len(sources)), len(sources))
        return all((cs.mean(sources[i]), cs.count(sources[i])) == expected[i] for i in order)

    assert at_once(*[ask] * THREADS) == [True] * THREADS


def test_classes_first_seen_by_all_threads_at_once() -> None:
    """There are more classes than colstats caches."""
    whole = values(10)
    expected = cs.sum(whole)

    for _ in range(150):
        members = {"__arrow_c_array__": lambda self, requested_schema=None: CAPSULES()}
        kinds = [type("Producer", (), members) for _ in range(THREADS)]
        asked = [[kind() for kind in kinds] for _ in range(THREADS)]
        outcomes = at_once(*[lambda row=row: [cs.sum(one) for one in row] for row in asked])
        assert outcomes == [[expected] * THREADS] * THREADS


CAPSULES = values(10).__arrow_c_array__


def test_one_state_is_updated_by_all_threads() -> None:
    parts = [values(rows) for rows in range(1, THREADS * ROUNDS + 1)]
    state = cs.Moments("float64")

    def update(first: int) -> Callable[[], None]:
        def run() -> None:
            for part in parts[first::THREADS]:
                state.update(part)

        return run

    assert at_once(*map(update, range(THREADS))) == [None] * THREADS
    assert state == cs.moments(pa.chunked_array(parts))


def test_states_are_merged_into_each_other() -> None:
    """Crosswise, and while they are read: there is no deadlock, and no state is torn."""
    one, other = cs.moments([1.0, 2.0]), cs.moments([-1e300, 5.0])
    step, reads = cs.moments([1e300, -1e300, 3.0]), []

    def merge(state: cs.Moments) -> Callable[[], None]:
        def run() -> None:
            for _ in range(200):
                state.merge(step)

        return run

    def read() -> None:
        reads.extend(
            (one + step, len(one), cs.Moments.from_bytes(one.to_bytes())) for _ in range(200)
        )

    crosswise = [lambda: one + other, lambda: other + one]
    outcomes = at_once(merge(one), merge(other), merge(one), merge(other), read, read, *crosswise)
    assert outcomes[:6] == [None] * 6
    assert len(one) == len(other) == 2 + 2 * 200 * 3
    assert one.sum() == 3.0 + 2 * 200 * 3.0
    # Every state that was read contains a whole number of steps.
    for joined, rows, copy in reads:
        assert rows % 3 == 2
        for state in (joined, copy):
            assert state.sum() == 3.0 + 3.0 * ((len(state) - 2) // 3)


class Slow(type):
    """Runs Python code for the name of a class, which reads the state that is being updated."""

    state: cs.Moments

    @property
    def __module__(cls) -> str:
        return f"of {len(cls.state)} rows"


def test_an_error_message_may_read_the_state_being_updated() -> None:
    class Source(list, metaclass=Slow):
        pass

    Slow.state = cs.moments([True, False])
    outcomes = at_once(*[lambda: Slow.state.update(Source([1.5]))] * THREADS)
    assert [type(outcome) for outcome in outcomes] == [TypeError] * THREADS
    assert all("cannot add float64 values of " in str(outcome) for outcome in outcomes)


def test_a_list_is_read_as_a_snapshot() -> None:
    numbers: list[float] = []
    stop = threading.Event()

    def change() -> None:
        try:
            for i in range(20_000):
                numbers[:] = [float(i % 7)] * (i % 500)
                numbers.append(float(i % 7))
                numbers.clear()
        finally:
            stop.set()

    def read() -> int:
        reads = 0
        while not stop.is_set():
            column = cs.Column(numbers)
            assert len(column) <= 500
            # At any moment all its items are equal.
            assert column.min() == column.max()
            reads += 1
        return reads

    changed, *reads = at_once(change, *[read] * 3)
    assert changed is None
    assert all(isinstance(count, int) for count in reads), reads


def test_buffers_that_other_threads_resize() -> None:
    """A buffer cannot be resized while it is read: Python raises BufferError."""
    buffer = bytearray(1 << 16)

    def change() -> None:
        for i in range(2000):
            try:
                buffer.extend(b"\0" * (i % 100))
                del buffer[1 << 16 :]
            except BufferError:
                pass

    def read() -> bool:
        return all(cs.max(buffer) == 0 for _ in range(300))

    assert at_once(change, *[read] * 3) == [None, True, True, True]


class Once:
    """Exports the same capsules at every call, as no producer should."""

    def __init__(self, capsules: object) -> None:
        self.capsules = capsules


class OnceArray(Once):
    def __arrow_c_array__(self, requested_schema: object = None) -> object:
        return self.capsules


class OnceStream(Once):
    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.capsules


class OnceTensor(Once):
    def __dlpack__(self, **_: object) -> object:
        return self.capsules

    def __dlpack_device__(self) -> tuple[int, int]:
        return (1, 0)


def same_array() -> object:
    return OnceArray(pa.array([4.0, 6.0]).__arrow_c_array__())


def same_stream() -> object:
    batches = [pa.record_batch({"x": [4.0, 6.0]}) for _ in range(3)]
    return OnceStream(ArrowTable.from_batches(batches)["x"].__arrow_c_stream__())


def same_tensor() -> object:
    return OnceTensor(np.array([4.0, 6.0]).__dlpack__())


@pytest.mark.parametrize("make", [same_array, same_stream, same_tensor])
def test_a_shared_capsule_is_consumed_by_one_thread(make: Callable[[], object]) -> None:
    for _ in range(100):
        source = make()
        outcomes = at_once(*[lambda source=source: cs.mean(source)] * THREADS)
        refusals = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        assert [outcome for outcome in outcomes if outcome not in refusals] == [5.0]
        for refusal in refusals:
            assert isinstance(refusal, ValueError)
            assert "consumed" in str(refusal)


def test_set_num_threads_during_calls() -> None:
    column = cs.Column(values(600_000))
    expected = column.mean(threads=1)

    def change() -> bool:
        seen = []
        for _ in range(200):
            for threads in (1, 2, 3, None):
                cs.set_num_threads(threads)
                seen.append(cs.build_info()["threads"])
        return set(seen) <= {1, 2, 3, default}

    default = cs.build_info()["threads"]
    ask = [lambda: [column.mean() for _ in range(20)] == [expected] * 20] * 3
    assert at_once(change, change, *ask) == [True] * 5
    assert cs.build_info()["threads"] == default


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_forks_during_calls() -> None:
    """A child inherits locks in any state, and must not wait for any."""
    code = """
        import os, threading, time, warnings
        import colstats as cs
        warnings.simplefilter("ignore")
        column, state = cs.Column([1.0, 2.0, 3.0] * 200_000), cs.Moments()
        over = threading.Event()
        def work():
            while not over.is_set():
                column.stddev(threads=2)
                kind = type("Numbers", (list,), {})
                cs.mean(kind([1.0])), state.update(kind([1.0])), column.mean()
        threads = [threading.Thread(target=work) for _ in range(3)]
        [thread.start() for thread in threads]
        for _ in range(20):
            child = os.fork()
            if not child:
                kind = type("Others", (list,), {})
                state.update(kind([1.0]))
                os._exit(column.mean(threads=2) != 2.0 or cs.mean(kind([5.0])) != 5.0)
            end = time.monotonic() + 30
            while (done := os.waitpid(child, os.WNOHANG)) == (0, 0):
                assert time.monotonic() < end, "the child hangs"
                time.sleep(0.001)
            assert done[1] == 0, done
        over.set()
        [thread.join() for thread in threads]
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")


def test_importing_does_not_change_the_gil() -> None:
    code = """
        import sys, colstats as cs
        cs.mean([1.0])
        print(getattr(sys, "_is_gil_enabled", lambda: True)())
    """
    unforced = {name: value for name, value in os.environ.items() if name != "PYTHON_GIL"}
    command = [sys.executable, "-W", "error", "-c", textwrap.dedent(code)]
    done = subprocess.run(command, env=unforced, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == (str(not FREE_THREADED), "")
