"""How each library holds a layout, and what it is asked.

Containers are built beforehand, without a copy where a library can refer to the data; a call of
`Held.rivals` only computes. Each library gets the container that suits it best, and takes part
only where it offers the operation for what it holds. NumPy represents nulls as NaN, where it can.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

import colstats as cs
from benches.cliffs import cells, distributions
from benches.cliffs.cells import Sample

DUCKDB_SMALLEST = 2**20  # below, a query is mostly overhead
DISTINCT = 1000  # values of a dictionary
RUN = 100  # rows of a run, on average
STRIDE = 4  # columns of the array of which one is read
DATABASE = duckdb.connect()

Calls: TypeAlias = dict[str, Callable[[], object]]


@dataclass(frozen=True)
class Held:
    """The rivals by name, each with its calls by statistic, and the columns that are asked for."""

    rivals: dict[str, Calls]
    columns: list[np.ndarray]


def hold(sample: Sample) -> Held:
    """Build all containers of a sample."""
    for layouts, build in BUILDERS:
        if sample.layout in layouts:
            return build(sample)
    raise ValueError(f"unknown layout {sample.layout!r}")


def values_of(sample: Sample, rows: int | None = None) -> np.ndarray:
    """The values of a sample."""
    return distributions.make(sample.type, sample.distribution, rows or sample.rows)


# What each library is asked.


def by_colstats(column: Any, sample: Sample, **options: Any) -> Calls:
    """The statistics of a Column or a Table."""
    options |= {"skip_nans": True} if sample.skips_nans else {}
    return {name: partial(getattr(column, name), **options) for name in sample.statistics}


def by_numpy(array: Any, sample: Sample, nans: bool = False, **options: Any) -> Calls:
    """The statistics of an array; those that leave NaNs out, where NaNs are nulls or skipped."""
    names = {"stddev": "std"}
    if nans or sample.skips_nans:
        return {
            name: partial(getattr(np, "nan" + names.get(name, name)), array, **options)
            for name in sample.statistics
        }
    return {
        name: partial(getattr(array, names.get(name, name)), **options)
        for name in sample.statistics
    }


def by_pyarrow(array: Any, sample: Sample, prepare: Callable[[Any], Any] | None = None) -> Calls:
    """The statistics of an Arrow array; pyarrow leaves NaNs out of extremes and nothing else."""
    names = [name for name in sample.statistics if sample.skips_nans == (name == "max")]
    if not sample.has_nans:
        names = list(sample.statistics)
    functions = {name: getattr(pc, name) for name in names}
    if prepare is None:
        return {name: partial(f, array) for name, f in functions.items()}
    return {name: lambda f=f: f(prepare(array)) for name, f in functions.items()}


def by_polars(series: Any, sample: Sample) -> Calls:
    """The statistics of a Series, or of a column of arrays (`series.arr`).

    polars leaves NaNs out of extremes; for all else they are dropped before.
    """
    if sample.skips_nans:
        return {
            "mean": lambda: series.drop_nans().mean(),
            "stddev": lambda: series.drop_nans().std(ddof=0),
            "sum": lambda: series.drop_nans().sum(),
            "max": series.max,
        }
    calls: Calls = {"mean": series.mean, "stddev": partial(series.std, ddof=0), "sum": series.sum}
    return calls if sample.has_nans else calls | {"max": series.max}


def by_duckdb(array: pa.Array, sample: Sample) -> Calls:
    """Query a table of duckdb's own."""
    if len(array) < DUCKDB_SMALLEST:
        return {}
    DATABASE.register("arrow", pa.table({"x": array}))
    DATABASE.execute("create or replace table sample as select x from arrow")
    DATABASE.unregister("arrow")
    names = {"mean": "avg", "stddev": "stddev_pop"}
    suffix = " filter (not isnan(x))" if sample.skips_nans else ""
    queries = {
        name: f"select {names.get(name, name)}(x){suffix} from sample" for name in sample.statistics
    }
    return {
        name: lambda query=query: DATABASE.execute(query).fetchall()
        for name, query in queries.items()
    }


# The layouts.


def arrow(values: np.ndarray, sample: Sample, mask: np.ndarray | None = None) -> pa.Array:
    """An Arrow array of the sample's type."""
    if sample.type != "decimal128":
        return pa.array(values, mask=mask)
    words = np.stack([values, values >> 63], axis=1)  # sign-extended to 128 bits
    bitmap = None if mask is None else pa.array(~mask).buffers()[1]
    buffers = [bitmap, pa.py_buffer(words.tobytes())]
    return pa.Array.from_buffers(pa.decimal128(38, distributions.SCALE), len(values), buffers)


def plain(sample: Sample) -> Held:
    """One array, with nulls or without, from its start or not."""
    share = (cells.NULLS | cells.SLICES).get(sample.layout, 0.0)
    offset = (3 if share else 1) if sample.layout in cells.SLICES else 0
    values = values_of(sample, sample.rows + offset)
    mask = distributions.mask(len(values), share) if share else None
    array = arrow(values, sample, mask)[offset:]
    values = values[offset:]
    mask = None if mask is None else mask[offset:]
    rivals = {
        "colstats": by_colstats(cs.Column(array), sample),
        "numpy": plain_numpy(values, mask, sample),
        "pyarrow": by_pyarrow(array, sample),
        "polars": by_polars(pl.Series(array), sample),
        "duckdb": by_duckdb(array, sample),
    }
    return Held(rivals, [values if mask is None else values[~mask]])


