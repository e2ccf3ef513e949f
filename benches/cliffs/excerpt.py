"""An excerpt of the results for the README: a dozen kinds of data, the fastest in bold.

`python -m benches.cliffs.excerpt` prints it; a test compares it with the README.
"""

from benches.cliffs.cells import BOTH, CONTIGUOUS, MEMORY
from benches.cliffs.report import headline
from benches.cliffs.results import HERE, Cell, Results
from benches.shared.markdown import digits, table

# What the README calls a kind of data, and the cells it is.
KINDS: dict[str, tuple[str, str, str, int]] = {
    "normal, 2^16 in the caches": ("float64", "normal", CONTIGUOUS, 2**16),
    "normal, 2^24 from memory": ("float64", "normal", CONTIGUOUS, MEMORY),
    "lognormal(0, 4)": ("float64", "lognormal(0, 4)", CONTIGUOUS, 2**16),
    "1% NaN, skipped": ("float64", "1% NaN, skipped", CONTIGUOUS, 2**16),
    "10% nulls": ("float64", "normal", "10% nulls", 2**16),
    "chunks of 100": ("float64", "normal", "chunks of 100", 2**16),
    "windows of 100": ("float64", "normal", "windows of 100", 65_600),
    "NumPy, C order, 1,000 x 1,000": ("float64", "normal", "rows 1,000 x 1,000", 10**6),
    "NumPy, C order, 100,000 x 20": ("float64", "normal", "rows 100,000 x 20", 2 * 10**6),
    "NumPy, strided": ("float64", "normal", "strided", 2**16),
    "float32": ("float32", "normal", CONTIGUOUS, 2**16),
    "float16": ("float16", "normal", CONTIGUOUS, 2**16),
    "int64": ("int64", "uniform", CONTIGUOUS, 2**16),
    "int8": ("int8", "uniform", CONTIGUOUS, 2**16),
}


def times(cell: Cell) -> list[str]:
    """Nanoseconds a value of colstats and of the fastest other library, the faster one in bold."""
    peer = min(cell.peers, key=lambda name: cell.peers[name])
    ours, theirs = (digits(cell.ns[name] / cell.rows) for name in ("colstats", peer))
    if cell.ratio >= 1:
        return [f"**{ours}**", f"{theirs} {peer}"]
    return [ours, f"**{theirs}** {peer}"]


def excerpt(results: Results) -> str:
    """Write the table."""
    cells = {(c.type, c.distribution, c.layout, c.rows, c.statistic): c for c in results.cells}
    rows = [
        [name, *(time for statistic in BOTH for time in times(cells[*kind, statistic]))]
        for name, kind in KINDS.items()
    ]
    return table(["ns a value", "mean", "fastest other", "stddev", "fastest other"], rows)


if __name__ == "__main__":
    full = Results.read(HERE / "full")
    print(headline(full))
    print(excerpt(full))
