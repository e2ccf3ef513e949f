"""The report on the peers, generated from the JSON of ``run.py`` alone.

Writes ``docs/measured/peers.md`` and its figure; those of a quick run are kept local. Run it by
``make bench-peers``.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

from benches.shared import pages
from benches.shared.markdown import digits, surroundings, table

RESULTS = Path(__file__).parent / "results"
TITLES = {"mean": "Mean", "stddev": "Standard deviation"}

Cell: TypeAlias = dict[str, Any]


def size(rows: int) -> str:
    """Write a power of two."""
    return "1" if rows == 1 else f"2^{rows.bit_length() - 1}"


def kind(cell: Cell) -> str:
    """Describe what a cell varies, and its size."""
    if cell["family"] == "type":
        what = f"{cell['type']}, {cell['distribution']}"
    elif cell["family"] == "nulls":
        what = f"{cell['nulls']:.0%} null"
    else:
        what = cell["distribution"]
    return f"{what}, {size(cell['rows'])}"


def time(cell: Cell, name: str) -> str:
    """Write the time of a library, in bold if it is the fastest."""
    results = cell["results"]
    if name == cell["limit"]["name"]:
        return digits(cell["limit"]["ns_median"])
    if name not in results:
        return ""
    text = digits(results[name]["ns_median"])
    fastest = min(results, key=lambda other: results[other]["ns_median"])
    return f"**{text}**" if name == fastest else text


def error(cell: Cell, name: str) -> str:
    """Write the error of a library."""
    result = cell["results"].get(name)
    if result is None:
        return ""
    if name == cell["reference"]:
        return "(reference)"
    ulps = result["ulps"]
    if ulps is None:
        return result["answer"]
    if ulps >= 1e7:
        return f"{ulps:.0e}"
    return f"{ulps:,.0f}" if ulps == int(ulps) else f"{ulps:,.2f}"


def speedup(cell: Cell, exact: list[str], figure: str) -> str:
    """Compare colstats with the fastest library that is not exact."""
    ratios = {
        name: result[f"ratio_{figure}"]
        for name, result in cell["results"].items()
        if name not in exact
    }
    fastest = min(ratios, key=lambda name: ratios[name])
    return f"{ratios[fastest]:.2f}x {fastest}"


def names(cells: list[Cell]) -> list[str]:
    """List the libraries that take part in any of the cells, in the order of the run."""
    return list(dict.fromkeys(name for cell in cells for name in cell["results"]))


def speeds(cells: list[Cell], label: Callable[[Cell], str], exact: list[str]) -> str:
    """Write the table of times."""
    columns = [*names(cells), cells[0]["limit"]["name"]]
    head = [*columns, "speed-up (median)", "speed-up (minimum)"]
    rows = []
    for cell in cells:
        ratios = [speedup(cell, exact, figure) for figure in ("median", "min")]
        rows.append([label(cell), *(time(cell, name) for name in columns), *ratios])
    return table(["ns a value", *head], rows)


def errors(cells: list[Cell], label: Callable[[Cell], str]) -> str:
    """Write the table of errors."""
    columns = names(cells)
    rows = ([label(cell), *(error(cell, name) for name in columns)] for cell in cells)
    return table(["error in ulp", *columns], rows)


def chapter(report: dict[str, Any], statistic: str) -> list[str]:
    """Write the tables of one statistic."""
    cells = [cell for cell in report["cells"] if cell["statistic"] == statistic]
    by_size = [cell for cell in cells if cell["family"] == "size"]
    varied = [cell for cell in cells if cell["family"] != "size"]
    exact, title = report["exact"], TITLES[statistic]
    return [
        f"## {title}: time by size\n",
        speeds(by_size, lambda cell: size(cell["rows"]), exact),
        f"## {title}: time by type, nulls and distribution\n",
        speeds(varied, kind, exact),
        f"## {title}: errors\n",
        errors(by_size, lambda cell: size(cell["rows"])),
        errors(varied, kind),
    ]


def reading(report: dict[str, Any]) -> str:
    """Explain the figures."""
    limit = report["cells"][0]["limit"]["name"]
    exact = " and ".join(report["exact"])
    return f"""\
Times are medians of the rounds, in nanoseconds per value, the fastest library in bold; all
libraries of a row took turns in one run. The speed-up is the time of the fastest library that is
not exact, divided by that of colstats: below 1, colstats is slower. Only {exact}
are exact. Columns are float64 and normal unless stated otherwise. Empty cells: the library does not
take part.

* {limit}: {report["limit"]}.
* Containers: {report["held"]}.
* Errors are in units in the last place (ulp) of the float64 nearest to the true result. A library
  that answers in float32 is off by up to 2^28 ulp for that reason alone.
* The reference for errors up to 2^16 values: {report["references"]["exact"]}.
* The reference where a cell says so, above 2^16 values: {report["references"]["colstats"]}.
"""


def write(report: dict[str, Any]) -> str:
    """Write the report."""
    rounds = [cell["rounds"] for cell in report["cells"]]
    run = f"{report['form']}, {len(rounds)} cells of {min(rounds)} to {max(rounds)} rounds"
    parts = [
        "# Mean and standard deviation by colstats and its peers\n",
        "<!-- Generated by report.py from the JSON of a run: do not edit. -->\n",
        surroundings(report, run),
        f"{pages.run_it('bench-peers')}\n",
        reading(report),
        f"![ns a value by the number of values]({pages.figure('peers', 'peers')})\n",
        *(part for statistic in TITLES for part in chapter(report, statistic)),
    ]
    return "\n".join(parts)


def main() -> None:
    """Read, write and draw."""
    from benches.peers import plot

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="report on the quick run")
    form = "quick" if parser.parse_args().quick else "full"
    report = json.loads((RESULTS / f"{form}.json").read_text(encoding="utf-8"))
    pages.publish("peers", write(report), form)
    plot.draw(report, pages.stem("peers", "peers", form))


if __name__ == "__main__":
    main()
