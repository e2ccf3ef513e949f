"""Producers of Arrow data, made by hand: they count what is released, and lie where they are told.

An honest producer needs no arguments; each lie is a member of a C structure that is overwritten:

>>> honest, liar = ArrayProducer(), ArrayProducer(array={"length": -1})

Capsules behave as the Arrow PyCapsule interface demands: a capsule that nobody consumed releases
what it holds. After its use, `Producer.unbalanced` tells what was not released exactly once.
"""

import array
import ctypes
import itertools
import weakref
from collections import Counter
from collections.abc import Callable, Iterable
from ctypes import c_char_p, c_int, c_int32, c_int64, c_void_p
from typing import Any

RELEASE = ctypes.CFUNCTYPE(None, c_void_p)
GET = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p)
GET_LAST_ERROR = ctypes.CFUNCTYPE(c_void_p, c_void_p)

CPU, CUDA = 1, 2
TYPE_CODES = {b"g": "d", b"l": "q", b"i": "i", b"C": "B"}


class ArrowSchema(ctypes.Structure):
    """The type of an array."""

    _fields_ = (
        ("format", c_char_p),
        ("name", c_char_p),
        ("metadata", c_char_p),
        ("flags", c_int64),
        ("n_children", c_int64),
        ("children", c_void_p),
        ("dictionary", c_void_p),
        ("release", c_void_p),
        ("private_data", c_void_p),
    )


class ArrowArray(ctypes.Structure):
    """The values of an array."""

    _fields_ = (
        ("length", c_int64),
        ("null_count", c_int64),
        ("offset", c_int64),
        ("n_buffers", c_int64),
        ("n_children", c_int64),
        ("buffers", c_void_p),
        ("children", c_void_p),
        ("dictionary", c_void_p),
        ("release", c_void_p),
        ("private_data", c_void_p),
    )


class ArrowDeviceArray(ctypes.Structure):
    """An array and where it lies; it begins like an array, and is released like one."""

    _fields_ = (
        *ArrowArray._fields_,
        ("device_id", c_int64),
        ("device_type", c_int32),
        ("sync_event", c_void_p),
        ("reserved", c_int64 * 3),
    )


_STREAM_FIELDS = (
    ("get_schema", c_void_p),
    ("get_next", c_void_p),
    ("get_last_error", c_void_p),
    ("release", c_void_p),
    ("private_data", c_void_p),
)


class ArrowArrayStream(ctypes.Structure):
    """Arrays of one type, one after the other."""

    _fields_ = _STREAM_FIELDS


class ArrowDeviceArrayStream(ctypes.Structure):
    """The same for arrays on a device."""

    _fields_ = (("device_type", c_int32), *_STREAM_FIELDS)


class Part:
    """One structure that was handed out, what it owns, and how often it was released."""

    def __init__(
        self, kind: str, structure: Any, owned: Iterable[Any] = (), children: Iterable["Part"] = ()
    ) -> None:
        self.kind, self.structure = kind, structure
        self.owned, self.children = list(owned), list(children)
        self.releases = self.astray = 0
        self.parent: Part | None = None
        self.releasing = False
        self.callbacks: Any = None
        for child in self.children:
            child.parent = self
        self.key = next(_keys)
        _alive[self.key] = _known[self.key] = self

    def adorn(self, lies: dict[str, object] | None) -> "Part":
        """Overwrite members of the structure. One whose `release` is NULL is never released."""
        for member, lie in (lies or {}).items():
            setattr(self.structure, member, lie)
        self.expected = int(bool(self.structure.release))
        return self

    def release(self) -> None:
        """Release the children that nobody has released, as their parent must, then the memory."""
        self.releases += 1
        self.astray += self.parent is not None and not self.parent.releasing
        self.releasing = True
        for child in self.children:
            release(child.structure)
        self.releasing = False
        for memory in self.owned:  # whoever reads on reads NaN
            ctypes.memset(memory, 0xFF, ctypes.sizeof(memory))
        self.owned, self.callbacks = [], None
        _alive.pop(self.key, None)

    def complaint(self) -> str | None:
        """Tell what is wrong with how it was released."""
        if self.releases != self.expected:
            return f"{self.kind}: {self.releases} releases, not {self.expected}"
        return f"{self.kind}: released past its parent" if self.astray else None


