"""Measures everything that the report shows. Run it by ``make bench-paper``.

Only a failure of colstats itself ends the run: a binding that was not built, or a library that
fails, becomes a line of the report. Figures go to ``results/`` as JSON.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import benches.shared.one_thread  # noqa: F401 - before the libraries are loaded

# isort: split
import colstats as cs
from benches.paper import (
    anatomy,
    chunked,
    marshalling,
    published,
    qualities,
    serial,
    threads,
    tools,
)
from benches.paper.report.results import home
from benches.paper.rows import M1, M2, Failures
from benches.paper.samples import BYTES, SEED, Sample
from benches.shared import machine

STATUS = Path(__file__).parents[1] / "bindings" / "build" / "status.json"
PACKAGES = [
    "numpy",
    "pyarrow",
    "polars",
    "cffi",
    "cython",
    "pybind11",
    "nanobind",
    "maturin",
    "mypy",
]


@dataclass(frozen=True)
class Effort:
    """How much is measured. Experiments are counted for each sample."""

    name: str
    values: int
    samples: int
    experiments: int
    cold_experiments: int
    cold_exponents: tuple[int, ...]
    integers: int
    rounds: int
    marshalling: tuple[int, ...]
    handed_over: int


QUICK = Effort(
    "quick",
    values=published.VALUES,
    samples=1,
    experiments=3,
    cold_experiments=1,
    cold_exponents=(10, 14, 18),
    integers=10**7,
    rounds=5,
    marshalling=tuple(range(0, 25, 6)),
    handed_over=2**27,
)
FULL = Effort(
    "full",
    values=published.VALUES,
    samples=3,
    experiments=10,
    cold_experiments=2,
    cold_exponents=(10, 12, 14, 16, 18),
    integers=10**8,
    rounds=21,
    marshalling=tuple(range(0, 28, 3)),
    handed_over=2**30,
)


def sized(effort: Effort, values: int) -> Effort:
    """Use samples of another size, if memory allows; larger ones in fewer experiments."""
    room = int(machine.available_memory() * 0.7) // BYTES
    if values > room:
        print(f"{values:,} values need {values * BYTES >> 20:,} MiB: taking {room:,}", flush=True)
        values = room
    times = max(1, values // published.VALUES)
    return replace(
        effort,
        values=values,
        samples=max(1, effort.samples // times),
        experiments=max(1, effort.experiments // times),
        cold_experiments=1,
    )


def integers_that_fit(wanted: int) -> int:
    """Limit the integers of Table I by memory: 40 bytes each as Python's own, and 8 as int64."""
    return min(wanted, int(machine.available_memory() * 0.7) // 48)


def bindings() -> dict[str, Any]:
    """Read the outcomes of building the bindings."""
    if not STATUS.exists():
        return {}
    kept = ("ok", "seconds", "tool", "version", "error")
    statuses = json.loads(STATUS.read_text(encoding="utf-8"))
    return {name: {key: status[key] for key in kept} for name, status in statuses.items()}


def header(effort: Effort) -> dict[str, Any]:
    """Collect what a reader of the figures has to know."""
    return {
        "effort": asdict(effort),
        "seed": SEED,
        "machine": machine.machine(),
        "versions": machine.versions(PACKAGES),
        "build": cs.build_info(),
        "lock": threads.has_lock(),
        "bindings": bindings(),
    }


def measure(effort: Effort, tell: Callable[[str], None]) -> dict[str, Any]:
    """Measure part by part."""
    failures: Failures = {}
    samples = [Sample(number, effort.values) for number in range(effort.samples)]
    sizes = [2**exponent for exponent in effort.cold_exponents]
    plan = chunked.Plan(samples, published.CHUNKS, effort.experiments, failures, tell)
    cold = replace(plan, sizes=sizes, experiments=effort.cold_experiments)
    parts: dict[str, Callable[[], Any]] = {
        "anatomy": lambda: anatomy.measure(effort.rounds, failures),
        "M1": lambda: serial.whole(M1, samples, effort.experiments, failures),
        "M2": lambda: serial.whole(M2, samples, effort.experiments, failures),
        "faithful": lambda: chunked.faithful(plan),
        "sliced": lambda: chunked.sliced(plan),
        "per": lambda: chunked.per(plan),
        "cold": lambda: chunked.cold(cold),
        "threads": lambda: threads.measure(max(3, effort.rounds // 3), failures, tell),
        "marshalling": lambda: marshalling.measure(list(effort.marshalling), failures, tell),
        "tools": lambda: tools.measure(effort.handed_over, effort.rounds, failures, tell),
        "qualities": lambda: qualities.measure(failures, tell),
        "sums": lambda: serial.sums(integers_that_fit(effort.integers), effort.rounds, failures),
    }
    results: dict[str, Any] = {}
    for name, part in parts.items():
        tell(f"## {name}")
        start = time.monotonic()
        results[name] = part()
        tell(f"{name}: {time.monotonic() - start:.0f} s")
    return results | {"failures": failures}


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a shorter run, of some minutes")
    parser.add_argument(
        "--values", type=int, help=f"values of a sample (default: {published.VALUES:,})"
    )
    options = parser.parse_args()
    effort = QUICK if options.quick else FULL
    if options.values:
        effort = sized(effort, options.values)
    start = time.monotonic()

    def tell(message: str) -> None:
        print(f"{time.monotonic() - start:6.0f} s  {message}", file=sys.stderr, flush=True)

    cs.set_num_threads(1)
    report = header(effort) | measure(effort, tell)
    report["seconds"] = round(time.monotonic() - start)
    folder = home(effort.name) / "results"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{effort.name}{'' if threads.has_lock() else '-free-threaded'}.json"
    path.write_text(json.dumps(report, indent=1, default=str) + "\n", encoding="utf-8")
    tell(f"wrote {path.relative_to(Path.cwd())}")


if __name__ == "__main__":
    main()
