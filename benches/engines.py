"""What the adapters add to an engine's own pass over the same partitions.

The pass counts the values of each column that are not null, in the engine's own way: Spark by its
counts and by ``mapInArrow``, the way its rows come to Python; Ray by ``map_batches``; Dask by
``count``. Run it by ``make bench-engines``, in the environment of ``make test-engines``.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa

ROWS, PARTITIONS, ROUNDS = 10**7, 16, 5
NAMES = ("a", "b", "c", "d")


def table() -> pa.Table:
    """A table of floats, some of them null."""
    rng = np.random.default_rng(11)
    return pa.table(
        {name: pa.array(rng.normal(size=ROWS), mask=rng.random(ROWS) < 0.1) for name in NAMES}
    )


def parts(data: pa.Table) -> list[pa.Table]:
    """Cut a table into partitions."""
    step = ROWS // PARTITIONS
    return [data.slice(start, step) for start in range(0, ROWS, step)]


def best(jobs: dict[str, Callable[[], Any]]) -> dict[str, float]:
    """Run jobs in turn; the median seconds of each, after a warm-up round."""
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(ROUNDS + 1):
        for name, job in jobs.items():
            start = time.perf_counter()
            job()
            times[name].append(time.perf_counter() - start)
    return {name: statistics.median(found[1:]) for name, found in times.items()}


def on_spark(data: pa.Table) -> dict[str, Callable[[], Any]]:
    """Jobs on Spark, which keeps the rows in memory."""
    from pyspark.sql import SparkSession

    from colstats import spark

    os.environ |= {"SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable}
    settings = {
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": "4g",
        "spark.ui.showConsoleProgress": "false",
    }
    session = SparkSession.builder.master("local[2]").config(map=settings).getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    frame = session.range(0, ROWS, 1, PARTITIONS).selectExpr(
        *(
            f"if(rand({seed}) < 0.1, null, randn({seed})) as {name}"
            for seed, name in enumerate(NAMES)
        )
    )
    frame = frame.cache()
    frame.count()

    def counted(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        counts = np.zeros(len(NAMES), "i8")
        for batch in batches:
            counts += [len(column) - column.null_count for column in batch.columns]
        yield pa.record_batch({name: [count] for name, count in zip(NAMES, counts, strict=True)})

    schema = ", ".join(f"{name} long" for name in NAMES)
    return {
        "counts of its own": frame.selectExpr(*(f"count({name})" for name in NAMES)).collect,
        "mapInArrow that counts": frame.mapInArrow(counted, schema).toArrow,
        "colstats": lambda: spark.moments(frame),
    }


def on_ray(data: pa.Table) -> dict[str, Callable[[], Any]]:
    """Jobs on Ray, which holds blocks of Arrow."""
    import ray
    from ray.data import DataContext

    from colstats import ray as adapter

    ray.init(
        num_cpus=2,
        include_dashboard=False,
        log_to_driver=False,
        logging_level="ERROR",
        _node_ip_address="127.0.0.1",
    )
    DataContext.get_current().enable_progress_bars = False
    blocks = ray.data.from_arrow(parts(data)).materialize()

    def counted(block: pa.Table) -> pa.Table:
        return pa.table({name: [len(block) - block[name].null_count] for name in NAMES})

    options = {"batch_format": "pyarrow", "batch_size": None}
    return {
        "map_batches that counts": lambda: blocks.map_batches(counted, **options).take_all(),
        "colstats": lambda: adapter.moments(blocks),
    }


def on_dask(data: pa.Table) -> dict[str, Callable[[], Any]]:
    """Jobs on Dask, which holds pandas data frames backed by Arrow."""
    import dask.dataframe as dd
    import pandas as pd
    from distributed import Client, LocalCluster

    from colstats import dask

    options = {"dashboard_address": None, "host": "127.0.0.1", "silence_logs": 50}
    Client(LocalCluster(n_workers=2, threads_per_worker=1, **options))
    frame = dd.from_pandas(data.to_pandas(types_mapper=pd.ArrowDtype), npartitions=PARTITIONS)
    frame = frame.persist()
    frame.count().compute()
    return {"count": frame.count().compute, "colstats": lambda: dask.moments(frame)}


def main() -> None:
    """Measure the engine named on the command line, and print."""
    makers = {"spark": on_spark, "ray": on_ray, "dask": on_dask}
    name = sys.argv[1]
    times = best(makers[name](table()))
    print(f"{name}, {ROWS:,} rows of {len(NAMES)} float64 columns in {PARTITIONS} partitions")
    for job, seconds in times.items():
        print(f"  {job:<26} {seconds:6.2f} s  {times['colstats'] / seconds:5.2f} x for colstats")


if __name__ == "__main__":
    main()
