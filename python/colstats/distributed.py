"""Statistics of tables that no single process holds: the part that all engines share.

Three functions do the work, whatever engine holds the partitions:

1. ``partial`` turns a partition into states: an Arrow table of a few hundred bytes per column.
2. ``join`` merges many such tables into one, in as many rounds as the engine likes.
3. ``conclude`` merges the last of them on the driver; the result answers every statistic.

States are exact, so neither the order of the partitions, nor the shape of the tree, nor retries
change the answer: it has the bits that one process would have computed.

>>> import pyarrow as pa
>>> parts = [pa.table({"x": [1e16, 1.0]}), pa.table({"x": [-1e16]})]
>>> conclude(join([partial(part) for part in parts])).mean()["x"]
0.3333333333333333

Quantiles have no state: they take several rounds, each of which is such a pass over the partitions.
See ``Round``.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from inspect import get_annotations, signature
from typing import Any, Literal, Protocol, TypeAlias

from colstats import _statistics
from colstats._native import (
    CoMoments,
    GroupedMoments,
    Moments,
    MomentsTable,
    Row,
    Rows,
    Table,
    _joined,
    _quantile_step,
    _tallied,
    _tally,
    merge,
)
from colstats._native import comoments as comoments_of
from colstats._native import moments as moments_of
from colstats._native import quantile as quantile_of
from colstats.grouped import GroupedCoMoments
from colstats.layout import quoted
from colstats.summary import GroupedSummary, Summary, expect_valid, summarize

__all__ = ["Engine", "Plan", "Round", "conclude", "join", "partial"]

#: How many tables of states are merged at a time.
FAN_IN = 32

#: What becomes of a column that some partitions lack, as for ``colstats.merge``.
Missing: TypeAlias = Literal["refuse", "null"]
#: If missing columns are null, a column of this name counts the rows, as nulls. Engines may spread
#: the states of a partition, so only the number of all rows says how many a column lacks.
ROWS = "colstats.rows"

#: The short names of statistics.
ALIASES = {"var": "variance", "std": "stddev"}
#: The statistics of an engine, and all that an adapter offers.
STATISTICS = [name for name in get_annotations(_statistics) if name not in ALIASES]
#: What needs the columns together.
TOGETHER = ["comoments", "covariance", "correlation", "linear_fit", "ols"]
VERBS = sorted([*STATISTICS, *ALIASES, *TOGETHER, "moments", "describe", "median", "quantile"])

States: TypeAlias = MomentsTable | GroupedMoments
StatesTogether: TypeAlias = CoMoments | GroupedCoMoments


@dataclass(frozen=True)
class Plan:
    """What is computed for each partition; it can be pickled."""

    by: str | Sequence[str] | None = None
    columns: Sequence[str | int] | None = None
    numeric_only: bool = False
    #: How many tables of states are merged at a time.
    fan_in: int = FAN_IN
    missing: Missing = "refuse"

    def __post_init__(self) -> None:
        if self.fan_in < 2:
            raise ValueError(f"fan_in must be at least 2, not {self.fan_in}")
        merge(MomentsTable(), missing=self.missing)  # refuses other words

    def partial(self, data: Any) -> Any:
        """Turn a partition into states; see ``partial``."""
        if self.missing == "null" and hasattr(data, "__len__"):  # a stream has one schema
            data = Table(data)
        columns = self.columns
        if isinstance(data, Table) and columns is not None:
            known = data.column_names
            columns = [name for name in columns if not isinstance(name, str) or name in known]
        which: dict[str, Any] = {"columns": columns, "numeric_only": self.numeric_only}
        if self.by is not None:
            which["by"] = self.by
        states: States = moments_of(data, threads=1, **which)
        if self.missing == "null" and isinstance(states, MomentsTable):
            rows = len(data) if isinstance(data, Table) else length(states)
            states = _joined([states, _joined([MomentsTable({ROWS: Moments("null")})], rows)])
        return states

    def join(self, tables: Iterable[Any]) -> list[Any]:
        """Merge many tables of states into one; see ``join``."""
        return join(tables, self.missing)

    def conclude(self, tables: Iterable[Any], none: Any) -> Any:
        """Merge the last tables of states; see ``conclude``."""
        return conclude(tables, none, self.missing)

    def groups(self, parts: Sequence[Any]) -> Iterator[Sequence[Any]]:
        """Split tables of states into groups of at most ``fan_in``, each merged at a time."""
        for start in range(0, len(parts), self.fan_in):
            yield parts[start : start + self.fan_in]


@dataclass(frozen=True)
class PlanTogether(Plan):
    """The same for the columns together: co-moments."""

    degree: int = 1
    weights: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        CoMoments(degree=self.degree)  # refuses others
        if self.weights is not None and not isinstance(self.weights, str):
            raise TypeError("weights= takes the name of a column: partitions have no other weights")

    def partial(self, data: Any) -> StatesTogether:
        """Turn a partition into its co-moments."""
        which: dict[str, Any] = {"by": self.by, "columns": self.columns, "degree": self.degree}
        states: StatesTogether = comoments_of(data, weights=self.weights, threads=1, **which)
        return states

    def join(self, tables: Iterable[Any]) -> list[Any]:
        """Merge co-moments; those that cannot be merged are passed on, to fail on the driver."""
        tables = list(tables)
        try:
            return [self.merged(tables)] if tables else []
        except (TypeError, ValueError):
            return tables

    def merged(self, tables: Iterable[Any]) -> StatesTogether:
        """Merge co-moments, and Arrow tables of them."""
        if self.by is not None:
            whole: StatesTogether = sum(map(GroupedCoMoments, tables))  # type: ignore[assignment]
            return whole
        kept = (it if isinstance(it, CoMoments) else CoMoments(it) for it in tables)
        return merge(*kept)

    def conclude(self, tables: Iterable[Any], none: StatesTogether | None) -> StatesTogether:
        """Merge the last co-moments, with the columns in the order of the table."""
        tables = list(tables) or ([] if none is None else [none])
        if not tables:
            raise ValueError("there are no partitions, so the columns are unknown")
        whole = self.merged(tables)
        if isinstance(whole, CoMoments) and isinstance(none, CoMoments):
            names = none.columns or []
            if sorted(names) == sorted(whole.columns or []):
                return merge(CoMoments(names), whole)
        return whole


#: The name of the column of what a round has counted.
TALLY = "colstats_tally"

Interpolation: TypeAlias = Literal["linear", "lower", "higher", "nearest", "midpoint"]


@dataclass(frozen=True)
class Round(Plan):
    """A round of the search for quantiles: what is counted in each partition.

    The driver asks how many values lie in each of some buckets, and in the next round in parts of
    the bucket with the quantile. Counts are added up as states are, in any order. Values of up to
    64 bits take at most four rounds, if there are not many quantiles at a time, and mostly three.
    """

    name: str = "quantile"
    interpolation: Interpolation = "linear"
    #: What the driver asks, if it has asked before.
    request: bytes | None = None

    def partial(self, data: Any) -> Any:
        """Count the values of a partition: an Arrow table of one row."""
        which: dict[str, Any] = {"columns": self.columns, "numeric_only": self.numeric_only}
        return _tally(data, self.name, self.request, interpolation=self.interpolation, **which)

    def join(self, tables: Iterable[Any]) -> list[Any]:
        """Add up counts; those that cannot be are passed on, as states are by ``join``."""
        tables = list(tables)
        try:
            return [_tallied(tables)] if tables else []
        except (TypeError, ValueError):
            return tables


def partial(
    data: Any,
    *,
    by: str | Sequence[str] | None = None,
    columns: Sequence[str | int] | None = None,
    numeric_only: bool = False,
    missing: Missing = "refuse",
) -> States:
    """Turn a partition into states.

    Args:
        data: A table: any Arrow object, or a stream of batches.
        by: The names of the columns to group by.
        columns: The names of the columns to use.
        numeric_only: Whether to leave out columns that are not numeric.
        missing: What becomes of columns that some partitions lack, as for ``colstats.merge``.

    Returns:
        What ``colstats.moments`` returns: an Arrow table with a row for each column, or for each
        group, which can be pickled.

    """
    states: States = Plan(by, columns, numeric_only, missing=missing).partial(data)
    return states


def join(tables: Iterable[Any], missing: Missing = "refuse") -> list[Any]:
    """Merge many tables of states into one; returns a list that holds it.

    Tables that cannot be merged, such as states of values of two types, are passed on unchanged.
    ``conclude`` then raises the error on the driver, where no engine buries its message under
    the traceback of a worker.
    """
    tables = list(tables)
    try:
        return [_joined(tables, missing=missing)] if tables else []
    except (TypeError, ValueError):
        return tables


def conclude(
    tables: Iterable[Any], none: States | None = None, missing: Missing = "refuse"
) -> States:
    """Merge the last tables of states, and see to columns that some partitions lack.

    Args:
        tables: The states of all partitions, joined or not.
        none: The states of a table without rows. It gives the order of the columns, which a
            shuffle forgets, and the answer if there are no partitions.
        missing: What becomes of columns that some partitions lack, as for ``colstats.merge``. If
            they are null, ``partial`` must have been told.

    """
    tables = list(tables) or ([] if none is None else [none])
    if not tables:
        raise ValueError(
            "there are no partitions, so the columns are unknown: pass the states of a table "
            "without rows as `none`"
        )
    states = _joined(tables, missing=missing)
    if isinstance(states, GroupedMoments):
        return states
    order = [name for name in none if name != ROWS] if isinstance(none, MomentsTable) else []
    if ROWS in states:
        rows = len(states[ROWS])
        unseen = MomentsTable({name: Moments() for name in order})
        named = MomentsTable({name: state for name, state in states.items() if name != ROWS})
        states = _joined([named, unseen], rows)
    return in_order(states, order)


def length(states: MomentsTable) -> int:
    """Return the number of rows of the longest column."""
    return max(map(len, states.values()), default=0)


def in_order(states: MomentsTable, names: Iterable[str]) -> MomentsTable:
    """Put columns in the order of the names, and check that they all have the same length."""
    whole = length(states)
    for name, state in states.items():
        if len(state) < whole:
            raise ValueError(
                f"column {quoted(name)} is missing in some partitions: it has {len(state):,} rows, "
                f"others have {whole:,}; select the columns that all partitions have, or count it "
                'as null there with missing="null"'
            )
    return MomentsTable({name: states[name] for name in dict.fromkeys([*names, *states])})


class Statistic(Protocol):
    """A statistic of a distributed table; ``options`` are those that it has elsewhere."""

    def __call__(
        self,
        data: Any,
        *,
        by: str | Sequence[str] | None = None,
        columns: Sequence[str | int] | None = None,
        numeric_only: bool = False,
        fan_in: int = FAN_IN,
        missing: Missing = "refuse",
        **options: Any,
    ) -> Rows:
        """Return a Row, or with ``by`` Rows, one for each group."""
        ...


def statistic(name: str) -> Statistic:
    """Make the method of engines that computes a statistic, with the options of `Moments`."""

    def compute(
        self: "Engine",
        data: Any,
        *,
        by: str | Sequence[str] | None = None,
        columns: Sequence[str | int] | None = None,
        numeric_only: bool = False,
        fan_in: int = FAN_IN,
        missing: Missing = "refuse",
        **options: Any,
    ) -> Rows:
        getattr(Moments("float64"), name)(**options)  # refuses bad options before the work
        plan = Plan(by, columns, numeric_only, fan_in, missing)
        answer: Rows = getattr(self.conclude(data, plan), name)(**options)
        return answer

    *own, _ = signature(compute).parameters.values()
    _, *options = signature(getattr(Moments, name)).parameters.values()
    shown = signature(compute).replace(parameters=[*own, *options])
    compute.__signature__ = shown  # type: ignore[attr-defined]
    compute.__name__ = compute.__qualname__ = name
    compute.__doc__ = f"""Compute ``colstats.{name}`` of each column of a distributed table.

    Args:
        data: The table.
        by: The names of the columns to group by.
        columns: The names of the columns to use.
        numeric_only: Whether to leave out columns that are not numeric.
        fan_in: How many tables of states are merged at a time.
        missing: What becomes of columns that some partitions lack: ``"refuse"`` is an error that
            names them, ``"null"`` counts them as null there.
        {", ".join(option.name for option in options)}: As for ``colstats.{name}``.

    """
    return compute  # type: ignore[return-value] # as it looks once it is bound


class Engine(ABC):
    """What holds the partitions; an adapter says how they become states, and how these meet."""

    @abstractmethod
    def states(self, data: Any, plan: Plan) -> tuple[Sequence[Any], Any]:
        """Turn partitions into a few tables of states.

        Returns:
            The tables, and the states of a table without rows if its columns are known.

        """

    def conclude(self, data: Any, plan: Plan) -> States:
        """Turn partitions into the states of the whole table."""
        states: States = plan.conclude(*self.states(data, plan))
        return states

    def quantile(
        self,
        data: Any,
        q: float | Iterable[float],
        *,
        interpolation: Interpolation = "linear",
        columns: Sequence[str | int] | None = None,
        numeric_only: bool = False,
        fan_in: int = FAN_IN,
        skip_nulls: bool = True,
        min_count: int = 1,
        skip_nans: bool = False,
    ) -> Row | Rows:
        """Compute ``colstats.quantile`` of each column of a distributed table.

        The answer has the bits that one process would have computed. It takes up to four rounds,
        rarely five, each of which reads all partitions: cache or persist a table that is computed
        anew each time.

        Args:
            data: The table.
            q: A number from 0 to 1, or a list of them.
            interpolation: What lies between two values, as for ``colstats.quantile``.
            columns: The names of the columns to use.
            numeric_only: Whether to leave out columns that are not numeric.
            fan_in: How many tables of counts are merged at a time.
            skip_nulls: As for ``colstats.quantile``.
            min_count: As for ``colstats.quantile``.
            skip_nans: As for ``colstats.quantile``.

        """
        if isinstance(q, Iterable):
            q = list(q)
        nulls: dict[str, Any] = {"skip_nulls": skip_nulls, "min_count": min_count}
        asked = Round(None, columns, numeric_only, fan_in, interpolation=interpolation)
        return self.in_rounds(data, asked, q, **nulls, skip_nans=skip_nans)

    def median(
        self,
        data: Any,
        *,
        columns: Sequence[str | int] | None = None,
        numeric_only: bool = False,
        fan_in: int = FAN_IN,
        skip_nulls: bool = True,
        min_count: int = 1,
        skip_nans: bool = False,
    ) -> Row | Rows:
        """Compute ``colstats.median`` of each column of a distributed table; see ``quantile``.

        Args:
            data: The table.
            columns: The names of the columns to use.
            numeric_only: Whether to leave out columns that are not numeric.
            fan_in: How many tables of counts are merged at a time.
            skip_nulls: As for ``colstats.median``.
            min_count: As for ``colstats.median``.
            skip_nans: As for ``colstats.median``.

        """
        nulls: dict[str, Any] = {"skip_nulls": skip_nulls, "min_count": min_count}
        asked = Round(None, columns, numeric_only, fan_in, name="median")
        return self.in_rounds(data, asked, 0.5, **nulls, skip_nans=skip_nans)

    def in_rounds(
        self, data: Any, asked: Round, q: float | list[float], **options: Any
    ) -> Row | Rows:
        """Ask round after round, until the quantiles are found."""
        quantile_of([0.0], q, interpolation=asked.interpolation, **options)  # refuses bad options
        while True:
            tables, none = self.states(data, asked)
            tables = list(tables) or ([] if none is None else [none])
            if not tables:
                raise ValueError(
                    "there are no partitions, so the columns are unknown: pass one without rows"
                )
            options["interpolation"] = asked.interpolation
            found = _quantile_step(tables, asked.name, q, asked.request, **options)
            if not isinstance(found, bytes):
                return found
            asked = replace(asked, request=found)

    def moments(
        self,
        data: Any,
        *,
        by: str | Sequence[str] | None = None,
        columns: Sequence[str | int] | None = None,
        numeric_only: bool = False,
        fan_in: int = FAN_IN,
        missing: Missing = "refuse",
    ) -> States:
        """Collect what all statistics of a distributed table need, as ``colstats.moments`` does.

        Args:
            data: The table.
            by: The names of the columns to group by.
            columns: The names of the columns to use.
            numeric_only: Whether to leave out columns that are not numeric.
            fan_in: How many tables of states are merged at a time.
            missing: What becomes of columns that some partitions lack: ``"refuse"`` is an error
                that names them, ``"null"`` counts them as null there.

        """
        return self.conclude(data, Plan(by, columns, numeric_only, fan_in, missing))

    def describe(
        self,
        data: Any,
        *,
        by: str | Sequence[str] | None = None,
        columns: Sequence[str | int] | None = None,
        numeric_only: bool = False,
        fan_in: int = FAN_IN,
        missing: Missing = "refuse",
        ddof: int = 0,
        skip_nulls: bool = True,
        skip_nans: bool = False,
    ) -> Summary:
        """Describe each column of a distributed table, as ``colstats.describe`` does.

        Args:
            data: The table.
            by: The names of the columns to group by.
            columns: The names of the columns to use.
            numeric_only: Whether to leave out columns that are not numeric.
            fan_in: How many tables of states are merged at a time.
            missing: What becomes of columns that some partitions lack, as for ``moments``.
            ddof: As for ``colstats.describe``.
            skip_nulls: As for ``colstats.describe``.
            skip_nans: As for ``colstats.describe``.

        """
        options: dict[str, Any] = {"ddof": ddof, "skip_nulls": skip_nulls, "skip_nans": skip_nans}
        expect_valid(**options)
        states = self.conclude(data, Plan(by, columns, numeric_only, fan_in, missing))
        if isinstance(states, GroupedMoments):
            return GroupedSummary(states, **options)
        return summarize(((name, states[name]) for name in states), **options)

    def comoments(
        self,
        data: Any,
        *,
        by: str | Sequence[str] | None = None,
        columns: Sequence[str | int] | None = None,
        degree: int = 1,
        weights: str | None = None,
        fan_in: int = FAN_IN,
    ) -> Any:
        """Read the columns of a distributed table together, as ``colstats.comoments`` does.

        Args:
            data: The table.
            by: The names of the columns to group by.
            columns: The names of the columns to use; by default all that hold numbers.
            degree: The highest power of the columns that regressions may use.
            weights: The name of the column that says how often each row counts.
            fan_in: How many states are merged at a time.

        Returns:
            CoMoments; with ``by`` GroupedCoMoments.

        """
        return self.conclude(
            data, PlanTogether(by, columns, fan_in=fan_in, degree=degree, weights=weights)
        )

    def covariance(
        self,
        data: Any,
        *,
        by: str | Sequence[str] | None = None,
        columns: Sequence[str | int] | None = None,
        weights: str | None = None,
        fan_in: int = FAN_IN,
        ddof: int = 0,
        skip_nulls: bool = True,
        min_count: int = 0,
        skip_nans: bool = False,
    ) -> Any:
        """Compute the covariances of the columns, over the rows that have a number in each of them.

        Args:
            data: The table.
            by: The names of the columns to group by.
            columns: The names of the columns to use; by default all that hold numbers.
            weights: The name of the column that says how often each row counts.
            fan_in: How many states are merged at a time.
            ddof: As for ``colstats.covariance``.
            skip_nulls: As for ``colstats.covariance``.
            min_count: As for ``colstats.covariance``.
            skip_nans: As for ``colstats.covariance``.

        Returns:
            Rows; with ``by`` a dict of them by the keys of the groups.

        """
        options: dict[str, Any] = {
            "ddof": ddof,
            "skip_nulls": skip_nulls,
            "min_count": min_count,
            "skip_nans": skip_nans,
        }
        LINE.covariance(**options)  # refuses bad options before the work
        states = self.comoments(data, by=by, columns=columns, weights=weights, fan_in=fan_in)
        return states.covariance(**options)

    def correlation(
        self,
        data: Any,
        *,
        by: str | Sequence[str] | None = None,
        columns: Sequence[str | int] | None = None,
        weights: str | None = None,
        fan_in: int = FAN_IN,
        skip_nulls: bool = True,
        min_count: int = 0,
        skip_nans: bool = False,
    ) -> Any:
        """Compute the correlations of the columns, over the rows that have a number in each.

        Args:
            data: The table.
            by: The names of the columns to group by.
            columns: The names of the columns to use; by default all that hold numbers.
            weights: The name of the column that says how often each row counts.
            fan_in: How many states are merged at a time.
            skip_nulls: As for ``colstats.correlation``.
            min_count: As for ``colstats.correlation``.
            skip_nans: As for ``colstats.correlation``.

        Returns:
            Rows; with ``by`` a dict of them by the keys of the groups.

        """
        options: dict[str, Any] = {
            "skip_nulls": skip_nulls,
            "min_count": min_count,
            "skip_nans": skip_nans,
        }
        LINE.correlation(**options)
        states = self.comoments(data, by=by, columns=columns, weights=weights, fan_in=fan_in)
        return states.correlation(**options)

    def linear_fit(
        self,
        data: Any,
        x: str,
        y: str,
        *,
        by: str | Sequence[str] | None = None,
        weights: str | None = None,
        fan_in: int = FAN_IN,
        intercept: bool = True,
        skip_nulls: bool = True,
        skip_nans: bool = False,
    ) -> Any:
        """Fit a line to two columns of a distributed table, as ``colstats.linear_fit`` does.

        Args:
            data: The table.
            x: The name of the regressor.
            y: The name of the response.
            by: The names of the columns to group by.
            weights: The name of the column that says how often each row counts.
            fan_in: How many states are merged at a time.
            intercept: As for ``colstats.linear_fit``.
            skip_nulls: As for ``colstats.linear_fit``.
            skip_nans: As for ``colstats.linear_fit``.

        Returns:
            A Fit; with ``by`` a dict of them by the keys of the groups.

        """
        options: dict[str, Any] = {
            "intercept": intercept,
            "skip_nulls": skip_nulls,
            "skip_nans": skip_nans,
        }
        LINE.linear_fit("x", "y", **options)
        states = self.comoments(data, by=by, columns=[x, y], weights=weights, fan_in=fan_in)
        return states.linear_fit(x, y, **options)

    def ols(
        self,
        data: Any,
        *,
        y: str,
        x: str | Sequence[str],
        degree: int = 1,
        by: str | Sequence[str] | None = None,
        weights: str | None = None,
        fan_in: int = FAN_IN,
        intercept: bool = True,
        skip_nulls: bool = True,
        skip_nans: bool = False,
    ) -> Any:
        """Fit a column of a distributed table to others, as ``colstats.ols`` does.

        Args:
            data: The table.
            y: The name of the response.
            x: The name of a regressor, or a list of names.
            degree: The highest power of the regressors.
            by: The names of the columns to group by.
            weights: The name of the column that says how often each row counts.
            fan_in: How many states are merged at a time.
            intercept: As for ``colstats.ols``.
            skip_nulls: As for ``colstats.ols``.
            skip_nans: As for ``colstats.ols``.

        Returns:
            A Fit; with ``by`` a dict of them by the keys of the groups.

        """
        options: dict[str, Any] = {
            "intercept": intercept,
            "skip_nulls": skip_nulls,
            "skip_nans": skip_nans,
        }
        LINE.ols(y="y", x="x", **options)
        regressors = [x] if isinstance(x, str) else list(x)
        columns = list(dict.fromkeys([*regressors, y]))
        states = self.comoments(
            data, by=by, columns=columns, degree=degree, weights=weights, fan_in=fan_in
        )
        return states.ols(y=y, x=regressors, degree=degree, **options)


#: A state that refuses options as all others do.
LINE = comoments_of({"x": [0, 1, 2], "y": [1, 3, 5]})

# The statistics are methods too, so that bound ones can be pickled.
for _name in STATISTICS:
    setattr(Engine, _name, statistic(_name))


def statistics(engine: Engine) -> dict[str, Statistic]:
    """Bind the statistics to an engine; returns them by name, the short names included."""
    bound: dict[str, Statistic] = {name: getattr(engine, name) for name in STATISTICS}
    return bound | {alias: bound[name] for alias, name in ALIASES.items()}


def expect(data: Any, expected: type, what: str) -> None:
    """Refuse what is not a table of the engine."""
    if not isinstance(data, expected):
        name = f"{type(data).__module__}.{type(data).__qualname__}"
        raise TypeError(
            f"expected {what}, not {name}; for data in this process, use colstats itself, as in "
            "colstats.mean(data)"
        )
