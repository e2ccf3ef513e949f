"""Calls that need memory, in a process that has little of it left."""

import resource
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

import colstats as cs

ROWS, BITS = 10**7, 4 * 10**8
UNALIGNED = "a copy of values that are not aligned takes 80000000 bytes"


@dataclass(frozen=True)
class Call:
    """A call: its data, the megabytes left when it starts, the expected message, the function."""

    make: Callable[[], Any]
    megabytes: int
    says: str
    ask: Callable[[Any], object] = cs.mean


def limit(megabytes: int) -> None:
    """Allow this process `megabytes` more than it uses now."""
    with open("/proc/self/statm") as numbers:
        size = int(numbers.read().split()[0]) * resource.getpagesize()
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (size + (megabytes << 20), hard))


def outcome(ask: Callable[[Any], object], data: object) -> object:
    """Return the answer, or the message of a MemoryError."""
    try:
        return ask(data)
    except MemoryError as error:
        return f"MemoryError: {error}"


def run(name: str) -> None:
    """Make a call with little memory left; then use an older column, and make a new one."""
    call = CALLS[name]
    cs.set_num_threads(1)
    # Lazy imports must happen before memory is limited.
    cs.describe(pa.table({"a": [1.0, 2.0], "b": [1, 2]}), by="a").to_list()
    kept, data = cs.Column(np.arange(4.0)), call.make()
    limit(call.megabytes)
    print(outcome(call.ask, data))
    print(kept.mean(), cs.mean([1, 2, 3]))


def unaligned(values: np.ndarray) -> pa.Array:
    """Return an array at an odd address."""
    memory = np.zeros(values.nbytes + 1, "u1")
    memory[1:] = values.view("u1")
    buffers = [None, pa.py_buffer(memory)[1:]]
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), len(values), buffers)


def dictionary(keys: Any, values: Any) -> pa.Array:
    """Return a dictionary, without validation by pyarrow."""
    return pa.DictionaryArray.from_arrays(keys, values, safe=False)


def two_bitmaps() -> pa.Array:
    """Return a struct with nulls whose child has nulls as well."""
    bits = [pa.py_buffer(np.full(BITS // 8, 0xAA, "u1")) for _ in range(3)]
    child = pa.Array.from_buffers(pa.bool_(), BITS, bits[:2])
    return pa.Array.from_buffers(pa.struct({"a": pa.bool_()}), BITS, bits[2:], children=[child])


def groups(keys: Any) -> cs.Table:
    """Return a table of keys and zeros."""
    return cs.Table(pa.table({"k": keys, "x": np.zeros(ROWS)}))


def of_dictionary(what: str) -> str:
    """Return the message for a dictionary that was not read."""
    return f"to read pyarrow.lib.DictionaryArray: {what}"


CALLS = {
    "list": Call(lambda: [0.5] * ROWS, 40, "to copy 10000000 values of a list"),
    "tuple": Call(lambda: (1,) * ROWS, 40, "to copy 10000000 values of a tuple"),
    "list of ints": Call(lambda: [1] * ROWS, 120, "to copy 10000000 values of a tuple"),
    "list of ints, converted": Call(lambda: [1] * ROWS, 350, "to convert 10000000 values"),
    "keys": Call(
        lambda: dictionary(unaligned(np.zeros(ROWS, "i8")), [0.5]), 40, of_dictionary(UNALIGNED)
    ),
    "values of a dictionary": Call(
        lambda: dictionary(pa.array([0]), unaligned(np.zeros(ROWS))), 40, of_dictionary(UNALIGNED)
    ),
    "nulls of a dictionary": Call(
        lambda: dictionary(np.zeros(BITS, "i1"), pa.array([0.5, None])),
        30,
        of_dictionary("reading its dictionary takes 50000000 bytes"),
    ),
    "values of runs": Call(
        lambda: pa.RunEndEncodedArray.from_arrays(
            np.arange(1, ROWS + 1), unaligned(np.zeros(ROWS))
        ),
        40,
        f"to read pyarrow.lib.RunEndEncodedArray: {UNALIGNED}",
    ),
    "nulls of a struct": Call(
        two_bitmaps,
        30,
        'to read pyarrow.lib.StructArray: column "a": '
        "joining its nulls with those of its struct takes 50000000 bytes",
    ),
    "an answer for each row": Call(
        lambda: np.zeros(ROWS),
        400,
        "for 10000000 results for each column: ask for more rows at a time",
        lambda data: cs.mean(data, per=1),
    ),
    "an answer for each row of a table": Call(
        lambda: cs.Table(np.zeros((ROWS // 10, 10))),
        400,
        "for 1000000 results for each column: ask for more rows at a time",
        lambda data: data.stddev(per=1),
    ),
    "an answer for each row of a stream": Call(
        lambda: pa.chunked_array([np.zeros(ROWS // 2)] * 2),
        400,
        r"for \d+ results for each column: ask for more rows at a time",
        lambda data: cs.mean(data, per=1),
    ),
    "groups": Call(
        lambda: groups(np.arange(ROWS)),
        40,
        "for the keys and states of 1048576 more rows",
        lambda data: cs.moments(data, by="k"),
    ),
    "groups that become many": Call(
        lambda: groups(np.arange(ROWS)),
        900,
        r"for the keys and states of \d+ more rows",
        lambda data: cs.describe(data, by="k"),
    ),
    "views": Call(
        lambda: groups(pa.array(["a" * 5, None] * (ROWS // 2)).cast(pa.string_view())),
        60,
        'to read colstats.Table: column "k": a copy of its views takes 160000000 bytes',
        lambda data: cs.moments(data, by="k"),
    ),
    "statistics": Call(
        lambda: cs.Table(np.ones((ROWS, 2))),
        16,
        "",
        lambda data: ([row["stddev"] for row in cs.describe(data).to_list()], data["1"].mean()),
    ),
    "threads": Call(
        lambda: np.arange(float(ROWS)),
        24,
        "",
        lambda data: (cs.mean(data, threads=256), cs.stddev(data, threads=512) == cs.stddev(data)),
    ),
    "memory available again": Call(
        lambda: [0.5] * ROWS,
        40,
        "",
        lambda data: (str(outcome(cs.mean, data))[:11], limit(400), cs.mean(data)),
    ),
}
