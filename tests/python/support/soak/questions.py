"""The calls: every statistic, in every way, on data and on the objects of colstats.

A question is a function of one input. Many are refused for some inputs, as the mean of text is;
a refusal must leave as little behind as an answer.
"""

import copy
import pickle
from collections.abc import Callable
from operator import attrgetter, methodcaller
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

import colstats as cs
from colstats.distributed import Round
from support.bad_inputs.case import Case

Questions = dict[str, Callable[[Any], object]]

STATISTICS = ("count", "sum", "mean", "variance", "stddev", "min", "max")
ATTRIBUTES = ("name", "type", "null_count", "nan_count", "num_chunks", "column_names", "by")

#: Options with code paths of their own, and some that are refused.
OPTIONS: list[tuple[str, dict[str, Any]]] = [
    ("stddev", {"ddof": 1}),
    ("variance", {"skip_nans": True}),
    ("sum", {"skip_nulls": False}),
    ("mean", {"min_count": 10**30}),
    ("max", {"skip_nans": True, "threads": 1}),
    ("variance", {"ddof": -1}),
    ("mean", {"axes": 0}),
    ("stddev", {"weights": [0.5, 1, 2]}),
    ("mean", {"weights": [-1.0]}),
]
WINDOWS: list[tuple[str, dict[str, Any]]] = [
    ("mean", {"per": "chunk"}),
    ("stddev", {"per": 3}),
    ("stddev", {"per": 3, "step": 1}),
    ("max", {"per": 2, "align": "row"}),
    ("sum", {"per": "cumulative"}),
    ("mean", {"per": "1s", "on": 0}),
    ("count", {"per": 0}),
]
AXES: list[tuple[str, dict[str, Any]]] = [
    ("mean", {"axis": 0}),
    ("sum", {"axis": None}),
    ("max", {"axis": -1, "keepdims": True}),
    ("stddev", {"axis": (0, 1)}),
    ("count", {"axis": (0, 0)}),
]
CHOICES: list[tuple[str, dict[str, Any]]] = [
    ("sum", {"columns": [0]}),
    ("mean", {"numeric_only": True}),
    ("max", {"columns": ["none of them"]}),
]


def functions(*options: tuple[str, dict[str, Any]]) -> Questions:
    """Return calls of the functions, with and without options."""
    every = [*((statistic, {}) for statistic in STATISTICS), *options]
    return {
        f"{name}({keywords or ''})": lambda data, name=name, keywords=keywords: getattr(cs, name)(
            data, **keywords
        )
        for name, keywords in every
    }


def methods(*options: tuple[str, dict[str, Any]]) -> Questions:
    """Return calls of the methods and of the other attributes of our objects."""
    every = [*((statistic, {}) for statistic in STATISTICS), *options]
    return {
        **{
            f".{name}({keywords or ''})": methodcaller(name, **keywords) for name, keywords in every
        },
        **{f".{name}": attrgetter(name) for name in ATTRIBUTES},
        "len": len,
        "repr": repr,
        "hash": hash,
        "==": lambda ours: ours == ours,  # noqa: PLR0124 - that is the question
    }


def batch_of(statistic: Callable[[Any], Any]) -> Callable[[Any], object]:
    """Compute a result, and export it to another library."""
    return lambda data: pa.record_batch(statistic(data))


def updated(data: Any) -> cs.Moments:
    """Update a state twice."""
    state = cs.Moments()
    state.update(data)
    state.update(data)
    return state


def pickled(ours: Any) -> object:
    return pickle.loads(pickle.dumps(ours))


#: Calls on the results for tables.
OF_ROWS: Questions = {
    "str": str,
    "repr": repr,
    "html": methodcaller("_repr_html_"),
    "list": list,
    ".to_list": methodcaller("to_list"),
    ".to_dict": methodcaller("to_dict"),
    "[name]": lambda rows: rows[rows.column_names[0]],
    "[-1]": lambda rows: rows[-1],
    "[what is not there]": lambda rows: rows["none of them"],
    "in": lambda rows: "x" in rows,
    "==": lambda rows: rows == rows,  # noqa: PLR0124 - that is the question
    "pickle": pickled,
    "deepcopy": copy.deepcopy,
    "pyarrow": pa.table,
    "polars": pl.DataFrame,
    "pandas": pd.DataFrame,
    "numpy": np.asarray,
    "another schema": lambda rows: pa.RecordBatchReader.from_stream(rows, pa.schema([])),
    "unused capsules": lambda rows: rows.__arrow_c_array__(),
    "an unread stream": lambda rows: rows.__arrow_c_stream__(),
    "a damaged pickle": lambda rows: rows._restore(True, 7, rows.__reduce__()[1][2]),
}


