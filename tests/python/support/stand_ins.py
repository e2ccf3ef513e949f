"""Stand-ins for libraries that have no wheel for a free-threaded CPython (one without the GIL).

They ship for the stable ABI only, which it does not load. Tests that call a stand-in are skipped.
"""

import importlib.util
import sys
import sysconfig
from types import ModuleType
from typing import NoReturn

import pytest

STABLE_ABI_ONLY = ("duckdb", "polars")


class Absent(ModuleType):
    """A library that is not installed, or a name in it."""

    def __getattr__(self, name: str) -> "Absent":
        """Return a stand-in for a name in the library."""
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent(f"{self.__name__}.{name}")

    def __call__(self, *_: object, **__: object) -> NoReturn:
        """Skip the test that needs it."""
        library = self.__name__.partition(".")[0]
        pytest.skip(f"{library} has no wheel for a free-threaded CPython")


def install() -> None:
    """Install the stand-ins, before anything imports these libraries."""
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        for library in STABLE_ABI_ONLY:
            if library not in sys.modules and importlib.util.find_spec(library) is None:
                sys.modules[library] = Absent(library)


def has(library: str) -> bool:
    """Whether a library is installed: for tests that can do without it."""
    return not isinstance(sys.modules.get(library), Absent)
