"""Iterables of arrays and batches are streams, pulled one at a time; those of numbers are lists."""

import gc
import itertools
import os
import signal
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

import colstats as cs
from support import child
from support.checks import assert_column, assert_table
from support.producers import ArrayProducer
from support.reference import Value

VALUES: list[Value] = [0.1, None, 1e16, 1.0, -1e16, 2.5, None, 7.0]
COLUMNS: dict[str, list[Value]] = {"x": VALUES, "n": [1, 2, None, 2**62, 2**62, 3, 4, 5]}
BATCH = pa.record_batch(COLUMNS)
CUTS = [(0, 3), (3, 0), (3, 1), (4, 4)]


def arrays() -> list[pa.Array]:
    return [BATCH["x"].slice(start, length) for start, length in CUTS]


def batches() -> list[pa.RecordBatch]:
    return [BATCH.slice(start, length) for start, length in CUTS]


def generated(items: Iterable[object]) -> Iterator[object]:
    yield from items


class Container:
    """Can be iterated over again and again, and has nothing else."""

    def __init__(self, items: list[object]) -> None:
        self.items = items

    def __iter__(self) -> Iterator[object]:
        return iter(self.items)


MADE: dict[str, Callable[[list[object]], object]] = {
    "generator": generated,
    "list": list,
    "tuple": tuple,
    "iterator": iter,
    "chain": lambda items: itertools.chain(items[:1], items[1:]),
    "deque": deque,
    "container": Container,
    "values of a dict": lambda items: dict(enumerate(items)).values(),
}


@pytest.mark.parametrize("made", MADE)
def test_iterables_of_arrays_are_a_column(made: str) -> None:
    for change in (list, lambda items: [pl.Series(item) for item in items]):
        assert_column(lambda change=change: MADE[made](change(arrays())), VALUES)


@pytest.mark.parametrize("made", MADE)
def test_iterables_of_batches_and_tables_are_a_table(made: str) -> None:
    for convert in (
        lambda batch: batch,
        lambda batch: pa.Table.from_batches([batch]),
        pl.DataFrame,
    ):
        items = [convert(batch) for batch in batches()]
        assert_table(lambda items=items: MADE[made](items), COLUMNS)


def test_every_protocol_is_an_item() -> None:
    parts = [np.array([1.0, 2.0]), np.array([4.0, 0.0, 8.0])[::2], memoryview(np.array([16.0]))]
    assert_column(lambda: generated(parts), [1.0, 2.0, 4.0, 8.0, 16.0])
    assert_column(lambda: [cs.Column(part) for part in parts], [1.0, 2.0, 4.0, 8.0, 16.0])
    assert_table(
        lambda: generated([np.eye(2), cs.Table(np.eye(2))]),
        {"0": [1.0, 0.0] * 2, "1": [0.0, 1.0] * 2},
    )
    readers = (pa.Table.from_batches([batch]).to_reader() for batch in batches() if len(batch))
    assert pa.record_batch(cs.sum(readers)) == pa.record_batch(cs.sum(BATCH))


def test_arrays_are_chunks() -> None:
    for made in (list, generated):
        sums = pa.array(cs.sum(made(arrays()), per="chunk"))
        assert sums.to_pylist() == [cs.sum(array) for array in arrays()]
        windows = pa.array(cs.sum(made(arrays()), per=3))
        assert windows.to_pylist() == pa.array(cs.sum(BATCH["x"], per=3)).to_pylist()
    assert cs.Column(arrays()).num_chunks == len(CUTS)
    assert len(cs.Table(generated(batches()))) == len(BATCH)


def test_states_groups_and_summaries_of_iterables() -> None:
    assert cs.moments(generated(batches())) == cs.moments(BATCH)
    state = cs.Moments()
    state.update(generated(arrays()))
    assert state == cs.moments(BATCH["x"])
    assert cs.describe(generated(batches())) == cs.describe(BATCH)
    groups = [pa.record_batch({"k": keys, "x": [1.0, 2.0]}) for keys in (["a", "b"], ["b", "c"])]
    groups.append(groups[0].set_column(0, "k", groups[0]["k"].dictionary_encode()))
    one = pa.Table.from_batches([*groups[:2], groups[0]])
    assert cs.moments(generated(groups), by="k") == cs.moments(one, by="k")
    assert cs.moments(cs.Table(generated(groups)), by="k") == cs.moments(one, by="k")