def ask_row(ask: Callable[[Any], object]) -> Callable[[Any], object]:
    """Ask the minima of a table."""
    return lambda data: ask(cs.min(data))


def ask_rows(ask: Callable[[Any], object]) -> Callable[[Any], object]:
    """Ask the sums of windows of a table."""
    return lambda data: ask(cs.sum(data, per=2))


ANY = {
    **functions(*OPTIONS, *WINDOWS, *AXES),
    "describe": cs.describe,
    "moments": cs.moments,
    "Column": cs.Column,
    "Table": cs.Table,
    "update": updated,
    "merge": cs.merge,
    "median": cs.median,
    "quantile": lambda data: cs.quantile(data, [0, 0.3], interpolation="lower"),
    "quantile of too much": lambda data: cs.quantile(data, 2),
    "n_unique": cs.n_unique,
    "mode": cs.mode,
}
COLUMN_DATA: Questions = {
    **ANY,
    "linear_fit": lambda data: repr(cs.linear_fit(data, data)),
    "anova": lambda data: cs.anova([data, [1.5, 2.5]], skip_nans=True),
    "ttest": lambda data: cs.ttest(data, [1.5, 2.5], pooled=True, skip_nans=True),
}
TABLE_DATA: Questions = {
    **ANY,
    "comoments": lambda data: cs.comoments(data) + cs.comoments(data),
    "comoments, bytes": lambda data: cs.CoMoments.from_bytes(cs.comoments(data).to_bytes()),
    "comoments, pickle": lambda data: pickled(cs.comoments(data)),
    "comoments, correlation": lambda data: cs.comoments(data).correlation(skip_nans=True),
    "comoments, Arrow": lambda data: cs.CoMoments(pa.table(cs.comoments(data, degree=2))),
    "comoments, weights=": lambda data: repr(cs.comoments(data, weights=[1] * 3).weight),
    "comoments, by=": lambda data: pickled(cs.comoments(data, by=[0])),
    "comoments, by=, Arrow": lambda data: cs.GroupedCoMoments(pa.table(cs.comoments(data, by=[0]))),
    "ols": lambda data: repr(cs.ols(data, y=0, x=[-1], skip_nans=True)),
    "ols of powers": lambda data: cs.ols(data, y=0, x=-1, degree=3, skip_nans=True),
    "ols, weights=": lambda data: repr(cs.ols(data, y=0, x=-1, weights=[1.5, 0, 2])),
    "ols of what is not there": lambda data: cs.ols(data, y=0, x="none of them"),
    **functions(*CHOICES),
    "a round": lambda data: Round().join([Round().partial(data), Round().partial(data)]),
    "moments, by=": lambda data: cs.moments(data, by=[0]),
    "describe, by=": lambda data: str(cs.describe(data, by=[-1])),
    "mean, by=": lambda data: cs.mean(data, by=[0], numeric_only=True),
    "mean, by= and per=": lambda data: cs.mean(data, by=[0], per=2),
    "moments, by= what is not there": lambda data: cs.moments(data, by="none of them"),
    "a batch": batch_of(cs.sum),
    **{f"a row, {name}": ask_row(ask) for name, ask in OF_ROWS.items()},
    **{f"rows, {name}": ask_rows(ask) for name, ask in OF_ROWS.items()},
    "a batch of windows": batch_of(lambda data: cs.mean(data, per=2)),
}

OF_COLUMNS: Questions = {
    **COLUMN_DATA,
    **methods(*OPTIONS, *WINDOWS),
    ".describe": methodcaller("describe"),
    ".moments": methodcaller("moments"),
}
OF_TABLES: Questions = {
    **TABLE_DATA,
    **methods(*OPTIONS, *WINDOWS, *CHOICES),
    ".describe": methodcaller("describe"),
    ".describe, by=": methodcaller("describe", by=[0]),
    ".moments": methodcaller("moments"),
    ".moments, by=": methodcaller("moments", by=[0]),
    ".max, by=": methodcaller("max", by=[0], numeric_only=True),
    "[0]": lambda table: table[0].mean(),
    "[name]": lambda table: table[table.column_names[-1]],
    "[what is not there]": lambda table: table["none of them"],
    "list": list,
    "in": lambda table: "x" in table,
}

