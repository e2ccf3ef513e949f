"""Statistics of Dask DataFrames and lists of delayed Arrow tables, exact however they are cut.

>>> from colstats import dask  # doctest: +SKIP
>>> dask.describe(frame)  # doctest: +SKIP

Each partition becomes states where it is; these are joined by a tree, whose root is the driver. It
needs ``pip install 'colstats[dask]'``.
"""

from collections.abc import Sequence
from typing import Any

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

from colstats.distributed import Engine, Plan, States, expect, join


class Dask(Engine):
    """Partitions of a Dask DataFrame, or delayed tables."""

    def states(self, data: Any, plan: Plan) -> tuple[list[Any], States | None]:
        """Turn partitions into states, and join them level by level."""
        none = None
        if isinstance(data, Sequence) and all(isinstance(part, Delayed) for part in data):
            parts = list(data)
        else:
            expect(data, dd.DataFrame, "a DataFrame of Dask or a list of delayed Arrow tables")
            parts = data.to_delayed()
            none = plan.partial(table(data._meta))  # which refuses what no worker needs to
        each = dask.delayed(lambda part: [plan.partial(table(part))])
        level = [each(part) for part in parts]
        joined = dask.delayed(lambda lists: join(one for many in lists for one in many))
        while len(level) > plan.fan_in:
            level = [joined(list(group)) for group in plan.groups(level)]
        lists: Any = dask.compute(*level) if level else []
        return [one for many in lists for one in many], none


def table(part: Any) -> Any:
    """Give a partition as Arrow, without the index of pandas."""
    is_frame = isinstance(part, pd.DataFrame)
    return pa.Table.from_pandas(part, preserve_index=False) if is_frame else part


_engine = Dask()
moments, describe = _engine.moments, _engine.describe
count, sum, mean = _engine.count, _engine.sum, _engine.mean
variance, stddev, min, max = _engine.variance, _engine.stddev, _engine.min, _engine.max
var, std = variance, stddev

__all__ = [
    "count",
    "describe",
    "max",
    "mean",
    "min",
    "moments",
    "std",
    "stddev",
    "sum",
    "var",
    "variance",
]
