"""Hand-made producers of Arrow data, which count releases and can lie about themselves.

Without arguments a producer is honest. Each lie overwrites a member of a C structure:

>>> honest, liar = ArrayProducer(), ArrayProducer(array={"length": -1})

Capsules behave as the Arrow PyCapsule interface demands: one that was not consumed releases what it
holds. After use, `Producer.unbalanced` lists what was not released exactly once.
"""

import array
import ctypes
import itertools
from collections import Counter
from collections.abc import Callable, Iterable
from ctypes import c_void_p
from typing import Any

from support.c_structs import (
    ArrowArray,
    ArrowArrayStream,
    ArrowDeviceArray,
    ArrowDeviceArrayStream,
    ArrowSchema,
    Part,
    capsule,
    register,
)

CPU, CUDA = 1, 2
TYPE_CODES = {b"g": "d", b"l": "q", b"i": "i", b"C": "B", b"L": "Q", b"tDs": "q"}


class Field:
    """An array and its schema; `schema` and `array` overwrite members of their structures."""

    def __init__(
        self,
        format: bytes = b"g",
        values: Iterable[float] = (1.0, 2.0, 3.0),
        *,
        name: bytes | None = None,
        buffers: Iterable[bytes | None] | None = None,
        children: Iterable["Field | None"] = (),
        dictionary: "Field | None" = None,
        schema: dict[str, object] | None = None,
        array: dict[str, object] | None = None,
    ) -> None:
        self.format, self.values, self.name = format, list(values), name
        self.buffers, self.children, self.dictionary = buffers, list(children), dictionary
        self.schema, self.array = schema, array

    def make_schema(self, parts: list[Part]) -> Part:
        """Make the schema, and add it and its children to the parts."""
        structure = ArrowSchema(format=self.format, name=self.name, flags=2)
        return self._finish(
            parts, "schema", structure, memory=[], lies=self.schema, make=Field.make_schema
        )

    def make_array(self, parts: list[Part], device: int | None = None) -> Part:
        """Make the array, on a device if one is given."""
        structure: Any = ArrowArray() if device is None else ArrowDeviceArray(device_type=device)
        owned = [
            None if buffer is None else (ctypes.c_char * len(buffer)).from_buffer_copy(buffer)
            for buffer in self._buffers()
        ]
        pointers = (c_void_p * len(owned))(*[ctypes.addressof(b) if b else None for b in owned])
        structure.length = len(self.values)
        structure.n_buffers, structure.buffers = len(owned), ctypes.addressof(pointers)
        memory = [buffer for buffer in owned if buffer] + [pointers]
        return self._finish(
            parts, "array", structure, memory=memory, lies=self.array, make=Field.make_array
        )

    def _buffers(self) -> Iterable[bytes | None]:
        if self.buffers is not None:
            return self.buffers
        if self.format == b"+s":
            return [None]
        if self.format == b"+r":
            return []
        return [None, array.array(TYPE_CODES.get(self.format, "d"), self.values).tobytes()]

    def _finish(
        self,
        parts: list[Part],
        kind: str,
        structure: Any,
        *,
        memory: list[Any],
        lies: dict[str, object] | None,
        make: Callable[["Field", list[Part]], Part],
    ) -> Part:
        children = [make(child, parts) if child else None for child in self.children]
        addresses = [ctypes.addressof(child.structure) if child else None for child in children]
        pointers = (c_void_p * len(addresses))(*addresses)
        structure.n_children = len(addresses)
        structure.children = ctypes.addressof(pointers) if addresses else None
        if self.dictionary:
            children.append(make(self.dictionary, parts))
            structure.dictionary = ctypes.addressof(children[-1].structure)
        part = Part(kind, structure, [*memory, pointers], [child for child in children if child])
        parts.append(register(part, lies))
        return part


def struct(*children: Field | None, rows: int = 3, **lies: Any) -> Field:
    """Make a struct, that is, a record batch; by default with the columns "a" and "b"."""
    children = children or (Field(name=b"a"), Field(name=b"b"))
    return Field(b"+s", [0.0] * rows, children=children, **lies)


