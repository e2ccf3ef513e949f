"""What a process holds, according to Linux, glibc and Python.

Resident memory is what users see, but it moves in steps of pages and arenas. The bytes allocated by
glibc's malloc (which Rust uses, too) and the blocks of Python's allocator are exact to some
kilobytes: they show a leak of one byte per call.
"""

import ctypes
import gc
import os
import resource
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path

PROCESS = Path("/proc/self")
KIB = 1024


class _MallInfo(ctypes.Structure):
    """The result of `mallinfo2`."""

    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
            *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
        )
    )


@dataclass(frozen=True)
class Reading:
    """Amounts of everything that must not grow."""

    resident: int
    allocated: int
    blocks: int
    objects: int
    descriptors: int
    threads: int

    def __sub__(self, other: "Reading") -> "Reading":
        return Reading(*(getattr(self, f.name) - getattr(other, f.name) for f in fields(self)))

    def above(self, limit: "Reading") -> list[str]:
        """Return the names of the amounts above the limit."""
        return [f.name for f in fields(self) if getattr(self, f.name) > getattr(limit, f.name)]


#: Growth that is no leak: pages, allocator caches, objects in flight.
LIMIT = Reading(
    resident=2 * KIB * KIB, allocated=64 * KIB, blocks=200, objects=50, descriptors=0, threads=0
)


def allocated() -> int:
    """Return the bytes allocated by malloc; 0 where `mallinfo2` is not available."""
    mallinfo2 = getattr(ctypes.CDLL(None), "mallinfo2", None)
    if mallinfo2 is None:
        return 0
    mallinfo2.restype = _MallInfo
    info = mallinfo2()
    return int(info.uordblks + info.hblkhd)


def entries(name: str) -> int:
    """Count the entries of a folder in /proc/self; 0 where there is no /proc."""
    place = PROCESS / name
    return len(os.listdir(place)) if place.exists() else 0


def resident() -> int:
    """Return the resident memory in bytes; the peak where there is no /proc."""
    statm = PROCESS / "statm"
    if statm.exists():
        return int(statm.read_text().split()[1]) * resource.getpagesize()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIB


def read(threads: int | None = None) -> Reading:
    """Measure, after garbage collection and once at most `threads` threads are left."""
    for _ in range(3):  # one collection may leave garbage for the next
        gc.collect()
    deadline = time.monotonic() + 1.0
    while threads is not None and entries("task") > threads and time.monotonic() < deadline:
        time.sleep(0.01)  # threads need a moment to end
    return Reading(
        resident=resident(),
        allocated=allocated(),
        blocks=sys.getallocatedblocks(),
        objects=len(gc.get_objects()),
        descriptors=entries("fd"),
        threads=entries("task"),
    )


def references(objects: Iterable[object]) -> list[int]:
    """Count the references to each object."""
    return [sys.getrefcount(each) for each in objects]
