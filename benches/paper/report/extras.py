"""Chapters beyond the paper: what a call consists of, the boundary, six tools, two threads."""

from collections.abc import Iterable
from typing import Any

from benches.paper.report.results import STATISTICS, TITLES, Results
from benches.shared.markdown import digits, table

SOURCES = ("NumPy", "pyarrow", "polars")


def anatomy(results: Results) -> str:
    """Write what a call consists of."""
    step = results["anatomy"]
    there = [source for source in SOURCES if f"export, {source}" in step]
    asked = step["Column.count, few"]
    shared = {
        "calling: call, options, dispatch": asked,
        "finalization: the mean of 8 values": step["Column.mean, few"] - asked,
        "finalization: what the deviation adds": step["Column.stddev, few"]
        - step["Column.mean, few"],
        "computing: the mean of 1,016 more values": step["Column.mean, some"]
        - step["Column.mean, few"],
        "computing: the deviation of 1,016 more": step["Column.stddev, some"]
        - step["Column.stddev, few"],
    }
    rows = [
        ["exporting: the producer's own work", *(digits(step[f"export, {s}"]) for s in there)],
        [
            "importing: checks, a `Column`",
            *(digits(step[f"Column, {s}"] - step[f"export, {s}"]) for s in there),
        ],
        *pyo3_arrow(step, there),
        *([name, *[digits(time)] * len(there)] for name, time in shared.items()),
        *(
            [
                f"**the whole `cs.{name}` of 8 values**",
                *(digits(step[f"{name}, {s}"]) for s in there),
            ]
            for name in STATISTICS
        ),
    ]
    prepared = [
        [name, *(digits(step[f"{key}, {size}"]) for size in ("few", "some"))]
        for name, key in PREPARED.items()
        if f"{key}, few" in step
    ]
    return f"""\
## What a call is made of

Nanoseconds, in a loop, in which an empty call (`bool()`) takes {digits(step["empty call"])}.
`cs.mean(array)` makes no `Column` object, so that the whole is less than its parts.

{table(["ns", *there], rows)}{IMPORTS if any(f"pyo3-arrow, {s}" in step for s in there) else ""}
The same 8 and 1,024 values, prepared (M2):

{table(["ns", "8 values", "1,024 values"], prepared)}"""


IMPORTS = """
This is one reason why colstats has import code of its own. pyo3-arrow imports the same objects by
`PyArray` (NumPy, pyarrow) or `AnyArray` (polars) into a class, as `Column` does. At every call it
searches the object for protocols. A buffer is tried as ten element types in turn, float64 last, and
a stream only after that; each failure raises and drops a Python exception. The rest is building the
arrays and fields of arrow-rs.
"""


def pyo3_arrow(step: dict[str, float], there: list[str]) -> Iterable[list[str]]:
    """Write what importing by pyo3-arrow costs, if that was measured."""
    if any(f"pyo3-arrow, {source}" in step for source in there):
        yield [
            "importing by pyo3-arrow instead",
            *(digits(step[f"pyo3-arrow, {s}"] - step[f"export, {s}"]) for s in there),
        ]


PREPARED = {
    "`Column.mean`": "Column.mean",
    "`Column.stddev`": "Column.stddev",
    "`np.mean`": "np.mean",
    "`np.std`": "np.std",
    "`np.add.reduce` (no division)": "np.add.reduce",
    "naive loop by PyO3, mean": "naive mean",
    "naive loop by PyO3, stddev": "naive stddev",
}


def amount(nanoseconds: float) -> str:
    """Write a time in the unit that fits it."""
    for unit, size in (("s", 1e9), ("ms", 1e6), ("us", 1e3)):
        if nanoseconds >= size:
            return f"{digits(nanoseconds / size)} {unit}"
    return f"{digits(nanoseconds)} ns"


def memory(size: int | None) -> str:
    """Write a rise of peak memory."""
    return "?" if size is None else f"{size / 2**20:,.1f}"