OF_MOMENTS: Questions = {
    **methods(*OPTIONS),
    "+": lambda state: state + state,
    "sum": lambda state: sum([state, state]),
    "merge": lambda state: cs.merge(state, state, state),
    ".merge": lambda state: copy.copy(state).merge(state),
    "merge with another type": lambda state: cs.merge(state, cs.Moments("bool")),
    "merge with none": lambda state: cs.merge(state, 1),
    "pickle": pickled,
    "deepcopy": copy.deepcopy,
    "bytes": lambda state: cs.Moments.from_bytes(state.to_bytes()),
    "damaged bytes": lambda state: cs.Moments.from_bytes(state.to_bytes()[:-1]),
    "bytes of none": lambda state: cs.Moments.from_bytes(bytearray(state.to_bytes()[1:])),
    "update": lambda state: copy.copy(state).update([1.5, None]),
    "update by none": lambda state: state.update(object()),
    "update by another type": lambda state: copy.copy(state).update([True]),
    ".describe": methodcaller("describe"),
    "table": lambda state: cs.MomentsTable({"x": state, "y": state}),
    "type": lambda state: cs.Moments(state.type),
}
#: Calls on tables of states and on grouped states.
OF_STATES: Questions = {
    **methods(*OPTIONS, *CHOICES),
    "pickle": pickled,
    "merge": lambda states: cs.merge(states, states),
    "pyarrow": pa.table,
    "polars": pl.DataFrame,
    "from pyarrow": lambda states: cs.merge(pa.table(states), states),
    "from polars": lambda states: cs.merge(pl.DataFrame(states)),
    "from a batch": lambda states: type(states)(pa.record_batch(states)),
    "from a reader": lambda states: cs.merge(pa.RecordBatchReader.from_stream(states)),
    "from parts of them": lambda states: cs.merge(
        pa.table(states).drop_columns(pa.table(states).column_names[:1])
    ),
    "schema": lambda states: states.__arrow_c_schema__(),
    "unused capsules": lambda states: states.__arrow_c_array__(),
    "an unread stream": lambda states: states.__arrow_c_stream__(),
    "a batch": batch_of(methodcaller("mean", numeric_only=True)),
    "list": list,
    "in": lambda states: "x" in states,
    "[0]": lambda states: states[0],
    "[-9]": lambda states: states[-9],
    "[what is not there]": lambda states: states["none of them"],
    ".get": methodcaller("get", "none of them"),
    ".keys": methodcaller("keys"),
    ".values": lambda states: list(states.values()),
    ".items": lambda states: list(states.items()),
    ".sizes": lambda states: states.sizes(),
    ".group": lambda states: states.group(-1),
    ".describe": lambda states: str(states.describe()),
    "+": lambda states: states + states,
    "sum": lambda states: sum([states, states]),
    "merge what lacks columns": lambda states: cs.merge(
        states, cs.moments(pa.table({"y": [1]})), missing="null"
    ),
    "update": lambda states: copy.copy(states).update(pa.table({"x": [1.5]}), missing="null"),
    "update by none": lambda states: states.update(object()),
    "bytes": lambda states: type(states).from_bytes(states.to_bytes()),
    "damaged bytes": lambda states: type(states).from_bytes(states.to_bytes()[:-1]),
    "GroupedMoments": cs.GroupedMoments,
    "MomentsTable": cs.MomentsTable,
}
OF_SUMMARIES: Questions = {
    "str": str,
    "repr": repr,
    "html": methodcaller("_repr_html_"),
    "list": methodcaller("to_list"),
    "dict": methodcaller("to_dict"),
    "pyarrow": pa.table,
    "a batch": pa.record_batch,
    "polars": pl.DataFrame,
    "[0]": lambda summary: summary[0],
    "[0:1]": lambda summary: str(summary[0:1]),
    "[what is not there]": lambda summary: summary["none of them"],
    "==": lambda summary: summary == summary,  # noqa: PLR0124 - that is the question
}

BAD: Questions = {
    "as it is": Case.provoke,
    **{
        name: lambda case, ask=ask: case.provoke(ask)
        for name, ask in {
            "Column": cs.Column,
            "Table": cs.Table,
            "count": cs.count,
            "stddev, per=": lambda data: cs.stddev(data, per=2),
            "describe": cs.describe,
            "moments": cs.moments,
            "moments, by=": lambda data: cs.moments(data, by=[0]),
            "update": updated,
            "merge": cs.merge,
        }.items()
    },
}
