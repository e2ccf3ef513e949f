"""The figures: totals by chunk size, overhead by calls, and what lies beyond the paper."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from benches.paper.report.results import TITLES, Results
from benches.shared.canvas import canvas, name_ends

COLORS = {
    "ctypes": "#8a6d3b",
    "cffi (setuptools)": "#5b8c5a",
    "cffi (maturin)": "#2a9d6f",
    "PyO3": "#e07a1f",
    "NumPy": "#1f6fb4",
    "pyarrow.compute": "#4a4a4a",
    "polars": "#7b4fb5",
    "colstats M2": "#c1121f",
    "colstats M1, pyarrow": "#e5737b",
    "colstats M1, polars": "#d1629a",
    "colstats M1, NumPy": "#a83f5c",
}
MARKERS = {"ctypes": "v", "cffi (setuptools)": "s", "cffi (maturin)": "D", "PyO3": "^"}


def look(name: str) -> dict[str, Any]:
    """Say how a line is drawn."""
    strong = name == "colstats M2"
    return {
        "color": COLORS[name],
        "linewidth": 3 if strong else 1.4,
        "linestyle": "--" if name.startswith("colstats M1") else "-",
        "marker": MARKERS.get(name, "o"),
        "markersize": 6 if strong else 4,
        "zorder": 5 if strong else 3,
        "capsize": 2,
        "elinewidth": 0.8,
    }


def draw(results: Results, folder: Path) -> None:
    """Draw all figures."""
    for number, statistic in ((2, "mean"), (3, "stddev")):
        totals(results, statistic, folder / f"figure{number}", number)
    for number, statistic in ((4, "mean"), (5, "stddev")):
        overheads(results, statistic, folder / f"figure{number}", number)
    if any(results["marshalling"].values()):
        marshalling(results, folder / "marshalling")
    tools(results, folder / "tools")


def bars(results: Results, name: str, statistic: str) -> np.ndarray:
    """Give the distances from the medians to the ends of the middle half."""
    cells = [cell[name][statistic] for cell in results.faithful.values()]
    below = [cell["median"] - cell["low"] for cell in cells]
    return np.array([below, [cell["high"] - cell["median"] for cell in cells]])


def totals(results: Results, statistic: str, stem: Path, number: int) -> None:
    """Draw the total time against the chunk size."""
    with canvas(stem, 1, 1, figsize=(11, 7.5)) as (_, axes):
        axes.set_xscale("log", base=2)
        axes.set_yscale("log")
        ends = {}
        for name in results.rows:
            line = results.totals(name, statistic)
            axes.errorbar(results.sizes, line, bars(results, name, statistic), **look(name))
            ends[name] = (results.sizes[-1], line[-1])
        finish(axes, results, ends, f"Figure {number}: {TITLES[statistic]}, M2 chunk by chunk")
        axes.set_xlabel("values a chunk")
        axes.set_ylabel(f"us for {results.values:,} values (median; bars: the middle half)")


def overheads(results: Results, statistic: str, stem: Path, number: int) -> None:
    """Draw what calls add against their number: totals less the smallest, and fitted lines."""
    with canvas(stem, 1, 1, figsize=(11, 7.5)) as (_, axes):
        axes.set_xscale("log")
        axes.set_yscale("log")
        calls = np.array([-(-results.values // size) for size in results.sizes])
        ends = {}
        for name in results.rows:
            line = np.array(results.totals(name, statistic)) - calls * results.floor
            added = line - line.min()
            shown = added > 0
            style = look(name) | {"linestyle": "none"}
            errors = bars(results, name, statistic)[:, shown]
            errors[0] = np.minimum(errors[0], added[shown] * 0.9)
            axes.errorbar(calls[shown], added[shown], errors, **style)
            call = results.corrected(name, statistic).call
            if call > 0:
                axes.plot(calls, call * calls, color=COLORS[name], linewidth=1, alpha=0.8)
            ends[name] = (calls[0], added[0])
        axes.set_ylim(1, None)
        finish(axes, results, ends, f"Figure {number}: {TITLES[statistic]}, what calls add")
        axes.set_xlabel("calls")
        axes.set_ylabel("us above the row's smallest total (empty calls taken away; lines: fits)")


def finish(
    axes: Axes,
    results: Results,
    ends: dict[str, Any],
    title: str,
    colors: dict[str, str] | None = None,
) -> None:
    """Name lines, and say where it was measured."""
    axes.grid(alpha=0.25, linewidth=0.6)
    left, right = axes.get_xlim()
    edge = max(x for x, _ in ends.values())
    axes.set_xlim(left, edge * (edge / left) ** 0.42)
    axes.spines["bottom"].set_bounds(left, min(right, edge * 1.2))
    name_ends(axes, ends, colors or COLORS, away=(edge / left) ** 0.06)
    effort = results["effort"]
    axes.set_title(f"{title}\n{results['machine']['cpu']} ({effort['name']} run)", fontsize=12)


def marshalling(results: Results, stem: Path) -> None:
    """Draw time and memory against the number of values handed over."""
    methods = {name: cells for name, cells in results["marshalling"].items() if cells}
    colors = dict(zip(methods, list(COLORS.values())[3:], strict=False))
    panels = {
        "ns": ("ns until it is there", "time", 1.0),
        "peak": ("bytes, with 64 KiB for none", "peak of memory", 2.0**16),
    }
    with canvas(stem, 1, 2, figsize=(15, 6.5)) as (_, all_axes):
        for axes, (key, (label, title, least)) in zip(all_axes, panels.items(), strict=True):
            axes.set_xscale("log", base=2)
            axes.set_yscale("log")
            ends = {}
            for name, cells in methods.items():
                points = [
                    (2 ** int(exponent), max(cell[key], least))
                    for exponent, cell in cells.items()
                    if cell.get(key) is not None
                ]
                if points:
                    axes.plot(
                        *zip(*points, strict=True), color=colors[name], marker="o", markersize=4
                    )
                    ends[name] = points[-1]
            axes.set_xlabel("float64 values")
            axes.set_ylabel(label)
            if ends:
                finish(axes, results, ends, f"Crossing the border: {title}", colors)


def tools(results: Results, stem: Path) -> None:
    """Draw what the six tools cost, a panel for each probe."""
    part = results["tools"]
    largest = list(part["reduction"])[-1]
    handed = part["handover"]
    panels = {
        "add(i, i), ns": ns(part["scalar"]["add(i, i)"], 1),
        "fibonacci(12), ns": ns(part["scalar"]["fibonacci(12)"], 1),
        f"sum of {int(largest):,}, shared, us": ns(part["reduction"][largest]["shared"], 1e3),
        f"sum of {int(largest):,}, copied, us": ns(part["reduction"][largest]["copied"], 1e3),
        f"{handed['bytes'] >> 20:,} MiB, shared, us": first(handed, "shared", 1e3),
        f"{handed['bytes'] >> 20:,} MiB, copied, ms": first(handed, "copied", 1e6),
    }
    with canvas(stem, 3, 2, figsize=(13, 10)) as (figure, grid):
        for axes, (title, heights) in zip(grid.flat, panels.items(), strict=True):
            places = range(len(heights))
            axes.barh(places, list(heights.values()), color="#1f6fb4", height=0.65)
            axes.set_yticks(places, list(heights))
            axes.invert_yaxis()
            axes.set_xscale("log")
            for place, height in zip(places, heights.values(), strict=True):
                axes.annotate(f" {height:,.3g}", (height, place), va="center", fontsize=9)
            axes.set_title(title, fontsize=11)
            axes.margins(x=0.18)
        figure.suptitle(f"Six binding tools, {results['machine']['cpu']}", fontsize=12)


def ns(cells: dict[str, Any], scale: float) -> dict[str, float]:
    """Take the medians."""
    return {name: cell["median"] / scale for name, cell in cells.items()}


def first(handed: dict[str, Any], way: str, scale: float) -> dict[str, float]:
    """Take the times to the first value."""
    return {name: row[way]["ns"] / scale for name, row in handed["rows"].items() if way in row}
