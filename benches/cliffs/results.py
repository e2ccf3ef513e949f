"""The results of a run: one line of CSV per cell, and JSON about the machine and the run.

Times are nanoseconds per call, the minimum over all rounds; errors are relative to the exact answer
and infinite where a library overflows or has no answer. Both are empty for libraries that do not
take part.
"""

import csv
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LIBRARIES = ("colstats", "numpy", "pyarrow", "polars", "duckdb")
KEY = ("type", "distribution", "layout", "rows", "statistic")
HEAD = [*KEY, *(f"{name} ns" for name in LIBRARIES), *(f"{name} error" for name in LIBRARIES)]
HERE = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Cell:
    """What was measured of one statistic of one sample; `rows` is the number of values."""

    type: str
    distribution: str
    layout: str
    rows: int
    statistic: str
    ns: dict[str, float]
    errors: dict[str, float]

    @property
    def ours(self) -> float:
        """Nanoseconds per call of colstats."""
        return self.ns["colstats"]

    @property
    def peers(self) -> dict[str, float]:
        """Nanoseconds per call of the others."""
        return {name: ns for name, ns in self.ns.items() if name != "colstats"}

    @property
    def fastest(self) -> str:
        """The fastest library of all."""
        return min(self.ns, key=lambda name: self.ns[name])

    @property
    def ratio(self) -> float:
        """The time of the fastest other library, relative to ours: below 1, colstats is behind."""
        return min(self.peers.values(), default=math.nan) / self.ours

    def line(self) -> list[str]:
        """The line of the file."""
        key = [str(getattr(self, name)) for name in KEY]
        times = [f"{self.ns[name]:.4g}" if name in self.ns else "" for name in LIBRARIES]
        errors = [f"{self.errors[name]:.2g}" if name in self.errors else "" for name in LIBRARIES]
        return [*key, *times, *errors]


def parsed(line: dict[str, str]) -> Cell:
    """Read a line of the file."""
    numbers: dict[str, dict[str, float]] = {
        what: {name: float(line[f"{name} {what}"]) for name in LIBRARIES if line[f"{name} {what}"]}
        for what in ("ns", "error")
    }
    kind, distribution, layout, rows, statistic = (line[name] for name in KEY)
    return Cell(kind, distribution, layout, int(rows), statistic, numbers["ns"], numbers["error"])


@dataclass(frozen=True)
class Results:
    """A run."""

    header: dict[str, Any]
    cells: list[Cell]

    @classmethod
    def read(cls, stem: Path) -> "Results":
        """Read what `write` has written."""
        header = json.loads(stem.with_suffix(".json").read_text(encoding="utf-8"))
        with stem.with_suffix(".csv").open(encoding="utf-8", newline="") as file:
            return cls(header, [parsed(line) for line in csv.DictReader(file)])

    def write(self, stem: Path) -> None:
        """Write both files."""
        stem.parent.mkdir(exist_ok=True)
        text = json.dumps(self.header, indent=1, default=str)
        stem.with_suffix(".json").write_text(text + "\n", encoding="utf-8")
        with stem.with_suffix(".csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(
                [HEAD, *(cell.line() for cell in self.cells)]
            )


def geometric_mean(numbers: Iterable[float]) -> float:
    """The geometric mean, NaN of nothing."""
    logs = [math.log(number) for number in numbers]
    return math.exp(sum(logs) / len(logs)) if logs else math.nan
