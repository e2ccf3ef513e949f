"""Table VIII: what a call costs, as the slope of a line through the totals of 18 chunk sizes."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from benches.paper import published
from benches.paper.rows import FLOOR

Cells = dict[str, dict[str, dict[str, Any]]]
#: The interquartile range of a normal distribution, in standard deviations.
INTERQUARTILE = 1.349


@dataclass(frozen=True)
class Fit:
    """A line: microseconds per call, and those without any call, with standard errors."""

    call: float
    base: float
    call_error: float = math.nan
    base_error: float = math.nan


def line(x: Any, y: Any, sigma: Any, root: bool) -> Fit:
    """Fit a line, weighted by 1/sigma or, as the paper does, by its root."""
    sigma = np.maximum(sigma, 1e-9 + 1e-6 * np.abs(y))
    weights = 1 / np.sqrt(sigma) if root else 1 / sigma
    (call, base), covariance = np.polyfit(x, y, 1, w=weights, cov=True)
    return Fit(call, base, *np.sqrt(np.diag(covariance)))


def column(cells: Cells, row: str, statistic: str, figure: str) -> np.ndarray:
    """Collect a figure of a row over all chunk sizes."""
    return np.array([cell[row][statistic][figure] for cell in cells.values()])


def as_published(cells: Cells, row: str, statistic: str, values: int) -> Fit:
    """Fit as the paper does: one baseline for both statistics, and no call for the remainder."""
    calls = np.array([values // int(size) for size in cells])
    best = column(cells, "NumPy", "mean", "mean").min()
    totals, sigma = (column(cells, row, statistic, figure) for figure in ("mean", "sd"))
    return line(calls, totals - best, sigma, root=True)


def corrected(cells: Cells, row: str, statistic: str) -> Fit:
    """Use each statistic's own baseline, all calls, weights of 1/sigma, and no empty calls.

    Totals are medians, and sigma comes from the interquartile range, because other work on the
    machine delays a few experiments by much.
    """
    calls = column(cells, row, statistic, "calls")
    best = net(cells, "NumPy", statistic).min()
    low, high = (column(cells, row, statistic, figure) for figure in ("low", "high"))
    return line(calls, net(cells, row, statistic) - best, (high - low) / INTERQUARTILE, False)


def net(cells: Cells, row: str, statistic: str) -> np.ndarray:
    """Subtract the totals of empty calls."""
    totals, empty = (column(cells, name, statistic, "median") for name in (row, FLOOR))
    return totals - empty


def crossing_of_fits(one: Fit, other: Fit, values: int) -> float | None:
    """Find the chunk size at which two lines meet."""
    calls = (one.base - other.base) / (other.call - one.call)
    return values / calls if calls > 0 else None


def crossing_of_totals(sizes: Any, one: Any, other: Any) -> float | None:
    """Find the first chunk size above which the other is faster, interpolated by logarithms."""
    ahead = np.log(np.asarray(one) / np.asarray(other))
    for left, right in zip(range(len(sizes) - 1), range(1, len(sizes)), strict=True):
        if ahead[left] < 0 <= ahead[right]:
            share = ahead[left] / (ahead[left] - ahead[right])
            return float(sizes[left] * (sizes[right] / sizes[left]) ** share)
    return None


def refit_published(column_name: str, statistic: str, baseline: float) -> Fit:
    """Fit the totals that the paper published, without weights: their spreads are not published."""
    calls = [published.VALUES // size for size in published.CHUNKS]
    totals = np.array(published.CHUNKED[statistic][column_name]) - baseline
    return line(calls, totals, np.ones(len(totals)), root=False)
