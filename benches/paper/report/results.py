"""The results of a run, and what several chapters derive from them."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from benches.paper import regression
from benches.paper.regression import Cells, Fit
from benches.paper.rows import FLOOR
from benches.shared.machine import bytes_of

STATISTICS = ("mean", "stddev")
TITLES = {"mean": "mean", "stddev": "standard deviation"}
PAPER = Path(__file__).parents[1]
OURS, NAIVE, REFERENCE = "colstats M2", "PyO3", "NumPy"
OURS_M1 = "colstats M1, pyarrow"


def home(form: str) -> Path:
    """The folder of a run's results; those of a quick run are not committed."""
    return PAPER / "quick" if form == "quick" else PAPER


@dataclass(frozen=True)
class Results:
    """A run."""

    data: dict[str, Any]

    @classmethod
    def read(cls, path: Path) -> "Results":
        """Read the JSON of a run."""
        return cls(json.loads(path.read_text(encoding="utf-8")))

    def __getitem__(self, key: str) -> Any:
        return self.data[key]

    @property
    def values(self) -> int:
        """The number of values in a sample."""
        return int(self["effort"]["values"])

    @property
    def floor(self) -> float:
        """Microseconds of an empty call, measured among the shortest chunks."""
        cell = self.faithful[str(self.sizes[0])][FLOOR]["mean"]
        return float(cell["median"]) / int(cell["calls"])

    @property
    def faithful(self) -> Cells:
        """The chunks as the paper makes them."""
        return self["faithful"]

    @cached_property
    def sizes(self) -> list[int]:
        """The chunk sizes."""
        return [int(size) for size in self.faithful]

    @cached_property
    def rows(self) -> list[str]:
        """The rows that were measured at all chunk sizes."""
        cells = self.faithful.values()
        everywhere = [name for name in next(iter(cells)) if all(name in cell for cell in cells)]
        return [name for name in everywhere if name != FLOOR]

    @cached_property
    def cached(self) -> Cells:
        """The sizes of chunks that fit into the second-level cache with their source and more.

        Beyond these a value costs more, and fits through all totals would understate the cost of a
        call.
        """
        limit = bytes_of(self["machine"]["caches"].get("L2", "1G")) // 4
        return {size: cell for size, cell in self.faithful.items() if int(size) * 8 <= limit}

    @property
    def has_qualities(self) -> bool:
        """Whether the run measured what Tables III and IX show."""
        return bool(self.data.get("qualities"))

    def has(self, *names: str) -> bool:
        """Whether all these rows took part."""
        return all(name in self.rows for name in names)

    def totals(self, row: str, statistic: str, arm: str = "faithful") -> list[float]:
        """Give the median totals over all chunk sizes, in microseconds."""
        return [float(cell[row][statistic]["median"]) for cell in self[arm].values()]

    def ratios(self, slow: str, fast: str, statistic: str) -> list[float]:
        """The ratio of two rows' totals, by chunk size."""
        pairs = zip(self.totals(slow, statistic), self.totals(fast, statistic), strict=True)
        return [one / other for one, other in pairs]

    def corrected(self, row: str, statistic: str) -> Fit:
        """Fit what a call costs."""
        return regression.corrected(self.cached, row, statistic)

    def as_published(self, row: str, statistic: str) -> Fit:
        """Fit what a call costs, as the paper does."""
        return regression.as_published(self.faithful, row, statistic, self.values)

    def crossing(self, statistic: str) -> float | None:
        """Find the chunk size above which NumPy is faster than the naive loop."""
        one, other = self.totals(NAIVE, statistic), self.totals(REFERENCE, statistic)
        return regression.crossing_of_totals(self.sizes, one, other)
