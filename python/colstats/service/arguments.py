"""The arguments of calls, and how they are sent."""

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias, get_args

from colstats._native import GroupedMoments, MomentsTable

__all__ = ["By", "Columns", "Instant", "Per", "States", "definition", "names", "text", "valid_per"]

#: A point in time: an object with ``isoformat()``, or its text. Without a zone, it is in UTC.
Instant: TypeAlias = Any
Columns: TypeAlias = Sequence[str] | None
By: TypeAlias = str | Sequence[str] | None
Per: TypeAlias = Literal["all", "bucket"]
States: TypeAlias = MomentsTable | GroupedMoments


def names(given: By) -> list[str]:
    """Return a list of names, of which there may be one or none."""
    return [] if given is None else [given] if isinstance(given, str) else list(given)


def text(instant: Instant | None) -> str | None:
    """Return a point in time as it is sent."""
    return instant if instant is None or isinstance(instant, str) else str(instant.isoformat())


def valid_per(per: Per) -> Per:
    """Refuse other words, and widths of buckets, which only the definition of a dataset has."""
    if per not in get_args(Per):
        raise ValueError(
            f'per is "all" or "bucket", whose width the dataset defines by time=, not {per!r}'
        )
    return per


def definition(
    by: By, time: tuple[str, str] | None, columns: Columns, open: bool | None
) -> dict[str, Any]:
    """Return the parts of a definition that are given, as they are sent."""
    parts: dict[str, Any] = {}
    if by is not None:
        parts["by"] = names(by)
    if time is not None:
        if isinstance(time, str) or len(time) != 2:
            raise TypeError(
                'time takes a column and the width of its buckets, as in ("at", "1h"), '
                f"not {time!r}"
            )
        column, every = time
        parts["time"] = {"column": column, "every": every}
    if columns is not None:
        parts["columns"] = names(columns)
    if open is not None:
        parts["open"] = open
    return parts
