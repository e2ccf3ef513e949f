"""Shared by all tests: the names in doctests, and stand-ins for libraries without a wheel."""

import signal
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import numpy as np
import pytest

import colstats
from support import stand_ins

#: Modules that cannot be imported without their engines.
ENGINES = ("spark", "ray", "dask", "datafusion")
collect_ignore = [f"python/colstats/{engine}.py" for engine in ENGINES]

# Before the tests import these libraries. The namespaces of polars cannot do with a stand-in.
stand_ins.install()
if not stand_ins.has("polars"):
    collect_ignore.append("python/colstats/polars.py")
    collect_ignore_glob = ["tests/python/frames/*"]


@pytest.fixture
def _ctrl_c() -> Iterator[None]:
    """Handle Ctrl-C even where a shell has started us in the background, with SIGINT ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True)
def _service_in_examples(
    request: pytest.FixtureRequest, doctest_namespace: dict[str, Any]
) -> Iterator[None]:
    """Examples of the client have a service of their own, with a dataset."""
    if "colstats/service/" not in request.node.nodeid:
        yield
        return
    import pyarrow as pa  # noqa: PLC0415 - only the client needs it

    from colstats import service  # noqa: PLC0415
    from support.service import Service  # noqa: PLC0415

    data = request.getfixturevalue("tmp_path")
    with Service(data) as running, service.connect(running.url) as node:
        trips = pa.table(
            {"at": [datetime(2026, 11, 26, h) for h in (8, 9, 9)], "fare": [7.5, 12.0, 3.0]}
        )
        node.put(trips, dataset="trips", time=("at", "1h"), batch_id="file 1")
        doctest_namespace.update(service=service, url=running.url, node=node, pa=pa)
        yield


@pytest.fixture(autouse=True)
def _names_in_examples(doctest_namespace: dict[str, Any]) -> None:
    doctest_namespace.update(cs=colstats, np=np)
