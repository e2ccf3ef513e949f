"""Forked and spawned processes, exits during computations, subinterpreters."""

import multiprocessing
import threading

import numpy as np
import pytest

import colstats as cs
from support import child

pytestmark = pytest.mark.thread_unsafe(reason="starts processes")

ROWS = 1_000_003
ROUNDS = 3


def values() -> np.ndarray:
    rng = np.random.default_rng(3)
    return rng.normal(size=ROWS) * 2.0 ** rng.integers(-60, 60, ROWS)


def answers(data: object) -> list[object]:
    """Return the answers of calls that use threads."""
    found: list[object] = []
    for threads in (1, 2, 3):
        column = cs.Column(data)
        found += [column.mean(threads=threads), column.stddev(threads=threads)]
        found.append(cs.moments(column, threads=threads).to_bytes())
    return found


def answers_of_a_child(_: int) -> list[object]:
    return answers(values())


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_parent_and_children_at_once(method: str) -> None:
    """The parent has used its threads before, and continues to."""
    data = values()
    want = answers(data)
    context = multiprocessing.get_context(method)
    with context.Pool(2) as pool:
        pending = pool.map_async(answers_of_a_child, range(3))
        for _ in range(ROUNDS):
            assert answers(data) == want
        assert pending.get(60) == [want] * 3
    assert answers(data) == want


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_nested_forks() -> None:
    program = """
        import os, warnings
        import numpy as np, colstats as cs
        warnings.simplefilter("ignore")
        column = cs.Column(np.arange(1_000_000.0))
        want = column.stddev(threads=2)
        def descend(depth):
            assert column.stddev(threads=2) == want
            if depth == 0:
                return
            number = os.fork()
            if number == 0:
                try:
                    descend(depth - 1)
                except BaseException:
                    os._exit(1)
                os._exit(0)
            assert column.stddev(threads=3) == want
            assert os.waitpid(number, 0)[1] == 0
        descend(4)
        print("done")
    """
    assert child.answer(program) == "done"


COMPUTING = """
    import ctypes, os, threading, time
    import colstats as cs
    class Far:
        number = ctypes.c_double(0.1)
        place = (ctypes.addressof(number), False)
        __array_interface__ = dict(typestr="<f8", shape=(1 << 40,), strides=(0,), data=place)
    column = cs.Column(Far())
    started = threading.Semaphore(0)
    def compute(threads):
        started.release()
        column.stddev(threads=threads)
    def begin(daemon):
        for threads in (1, 2):
            threading.Thread(target=compute, args=(threads,), daemon=daemon).start()
            started.acquire()
        time.sleep({pause})
"""


@pytest.mark.parametrize("attempt", range(20))
def test_the_interpreter_shuts_down_while_daemon_threads_compute(attempt: int) -> None:
    program = COMPUTING.format(pause=0.01 * attempt) + "    begin(daemon=True)\n    print('bye')\n"
    assert child.answer(program) == "bye"


def test_os_exit_during_computations() -> None:
    program = COMPUTING.format(pause=0.1) + "    begin(daemon=False)\n    os._exit(7)\n"
    done = child.run(program)
    assert (done.returncode, done.stdout, done.stderr) == (7, "", "")


def test_sys_exit_while_daemon_threads_read_streams() -> None:
    program = """
        import sys, threading, time
        import numpy as np, pyarrow as pa, colstats as cs
        batch = pa.record_batch({"x": np.zeros(1 << 16)})
        def batches():
            while True:
                yield batch
        def compute():
            cs.mean(pa.RecordBatchReader.from_batches(batch.schema, batches()))
        threading.Thread(target=compute, daemon=True).start()
        time.sleep(0.3)
        sys.exit(3)
    """
    done = child.run(program)
    assert (done.returncode, done.stderr) == (3, "")


def test_a_thread_that_dies_of_an_exception() -> None:
    died: list[object] = []
    before = threading.excepthook
    threading.excepthook = lambda found: died.append(found.exc_type)
    try:
        for threads in (1, 2):
            data = values()

            def compute(threads: int = threads, data: np.ndarray = data) -> None:
                cs.mean(data, threads=threads)
                cs.mean(object(), threads=threads)

            thread = threading.Thread(target=compute)
            thread.start()
            thread.join(60)
            assert not thread.is_alive()
    finally:
        threading.excepthook = before
    assert died == [TypeError, TypeError]
    assert cs.mean(values(), threads=2) == cs.mean(values(), threads=1)


INTERPRETERS = """
    import sys
    import colstats as cs
    if sys.version_info >= (3, 13):
        import _interpreters
        made = _interpreters.create({config!r})
        def run(code):
            failure = _interpreters.exec(made, code)
            if failure:
                raise RuntimeError(failure.formatted)
    else:
        import _xxsubinterpreters as _interpreters
        made = _interpreters.create(isolated={isolated})
        run = lambda code: _interpreters.run_string(made, code)
    try:
        run("import colstats")
    except Exception as error:
        print(type(error).__name__, error)
    _interpreters.destroy(made)
    print(cs.mean([1.0, 2.0]))
"""


@pytest.mark.parametrize("isolated", [True, False])
def test_subinterpreters_are_refused_with_a_message(isolated: bool) -> None:
    config = "isolated" if isolated else "legacy"
    message, mean = child.answer(INTERPRETERS.format(config=config, isolated=isolated)).splitlines()
    assert "ImportError" in message
    assert "subinterpreters" in message
    assert mean == "1.5"