def plain_numpy(values: np.ndarray, mask: np.ndarray | None, sample: Sample) -> Calls:
    """NumPy's calls: NaN for null, or a masked array where NaN means something else."""
    if sample.type == "decimal128":
        return {}
    if mask is None:
        return by_numpy(values, sample)
    if values.dtype.kind == "f" and (sample.skips_nans or not np.isnan(values).any()):
        return by_numpy(np.where(mask, values.dtype.type(np.nan), values), sample, nans=True)
    return by_numpy(np.ma.array(values, mask=mask), sample)


def chunked(sample: Sample) -> Held:
    """Many chunks; NumPy and duckdb have none."""
    values = values_of(sample)
    step, whole = cells.CHUNKS[sample.layout], arrow(values, sample)
    array = pa.chunked_array([whole[i : i + step] for i in range(0, len(whole), step)])
    rivals = {
        "colstats": by_colstats(cs.Column(array), sample),
        "pyarrow": by_pyarrow(array, sample),
        "polars": by_polars(pl.from_arrow(array, rechunk=False), sample),
    }
    return Held(rivals, [values])


def strided(sample: Sample) -> Held:
    """One column of a NumPy array in row-major order; the others need contiguous values."""
    grid = np.zeros((sample.rows, STRIDE))
    grid[:, 1] = values_of(sample)
    column = grid[:, 1]
    rivals = {
        "colstats": by_colstats(cs.Column(column), sample),
        "numpy": by_numpy(column, sample),
    }
    return Held(rivals, [column])


def row_major(sample: Sample) -> Held:
    """All columns of a NumPy array in row-major order, in one call with `axis=0`."""
    grid = values_of(sample).reshape(cells.ROW_MAJOR[sample.layout])
    functions = {"skip_nans": True} if sample.skips_nans else {}
    asked = {
        name: partial(getattr(cs, name), grid, axis=0, **functions) for name in sample.statistics
    }
    rivals = {"colstats": asked, "numpy": by_numpy(grid, sample, axis=0)}
    return Held(rivals, list(grid.T))


def table(sample: Sample) -> Held:
    """A table of many short columns, each contiguous; NumPy has them in column-major order."""
    grid = values_of(sample).reshape(cells.COLUMNS, -1)
    frame = pa.table({str(i): column for i, column in enumerate(grid)})
    polars = pl.DataFrame(frame)
    functions = {"mean": pc.mean, "stddev": pc.stddev}
    rivals: dict[str, Calls] = {
        "colstats": by_colstats(cs.Table(frame), sample),
        "numpy": by_numpy(grid.T, sample, axis=0),
        "pyarrow": {
            name: lambda f=f: [f(column).as_py() for column in frame.columns]
            for name, f in functions.items()
        },
        "polars": {"mean": polars.mean, "stddev": partial(polars.std, ddof=0)},
    }
    return Held(rivals, list(grid))


def dictionary(sample: Sample) -> Held:
    """Keys into a thousand values; NumPy and pyarrow look them up first."""
    distinct = values_of(sample, DISTINCT)
    keys = np.random.default_rng(1).integers(0, DISTINCT, sample.rows).astype(np.int32)
    array = pa.DictionaryArray.from_arrays(pa.array(keys), pa.array(distinct))
    return encoded(sample, array, pa.DictionaryArray.dictionary_decode, lambda: distinct[keys])


def runs(sample: Sample) -> Held:
    """Values that are repeated; NumPy and pyarrow repeat them first."""
    count = max(2, sample.rows // RUN)
    distinct = values_of(sample, count)
    inner = np.random.default_rng(1).choice(sample.rows - 1, count - 1, replace=False) + 1
    ends = np.append(np.sort(inner), sample.rows).astype(np.int32)
    lengths = np.diff(ends, prepend=0)
    array = pa.RunEndEncodedArray.from_arrays(pa.array(ends), pa.array(distinct))
    return encoded(sample, array, pc.run_end_decode, lambda: np.repeat(distinct, lengths))


def encoded(
    sample: Sample,
    array: pa.Array,
    decode: Callable[[Any], pa.Array],
    expand: Callable[[], np.ndarray],
) -> Held:
    """An encoding that only colstats reads as it is; polars and duckdb decode it on import."""
    nan = "nan" if sample.skips_nans else ""
    functions = {"mean": getattr(np, nan + "mean"), "stddev": getattr(np, nan + "std")}
    rivals: dict[str, Calls] = {
        "colstats": by_colstats(cs.Column(array), sample),
        "numpy": {name: lambda f=f: f(expand()) for name, f in functions.items()},
        "pyarrow": by_pyarrow(array, sample, decode),
    }
    return Held(rivals, [expand()])


def windows(sample: Sample) -> Held:
    """An answer for every hundred or thousand values: `per=`, NumPy's reshape, polars' arrays."""
    values, width = values_of(sample), cells.WINDOWS[sample.layout]
    grid = values.reshape(-1, width)
    rivals = {
        "colstats": by_colstats(cs.Column(arrow(values, sample)), sample, per=width),
        "numpy": by_numpy(grid, sample, axis=1),
    }
    if not sample.skips_nans and sample.type != "bool":  # whose deviation polars does not have
        rivals["polars"] = by_polars(pl.Series(grid).arr, sample)
    return Held(rivals, list(grid))


BUILDERS: list[tuple[Any, Callable[[Sample], Held]]] = [
    ([cells.CONTIGUOUS, *cells.NULLS, *cells.SLICES], plain),
    (cells.CHUNKS, chunked),
    (["strided"], strided),
    (cells.ROW_MAJOR, row_major),
    ([cells.TABLE], table),
    (["dictionary"], dictionary),
    (["runs"], runs),
    (cells.WINDOWS, windows),
]
