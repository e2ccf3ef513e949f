"""Co-moments of groups: what ``colstats.comoments`` returns with ``by``."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, TypeAlias, TypeVar

from arro3.core import Array, DataType
from arro3.core import Table as ArrowTable

from colstats._native import (
    CoMoments,
    GroupedMoments,
    Rows,
    _stored_groups,
    comoments,
    merge,
    moments,
)
from colstats.fits import Fit, printable

__all__: list[str] = []

#: The column of states in the Arrow form.
STATES = "comoments"
#: How many parts are merged at a time.
FAN_IN = 32

Answer = TypeVar("Answer")
#: Groups, and the state of each.
Part: TypeAlias = tuple[GroupedMoments, list[CoMoments]]


class GroupedCoMoments:
    """The co-moments of a table, for each group of rows that have the same key.

    It is a mapping of the keys, in ascending order as in `GroupedMoments`; with several key
    columns, a key is a tuple. ``update`` adds the rows of a table, ``+`` and ``sum`` join the
    groups of parts.

    It is an Arrow table itself, with one row for each group: the columns of the keys, then
    ``comoments`` with the serialized states. Any Arrow library can store, shuffle or send it.

    Args:
        data: An Arrow table of such states, in which rows of the same key are merged.

    Examples:
        >>> import colstats as cs
        >>> table = {"k": [7, 7, 9, 9], "a": [0, 1, 2, 3], "y": [1, 3, 7, 8]}
        >>> groups = cs.comoments(table, by="k")
        >>> groups
        <colstats.GroupedCoMoments by "k": 2 groups>
        >>> groups[7].linear_fit("a", "y")["slope"]
        2.0
        >>> {key: fit["a"] for key, fit in groups.ols(y="y", x="a").items()}
        {7: 2.0, 9: 1.0}

    """

    #: The groups, each with the position of its state, which is that of the group.
    _places: GroupedMoments
    _states: list[CoMoments]

    __slots__ = ("_places", "_states")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, data: object, /) -> None:
        """Read an Arrow table of states."""
        if isinstance(data, GroupedCoMoments):
            self._places, self._states = data._places, data._states
            return
        whole = merged([_stored_groups(data)])
        self._places, self._states = whole._places, whole._states

    @classmethod
    def _of_parts(cls, parts: list[Part]) -> "GroupedCoMoments":
        """Join what the native module has computed, of each batch the keys and the states."""
        return merged(parts)

    @classmethod
    def _of(cls, places: GroupedMoments, states: list[CoMoments]) -> "GroupedCoMoments":
        groups = cls.__new__(cls)
        groups._places, groups._states = places, states
        return groups

    @property
    def by(self) -> list[str]:
        """The names of the key columns."""
        return self._places.by

    @property
    def columns(self) -> list[str] | None:
        """The names of the columns; None if there is no group."""
        return self._states[0].columns if self._states else None

    def keys(self) -> Rows:
        """Return the keys of the groups, in order: Rows. Iteration gives them as Python values."""
        return self._places.keys()

    def __iter__(self) -> Iterator[Any]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._states)

    def __getitem__(self, key: Any) -> CoMoments:
        """Return the state of the group with a key."""
        return self._states[int(self._places[key][0].sum())]

    def __contains__(self, key: object) -> bool:
        return key in self._places

    def get(self, key: Any, default: Any = None, /) -> Any:
        """Return the state of the group with a key, or a default."""
        try:
            return self[key]
        except KeyError:
            return default

    def values(self) -> list[CoMoments]:
        """Return the states of the groups, in the order of the keys."""
        return list(self._states)

    def items(self) -> list[tuple[Any, CoMoments]]:
        """Return the keys and the states of the groups."""
        return list(zip(self, self._states, strict=True))

    def update(self, table: Any, /, *, weights: Any = None, threads: int | None = None) -> None:
        """Add the rows of a table, with the same key columns, as ``CoMoments.update`` does."""
        options: dict[str, Any] = {"weights": weights, "threads": threads}
        if self._states:
            options |= {"columns": self.columns, "degree": self._states[0].degree}
        whole = self + comoments(table, by=self.by, **options)
        self._places, self._states = whole._places, whole._states

    def merge(self, other: "GroupedCoMoments", /) -> None:
        """Add the groups of other rows, which have the same key columns."""
        whole = self + other
        self._places, self._states = whole._places, whole._states

    def __add__(self, other: "GroupedCoMoments", /) -> "GroupedCoMoments":
        if not isinstance(other, GroupedCoMoments):
            return NotImplemented
        if self.by != other.by:
            raise ValueError(
                f"groups by {quoted_all(self.by)} cannot be merged with groups by "
                f"{quoted_all(other.by)}"
            )
        return merged([(part._places, part._states) for part in (self, other)])

    def __radd__(self, other: object, /) -> "GroupedCoMoments":
        """``sum`` begins with 0."""
        return GroupedCoMoments(self) if type(other) is int and other == 0 else NotImplemented

    def __eq__(self, other: object, /) -> bool:
        if not isinstance(other, GroupedCoMoments):
            return NotImplemented
        return self._places == other._places and self._states == other._states

    def covariance(self, **options: Any) -> dict[Any, Rows]:
        """Return the covariances of each group by its key; see ``CoMoments.covariance``."""
        return self._each(lambda state: state.covariance(**options))

    def correlation(self, **options: Any) -> dict[Any, Rows]:
        """Return the correlations of each group by its key; see ``CoMoments.correlation``."""
        return self._each(lambda state: state.correlation(**options))

    def linear_fit(self, x: str | int, y: str | int, /, **options: Any) -> dict[Any, Fit]:
        """Fit a line to two columns in each group; see ``CoMoments.linear_fit``."""
        return self._each(lambda state: state.linear_fit(x, y, **options))

    def ols(self, *, y: Any, x: Any, **options: Any) -> dict[Any, Fit]:
        """Fit a column to others in each group; see ``CoMoments.ols``.

        Returns:
            The fits by the keys of the groups.

        """
        return self._each(lambda state: state.ols(y=y, x=x, **options))

    def _each(self, ask: Callable[[CoMoments], Answer]) -> dict[Any, Answer]:
        answers = {}
        for key, state in self.items():
            try:
                answers[key] = ask(state)
            except ValueError as refused:
                raise ValueError(f"group {key!r}: {refused}") from None
        return answers

    def __repr__(self) -> str:
        count = f"{len(self)} group{'' if len(self) == 1 else 's'}"
        return f"<colstats.GroupedCoMoments by {quoted_all(self.by)}: {count}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return GroupedCoMoments._of, (self._places, self._states)

    def _table(self) -> ArrowTable:
        stored = Array([state.to_bytes() for state in self._states], DataType.large_binary())
        return key_table(self._places).append_column(STATES, stored)

    def __arrow_c_schema__(self) -> object:
        """Export the schema of the table of states."""
        return self._table().schema.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Export a row for each group."""
        return self._table().__arrow_c_stream__(requested_schema)


