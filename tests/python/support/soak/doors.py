"""Every door, with every kind of input that enters by it.

The refusals of states come from the tests that assert their messages.
"""

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout, suppress
from typing import Any

import nanoarrow
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from pyarrow.dataset import dataset

import colstats as cs
from colstats import cli
from states import test_groups_refused, test_moments, test_moments_table
from support import stand_ins
from support.bad_inputs.arrow import PRODUCERS
from support.bad_inputs.objects import OBJECTS
from support.bad_inputs.protocol import PROTOCOLS
from support.honest import HONEST

from .inputs import (
    BUFFERS,
    ENCODED,
    GROUPS,
    INTERFACES,
    ITEMS,
    ITERATORS_OF_NUMBERS,
    LISTS,
    MATRICES,
    SOME,
    STATES,
    STRIDED,
    TABLE,
    TABLES_OF_ITEMS,
    TENSORS,
    TIMES,
    Maker,
    columns_of,
    failing_reader,
    files,
    is_number,
    kept,
    kinds,
    masked,
    of_each_dtype,
    others,
    tables_of,
)
from .questions import (
    BAD,
    COLUMN_DATA,
    OF_COLUMNS,
    OF_MOMENTS,
    OF_STATES,
    OF_SUMMARIES,
    OF_TABLES,
    TABLE_DATA,
    Questions,
    updated,
)
from .run import Door

#: Enough values for a second thread, for our threads and for Python threads that share data.
MANY = np.random.default_rng(5).normal(size=600_000)
#: Frames that pandas converts when it exports them.
PANDAS: list[Maker] = [
    TABLE.to_pandas,
    lambda: pd.DataFrame({"b": [True, False], "c": pd.Categorical([1.5, 2.5])}),
]


def read_by_others(data: Any) -> None:
    """Read all of it by another library, through the same protocols."""
    with suppress(pa.ArrowException, OSError, KeyboardInterrupt, RuntimeError):
        for _ in nanoarrow.c_array_stream(data):
            pass


def memory() -> list[Door]:
    """Data in memory, without Arrow."""
    return [
        Door("NumPy arrays", of_each_dtype(lambda values: values), COLUMN_DATA),
        Door("NumPy, strided, swapped, unaligned", STRIDED, COLUMN_DATA),
        Door("NumPy, masked", of_each_dtype(masked, lambda a: masked(a)[::-2]), COLUMN_DATA),
        Door("NumPy, times", TIMES, COLUMN_DATA),
        Door("NumPy, matrices and records", MATRICES, TABLE_DATA),
        Door("buffers", BUFFERS, COLUMN_DATA),
        Door("`__array_interface__`", INTERFACES, COLUMN_DATA),
        Door("`__dlpack__`", TENSORS, COLUMN_DATA),
        Door("lists, tuples, ranges", LISTS, COLUMN_DATA),
        Door("iterators of numbers", ITERATORS_OF_NUMBERS, COLUMN_DATA, is_used_up=True),
        Door("lists and iterators of arrays", ITEMS, COLUMN_DATA, is_used_up=True),
        Door("iterators of batches, mappings", TABLES_OF_ITEMS, TABLE_DATA, is_used_up=True),
    ]


def columns() -> list[Door]:
    """Arrow columns of every type."""

    def door(name: str, *layouts: str, where: Callable[[pa.DataType], bool]) -> Door:
        makers = kinds(*layouts, where=where)
        return Door(name, makers, COLUMN_DATA, control=read_by_others)

    types = pa.types
    return [
        door("numbers", "array", "slice", "chunks", "extension", where=is_number),
        door("decimals", "array", "chunks", where=types.is_decimal),
        door("dates and times", "array", "chunks", where=types.is_temporal),
        door("dictionaries and runs", *ENCODED, where=SOME.__contains__),
        Door("text, lists and others", others(), COLUMN_DATA, control=read_by_others),
    ]


def libraries() -> list[Door]:
    """Data that other libraries export."""

    def door(name: str, makers: list[Maker], asked: Questions, *, is_used_up: bool = False) -> Door:
        name = name.replace("only,", "one method alone,")
        return Door(name, makers, asked, is_used_up, read_by_others)

    return [
        *(
            door(f"{library}, columns", columns_of(library), COLUMN_DATA)
            for library in ("pyarrow", "polars", "pandas", "nanoarrow", "arro3", "only")
            if stand_ins.has(library)
        ),
        *(
            door(f"{library}, tables", tables_of(library), TABLE_DATA)
            for library in ("pyarrow", "polars", "duckdb", "nanoarrow", "arro3", "only")
            if stand_ins.has(library)
        ),
        *(
            door(f"{library}, streams of columns", made, COLUMN_DATA, is_used_up=True)
            for library in ("nanoarrow", "arro3")
            if (made := columns_of(library, once=True))
        ),
        *(
            door(f"{library}, readers", tables_of(library, once=True), TABLE_DATA, is_used_up=True)
            for library in ("pyarrow", "nanoarrow", "arro3")
        ),
        # A frame keeps a weak reference to each export, and drops them a thousand at a time.
        door("pandas, tables", [*tables_of("pandas"), *PANDAS], TABLE_DATA, is_used_up=True),
    ]


