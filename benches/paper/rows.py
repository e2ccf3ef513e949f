"""All rows of the comparison. A library that is missing or fails is left out, and reported.

M1 hands over the argument at every call; M2 asks a container that was built before. Either way a
question is a function and its arguments, so that nothing but the call is timed.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

import colstats as cs
from benches.paper.samples import Part, Sample

#: A call of an empty function among the others: the overhead that every timed call includes.
FLOOR = "an empty call"

Question = tuple[Callable[..., Any], tuple[Any, ...]]
Questions = dict[str, Question]
Cut = Callable[[int, int], Questions]


@dataclass(frozen=True)
class Row:
    """A library or binding, called in one way."""

    name: str
    #: Puts a part of the sample into a container of its own, as the paper does.
    hold: Callable[[Part], Questions]
    #: Puts a sample into one container, of which chunks are views.
    view: Callable[[Sample], Cut] | None = None

    @property
    def is_exact(self) -> bool:
        """Whether answers must be the correctly rounded ones."""
        return self.name.startswith("colstats")

    @property
    def is_floor(self) -> bool:
        """Whether this row only measures the overhead, so that no answer can be wrong."""
        return self.name == FLOOR


def ask(mean: Callable[..., Any], stddev: Callable[..., Any], *arguments: Any) -> Questions:
    """Ask for both statistics, the mean first."""
    return {"mean": (mean, arguments), "stddev": (stddev, arguments)}


def empty() -> Row:
    """Make an array like the other rows, and call an empty function."""

    def hold(part: Part) -> Questions:
        array = part.array
        return ask(bool, bool) if len(array) else {}

    return Row(FLOOR, hold)


def naive_m1(module: Any) -> Callable[[Part], Questions]:
    """Call a binding of the paper's loops with a list."""
    return lambda part: ask(module.mean, module.stddev, part.values)


def naive_m2(module: Any) -> Callable[[Part], Questions]:
    """Ask a binding of the paper's loops about a container."""
    return lambda part: module.prepare(part.values).calls()


def views(whole: Callable[[Sample], Any], questions: Callable[[Any], Questions]) -> Any:
    """Build a container once, and ask about slices of it."""

    def view(sample: Sample) -> Cut:
        container = whole(sample)
        return lambda start, stop: questions(container[start:stop])

    return view


def numpy_m1() -> Row:
    """NumPy, given a list."""
    return Row("NumPy", lambda part: ask(np.mean, np.std, part.values))


def numpy_m2() -> Row:
    """NumPy, given an array."""

    def questions(array: np.ndarray) -> Questions:
        return ask(np.mean, np.std, array)

    whole = views(lambda sample: sample.array, questions)
    return Row("NumPy", lambda part: questions(part.array), whole)


def colstats_m1(source: str, convert: Callable[[np.ndarray], Any]) -> Row:
    """colstats, given the array of another library."""

    def questions(array: Any) -> Questions:
        return ask(cs.mean, cs.stddev, array)

    whole = views(lambda sample: convert(sample.array), questions)
    return Row(f"colstats M1, {source}", lambda part: questions(convert(part.array)), whole)


def colstats_list() -> Row:
    """colstats, given a list."""
    return Row("colstats M1, list", lambda part: ask(cs.mean, cs.stddev, part.values))


def colstats_m2() -> Row:
    """A colstats Column."""
    import pyarrow as pa

    def questions(array: Any) -> Questions:
        column = cs.Column(array)
        return ask(column.mean, column.stddev)

    whole = views(lambda sample: pa.array(sample.array), questions)
    return Row("colstats M2", lambda part: questions(pa.array(part.array)), whole)


def pyarrow_m1() -> Row:
    """pyarrow.compute, given a list, which it converts to an array."""
    import pyarrow.compute as pc

    return Row("pyarrow.compute", lambda part: ask(pc.mean, pc.stddev, part.values))


def pyarrow_m2() -> Row:
    """pyarrow.compute, given an array."""
    import pyarrow as pa
    import pyarrow.compute as pc

    def questions(array: Any) -> Questions:
        return ask(pc.mean, pc.stddev, array)

    whole = views(lambda sample: pa.array(sample.array), questions)
    return Row("pyarrow.compute", lambda part: questions(pa.array(part.array)), whole)