def quoted(name: str) -> str:
    """Return a name as the native module shows it."""
    return f'"{printable(name)}"'


def quoted_all(names: Iterable[str]) -> str:
    """Return names as they are shown."""
    return ", ".join(map(quoted, names))


def key_table(groups: GroupedMoments) -> ArrowTable:
    """Return the keys of groups as an Arrow table."""
    return ArrowTable.from_arrow(groups.keys())


def merged(parts: Iterable[Part]) -> GroupedCoMoments:
    """Merge groups, in order of their keys, and their states, of one part at least."""
    parts = iter(parts)
    some = list(islice(parts, FAN_IN))
    while True:
        whole = merged_at_once(some)
        some = list(islice(parts, FAN_IN))
        if not some:
            return whole
        some.insert(0, (whole._places, whole._states))


def merged_at_once(parts: list[Part]) -> GroupedCoMoments:
    """Merge a few parts.

    The machinery of groups finds equal keys, of types that widen: each part is a column of
    positions, and a group has one of each part that it is in.
    """
    by = parts[0][0].by
    if STATES in by:
        raise ValueError(f"the key {quoted(STATES)} clashes with the column of states: rename it")
    names = unused(by, len(parts))
    states = [part for _, part in parts]
    placed = [with_positions(groups, name) for name, (groups, _) in zip(names, parts, strict=True)]
    if len(parts) == 1:
        return GroupedCoMoments._of(placed[0], states[0])
    joined = merge(*placed, missing="null")
    sums = joined.sum()
    whole = [
        merge(*(part[at] for part, at in zip(states, places, strict=True) if at is not None))
        for places in zip(*(sums[name] for name in names), strict=True)
    ]
    return GroupedCoMoments._of(with_positions(joined, names[0]), whole)


def with_positions(groups: GroupedMoments, name: str) -> GroupedMoments:
    """Return groups with their positions in a column."""
    keys = key_table(groups)
    numbers = Array(range(keys.num_rows), DataType.int64())
    placed: GroupedMoments = moments(keys.append_column(name, numbers), by=groups.by)
    return placed


def unused(names: list[str], count: int) -> list[str]:
    """Return names of columns that are not taken."""
    free = (f"part {number}" for number in range(count + len(names)))
    return list(islice((name for name in free if name not in names), count))
