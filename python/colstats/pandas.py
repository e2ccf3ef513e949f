"""Exact statistics in pandas: an accessor of series and frames.

>>> import pandas as pd
>>> import colstats.pandas
>>> frame = pd.DataFrame({"key": ["a", "a", "a", "b"], "x": [1e16, 1.0, -1e16, None]})
>>> frame["x"].colstats.mean()
0.3333333333333333
>>> frame.colstats.mean(numeric_only=True)
x    0.333333
dtype: float64
>>> frame.colstats.count(by="key")["x"].to_dict()
{'a': 3, 'b': 0}

Importing this module registers the accessors. Statistics and options are those of `colstats`, with
two things to know:

* ``ddof`` is 0, as everywhere in colstats; in pandas' own ``std`` and ``var`` it is 1.
* NaN is a missing value, as pandas has it: ``skip_nans`` is True here. With ``skip_nans=False`` a
  NaN makes results NaN.

The index is not a column. Type checkers do not know registered accessors; for them,
``SeriesStatistics(series).mean()`` is the same. Install ``colstats[pandas]``.
More: <https://colstats.github.io/colstats/guides/dataframes/>.
"""

from collections.abc import Hashable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

try:
    import numpy as np
    import pandas as pd
    import pyarrow as pa
except ImportError as error:
    raise ImportError(
        f"colstats.pandas needs pandas and pyarrow: pip install 'colstats[pandas]' ({error})"
    ) from error

import colstats
from colstats._accessors import PAIRS, ColumnStatistics, TableStatistics
from colstats.distributed import States
from colstats.summary import Summary

__all__ = ["FrameStatistics", "SeriesStatistics"]

_NOTE = (
    "(NaN is a missing value unless ``skip_nans=False``. In pandas' own ``std`` and ``var``, "
    "``ddof`` is 1.)"
)
_DEFAULTS = {"skip_nans": True}
#: Kinds of NumPy's types whose memory is read as it lies.
_NUMBERS = "biuf"
_MASKED = (pd.arrays.IntegerArray, pd.arrays.FloatingArray, pd.arrays.BooleanArray)
#: Types that hold nulls without turning integers into floats.
_NULLABLE: dict[Any, Any] = {pa.bool_(): pd.BooleanDtype()} | {
    pa.type_for_alias(name.lower()): pd.api.types.pandas_dtype(name)
    for name in ("Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64")
}


@pd.api.extensions.register_series_accessor("colstats")
class SeriesStatistics(ColumnStatistics[Any]):
    """Statistics of a series: numbers, or Timestamps and Timedeltas.

    >>> pd.Series([4, None, 6], dtype="Int64").colstats.mean()
    5.0
    """

    _defaults: ClassVar = _DEFAULTS
    _note = _NOTE

    def __init__(self, series: "pd.Series[Any]") -> None:
        self._series = series

    def _ask(self, statistic: str, options: dict[str, Any], **keywords: Any) -> Any:
        return _answer(self._series, statistic, options)

    def _ask_values(
        self, statistic: str, first: tuple[Any, ...], options: dict[str, Any], **_: Any
    ) -> Any:
        if statistic in PAIRS:
            first = (_other(self._series, first[0]),)
        answer = _answer(self._series, statistic, options, *first)
        if statistic == "quantile" and isinstance(first[0], list):
            return pd.Series(_typed(list(map(_value, answer))), pd.Index(first[0], dtype="float64"))
        return answer

    def describe(self, *, skip_nans: bool = True, **options: Any) -> Summary:
        """Compute all statistics: see `colstats.describe`."""
        table = pa.table({str(self._series.name): _arrow(self._series, readable=False)})
        return colstats.describe(table, skip_nans=skip_nans, **options)

    def moments(self) -> colstats.Moments:
        """Collect what all statistics need, as a state that can be merged and kept."""
        state: colstats.Moments = colstats.moments(_column(self._series))
        return state


