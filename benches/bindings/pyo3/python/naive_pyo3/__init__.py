"""The naive statistics by PyO3: functions that take a list, and a class that holds one."""

from naive_faces import Prepared

from naive_pyo3._native import Array, mean, stddev

__all__ = ["Array", "mean", "prepare", "stddev"]


def prepare(values: list[float]) -> Prepared:
    """Convert the list to a Vec, which Rust owns."""
    array = Array(values)
    return Prepared(array.mean, array.stddev, ())
