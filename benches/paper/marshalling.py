"""What crossing the border costs, by method and by size: time, and by how much memory peaks."""

import array
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter_ns
from typing import Any

import numpy as np

import colstats as cs
from benches.paper.rows import Failures
from benches.shared.clock import undisturbed
from benches.shared.machine import available_memory
from benches.shared.memory import peak_rise

#: Bytes of a value in a list: the reference and the float.
LISTED = 32
#: Nanoseconds that a cell is measured for, if it takes no longer by itself.
PATIENCE = 50_000_000
ROUNDS = (3, 2_001)


@dataclass(frozen=True)
class Only:
    """NumPy's array behind one door alone."""

    values: np.ndarray


class ByInterface(Only):
    """The array interface."""

    @property
    def __array_interface__(self) -> dict[str, Any]:
        return self.values.__array_interface__


class ByDlpack(Only):
    """DLPack."""

    def __dlpack__(self, **options: Any) -> object:
        return self.values.__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.values.__dlpack_device__()


@dataclass(frozen=True)
class Method:
    """A way over: what is handed over, and what takes it."""

    make: Callable[[np.ndarray], Any]
    take: Callable[[Any], Any]
    #: Bytes that a value takes before, in it and after.
    bytes: int = 8


def naive_vec(values: list[float]) -> Any:
    """Make a Vec of a list."""
    import naive_pyo3

    return naive_pyo3.Array(values)


def capsule_array(values: np.ndarray) -> Any:
    """Make an array of pyarrow."""
    import pyarrow as pa

    return pa.array(values)


def capsule_stream(values: np.ndarray) -> Any:
    """Make a series of polars."""
    import polars as pl

    return pl.Series(values)


METHODS = {
    "list to Vec (PyO3)": Method(np.ndarray.tolist, naive_vec, 8 + LISTED + 8),
    "list to array (NumPy)": Method(np.ndarray.tolist, np.array, 8 + LISTED + 8),
    "buffer protocol": Method(lambda values: array.array("d", values.tobytes()), cs.Column, 24),
    "__array_interface__": Method(ByInterface, cs.Column),
    "DLPack": Method(ByDlpack, cs.Column),
    "capsule, array (pyarrow)": Method(capsule_array, cs.Column),
    "capsule, stream (polars)": Method(capsule_stream, cs.Column, 16),
}


def measure(exponents: list[int], failures: Failures, tell: Callable[[str], None]) -> Any:
    """Measure all methods at all sizes that there is memory for."""
    cells: dict[str, dict[str, Any]] = {name: {} for name in METHODS}
    for exponent in exponents:
        tell(f"handing over 2^{exponent} values")
        values = np.arange(2.0**exponent)
        for name, method in METHODS.items():
            if name in failures:
                continue
            if method.bytes << exponent > available_memory() * 0.7:
                cells[name][str(exponent)] = {"skipped": "not enough memory"}
                continue
            try:
                cells[name][str(exponent)] = cell(method, values)
            except Exception as error:  # a method's failure is its own
                failures[name] = f"{type(error).__name__}: {error}"
    return cells


def cell(method: Method, values: np.ndarray) -> dict[str, Any]:
    """Measure one method at one size."""
    made = method.make(values)
    rise = peak_rise(lambda: method.take(made))
    times: list[int] = []
    with undisturbed():
        while len(times) < ROUNDS[0] or (sum(times) < PATIENCE and len(times) < ROUNDS[1]):
            begin = perf_counter_ns()
            taken = method.take(made)
            times.append(perf_counter_ns() - begin)
            del taken
    return {"ns": statistics.median(times), "ns_min": min(times), "peak": rise}
