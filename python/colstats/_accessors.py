"""What the namespaces of polars and the accessors of pandas share: a method for each statistic.

A class says what it is about and how it asks; its methods, with their signatures and documentation,
are made from the statistics of `colstats` when the class is defined. _accessors.pyi has the
signatures for type checkers, and test_accessors.py compares both.

Most statistics follow from a state. Those in `VALUES` and `PAIRS` do not: they take the values of
one column, or of two, at a time. A table has no ``by`` for them; groups of polars and pandas do.
"""

from collections.abc import Callable, Iterable, Mapping
from inspect import Parameter, Signature, getdoc, signature
from typing import Any, ClassVar, Generic, TypeVar

import colstats
from colstats import _native
from colstats._native import Moments
from colstats.distributed import ALIASES, STATISTICS

R = TypeVar("R")

#: The statistics that need all values of a column at once.
VALUES = ("median", "quantile", "skewness", "kurtosis", "sem", "rms", "n_unique", "mode")
#: The statistics of two columns, and their short names.
PAIRS = {"covariance": "cov", "correlation": "corr"}

#: More rows than any column has.
_MOST = 2**63 - 1
#: Refuses bad options before any work.
_EMPTY = Moments("float64")


class Statistics(Generic[R]):
    """A method for each statistic, whose result is an `R`."""

    #: The keywords that all methods have besides the options of their statistics.
    _keywords: ClassVar[Mapping[str, Any]] = {}
    #: Options whose defaults are not those of `colstats`.
    _defaults: ClassVar[Mapping[str, Any]] = {}
    #: What docstrings say of the default of ``ddof``.
    _note: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        for name in STATISTICS:
            setattr(cls, name, _method(cls, name))
        for name in (*VALUES, *PAIRS):
            setattr(cls, name, _method_of_values(cls, name))
        for alias, name in (*ALIASES.items(), *((short, name) for name, short in PAIRS.items())):
            setattr(cls, alias, getattr(cls, name))

    def _ask(self, statistic: str, options: dict[str, Any], **keywords: Any) -> R:
        """Compute a statistic; the options are complete and have been checked."""
        raise NotImplementedError

    def _ask_values(
        self, statistic: str, first: tuple[Any, ...], options: dict[str, Any], **keywords: Any
    ) -> R:
        """Compute a statistic of `VALUES` or `PAIRS`; ``first`` are its arguments in front."""
        raise NotImplementedError

    @classmethod
    def _place(cls, name: str) -> tuple[list[str], Mapping[str, Any]]:
        """Return the arguments in front of a statistic of values, and the keywords at the end."""
        raise NotImplementedError


def _method(cls: type[Statistics[Any]], name: str) -> Callable[..., Any]:
    known = signature(getattr(Moments, name)).parameters.values()
    options = {o.name: o.default for o in known if o.name not in ("self", "threads")}
    options |= {option: value for option, value in cls._defaults.items() if option in options}
    keywords = {**options, **cls._keywords}

    def ask(self: Statistics[Any], **given: Any) -> Any:
        if not given.keys() <= keywords.keys():
            unknown = next(keyword for keyword in given if keyword not in keywords)
            raise TypeError(f"{name}() got an unexpected keyword argument {unknown!r}")
        asked = {option: given.pop(option, default) for option, default in options.items()}
        getattr(_EMPTY, name)(**asked)
        plain = {o: _plain(value, type(options[o])) for o, value in asked.items()}
        return self._ask(name, plain, **(dict(cls._keywords) | given))

    own = [Parameter(k, Parameter.KEYWORD_ONLY, default=v) for k, v in keywords.items()]
    first = Parameter("self", Parameter.POSITIONAL_OR_KEYWORD)
    ask.__signature__ = Signature([first, *own])  # type: ignore[attr-defined]
    ask.__name__, ask.__qualname__, ask.__module__ = name, f"{cls.__name__}.{name}", cls.__module__
    summary = (getdoc(getattr(colstats, name)) or "").partition("\n")[0]
    shown = ", ".join(f"{option}={value!r}" for option, value in options.items())
    note = cls._note if "ddof" in options else ""
    ask.__doc__ = f"""{summary}

    The options and their defaults are {shown}; `colstats.{name}` explains them. {note}
    """
    return ask


#: Options that no accessor has, or only that of a table.
_ELSEWHERE = ("threads", "weights", "complete", "columns", "numeric_only")


def _method_of_values(cls: type[Statistics[Any]], name: str) -> Callable[..., Any]:
    function = getattr(_native, name)
    known = signature(function).parameters.values()
    options = {
        option.name: cls._defaults.get(option.name, option.default)
        for option in known
        if option.kind is Parameter.KEYWORD_ONLY and option.name not in _ELSEWHERE
    }
    front, place = cls._place(name)

    def ask(self: Statistics[Any], *first: Any, **given: Any) -> Any:
        bound = ask.__signature__.bind(self, *first, **given)  # type: ignore[attr-defined]
        bound.apply_defaults()
        first = tuple(bound.arguments[argument] for argument in front)
        if front == ["q"] and isinstance(first[0], Iterable):
            first = (list(first[0]),)
        asked = {option: bound.arguments[option] for option in options}
        # The same question about nothing refuses bad options.
        function([0.0], *([[0.0]] if name in PAIRS else first), **asked)
        return self._ask_values(
            name, first, asked, **{keyword: bound.arguments[keyword] for keyword in place}
        )

    shown = {**options, **place}
    ask.__signature__ = Signature(  # type: ignore[attr-defined]
        [
            Parameter("self", Parameter.POSITIONAL_ONLY),
            *(Parameter(argument, Parameter.POSITIONAL_ONLY) for argument in front),
            *(Parameter(k, Parameter.KEYWORD_ONLY, default=v) for k, v in shown.items()),
        ]
    )
    ask.__name__, ask.__qualname__, ask.__module__ = name, f"{cls.__name__}.{name}", cls.__module__
    summary = (getdoc(function) or "").partition("\n")[0]
    defaults = ", ".join(f"{option}={value!r}" for option, value in options.items())
    note = cls._note if "ddof" in options else ""
    ask.__doc__ = f"""{summary}

    The options and their defaults are {defaults}; `colstats.{name}` explains them. {note}
    """
    return ask


def _plain(value: Any, of: type) -> bool | int:
    """Return an option, which may be a number of NumPy or of any size, as polars can pass it on."""
    return bool(value) if of is bool else min(int(value), _MOST)


class ColumnStatistics(Statistics[R]):
    """Statistics of one column."""

    @classmethod
    def _place(cls, name: str) -> tuple[list[str], Mapping[str, Any]]:
        return ["q"] if name == "quantile" else ["other"] if name in PAIRS else [], {}


class TableStatistics(Statistics[R]):
    """Statistics of each column of a table, or of those that are selected.

    Those of two columns are matrices.
    """

    _keywords: ClassVar[Mapping[str, Any]] = {"by": None, "columns": None, "numeric_only": False}

    @classmethod
    def _place(cls, name: str) -> tuple[list[str], Mapping[str, Any]]:
        if name in PAIRS:
            return [], {"complete": False, "columns": None}
        return ["q"] if name == "quantile" else [], {"columns": None, "numeric_only": False}
