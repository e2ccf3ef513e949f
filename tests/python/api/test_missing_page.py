"""docs/reference/missing.md says what each library makes of missing values; all cells are asked.

To write its tables anew: ``PYTHONPATH=tests/python python tests/python/api/test_missing_page.py``.
"""

import math
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

import colstats as cs
from support import stand_ins
from support.cells import sections, table, with_tables
from support.pages import DOCS

if stand_ins.has("duckdb"):
    import duckdb
    import polars as pl

PAGE = DOCS / "reference" / "missing.md"
LIBRARIES = ("colstats", "pandas", "polars", "pyarrow", "NumPy", "duckdb")
#: There is no such setting, or there are no such values.
NONE = "-"
NAN, INFINITY = float("nan"), float("inf")
Values = list[float | None]

#: How each library is asked for a statistic, of x.
CALLS = {
    "count": ("cs.count(x)", "x.count()", "x.count()", "pc.count(x)", "np.size(x)", "count(x)"),
    "sum": ("cs.sum(x)", "x.sum()", "x.sum()", "pc.sum(x)", "np.sum(x)", "sum(x)"),
    "mean": ("cs.mean(x)", "x.mean()", "x.mean()", "pc.mean(x)", "np.mean(x)", "avg(x)"),
    "stddev": ("cs.stddev(x)", "x.std()", "x.std()", "pc.stddev(x)", "np.std(x)", "stddev(x)"),
    "min": ("cs.min(x)", "x.min()", "x.min()", "pc.min(x)", "np.min(x)", "min(x)"),
    "max": ("cs.max(x)", "x.max()", "x.max()", "pc.max(x)", "np.max(x)", "max(x)"),
}

#: By section: the data of each statistic.
DEFAULTS: dict[str, list[tuple[str, Values]]] = {
    "Nulls": [
        *((statistic, [1.0, None, 3.0]) for statistic in CALLS),
        ("sum", [None, None]),
        ("mean", [None, None]),
    ],
    "NaN": [(statistic, [1.0, NAN, 3.0]) for statistic in CALLS],
    "Infinities": [
        ("mean", [1.0, INFINITY]),
        ("mean", [INFINITY, -INFINITY]),
        ("stddev", [1.0, INFINITY]),
        ("max", [1.0, INFINITY]),
        ("sum", [1e308, 1e308]),
        ("mean", [1e308, 1e308]),
        ("sum", [1e308, 1e308, -1e308]),
    ],
    "No values": [(statistic, []) for statistic in CALLS],
    "Few values": [("stddev", [1.0, 3.0]), ("stddev", [1.0])],
}

#: What is set, the data, and how each library is asked.
SETTINGS: list[tuple[str, Values, tuple[str, ...]]] = [
    ("a null makes the mean null", [1.0, None, 3.0], (
        "cs.mean(x, skip_nulls=False)", "x.mean(skipna=False)", NONE,
        "pc.mean(x, skip_nulls=False)", NONE, NONE)),
    ("a null or NaN makes the mean null", [1.0, NAN, 3.0], (
        "cs.mean(x, skip_nulls=False, skip_nans=True)", "x.mean(skipna=False)", NONE, NONE, NONE,
        NONE)),
    ("NaN is left out", [1.0, NAN, 3.0], (
        "cs.mean(x, skip_nans=True)", "x.mean()", "x.fill_nan(None).mean()", NONE, "np.nanmean(x)",
        "avg(x) filter (not isnan(x))")),
    ("nulls and NaN are not counted", [1.0, NAN, None], (
        "cs.count(x, skip_nans=True)", "x.count()", "x.fill_nan(None).count()", NONE, NONE,
        "count(x) filter (not isnan(x))")),
    ("at least two values", [1.0, None], (
        "cs.sum(x, min_count=2)", "x.sum(min_count=2)", NONE, "pc.sum(x, min_count=2)", NONE,
        NONE)),
    ("the sum of no values is 0", [], (
        "cs.sum(x, min_count=0)", "x.sum()", "x.sum()", "pc.sum(x, min_count=0)", "np.sum(x)",
        "coalesce(sum(x), 0)")),
    ("the sum of no values is null", [], (
        "cs.sum(x)", "x.sum(min_count=1)", NONE, "pc.sum(x)", NONE, "sum(x)")),
    ("the deviation of a population", [1.0, 3.0], (
        "cs.stddev(x)", "x.std(ddof=0)", "x.std(ddof=0)", "pc.stddev(x)", "np.std(x)",
        "stddev_pop(x)")),
    ("the deviation of a sample", [1.0, 3.0], (
        "cs.stddev(x, ddof=1)", "x.std()", "x.std()", "pc.stddev(x, ddof=1)", "np.std(x, ddof=1)",
        "stddev_samp(x)")),
    ("another ddof", [1.0, 3.0, 8.0], (
        "cs.stddev(x, ddof=2)", "x.std(ddof=2)", "x.std(ddof=2)", "pc.stddev(x, ddof=2)",
        "np.std(x, ddof=2)", NONE)),
    ("too few values for ddof", [1.0, 3.0], (
        "cs.stddev(x, ddof=2)", "x.std(ddof=2)", "x.std(ddof=2)", "pc.stddev(x, ddof=2)",
        "np.std(x, ddof=2)", NONE)),
]  # fmt: skip