def hand_made() -> list[Door]:
    """Hand-made structures that count releases, honest and lying ones."""
    is_table = ("batch", "2-d")
    cases = [*OBJECTS, *PROTOCOLS, *PRODUCERS]
    steady = [case for case in cases if not case.name.startswith("reader raises")]
    return [
        *(
            Door(
                f"by hand: {name}",
                [make],
                TABLE_DATA if any(word in name for word in is_table) else COLUMN_DATA,
                is_used_up=True,
            )
            for name, make in HONEST.items()
        ),
        Door("bad inputs", kept(*steady), BAD, control=lambda case: case.make()),
        Door(
            "pyarrow, readers that fail",
            [lambda: failing_reader(ValueError("no more")), lambda: failing_reader(OSError(5, ""))],
            TABLE_DATA,
            is_used_up=True,
            control=read_by_others,
        ),
        Door(
            "pyarrow, readers and Ctrl-C",
            [lambda: failing_reader(KeyboardInterrupt())],
            {"mean": interrupted(cs.mean), "moments": interrupted(cs.moments)},
            is_used_up=True,
            control=read_by_others,
        ),
    ]


def interrupted(ask: Callable[[Any], object]) -> Callable[[Any], object]:
    """Return an exception in place of KeyboardInterrupt."""

    def answer(data: Any) -> object:
        try:
            return ask(data)
        except KeyboardInterrupt:
            return InterruptedError()

    return answer


def own() -> list[Door]:
    """The objects of colstats, and their methods."""
    sources = (
        *[maker() for maker in kinds("array", *ENCODED, where=SOME.__contains__)],
        *[maker() for maker in STRIDED[:10]],
        masked(np.arange(9.0)),
        TABLE["s"],
    )
    states = (*map(cs.moments, sources), cs.Moments(), cs.moments(np.geomspace(1e-300, 1e300, 99)))
    refusals = (
        *test_moments.REFUSALS,
        *test_moments_table.REFUSALS,
        *test_groups_refused.REFUSALS,
    )
    frame = pl.DataFrame if stand_ins.has("polars") else pa.table
    return [
        Door("`Column`", kept(*map(cs.Column, sources)), OF_COLUMNS),
        Door("`Table`", kept(*map(cs.Table, (TABLE, MATRICES[0](), frame(STATES)))), OF_TABLES),
        Door("`Moments`", kept(*states), OF_MOMENTS),
        Door("`MomentsTable`", kept(STATES, cs.moments(MATRICES[0]())), OF_STATES),
        Door("`GroupedMoments`", kept(GROUPS, cs.moments(TABLE, by=["n", "t"])), OF_STATES),
        Door("`Summary`", kept(cs.describe(TABLE), cs.describe(TABLE, by="s")), OF_SUMMARIES),
        Door(
            "what states refuse", kept(*(call for call, *_ in refusals)), {"": lambda call: call()}
        ),
    ]


def several_threads() -> list[Door]:
    """Calls with several threads."""
    makers = kept(MANY, cs.Column(MANY), cs.Table(MANY.reshape(-1, 2)))
    questions: Questions = {
        f"{name}, {threads}": lambda data, ask=ask, threads=threads: ask(data, threads=threads)
        for name, ask in {"mean": cs.mean, "stddev": cs.stddev, "moments": cs.moments}.items()
        for threads in (2, 3)
    }
    pool = ThreadPoolExecutor(4)
    shared: Questions = {
        ask.__name__: lambda data, ask=ask: list(pool.map(ask, [data] * 4))
        for ask in (cs.mean, cs.stddev, cs.moments, cs.Column, updated)
    }
    return [
        Door("several threads of ours", makers, questions),
        Door("several threads of Python", kept(MANY[:99], TABLE["x"], cs.Column([1.5])), shared),
    ]


def command_line() -> list[Door]:
    """Files that the command line reads."""

    def describe(*options: str) -> Callable[[str], object]:
        def run(path: str) -> object:
            with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
                return OSError() if cli.main([*options, path]) else None

        return run

    def read_alone(path: str) -> None:
        with suppress(pa.ArrowException, OSError):
            dataset(path, format=path.rpartition(".")[-1]).to_table()

    questions = {
        "table": describe(),
        "JSON": describe("--json", "--per-chunk", "--ddof=1"),
        "CSV of windows": describe("--format=csv", "--per=2", "--skip-nans"),
        "what is not there": describe("--by=none of them"),
    }
    return [Door("files", files(), questions, control=read_alone)]


def every() -> list[Door]:
    """All doors."""
    return [
        *memory(),
        *columns(),
        *libraries(),
        *hand_made(),
        *own(),
        *several_threads(),
        *command_line(),
    ]
