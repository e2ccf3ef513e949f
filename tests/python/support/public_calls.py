"""Calls everything public with arguments that it should not be called with.

The callables are discovered: the functions and classes of the package, and all attributes of an
object of each class, special and private methods included. New ones need no change here.
"""

import contextlib
import inspect
import math
import pickle
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa

import colstats as cs
from support.producers import ArrayProducer, Field, StreamProducer, struct

TABLE = {"k": [1, 1, 2], "x": [1.5, None, 2.5]}
#: Attributes that would end the walk, or change the objects that are called.
LEFT_OUT = {"__class__", "__init_subclass__", "__subclasshook__", "__dir__"}


class Raises:
    """Raises from every special method."""

    def _raise(self, *_: object, **__: object) -> Any:
        raise ArithmeticError("on purpose")

    __len__ = __iter__ = __index__ = __int__ = __float__ = __bool__ = __hash__ = __eq__ = _raise
    __lt__ = __gt__ = __repr__ = __str__ = __getattr__ = __getitem__ = __call__ = _raise
    __arrow_c_array__ = __arrow_c_stream__ = _raise


class Number(int):
    """An int whose comparisons raise."""

    def __gt__(self, other: object) -> Any:
        raise ArithmeticError("on purpose")

    __lt__ = __ge__ = __le__ = __eq__ = __gt__
    __hash__ = int.__hash__


class Text(str):
    """A str that cannot be converted to one."""

    def __str__(self) -> str:
        raise ArithmeticError("on purpose")

    __repr__ = __str__


def recursive() -> list[Any]:
    """Return a list that contains itself."""
    made: list[Any] = []
    made.append(made)
    return made


def arguments() -> dict[str, Callable[[], Any]]:
    """Return makers of everything that is passed as an argument."""
    plain = [None, True, 0, -1, 1, 2**31, -(2**63), 2**63, 2**64, 10**400, 0.5, math.nan, -math.inf]
    plain += ["", "x", "chunk", "\ud800", "a\0b", b"", b"cs", bytearray(3), 1j, ..., object, type]
    plain += [
        [],
        (),
        {},
        [None],
        ["x"],
        [-1],
        [2**70],
        ["x", "x"],
        [[]],
        {"x": 1},
        {1: 2},
        range(3),
    ]
    plain += [(0, [], []), (2**63, [], []), (2**40, [("k", "null", 0, None, [])], [])]
    plain += [
        (1, [("k", "int64", 0, None, [b""])], []),
        (2**62, [("k", "x", 2**31 - 1, b"", [])], []),
    ]
    plain += [(3, [("k", "fixed-size binary", 0, None, [b""])], [("x", b"", [b""])])]
    plain += [np.float64(1), np.zeros(0), np.zeros((2, 0)), np.zeros(3, "M8[ns]")]
    made: dict[str, Callable[[], Any]] = {
        "raises": Raises,
        "number": lambda: Number(3),
        "text": lambda: Text("x"),
        "recursive": recursive,
        "generator": lambda: (one for one in [1, 2]),
        "lies": lambda: ArrayProducer(array={"length": -1}),
        "array": ArrayProducer,
        "batch": lambda: ArrayProducer(struct()),
        "stream": lambda: StreamProducer(Field(), 5),
        "states": lambda: pa.table(cs.moments(pa.table(TABLE))),
        "states of groups": lambda: pa.table(cs.moments(pa.table(TABLE), by="k")),
        "bytes of a state": lambda: cs.moments([1.0]).to_bytes(),
        "torn bytes of a state": lambda: cs.moments([1.0]).to_bytes()[:-1],
        "co-moments": lambda: pa.table(cs.comoments(pa.table(TABLE), degree=2)),
        "co-moments of groups": lambda: pa.table(cs.comoments(pa.table(TABLE), by="k")),
        "bytes of co-moments": lambda: cs.comoments(pa.table(TABLE)).to_bytes(),
        "bytes of states": lambda: cs.moments(pa.table(TABLE)).to_bytes(),
        "bytes of groups": lambda: cs.moments(pa.table(TABLE), by="k").to_bytes(),
        "pickle": lambda: pickle.dumps(cs.moments([1.0])),
    }
    made |= {
        f"{type(one).__name__} {number}": lambda one=one: one for number, one in enumerate(plain)
    }
    return made | {f"a {name}": make for name, make in objects().items()}


