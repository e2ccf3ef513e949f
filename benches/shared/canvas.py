"""The style of plots: lines labelled at their ends, saved as SVG."""

import io
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

STYLE = {
    "svg.hashsalt": "colstats",
    "svg.fonttype": "none",  # text remains text: smaller, and found by a search
    "font.size": 11,
    "font.sans-serif": ["DejaVu Sans", "Verdana", "sans-serif"],
    "axes.spines.top": False,
    "axes.spines.right": False,
}
DARK = "@media(prefers-color-scheme:dark){svg{filter:invert(1) hue-rotate(180deg)}}"
APART = 0.036  # minimum distance of two labels, as a fraction of the height of a panel


@contextmanager
def canvas(stem: Path, rows: int, columns: int, **options: Any) -> Iterator[tuple[Figure, Any]]:
    """Yield panels to draw on, and save them as SVG."""
    with mpl.rc_context(STYLE):
        figure, panels = plt.subplots(rows, columns, layout="constrained", **options)
        yield figure, panels
        drawing = io.StringIO()
        figure.savefig(drawing, format="svg", metadata={"Date": None}, transparent=True)
        plt.close(figure)
        stem.with_suffix(".svg").write_text(in_dark(drawing.getvalue()), encoding="utf-8")


def in_dark(drawing: str) -> str:
    """Let a drawing turn its colours, but not their hues, on pages that are dark."""
    head, defs, rest = drawing.partition(" <defs>")
    return f"{head} <style>{DARK}</style>\n{defs}{rest}"


def name_ends(
    axes: Axes, ends: dict[str, tuple[float, float]], colors: dict[str, str], away: float
) -> None:
    """Label each line where it ends; a thin line leads to labels that had to be moved."""
    low, high = (math.log10(limit) for limit in axes.get_ylim())
    heights = {name: math.log10(y) for name, (_, y) in ends.items()}
    right = max(x for x, _ in ends.values())
    for name, height in settle(heights, APART * (high - low)).items():
        axes.annotate(
            name,
            xy=ends[name],
            xytext=(right * away, 10**height),
            va="center",
            color=colors[name],
            weight="bold" if name in ("colstats", "colstats M2") else "normal",
            arrowprops=leader(colors[name]) | {"relpos": (0, 0.5)},
        )


def leader(color: str) -> dict[str, Any]:
    """The style of the thin line from a label to its line."""
    return {"arrowstyle": "-", "color": color, "linewidth": 0.7, "shrinkA": 2, "shrinkB": 4}


def settle(places: dict[str, float], apart: float) -> dict[str, float]:
    """Spread labels within clusters, so that an isolated label stays where it is."""
    clusters: list[dict[str, float]] = []
    for name in sorted(places, key=lambda name: places[name]):
        cluster = {name: places[name]}
        while clusters and min(spread(cluster, apart).values()) < apart + max(
            spread(clusters[-1], apart).values()
        ):
            cluster = clusters.pop() | cluster
        clusters.append(cluster)
    return {name: y for cluster in clusters for name, y in spread(cluster, apart).items()}


def spread(places: dict[str, float], apart: float) -> dict[str, float]:
    """Move labels of a cluster apart, and then all by the same amount, so that they centre."""
    order = sorted(places, key=lambda name: places[name])
    moved: dict[str, float] = {}
    floor = -math.inf
    for name in order:
        floor = moved[name] = max(places[name], floor + apart)
    drift = sum(moved[name] - places[name] for name in order) / len(order)
    return {name: place - drift for name, place in moved.items()} if drift else moved
