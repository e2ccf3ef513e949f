"""Ctrl-C interrupts every long call: on memory, on streams, by groups, in child processes."""

import concurrent.futures
import multiprocessing
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa
import pytest

import colstats as cs
from support import child

pytestmark = [
    pytest.mark.thread_unsafe(reason="only the main thread handles signals"),
    pytest.mark.usefixtures("_ctrl_c"),
]

#: All chunks of a column are one array: 80 GiB to read, 8 MiB to hold.
ROWS, CHUNKS = 1 << 20, 10_000
#: The rows of a column whose values all share one address.
FAR = 1 << 36
#: Maximum delay of an interrupt, in seconds.
SOON = 1.0


def long_table() -> pa.Table:
    rng = np.random.default_rng(1)
    wild = rng.normal(size=ROWS) * 2.0 ** rng.integers(-200, 200, ROWS)
    keys = rng.integers(0, 1000, ROWS)
    columns = {"x": wild, "n": keys, "k": keys}
    return pa.table({name: pa.chunked_array([same] * CHUNKS) for name, same in columns.items()})


TABLE = long_table()
COLUMN = cs.Column(TABLE["x"])
PLACE = np.broadcast_to(0.1, FAR)

LONG: dict[str, Callable[[], object]] = {
    "mean by one thread": lambda: COLUMN.mean(threads=1),
    "mean by two threads": lambda: COLUMN.mean(threads=2),
    "stddev by one thread": lambda: COLUMN.stddev(threads=1),
    "stddev by two threads": lambda: cs.stddev(TABLE["x"], threads=2),
    "min": lambda: COLUMN.min(threads=1),
    "one chunk, by one thread": lambda: cs.mean(PLACE, threads=1),
    "one chunk, by two threads": lambda: cs.variance(PLACE, threads=2),
    "a table": lambda: cs.stddev(TABLE, columns=["x", "n"]),
    "a NumPy table": lambda: cs.mean(np.broadcast_to(0.1, (FAR, 2))),
    "per chunk": lambda: COLUMN.stddev(per="chunk"),
    "per rows": lambda: COLUMN.stddev(per=1000, threads=1),
    "per rows, by two threads": lambda: COLUMN.stddev(per=100_000, threads=2),
    "per 2^32 rows": lambda: COLUMN.stddev(per=1 << 32, threads=1),
    "describe": lambda: cs.describe(TABLE),
    "Table.describe": cs.Table(TABLE).describe,
    "moments": lambda: cs.moments(COLUMN, threads=1),
    "moments of a table": lambda: cs.moments(TABLE, threads=2),
    "Moments.update": lambda: cs.Moments().update(COLUMN),
    "moments by groups": lambda: cs.moments(TABLE, by="k"),
    "describe by groups": lambda: cs.describe(TABLE, by=["k", "n"], columns=["x"]),
    "a stream of C": lambda: cs.mean(TABLE.to_reader(), columns=["x"]),
    "a stream of C per rows": lambda: cs.mean(TABLE.to_reader(), columns=["x"], per=1000),
    "a stream by groups": lambda: cs.moments(TABLE.to_reader(), by="k"),
}


@pytest.fixture(autouse=True)
def _in_time() -> Iterator[None]:
    """Fail with a traceback after 50 s, rather than hang."""

    def late(*_: object) -> None:
        raise TimeoutError("the signal was not handled")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(50)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


class Interrupt:
    """Sends a signal to this process after a delay."""

    def __init__(self, which: signal.Signals = signal.SIGINT, after: float = 0.25) -> None:
        self.which, self.after, self.sent = which, after, 0.0
        self.thread, self.ready = threading.Thread(target=self.send), threading.Event()

    def send(self) -> None:
        """Wait, and send the signal."""
        self.ready.wait()
        time.sleep(self.after)
        self.sent = time.monotonic()
        os.kill(os.getpid(), self.which)

    def __enter__(self) -> "Interrupt":
        self.thread.start()  # this takes a while on a busy machine
        self.ready.set()
        return self

    def __exit__(self, *_: object) -> None:
        self.thread.join()
        self.elapsed = time.monotonic() - self.sent


@pytest.mark.parametrize("work", LONG.values(), ids=LONG.keys())
def test_ctrl_c_interrupts_within_a_second(work: Callable[[], object]) -> None:
    with Interrupt() as interrupt, pytest.raises(KeyboardInterrupt):
        work()
    assert interrupt.elapsed < SOON
    assert cs.mean(TABLE["x"].chunk(0)) == cs.mean(TABLE["x"].chunk(0).to_numpy()[::-1])


def test_exceptions_of_signal_handlers_propagate() -> None:
    error = ConnectionError("my own")

    def handler(*_: object) -> None:
        raise error

    before = signal.signal(signal.SIGUSR1, handler)
    try:
        for threads in (1, 2):
            with Interrupt(signal.SIGUSR1), pytest.raises(ConnectionError) as caught:
                COLUMN.stddev(threads=threads)
            assert caught.value is error
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_a_handler_that_returns_does_not_change_the_answer() -> None:
    handled: list[float] = []
    before = signal.signal(signal.SIGUSR1, lambda *_: handled.append(time.monotonic()))
    chunks = pa.chunked_array([TABLE["x"].chunk(0)] * 40)
    try:
        for threads in (1, 2):
            want = [
                cs.mean(chunks),
                cs.stddev(chunks),
                pa.array(cs.max(chunks, per=ROWS)).to_pylist(),
            ]
            column, got = cs.Column(chunks), []
            with Interrupt(signal.SIGUSR1, after=0.05) as interrupt:
                while len(handled) < threads or not got:
                    got = [column.mean(threads=threads), column.stddev(threads=threads)]
                    got.append(pa.array(column.max(per=ROWS, threads=threads)).to_pylist())
            assert got == want
            assert handled[-1] - interrupt.sent < SOON
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_other_threads_complete_their_calls() -> None:
    chunks = pa.chunked_array([TABLE["x"].chunk(0)] * 100)
    want, got = cs.stddev(chunks), []
    thread = threading.Thread(target=lambda: got.append(cs.stddev(chunks, threads=2)))
    thread.start()
    with Interrupt(), pytest.raises(KeyboardInterrupt):
        COLUMN.mean()
    thread.join()
    assert got == [want]


def test_ctrl_c_from_the_terminal_ends_a_program() -> None:
    program = """
        import numpy as np, colstats as cs
        print("ready", flush=True)
        cs.stddev(np.broadcast_to(0.1, 1 << 40))
    """
    process = subprocess.Popen(
        child.command(program), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=10)
    finally:
        process.kill()
    assert process.returncode == -signal.SIGINT
    assert errors.rstrip().endswith("KeyboardInterrupt")


def compute_forever() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    cs.mean(np.broadcast_to(0.1, 1 << 40), threads=1)


def process_id() -> int:
    return os.getpid()


def test_ctrl_c_in_a_pool_worker() -> None:
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, context) as pool:
        number = pool.submit(process_id).result(30)
        future = pool.submit(compute_forever)
        time.sleep(0.5)
        os.kill(number, signal.SIGINT)
        assert isinstance(future.exception(10), KeyboardInterrupt)
        assert pool.submit(cs.mean, [1.0, 2.0]).result(30) == 1.5
