"""The interface that every binding of the naive statistics offers to a benchmark.

``mean(values)`` and ``stddev(values)`` take a list and convert it at every call, as their tool does
it. ``prepare(values)`` converts it once; what remains is a bare call of the library, which
:meth:`Prepared.calls` returns as a function and its arguments.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

Call = tuple[Callable[..., float], tuple[Any, ...]]


class Prepared(NamedTuple):
    """Values in the tool's own container, which this keeps alive."""

    mean: Callable[..., float]
    stddev: Callable[..., float]
    arguments: tuple[Any, ...]

    def calls(self) -> dict[str, Call]:
        """The function and arguments of each statistic, without Python code in between."""
        return {"mean": (self.mean, self.arguments), "stddev": (self.stddev, self.arguments)}


def cffi_face(ffi: Any, lib: Any) -> tuple[Callable[..., Any], ...]:
    """The interface of a cffi module, whichever tool built it."""

    def mean(values: list[float]) -> float:
        return lib.mean(values, len(values))

    def stddev(values: list[float]) -> float:
        return lib.stddev(values, len(values))

    def prepare(values: list[float]) -> Prepared:
        array = ffi.gc(lib.array_init(values, len(values)), lib.array_free, 8 * len(values))
        return Prepared(lib.array_mean, lib.array_stddev, (array,))

    return mean, stddev, prepare
