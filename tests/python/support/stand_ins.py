"""Stand-ins for libraries that a CPython without the interpreter lock cannot have.

They ship for the stable ABI alone, which it does not load. Tests that call one are skipped.
"""

import importlib.util
import sys
import sysconfig
from types import ModuleType
from typing import NoReturn

import pytest

STABLE_ABI_ONLY = ("duckdb", "polars")


class Absent(ModuleType):
    """A library that is not there, or a name in it."""

    def __getattr__(self, name: str) -> "Absent":
        """A name in it, which is not there either."""
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent(f"{self.__name__}.{name}")

    def __call__(self, *_: object, **__: object) -> NoReturn:
        """Skip the test that needs it."""
        library = self.__name__.partition(".")[0]
        pytest.skip(f"{library} has no wheel for a free-threaded CPython")


def install() -> None:
    """Stand in for what cannot be had, before it is imported."""
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        for library in STABLE_ABI_ONLY:
            if library not in sys.modules and importlib.util.find_spec(library) is None:
                sys.modules[library] = Absent(library)


def has(library: str) -> bool:
    """Whether a library is here: for what can do without, and need not be skipped."""
    return not isinstance(sys.modules.get(library), Absent)