def objects() -> dict[str, Callable[[], Any]]:
    """Return makers of an object of each class."""
    table = pa.table(TABLE)
    return {
        "Column": lambda: cs.Column([1.0, None]),
        "Table": lambda: cs.Table(table),
        "Moments": lambda: cs.moments([1.0, 2.0]),
        "Moments of nothing": cs.Moments,
        "MomentsTable": lambda: cs.moments(table),
        "CoMoments": lambda: cs.comoments(table),
        "CoMoments of nothing": cs.CoMoments,
        "CoMoments of powers": lambda: cs.comoments(table, degree=2),
        "GroupedCoMoments": lambda: cs.comoments(table, by="k"),
        "Anova": lambda: cs.anova([[1.0, 2.0], [3.0]]),
        "TTest": lambda: cs.ttest([1.0, 2.0], [3.0, 5.0]),
        "Fit": lambda: cs.linear_fit([1.0, 2.0, 4.0], [1, 3, 2]),
        "GroupedMoments": lambda: cs.moments(table, by="k"),
        "Row": lambda: cs.mean(table),
        "Rows": lambda: cs.mean(table, per=1),
        "Summary": lambda: cs.describe(table),
        "GroupedSummary": lambda: cs.describe(table, by="k"),
    }


def callables() -> Iterator[tuple[str, Callable[[], Any]]]:
    """Yield the name and a maker of everything that can be called."""
    for module in (cs, cs._native):
        for name in {*getattr(module, "__all__", dir(module))}:
            if callable(getattr(module, name)) and name not in LEFT_OUT:
                yield f"{module.__name__}.{name}", lambda m=module, n=name: getattr(m, n)
    for kind, make in objects().items():
        for name in dir(make()):
            if name in LEFT_OUT:
                continue
            yield f"{kind}.{name}", lambda make=make, name=name: getattr(make(), name)


def keywords(function: Any) -> list[str]:
    """Return the keywords of a function; without a signature, those of the statistics."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        parameters = inspect.signature(cs.mean).parameters.values()
    return [one.name for one in parameters if one.kind is one.KEYWORD_ONLY] + ["unknown"]


def firsts(make: Callable[[], Any]) -> list[tuple[Any, ...]]:
    """Return the positional arguments that may come before the keywords."""
    table, column = pa.table(TABLE), pa.array(TABLE["x"])
    bound = hasattr(make(), "__self__") and not inspect.ismodule(make().__self__)
    return [()] if bound else [(table,), (column,)]


class Walk:
    """Calls everything, and records what is raised but not derived from Exception."""

    def __init__(self) -> None:
        self.panics: list[str] = []
        self.calls = self.answers = 0

    def call(self, what: str, make: Callable[[], Any], *args: Any, **options: Any) -> None:
        """Call something. An answer is fine, and so is whatever derives from Exception."""
        self.calls += 1
        try:
            found = make()
            result = found(*args, **options) if callable(found) else found
            self.answers += 1
            if what.startswith("colstats"):
                self.look(result)
        except Exception:
            pass
        except BaseException as raised:
            self.panics.append(f"{what}{args}{options}: {raised!r}")

    def look(self, result: Any) -> None:
        """Take the repr, the length and the items of an answer."""
        for ask in (repr, len, list):
            with contextlib.suppress(TypeError, OverflowError):
                if ask is list and isinstance(result, cs.Column):
                    continue
                ask(result)

    def every(self) -> None:
        """Call everything with every argument in every position."""
        pool = arguments()
        for what, make in callables():
            print(what, file=sys.stderr)
            self.call(what, make)
            for name, argument in pool.items():
                self.call(f"{what} {name}", make, argument())
                self.call(f"{what} {name} twice", make, argument(), argument())
                self.call(f"{what} {name} thrice", make, argument(), argument(), argument())
            for keyword in keywords(make()):
                for first in firsts(make):
                    for name, argument in pool.items():
                        self.call(f"{what} {keyword}={name}", make, *first, **{keyword: argument()})
            cs.set_num_threads(None)


if __name__ == "__main__":
    walk = Walk()
    walk.every()
    print(walk.panics)
    print(walk.calls, walk.answers)
