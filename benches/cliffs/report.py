"""The report on all cells, generated from the files in ``results/`` alone.

Writes ``docs/measured/cliffs.md`` and the heat maps; those of a quick run go to ``quick/``, and are
not kept. Run it by ``make bench-cliffs``.
"""

import argparse
import math
from collections.abc import Iterable

from benches.cliffs import heat
from benches.cliffs.cells import BOTH, CONTIGUOUS, MEMORY
from benches.cliffs.limits import Limit, alike, limits, ordinary, spreads
from benches.cliffs.results import HERE, LIBRARIES, Cell, Results, geometric_mean
from benches.shared import pages
from benches.shared.markdown import digits, surroundings, table

FORMS = ("full", "quick")
WORST = 20
COUNTS = [
    *("cells", "number", "colstats is fastest", "share"),
    *("ratio, geometric mean", "least", "most"),
]


def size(rows: int) -> str:
    """Write a number of values."""
    return f"2^{rows.bit_length() - 1}" if rows & (rows - 1) == 0 else f"{rows:,}"


def place(cell: Cell) -> str:
    """Say which cell it is."""
    parts = (cell.type, cell.distribution, cell.layout, size(cell.rows))
    return f"{cell.statistic}: {', '.join(parts)}"


def times(cell: Cell) -> list[str]:
    """Nanoseconds a value of all libraries, the fastest in bold."""
    written = {name: digits(ns / cell.rows) for name, ns in cell.ns.items()}
    written[cell.fastest] = f"**{written[cell.fastest]}**"
    return [written.get(name, "") for name in LIBRARIES]


def counted(cells: list[Cell]) -> list[str]:
    """How often colstats is the fastest, and by how much, in a row of a table."""
    ratios = [cell.ratio for cell in cells]
    ahead = sum(ratio >= 1 for ratio in ratios)
    share = f"{ahead / len(cells):.0%}"
    figures = [geometric_mean(ratios), min(ratios), max(ratios)]
    return [f"{len(cells):,}", f"{ahead:,}", share, *map(digits, figures)]


def headline(results: Results) -> str:
    """Say in a sentence how the run went."""
    cells = [cell for cell in results.cells if cell.peers]
    ahead = sum(cell.ratio >= 1 for cell in cells)
    mean = digits(geometric_mean(cell.ratio for cell in cells))
    widest = max((ratio for _, ratio in spreads(cells)), default=1.0)
    return (
        f"**colstats is the fastest in {ahead:,} of {len(cells):,} cells"
        f" ({ahead / len(cells):.0%}), {mean} times\nas fast as the fastest other library in the"
        f" geometric mean. The slowest distribution takes at most\n{digits(widest)} times as long"
        " as the fastest of the same type and layout.**\n"
    )


def summary(results: Results) -> str:
    """Count the cells in which colstats is the fastest."""
    cells = [cell for cell in results.cells if cell.peers]
    groups = {"all": cells}
    for statistic in dict.fromkeys(cell.statistic for cell in cells):
        groups[statistic] = [cell for cell in cells if cell.statistic == statistic]
    for statistic in BOTH:
        chosen = [c for c in cells if c.statistic == statistic and c.rows >= MEMORY]
        if chosen:
            groups[f"{statistic}, from memory"] = chosen
    return table(COUNTS, ([name, *counted(group)] for name, group in groups.items()))


def by_layout(results: Results) -> str:
    """Count by layouts for float64, and by types for all others."""
    groups: dict[str, list[Cell]] = {}
    for statistic in BOTH:
        for cell in results.cells:
            if cell.peers and cell.statistic == statistic:
                what = cell.layout if cell.type == "float64" else cell.type
                groups.setdefault(f"{statistic}: {what}", []).append(cell)
    return table(COUNTS, ([name, *counted(group)] for name, group in groups.items()))


def by_library(results: Results) -> str:
    """Compare with each library in turn: how fast, and how far off."""
    rows = []
    for name in LIBRARIES[1:]:
        there = [cell for cell in results.cells if name in cell.ns]
        errors = [cell.errors[name] for cell in there]
        finite = [error for error in errors if math.isfinite(error)]
        rows.append(
            [
                name,
                f"{len(there):,}",
                f"{sum(cell.fastest == name for cell in there):,}",
                digits(geometric_mean(cell.ns[name] / cell.ours for cell in there)),
                f"{sum(error == 0.0 for error in errors):,}",
                f"{max(finite, default=0.0):.1g}",
                f"{len(errors) - len(finite):,}",
            ]
        )
    head = ["library", "cells", "fastest of all", "its time over ours, geometric mean"]
    return table([*head, "exact answers", "largest relative error", "overflows"], rows)


def worst(results: Results) -> str:
    """The cells in which colstats is furthest behind."""
    cells = sorted((c for c in results.cells if c.peers), key=lambda cell: cell.ratio)[:WORST]
    return listed((cell, cell.ratio) for cell in cells)


def by_size(results: Results) -> str:
    """float64, normal and contiguous: the price of a call, the caches, and memory."""
    plain = ("float64", "normal", CONTIGUOUS)
    cells = [c for c in results.cells if (c.type, c.distribution, c.layout) == plain]
    chosen = [cell for name in BOTH for cell in cells if cell.statistic == name]
    chosen.sort(key=lambda cell: (cell.statistic, cell.rows))
    return listed((cell, cell.ratio) for cell in chosen)


