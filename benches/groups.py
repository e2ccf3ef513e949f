"""Mean and standard deviation by groups, next to polars; some groups are checked exactly.

    python benches/groups.py [ROWS]

Each row of the table is the best of three runs on one table in memory, with all threads for both.
"""

import resource
import statistics
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from functools import partial

import numpy as np
import polars as pl
import pyarrow as pa

import colstats as cs

GROUPS = (10**2, 10**4, 10**6)
CHECKED = 20


def best(job: Callable[[], object]) -> float:
    """Time a job in seconds."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        job()
        times.append(time.perf_counter() - start)
    return min(times)


def is_right(table: pa.Table, groups: cs.GroupedMoments) -> bool:
    """Check the means and deviations of some groups by rational arithmetic."""
    keys, values = (table[name].to_numpy() for name in ("key", "value"))
    means, deviations = pa.record_batch(groups.mean()), pa.record_batch(groups.stddev())
    for place in range(0, len(groups), max(1, len(groups) // CHECKED)):
        of_group = values[keys == means["key"][place].as_py()].tolist()
        mean = sum(map(Fraction, of_group)) / len(of_group)
        right = float(mean), statistics.pstdev(map(Fraction, of_group), mean)
        if (means["value"][place].as_py(), deviations["value"][place].as_py()) != right:
            return False
    return True


def ours(table: pa.Table) -> None:
    """By colstats."""
    groups = cs.moments(table, by="key")
    groups.mean(), groups.stddev()


def theirs(frame: pl.DataFrame) -> None:
    """By polars."""
    value = pl.col("value")
    frame.group_by("key").agg(value.mean(), value.std().alias("std"))


def main() -> None:
    """Print a table."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 10**7
    rng = np.random.default_rng(1)
    columns = ("groups", "colstats", "polars", "ratio", "right", "bytes a state", "peak MiB")
    print(f"{rows:,} rows, milliseconds\n" + "  ".join(columns))
    for count in GROUPS:
        values = rng.normal(10, 3, rows)
        table = pa.table({"key": rng.integers(0, count, rows), "value": values})
        mine = best(partial(ours, table))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        other = best(partial(theirs, pl.from_arrow(table)))
        groups = cs.moments(table, by="key")
        size = pa.record_batch(groups)["value_state"].nbytes / len(groups)
        cells = (
            f"{count:,}",
            f"{mine * 1e3:.0f}",
            f"{other * 1e3:.0f}",
            f"{mine / other:.2f}",
            str(is_right(table, groups)),
            f"{size:.0f}",
            f"{peak:.0f}",
        )
        print("  ".join(cell.rjust(len(name)) for cell, name in zip(cells, columns, strict=True)))


if __name__ == "__main__":
    main()
