"""One column in 1, 8 and 64 parts, asked of each library: the table of the first page.

`python -m benches.partitions` prints it, and `--output docs/index.md` writes it between the marks
there. Each library combines parts in the way that it has: pyarrow, polars and DuckDB take a column
of several chunks, colstats merges states. For NumPy and pandas, which have neither, the sums of the
parts are added, as engines such as Dask do.
"""

import argparse
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

import colstats as cs
from benches.accuracy import LIBRARIES, UNCHUNKED, Chunks
from benches.shared import machine
from benches.shared.markdown import table

PARTS = (1, 8, 64)
VALUES = 1_000_000
BEGIN, END = "<!-- figures: python -m benches.partitions -->\n", "<!-- end of figures -->\n"


def changes() -> np.ndarray:
    """Make up a million gains and losses, which nearly cancel."""
    return np.random.default_rng(1).normal(0.0, 100.0, VALUES)


def merged(chunks: Chunks) -> float:
    """Merge the states of the parts."""
    return float(cs.merge(*map(cs.moments, chunks)).mean())


def added_up(chunks: Iterable[np.ndarray | pd.Series]) -> float:
    """Add up the sums of the parts, in floating point."""
    return float(sum(chunk.sum() for chunk in chunks) / VALUES)


def answers() -> dict[str, list[float]]:
    """Ask each library for the mean of the column in each number of parts."""
    ways: dict[str, Callable[[Chunks], float]] = {"colstats": merged}
    for name, ask in LIBRARIES.items():
        if name not in (*UNCHUNKED, "colstats"):
            ways[name] = partial(ask, "mean")
    ways |= {"numpy": added_up, "pandas": lambda chunks: added_up(map(pd.Series, chunks))}
    cut = [np.array_split(changes(), number) for number in PARTS]
    return {name: [way(chunks) for chunks in cut] for name, way in ways.items()}


def digits(answer: float, exact: float) -> str:
    """Write an answer, with the digits from the first wrong one on in bold."""
    said, right = repr(answer), repr(exact)
    if said == right:
        return said
    same = next(n for n in range(len(said) + 1) if said[: n + 1] != right[: n + 1])
    return f"{said[:same]}**{said[same:]}**"


def excerpt() -> str:
    """Write the table, and where it is from."""
    found = answers()
    exact = found["colstats"][0]
    heads = [f"{number} part{'s' * (number > 1)}" for number in PARTS]
    rows = [[name, *(digits(it, exact) for it in row)] for name, row in found.items()]
    versions = machine.versions(name for name in found if name != "colstats")
    named = ", ".join(f"{name} {version}" for name, version in versions.items())
    cpu = machine.machine()["cpu"]
    return f"{table(['mean', *heads], rows)}\n{cpu}; {named}.\n"


def main() -> None:
    """Print the table, or write it."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--output", type=Path)
    output = arguments.parse_args().output
    if output is None:
        print(excerpt(), end="")
        return
    before, _, rest = output.read_text(encoding="utf-8").partition(BEGIN)
    output.write_text(f"{before}{BEGIN}\n{excerpt()}\n{END}{rest.partition(END)[2]}", "utf-8")


if __name__ == "__main__":
    main()