class Producer:
    """Keeps a record of every exported structure."""

    def __init__(self) -> None:
        self.parts: list[Part] = []

    @property
    def made(self) -> Counter[str]:
        """The number of exported structures of each kind."""
        return Counter(part.kind for part in self.parts)

    @property
    def releases(self) -> Counter[str]:
        """The number of releases of each kind."""
        counts = Counter({part.kind: 0 for part in self.parts})
        counts.update(itertools.chain(*([part.kind] * part.releases for part in self.parts)))
        return counts

    def unbalanced(self) -> list[str]:
        """List what was not released exactly once, or not by its parent."""
        return [complaint for part in self.parts if (complaint := part.complaint())]


class ArrayProducer(Producer):
    """Exports a field by `__arrow_c_array__`."""

    def __init__(
        self,
        field: Field | None = None,
        names: tuple[bytes, bytes] = (b"arrow_schema", b"arrow_array"),
        **lies: Any,
    ) -> None:
        super().__init__()
        self.field, self.names = field or Field(**lies), names

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        return self.export(None)

    def export(self, device: int | None) -> tuple[object, object]:
        """Return capsules of a new schema and a new array."""
        schema = capsule(self.field.make_schema(self.parts).structure, self.names[0])
        return schema, capsule(self.field.make_array(self.parts, device).structure, self.names[1])


class DeviceArrayProducer(Producer):
    """Exports a field by `__arrow_c_device_array__`."""

    def __init__(self, device: int = CPU, field: Field | None = None) -> None:
        super().__init__()
        names = (b"arrow_schema", b"arrow_device_array")
        self.device, self.inner = device, ArrayProducer(field, names)
        self.inner.parts = self.parts

    def __arrow_c_device_array__(
        self, requested_schema: object = None, **kwargs: object
    ) -> tuple[object, object]:
        return self.inner.export(self.device)


class _Stream(Producer):
    """A stream of fields; an int among them is an error code, which ends the stream."""

    def __init__(
        self,
        *items: Field | int,
        schema: Field | int | None = None,
        last_error: bytes | None = None,
        name: bytes = b"arrow_array_stream",
        stream: dict[str, object] | None = None,
    ) -> None:
        super().__init__()
        self.items, self.name, self.stream = items or (Field(), Field()), name, stream
        first = self.items[0]
        self.schema = schema or (first if isinstance(first, Field) else Field())
        self.last_error = ctypes.create_string_buffer(last_error) if last_error else None
        self.array_device: int | None = None

    def export(self, structure: Any) -> object:
        """Return the capsule of a new stream."""
        part = Part("stream", structure)
        part.callbacks, self.left = self, list(self.items)
        self.parts.append(register(part, self.stream))
        return capsule(structure, self.name)

    def get_schema(self, place: int) -> int:
        """Write a schema to `place`, or fail."""
        if isinstance(self.schema, int):
            return self.schema
        return self._write(place, self.schema.make_schema(self.parts))

    def get_next(self, place: int) -> int:
        """Write an array to `place`, or fail, or mark the end."""
        item = self.left.pop(0) if self.left else None
        if isinstance(item, int):
            return item
        if item is None:
            ctypes.memset(place, 0, ctypes.sizeof(ArrowArray))
            return 0
        return self._write(place, item.make_array(self.parts, self.array_device))

    def get_last_error(self) -> int | None:
        """Return the address of the last error's message, if there is one."""
        return ctypes.addressof(self.last_error) if self.last_error else None

    def _write(self, place: int, part: Part) -> int:
        ctypes.memmove(place, ctypes.byref(part.structure), ctypes.sizeof(part.structure))
        return 0


class StreamProducer(_Stream):
    """Exports a stream by `__arrow_c_stream__`."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.export(ArrowArrayStream())


class DeviceStreamProducer(_Stream):
    """Exports a stream by `__arrow_c_device_stream__`; its arrays may be on another device."""

    def __init__(self, *items: Field | int, device: int = CPU, array_device: int = CPU) -> None:
        super().__init__(*items, name=b"arrow_device_array_stream")
        self.device, self.array_device = device, array_device

    def __arrow_c_device_stream__(
        self, requested_schema: object = None, **kwargs: object
    ) -> object:
        return self.export(ArrowDeviceArrayStream(device_type=self.device))
