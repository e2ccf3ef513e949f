"""An excerpt of the results for docs/measured/compare.md: the time of others, relative to ours.

``python -m benches.peers.excerpt`` prints it; a test compares it with the page.
"""

import json
from typing import Any

from benches.peers.report import RESULTS, TITLES
from benches.shared.markdown import digits, table

#: Numbers of values, and what the page calls them.
SIZES = {2**10: "1,024", 2**16: "65,536", 2**24: "2^24, from memory"}
LIBRARIES = ["numpy", "pyarrow", "polars", "pandas", "duckdb", "statistics"]


def excerpt(report: dict[str, Any]) -> str:
    """Write the table."""
    by_size = [cell for cell in report["cells"] if cell["family"] == "size"]
    cells = {(cell["statistic"], cell["rows"]): cell["results"] for cell in by_size}
    rows = [
        [
            f"{TITLES[statistic].lower()}, {name}",
            *(times(cells[statistic, size], library) for library in LIBRARIES),
        ]
        for statistic in TITLES
        for size, name in SIZES.items()
    ]
    return table(["times as long as colstats", *LIBRARIES], rows)


def times(results: dict[str, Any], library: str) -> str:
    """The ratio of a library, in bold where it is the faster one."""
    if library not in results:
        return ""
    ratio = results[library]["ratio_median"]
    return f"**{digits(ratio)}**" if ratio < 1 else digits(ratio)


if __name__ == "__main__":
    print(excerpt(json.loads((RESULTS / "full.json").read_text(encoding="utf-8"))))
