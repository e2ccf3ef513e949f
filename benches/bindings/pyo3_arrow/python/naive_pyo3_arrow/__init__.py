"""The naive statistics by PyO3 and pyo3-arrow: functions and classes that take Arrow arrays.

``mean_array``, ``stddev_array`` and ``Array`` take any object with ``__arrow_c_array__`` or with a
buffer, and ``Chunks`` takes streams as well; none of them copies. A list is neither, so ``mean``,
``stddev`` and ``prepare`` first copy it to an ``array.array``, which has a buffer.
"""

from array import array

from naive_faces import Prepared

from naive_pyo3_arrow._native import Array, Chunks, mean_array, stddev_array

__all__ = ["Array", "Chunks", "mean", "mean_array", "prepare", "stddev", "stddev_array"]


_EMPTY = memoryview(bytes(8)).cast("d")[:0]


def _convert(values: list[float]) -> array | memoryview:
    """Copy the list. The buffer of an empty array is not aligned, which pyo3-arrow refuses."""
    return array("d", values) or _EMPTY


def mean(values: list[float]) -> float:
    """Convert the list, and return its mean."""
    return mean_array(_convert(values))


def stddev(values: list[float]) -> float:
    """Convert the list, and return its standard deviation."""
    return stddev_array(_convert(values))


def prepare(values: list[float]) -> Prepared:
    """Convert the list to an ``array.array``, and import that once."""
    imported = Array(_convert(values))
    return Prepared(imported.mean, imported.stddev, ())
