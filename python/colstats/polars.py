"""Exact statistics in polars: a namespace of expressions, series and frames.

>>> import polars as pl
>>> import colstats.polars
>>> frame = pl.DataFrame({"key": ["a", "a", "a", "b"], "x": [1e16, 1.0, -1e16, 2.0]})
>>> frame.group_by("key", maintain_order=True).agg(pl.col("x").colstats.mean()).rows()
[('a', 0.3333333333333333), ('b', 2.0)]
>>> frame["x"].colstats.stddev(ddof=1)
8164965809277260.0
>>> frame.colstats.mean(by="key").rows()
[('a', 0.3333333333333333), ('b', 2.0)]

Importing this module registers the namespaces. Statistics and options are those of `colstats`, with
the same defaults: ``ddof`` is 0, where polars' own ``std`` and ``var`` have 1. Type checkers do not
know registered namespaces; for them, ``ExprStatistics(pl.col("x")).mean()`` is the same.

Expressions are computed by the native module, which polars calls as a plugin; no Python runs for
them. Install ``colstats[polars]``. More: <https://colstats.github.io/colstats/guides/dataframes/>.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

try:
    import polars as pl
    from polars.plugins import register_plugin_function
except ImportError as error:
    raise ImportError(
        f"colstats.polars needs polars: pip install 'colstats[polars]' ({error})"
    ) from error

import colstats
from colstats import _native
from colstats._accessors import PAIRS, ColumnStatistics, TableStatistics
from colstats.distributed import Engine, Plan, States, join
from colstats.layout import quoted
from colstats.summary import Summary

__all__ = [
    "ExprStatistics",
    "FrameStatistics",
    "LazyStatistics",
    "SeriesStatistics",
]

#: A type that polars has since 1.18.
_INT128 = getattr(pl, "Int128", None)
#: What has extremes, but no states of them.
_TEXT = (pl.String, pl.Binary, pl.Categorical, pl.Enum)
_NOTE = "(In polars' own ``std`` and ``var``, ``ddof`` is 1.)"


def _by_lists(values: pl.Expr, statistic: str, options: dict[str, Any]) -> pl.Expr:
    """Let polars call the native module once for all groups, each of which is a list."""
    return register_plugin_function(
        plugin_path=_native.__file__,
        function_name="colstats_lists",
        args=values.implode(),
        kwargs={"statistic": statistic, **options},
        is_elementwise=True,
    )


def _by_calls(values: pl.Expr, statistic: str, options: dict[str, Any]) -> pl.Expr:
    """Let polars call the native module for each group; of a whole frame it reads the chunks."""
    return register_plugin_function(
        plugin_path=_native.__file__,
        function_name="colstats",
        args=values,
        kwargs={"statistic": statistic, **options},
        returns_scalar=True,
    )


def _by_python(values: pl.Expr, statistic: str, options: dict[str, Any]) -> pl.Expr:
    """Let polars call Python: slower, but the same answers."""

    def answer(series: pl.Series) -> pl.Series:
        batch = getattr(colstats, statistic)(series.to_frame(), **options)
        result = pl.Series(series.name, pl.DataFrame(batch).to_series())
        if statistic == "sum" and not series.dtype.is_decimal() and result.dtype.is_decimal():
            return result.cast(pl.UInt64 if series.dtype == pl.UInt64 else pl.Int64)
        return result

    return values.map_batches(answer, returns_scalar=True)


_Route = Callable[[pl.Expr, str, dict[str, Any]], pl.Expr]


def _works(route: _Route) -> bool:
    """Try a route: a polars may know no plugins of our version, or no functions of lists."""
    frame = pl.DataFrame({"key": [1, 1, 2], "x": [1.0, 3.0, 4.0]})
    try:
        asked = route(pl.col("x"), "max", {"skip_nans": False})
        groups = frame.group_by("key", maintain_order=True).agg(asked)["x"].to_list()
        windows = frame.select(asked.over("key"))["x"].to_list()
    except (Exception, pl.exceptions.PanicException):
        return False
    return bool(groups == [3.0, 4.0] and windows == [3.0, 3.0, 4.0])


#: How a whole frame is asked, and how groups are.
_whole: _Route = _by_calls if _works(_by_calls) else _by_python
_groups: _Route = _by_lists if _works(_by_lists) else _whole


@pl.api.register_expr_namespace("colstats")
class ExprStatistics(ColumnStatistics[pl.Expr]):
    """Statistics of expressions: one value for the frame, or for each group.

    >>> pl.select(pl.lit(pl.Series([4.0, 6.0])).colstats.mean()).item()
    5.0
    """

    _note = _NOTE

    def __init__(self, expr: pl.Expr) -> None:
        self._expr = expr

    def _ask(self, statistic: str, options: dict[str, Any], **keywords: Any) -> pl.Expr:
        return _groups(self._expr, statistic, options)

    def _ask_values(
        self, statistic: str, first: tuple[Any, ...], options: dict[str, Any], **keywords: Any
    ) -> pl.Expr:
        """Let polars call Python, once for a frame or a group."""
        exprs = [self._expr]
        if statistic in PAIRS:
            exprs.append(pl.col(first[0]) if isinstance(first[0], str) else first[0])
            first = ()
        if statistic == "quantile" and isinstance(first[0], list):
            raise TypeError("an expression has one value: use an expression for each q")

        def answer(series: Sequence[pl.Series]) -> pl.Series:
            if statistic in PAIRS:
                found = getattr(colstats, statistic)(*series, **options)
                return pl.Series(series[0].name, [found], pl.Float64)
            batch = getattr(colstats, statistic)(series[0].to_frame(), *first, **options)
            return pl.Series(series[0].name, pl.DataFrame(batch).to_series())

        return pl.map_batches(exprs, answer, returns_scalar=True)


@pl.api.register_series_namespace("colstats")
class SeriesStatistics(ColumnStatistics[Any]):
    """Statistics of a series: Python values, as `colstats` gives them.

    >>> pl.Series([4.0, 6.0]).colstats.mean()
    5.0
    """

    _note = _NOTE

    def __init__(self, series: pl.Series) -> None:
        self._series = series

    def _ask(self, statistic: str, options: dict[str, Any], **keywords: Any) -> Any:
        return getattr(colstats, statistic)(self._series, **options)

    def _ask_values(
        self, statistic: str, first: tuple[Any, ...], options: dict[str, Any], **keywords: Any
    ) -> Any:
        return getattr(colstats, statistic)(self._series, *first, **options)

    def describe(self, **options: Any) -> Summary:
        """Compute all statistics: see `colstats.describe`."""
        return colstats.describe(self._series, **options)

    def moments(self) -> colstats.Moments:
        """Collect what all statistics need, as a state that can be merged and kept."""
        return colstats.moments(self._series)


def _names(by: Sequence[str] | None) -> list[str]:
    """Return the names of keys, and refuse expressions, whose truth polars would not tell."""
    names = [by] if isinstance(by, pl.Expr) else list(by if by is not None else [])
    if any(isinstance(name, pl.Expr) for name in names):
        raise TypeError(
            "by takes a name or a list of names, not an expression: add it with .with_columns(), "
            "or ask in frame.group_by(...).agg(pl.col(...).colstats.mean())"
        )
    return names


def _select(
    lazy: pl.LazyFrame,
    statistic: str,
    options: dict[str, Any],
    *,
    by: str | Sequence[str] | None,
    columns: Iterable[str | int] | None,
    numeric_only: bool,
) -> pl.LazyFrame:
    """Ask for each of the selected columns."""
    keys = [by] if isinstance(by, str) else _names(by)
    schema = lazy.collect_schema()
    for name in keys:
        if name not in schema:
            raise KeyError(f"no column {quoted(name)} to group by; there are: {', '.join(schema)}")
    if columns is None:
        columns = [name for name in schema if name not in keys]
    # The same question about no rows refuses what the whole would, and knows the names. Integers of
    # 128 bits are no Arrow type, but the plugin reads them.
    none = pl.DataFrame(
        schema={name: pl.Int64 if of == _INT128 else of for name, of in schema.items()}
    )
    which: dict[str, Any] = {"columns": columns, "numeric_only": numeric_only}
    names = pl.DataFrame(getattr(colstats, statistic)(none, **options, **which)).columns
    usual = _groups if keys else _whole

    def ask(name: str) -> pl.Expr:
        # The plugin asks states, which text has none of.
        is_extreme_of_text = statistic in ("min", "max") and isinstance(schema[name], _TEXT)
        return (_by_python if is_extreme_of_text else usual)(pl.col(name), statistic, options)

    asked = [ask(name) for name in names]
    return lazy.group_by(keys, maintain_order=True).agg(asked) if keys else lazy.select(asked)


@pl.api.register_dataframe_namespace("colstats")
class FrameStatistics(TableStatistics[pl.DataFrame]):
    """Statistics of each column of a frame, as a frame of one row, or of a row for each group.

    >>> pl.DataFrame({"x": [4.0, 6.0]}).colstats.mean().rows()
    [(5.0,)]
    """

    _note = _NOTE

    def __init__(self, frame: pl.DataFrame) -> None:
        self._frame = frame

    def _ask(self, statistic: str, options: dict[str, Any], **keywords: Any) -> pl.DataFrame:
        return _select(self._frame.lazy(), statistic, options, **keywords).collect()

    def _ask_values(
        self, statistic: str, first: tuple[Any, ...], options: dict[str, Any], **keywords: Any
    ) -> pl.DataFrame:
        return pl.DataFrame(
            getattr(colstats, statistic)(self._frame, *first, **options, **keywords)
        )

    def describe(self, **options: Any) -> Summary:
        """Compute all statistics of each column: see `colstats.describe`."""
        return colstats.describe(self._frame, **options)

    def moments(self, **options: Any) -> States:
        """Collect what all statistics need, as states: see `colstats.moments`."""
        states: States = colstats.moments(self._frame, **options)
        return states


class _Batches(Engine):
    """The batches of a lazy frame, each of which is dropped before the next is computed."""

    def states(self, data: Any, plan: Plan) -> tuple[Sequence[Any], States | None]:
        """Turn batches into states as they come, and merge these."""
        none = plan.partial(pl.DataFrame(schema=data.collect_schema()))
        return list(self.merged(data, plan)), none

    def merged(self, lazy: pl.LazyFrame, plan: Plan) -> Iterator[Any]:
        """Merge states whenever there are many."""
        which: dict[str, Any] = {"columns": plan.columns, "numeric_only": plan.numeric_only}
        if plan.by is not None:
            which["by"] = plan.by
        parts: list[Any] = []
        for batch in _batches_of(lazy):
            parts.append(colstats.moments(batch, **which))
            parts = parts if len(parts) < plan.fan_in else join(parts)
        yield from parts


_batches = _Batches()


def _batches_of(lazy: pl.LazyFrame) -> Iterable[pl.DataFrame]:
    """Run a query batch by batch, if this polars can."""
    if hasattr(lazy, "collect_batches"):
        return lazy.collect_batches(maintain_order=False, lazy=True)
    return [lazy.collect()]


@pl.api.register_lazyframe_namespace("colstats")
class LazyStatistics(TableStatistics[pl.LazyFrame]):
    """Statistics of each column of a lazy frame, as a lazy frame.

    >>> pl.LazyFrame({"x": [4.0, 6.0]}).colstats.mean().collect().rows()
    [(5.0,)]
    """

    _note = _NOTE

    def __init__(self, lazy: pl.LazyFrame) -> None:
        self._lazy = lazy

    def _ask(self, statistic: str, options: dict[str, Any], **keywords: Any) -> pl.LazyFrame:
        return _select(self._lazy, statistic, options, **keywords)

    def _ask_values(
        self, statistic: str, first: tuple[Any, ...], options: dict[str, Any], **keywords: Any
    ) -> pl.LazyFrame:
        def answer(frame: pl.DataFrame) -> pl.DataFrame:
            found = getattr(colstats, statistic)(frame, *first, **options, **keywords)
            return pl.DataFrame(found)

        # The same question about no rows refuses what the whole would, and knows the types.
        none = answer(pl.DataFrame(schema=self._lazy.collect_schema()))
        return self._lazy.map_batches(answer, schema=none.schema)

    def describe(self, **options: Any) -> Summary:
        """Run the query in batches, and describe its columns: see `colstats.describe`."""
        return _batches.describe(self._lazy, **options)

    def moments(self, **options: Any) -> States:
        """Run the query in batches, and collect states: see `colstats.moments`."""
        return _batches.moments(self._lazy, **options)
