"""The plot of the peers: nanoseconds a value against the number of values, one line per library."""

from pathlib import Path
from typing import Any

from matplotlib.axes import Axes

from benches.shared.canvas import canvas, leader, name_ends

TITLES = {"mean": "mean", "stddev": "standard deviation"}
COLORS = {
    "colstats": "#c1121f",
    "numpy": "#1f6fb4",
    "pyarrow": "#2a9d6f",
    "polars": "#7b4fb5",
    "pandas": "#b8860b",
    "duckdb": "#4a4a4a",
    "bottleneck": "#d1629a",
    "statistics": "#0e9aa7",
    "np.sum": "#777777",
}


def lines(cells: list[dict[str, Any]], statistic: str) -> dict[str, list[tuple[int, float]]]:
    """Collect the points of each library."""
    points: dict[str, list[tuple[int, float]]] = {}
    for cell in cells:
        if cell["family"] == "size" and cell["statistic"] == statistic:
            times = {name: result["ns_median"] for name, result in cell["results"].items()}
            times[cell["limit"]["name"]] = cell["limit"]["ns_median"]
            for name, time in times.items():
                points.setdefault(name, []).append((cell["rows"], time))
    return points


def look(name: str) -> dict[str, Any]:
    """The style of a line."""
    if name == "colstats":
        return {"linewidth": 3.2, "marker": "o", "markersize": 6, "zorder": 5}
    if name == "np.sum":
        return {"linewidth": 1.3, "linestyle": (0, (4, 3)), "zorder": 1}
    return {"linewidth": 1.5, "marker": "o", "markersize": 3.5, "zorder": 3}


def put_names(axes: Axes, points: dict[str, list[tuple[int, float]]], last: int) -> None:
    """Label each line at its end."""
    ends = {name: line[-1] for name, line in points.items() if line[-1][0] == last}
    name_ends(axes, ends, COLORS, away=2**2.6)
    for name, line in points.items():
        if name not in ends:
            note(axes, name, line[-1])


def note(axes: Axes, name: str, end: tuple[int, float]) -> None:
    """Label a line that ends early, in the empty corner above it."""
    axes.annotate(
        name,
        xy=end,
        xytext=(45, 60),
        textcoords="offset points",
        va="center",
        color=COLORS[name],
        arrowprops=leader(COLORS[name]),
    )


def draw_panel(axes: Axes, cells: list[dict[str, Any]], statistic: str) -> None:
    """Draw one statistic."""
    points = lines(cells, statistic)
    for name, line in points.items():
        axes.plot(*zip(*line, strict=True), color=COLORS[name], **look(name))
    sizes = sorted({rows for line in points.values() for rows, _ in line})
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xticks(sizes, [f"$2^{{{rows.bit_length() - 1}}}$" for rows in sizes])
    axes.minorticks_off()
    axes.set_xlim(0.7, sizes[-1] * 2**7)
    axes.spines["bottom"].set_bounds(0.7, sizes[-1] * 1.5)
    axes.grid(alpha=0.25, linewidth=0.6)
    axes.set_title(TITLES[statistic], weight="bold")
    axes.set_xlabel("number of values")
    put_names(axes, points, sizes[-1])


def draw(report: dict[str, Any], stem: Path) -> None:
    """Draw both statistics."""
    machine = report["machine"]
    with canvas(stem, 2, 1, figsize=(7.6, 11)) as (figure, panels):
        for axes in panels:
            axes.set_yscale("log")
        for axes, statistic in zip(panels, TITLES, strict=True):
            draw_panel(axes, report["cells"], statistic)
            axes.set_ylabel("ns a value (median)")
        figure.suptitle(
            f"float64, normal, one thread, {machine['cpu']} ({report['form']} run)", fontsize=12
        )
