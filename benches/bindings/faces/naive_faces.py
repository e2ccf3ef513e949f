"""The one face that every binding of the naive statistics shows to a benchmark.

``mean(values)`` and ``stddev(values)`` take a list and convert it at every call, in the way of
their tool. ``prepare(values)`` converts it once; what is left is a call of the library and nothing
else, which :meth:`Prepared.calls` hands out as a function and its arguments.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

Call = tuple[Callable[..., float], tuple[Any, ...]]


class Prepared(NamedTuple):
    """Values in the tool's own container, which lives as long as this does."""

    mean: Callable[..., float]
    stddev: Callable[..., float]
    arguments: tuple[Any, ...]

    def calls(self) -> dict[str, Call]:
        """Give, by the statistic, what to call: nothing of Python is between it and the library."""
        return {"mean": (self.mean, self.arguments), "stddev": (self.stddev, self.arguments)}


def cffi_face(ffi: Any, lib: Any) -> tuple[Callable[..., Any], ...]:
    """Give mean, stddev and prepare of a cffi module, whichever tool built it."""

    def mean(values: list[float]) -> float:
        return lib.mean(values, len(values))

    def stddev(values: list[float]) -> float:
        return lib.stddev(values, len(values))

    def prepare(values: list[float]) -> Prepared:
        array = ffi.gc(lib.array_init(values, len(values)), lib.array_free, 8 * len(values))
        return Prepared(lib.array_mean, lib.array_stddev, (array,))

    return mean, stddev, prepare
