"""Shared by all tests: the names in doctests, and stand-ins for libraries without a wheel."""

import signal
from collections.abc import Iterator
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
def _names_in_examples(doctest_namespace: dict[str, Any]) -> None:
    doctest_namespace.update(cs=colstats, np=np)