def ask(library: str, call: str, values: Values) -> str:
    """Return what a library answers, in words."""
    if library == "NumPy" and None in values:
        return NONE
    names = {"cs": cs, "pc": pc, "np": np, "x": DATA[library](values)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            answer = by_sql(call, names["x"]) if library == "duckdb" else eval(call, names)
        except (ValueError, ArithmeticError, LookupError, *SQL_ERRORS):
            return "error"
    return words(answer.as_py() if isinstance(answer, pa.Scalar) else answer)


DATA: dict[str, Callable[[Values], Any]] = {
    "colstats": lambda values: pa.array(values, pa.float64()),
    "pandas": lambda values: pd.Series(values, dtype="float64"),
    "polars": lambda values: pl.Series(values, dtype=pl.Float64),
    "pyarrow": lambda values: pa.array(values, pa.float64()),
    "NumPy": lambda values: np.array(values, "float64"),
    "duckdb": lambda values: pa.table({"x": pa.array(values, pa.float64())}),
}
SQL_ERRORS = (duckdb.Error,) if stand_ins.has("duckdb") else ()


def by_sql(call: str, data: pa.Table) -> Any:
    with duckdb.connect() as connection:
        connection.register("data", data)
        row = connection.execute(f"select {call} from data").fetchone()
    assert row is not None
    return row[0]


def words(answer: Any) -> str:
    """Return a number as the page shows it."""
    if answer is None:
        return "null"
    return "NaN" if math.isnan(answer) else f"{answer:.4g}"


def listed(values: Values) -> str:
    return ", ".join(map(words, values)) or "nothing"


def expected(section: str) -> str:
    """Return the table of a section."""
    if section == "Settings":
        return table([["values", "what", "library", "call", "answer"], *settings()])
    rows = [["", *LIBRARIES]]
    if section == "How each is asked":
        rows += [[name, *(f"`{call}`" for call in calls)] for name, calls in CALLS.items()]
    else:
        for statistic, values in DEFAULTS[section]:
            calls = zip(LIBRARIES, CALLS[statistic], strict=True)
            answers = [ask(library, call, values) for library, call in calls]
            rows.append([f"{statistic} of {listed(values)}", *answers])
    return table(rows)


def settings() -> Iterator[list[str]]:
    """Return a row for each setting of each library; what they share is in the first alone."""
    for name, values, calls in SETTINGS:
        before = [listed(values), name]
        for library, call in zip(LIBRARIES, calls, strict=True):
            if call != NONE:
                yield [*before, library, f"`{call}`", ask(library, call, values)]
                before = ["", ""]


SECTIONS = ("How each is asked", *DEFAULTS, "Settings")


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.skipif(not stand_ins.has("duckdb"), reason="there is no duckdb, and no polars")
def test_every_cell_is_true(section: str) -> None:
    lines = [line for line in sections(PAGE)[section].splitlines() if line.startswith("|")]
    assert lines == expected(section).splitlines()


if __name__ == "__main__":
    tables = {section: expected(section) for section in SECTIONS}
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8"), tables), encoding="utf-8")