def marshalling(results: Results) -> str:
    """Write what crossing the FFI boundary costs."""
    methods = {name: cells for name, cells in results["marshalling"].items() if cells}
    heads = [f"`{name}`" if name.startswith("__") else name for name in methods]
    exponents = list(dict.fromkeys(size for cells in methods.values() for size in cells))

    def rows(write: Any) -> Iterable[list[str]]:
        for exponent in exponents:
            cells = (cells.get(exponent, {}) for cells in methods.values())
            yield [f"2^{exponent}", *(write(cell) if "ns" in cell else "" for cell in cells)]

    return f"""\
## Crossing the FFI boundary

What handing over float64 values costs, by protocol; nothing is computed. The first two copy lists
of Python floats. All others are read in place: by `cs.Column`, or by pyo3-arrow's `PyArray` or
`AnyArray` where a column says so.

{table(["time", *heads], rows(lambda cell: amount(cell["ns"])))}
By how many MiB the peak memory of the process rises:

{table(["MiB", *heads], rows(lambda cell: memory(cell["peak"])))}
Empty cells: there was not enough memory to measure.

![Crossing the FFI boundary](figures/paper/marshalling.svg)
"""


def tools(results: Results) -> str:
    """Write what calls by each of the six tools cost."""
    part = results["tools"]
    names = list(part["scalar"]["add(i, i)"])
    scalar = [
        [name, *(amount(part["scalar"][probe][name]["median"]) for probe in PROBES)]
        for name in names
    ]
    sizes = list(part["reduction"])
    reductions = [
        [
            name,
            *(
                amount(part["reduction"][size][way][name]["median"])
                if name in part["reduction"][size][way]
                else ""
                for way in ("shared", "copied")
                for size in sizes
            ),
        ]
        for name in names
    ]
    handed = part["handover"]
    handovers = [
        [name, *(cell for way in ("shared", "copied") for cell in handed_over(row.get(way)))]
        for name, row in handed["rows"].items()
    ]
    powers = [f"10^{len(size) - 1}" for size in sizes]
    ways = ("shared", "copied")
    return f"""\
## Six tools

The same probes, bound by ctypes, cffi, Cython, pybind11, nanobind and PyO3, all of plain loops.
Shared arrays are read in place, by each tool's own means; copied ones are lists that become the
tool's array or vector. Pure Python is the baseline.

### A scalar call

{table(["tool", *PROBES], scalar)}
### A sum

{table(["tool", *(f"{way}, {power}" for way in ways for power in powers)], reductions)}
### Handing over {handed["bytes"] >> 20:,} MiB

Time to the first value, and by how many MiB the peak memory rises.

{table(["tool", *(f"{way}, {what}" for way in ways for what in ("time", "MiB"))], handovers)}
![Six tools](figures/paper/tools.svg)
"""


PROBES = ("add(i, i)", "fibonacci(12)")


def handed_over(cell: dict[str, Any] | None) -> list[str]:
    """Write time and memory."""
    return [amount(cell["ns"]), memory(cell["peak"])] if cell else ["", ""]


def threads(runs: list[Results]) -> str:
    """Write what scales, by interpreter."""
    chapters = ["## Two threads, one container\n"]
    chapters.append(
        "Two Python threads call one container of `n` values at the same time. The figure is"
        " their throughput over that of one thread: 2 is the best that two cores can do, and 1"
        " means that the second thread adds nothing.\n"
    )
    for run in runs:
        part = run["threads"]
        lock = "with the GIL" if part["lock"] else "free-threaded"
        chapters.append(f"### Python {run['versions']['python']}, {lock}\n")
        chapters += [threads_of(part["rows"], statistic) for statistic in STATISTICS]
    if all(run["threads"]["lock"] for run in runs):
        chapters.append(
            "No free-threaded interpreter was measured:"
            " `make bench-paper PYTHON=python3.14t` adds one.\n"
        )
    return "\n".join(chapters)


def threads_of(rows: dict[str, Any], statistic: str) -> str:
    """Write one statistic."""
    sizes = list(next(iter(rows.values()))[statistic])
    lines = [
        [name, *(f"{cells[statistic][size]['ratio']:.2f}" for size in sizes)]
        for name, cells in rows.items()
    ]
    return table([TITLES[statistic], *(f"{int(size):,} values" for size in sizes)], lines)
