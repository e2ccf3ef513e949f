"""The probes by ctypes. Arrays come in by NumPy's own ``ndpointer``, which checks what it gets."""

from ctypes import CDLL, POINTER, Array, c_double, c_int64, c_size_t
from importlib.util import find_spec

import numpy as np
from numpy.ctypeslib import ndpointer

_PATH = find_spec("probe_ctypes._native").origin
_SHARED = ndpointer(np.float64, ndim=1, flags="C_CONTIGUOUS")


def _declare(values: type) -> CDLL:
    """Load the library, and say in what form it is to take values."""
    lib = CDLL(_PATH)
    lib.sum.argtypes, lib.sum.restype = (values, c_size_t), c_double
    lib.first.argtypes, lib.first.restype = (values,), c_double
    return lib


_shared = _declare(_SHARED)
_copied = _declare(POINTER(c_double))

add = _shared.add
add.argtypes, add.restype = (c_int64, c_int64), c_int64
fibonacci = _shared.fibonacci
fibonacci.argtypes, fibonacci.restype = (c_int64,), c_int64


def _copy(values: list[float]) -> Array:
    return (c_double * len(values))(*values)


def sum_shared(array: np.ndarray) -> float:
    """Sum the array where it lies."""
    return _shared.sum(array, len(array))


def sum_copied(values: list[float]) -> float:
    """Copy the list to an array of C, and sum that."""
    return _copied.sum(_copy(values), len(values))


def first(array: np.ndarray) -> float:
    """Give the first value of the array where it lies."""
    if not len(array):
        raise IndexError("an empty array has no first value")
    return _shared.first(array)


def first_copied(values: list[float]) -> float:
    """Copy the list to an array of C, and give the first value of that."""
    return _copy(values)[0]
