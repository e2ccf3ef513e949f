"""Six tools that bind the same three probes: a scalar call, a shared array, and a large handover.

All of them call the same plain loops, so that only the conversions differ.
"""

import importlib
import math
import random
import statistics
from collections.abc import Callable
from time import perf_counter_ns
from types import SimpleNamespace
from typing import Any

import numpy as np

from benches.paper.rows import Failures
from benches.paper.samples import SEED
from benches.shared.clock import time_calls, undisturbed
from benches.shared.machine import available_memory
from benches.shared.memory import peak_rise

TOOLS = {
    "ctypes": "probe_ctypes",
    "cffi": "probe_cffi",
    "Cython": "probe_cython",
    "pybind11": "probe_pybind11",
    "nanobind": "probe_nanobind",
    "PyO3": "probe_pyo3",
}
SIZES = [10**4, 10**5, 10**6]
#: Nanoseconds per round of a call, if a call is shorter.
ROUND = 1_000_000
#: Bytes per value of a list, its array and a copy together.
LISTED = 56

Calls = dict[str, Callable[[], Any]]


def measure(
    handed_over: int, rounds: int, failures: Failures, tell: Callable[[str], None]
) -> dict[str, Any]:
    """Run all probes by all tools that were built."""
    tools = {"Python": python()} | load(failures)
    tell("scalar calls")
    results: dict[str, Any] = {"scalar": scalar(tools, rounds), "reduction": {}}
    for size in SIZES:
        tell(f"sums of {size:,} values")
        results["reduction"][str(size)] = reduction(tools, size, rounds)
    tell(f"handing over {handed_over >> 20:,} MiB")
    results["handover"] = {"bytes": handed_over, "rows": handover(tools, handed_over)}
    return results


def load(failures: Failures) -> dict[str, Any]:
    """Import the probes that were built."""
    tools = {}
    for tool, package in TOOLS.items():
        try:
            tools[tool] = importlib.import_module(package)
        except ImportError as error:
            failures[f"probes by {tool}"] = f"{type(error).__name__}: {error}"
    return tools


def python() -> Any:
    """The probes in pure Python."""

    def fibonacci(n: int) -> int:
        return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)

    return SimpleNamespace(add=lambda i, j: i + j, fibonacci=fibonacci, sum_copied=sum)


def scalar(tools: dict[str, Any], rounds: int) -> Any:
    """Time calls that take and return integers; nanoseconds."""
    add = {name: lambda tool=tool: tool.add(3, 3) for name, tool in tools.items()}
    fibonacci = {name: lambda tool=tool: tool.fibonacci(12) for name, tool in tools.items()}
    return {
        "add(i, i)": contest(add, 6, rounds),
        "fibonacci(12)": contest(fibonacci, 144, rounds),
        "an empty lambda": contest({"Python": lambda: None}, None, rounds)["Python"],
    }


def reduction(tools: dict[str, Any], size: int, rounds: int) -> Any:
    """Time sums of an array in place, and of a list that is copied; nanoseconds."""
    array = np.arange(float(size))
    values = array.tolist()
    exact = size * (size - 1) / 2
    shared = {
        name: lambda tool=tool: tool.sum_shared(array)
        for name, tool in tools.items()
        if getattr(tool, "sum_shared", None)
    }
    copied = {
        name: lambda tool=tool: tool.sum_copied(values)
        for name, tool in tools.items()
        if getattr(tool, "sum_copied", None)
    }
    few = max(3, rounds // 3)
    return {"shared": contest(shared, exact, rounds), "copied": contest(copied, exact, few)}


def contest(calls: Calls, expected: object, rounds: int) -> dict[str, Any]:
    """Time calls in turn, after checking each once."""
    right = {name: call() == expected for name, call in calls.items()}
    guesses = {name: time_calls(call, 3) for name, call in calls.items()}
    counts = {name: max(1, math.ceil(ROUND / guess)) for name, guess in guesses.items()}
    times: dict[str, list[float]] = {name: [] for name in calls}
    draw = random.Random(SEED)
    with undisturbed():
        for _ in range(rounds):
            for name in draw.sample(list(calls), len(calls)):
                times[name].append(time_calls(calls[name], counts[name]))
    return {
        name: {
            "median": statistics.median(found),
            "min": min(found),
            "sd": statistics.stdev(found),
            "right": right[name],
        }
        for name, found in times.items()
    }


def handover(tools: dict[str, Any], size: int) -> dict[str, Any]:
    """Time the first value of a large array, shared and copied, and the rise of peak memory."""
    array = np.arange(float(size // 8))
    fits = size // 8 * LISTED < available_memory() * 0.7
    values = array.tolist() if fits else None
    rows: dict[str, Any] = {}
    for name, tool in tools.items():
        rows[name] = {}
        if getattr(tool, "first", None):
            rows[name]["shared"] = once(tool.first, array)
        if values and getattr(tool, "first_copied", None):
            rows[name]["copied"] = once(tool.first_copied, values)
    return {name: row for name, row in rows.items() if row}


def once(function: Callable[[Any], Any], argument: Any) -> dict[str, Any]:
    """Time one call, and measure the rise of peak memory."""
    times: list[int] = []

    def call() -> object:
        begin = perf_counter_ns()
        answer = function(argument)
        times.append(perf_counter_ns() - begin)
        return answer

    with undisturbed():
        rise = peak_rise(call)
        right = call() == argument[0]
    return {"ns": min(times), "peak": rise, "right": right}
