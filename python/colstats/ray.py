"""Statistics of Ray Datasets, exact and the same bits however they are partitioned.

>>> from colstats import ray  # doctest: +SKIP
>>> ray.describe(dataset)  # doctest: +SKIP

Each block becomes states on its worker, by ``map_batches``. The states are merged in a tree whose
root is the driver. Install ``colstats[ray]``.
"""

from typing import TYPE_CHECKING, Any

try:
    import pyarrow as pa
    from ray.data import Dataset
except ImportError as error:
    raise ImportError(
        f"colstats.ray needs Ray Data and pyarrow: pip install 'colstats[ray]' ({error})"
    ) from error

from colstats.distributed import VERBS, Engine, Plan, States, expect, statistics


class Ray(Engine):
    """Blocks of a Ray Dataset."""

    def states(self, data: Dataset, plan: Plan) -> tuple[list[Any], States]:
        """Turn blocks into states, and merge them stage by stage."""
        expect(data, Dataset, "a Ray Dataset")

        none = plan.partial(empty(data))  # refuses bad arguments before the work

        def each(table: pa.Table) -> pa.Table:
            return pa.table(plan.partial(table))

        def joined(table: pa.Table) -> pa.Table:
            return pa.concat_tables(map(pa.table, plan.join([table])))

        options: dict[str, Any] = {"batch_format": "pyarrow", "batch_size": None}
        states = data.map_batches(each, **options).materialize()
        count = states.num_blocks()
        while count > plan.fan_in:
            count = -(-count // plan.fan_in)
            states = states.repartition(count).map_batches(joined, **options).materialize()
        tables = states.iter_batches(batch_format="pyarrow", batch_size=None)
        return [table for table in tables if table.num_rows], none


def empty(data: Dataset) -> pa.Table:
    """Return a table with the same columns and no rows."""
    schema = data.schema()
    fields = zip(schema.names, schema.types, strict=True) if schema else []
    known = [(name, kind) for name, kind in fields if isinstance(kind, pa.DataType)]
    return pa.schema(known).empty_table()


_engine = Ray()
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
