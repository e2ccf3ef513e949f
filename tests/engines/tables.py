"""A table with columns of all kinds, reordered and partitioned."""

from decimal import Decimal
from itertools import pairwise

import numpy as np
import pyarrow as pa

ROWS = 20_000


def table(rows: int = ROWS) -> pa.Table:
    """Make twelve columns that are easy to get wrong."""
    rng = np.random.default_rng(7)
    normal = rng.normal(size=rows)
    rare = rng.random(rows) < 0.001
    integers = rng.integers(-(10**12), 10**12, rows)
    cents = [Decimal(int(number)).scaleb(-2) for number in rng.integers(-(10**15), 10**15, rows)]
    places = np.array(["Oslo", "Lima", "Rome", "Bern", "Cairo"])[rng.integers(0, 5, rows)]
    return pa.table(
        {
            "scattered": pa.array(np.ldexp(normal, rng.integers(-200, 201, rows))),
            "nan": pa.array(np.where(rare, np.nan, normal)),
            "far": pa.array(normal + 1e9),
            "half_null": pa.array(normal, mask=rng.random(rows) < 0.5),
            "float32": pa.array(normal.astype(np.float32)),
            "integer": pa.array(integers, mask=rare),
            "small": pa.array(rng.integers(-100, 100, rows).astype(np.int8)),
            "cents": pa.array(cents, pa.decimal128(20, 2)),
            "moment": pa.array(rng.integers(0, 2 * 10**15, rows), pa.timestamp("us", "UTC")),
            "day": pa.array(rng.integers(0, 20_000, rows).astype(np.int32), pa.date32()),
            "flag": pa.array(rng.random(rows) < 0.3),
            "place": pa.array(places),
        }
    )


def with_dictionaries(data: pa.Table) -> pa.Table:
    """Add a dictionary of numbers and encode the texts, for engines that support dictionaries."""
    coded = pa.array(np.round(data["far"].to_numpy(), 1)).dictionary_encode()
    places = data["place"].combine_chunks().dictionary_encode()
    at = data.column_names.index("place")
    return data.append_column("coded", coded).set_column(at, "place", places)


def shuffled(data: pa.Table, way: int) -> pa.Table:
    """Reorder the rows; way 0 keeps their order."""
    order = np.random.default_rng(way).permutation(data.num_rows)
    return data.take(pa.array(order)) if way else data


def cut(data: pa.Table, parts: int) -> list[pa.Table]:
    """Cut a table into `parts` parts."""
    ends = np.linspace(0, data.num_rows, parts + 1).astype(int)
    return [data.slice(a, b - a) for a, b in pairwise(ends)]
