"""`describe` and what it returns: a table of statistics, for people and for programs."""

from collections.abc import Iterable
from typing import Any

from colstats._native import (
    Column,
    GroupedMoments,
    Moments,
    MomentsTable,
    Table,
    _groups,
    _states,
)
from colstats.summary.grouped import GroupedSummary
from colstats.summary.plain import Summary
from colstats.summary.rows import row_of
from colstats.summary.values import Asked, columns_of, hold, names_of, values_of
from colstats.types import Data

__all__ = ["GroupedSummary", "Summary", "describe"]


def describe(
    # Quoted, or help() would spell out what Data is, at twenty times the length.
    data: "Data | Column | Table | Moments | MomentsTable | GroupedMoments",
    /,
    *,
    by: str | Iterable[str | int] | None = None,
    ddof: int = 0,
    skip_nulls: bool = True,
    skip_nans: bool = False,
    columns: Iterable[str | int] | None = None,
    numeric_only: bool = False,
    quantiles: Iterable[float] | None = None,
    shape: bool = False,
    threads: int | None = None,
) -> Summary:
    """Describe each column of a table, in one pass: counts, mean, stddev, minimum and maximum.

    Args:
        data: A table or a column: any Arrow object, NumPy array, buffer or list of numbers. Streams
            are read batch by batch, and never held as a whole. Or the states of data: Moments, a
            MomentsTable or GroupedMoments.
        by: For tables, the columns to group by: a name, or a list of names or positions. Each group
            is described on its own, in a GroupedSummary.
        ddof: Degrees of freedom of the standard deviation.
        skip_nulls: Whether to leave out nulls; otherwise, one null makes the statistics None.
        skip_nans: Whether to treat NaN as null; otherwise, one NaN makes the statistics NaN.
        columns: For tables, the names (or positions) of the columns to use.
        numeric_only: For tables, whether to leave out columns that are not numeric; otherwise, they
            have counts only.
        quantiles: Which quantiles to add, such as ``[0.25, 0.5, 0.75]``: they are called ``q0.25``
            and so on. For them, streams are held as a whole.
        shape: Whether to add the skewness and the kurtosis. For them, streams are, too.
        threads: How many threads may be used; the default is that of ``set_num_threads``.

    Examples:
        >>> import colstats as cs
        >>> cs.describe([1, 2, None])[0]["mean"]
        1.5
        >>> cs.describe([1, 2, 9], quantiles=[0.5, 0.9])[0]["q0.9"]
        7.6

    """
    options: dict[str, Any] = {"ddof": ddof, "skip_nulls": skip_nulls, "skip_nans": skip_nans}
    expect_valid(**options)
    chosen: dict[str, Any] = {"columns": columns, "numeric_only": numeric_only, "threads": threads}
    asked = names_of(quantiles, shape)
    if asked and (by is not None or isinstance(data, GroupedMoments | MomentsTable | Moments)):
        what = "groups" if by is not None else "states"
        raise TypeError(
            f"quantiles= and shape= need the values of columns: {what} do not hold them"
        )
    if isinstance(data, GroupedMoments | MomentsTable | Moments):
        if by is not None:
            raise TypeError("by= groups the rows of data, but these are states")
        if isinstance(data, GroupedMoments):
            if columns is not None or numeric_only:
                data = data._select(columns=columns, numeric_only=numeric_only)
            return GroupedSummary(data, **options)
    elif by is not None:
        groups, described = _groups(data, by=by, **chosen)
        return GroupedSummary(groups, described, **options)
    if asked:
        return summarize_values(hold(data), chosen, asked, **options)
    return summarize(_states(data, **chosen), **options)


def expect_valid(**options: Any) -> None:
    """Refuse bad options before any work, with the errors of the statistics themselves."""
    Moments("float64").stddev(**options)


def summarize(states: Iterable[tuple[str, Moments | str]], **options: Any) -> Summary:
    """Describe columns, given their names and states, or types if they cannot be counted."""
    return Summary(row_of(name, state, **options) for name, state in states)


def summarize_values(
    data: Column | Table, chosen: dict[str, Any], asked: Asked, **options: Any
) -> Summary:
    """Describe columns that are held, with statistics that need their values."""
    if chosen["columns"] is not None:
        chosen = chosen | {"columns": list(chosen["columns"])}
    states = _states(data, **chosen)
    rest = options | {"threads": chosen["threads"]}
    rows = (
        row_of(name, state, **options) | values_of(column, asked, **rest)
        for (name, state), column in zip(
            states, columns_of(data, states, chosen["columns"]), strict=True
        )
    )
    return Summary(rows, asked)