def listed(figures: Iterable[tuple[Cell, float]], figure: str = "ratio") -> str:
    """Write cells with all their times, and a figure of each."""
    rows = ([place(cell), *times(cell), digits(number)] for cell, number in figures)
    return table(["ns a value", *LIBRARIES, figure], rows)


def verdicts(found: Iterable[Limit]) -> str:
    """The limits, and whether they hold."""
    rows = []
    for limit in found:
        bound = f"{'at least' if limit.least else 'at most'} {limit.bound:g}{limit.unit}"
        short = len(limit.short)
        verdict = f"**{short:,} fall short**" if short else "holds"
        worst = digits(limit.worst) + limit.unit
        rows.append([limit.text, bound, worst, f"{len(limit.figures):,}", verdict])
    return table(["limit", "bound", "worst", "figures", "verdict"], rows)


def shortfalls(found: Iterable[Limit]) -> Iterable[str]:
    """Every cell that falls short, by limits."""
    for limit in found:
        if limit.short:
            yield f"### {limit.text[0].upper()}{limit.text[1:]}\n"
            yield listed(limit.short, "figure")


def spread(results: Results) -> str:
    """The slowest and fastest distribution of each type and layout."""
    rows = []
    for group in alike(results.cells):
        for cell, ratio in spreads(group.values()):
            least = min(ordinary(group), key=lambda other: other.ours)
            rows.append(
                [
                    f"{cell.statistic}: {cell.type}, {cell.layout}, {size(cell.rows)}",
                    f"{least.distribution}: {digits(least.ours / cell.rows)}",
                    f"{cell.distribution}: {digits(cell.ours / cell.rows)}",
                    digits(ratio),
                ]
            )
    return table(["ns a value", "fastest", "slowest", "spread"], rows)


READING = f"""\
A cell is a statistic of one type, distribution, layout and number of values; all libraries of a
cell took turns in one run on one thread, and the minimum counts. Its ratio is the time of the
fastest other library over that of colstats: below 1, colstats is behind. Times in tables are
nanoseconds per value, the fastest in bold; where there is none, the library does not take part.

* Containers are built beforehand: a `Column`, an `ndarray`, a `pyarrow.Array`, a `polars.Series`,
  and from 2^20 values on a table of duckdb's own. Row-major arrays are asked by `axis=0`.
* Nulls are NaNs in NumPy (`nanmean`, `nanstd`), or a masked array where NaNs have a meaning of
  their own. "Skipped": colstats is asked with `skip_nans`, NumPy by `nanmean`, polars by
  `drop_nans()` first, duckdb by a filter; pyarrow cannot. Only extremes are without NaNs in pyarrow
  and polars anyway, and take part there alone.
* Dictionaries and runs are decoded by NumPy and pyarrow in the call; polars and duckdb decode them
  when they are imported, and do not take part. In windows, NumPy reshapes, and polars has a column
  of arrays. Chunks are for Arrow and polars, strides for NumPy.
* Each answer of colstats has the bits of exact rational arithmetic; of windows and columns, up to
  1,000 in a cell are checked. Those of the others are within a tolerance for the size of what they
  add; the largest errors, and how often squares overflow or sums cancel to something else, are
  below. "Overflows" includes answers that should have been zero.
* "From memory" is {size(MEMORY)} values; everything else fits the caches, row-major arrays the last
  one.
"""


def write(results: Results) -> str:
    """Write the report."""
    found = limits(results)
    header = results.header
    run = f"{header['form']}, {len(results.cells):,} cells in {header['seconds']} s"
    maps = [
        f"![{shown.title}: a heat map of the time of the fastest other library over ours]"
        f"({pages.figure('cliffs', name)})\n"
        for name, shown in heat.grids(results).items()
    ]
    short = list(shortfalls(found))
    parts = [
        "# Every distribution, every type, every layout\n",
        "<!-- Generated by report.py from the files of a run: do not edit. -->\n",
        surroundings(header, run),
        f"{pages.run_it('bench-cliffs', 'a quarter of an hour')}\n",
        headline(results),
        summary(results),
        READING,
        *maps,
        f"## The worst {WORST} cells\n",
        worst(results),
        "## By layout of float64, and by type\n",
        by_layout(results),
        "## By size\n",
        by_size(results),
        "## The other libraries\n",
        by_library(results),
        *(f"* left out of a cell for a wrong answer: {wrong}" for wrong in header["wrong"]),
        "## Limits\n",
        verdicts(found),
        "## What falls short\n",
        *(short or ["Nothing.\n"]),
        "## Spread over the distributions\n",
        "Nanoseconds a value of colstats. The fastest is one of the distributions without NaNs\n"
        "and infinities, as these settle a sum early.\n",
        spread(results),
    ]
    return "\n".join(parts)


def main() -> None:
    """Read, write and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--form", choices=FORMS, default="full", help="which run to report on")
    form = parser.parse_args().form
    results = Results.read(HERE / form)
    pages.publish("cliffs", write(results), form)
    heat.draw_all(results, form)


if __name__ == "__main__":
    main()
