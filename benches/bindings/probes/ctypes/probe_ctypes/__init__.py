"""The probes by ctypes. Arrays are passed by NumPy's ``ndpointer``, which checks them."""

from ctypes import CDLL, POINTER, Array, c_double, c_int64, c_size_t
from importlib.util import find_spec

import numpy as np
from numpy.ctypeslib import ndpointer

_PATH = find_spec("probe_ctypes._native").origin
_SHARED = ndpointer(np.float64, ndim=1, flags="C_CONTIGUOUS")


def _declare(values: type) -> CDLL:
    """Load the library, and declare the type of its arrays."""
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
    """Sum the array in place."""
    return _shared.sum(array, len(array))


def sum_copied(values: list[float]) -> float:
    """Copy the list to a C array, and sum that."""
    return _copied.sum(_copy(values), len(values))


def first(array: np.ndarray) -> float:
    """Return the first value of the array in place."""
    if not len(array):
        raise IndexError("an empty array has no first value")
    return _shared.first(array)


def first_copied(values: list[float]) -> float:
    """Copy the list to a C array, and return its first value."""
    return _copy(values)[0]
