"""The tables of the paper, side by side with this machine's: paper, here, ratio."""

from collections.abc import Iterable

from benches.paper import published
from benches.paper.report.results import STATISTICS, TITLES, Results
from benches.paper.rows import M1, M2
from benches.shared.markdown import digits, table


def beside(paper: float | None, here: float | None) -> list[str]:
    """Write three cells: the paper's figure, this machine's, and how many times that is."""
    ratio = digits(here / paper) if paper and here else ""
    return ["" if paper is None else digits(paper), "" if here is None else digits(here), ratio]


def sums(results: Results) -> str:
    """Write Table I."""
    part = results["sums"]
    scale = 10**8 / part["integers"]
    rows = []
    for name, paper in published.SUMS.items():
        cell = part["rows"].get(name)
        rows.append([name, *beside(paper, cell and cell["median"] * scale / 1000)])
    head = ["ms", "paper", "here", "ratio"]
    note = f"{part['integers']:,} integers"
    scaled = "" if scale == 1 else f", times {scale:g}"
    return f"### Table I: the sum of 10^8 integers\n\n{table(head, rows)}\nHere: {note}{scaled}.\n"


def serial(results: Results, form: str, number: str) -> str:
    """Write Table IV or V."""
    here, paper = results[form], published.SERIAL[form]
    scale = published.VALUES / results.values
    rows = []
    for name in dict.fromkeys([*ROWS[form], *paper, *here]):
        if name not in paper and name not in here:
            continue
        cells = [name]
        for statistic in STATISTICS:
            cell = here.get(name, {}).get(statistic)
            cells += beside(paper.get(name, {}).get(statistic), cell and cell["median"] * scale)
        rows.append(cells)
    what = {
        "M1": "the argument is converted at every call",
        "M2": "a container was built before",
    }[form]
    head = ["us", *(f"{name}, {kind}" for name in TITLES.values() for kind in KINDS)]
    return f"### Table {number}: {form}, {what}\n\n{table(head, rows)}"


#: The rows in the order in which they are listed.
ROWS = {"M1": M1, "M2": M2}
KINDS = ("paper", "here", "ratio")


def chunked(results: Results, statistic: str, number: str) -> str:
    """Write Table VI or VII: the two rows of the paper beside ours, then all rows of this run."""
    paper = published.CHUNKED[statistic]
    there = [name for name in paper if results.has(name)]
    here = {name: results.totals(name, statistic) for name in results.rows}
    head = ["chunk", *(f"{name}, {kind}" for name in there for kind in KINDS)]
    rows = [
        [
            power(size),
            *(cell for name in there for cell in beside(paper[name][index], here[name][index])),
        ]
        for index, size in enumerate(results.sizes)
    ]
    all_rows = [
        [power(size), *(digits(here[name][index]) for name in results.rows)]
        for index, size in enumerate(results.sizes)
    ]
    return (
        f"### Table {number}: {TITLES[statistic]}, M2 by chunks\n\n{table(head, rows)}\n"
        f"All rows, here:\n\n{table(['us', *results.rows], all_rows)}"
    )


def power(size: int) -> str:
    """Write a chunk size of the paper as a power of two."""
    return f"2^{published.EXPONENTS[published.CHUNKS.index(size)]:g}"


def fits(results: Results) -> str:
    """Write Table VIII, both as published and corrected."""
    rows = []
    for statistic in STATISTICS:
        for name in results.rows:
            paper = published.FITS[statistic].get(name, (None, None))
            raw, own = results.as_published(name, statistic), results.corrected(name, statistic)
            rows.append(
                [
                    f"{TITLES[statistic]}, {name}",
                    *("" if figure is None else digits(figure) for figure in paper),
                    f"{raw.call:.3f} ± {raw.call_error:.3f}",
                    digits(raw.base),
                    f"{own.call:.3f} ± {own.call_error:.3f}",
                    digits(own.base),
                ]
            )
    head = [
        *("us", "paper: a call", "base", "here, as published: a call", "base"),
        *("corrected: a call", "base"),
    ]
    return f"### Table VIII: what a call costs\n\n{table(head, rows)}"


def arms(results: Results) -> str:
    """Write what changes if chunks are views, or cold, or answered for by one call."""
    chapters = []
    for arm, title in ARMS.items():
        for statistic in STATISTICS:
            cells = results[arm]
            names = list(next(iter(cells.values()), {}))
            rows = [
                [
                    power(int(size)),
                    *(
                        digits(cell[name][statistic]["median"]) if name in cell else ""
                        for name in names
                    ),
                    *extra(results, arm, statistic, int(size), cell),
                ]
                for size, cell in cells.items()
            ]
            head = ["us", *names, *(["chunk by chunk (sliced)"] if arm == "per" else [])]
            chapters.append(f"#### {title}: {TITLES[statistic]}\n\n{table(head, rows)}")
    return "\n".join(chapters)


ARMS = {
    "sliced": "Views of one container",
    "cold": "Data that are in no cache",
    "per": "All chunks in one call, `per=`",
}


def extra(results: Results, arm: str, statistic: str, size: int, _cell: object) -> Iterable[str]:
    """Put the loop over slices beside the one call."""
    if arm != "per":
        return []
    cell = results["sliced"][str(size)].get("colstats M2")
    return [digits(cell[statistic]["median"]) if cell else ""]
