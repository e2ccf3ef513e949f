"""Statistics of tables that no single process holds: the part that all engines share.

Whatever engine holds the partitions, the way is the same, and three functions are all of it:

1. :func:`partial` turns a partition into states: an Arrow table of a few hundred bytes a column.
2. :func:`join` makes one such table of many, as often as there are too many of them.
3. :func:`conclude` joins the last of them, on the driver; the result is asked for statistics.

States are exact, so neither order nor the shape of the tree matters, and neither do retries: the
answer has the bits that one process would have found.

>>> import pyarrow as pa
>>> parts = [pa.table({"x": [1e16, 1.0]}), pa.table({"x": [-1e16]})]
>>> conclude(join([partial(part) for part in parts])).mean()["x"][0].as_py()
0.3333333333333333
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from arro3.core import RecordBatch

from colstats._native import GroupedMoments, Moments, MomentsTable, merge
from colstats._native import moments as moments_of
from colstats.layout import quoted
from colstats.summary import GroupedSummary, Summary, expect_valid, summarize

__all__ = ["Engine", "Plan", "conclude", "join", "partial"]

#: How many tables of states are joined at once.
FAN_IN = 32

States: TypeAlias = MomentsTable | GroupedMoments


@dataclass(frozen=True)
class Plan:
    """What is asked of every partition; it can be pickled."""

    by: str | Sequence[str] | None = None
    columns: Sequence[str | int] | None = None
    numeric_only: bool = False
    #: How many tables of states are joined at once.
    fan_in: int = FAN_IN

    def __post_init__(self) -> None:
        if self.fan_in < 2:
            raise ValueError(f"fan_in must be at least 2, not {self.fan_in}")

    def partial(self, data: Any) -> States:
        """Turn a partition into states; see :func:`partial`."""
        which: dict[str, Any] = {"columns": self.columns, "numeric_only": self.numeric_only}
        if self.by is not None:
            which["by"] = self.by
        states: States = moments_of(data, threads=1, **which)
        return states

    def groups(self, parts: Sequence[Any]) -> Iterator[Sequence[Any]]:
        """Cut what is to be joined into pieces that are joined at once."""
        for start in range(0, len(parts), self.fan_in):
            yield parts[start : start + self.fan_in]


def partial(
    data: Any,
    *,
    by: str | Sequence[str] | None = None,
    columns: Sequence[str | int] | None = None,
    numeric_only: bool = False,
) -> States:
    """Turn a partition into states.

    Args:
        data: A table: any Arrow object, or a stream of batches.
        by: The names of the columns that tell groups apart.
        columns: The names of the columns to use.
        numeric_only: Whether to leave out the columns that are no numbers.

    Returns:
        What ``colstats.moments`` gives: a table of Arrow with a row for each column or each group,
        which can be pickled.

    """
    return Plan(by, columns, numeric_only).partial(data)


def join(tables: Iterable[Any]) -> list[Any]:
    """Make one table of many: a list of it.

    Those that do not belong together, such as states of values of two types, are handed on as they
    are: :func:`conclude` tells the driver what is wrong with them, in words that no engine buries
    under the traceback of a worker.
    """
    tables = list(tables)
    try:
        return [merge(*tables)] if tables else []
    except (TypeError, ValueError):
        return tables


def conclude(tables: Iterable[Any], none: States | None = None) -> States:
    """Join the last tables, and see whether all partitions had all columns.

    Args:
        tables: What is left of all partitions.
        none: The states of no rows at all: for the order of the columns, which shuffles forget, and
            as the answer if there is no partition.

    """
    tables = list(tables) or ([] if none is None else [none])
    if not tables:
        raise ValueError("there are no partitions, so nobody knows which columns there are")
    states: States = merge(*tables)
    if isinstance(states, GroupedMoments):
        return states
    return in_order(states, none if isinstance(none, MomentsTable) else ())


def in_order(states: MomentsTable, names: Iterable[str]) -> MomentsTable:
    """Put columns in order, after a look whether they have as many rows."""
    rows = {name: len(states[name]) for name in states}
    whole = max(rows.values(), default=0)
    for name, count in rows.items():
        if count < whole:
            raise ValueError(
                f"column {quoted(name)} is missing in some partitions: it has {count:,} rows, "
                f"others have {whole:,}; select the columns that all partitions have"
            )
    return MomentsTable({name: states[name] for name in dict.fromkeys([*names, *rows])})


def statistic(name: str) -> Callable[..., RecordBatch]:
    """Make the method that asks for a statistic."""

    def ask(
        self: "Engine",
        data: Any,
        *,
        by: str | Sequence[str] | None = None,
        columns: Sequence[str | int] | None = None,
        numeric_only: bool = False,
        fan_in: int = FAN_IN,
        **options: Any,
    ) -> RecordBatch:
        getattr(Moments("float64"), name)(**options)  # refuses unknown options before any work
        plan = Plan(by, columns, numeric_only, fan_in)
        answer: RecordBatch = getattr(self.conclude(data, plan), name)(**options)
        return answer

    ask.__name__ = ask.__qualname__ = name
    ask.__doc__ = f"""Answer as ``colstats.{name}`` does, for each column of a distributed table.

    Args:
        data: The table.
        by: The names of the columns that tell groups apart.
        columns: The names of the columns to use.
        numeric_only: Whether to leave out the columns that are no numbers.
        fan_in: How many tables of states are joined at once.
        options: As for ``colstats.{name}``.

    """
    return ask


class Engine(ABC):
    """Somebody who holds partitions; an adapter says how they become states, and are joined."""

    @abstractmethod
    def states(self, data: Any, plan: Plan) -> tuple[Sequence[Any], States | None]:
        """Turn partitions into few tables of states; give the states of no rows beside them."""

    def conclude(self, data: Any, plan: Plan) -> States:
        """Turn partitions into the states of the whole."""
        return conclude(*self.states(data, plan))

    def moments(
        self,
        data: Any,
        *,
        by: str | Sequence[str] | None = None,
        columns: Sequence[str | int] | None = None,
        numeric_only: bool = False,
        fan_in: int = FAN_IN,
    ) -> States:
        """Gather what all statistics of a distributed table need, as ``colstats.moments`` does.

        Args:
            data: The table.
            by: The names of the columns that tell groups apart.
            columns: The names of the columns to use.
            numeric_only: Whether to leave out the columns that are no numbers.
            fan_in: How many tables of states are joined at once.

        """
        return self.conclude(data, Plan(by, columns, numeric_only, fan_in))

    def describe(
        self,
        data: Any,
        *,
        by: str | Sequence[str] | None = None,
        columns: Sequence[str | int] | None = None,
        numeric_only: bool = False,
        fan_in: int = FAN_IN,
        ddof: int = 0,
        skip_nulls: bool = True,
        skip_nans: bool = False,
    ) -> Summary:
        """Describe each column of a distributed table, as ``colstats.describe`` does."""
        options: dict[str, Any] = {"ddof": ddof, "skip_nulls": skip_nulls, "skip_nans": skip_nans}
        expect_valid(**options)
        states = self.conclude(data, Plan(by, columns, numeric_only, fan_in))
        if isinstance(states, GroupedMoments):
            return GroupedSummary(states, **options)
        return summarize(((name, states[name]) for name in states), **options)

    count = statistic("count")
    sum = statistic("sum")
    mean = statistic("mean")
    variance = statistic("variance")
    stddev = statistic("stddev")
    min = statistic("min")
    max = statistic("max")


def expect(data: Any, expected: type, what: str) -> None:
    """Refuse what is no table of an engine."""
    if not isinstance(data, expected):
        name = f"{type(data).__module__}.{type(data).__qualname__}"
        raise TypeError(f"expected {what}, not {name}; colstats itself takes what is held here")
