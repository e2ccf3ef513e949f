"""The paper's Table I: a sum of integers as a loop in C and as one in Rust, on one NumPy array.

Both are shared libraries, called by ctypes once for the whole array; the call itself takes a
microsecond, the sum milliseconds.
"""

from collections.abc import Callable
from ctypes import CDLL, POINTER, c_int64, c_size_t
from importlib.util import find_spec

import numpy as np

LANGUAGES = ("c", "rust")
_POINTER = POINTER(c_int64)


def _load(language: str) -> Callable[..., int]:
    function = CDLL(find_spec(f"naive_table1._{language}").origin).sum_integers
    function.argtypes = (_POINTER, c_size_t)
    function.restype = c_int64
    return function


_LOOPS = {language: _load(language) for language in LANGUAGES}


def calls(array: np.ndarray) -> dict[str, tuple[Callable[..., int], tuple[object, int]]]:
    """The function and arguments of each language; the pointer keeps the array alive."""
    if array.dtype != np.int64 or array.ndim != 1 or not array.flags.c_contiguous:
        raise TypeError("expected a contiguous one-dimensional array of int64")
    arguments = (array.ctypes.data_as(_POINTER), array.size)
    return {language: (loop, arguments) for language, loop in _LOOPS.items()}
