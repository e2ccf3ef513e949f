"""The plot of the peers: nanoseconds a value against the number of values, a line for everybody."""

import math
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

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
    "np.sum": "#999999",
}
STYLE = {
    "svg.hashsalt": "peers",
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
APART = 0.036  # of the height of a panel, between two names


def lines(cells: list[dict[str, Any]], statistic: str) -> dict[str, list[tuple[int, float]]]:
    """Collect everybody's points."""
    points: dict[str, list[tuple[int, float]]] = {}
    for cell in cells:
        if cell["family"] == "size" and cell["statistic"] == statistic:
            times = {name: result["ns_median"] for name, result in cell["results"].items()}
            times[cell["limit"]["name"]] = cell["limit"]["ns_median"]
            for name, time in times.items():
                points.setdefault(name, []).append((cell["rows"], time))
    return points


def look(name: str) -> dict[str, Any]:
    """Say how a line is drawn."""
    if name == "colstats":
        return {"linewidth": 3.2, "marker": "o", "markersize": 6, "zorder": 5}
    if name == "np.sum":
        return {"linewidth": 1.3, "linestyle": (0, (4, 3)), "zorder": 1}
    return {"linewidth": 1.5, "marker": "o", "markersize": 3.5, "zorder": 3}


def spread(places: dict[str, float], apart: float) -> dict[str, float]:
    """Move names that are too near to each other, as little as they must be, all by the same."""
    order = sorted(places, key=lambda name: places[name])
    moved: dict[str, float] = {}
    floor = -math.inf
    for name in order:
        floor = moved[name] = max(places[name], floor + apart)
    drift = sum(moved[name] - places[name] for name in order) / len(order)
    return {name: place - drift for name, place in moved.items()} if drift else moved


def settle(places: dict[str, float], apart: float) -> dict[str, float]:
    """Spread, cluster by cluster, so that a name that stands alone stays where it is."""
    clusters: list[dict[str, float]] = []
    for name in sorted(places, key=lambda name: places[name]):
        cluster = {name: places[name]}
        while clusters and min(spread(cluster, apart).values()) < apart + max(
            spread(clusters[-1], apart).values()
        ):
            cluster = clusters.pop() | cluster
        clusters.append(cluster)
    return {name: y for cluster in clusters for name, y in spread(cluster, apart).items()}


def leader(name: str) -> dict[str, Any]:
    """Say how the thin line from a name to its line is drawn."""
    return {"arrowstyle": "-", "color": COLORS[name], "linewidth": 0.7, "shrinkA": 2, "shrinkB": 4}


def put_names(axes: Axes, points: dict[str, list[tuple[int, float]]], last: int) -> None:
    """Name each line at its end; a thin line leads to names that had to be moved."""
    low, high = (math.log10(limit) for limit in axes.get_ylim())
    ends = {name: math.log10(line[-1][1]) for name, line in points.items() if line[-1][0] == last}
    for name, place in settle(ends, APART * (high - low)).items():
        axes.annotate(
            name,
            xy=(last, 10 ** ends[name]),
            xytext=(last * 2**2.6, 10**place),
            va="center",
            color=COLORS[name],
            weight="bold" if name == "colstats" else "normal",
            arrowprops=leader(name) | {"relpos": (0, 0.5)},
        )
    for name, line in points.items():
        if name not in ends:
            note(axes, name, line[-1])


def note(axes: Axes, name: str, end: tuple[int, float]) -> None:
    """Name a line that ends early, in the empty corner above."""
    axes.annotate(
        name,
        xy=end,
        xytext=(45, 60),
        textcoords="offset points",
        va="center",
        color=COLORS[name],
        arrowprops=leader(name),
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
    """Draw both statistics, as SVG and as PNG."""
    with mpl.rc_context(STYLE):
        figure, panels = plt.subplots(1, 2, figsize=(14, 7.5), sharey=True, layout="constrained")
        for axes in panels:
            axes.set_yscale("log")
        for axes, statistic in zip(panels, TITLES, strict=True):
            draw_panel(axes, report["cells"], statistic)
        panels[0].set_ylabel("ns a value (median)")
        panels[1].tick_params(labelleft=True)
        machine = report["machine"]
        figure.suptitle(
            f"float64, normal, one thread, {machine['cpu']} ({report['form']} run)", fontsize=12
        )
        figure.savefig(stem.with_suffix(".svg"), metadata={"Date": None})
        figure.savefig(stem.with_suffix(".png"), dpi=130)
        plt.close(figure)
