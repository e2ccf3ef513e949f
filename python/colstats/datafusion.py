"""Exact aggregates in DataFusion: ``cs_mean_float64(x)``, ``cs_stddev_int64(x)`` and others in SQL.

>>> from colstats import datafusion  # doctest: +SKIP
>>> datafusion.register(context, "float64", "int64")  # doctest: +SKIP
>>> context.sql("select cs_mean_float64(price) from sales")  # doctest: +SKIP

A function of DataFusion takes values of one type, and converts all others to it in silence: whole
numbers beyond 2^53 would lose digits on their way to a function of ``float64``. So each type has
functions of its own, and the name says which.

They are written in Python, by the states of colstats, which DataFusion merges. That takes hardly
any time per value, but some microseconds for each group in each batch. With many groups, hand the
data to ``colstats.moments(frame, by="key")``, which reads the stream of a DataFrame itself.

Install ``colstats[datafusion]``.
"""

import re
from collections.abc import Callable

try:
    import datafusion
    import pyarrow as pa
except ImportError as error:
    raise ImportError(
        "colstats.datafusion needs DataFusion and pyarrow: pip install 'colstats[datafusion]' "
        f"({error})"
    ) from error

from colstats._native import Moments, MomentsTable
from colstats._native import moments as moments_of

__all__ = ["register", "udaf"]

#: The statistics that have functions; DataFusion's own count, min and max are exact.
STATISTICS = ("sum", "mean", "variance", "stddev")
#: What else there is: the serialized state of a column, and that of the whole from those of parts.
STATE, MERGE = "state", "merge"
#: Options of some statistics.
OPTIONS = {"variance", "stddev"}


class Column(datafusion.Accumulator):
    """The state of a column, as DataFusion accumulates it."""

    def __init__(self, moments: Moments, finish: Callable[[Moments], pa.Scalar]) -> None:
        self.moments = moments
        self.finish = finish

    def update(self, *values: pa.Array) -> None:
        """Add values."""
        self.moments.update(values[0])

    def merge(self, states: list[pa.Array]) -> None:
        """Add serialized states."""
        for state in states[0].to_pylist():
            if state is not None:
                self.moments = self.moments + Moments.from_bytes(state)

    def state(self) -> list[pa.Scalar]:
        """Serialize the state."""
        return [pa.scalar(self.moments.to_bytes(), pa.binary())]

    def evaluate(self) -> pa.Scalar:
        """Return the result."""
        return self.finish(self.moments)


class Parts(Column):
    """The state of a whole, accumulated from serialized states."""

    def update(self, *values: pa.Array) -> None:
        """Add serialized states."""
        self.merge(list(values))


def udaf(
    statistic: str, of: pa.DataType | str, *, ddof: int = 0, name: str | None = None
) -> datafusion.AggregateUDF:
    """Make an aggregate function of DataFusion.

    Args:
        statistic: ``sum``, ``mean``, ``variance``, ``stddev``, or ``state`` for the serialized
            state, which ``colstats.Moments.from_bytes`` reads.
        of: The type of the values, of Arrow. DataFusion converts values of other types to it.
        ddof: The degrees of freedom of ``variance`` and ``stddev``.
        name: The name in SQL; by default, say, ``cs_mean_float64``.

    """
    of = pa.type_for_alias(of) if isinstance(of, str) else of
    name = f"cs_{statistic}_{identifier(of)}" if name is None else name
    if statistic == STATE:
        return function(lambda: Column(empty(of), serialized), of, pa.binary(), name)
    if statistic not in STATISTICS:
        known = ", ".join([*STATISTICS, STATE])
        raise ValueError(f"there is no function for {statistic!r}, but for {known}")
    options = {"ddof": ddof} if statistic in OPTIONS else {}

    def finish(moments: Moments) -> pa.Scalar:
        # By Arrow, as a Python value may not say which type it has.
        return pa.table(getattr(MomentsTable({"x": moments}), statistic)(**options))["x"][0]

    result = finish(empty(of)).type  # refuses types without this statistic, and bad options
    return function(lambda: Column(empty(of), finish), of, result, name)


def register(context: datafusion.SessionContext, *types: pa.DataType | str, ddof: int = 0) -> None:
    """Register the functions for values of some types with a session.

    For ``float64`` these are ``cs_sum_float64``, ``cs_mean_float64``, ``cs_variance_float64``,
    ``cs_stddev_float64`` and ``cs_state_float64``. ``cs_merge`` merges states, of any type.

    Args:
        context: The session.
        types: The types, of Arrow; by default ``float64``.
        ddof: The degrees of freedom of variances and deviations.

    """
    for of in types or ("float64",):
        of = pa.type_for_alias(of) if isinstance(of, str) else of  # noqa: PLW2901
        for statistic in (*STATISTICS, STATE):
            if has(statistic, of):
                context.register_udaf(udaf(statistic, of, ddof=ddof))
    merge = function(lambda: Parts(Moments(), serialized), pa.binary(), pa.binary(), f"cs_{MERGE}")
    context.register_udaf(merge)


def has(statistic: str, of: pa.DataType) -> bool:
    """Whether values of a type have a statistic."""
    try:
        getattr(empty(of), "count" if statistic == STATE else statistic)()
    except TypeError:
        return False
    return True


def empty(of: pa.DataType) -> Moments:
    """Return the state of no values of a type."""
    return moments_of(pa.array([], of))


def identifier(of: pa.DataType) -> str:
    """Return the name of a type as part of a name in SQL: ``timestamp_us`` of ``timestamp[us]``."""
    return re.sub(r"\W+", "_", str(empty(of).type)).strip("_").lower()


def serialized(moments: Moments) -> pa.Scalar:
    """Return the serialized state; null if there has been no state."""
    return pa.scalar(None if moments.type is None else moments.to_bytes(), pa.binary())


def function(
    accumulator: Callable[[], Column], of: pa.DataType, result: pa.DataType, name: str
) -> datafusion.AggregateUDF:
    """Make a function of DataFusion whose states are bytes."""
    return datafusion.udaf(accumulator, of, result, [pa.binary()], "immutable", name)
