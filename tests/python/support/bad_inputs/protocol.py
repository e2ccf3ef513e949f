"""Bad inputs that implement a protocol, but break it."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa

import colstats as cs
from support.bad_inputs.case import Case
from support.producers import ArrayProducer, StreamProducer, struct

DOUBLES = np.zeros(3)
POINTER = (DOUBLES.ctypes.data, False)


class Exports:
    """Exports the same object at every call."""

    def __init__(self, exported: Any) -> None:
        self.exported = exported

    def __arrow_c_array__(self, requested_schema: object = None) -> Any:
        return self.exported


class ExportsStream:
    """Exports the same object as a stream at every call."""

    def __init__(self, exported: Any) -> None:
        self.exported = exported

    def __arrow_c_stream__(self, requested_schema: object = None) -> Any:
        return self.exported


class Disabled:
    """Disables the protocol in Python's way: its method is None."""

    __arrow_c_array__ = None


class Fails:
    """Raises when it is asked for an Arrow array."""

    error = ZeroDivisionError("my own")

    def __arrow_c_array__(self, requested_schema: object = None) -> Any:
        raise self.error


class FailsStream:
    """Raises when it is asked for an Arrow stream."""

    error = ConnectionResetError("my own")

    def __arrow_c_stream__(self, requested_schema: object = None) -> Any:
        raise self.error


class FailsTensor:
    """Raises when it is asked for a DLPack tensor."""

    error = BufferError("my own")

    def __dlpack_device__(self) -> tuple[int, int]:
        return 1, 0

    def __dlpack__(self, **kwargs: object) -> Any:
        raise self.error


class FailsInterface:
    """Raises when it is asked for an array interface."""

    error = LookupError("my own")

    @property
    def __array_interface__(self) -> Any:
        raise self.error


class Interface:
    """An `__array_interface__` of three doubles, with the members to lie about."""

    def __init__(self, **lies: Any) -> None:
        truth = {"version": 3, "typestr": "<f8", "shape": (3,), "data": POINTER}
        members = {**truth, **lies}
        self.__array_interface__ = {
            key: value for key, value in members.items() if value is not ...
        }


def interfaces() -> list[Case]:
    """Malformed array interfaces."""
    broken = "malformed __array_interface__ of support.bad_inputs.protocol.Interface: "
    lists: list[tuple[str, dict[str, Any], type[Exception], str]] = [
        ("no typestr", {"typestr": ...}, ValueError, broken + ".*typestr"),
        ("no shape", {"shape": ...}, ValueError, broken + ".*shape"),
        ("no data", {"data": ...}, ValueError, broken + ".*data"),
        ("typestr 8", {"typestr": 8}, ValueError, broken + ".*typestr"),
        ("typestr f", {"typestr": "f"}, TypeError, 'Interface.*"f"'),
        ("typestr é", {"typestr": "é"}, TypeError, 'Interface.*"é"'),
        ("typestr i3", {"typestr": "<i3"}, TypeError, "Interface"),
        ("typestr V8", {"typestr": "|V8"}, TypeError, "Interface"),
        ("typestr O8", {"typestr": "|O8"}, TypeError, "object.*Interface"),
        ("shape 3", {"shape": 3}, ValueError, broken + ".*shape"),
        ("shape -3", {"shape": (-3,)}, ValueError, broken + ".*shape"),
        ("shape 2^62", {"shape": (2**62,)}, ValueError, "Interface.*too large"),
        ("0-d", {"shape": ()}, TypeError, "Interface has 0 dimensions"),
        ("NULL", {"data": (0, False)}, ValueError, broken + ".*NULL"),
        ("data 5", {"data": 5}, ValueError, broken + ".*data"),
        ("data -1", {"data": (-1, False)}, ValueError, broken + ".*data"),
        ("two strides", {"strides": (8, 8)}, ValueError, broken + ".*strides"),
        ("strides x", {"strides": "x"}, ValueError, broken + ".*strides"),
        ("stride 2^62", {"strides": (2**62,)}, ValueError, "Interface.*too large"),
        ("mask", {"mask": np.zeros(3, bool)}, ValueError, broken + ".*mask"),
    ]
    cases = [
        Case(f"interface: {name}", lambda lies=lies: Interface(**lies), error, says)
        for name, lies, error, says in lists
    ]
    no_dictionary = SimpleNamespace(__array_interface__=[1])
    return [
        *cases,
        Case("interface: list", lambda: no_dictionary, TypeError, "SimpleNamespace.*list.*dict"),
        Case("interface: raises", FailsInterface, LookupError, "^my own$"),
    ]


def reader(error: Exception | None = None) -> pa.RecordBatchReader:
    """Return a reader whose generator raises, or one that has already been read."""

    def batches() -> Iterator[pa.RecordBatch]:
        yield pa.record_batch({"a": [1]})
        if error:
            raise error

    made = pa.RecordBatchReader.from_batches(pa.schema({"a": pa.int64()}), batches())
    if not error:
        cs.mean(made)
    return made


def half_a_capsule() -> Exports:
    return Exports((ArrayProducer().__arrow_c_array__()[0], 1))


def consumed_array() -> Exports:
    exporter = Exports(ArrayProducer().__arrow_c_array__())
    cs.mean(exporter)
    return exporter


def consumed_stream() -> ExportsStream:
    exporter = ExportsStream(StreamProducer(struct()).__arrow_c_stream__())
    cs.mean(exporter)
    return exporter


def protocol() -> list[Case]:
    """Objects whose Arrow methods return something else, or raise."""
    array, stream = r"Exports.__arrow_c_array__\(\).*", r"ExportsStream.__arrow_c_stream__\(\).*"
    return [
        Case("array is None", Disabled, TypeError, r"support\.bad_inputs\.protocol\.Disabled"),
        Case("array raises", Fails, ZeroDivisionError, "^my own$"),
        Case("stream raises", FailsStream, ConnectionResetError, "^my own$"),
        Case("tensor raises", FailsTensor, BufferError, "^my own$"),
        Case("returns None", lambda: Exports(None), TypeError, array + "None.*two capsules"),
        Case("returns a list", lambda: Exports([1, 2]), TypeError, array + "list.*two capsules"),
        Case("a tuple of 3", lambda: Exports((1, 2, 3)), ValueError, array + "3.*two capsules"),
        Case("an empty tuple", lambda: Exports(()), ValueError, array + "0.*two capsules"),
        Case("no capsules", lambda: Exports((1, 2)), TypeError, array + "int.*arrow_schema"),
        Case("half a capsule", half_a_capsule, TypeError, array + "int.*arrow_array"),
        Case("no stream", lambda: ExportsStream(None), TypeError, stream + "None.*capsule"),
        Case("consumed array", consumed_array, ValueError, array + "consumed"),
        Case("consumed stream", consumed_stream, ValueError, stream + "consumed"),
        Case("consumed reader", reader, ValueError, "RecordBatchReader.*read already.*read_all"),
        Case(
            "reader raises ValueError",
            lambda: reader(ValueError("from the generator")),
            ValueError,
            "RecordBatchReader failed.*from the generator",
        ),
        Case(
            "reader raises OSError",
            lambda: reader(OSError(5, "from the generator")),
            OSError,
            "RecordBatchReader failed.*from the generator",
        ),
    ]


PROTOCOLS = [*interfaces(), *protocol()]
