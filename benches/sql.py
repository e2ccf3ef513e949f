"""The aggregates of colstats in DuckDB and DataFusion, next to their own; the answers are checked.

    python -m benches.sql [ROWS]

Each row of the table is the best of three runs on one table in memory, in turn with the engine's
own function: the time on the clock with all threads, and the time of the processor with one.
"""

import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

import colstats as cs

RUNS = 3
GROUPS = (1, 100, 1_000_000)
#: Our function and that of the engine.
PAIRS = (
    ("cs_mean(x)", "avg(x)"),
    ("cs_stddev(x)", "stddev_pop(x)"),
    ("cs_stddev(n)", "stddev_pop(n)"),
)


def best(jobs: list[Callable[[], object]], clock: Callable[[], float]) -> list[float]:
    """Time jobs in turn, in seconds."""
    times = [[] for _ in jobs]
    for _ in range(RUNS):
        for job, of_job in zip(jobs, times, strict=True):
            start = clock()
            job()
            of_job.append(clock() - start)
    return [min(of_job) for of_job in times]


def processor() -> str:
    """Return the name of the processor."""
    import subprocess

    lines = subprocess.run(
        ["lscpu"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("Model name")]
    return names[0] if names else "an unknown processor"


def table(rows: int) -> pa.Table:
    rng = np.random.default_rng(1)
    keys = {f"k{count}": rng.integers(0, count, rows, dtype=np.int32) for count in GROUPS}
    return pa.table({"x": rng.normal(10, 3, rows), "n": rng.integers(0, 1000, rows), **keys})


def duckdb_times(data: pa.Table) -> None:
    from colstats import duckdb

    connection = duckdb.connect()
    connection.register("data", data)
    connection.execute("create table t as select * from data")

    def query(function: str, count: int) -> str:
        return f"create or replace table answer as select {function} y from t group by k{count}"

    for ours, theirs in PAIRS:
        for count in GROUPS:
            shown = []
            for threads, clock in ((None, time.perf_counter), (1, time.process_time)):
                setting = "reset threads" if threads is None else f"set threads = {threads}"
                connection.execute(setting)
                both = [query(function, count) for function in (ours, theirs)]
                jobs = [partial(connection.execute, sql) for sql in both]
                mine, other = best(jobs, clock)
                shown.append(f"{mine * 1e3:6.0f} {other * 1e3:6.0f} {mine / other:6.2f}")
            print(f"DuckDB      {ours:14} {count:>9,}  {shown[0]}   {shown[1]}", flush=True)
    connection.execute("reset threads")
    (found,) = connection.sql("select cs_mean(x), cs_stddev(x), cs_stddev(n) from t").fetchall()
    assert found == (cs.mean(data["x"]), cs.stddev(data["x"]), cs.stddev(data["n"]))


def datafusion_times(data: pa.Table) -> None:
    import datafusion as engine

    from colstats import datafusion

    context = engine.SessionContext()
    context.register_record_batches("t", [data.to_batches(max_chunksize=8192)])
    datafusion.register(context, "float64")

    def job(function: str, count: int) -> Callable[[], Any]:
        return lambda: context.sql(f"select {function} y from t group by k{count}").collect()

    for count in GROUPS[:2]:
        functions = ("cs_stddev_float64(x)", "stddev_pop(x)")
        mine, other = best([job(function, count) for function in functions], time.perf_counter)
        by_stream, _ = best(
            [
                lambda c=count: cs.moments(
                    context.table("t").select("x", f"k{c}"), by=f"k{c}"
                ).stddev(),
                int,
            ],
            time.perf_counter,
        )
        print(
            f"DataFusion  {functions[0]:14} {count:>9,}  {mine * 1e3:6.0f} {other * 1e3:6.0f} "
            f"{mine / other:6.2f}   colstats.moments(frame, by=...): {by_stream * 1e3:.0f}"
        )


def main() -> None:
    """Print a table."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 10**7
    data = table(rows)
    print(f"{rows:,} rows on {processor()}; milliseconds: ours, theirs, ratio")
    print(f"{'':37}{'all threads':>20}   {'processor time of one thread':>20}")
    duckdb_times(data)
    try:
        datafusion_times(data)
    except ImportError as error:
        print(error)


if __name__ == "__main__":
    main()
