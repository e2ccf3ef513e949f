"""Statistics of Spark DataFrames, exact and the same bits however they are partitioned.

>>> from colstats import spark  # doctest: +SKIP
>>> spark.describe(frame)  # doctest: +SKIP

Each partition becomes states on its worker, by ``mapInArrow``. The states, a few hundred bytes per
column, are shuffled and merged in a tree whose root is the driver. Install ``colstats[spark]`` here
and on the workers.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

try:
    import pyarrow as pa
    from pyspark.sql import DataFrame
    from pyspark.sql.types import BinaryType, LongType, StringType, StructField, StructType
except ImportError as error:
    raise ImportError(
        f"colstats.spark needs PySpark and pyarrow: pip install 'colstats[spark]' ({error})"
    ) from error

from colstats.distributed import TALLY, VERBS, Engine, Plan, States, expect, statistics

STATES = StructType(
    [
        StructField("name", StringType()),
        StructField("type", StringType()),
        StructField("rows", LongType()),
        StructField("nulls", LongType()),
        StructField("nans", LongType()),
        StructField("state", BinaryType()),
    ]
)

STATES_TOGETHER = StructType(
    [
        StructField("columns", StringType()),
        StructField("rows", LongType()),
        StructField("nulls", LongType()),
        StructField("nans", LongType()),
        StructField("state", BinaryType()),
    ]
)


class Spark(Engine):
    """Partitions of a Spark DataFrame."""

    def states(self, data: DataFrame, plan: Plan) -> tuple[list[Any], States]:
        """Turn partitions into states, and merge them stage by stage."""
        expect(data, DataFrame, "a PySpark DataFrame")
        empty = plan.partial(data.limit(0).toArrow())  # refuses bad arguments before the work

        def each(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            for first in batches:
                rest = (batch for part in ([first], batches) for batch in part)
                yield from pa.table(plan.partial(reader(first.schema, rest))).to_batches()

        def joined(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            for table in plan.join(batches):
                yield from pa.table(table).to_batches()

        schema = states_schema(data, empty)
        states = data.mapInArrow(each, schema)
        count = states.rdd.getNumPartitions()
        while count > plan.fan_in:
            count = -(-count // plan.fan_in)
            states = states.repartition(count).mapInArrow(joined, schema)
        table = states.toArrow()
        return [table] if table.num_rows else [], empty


def reader(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> pa.RecordBatchReader:
    """Turn batches into a stream."""
    return pa.RecordBatchReader.from_batches(schema, batches)


def states_schema(data: DataFrame, empty: Any) -> StructType:
    """Return the Spark schema of the states; those of groups have the keys in front."""
    names = pa.table(empty).schema.names
    for known in (STATES, STATES_TOGETHER):
        if names == known.names:
            return known
    if names == [TALLY]:
        return StructType([StructField(TALLY, BinaryType())])
    types = {field.name: field.dataType for field in data.schema.fields}
    return StructType([StructField(name, types.get(name, BinaryType())) for name in names])


_engine = Spark()
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