def test_options_apply_to_iterables() -> None:
    means = pa.record_batch(cs.mean(generated(batches()), columns=["n"], threads=2))
    assert means.to_pydict() == pa.record_batch(cs.mean(BATCH, columns=["n"])).to_pydict()
    with pytest.raises(KeyError, match="no column"):
        cs.mean(generated(batches()), columns=["z"])


@pytest.mark.thread_unsafe(reason="checks when objects are collected")
def test_items_are_pulled_one_at_a_time_and_dropped() -> None:
    alive: list[weakref.ref[np.ndarray]] = []
    most: list[int] = []

    class Block(np.ndarray):
        """An array that supports weak references."""

    def blocks() -> Iterator[np.ndarray]:
        for number in range(20):
            gc.collect()
            most.append(sum(ref() is not None for ref in alive))
            block = np.full(1000, float(number)).view(Block)
            alive.append(weakref.ref(block))
            yield block
            del block

    assert cs.mean(blocks()) == 9.5
    # Of an item that is pulled, all earlier ones are gone.
    assert max(most) == 0


@pytest.mark.thread_unsafe(reason="measures the memory of a process")
def test_memory_stays_flat() -> None:
    program = """
        import numpy as np, pyarrow as pa, colstats as cs
        from support.peak import peak

        def batches(count):
            for i in range(count):
                yield pa.record_batch({"x": np.full(1 << 21, i, dtype=float)})
        cs.mean(batches(3))
        before = peak()
        assert pa.record_batch(cs.mean(batches(64)))["x"].to_pylist() == [31.5]
        assert cs.describe(batches(64))["x"]["max"] == 63
        print(peak() - before)
    """
    assert float(child.answer(program)) < 60  # MiB; the batches have 1024 in total


def test_exceptions_of_iterators_propagate_unchanged() -> None:
    class TornError(KeyError):
        """An exception of the producer's own."""

    error = TornError("the tape is torn")

    def torn(items: list[object]) -> Iterator[object]:
        yield from items
        raise error

    for data in (torn([]), torn([1.0, 2.0]), torn(arrays()), torn(batches())):
        with pytest.raises(TornError) as caught:
            cs.mean(data)
        assert caught.value is error


@pytest.mark.thread_unsafe(reason="only the main thread handles signals")
@pytest.mark.usefixtures("_ctrl_c")
@pytest.mark.parametrize("endless", [itertools.repeat(1.5), itertools.repeat(BATCH)])
def test_ctrl_c_ends_an_endless_iterator(endless: Iterator[object]) -> None:
    """These iterators are written in C, and never poll for signals themselves."""
    sent: list[float] = []

    def interrupt() -> None:
        time.sleep(0.2)
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        cs.mean(endless)
    assert time.monotonic() - sent[0] < 1
    thread.join()


def test_encodings_may_differ() -> None:
    plain = BATCH["n"]
    runs = pa.RunEndEncodedArray.from_arrays([2, 3], pa.array([7, None]))
    for made in (list, generated):
        items = [plain, plain.dictionary_encode(), runs]
        assert_column(lambda made=made, items=items: made(items), [*COLUMNS["n"] * 2, 7, 7, None])
    assert cs.Column([plain, plain.dictionary_encode()]).type == "int64"
    text = pa.array(["a", None])
    assert cs.count(generated([text, text.dictionary_encode()])) == 2


