"""What all tests share: names in examples, and stand-ins for libraries that cannot be had."""

import importlib.util
import signal
import sys
import sysconfig
from collections.abc import Iterator
from types import ModuleType
from typing import Any, NoReturn

import numpy as np
import pytest

import colstats

#: Modules that cannot be imported without their engines.
collect_ignore = [f"python/colstats/{engine}.py" for engine in ("spark", "ray", "dask")]

# They ship for the stable ABI alone, which a CPython without the interpreter lock does not load.
STABLE_ABI_ONLY = ("duckdb", "polars")


class Absent(ModuleType):
    """A library that is not there, or a name in it: the test that calls it is skipped, no other."""

    def __getattr__(self, name: str) -> "Absent":
        """A name in it, which is not there either."""
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent(f"{self.__name__}.{name}")

    def __call__(self, *_: object, **__: object) -> NoReturn:
        """Skip the test that needs it."""
        library = self.__name__.partition(".")[0]
        pytest.skip(f"{library} has no wheel for a free-threaded CPython")


def pytest_configure() -> None:
    """Stand in for what cannot be had, before the tests import it."""
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        for library in STABLE_ABI_ONLY:
            if importlib.util.find_spec(library) is None:
                sys.modules[library] = Absent(library)


@pytest.fixture
def _ctrl_c() -> Iterator[None]:
    """Hear Ctrl-C also where a shell has started us in the background, deaf to it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True)
def _names_in_examples(doctest_namespace: dict[str, Any]) -> None:
    doctest_namespace.update(cs=colstats, np=np)
