"""Mean and standard deviation by groups, next to other libraries, thread for thread.

    python -m benches.groups [--rows ROWS] [--threads 1 2] [--groups 10 1000] [--quick]
                             [--output FILE]

Rows are float64 values of a normal distribution, with uniformly distributed keys, in one table in
memory, in the form that each library likes best. The time is the best of several calls, in turn
with those of the others. Threads are limited for all libraries, in a process for each number of
them. All answers are compared with ours, and ours with rational arithmetic for some groups.
"""

import argparse
import datetime
import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

from benches.shared import machine, pages
from benches.shared.markdown import table as markdown

GROUPS = (10, 100, 10**3, 10**4, 10**5, 10**6)
KEYS = ("int64", "int32", "dictionary", "string")
STATISTICS = ("mean", "stddev")
THREADS = (1, 2)
LIBRARIES = ("colstats", "pyarrow", "duckdb", "polars")
ROWS = 10**7
ROUNDS = 5
FEWER_ROUNDS = 3  # where one call of each library takes longer than this many seconds
LONG = 2.0
QUICK_GROUPS = (10, 10**3, 10**5, 10**6)
QUICK_KEYS = ("int64", "dictionary", "string")
CHECKED = 5  # groups that are checked exactly, unless they have more rows than the next
CHECKED_ROWS = 10**5
TOLERANCE = 1e-9  # relative, for the answers of others
PAGE = Path(__file__).parent.parent / "docs" / "measured" / "groups.md"

Cell = dict[str, Any]


def keys_of(kind: str, ids: Any, groups: int) -> Any:
    """The keys of rows as Arrow: numbers, or names of about ten characters."""
    import numpy as np
    import pyarrow as pa

    if kind == "int64":
        return pa.array(ids)
    if kind == "int32":
        return pa.array(ids.astype(np.int32))
    names = pa.array([f"key {i:06}" for i in range(groups)])
    if kind == "dictionary":
        return pa.DictionaryArray.from_arrays(pa.array(ids.astype(np.int32)), names)
    return names.take(pa.array(ids))


def jobs(table: Any, threads: int) -> dict[str, Callable[[str], Any]]:
    """How each library computes a statistic by groups, as an Arrow table of `key` and `value`."""
    import duckdb
    import polars as pl

    import colstats as cs

    frame = pl.DataFrame(table)
    database = duckdb.connect()
    database.execute(f"SET threads TO {threads}")
    database.register("arrow", table)
    database.execute("CREATE TABLE rows AS SELECT * FROM arrow")
    database.unregister("arrow")

    def ours(statistic: str) -> Any:
        return getattr(cs, statistic)(table, by="key", threads=threads)

    def of_pyarrow(statistic: str) -> Any:
        return table.group_by("key", use_threads=threads > 1).aggregate([("value", statistic)])

    def of_duckdb(statistic: str) -> Any:
        function = {"mean": "avg", "stddev": "stddev_pop"}[statistic]
        query = f"SELECT key, {function}(value) AS value FROM rows GROUP BY key"
        return database.sql(query).to_arrow_table()

    def of_polars(statistic: str) -> Any:
        value = pl.col("value")
        aggregate = value.mean() if statistic == "mean" else value.std(ddof=0)
        return frame.group_by("key").agg(aggregate)

    return {"colstats": ours, "pyarrow": of_pyarrow, "duckdb": of_duckdb, "polars": of_polars}


def by_key(answer: Any, statistic: str) -> tuple[Any, Any]:
    """The keys of an answer in order, and its values in that order."""
    import numpy as np
    import polars as pl

    frame = pl.DataFrame(answer)
    frame = frame.rename({f"value_{statistic}": "value"}, strict=False)
    frame = frame.with_columns(pl.col("key").cast(pl.String)).sort("key")
    return frame["key"], np.asarray(frame["value"].to_numpy())


