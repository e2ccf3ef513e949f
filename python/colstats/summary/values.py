"""Statistics of a summary that have no state: they take all values of a column at once."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from colstats import _native
from colstats._native import Column, Moments, Table
from colstats.layout import listed
from colstats.summary.rows import out_of_range

#: The statistics by their names in a summary.
BY_NAME: dict[str, Callable[..., Any]] = {
    "median": _native.median,
    "skewness": _native.skewness,
    "kurtosis": _native.kurtosis,
    "sem": _native.sem,
    "rms": _native.rms,
    "n_unique": _native.n_unique,
    "mode": _native.mode,
}
SHAPE = ("skewness", "kurtosis")

#: Names of statistics; those of quantiles with their q.
Asked = dict[str, float | None]
#: Names of columns, and their states; of a column that cannot be counted, its type.
States = list[tuple[str, Moments | str]]


def quantile_name(q: float) -> str:
    """Return the name of a quantile in a summary."""
    return f"q{q:g}" if float(f"{q:g}") == q else f"q{q}"


def names_of(quantiles: Iterable[float] | None, shape: bool) -> Asked:
    """Return the names of the statistics that are asked for, those of quantiles with their q.

    Raises ValueError if one is asked for twice, or q is out of range.
    """
    asked: Asked = {}
    if quantiles is not None and not isinstance(quantiles, Iterable):
        kind = type(quantiles).__name__
        raise TypeError(f"quantiles= takes a list of numbers from 0 to 1, not {kind}")
    for q in quantiles or ():
        _native.quantile([0.0], q)  # refuses what is not from 0 to 1
        if quantile_name(q) in asked:
            raise ValueError(f"quantiles= has {q} twice")
        asked[quantile_name(q)] = q
    return asked | dict.fromkeys(SHAPE if shape else ())


def named(text: str) -> tuple[str, float | None]:
    """Read the name of a statistic; raises ValueError if there is no such one."""
    if text in BY_NAME:
        return text, None
    try:
        q = float(text.removeprefix("q")) if text.startswith("q") else -1.0
        _native.quantile([0.0], q)
    except ValueError:
        known = f"{listed(list(BY_NAME))}, and quantiles such as 'q0.25'"
        raise ValueError(f"no statistic {text!r}; there are: {known}") from None
    return quantile_name(q), q


def values_of(column: Column, asked: Asked, *, ddof: int = 0, **options: Any) -> dict[str, Any]:
    """Compute statistics of a column; None where its type has none."""
    qs = [q for q in asked.values() if q is not None]
    quantiles: dict[float, Any] = {}
    try:
        found: list[Any] = _native.quantile(column, qs, **options)  # type: ignore[assignment]
        quantiles.update(zip(qs, found, strict=True))
    except (TypeError, ValueError):
        pass  # asked one by one below

    def value(name: str, q: float | None) -> Any:
        if q is not None:
            known = q in quantiles
            return quantiles[q] if known else answered(_native.quantile, column, q, **options)
        rest = options | ({"ddof": ddof} if name == "sem" else {})
        if name == "n_unique":
            rest.pop("skip_nulls", None)  # nulls are no values
        return answered(BY_NAME[name], column, **rest)

    return {name: value(name, q) for name, q in asked.items()}


def answered(statistic: Callable[..., Any], column: Column, *more: Any, **options: Any) -> Any:
    """Return a statistic; None if the type has none, or the words for why not."""
    try:
        return statistic(column, *more, **options)
    except TypeError:
        return None  # this type has no such statistic
    except ValueError:
        return out_of_range(column.type)


def hold(data: Any) -> Column | Table:
    """Hold data, so that they can be read more than once."""
    if isinstance(data, Column | Table):
        return data
    try:
        return Table(data)
    except TypeError:
        return Column(data)


def columns_of(
    data: Column | Table, states: States, columns: Iterable[str | int] | None
) -> Iterator[Column]:
    """Return the columns that states are of: some of those that were chosen, in order."""
    if isinstance(data, Column):
        yield data
        return
    labels: Sequence[str | int] = range(data.num_columns) if columns is None else list(columns)
    chosen = iter([data[label] for label in labels])
    for name, state in states:
        of = state if isinstance(state, str) else state.type
        yield next(column for column in chosen if (column.name or "") == name and column.type == of)