@pd.api.extensions.register_dataframe_accessor("colstats")
class FrameStatistics(TableStatistics["pd.Series[Any] | pd.DataFrame"]):
    """Statistics of each column of a frame: a Series, or with ``by`` a DataFrame.

    >>> pd.DataFrame({"x": [4.0, 6.0], "n": [1, 2]}).colstats.max().tolist()
    [6.0, 2]
    """

    _defaults: ClassVar = _DEFAULTS
    _note = _NOTE

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame

    def _ask(
        self,
        statistic: str,
        options: dict[str, Any],
        *,
        by: Hashable | Sequence[Hashable] = None,
        columns: Iterable[Hashable] | None = None,
        numeric_only: bool = False,
        **_: Any,
    ) -> "pd.Series[Any] | pd.DataFrame":
        labels = [] if by is None else by if isinstance(by, list) else [by]
        keys = self._positions(labels, "by")
        chosen = self._chosen(columns, numeric_only, keys)
        if keys:
            return self._grouped(statistic, options, keys, chosen)
        try:
            answers = [_answer(self._series(i), statistic, options) for i in chosen]
        except TypeError as error:
            advice = "leave it out with columns=[...] or numeric_only=True"
            raise TypeError(f"{error} ({advice})") from None
        return pd.Series(_typed(answers), index=self._frame.columns[chosen])

    def _ask_values(
        self,
        statistic: str,
        first: tuple[Any, ...],
        options: dict[str, Any],
        *,
        columns: Iterable[Hashable] | None = None,
        numeric_only: bool = False,
        complete: bool = False,
        **_: Any,
    ) -> "pd.Series[Any] | pd.DataFrame":
        chosen = self._chosen(columns, numeric_only, [])
        if statistic in PAIRS:
            return self._matrix(statistic, options | {"complete": complete}, chosen)
        found = [self._series(i).colstats for i in chosen]
        try:
            answers = [getattr(one, statistic)(*first, **options) for one in found]
        except TypeError as error:
            advice = "leave it out with columns=[...] or numeric_only=True"
            raise TypeError(f"{error} ({advice})") from None
        labels = self._frame.columns[chosen]
        if statistic == "quantile" and isinstance(first[0], list):
            frame = pd.DataFrame(dict(enumerate(answers)), pd.Index(first[0], dtype="float64"))
            frame.columns = labels
            return frame
        return pd.Series(_typed(answers), index=labels)

    def _matrix(
        self, statistic: str, options: dict[str, Any], chosen: Sequence[int]
    ) -> pd.DataFrame:
        """Compute a statistic of each two of the columns that are numbers."""
        arrays = [_arrow(self._series(i), readable=False) for i in chosen]
        table = pa.table(arrays, names=[str(i) for i in range(len(chosen))])
        rows = pa.table(getattr(colstats, statistic)(table, **options))
        places = [chosen[int(name)] for name in rows["column"].to_pylist()]
        labels = self._frame.columns[places]
        matrix = _values(rows, rows.column_names[1:], labels)
        matrix.index = labels
        return matrix

    def describe(self, *, skip_nans: bool = True, **options: Any) -> Summary:
        """Compute all statistics of each column: see `colstats.describe`."""
        return colstats.describe(self._table(), skip_nans=skip_nans, **options)

    def moments(self, **options: Any) -> States:
        """Collect what all statistics need, as states: see `colstats.moments`."""
        states: States = colstats.moments(self._table(), **options)
        return states

    def _series(self, position: int) -> "pd.Series[Any]":
        return self._frame.iloc[:, position]

    def _positions(self, labels: Iterable[Hashable], option: str) -> list[int]:
        """Find columns by their labels; those of one label may be several."""
        if isinstance(labels, str):
            raise TypeError(f"{option} takes a list of labels: {option}=[{labels!r}]")
        found: list[int] = []
        for label in labels:
            try:
                places = self._frame.columns.get_indexer_for([label])
            except (KeyError, TypeError):
                places = [-1]
            if -1 in places:
                raise KeyError(f"no column {label!r}; there are: {list(self._frame.columns)}")
            found += map(int, places)
        return found

    def _chosen(
        self, columns: Iterable[Hashable] | None, numeric_only: bool, keys: Sequence[int]
    ) -> list[int]:
        if columns is None:
            chosen = [i for i in range(self._frame.shape[1]) if i not in keys]
        else:
            chosen = self._positions(columns, "columns")
        if numeric_only:
            return [i for i in chosen if _is_numeric(self._frame.dtypes.iloc[i])]
        return chosen

    def _grouped(
        self, statistic: str, options: dict[str, Any], keys: Sequence[int], chosen: Sequence[int]
    ) -> pd.DataFrame:
        """Compute a row for each key, in the order of the keys, which are the index."""
        positions = [*keys, *chosen]
        arrays = [_arrow(self._series(i)) for i in positions]
        table = pa.table(arrays, names=[str(i) for i in range(len(positions))])
        by, rest = list(table.column_names[: len(keys)]), table.column_names[len(keys) :]
        states = colstats.moments(table, by=by, columns=rest)
        result = pa.table(getattr(states, statistic)(**options))
        labels = self._frame.columns
        index = _values(result, by, labels[list(keys)])
        values = _values(result, rest, labels[list(chosen)])
        names = [labels[i] for i in keys]
        if len(keys) == 1:
            values.index = pd.Index(index.iloc[:, 0], name=names[0])
        else:
            values.index = pd.MultiIndex.from_arrays(
                [index.iloc[:, i] for i in range(len(keys))], names=names
            )
        return values

    def _table(self) -> pa.Table:
        """All columns as Arrow; those that no statistic reads as well, so that they are counted."""
        count = self._frame.shape[1]
        arrays = [_arrow(self._series(i), readable=False) for i in range(count)]
        return pa.table(arrays, names=[str(label) for label in self._frame.columns])


