"""NumPy arrays of every numeric type, with every kind of stride."""

from collections.abc import Callable

import numpy as np

DTYPES = ["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"]


def numbers(dtype: str, rows: int = 131) -> np.ndarray:
    """Return values of a type, its limits among them; reversed they are different."""
    if dtype == "?":
        return np.arange(rows) % 3 == 1
    limits = np.finfo(dtype) if "f" in dtype else np.iinfo(dtype)
    values = (np.arange(rows) * 37 % 101).astype(dtype)
    values[[3, 10, 11]] = limits.max
    values[[4, 12]] = limits.min
    if "f" in dtype:
        values[5:9] = [limits.smallest_subnormal, -0.0, 0.1, limits.tiny]
    return values


STRIDES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "contiguous": lambda a: a,
    "every second": lambda a: a[::2],
    "every third from 1": lambda a: a[1::3],
    "backwards": lambda a: a[::-1],
    "every fifth backwards": lambda a: a[::-5],
    "far apart": lambda a: a[::64],
    "one row": lambda a: a[7:8],
    "one row, strided": lambda a: a[7::1000],
    "no rows": lambda a: a[5:5],
    "no rows, backwards": lambda a: a[5:5:-1],
    "column of a matrix": lambda a: a[:130].reshape(13, 10)[:, 3],
    "diagonal": lambda a: a[:121].reshape(11, 11).diagonal(),
    "repeated": lambda a: np.broadcast_to(a[3], 77),
    "no rows, repeated": lambda a: np.broadcast_to(a[3], 0),
}
