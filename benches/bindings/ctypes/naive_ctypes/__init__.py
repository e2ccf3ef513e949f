"""The naive statistics by ctypes: a shared library, loaded at run time and declared by hand."""

from ctypes import CDLL, POINTER, Array, c_double, c_size_t
from importlib.util import find_spec

from naive_faces import Prepared

_lib = CDLL(find_spec("naive_ctypes._native").origin)
for _function in (_lib.mean, _lib.stddev):
    _function.argtypes = (POINTER(c_double), c_size_t)
    _function.restype = c_double


def _convert(values: list[float]) -> Array:
    return (c_double * len(values))(*values)


def mean(values: list[float]) -> float:
    """Convert the list, and return its mean."""
    return _lib.mean(_convert(values), len(values))


def stddev(values: list[float]) -> float:
    """Convert the list, and return its standard deviation."""
    return _lib.stddev(_convert(values), len(values))


def prepare(values: list[float]) -> Prepared:
    """Convert the list to a C array, which Python owns."""
    return Prepared(_lib.mean, _lib.stddev, (_convert(values), len(values)))