def _is_numeric(of: Any) -> bool:
    types = pd.api.types
    return types.is_numeric_dtype(of) and not types.is_complex_dtype(of)


def _column(series: "pd.Series[Any]") -> Any:
    """Return the values as something that colstats reads, if possible the memory as it lies."""
    is_numpy = isinstance(series.dtype, np.dtype) and series.dtype.kind in _NUMBERS
    # An array with a mask of which nothing is masked is one of NumPy, too.
    if is_numpy or (isinstance(series.array, _MASKED) and not series.hasnans):
        return series.to_numpy()
    return _arrow(series)


def _arrow(series: "pd.Series[Any]", *, readable: bool = True) -> Any:
    """Return the values as Arrow; without copying, if they are numbers without a mask.

    Args:
        series: The values.
        readable: Whether to refuse what has no Arrow type, rather than let it be counted only.

    """
    of = series.dtype
    if isinstance(of, pd.SparseDtype):
        series = series.sparse.to_dense()
    if readable and isinstance(of, pd.PeriodDtype | pd.IntervalDtype):
        raise TypeError(f"column {series.name!r}: {of} values are not numbers")
    # In floats NaN stays NaN, so that skip_nans decides what it means.
    is_float = isinstance(series.dtype, np.dtype) and series.dtype.kind == "f"
    try:
        return pa.array(series, from_pandas=not is_float)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        if readable:
            raise TypeError(
                f"column {series.name!r}: not all values of dtype {of} are of one type that has "
                f"statistics ({error}); convert them, as by pandas.to_numeric()"
            ) from error
        return pa.array(["object" if known else None for known in series.notna()])


def _other(series: "pd.Series[Any]", other: Any) -> Any:
    """Return the second column of a pair, whose rows must be those of the first."""
    if not isinstance(other, pd.Series):
        return other
    if not series.index.equals(other.index):
        raise ValueError(
            f"column {series.name!r} and column {other.name!r} have different indexes, but rows "
            "are paired by position: align them first, as by Series.align()"
        )
    return _column(other)


def _answer(series: "pd.Series[Any]", statistic: str, options: dict[str, Any], *first: Any) -> Any:
    column = _column(series)
    try:
        answer = getattr(colstats, statistic)(column, *first, **options)
    except (TypeError, ValueError) as error:
        # The message names the type of what we made of the series.
        reason = str(error).partition(": ")[2]
        raise type(error)(f"column {series.name!r}: {reason}") from None
    return _value(answer)


def _value(answer: Any) -> Any:
    """Return what pandas has for a point in time or a duration, and other values as they are."""
    if hasattr(answer, "to_pandas"):
        return answer.to_pandas()
    if isinstance(answer, datetime):
        return pd.Timestamp(answer)
    if isinstance(answer, timedelta):
        return pd.Timedelta(answer)
    return answer


def _typed(answers: list[Any]) -> Any:
    """Choose a dtype that keeps every digit: pandas would make floats of integers and None."""
    kinds = {type(answer) for answer in answers if answer is not None}
    if kinds <= {float}:
        return pd.array([float("nan") if a is None else a for a in answers], dtype="float64")
    if kinds == {int} and all(a is None or abs(a) < 2**63 for a in answers):
        return pd.array(answers, dtype="Int64" if None in answers else "int64")
    if len(kinds) == 1 and kinds <= {pd.Timestamp, pd.Timedelta, bool} and None not in answers:
        return answers
    return pd.array(answers, dtype=object)


def _values(result: pa.Table, names: Sequence[str], labels: "pd.Index[Any]") -> pd.DataFrame:
    """Return columns of a result as pandas has them, with the labels of the frame."""
    columns = [_series_of(result[name]) for name in names]
    frame = pd.DataFrame(dict(enumerate(columns)))
    frame.columns = labels
    return frame


def _series_of(column: pa.ChunkedArray) -> "pd.Series[Any]":
    """Return a column of a result: sums of integers as integers, and nulls without a loss."""
    of = column.type
    if pa.types.is_decimal(of) and of.scale == 0 and of.precision == 38:
        values = [None if value is None else int(value) for value in column.to_pylist()]
        return pd.Series(_typed(values))
    mapper = _NULLABLE.get if column.null_count else None
    series: pd.Series[Any] = column.to_pandas(types_mapper=mapper)
    return series