_keys = itertools.count(1)
_alive: dict[int, Part] = {}
_known: weakref.WeakValueDictionary[int, Part] = weakref.WeakValueDictionary()
_capsules: dict[int, tuple[Any, bytes]] = {}


def release(structure: Any) -> None:
    """Call `release` unless it is NULL, as every consumer does when it is done."""
    if structure.release:
        RELEASE(structure.release)(ctypes.addressof(structure))


def _releaser(kind: type[ctypes.Structure]) -> Any:
    def callback(address: int) -> None:
        structure: Any = kind.from_address(address)
        _known[structure.private_data].release()
        structure.release = None

    return RELEASE(callback)


def _stream_callbacks(kind: type[ctypes.Structure]) -> dict[str, Any]:
    def producer(address: int) -> Any:
        structure: Any = kind.from_address(address)
        return _known[structure.private_data].callbacks

    return {
        "get_schema": GET(lambda address, place: producer(address).get_schema(place)),
        "get_next": GET(lambda address, place: producer(address).get_next(place)),
        "get_last_error": GET_LAST_ERROR(lambda address: producer(address).get_last_error()),
        "release": _releaser(kind),
    }


_callbacks: dict[type[ctypes.Structure], dict[str, Any]] = {
    ArrowSchema: {"release": _releaser(ArrowSchema)},
    ArrowArray: {"release": _releaser(ArrowArray)},
    ArrowDeviceArray: {"release": _releaser(ArrowDeviceArray)},
    ArrowArrayStream: _stream_callbacks(ArrowArrayStream),
    ArrowDeviceArrayStream: _stream_callbacks(ArrowDeviceArrayStream),
}


def _register(part: Part, lies: dict[str, object] | None) -> Part:
    part.structure.private_data = part.key
    for member, callback in _callbacks[type(part.structure)].items():
        setattr(part.structure, member, ctypes.cast(callback, c_void_p).value)
    return part.adorn(lies)


_api = ctypes.pythonapi
_new_capsule = ctypes.PYFUNCTYPE(ctypes.py_object, c_void_p, c_char_p, c_void_p)(
    ("PyCapsule_New", _api)
)
# A dying capsule must not become a Python object again.
_get_name = ctypes.PYFUNCTYPE(c_void_p, c_void_p)(("PyCapsule_GetName", _api))
_get_pointer = ctypes.PYFUNCTYPE(c_void_p, c_void_p, c_void_p)(("PyCapsule_GetPointer", _api))


@ctypes.PYFUNCTYPE(None, c_void_p)
def _destroy(capsule: int) -> None:
    name = _get_name(capsule)
    structure, _ = _capsules.pop(_get_pointer(capsule, name))
    if not (name and ctypes.string_at(name).startswith(b"used_")):
        release(structure)


def capsule(structure: Any, name: bytes) -> object:
    """Return a PyCapsule that releases the structure if nobody has taken it out."""
    address = ctypes.addressof(structure)
    _capsules[address] = (structure, name)
    return _new_capsule(address, name, ctypes.cast(_destroy, c_void_p))


