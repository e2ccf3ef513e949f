"""Arrow structures nested to any depth, which their producer releases all at once.

All schemas lie in one block of memory, and all arrays in another, so they are made and released
without recursion. A consumer that recurses overflows its stack.
"""

import ctypes
from ctypes import c_void_p
from typing import Any

from support.c_structs import RELEASE, ArrowArray, ArrowSchema, capsule

#: The link from one level to the next: an only child, the second of two, or a dictionary.
LINKS = ("child", "second child", "dictionary")


class Deep:
    """An array of arrays of arrays ..., without rows."""

    def __init__(self, levels: int, format: bytes, link: str = "child") -> None:
        self.released: list[str] = []
        self.callbacks = [RELEASE(self._release(kind)) for kind in (ArrowSchema, ArrowArray)]
        self.buffers = (c_void_p * 3)()
        members = {"n_buffers": 2, "buffers": ctypes.addressof(self.buffers)}
        self.schemas = self._chain(ArrowSchema, levels, link, format=format, name=b"x")
        self.arrays = self._chain(ArrowArray, levels, link, **members)

    def _release(self, kind: Any) -> Any:
        def release(address: int) -> None:
            kind.from_address(address).release = None
            self.released.append(kind.__name__)

        return release

    def _chain(self, kind: Any, levels: int, link: str, **members: object) -> Any:
        made = (kind * (levels + 1))()
        end, pointers = kind(**members), (c_void_p * (2 * levels))()
        if kind is ArrowSchema:
            end.format = b"l"
        callback = ctypes.cast(self.callbacks[kind is ArrowArray], c_void_p).value
        end.release = callback
        for level, one in enumerate(made):
            one.release = callback
            for member, value in members.items():
                setattr(one, member, value)
            if level == levels:
                break
            below = ctypes.addressof(made[level + 1])
            pointers[2 * level], pointers[2 * level + 1] = ctypes.addressof(end), below
            if link == "dictionary":
                one.dictionary = below
            else:
                one.n_children = LINKS.index(link) + 1
                first = 2 * level + 1 - LINKS.index(link)
                one.children = ctypes.addressof(pointers) + 8 * first
        return made, pointers, end

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        schemas, arrays = self.schemas[0], self.arrays[0]
        return capsule(schemas[0], b"arrow_schema"), capsule(arrays[0], b"arrow_array")
