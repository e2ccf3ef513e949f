"""The paper's Table I: a sum of integers as a loop of C and as a loop of Rust, on one NumPy array.

Both are shared libraries that ctypes calls, once for the whole array; the call itself is a
microsecond against milliseconds.
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
    """Give, by the language, what to call; the pointer keeps the array alive."""
    if array.dtype != np.int64 or array.ndim != 1 or not array.flags.c_contiguous:
        raise TypeError("expected one dimension of int64 without gaps")
    arguments = (array.ctypes.data_as(_POINTER), array.size)
    return {language: (loop, arguments) for language, loop in _LOOPS.items()}
