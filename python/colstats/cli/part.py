"""A part of the output: what is described on its own."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from colstats.layout import Row
from colstats.summary import Summary

if TYPE_CHECKING:  # it needs pyarrow
    from colstats.cli.correlations import Correlations


@dataclass
class Part:
    """A summary, and where its rows are: nowhere special if they are all rows."""

    summary: "Summary | Correlations"
    place: dict[str, Any] = field(default_factory=dict)

    def heading(self) -> str:
        """Say in words where the rows are."""
        first, count = self.place["first_row"], self.place["rows"]
        rows = f"rows {first:,} to {first + count - 1:,}" if count else "no rows"
        if "window" in self.place:
            return f"window {self.place['window']}: {rows}"
        return f"{self.place['file']}, chunk {self.place['chunk']}: {rows}"

    def rows(self) -> Iterator[Row]:
        """Return the rows, each with its place in front."""
        return (self.place | row for row in self.summary.to_list())
