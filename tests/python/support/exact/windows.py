"""Which rows belong to which window. A statistic is computed for each from scratch.

A window is a range of rows. `over` applies a statistic, and gives null where a window has fewer
than `min_count` values.

>>> [list(window) for window in overlapping(rows=7, per=3, step=2)]
[[0, 1, 2], [2, 3, 4], [4, 5, 6]]
>>> over(trailing(4, 2), lambda values: sum(values), [1, 2, None, 4], min_count=1)
[1, 3, 2, 4]
"""

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from .missing import is_nan


def overlapping(rows: int, per: int, step: int) -> list[range]:
    """Return windows of `per` rows that begin `step` rows apart.

    The first one that reaches the end is the last, and may be shorter. If `step` equals `per`, the
    rows are divided among the windows.

    >>> [len(window) for window in overlapping(7, 3, 3)], len(overlapping(7, 3, 1))
    ([3, 3, 1], 5)
    """
    if per < 1 or step < 1:
        raise ValueError("a window has at least one row, and so has a step")
    windows = [range(start, min(start + per, rows)) for start in range(0, rows, step)]
    reach = [place for place, window in enumerate(windows) if window.stop == rows]
    return windows[: reach[0] + 1] if reach else windows


def trailing(rows: int, per: int) -> list[range]:
    """Return a window for each row: it and the `per - 1` rows before, if there are that many."""
    return [range(max(0, row - per + 1), row + 1) for row in range(rows)]


def cumulative(rows: int) -> list[range]:
    """Return a window for each row: all rows up to it.

    >>> cumulative(2)
    [range(0, 1), range(0, 2)]
    """
    return [range(row + 1) for row in range(rows)]


def by_time(times: Sequence[Any], period: Any) -> list[range]:
    """Return a window for each row: all rows whose time is in `(time - period, time]`.

    Rows of the same time have the same window, so that their order does not matter.

    >>> by_time([0, 10, 10, 25], period=15)
    [range(0, 1), range(0, 3), range(0, 3), range(3, 4)]
    """
    if any(time is None for time in times):
        raise ValueError("a time is null")
    if any(late < early for early, late in itertools.pairwise(times)):
        raise ValueError("the times are not sorted")

    def window(time: Any) -> range:
        inside = [row for row, other in enumerate(times) if time - period < other <= time]
        return range(inside[0], inside[-1] + 1)

    return [window(time) for time in times]


def over(
    windows: Iterable[range],
    statistic: Callable[[list[Any]], Any],
    values: Sequence[Any],
    *,
    min_count: int = 1,
    skip_nans: bool = False,
) -> list[Any]:
    """Apply a statistic of values without nulls to each window."""

    def counts(value: Any) -> bool:
        return value is not None and not (skip_nans and is_nan(value))

    answers = []
    for window in windows:
        chosen = [values[row] for row in window if counts(values[row])]
        answers.append(statistic(chosen) if len(chosen) >= min_count else None)
    return answers
