"""Tables III and IX of the paper, with measurements in place of adjectives.

The paper compares by words how bindings handle memory, how they are declared, how concise they are
and what tooling they have. Each module here turns one of these into figures:

* ``sources``: lines of code, lines with ``unsafe``, and how the mean is declared.
* ``builds``: a clean build, its seconds, and the size of what is installed.
* ``checker``: what a static type checker knows about a call.
* ``misuse``: what wrong arguments do, each in a process of its own.
* ``memory``: whether a container copies its source, and whether its memory is freed.
"""

from collections.abc import Callable
from typing import Any

from benches.paper.qualities import builds, checker, memory, misuse, sources
from benches.paper.qualities.bindings import BINDINGS, Binding
from benches.paper.rows import Failures


def measure(failures: Failures, tell: Callable[[str], None]) -> dict[str, Any]:
    """Measure every binding that was built; the results of each by the name of its package."""
    results: dict[str, Any] = {}
    for binding in BINDINGS:
        tell(binding.package)
        try:
            results[binding.package] = qualities(binding)
        except Exception as error:  # a failure of one binding does not stop the others
            failures[f"qualities of {binding.package}"] = f"{type(error).__name__}: {error}"
    tell("a type checker")
    try:
        for package, found in checker.measure(list(results)).items():
            results[package]["checker"] = found
    except Exception as error:  # mypy is not installed, for example
        failures["the type checker"] = f"{type(error).__name__}: {error}"
    return results


def qualities(binding: Binding) -> dict[str, Any]:
    """Measure one binding."""
    return {
        "tool": binding.tool,
        "sources": sources.measure(binding),
        "build": builds.measure(binding),
        "misuse": misuse.measure(binding),
        "memory": memory.measure(binding),
    }
