"""What all tests share: names in examples, and stand-ins for libraries that cannot be had."""

import signal
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import colstats
from support import stand_ins

#: Modules that cannot be imported without their engines.
collect_ignore = [f"python/colstats/{engine}.py" for engine in ("spark", "ray", "dask")]


def pytest_configure() -> None:
    """Stand in for what cannot be had, before the tests import it."""
    stand_ins.install()


@pytest.fixture
def _ctrl_c() -> Iterator[None]:
    """Hear Ctrl-C also where a shell has started us in the background, deaf to it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True)
def _names_in_examples(doctest_namespace: dict[str, Any]) -> None:
    doctest_namespace.update(cs=colstats, np=np)
