"""What a process holds, as Linux and Python tell it.

The resident memory is what users see, but it moves in steps of pages and arenas. What malloc has
handed out (of glibc, where Rust's memory is from, too) and the blocks of Python's own allocator are
exact to some kilobytes: there, a leak of one byte in each call is seen.
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
    """What `mallinfo2` tells."""

    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
            *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
        )
    )


@dataclass(frozen=True)
class Reading:
    """How much there is of everything that must not grow."""

    resident: int
    allocated: int
    blocks: int
    objects: int
    descriptors: int
    threads: int

    def __sub__(self, other: "Reading") -> "Reading":
        return Reading(*(getattr(self, f.name) - getattr(other, f.name) for f in fields(self)))

    def above(self, limit: "Reading") -> list[str]:
        """Name what is more than the limit allows."""
        return [f.name for f in fields(self) if getattr(self, f.name) > getattr(limit, f.name)]


#: What may come and go without being a leak: pages, caches of allocators, objects on their way.
LIMIT = Reading(
    resident=2 * KIB * KIB, allocated=64 * KIB, blocks=200, objects=50, descriptors=0, threads=0
)


def allocated() -> int:
    """Count the bytes that malloc has handed out; 0 where it does not tell."""
    tell = getattr(ctypes.CDLL(None), "mallinfo2", None)
    if tell is None:
        return 0
    tell.restype = _MallInfo
    told = tell()
    return int(told.uordblks + told.hblkhd)


def entries(name: str) -> int:
    """Count what the process has of something; 0 where nobody tells."""
    place = PROCESS / name
    return len(os.listdir(place)) if place.exists() else 0


def resident() -> int:
    """Count the bytes of memory that the process holds, or the most it ever did."""
    statm = PROCESS / "statm"
    if statm.exists():
        return int(statm.read_text().split()[1]) * resource.getpagesize()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIB


def read(threads: int | None = None) -> Reading:
    """Measure, once all garbage is collected and no more threads are left than there may be."""
    for _ in range(3):  # what one collection frees may leave garbage for the next
        gc.collect()
    deadline = time.monotonic() + 1.0
    while threads is not None and entries("task") > threads and time.monotonic() < deadline:
        time.sleep(0.01)  # threads that were told to end need a moment
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