def polars_m1() -> Row:
    """polars, given a list, which becomes a Series at every call."""
    import polars as pl

    def mean(values: list[float]) -> Any:
        return pl.Series(values).mean()

    def stddev(values: list[float]) -> Any:
        return pl.Series(values).std(ddof=0)

    return Row("polars", lambda part: ask(mean, stddev, part.values))


def polars_m2() -> Row:
    """A polars Series."""
    import polars as pl

    def questions(series: Any) -> Questions:
        return ask(series.mean, partial(series.std, ddof=0))

    whole = views(lambda sample: pl.Series(sample.array), questions)
    return Row("polars", lambda part: questions(pl.Series(part.array)), whole)


def pyo3_arrow_list() -> Row:
    """The paper's loops by pyo3-arrow, given a list, which becomes a buffer at every call."""
    return Row(f"{PYO3_ARROW} M1, list", naive_m1(importlib.import_module("naive_pyo3_arrow")))


def pyo3_arrow_m1() -> Row:
    """The paper's loops by pyo3-arrow, given an Arrow array, which is imported at every call."""
    import naive_pyo3_arrow as module
    import pyarrow as pa

    def questions(array: Any) -> Questions:
        return ask(module.mean_array, module.stddev_array, array)

    whole = views(lambda sample: pa.array(sample.array), questions)
    return Row(f"{PYO3_ARROW} M1, pyarrow", lambda part: questions(pa.array(part.array)), whole)


def pyo3_arrow_m2() -> Row:
    """The paper's loops by pyo3-arrow: a class that holds an imported array."""
    import naive_pyo3_arrow as module
    import pyarrow as pa

    def questions(array: Any) -> Questions:
        held = module.Array(array)
        return ask(held.mean, held.stddev)

    whole = views(lambda sample: pa.array(sample.array), questions)
    return Row(PYO3_ARROW, lambda part: questions(pa.array(part.array)), whole)


def own(library: str, constructor: str) -> Callable[[np.ndarray], Any]:
    """Find the constructor that makes a library's array of a NumPy one."""
    return getattr(importlib.import_module(library), constructor)


#: A binding that the paper lacks: what most authors of extensions for Arrow use.
PYO3_ARROW = "PyO3 + pyo3-arrow"
#: The paper's bindings of its loops, and their packages here.
NAIVE = {
    "ctypes": "naive_ctypes",
    "cffi (setuptools)": "naive_cffi_setuptools",
    "cffi (maturin)": "naive_cffi_maturin",
    "PyO3": "naive_pyo3",
}

Makers = dict[str, Callable[[], Row]]


def naive(form: Callable[[Any], Callable[[Part], Questions]]) -> Makers:
    """Make the rows of the bindings."""

    def make(name: str, package: str) -> Row:
        return Row(name, form(importlib.import_module(package)))

    return {name: partial(make, name, package) for name, package in NAIVE.items()}


#: Rows that are given an array of another library at every call, and import it.
IMPORTING: Makers = {
    f"{PYO3_ARROW} M1, pyarrow": pyo3_arrow_m1,
    "colstats M1, pyarrow": lambda: colstats_m1("pyarrow", own("pyarrow", "array")),
    "colstats M1, polars": lambda: colstats_m1("polars", own("polars", "Series")),
    "colstats M1, NumPy": lambda: colstats_m1("NumPy", lambda array: array),
}

M1: Makers = {
    **naive(naive_m1),
    f"{PYO3_ARROW} M1, list": pyo3_arrow_list,
    "NumPy": numpy_m1,
    "pyarrow.compute": pyarrow_m1,
    "polars": polars_m1,
    "colstats M1, list": colstats_list,
    **IMPORTING,
}

M2: Makers = {
    **naive(naive_m2),
    PYO3_ARROW: pyo3_arrow_m2,
    "NumPy": numpy_m2,
    "pyarrow.compute": pyarrow_m2,
    "polars": polars_m2,
    "colstats M2": colstats_m2,
}

CHUNKED: Makers = {FLOOR: empty} | M2 | IMPORTING

Failures = dict[str, str]


def muster(makers: Makers, failures: Failures) -> list[Row]:
    """Make the rows whose libraries are installed, and note why others are missing."""
    rows = []
    for name, make in makers.items():
        try:
            rows.append(make())
        except ImportError as error:
            failures[name] = f"{type(error).__name__}: {error}"
    return rows