DIFFERENT: list[tuple[list[object], str]] = [
    (
        [pa.array([1]), pa.array([1.5])],
        r"item 1 of a generator: it is float64, and int64 in.*item\.cast\(type\)",
    ),
    ([pa.array(["a"]), pa.array([1.5])], r"item 1.*it is float64, and string in"),
    ([BATCH, BATCH["x"]], "item 1.*it is one column, and the items before it were a table"),
    ([BATCH["x"], BATCH], "item 1.*it is a table, and the items before it were one column"),
    ([BATCH, BATCH, BATCH.select(["n", "x"])], 'item 2.*are "n", "x", and.*were "x", "n".*select'),
    ([BATCH, BATCH.select(["x"])], 'item 1.*columns are "x", and.*were "x", "n"'),
    ([BATCH, pa.record_batch({"x": ["a"], "n": [1]})], 'item 1.*"x" is string, and float64'),
    ([pl.Series("a", [1]), pl.Series("b", [1])], 'item 1.*name is "b", and.*"a".*dict'),
    ([BATCH["x"], 3], "item 1 of a generator: an int is no data"),
    ([BATCH["x"], None], "item 1 of a generator: a NoneType is no data"),
    ([BATCH["x"], "text"], "item 1 of a generator: a str is no data"),
    ([1.5, BATCH["x"]], "DoubleArray at index 1 of a generator.*not both"),
    ([b"line"], "bytes at index 0 of a generator"),
    ([{"a": 1}], r"dict at index 0 of a generator.*from_pylist"),
    ([(1, 2)], r"tuple at index 0 of a generator.*row\[0\] for row in rows"),
    ([[1, 2]], r"list at index 0 of a generator.*numpy\.array"),
]


@pytest.mark.parametrize(("items", "says"), DIFFERENT, ids=[says[:40] for _, says in DIFFERENT])
def test_items_that_differ_are_refused(items: list[object], says: str) -> None:
    with pytest.raises(TypeError, match=says):
        cs.count(generated(items))


def test_items_of_two_types_can_be_cast() -> None:
    """The way out that the refusal names."""
    items = [pa.array([1, 2]), pa.array([4.5, None])]
    assert cs.mean(item.cast(pa.float64()) for item in items) == 2.5


@pytest.mark.parametrize(
    "numbers",
    [
        [1.5, 2.5, None, -0.0],
        [1, 2**63 - 1, None],
        [2**63, 1],
        [True, None, False],
        [True, 7],
        [1, 2.5],
        [None, None],
        [np.float32(0.1), np.int8(3)],
        [0.1] * 100_000,
    ],
)
def test_iterables_of_numbers_are_lists(numbers: list[object]) -> None:
    for made in (generated, deque, Container):
        column, same = cs.Column(made(numbers)), cs.Column(numbers)
        assert (column.type, len(column)) == (same.type, len(same))
        assert repr(cs.describe(made(numbers))) == repr(cs.describe(numbers))


def test_numbers_that_no_type_holds_are_refused() -> None:
    with pytest.raises(ValueError, match="integer at index 1 of a generator does not fit"):
        cs.mean(generated([0.5, 2**53 + 1]))
    with pytest.raises(TypeError, match="str at index 2 of a generator"):
        cs.mean(generated([1, 2, "3"]))


def test_an_iterator_that_was_used_up_is_refused() -> None:
    numbers = generated([1, 2, 3])
    assert cs.mean(numbers) == 2
    for ask in (cs.mean, cs.count, cs.moments, cs.Column, cs.describe):
        with pytest.raises(ValueError, match="generator yields nothing: it was read already"):
            ask(numbers)
    assert cs.mean(deque()) is None
    assert cs.count(Container([])) == 0


def test_a_reader_in_a_subclass_that_was_used_up_is_refused() -> None:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, BATCH.schema) as writer:
        writer.write_batch(BATCH)
    reader = pa.ipc.open_stream(sink.getvalue())
    assert type(reader) is not pa.RecordBatchReader
    assert cs.describe(reader) == cs.describe(BATCH)
    with pytest.raises(ValueError, match="RecordBatchStreamReader holds no batches: it was read"):
        cs.mean(reader)


def test_items_are_released_once() -> None:
    for refused in (False, True):
        items = [ArrayProducer() for _ in range(5)]
        data = [*items, pa.array(["text"])] if refused else items
        if refused:
            with pytest.raises(TypeError, match="item 5"):
                cs.Column(data)
        else:
            cs.Column(data).mean()
        assert [item.unbalanced() for item in items] == [[]] * 5
