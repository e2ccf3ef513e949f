"""The probes by cffi's API mode.

``from_buffer`` sees bytes: objects without a contiguous buffer are refused, but any type is taken.
"""

import numpy as np

from probe_cffi._native import ffi, lib

add = lib.add
fibonacci = lib.fibonacci
_from_buffer = ffi.from_buffer


def sum_shared(array: np.ndarray) -> float:
    """Sum the array in place."""
    values = _from_buffer("double[]", array)
    return lib.sum(values, len(values))


def sum_copied(values: list[float]) -> float:
    """Sum the list, which the call copies."""
    return lib.sum(values, len(values))


def first(array: np.ndarray) -> float:
    """Return the first value of the array in place."""
    return _from_buffer("double[]", array)[0]


def first_copied(values: list[float]) -> float:
    """Return the first value of the list, which the call copies."""
    if not len(values):
        raise IndexError("an empty list has no first value")
    return lib.first(values)
