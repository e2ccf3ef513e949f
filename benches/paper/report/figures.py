"""The figures: totals by chunk size, overhead by calls, and those beyond the paper."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogFormatter

from benches.paper import regression
from benches.paper.report.extras import amount
from benches.paper.report.results import TITLES, Results
from benches.shared import pages
from benches.shared.canvas import canvas, name_ends

COLORS = {
    "ctypes": "#8a6d3b",
    "cffi (setuptools)": "#5b8c5a",
    "cffi (maturin)": "#2a9d6f",
    "PyO3": "#e07a1f",
    "PyO3 + pyo3-arrow": "#0e9aa7",
    "NumPy": "#1f6fb4",
    "pyarrow.compute": "#4a4a4a",
    "polars": "#7b4fb5",
    "colstats M2": "#c1121f",
    "PyO3 + pyo3-arrow M1, pyarrow": "#6b7d1f",
    "colstats M1, pyarrow": "#d4505a",
    "colstats M1, polars": "#d1629a",
    "colstats M1, NumPy": "#a83f5c",
}
#: The lower end of the axis of overheads, in microseconds.
LEAST = 1.0
#: Bars get a logarithmic axis if the largest is more than this many times the smallest.
LOG_RATIO = 20
MARKERS = {"ctypes": "v", "cffi (setuptools)": "s", "cffi (maturin)": "D", "PyO3": "^"}


def look(name: str) -> dict[str, Any]:
    """The style of a line."""
    strong = name == "colstats M2"
    return {
        "color": COLORS[name],
        "linewidth": 3 if strong else 1.4,
        "linestyle": "--" if " M1" in name else "-",
        "marker": MARKERS.get(name, "o"),
        "markersize": 6 if strong else 4,
        "zorder": 5 if strong else 3,
        "capsize": 2,
        "elinewidth": 0.8,
    }


def draw(results: Results, form: str) -> None:
    """Draw all figures."""

    def stem(name: str) -> Path:
        return pages.stem("paper", name, form)

    for number, statistic in ((2, "mean"), (3, "stddev")):
        totals(results, statistic, stem(f"figure{number}"), number)
    for number, statistic in ((4, "mean"), (5, "stddev")):
        overheads(results, statistic, stem(f"figure{number}"), number)
    if any(results["marshalling"].values()):
        marshalling(results, stem("marshalling"))
    tools(results, stem("tools"))


def bars(results: Results, name: str, statistic: str) -> np.ndarray:
    """The distances from the medians to the quartiles."""
    cells = [cell[name][statistic] for cell in results.faithful.values()]
    below = [cell["median"] - cell["low"] for cell in cells]
    return np.array([below, [cell["high"] - cell["median"] for cell in cells]])


def totals(results: Results, statistic: str, stem: Path, number: int) -> None:
    """Draw the total time against the chunk size."""
    with canvas(stem, 1, 1, figsize=(8.4, 7.5)) as (_, axes):
        axes.set_xscale("log", base=2)
        axes.set_yscale("log")
        ends = {}
        for name in results.rows:
            line = results.totals(name, statistic)
            axes.errorbar(results.sizes, line, bars(results, name, statistic), **look(name))
            ends[name] = (results.sizes[-1], line[-1])
        axes.set_xlabel("values a chunk")
        axes.set_ylabel(f"us for {results.values:,} values (median; bars: quartiles)")
        axes.yaxis.set_minor_formatter(LogFormatter(labelOnlyBase=False, minor_thresholds=(2, 0.5)))
        finish(axes, results, ends, f"Figure {number}: {TITLES[statistic]}, M2 chunk by chunk")


def overheads(results: Results, statistic: str, stem: Path, number: int) -> None:
    """Draw what calls add against their number: totals minus the smallest, and fitted lines."""
    count = len(results.cached)
    calls = np.array([-(-results.values // size) for size in results.sizes[:count]])
    with canvas(stem, 1, 1, figsize=(8.4, 7.5)) as (_, axes):
        axes.set_xscale("log")
        axes.set_yscale("log")
        ends = {}
        for name in results.rows:
            added = regression.net(results.cached, name, statistic)
            added -= added.min()
            shown = added > 0
            errors = bars(results, name, statistic)[:, :count][:, shown]
            errors[0] = np.minimum(errors[0], added[shown] * 0.9)
            style = look(name) | {"linestyle": "none"}
            axes.errorbar(calls[shown], added[shown], errors, **style)
            call = results.corrected(name, statistic).call
            if call > 0:
                axes.plot(calls, call * calls, color=COLORS[name], linewidth=1, alpha=0.8)
            ends[name] = (calls[0], max(added[0], LEAST))
        axes.set_ylim(LEAST, None)
        axes.set_xlabel("calls")
        axes.set_ylabel("us above the row's smallest total (without empty calls; lines: fits)")
        finish(axes, results, ends, f"Figure {number}: {TITLES[statistic]}, what calls add")


def finish(
    axes: Axes,
    results: Results,
    ends: dict[str, Any],
    title: str,
    colors: dict[str, str] | None = None,
) -> None:
    """Label lines to the right of the axis, and name the machine."""
    axes.grid(alpha=0.25, linewidth=0.6)
    left, _ = axes.get_xlim()
    edge = max(x for x, _ in ends.values())
    end = edge * (edge / left) ** 0.03
    axes.set_xlim(left, edge * (edge / left) ** 0.42)
    axes.spines["bottom"].set_bounds(left, end)
    for which in ("major", "minor"):
        axis = (
            axes.xaxis.get_major_locator() if which == "major" else axes.xaxis.get_minor_locator()
        )
        ticks = [place for place in axis.tick_values(left, end) if left <= place <= end]
        axes.set_xticks(ticks, minor=which == "minor")
    name_ends(axes, ends, colors or COLORS, away=(edge / left) ** 0.06)
    effort = results["effort"]
    axes.set_title(f"{title}\n{results['machine']['cpu']} ({effort['name']} run)", fontsize=12)


def marshalling(results: Results, stem: Path) -> None:
    """Draw time and memory against the number of values handed over."""
    methods = {name: cells for name, cells in results["marshalling"].items() if cells}
    colors = dict(zip(methods, list(COLORS.values())[3:], strict=False))
    panels = {
        "ns": ("ns for the handover", "time", 1.0),
        "peak": ("bytes (64 KiB stands for none)", "peak of memory", 2.0**16),
    }
    with canvas(stem, 2, 1, figsize=(8.4, 12)) as (_, all_axes):
        for axes, (key, (label, title, least)) in zip(all_axes, panels.items(), strict=True):
            axes.set_xscale("log", base=2)
            axes.set_yscale("log")
            lines = {name: points(cells, key, least) for name, cells in methods.items()}
            for name, line in lines.items():
                axes.plot(*zip(*line, strict=True), color=colors[name], marker="o", markersize=4)
            axes.set_ylim(axes.get_ylim()[0] / 8, None)
            axes.set_xlabel("float64 values")
            axes.set_ylabel(label)
            ends = {name: line[-1] for name, line in lines.items()}
            finish(axes, results, ends, f"Crossing the FFI boundary: {title}", colors)


def points(cells: dict[str, Any], key: str, least: float) -> list[tuple[int, float]]:
    """The measurements of a method, with a visible least where nothing was measured."""
    measured = ((2 ** int(exponent), cell.get(key)) for exponent, cell in cells.items())
    return [(size, max(figure, least)) for size, figure in measured if figure is not None]


def tools(results: Results, stem: Path) -> None:
    """Draw the six tools, a panel for each probe."""
    part = results["tools"]
    largest = list(part["reduction"])[-1]
    handed = part["handover"]
    size = f"{handed['bytes'] >> 20:,} MiB"
    panels = {
        "add(i, i)": median(part["scalar"]["add(i, i)"]),
        "fibonacci(12)": median(part["scalar"]["fibonacci(12)"]),
        f"sum of {int(largest):,} shared values": median(part["reduction"][largest]["shared"]),
        f"sum of {int(largest):,} copied values": median(part["reduction"][largest]["copied"]),
        f"first of {size}, shared": first(handed, "shared"),
        f"first of {size}, copied": first(handed, "copied"),
    }
    with canvas(stem, 3, 2, figsize=(8.4, 9)) as (figure, grid):
        for axes, (title, heights) in zip(grid.flat, panels.items(), strict=True):
            draw_bars(axes, title, heights)
        figure.suptitle(f"Six binding tools, {results['machine']['cpu']}", fontsize=12)


def draw_bars(axes: Axes, title: str, heights: dict[str, float]) -> None:
    """Draw a bar for each tool with its time beside it; a log axis if times are far apart."""
    far = max(heights.values(), default=1) > LOG_RATIO * min(heights.values(), default=1)
    places = range(len(heights))
    colors = ["#999999" if name == "Python" else "#1f6fb4" for name in heights]
    axes.barh(places, list(heights.values()), color=colors, height=0.65)
    axes.set_yticks(places, list(heights))
    axes.invert_yaxis()
    axes.set_xscale("log" if far else "linear")
    for place, height in zip(places, heights.values(), strict=True):
        axes.annotate(f" {amount(height)}", (height, place), va="center", fontsize=9)
    axes.set_title(f"{title}{' (log axis)' if far else ''}", fontsize=11)
    axes.margins(x=0.18)
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(left=False)
    axes.set_xticks([])
    axes.set_xticks([], minor=True)


def median(cells: dict[str, Any]) -> dict[str, float]:
    """Take the medians, in nanoseconds."""
    return {name: cell["median"] for name, cell in cells.items()}


def first(handed: dict[str, Any], way: str) -> dict[str, float]:
    """Take the times to the first value, in nanoseconds."""
    return {name: row[way]["ns"] for name, row in handed["rows"].items() if way in row}