def root(ratio: Fraction) -> float:
    """The square root, correctly rounded."""
    shift = max(0, 130 - ratio.numerator.bit_length() + ratio.denominator.bit_length())
    shift += shift % 2
    scaled, rest = divmod(ratio.numerator << shift, ratio.denominator)
    whole = math.isqrt(scaled)
    # 65 bits or more, and one that tells whether there are others.
    inexact = rest > 0 or whole * whole < scaled
    return math.ldexp(float(whole << 1 | inexact), -shift // 2 - 1)


def exactly(statistic: str, values: list[float]) -> float:
    """The correctly rounded answer, by integers: the values in units of a power of two."""
    ratios = [value.as_integer_ratio() for value in values]
    unit = max(denominator for _, denominator in ratios)
    units = [numerator * (unit // denominator) for numerator, denominator in ratios]
    count, total = len(units), sum(units)
    if statistic == "mean":
        return float(Fraction(total, unit * count))
    squares = sum(units * units for units in units)
    return root(Fraction(count * squares - total * total, (unit * count) ** 2))


def is_right(statistic: str, answer: Any, table: Any) -> bool:
    """Check some of our answers exactly."""
    import pyarrow as pa
    import pyarrow.compute as pc

    ours = pa.record_batch(answer)
    column = table["key"]
    if pa.types.is_dictionary(column.type):
        column = column.cast(pa.string())
    rows = 0
    for place in range(0, len(ours), math.ceil(len(ours) / CHECKED)):
        key = pa.scalar(ours["key"][place].as_py(), column.type)
        of_group = table["value"].filter(pc.equal(column, key)).to_pylist()
        if ours["value"][place].as_py() != exactly(statistic, of_group):
            return False
        rows += len(of_group)
        if rows > CHECKED_ROWS:
            break
    return True


def measure(rows: int, groups: int, kind: str, threads: int) -> list[Cell]:
    """Time all libraries on one table."""
    import numpy as np
    import pyarrow as pa

    rng = np.random.default_rng(groups)
    keys = keys_of(kind, rng.integers(0, groups, rows), groups)
    table = pa.table({"key": keys, "value": rng.normal(10, 3, rows)})
    todo = jobs(table, threads)
    cells = []
    for statistic in STATISTICS:
        best = dict.fromkeys(todo, float("inf"))
        answers = {}
        for round_ in range(ROUNDS):
            if round_ >= FEWER_ROUNDS and sum(best.values()) > LONG:
                break
            for name, job in todo.items():
                start = time.perf_counter()
                answers[name] = job(statistic)
                best[name] = min(best[name], time.perf_counter() - start)
        expected = by_key(answers["colstats"], statistic)
        for name, answer in answers.items():
            found = by_key(answer, statistic)
            if not found[0].equals(expected[0]) or not np.allclose(
                found[1], expected[1], rtol=TOLERANCE
            ):
                raise SystemExit(f"{name} disagrees: {statistic} of {groups} groups by {kind}")
        if not is_right(statistic, answers["colstats"], table):
            raise SystemExit(f"colstats is wrong: {statistic} of {groups} groups by {kind}")
        cell = {"groups": groups, "keys": kind, "statistic": statistic, "threads": threads}
        cells.append(cell | {"milliseconds": {name: time * 1e3 for name, time in best.items()}})
        print(cells[-1], file=sys.stderr, flush=True)
    return cells


def run(options: argparse.Namespace) -> list[Cell]:
    """Measure everything, in a process for each number of threads, which polars cannot change."""
    cells = []
    for threads in options.threads:
        command = [sys.executable, "-m", "benches.groups", "--child", "--rows", str(options.rows)]
        command += ["--threads", str(threads), "--groups", *map(str, options.groups)]
        command += ["--keys", *options.keys]
        environment = os.environ | {"POLARS_MAX_THREADS": str(threads)}
        child = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
        cells += json.loads(child.stdout)
    return cells


def child(options: argparse.Namespace) -> None:
    """Measure with one number of threads, and print the cells as JSON."""
    import pyarrow as pa

    (threads,) = options.threads
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    pa.set_cpu_count(threads)
    cells = []
    for kind in options.keys:
        for groups in options.groups:
            cells += measure(options.rows, groups, kind, threads)
    print(json.dumps(cells))


def row(cell: Cell) -> list[str]:
    """A row of the report, with the fastest library in bold."""
    times = cell["milliseconds"]
    best = min(times.values())
    shown = {name: f"{time:,.0f}" for name, time in times.items()}
    shown = {name: f"**{text}**" if times[name] == best else text for name, text in shown.items()}
    fastest = min(time for name, time in times.items() if name != "colstats")
    return [
        f"{cell['groups']:,}",
        *(shown[name] for name in LIBRARIES),
        f"{times['colstats'] / fastest:.2f}",
    ]


def page(cells: list[Cell], rows: int) -> str:
    """Write the page."""
    import duckdb
    import polars as pl
    import pyarrow as pa

    here = machine.machine()
    versions = f"pyarrow {pa.__version__}, duckdb {duckdb.__version__}, polars {pl.__version__}"
    text = f"""\
# Groups

<!-- Written by benches/groups.py (make bench-groups): do not edit. -->

The mean and the standard deviation of float64 values by one key, {rows:,} rows: milliseconds, the
fastest in bold ({here["cpu"]}; {versions};
{datetime.date.today():%B %Y}). The last column is our time divided by that of the fastest other
library. Each library has its data in memory in its own form, and as many threads as the others. Our
answers are exact, and sorted by key; theirs are neither, and were the same to within
{TOLERANCE:g}.

{pages.run_it("bench-groups")}
"""
    header = ["groups", *LIBRARIES, "ours / fastest other"]
    for threads in dict.fromkeys(cell["threads"] for cell in cells):
        for statistic in STATISTICS:
            for kind in dict.fromkeys(cell["keys"] for cell in cells):
                chosen = [
                    row(cell)
                    for cell in cells
                    if (cell["threads"], cell["statistic"], cell["keys"])
                    == (threads, statistic, kind)
                ]
                plural = "" if threads == 1 else "s"
                text += f"\n## {statistic}, {kind} keys, {threads} thread{plural}\n\n"
                text += markdown(header, chosen).rstrip("\n") + "\n"
    return text


def main() -> None:
    """Measure, print and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--threads", type=int, nargs="+", default=THREADS)
    parser.add_argument("--groups", type=int, nargs="+", default=GROUPS)
    parser.add_argument("--keys", nargs="+", default=KEYS, choices=KEYS)
    parser.add_argument("--output", type=Path, help="where to write the page")
    parser.add_argument("--quick", action="store_true", help="fewer keys and numbers of groups")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.quick:
        options.groups, options.keys = QUICK_GROUPS, QUICK_KEYS
    if options.child:
        return child(options)
    text = page(run(options), options.rows)
    print(text)
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    return None


if __name__ == "__main__":
    main()
