"""The libraries compared, each with the data in the container that suits it best.

Containers are built beforehand, without a copy if possible; only the call is timed. NumPy, pandas
and bottleneck represent nulls as NaN, so they are given NaN.
"""

import math
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import bottleneck
import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

import colstats as cs
from benches.peers.samples import Sample
from benches.shared import one_thread

LIMIT = "np.sum"
EXACT = ["colstats", "statistics"]
STATISTICS_LIMIT = 2**10
DATABASE = duckdb.connect()


@dataclass(frozen=True)
class Rival:
    """A library's call for an answer."""

    name: str
    call: Callable[[], object]

    def answer(self) -> float:
        """Call, and convert the answer to a float."""
        answer = self.call()
        if isinstance(answer, pa.Scalar):
            answer = answer.as_py()
        if isinstance(answer, list):
            answer = answer[0][0]
        return math.nan if answer is None else float(answer)


class Held:
    """One sample, held by every library in its own container."""

    def __init__(self, sample: Sample) -> None:
        mask = sample.mask()
        self.values = sample.values()
        self.has_nulls = mask is not None
        self.numpy = self.values if mask is None else np.where(mask, np.nan, self.values)
        self.array = pa.array(self.values, mask=mask)
        self.column = cs.Column(self.array)
        self.polars = pl.Series(self.array)
        self.pandas = pd.Series(self.numpy, copy=False)
        DATABASE.register("arrow", pa.table({"x": self.array}))
        DATABASE.execute("create or replace table sample as select x from arrow")
        DATABASE.unregister("arrow")

    def valid(self) -> list[float] | list[int]:
        """The values that are not null, for exact arithmetic."""
        return (self.values[~np.isnan(self.numpy)] if self.has_nulls else self.values).tolist()


def use_one_thread() -> None:
    """Limit to one thread what the environment does not limit."""
    one_thread.limit(DATABASE)
    pd.set_option("compute.use_bottleneck", False)  # bottleneck has a line of its own


def select(expression: str) -> Callable[[], object]:
    """Query duckdb's table."""
    query = f"select {expression} from sample"
    return lambda: DATABASE.execute(query).fetchall()


def means(held: Held) -> list[Rival]:
    """The mean of each library."""
    nanmean = partial(np.nanmean, held.numpy)
    return [
        Rival("colstats", held.column.mean),
        Rival("numpy", nanmean if held.has_nulls else held.numpy.mean),
        Rival("pyarrow", partial(pc.mean, held.array)),
        Rival("polars", held.polars.mean),
        Rival("pandas", held.pandas.mean),
        Rival("duckdb", select("avg(x)")),
        Rival("bottleneck", partial(bottleneck.nanmean, held.numpy)),
    ]


def stddevs(held: Held) -> list[Rival]:
    """The population standard deviation of each library."""
    nanstd = partial(np.nanstd, held.numpy)
    return [
        Rival("colstats", held.column.stddev),
        Rival("numpy", nanstd if held.has_nulls else held.numpy.std),
        Rival("pyarrow", partial(pc.stddev, held.array)),
        Rival("polars", partial(held.polars.std, ddof=0)),
        Rival("pandas", partial(held.pandas.std, ddof=0)),
        Rival("duckdb", select("stddev_pop(x)")),
        Rival("bottleneck", partial(bottleneck.nanstd, held.numpy)),
    ]


CONTESTS = {"mean": means, "stddev": stddevs}
EXACT_ANSWERS = {"mean": statistics.mean, "stddev": statistics.pstdev}


def contest(held: Held, statistic: str) -> list[Rival]:
    """The libraries that take part in a cell."""
    rivals = CONTESTS[statistic](held)
    if len(held.values) <= STATISTICS_LIMIT:
        rivals.append(Rival("statistics", partial(EXACT_ANSWERS[statistic], held.valid())))
    return rivals


def limit(held: Held) -> Rival:
    """Only read and add the same buffer, as fast as NumPy can."""
    return Rival(LIMIT, partial(np.add.reduce, held.values))
