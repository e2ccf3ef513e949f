"""The probes by cffi's API mode.

``from_buffer`` sees bytes: what has no buffer, or one with gaps, is refused, but any type is taken.
"""

import numpy as np

from probe_cffi._native import ffi, lib

add = lib.add
fibonacci = lib.fibonacci
_from_buffer = ffi.from_buffer


def sum_shared(array: np.ndarray) -> float:
    """Sum the array where it lies."""
    values = _from_buffer("double[]", array)
    return lib.sum(values, len(values))


def sum_copied(values: list[float]) -> float:
    """Have the list copied by the call."""
    return lib.sum(values, len(values))


def first(array: np.ndarray) -> float:
    """Give the first value of the array where it lies."""
    return _from_buffer("double[]", array)[0]


def first_copied(values: list[float]) -> float:
    """Have the list copied by the call, and give the first value."""
    if not len(values):
        raise IndexError("an empty list has no first value")
    return lib.first(values)