class Field:
    """An array and its schema; `schema` and `array` are the members to lie about."""

    def __init__(
        self,
        format: bytes = b"g",
        values: Iterable[float] = (1.0, 2.0, 3.0),
        *,
        name: bytes | None = None,
        buffers: Iterable[bytes | None] | None = None,
        children: Iterable["Field | None"] = (),
        schema: dict[str, object] | None = None,
        array: dict[str, object] | None = None,
    ) -> None:
        self.format, self.values, self.name = format, list(values), name
        self.buffers, self.children = buffers, list(children)
        self.schema, self.array = schema, array

    def make_schema(self, parts: list[Part]) -> Part:
        """Make a schema; it and its children are added to the parts."""
        structure = ArrowSchema(format=self.format, name=self.name, flags=2)
        return self._finish(parts, "schema", structure, [], self.schema, Field.make_schema)

    def make_array(self, parts: list[Part], device: int | None = None) -> Part:
        """Make an array, perhaps one on a device."""
        structure: Any = ArrowArray() if device is None else ArrowDeviceArray(device_type=device)
        owned = [
            None if buffer is None else (ctypes.c_char * len(buffer)).from_buffer_copy(buffer)
            for buffer in self._buffers()
        ]
        pointers = (c_void_p * len(owned))(*[ctypes.addressof(b) if b else None for b in owned])
        structure.length = len(self.values)
        structure.n_buffers, structure.buffers = len(owned), ctypes.addressof(pointers)
        memory = [buffer for buffer in owned if buffer] + [pointers]
        return self._finish(parts, "array", structure, memory, self.array, Field.make_array)

    def _buffers(self) -> Iterable[bytes | None]:
        if self.buffers is not None:
            return self.buffers
        if self.format == b"+s":
            return [None]
        return [None, array.array(TYPE_CODES.get(self.format, "d"), self.values).tobytes()]

    def _finish(
        self,
        parts: list[Part],
        kind: str,
        structure: Any,
        memory: list[Any],
        lies: dict[str, object] | None,
        make: Callable[["Field", list[Part]], Part],
    ) -> Part:
        children = [make(child, parts) if child else None for child in self.children]
        addresses = [ctypes.addressof(child.structure) if child else None for child in children]
        pointers = (c_void_p * len(addresses))(*addresses)
        structure.n_children = len(addresses)
        structure.children = ctypes.addressof(pointers) if addresses else None
        part = Part(kind, structure, [*memory, pointers], [child for child in children if child])
        parts.append(_register(part, lies))
        return part


def struct(*children: Field | None, rows: int = 3, **lies: Any) -> Field:
    """A struct, which is a record batch; its children default to the columns "a" and "b"."""
    children = children or (Field(name=b"a"), Field(name=b"b"))
    return Field(b"+s", [0.0] * rows, children=children, **lies)


class Producer:
    """Keeps the books on everything that was handed out."""

    def __init__(self) -> None:
        self.parts: list[Part] = []

    @property
    def made(self) -> Counter[str]:
        """How many structures of each kind were handed out."""
        return Counter(part.kind for part in self.parts)

    @property
    def releases(self) -> Counter[str]:
        """How many releases of each kind there were."""
        counts = Counter({part.kind: 0 for part in self.parts})
        counts.update(itertools.chain(*([part.kind] * part.releases for part in self.parts)))
        return counts

    def unbalanced(self) -> list[str]:
        """Tell what was not released exactly once, or not by its parent."""
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
        """Return the capsules of a fresh schema and a fresh array."""
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


class StreamProducer(Producer):
    """Exports a stream of fields; a number among them is an error code, which ends the stream."""

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

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.export(ArrowArrayStream())

    def export(self, structure: Any) -> object:
        """Return the capsule of a fresh stream."""
        part = Part("stream", structure)
        part.callbacks, self.left = self, list(self.items)
        self.parts.append(_register(part, self.stream))
        return capsule(structure, self.name)

    def get_schema(self, place: int) -> int:
        """Write a schema to the place, or fail."""
        if isinstance(self.schema, int):
            return self.schema
        return self._write(place, self.schema.make_schema(self.parts))

    def get_next(self, place: int) -> int:
        """Write an array to the place, or fail, or mark the end."""
        item = self.left.pop(0) if self.left else None
        if isinstance(item, int):
            return item
        if item is None:
            ctypes.memset(place, 0, ctypes.sizeof(ArrowArray))
            return 0
        return self._write(place, item.make_array(self.parts, self.array_device))

    def get_last_error(self) -> int | None:
        """Where the reason of the last failure is, if there is one."""
        return ctypes.addressof(self.last_error) if self.last_error else None

    def _write(self, place: int, part: Part) -> int:
        ctypes.memmove(place, ctypes.byref(part.structure), ctypes.sizeof(part.structure))
        return 0


class DeviceStreamProducer(StreamProducer):
    """Exports the same by `__arrow_c_device_stream__`; the arrays may lie on another device."""

    __arrow_c_stream__ = property()  # not this one

    def __init__(self, *items: Field | int, device: int = CPU, array_device: int = CPU) -> None:
        super().__init__(*items, name=b"arrow_device_array_stream")
        self.device, self.array_device = device, array_device

    def __arrow_c_device_stream__(
        self, requested_schema: object = None, **kwargs: object
    ) -> object:
        return self.export(ArrowDeviceArrayStream(device_type=self.device))
