"""The structures of the Arrow C data interface, in capsules, with every release counted.

Each structure belongs to a `Part`, which counts its releases and owns its memory until the first.
A capsule that was not consumed releases its structure when it is destroyed.
"""

import ctypes
import itertools
import weakref
from collections.abc import Iterable
from ctypes import c_char_p, c_int, c_int32, c_int64, c_void_p
from typing import Any

RELEASE = ctypes.CFUNCTYPE(None, c_void_p)
GET = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p)
GET_LAST_ERROR = ctypes.CFUNCTYPE(c_void_p, c_void_p)


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
    """An array and its device. It begins with an ArrowArray, and is released like one."""

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
    """A stream of arrays of one type."""

    _fields_ = _STREAM_FIELDS


class ArrowDeviceArrayStream(ctypes.Structure):
    """A stream of arrays on a device."""

    _fields_ = (("device_type", c_int32), *_STREAM_FIELDS)


class Part:
    """One exported structure, the memory it owns, and how often it was released."""

    def __init__(
        self, kind: str, structure: Any, owned: Iterable[Any] = (), children: Iterable["Part"] = ()
    ) -> None:
        self.kind, self.structure = kind, structure
        self.owned, self.children = list(owned), list(children)
        self.releases = self.released_alone = 0
        self.expected = 1
        self.parent: Part | None = None
        self.releasing = False
        self.callbacks: Any = None
        for child in self.children:
            child.parent = self
        self.key = next(_keys)
        _alive[self.key] = _known[self.key] = self

    def overwrite(self, lies: dict[str, object] | None) -> "Part":
        """Overwrite members of the structure. With a NULL `release` it must not be released."""
        for member, lie in (lies or {}).items():
            setattr(self.structure, member, lie)
        if not self.structure.release:
            self.expect_nothing()
        return self

    def expect_nothing(self) -> None:
        """Expect no release of this part and its children: the consumer cannot release them."""
        self.expected = 0
        _alive.pop(self.key)
        for child in self.children:
            child.expect_nothing()

    def release(self) -> None:
        """Release the children that are left, as a parent must, then free the memory."""
        self.releases += 1
        self.released_alone += self.parent is not None and not self.parent.releasing
        self.releasing = True
        for child in self.children:
            release(child.structure)
        self.releasing = False
        for memory in self.owned:  # reads after the release see NaN
            ctypes.memset(memory, 0xFF, ctypes.sizeof(memory))
        self.owned, self.callbacks = [], None
        _alive.pop(self.key, None)

    def complaint(self) -> str | None:
        """Describe what is wrong with its releases, if anything."""
        if self.releases != self.expected:
            return f"{self.kind}: {self.releases} releases, not {self.expected}"
        return f"{self.kind}: released without its parent" if self.released_alone else None


_keys = itertools.count(1)
_alive: dict[int, Part] = {}
_known: weakref.WeakValueDictionary[int, Part] = weakref.WeakValueDictionary()
_capsules: dict[int, tuple[Any, bytes]] = {}


def release(structure: Any) -> None:
    """Call `release` unless it is NULL, as a consumer does when it is done."""
    if structure.release:
        RELEASE(structure.release)(ctypes.addressof(structure))


def releaser(kind: type[ctypes.Structure]) -> Any:
    """Make the callback that releases structures of a kind."""

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
        "release": releaser(kind),
    }


CALLBACKS: dict[type[ctypes.Structure], dict[str, Any]] = {
    ArrowSchema: {"release": releaser(ArrowSchema)},
    ArrowArray: {"release": releaser(ArrowArray)},
    ArrowDeviceArray: {"release": releaser(ArrowDeviceArray)},
    ArrowArrayStream: _stream_callbacks(ArrowArrayStream),
    ArrowDeviceArrayStream: _stream_callbacks(ArrowDeviceArrayStream),
}


def register(part: Part, lies: dict[str, object] | None) -> Part:
    """Set the callbacks of a part's structure, then overwrite the members it lies about."""
    part.structure.private_data = part.key
    for member, callback in CALLBACKS[type(part.structure)].items():
        setattr(part.structure, member, ctypes.cast(callback, c_void_p).value)
    return part.overwrite(lies)


_api = ctypes.pythonapi
_new_capsule = ctypes.PYFUNCTYPE(ctypes.py_object, c_void_p, c_char_p, c_void_p)(
    ("PyCapsule_New", _api)
)
# Plain pointers: a capsule that is being destroyed must not become a Python object again.
_get_name = ctypes.PYFUNCTYPE(c_void_p, c_void_p)(("PyCapsule_GetName", _api))
_get_pointer = ctypes.PYFUNCTYPE(c_void_p, c_void_p, c_void_p)(("PyCapsule_GetPointer", _api))


@ctypes.PYFUNCTYPE(None, c_void_p)
def _destroy(capsule: int) -> None:
    name = _get_name(capsule)
    structure, _ = _capsules.pop(_get_pointer(capsule, name))
    if not (name and ctypes.string_at(name).startswith(b"used_")):
        release(structure)


def capsule(structure: Any, name: bytes) -> object:
    """Return a PyCapsule that releases the structure unless it was consumed."""
    address = ctypes.addressof(structure)
    _capsules[address] = (structure, name)
    return _new_capsule(address, name, ctypes.cast(_destroy, c_void_p))
