"""The report on all cells, generated from the files in ``results/`` alone.

Writes ``REPORT.md`` and the heat maps; of a quick run ``results/quick.md`` and maps of its own,
which are not kept. Run it by ``make bench-cliffs``.
"""

import argparse
import math
from collections.abc import Iterable

from benches.cliffs import heat
from benches.cliffs.cells import BOTH, MEMORY
from benches.cliffs.limits import Limit, alike, limits, spreads
from benches.cliffs.results import HERE, LIBRARIES, Cell, Results, geometric_mean
from benches.shared.markdown import digits, surroundings, table

REPORTS = {"full": HERE.parent / "REPORT.md", "quick": HERE / "quick.md"}
WORST = 20


def size(rows: int) -> str:
    """Write a number of values."""
    return f"2^{rows.bit_length() - 1}" if rows & (rows - 1) == 0 else f"{rows:,}"


def place(cell: Cell) -> list[str]:
    """Say which cell it is."""
    return [cell.statistic, cell.type, cell.distribution, cell.layout, size(cell.rows)]


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
    head = ["cells", "number", "colstats is fastest", "share", "ratio, geometric mean", "least"]
    return table([*head, "most"], ([name, *counted(group)] for name, group in groups.items()))


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
    head = ["statistic", "type", "distribution", "layout", "values", *LIBRARIES, "ratio"]
    return table(head, ([*place(cell), *times(cell), digits(cell.ratio)] for cell in cells))


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
            head = ["statistic", "type", "distribution", "layout", "values", *LIBRARIES, "figure"]
            rows = ([*place(c), *times(c), digits(figure)] for c, figure in limit.short)
            yield table(head, rows)


def spread(results: Results) -> str:
    """The slowest and fastest distribution of each type and layout."""
    rows = []
    for group in alike(results.cells):
        for cell, ratio in spreads(group.values()):
            least = min(group.values(), key=lambda other: other.ours)
            rows.append(
                [
                    *(cell.statistic, cell.type, cell.layout, size(cell.rows)),
                    f"{least.distribution}: {digits(least.ours / cell.rows)}",
                    f"{cell.distribution}: {digits(cell.ours / cell.rows)}",
                    digits(ratio),
                ]
            )
    head = ["statistic", "type", "layout", "values", "fastest", "slowest", "spread"]
    return table(head, rows)


READING = f"""\
A cell is a statistic of one type, distribution, layout and number of values; all libraries of a
cell took turns in one run on one thread, and the minimum counts. Its ratio is the time of the
fastest other library over that of colstats: below 1, colstats is behind. Times in tables are
nanoseconds per value, the fastest in bold; where there is none, the library does not take part.

* Containers are built beforehand: a `Column`, an `ndarray`, a `pyarrow.Array`, a `polars.Series`,
  and from 2^20 values on a table of duckdb's own. Row-major arrays are asked by `axis=0`.
* Nulls are NaNs in NumPy (`nanmean`, `nanstd`), or a masked array where NaNs have a meaning of
  their own. "Skipped": colstats is asked with `skip_nans`, NumPy by `nanmean`, polars by
  `drop_nans()` first, duckdb by a filter; pyarrow cannot.
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
    prefix = "results/" if header["form"] == "full" else ""
    maps = [
        f"![{name}]({prefix}{header['form']}-{name}.svg)\n" for name in ("mean", "stddev", "types")
    ]
    short = list(shortfalls(found))
    parts = [
        "# Every distribution, every type, every layout\n",
        "<!-- Generated by report.py from the files of a run: do not edit. -->\n",
        surroundings(header, run),
        summary(results),
        READING,
        *maps,
        f"## The worst {WORST} cells\n",
        worst(results),
        "## The other libraries\n",
        by_library(results),
        "## Limits\n",
        verdicts(found),
        "## What falls short\n",
        *(short or ["Nothing.\n"]),
        "## Spread over the distributions\n",
        "Nanoseconds a value of colstats. A sum is settled by its first NaN or infinity, so those\n"
        "columns may be the slowest here, but the spread is over the fastest of the others.\n",
        spread(results),
    ]
    return "\n".join(parts)


def main() -> None:
    """Read, write and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--form", choices=REPORTS, default="full", help="which run to report on")
    form = parser.parse_args().form
    results = Results.read(HERE / form)
    REPORTS[form].write_text(write(results), encoding="utf-8")
    heat.draw_all(results, HERE / form)


if __name__ == "__main__":
    main()
