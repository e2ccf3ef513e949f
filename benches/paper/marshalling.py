"""What crossing the FFI boundary costs, by method and by size: time, and the rise of peak memory.

Arrow data are imported twice, by colstats' own code and by pyo3-arrow.
"""

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

#: Bytes per value of a list: the reference and the float.
LISTED = 32
#: A cell is measured for this many nanoseconds, but within these limits of calls.
BUDGET = 50_000_000
ROUNDS = (3, 2_001)


@dataclass(frozen=True)
class Only:
    """A NumPy array that offers one protocol only."""

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
    """A way across: what makes the object that is handed over, and what takes it."""

    make: Callable[[np.ndarray], Any]
    take: Callable[[Any], Any]
    #: Bytes per value of the source, the object and the result together.
    bytes: int = 8


def naive_vec(values: list[float]) -> Any:
    """Convert a list to a Vec."""
    import naive_pyo3

    return naive_pyo3.Array(values)


def capsule_array(values: np.ndarray) -> Any:
    """Make a pyarrow array."""
    import pyarrow as pa

    return pa.array(values)


def capsule_stream(values: np.ndarray) -> Any:
    """Make a polars Series."""
    import polars as pl

    return pl.Series(values)


def pyo3_arrow_array(array: Any) -> Any:
    """Import an array by pyo3-arrow's PyArray."""
    import naive_pyo3_arrow

    return naive_pyo3_arrow.Array(array)


def pyo3_arrow_chunks(source: Any) -> Any:
    """Import an array or a stream by pyo3-arrow's AnyArray."""
    import naive_pyo3_arrow

    return naive_pyo3_arrow.Chunks(source)


def buffer(values: np.ndarray) -> Any:
    """Make an array of Python's own, which has a buffer."""
    return array.array("d", values.tobytes())


METHODS = {
    "list to Vec (PyO3)": Method(np.ndarray.tolist, naive_vec, 8 + LISTED + 8),
    "list to array (NumPy)": Method(np.ndarray.tolist, np.array, 8 + LISTED + 8),
    "buffer protocol": Method(buffer, cs.Column, 24),
    "__array_interface__": Method(ByInterface, cs.Column),
    "DLPack": Method(ByDlpack, cs.Column),
    "capsule, array (pyarrow)": Method(capsule_array, cs.Column),
    "capsule, stream (polars)": Method(capsule_stream, cs.Column, 16),
    "buffer protocol, PyArray": Method(buffer, pyo3_arrow_array, 24),
    "capsule, array (pyarrow), PyArray": Method(capsule_array, pyo3_arrow_array),
    "capsule, stream (polars), AnyArray": Method(capsule_stream, pyo3_arrow_chunks, 16),
}


def measure(exponents: list[int], failures: Failures, tell: Callable[[str], None]) -> Any:
    """Measure all methods at all sizes that fit into memory."""
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
            except Exception as error:  # a failing method does not stop the others
                failures[name] = f"{type(error).__name__}: {error}"
    return cells


def cell(method: Method, values: np.ndarray) -> dict[str, Any]:
    """Measure one method at one size."""
    made = method.make(values)
    rise = peak_rise(lambda: method.take(made))
    times: list[int] = []
    with undisturbed():
        while len(times) < ROUNDS[0] or (sum(times) < BUDGET and len(times) < ROUNDS[1]):
            begin = perf_counter_ns()
            taken = method.take(made)
            times.append(perf_counter_ns() - begin)
            del taken
    return {"ns": statistics.median(times), "ns_min": min(times), "peak": rise}
