"""Ctrl-C is heard wherever time passes: in memory, in streams, by groups, in other processes."""

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
    pytest.mark.thread_unsafe(reason="signals reach the first thread alone"),
    pytest.mark.usefixtures("_ctrl_c"),
]

#: Chunks that are one and the same: 80 GiB to read, and none to hold.
ROWS, CHUNKS = 1 << 20, 10_000
#: As many rows in the memory of one.
FAR = 1 << 36
#: How soon a signal must be heard.
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
    "per very many rows": lambda: COLUMN.stddev(per=1 << 32, threads=1),
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
    """End with a traceback rather than never."""

    def late(*_: object) -> None:
        raise TimeoutError("nobody heard")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(50)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


class Interrupt:
    """Sends a signal to this process in a while."""

    def __init__(self, which: signal.Signals = signal.SIGINT, after: float = 0.25) -> None:
        self.which, self.after, self.sent = which, after, 0.0
        self.thread, self.ready = threading.Thread(target=self.send), threading.Event()

    def send(self) -> None:
        """Wait, and send it."""
        self.ready.wait()
        time.sleep(self.after)
        self.sent = time.monotonic()
        os.kill(os.getpid(), self.which)

    def __enter__(self) -> "Interrupt":
        self.thread.start()  # which takes its time on a busy machine
        self.ready.set()
        return self

    def __exit__(self, *_: object) -> None:
        self.thread.join()
        self.elapsed = time.monotonic() - self.sent


@pytest.mark.parametrize("work", LONG.values(), ids=LONG.keys())
def test_ctrl_c_is_heard_soon(work: Callable[[], object]) -> None:
    with Interrupt() as interrupt, pytest.raises(KeyboardInterrupt):
        work()
    assert interrupt.elapsed < SOON
    assert cs.mean(TABLE["x"].chunk(0)) == cs.mean(TABLE["x"].chunk(0).to_numpy()[::-1])


def test_what_a_handler_raises_comes_through() -> None:
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


def test_a_handler_that_raises_nothing_changes_nothing() -> None:
    heard: list[float] = []
    before = signal.signal(signal.SIGUSR1, lambda *_: heard.append(time.monotonic()))
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
                while len(heard) < threads or not got:
                    got = [column.mean(threads=threads), column.stddev(threads=threads)]
                    got.append(pa.array(column.max(per=ROWS, threads=threads)).to_pylist())
            assert got == want
            assert heard[-1] - interrupt.sent < SOON
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_other_threads_finish_what_they_do() -> None:
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


def work_for_ever() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    cs.mean(np.broadcast_to(0.1, 1 << 40), threads=1)


def process_id() -> int:
    return os.getpid()


def test_ctrl_c_in_a_child_of_a_pool() -> None:
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, context) as pool:
        number = pool.submit(process_id).result(30)
        future = pool.submit(work_for_ever)
        time.sleep(0.5)
        os.kill(number, signal.SIGINT)
        assert isinstance(future.exception(10), KeyboardInterrupt)
        assert pool.submit(cs.mean, [1.0, 2.0]).result(30) == 1.5
