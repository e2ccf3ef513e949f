"""Heat maps: how far colstats is ahead (purple) or behind (orange) of the fastest other library.

`grid` is what is drawn, as numbers. The colours are those of a map that people with any kind of
colour blindness can read, and each cell states its number.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benches.cliffs.cells import BOTH, CACHED, LAYOUTS, MEMORY, ROW_MAJOR, TYPED_LAYOUTS
from benches.cliffs.distributions import MAKERS
from benches.cliffs.results import Cell, Results
from benches.shared import pages

TITLES = {"mean": "Mean", "stddev": "Standard deviation"}
COLORS = "PuOr"
BEHIND, AHEAD = -2.0, 4.0  # the ends of the scale, as powers of two
SLANTED = {"rotation": 40, "ha": "left", "rotation_mode": "anchor"}
WIDTH = 9.5  # inches; 72 of their points make a README's width


@dataclass(frozen=True)
class Grid:
    """Ratios by names of rows and columns; NaN where there is no cell."""

    title: str
    rows: list[str]
    columns: list[str]
    ratios: list[list[float]]


def grid(
    title: str,
    cells: Sequence[Cell],
    row: Callable[[Cell], str],
    column: Callable[[Cell], str],
    order: tuple[Sequence[str], Sequence[str]],
) -> Grid:
    """Arrange the cells, in this order of rows and columns, without those that are empty."""
    found = {(row(cell), column(cell)): cell.ratio for cell in cells if cell.peers}
    rows = [name for name in order[0] if any(name == row for row, _ in found)]
    columns = [name for name in order[1] if any(name == column for _, column in found)]
    ratios = [[found.get((row, column), math.nan) for column in columns] for row in rows]
    return Grid(title, rows, columns, ratios)


def by_layout(results: Results, statistic: str) -> Grid:
    """float64 in the caches, distributions by layouts, and what comes from memory."""
    cells = [
        cell
        for cell in results.cells
        if cell.type == "float64" and cell.statistic == statistic and column_of(cell)
    ]
    columns = [*LAYOUTS, *(f"{layout}, from memory" for layout in LAYOUTS)]
    order = (list(MAKERS["float64"]), columns)
    return grid(TITLES[statistic], cells, lambda cell: cell.distribution, column_of, order)


def column_of(cell: Cell) -> str:
    """The column that a cell of float64 belongs to, if any."""
    if cell.rows >= MEMORY:
        return f"{cell.layout}, from memory"
    usual = cell.layout in ROW_MAJOR or CACHED <= cell.rows < 2 * CACHED
    return cell.layout if usual else ""


def by_type(results: Results) -> Grid:
    """All other types, by layouts and statistics."""
    cells = [cell for cell in results.cells if cell.type != "float64" and cell.statistic in BOTH]
    layouts = [*TYPED_LAYOUTS, *ROW_MAJOR]
    columns = [f"{statistic}, {layout}" for statistic in BOTH for layout in layouts]
    return grid(
        "Other types",
        [cell for cell in cells if cell.rows < MEMORY],
        lambda cell: f"{cell.type}, {cell.distribution}",
        lambda cell: f"{cell.statistic}, {cell.layout}",
        ([f"{kind}, {name}" for kind, made in MAKERS.items() for name in made], columns),
    )


def figure(ratio: float) -> str:
    """Write a ratio in a small cell."""
    if math.isnan(ratio):
        return ""
    return f"{ratio:.0f}" if ratio >= 9.95 else f"{ratio:.1f}" if ratio >= 1.995 else f"{ratio:.2f}"


def draw(shown: Grid, stem: Path) -> None:
    """Draw a grid."""
    from matplotlib.colors import TwoSlopeNorm

    from benches.shared.canvas import canvas

    norm = TwoSlopeNorm(0.0, BEHIND, AHEAD)
    logs = np.log2(np.array(shown.ratios)).clip(BEHIND, AHEAD)
    size = (WIDTH, 1.9 + 0.235 * len(shown.rows))
    with canvas(stem, 1, 1, figsize=size) as (_, axes):
        axes.imshow(np.ma.masked_invalid(logs), cmap=COLORS, norm=norm, aspect="auto")
        for (y, x), power in np.ndenumerate(logs):
            color = "white" if power > 2.5 or power < -1.3 else "black"
            text = figure(shown.ratios[y][x])
            axes.text(x, y, text, ha="center", va="center", color=color, fontsize=9)
        axes.set_xticks(range(len(shown.columns)), shown.columns, **SLANTED)
        axes.set_xticks(np.arange(-0.5, len(shown.columns)), minor=True)
        axes.set_yticks(range(len(shown.rows)), shown.rows)
        axes.set_yticks(np.arange(-0.5, len(shown.rows)), minor=True)
        axes.tick_params(top=True, labeltop=True, bottom=False, labelbottom=False, labelsize=9)
        axes.tick_params(which="both", length=0)
        axes.grid(which="minor", color="white", linewidth=1)
        axes.spines[:].set_visible(False)
        axes.set_title(
            f"{shown.title}: time of the fastest other library over that of colstats"
            " (purple: colstats is ahead)",
            fontsize=11,
            weight="bold",
        )


def grids(results: Results) -> dict[str, Grid]:
    """All heat maps of a run, by the ends of their files' names."""
    maps = {statistic: by_layout(results, statistic) for statistic in BOTH}
    return maps | {"types": by_type(results)}


def draw_all(results: Results, form: str) -> None:
    """Draw all heat maps of a run."""
    for name, shown in grids(results).items():
        draw(shown, pages.stem("cliffs", name, form))
