"""Everything a producer exports is released exactly once, and nothing leaks."""

import ctypes
import gc
import resource
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from operator import attrgetter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import colstats as cs
from support.bad_inputs.arrow import PRODUCERS
from support.bad_inputs.case import Case
from support.bad_inputs.objects import OBJECTS
from support.bad_inputs.protocol import PROTOCOLS, Interface
from support.honest import HONEST
from support.producers import (
    ArrayProducer,
    Field,
    Producer,
    StreamProducer,
    struct,
)
from support.tensors import TensorProducer

pytestmark = pytest.mark.thread_unsafe(reason="counts references and memory of the process")

# Without the objects that the whole interpreter shares.
OWN = [case for case in [*OBJECTS, *PROTOCOLS] if case.name not in {"None", "int"}]
# Without those where pyarrow itself keeps the text of a traceback, with any consumer.
STEADY = [
    case for case in [*OBJECTS, *PROTOCOLS, *PRODUCERS] if not case.name.startswith("reader raises")
]
function_name = attrgetter("__name__")
honest = pytest.mark.parametrize("make", HONEST.values(), ids=HONEST.keys())


@pytest.fixture(autouse=True, scope="module")
def _quick_collections() -> Iterator[None]:
    """Make garbage collection fast: exclude the objects that exist already."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def balanced(producer: Producer) -> bool:
    """Assert that everything exported was released exactly once."""
    gc.collect()
    assert producer.unbalanced() == []
    return True


def outstanding(producer: Producer, kind: str) -> int:
    """Return the number of structures of a kind that are not released yet."""
    return producer.made[kind] - producer.releases[kind]


@pytest.mark.parametrize("case", PRODUCERS, ids=attrgetter("name"))
@pytest.mark.parametrize("call", [cs.mean, cs.Column, cs.Table], ids=function_name)
def test_bad_input_is_released_once(case: Case, call: Callable[[Any], object]) -> None:
    producer = case.make()
    try:
        result = call(producer)
    except Exception:
        result = None
    del result
    assert balanced(producer)


@honest
@pytest.mark.parametrize("call", [cs.mean, cs.count, cs.Column, cs.Table], ids=function_name)
def test_good_input_is_released_once(
    make: Callable[[], Producer], call: Callable[[Any], object]
) -> None:
    producer = make()
    try:
        result = call(producer)
    except TypeError:  # a column where a table is needed, or the reverse
        result = None
    assert producer.made.total() > 0
    del result
    assert balanced(producer)


@honest
def test_unused_capsules_release_their_structures(make: Callable[[], Producer]) -> None:
    producer = make()
    exports = ["array", "stream", "device_array", "device_stream"]
    names = [*(f"__arrow_c_{name}__" for name in exports), "__dlpack__"]
    exported = [getattr(producer, name)() for name in names if hasattr(producer, name)]
    assert len(exported) == 1
    assert producer.releases.total() == 0
    del exported
    assert balanced(producer)


def test_hand_made_producers_are_valid_arrow() -> None:
    producers = [ArrayProducer(), ArrayProducer(struct()), StreamProducer(struct())]
    assert pa.array(producers[0]).to_pylist() == [1.0, 2.0, 3.0]
    assert pa.record_batch(producers[1]).to_pydict() == {"a": [1, 2, 3], "b": [1, 2, 3]}
    assert pa.table(producers[2]).to_pydict() == {"a": [1, 2, 3], "b": [1, 2, 3]}
    assert all(map(balanced, producers))


def test_a_double_release_is_detected() -> None:
    producer = ArrayProducer()
    part = producer.field.make_array(producer.parts)
    copy = type(part.structure).from_buffer_copy(part.structure)
    for structure in (part.structure, copy):
        ctypes.CFUNCTYPE(None, ctypes.c_void_p)(structure.release)(ctypes.addressof(structure))
    assert producer.unbalanced() == ["array: 2 releases, not 1"]


def test_a_column_keeps_its_array_until_it_dies() -> None:
    producer = ArrayProducer()
    column = cs.Column(producer)
    other = cs.Column(column)
    gc.collect()
    assert producer.releases == {"schema": 1, "array": 0}
    del column
    assert other.mean() == 2.0
    assert producer.releases["array"] == 0
    del other
    assert balanced(producer)


def test_a_column_keeps_all_arrays_of_its_stream_but_not_the_stream() -> None:
    producer = StreamProducer(Field(), Field(values=[4.0]))
    column = cs.Column(producer)
    gc.collect()
    assert producer.releases == {"stream": 1, "schema": 1, "array": 0}
    assert column.mean() == 2.5
    del column
    assert balanced(producer)


@pytest.mark.parametrize("first", ["a", "b"])
def test_each_column_of_a_table_keeps_the_whole_batch(first: str) -> None:
    producer = ArrayProducer(struct())
    table = cs.Table(producer)
    columns = {name: table[name] for name in ("a", "b")}
    del table
    gc.collect()
    assert outstanding(producer, "array") == 3
    columns.pop(first)
    gc.collect()
    assert outstanding(producer, "array") == 3
    assert [column.mean() for column in columns.values()] == [2.0]
    columns.clear()
    assert balanced(producer)


def test_a_column_keeps_its_tensor_until_it_dies() -> None:
    producer = TensorProducer()
    column = cs.Column(producer)
    gc.collect()
    assert (column.mean(), producer.releases["tensor"]) == (2.0, 0)
    del column
    assert balanced(producer)


def test_a_column_keeps_the_object_behind_an_interface() -> None:
    data = Interface()
    before = sys.getrefcount(data)
    column = cs.Column(data)
    assert sys.getrefcount(data) > before
    del column
    assert sys.getrefcount(data) == before


@pytest.mark.parametrize("case", OWN, ids=attrgetter("name"))
def test_no_reference_to_refused_input_is_kept(case: Case) -> None:
    data = case.make()
    again = Case(case.name, lambda: data, case.error, case.says, case.call)
    again.provoke()
    gc.collect()
    before = sys.getrefcount(data)
    for _ in range(20):
        again.provoke()
    gc.collect()
    assert sys.getrefcount(data) == before


def resident() -> int:
    """Return the resident memory of this process in bytes; the peak where there is no /proc."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * resource.getpagesize()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def soak(rounds: int) -> None:
    """Provoke every error, and read every honest producer, `rounds` times."""
    for _ in range(rounds):
        for case in STEADY:
            case.provoke()
        for make in HONEST.values():
            cs.mean(make())
    gc.collect()


def test_resident_memory_stays_flat() -> None:
    soak(60)
    before = resident()
    soak(300)
    assert resident() - before < 4 * 2**20


def test_python_memory_stays_flat() -> None:
    tracemalloc.start()
    try:
        soak(100)
        before, _ = tracemalloc.get_traced_memory()
        soak(100)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 12 * 2**10
