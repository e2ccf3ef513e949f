"""What is promised of the cells, and which of them fall short.

A limit bounds one figure of each cell that it applies to. The bounds of means depend on the
processor: where a bare sum is limited by what a core can add, exactness costs more.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from benches.cliffs.cells import (
    COLUMNS,
    CONTIGUOUS,
    MEMORY,
    ROW_MAJOR,
    SMALLEST,
    TABLE,
    WINDOWED,
)
from benches.cliffs.distributions import SPECIAL
from benches.cliffs.results import Cell, Results

Figures: TypeAlias = list[tuple[Cell, float]]

SPREAD = 2.5
MEAN = {"AMD": 0.9, "Intel": 0.75}  # of the time of the fastest other library, in the caches
MEAN_ELSEWHERE = 0.75
NAN = 1.5
HUNDREDS_MS = 8.0
TABLE_US = 0.6


@dataclass(frozen=True)
class Limit:
    """A bound, and the figures that it holds for; `least` says on which side they must be."""

    text: str
    bound: float
    least: bool
    figures: Figures = field(repr=False)
    unit: str = ""

    def holds(self, figure: float) -> bool:
        """Whether a figure is within the bound."""
        return figure >= self.bound if self.least else figure <= self.bound

    @property
    def short(self) -> Figures:
        """The cells that fall short, the worst first."""
        found = [(cell, figure) for cell, figure in self.figures if not self.holds(figure)]
        return sorted(found, key=lambda pair: pair[1], reverse=not self.least)

    @property
    def worst(self) -> float:
        """The figure closest to the bound, or furthest beyond."""
        return (min if self.least else max)(figure for _, figure in self.figures)


def limits(results: Results) -> list[Limit]:
    """All limits that apply to cells of the run."""
    cells = results.cells
    cached = [cell for cell in cells if SMALLEST <= cell.rows < MEMORY]
    plain = [cell for cell in cached if cell.layout not in ROW_MAJOR]
    memory = [cell for cell in cells if cell.rows >= MEMORY]
    bound = mean_bound(str(results.header["machine"]["cpu"]))
    found = [
        Limit(
            "worst distribution over the best, same type and layout", SPREAD, False, spreads(cells)
        ),
        Limit("stddev: the fastest peer's time over ours", 1.0, True, ratios(cells, "stddev")),
        Limit("mean, from 2^13 values on: the same", bound, True, ratios(plain, "mean")),
        Limit("mean, from memory: the same", 1.0, True, ratios(memory, "mean")),
        Limit("NaNs: our time over that of normal values", NAN, False, nans(cells)),
        Limit("row-major, mean: our time over NumPy's", 1.3, False, row_major(cells, "mean")),
        Limit("row-major, stddev: NumPy's time over ours", 3.0, True, row_major(cells, "stddev")),
        Limit("float16: NumPy's time over ours", 10.0, True, halves(cells)),
        *long_columns(cells),
    ]
    return [limit for limit in found if limit.figures]


def mean_bound(cpu: str) -> float:
    """How far a mean may be behind in the caches of this processor."""
    return next((bound for name, bound in MEAN.items() if name in cpu), MEAN_ELSEWHERE)


def ratios(cells: Iterable[Cell], statistic: str) -> Figures:
    """The time of the fastest other library over ours."""
    return [(cell, cell.ratio) for cell in cells if cell.statistic == statistic and cell.peers]


def alike(cells: Iterable[Cell]) -> list[dict[str, Cell]]:
    """The cells that only differ in their distribution, by its name."""
    groups: dict[tuple[str, str, int, str], dict[str, Cell]] = {}
    for cell in cells:
        key = (cell.type, cell.layout, cell.rows, cell.statistic)
        groups.setdefault(key, {})[cell.distribution] = cell
    return list(groups.values())


def spreads(cells: Iterable[Cell]) -> Figures:
    """The slowest cell of those alike, with its time over that of the fastest.

    A sum is settled by its first NaN, so a column with NaNs is not what others are compared to.
    """
    found = []
    for group in alike(cells):
        usual = [cell.ours for cell in ordinary(group)]
        if len(group) > 1 and usual:
            worst = max(group.values(), key=lambda cell: cell.ours)
            found.append((worst, worst.ours / min(usual)))
    return found


def ordinary(group: dict[str, Cell]) -> list[Cell]:
    """The cells without NaNs and infinities."""
    return [cell for name, cell in group.items() if name not in SPECIAL]


def nans(cells: Iterable[Cell]) -> Figures:
    """Columns with NaNs, with their time over that of normal values in the same layout."""
    return [
        (cell, cell.ours / group["normal"].ours)
        for group in alike(cells)
        if "normal" in group
        for name, cell in group.items()
        if "NaN" in name
    ]


def row_major(cells: Iterable[Cell], statistic: str) -> Figures:
    """Row-major arrays beside NumPy's own: our time over its, or the inverse for a deviation."""
    found = [cell for cell in cells if cell.layout in ROW_MAJOR and cell.statistic == statistic]
    slower = [cell.ours / cell.ns["numpy"] for cell in found]
    if statistic == "stddev":
        slower = [1 / figure for figure in slower]
    return list(zip(found, slower, strict=True))


def halves(cells: Iterable[Cell]) -> Figures:
    """float16 beside NumPy."""
    found = [cell for cell in cells if cell.type == "float16" and cell.layout == CONTIGUOUS]
    return [(cell, cell.ns["numpy"] / cell.ours) for cell in found]


def long_columns(cells: Iterable[Cell]) -> list[Limit]:
    """The limits of windows and of tables of short columns."""
    found = {
        (cell.layout, cell.statistic): cell for cell in cells if WINDOWED <= cell.rows < MEMORY
    }
    hundreds = found.get(("windows of 100", "mean"))
    thousands = found.get(("windows of 1,024", "stddev"))
    whole = found.get((CONTIGUOUS, "stddev"))
    tables = [cell for cell in cells if cell.layout == TABLE and cell.statistic == "mean"]
    made = []
    if hundreds:
        text = "means of 10^7 values in windows of 100"
        made.append(Limit(text, HUNDREDS_MS, False, [(hundreds, hundreds.ours / 1e6)], " ms"))
    if thousands and whole:
        text = "stddevs of 10^7 values in windows of 1,024, over the whole column"
        made.append(Limit(text, 1.6, False, [(thousands, each(thousands) / each(whole))]))
    if tables:
        text = "means of a table of 1,000 columns of 1,000 values, a column"
        figures = [(cell, cell.ours / COLUMNS / 1e3) for cell in tables]
        made.append(Limit(text, TABLE_US, False, figures, " us"))
    return made


def each(cell: Cell) -> float:
    """Our nanoseconds a value."""
    return cell.ours / cell.rows
