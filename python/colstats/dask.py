"""Statistics of Dask DataFrames and lists of delayed tables, exact however they are partitioned.

>>> from colstats import dask  # doctest: +SKIP
>>> dask.describe(frame)  # doctest: +SKIP

Each partition becomes states on its worker. The states are merged in a tree whose root is the
driver. Install ``colstats[dask]``.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

try:
    import dask
    import dask.dataframe as dd
    import pandas as pd
    import pyarrow as pa
    from dask.delayed import Delayed
except ImportError as error:
    raise ImportError(
        f"colstats.dask needs Dask and pyarrow: pip install 'colstats[dask]' ({error})"
    ) from error

from colstats.distributed import VERBS, Engine, Plan, States, expect, statistics


class Dask(Engine):
    """Partitions of a Dask DataFrame, or delayed Arrow tables."""

    def states(self, data: Any, plan: Plan) -> tuple[list[Any], States | None]:
        """Turn partitions into states, and merge them level by level."""
        none = None
        if isinstance(data, Sequence) and all(isinstance(part, Delayed) for part in data):
            parts = list(data)
        else:
            expect(data, dd.DataFrame, "a Dask DataFrame or a list of delayed Arrow tables")
            parts = data.to_delayed()
            none = plan.partial(arrow(data._meta))  # refuses bad arguments before the work
        each = dask.delayed(lambda part: [plan.partial(arrow(part))])
        level = [each(part) for part in parts]
        joined = dask.delayed(
            lambda lists: plan.join(table for tables in lists for table in tables)
        )
        while len(level) > plan.fan_in:
            level = [joined(list(group)) for group in plan.groups(level)]
        lists: Any = dask.compute(*level) if level else []
        return [table for tables in lists for table in tables], none


def arrow(part: Any) -> Any:
    """Return a partition as Arrow, without the pandas index."""
    is_frame = isinstance(part, pd.DataFrame)
    return pa.Table.from_pandas(part, preserve_index=False) if is_frame else part


_engine = Dask()
moments, describe, comoments = _engine.moments, _engine.describe, _engine.comoments
covariance, correlation = _engine.covariance, _engine.correlation
linear_fit, ols = _engine.linear_fit, _engine.ols
quantile, median = _engine.quantile, _engine.median
# `mean`, `stddev` and all other statistics. `colstats._statistics` has their names; type checkers
# read them there, because they cannot follow `globals()`.
globals().update(statistics(_engine))
if TYPE_CHECKING:
    from colstats._statistics import *  # noqa: F403

__all__ = list(VERBS)
