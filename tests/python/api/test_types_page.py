"""The page of statistics by type says what each statistic of each type is.

To write the page anew:
``PYTHONPATH=tests/python python tests/python/api/test_types_page.py > docs/reference/types.md``.
"""

import datetime
import decimal
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

import colstats as cs
from support.cells import cells, table
from support.pages import DOCS

PAGE = DOCS / "reference" / "types.md"
NONE = "-"
SAME = "the same"
HEAD = """\
---
hide:
  - toc
---

# Statistics by type

The Arrow type of each statistic of a column in a table. *The same* is the type of the column; where
there is a dash, an error names the column. Weighted means have the type of the mean. Quantiles have
the type of the column if they are one of its values, by the interpolation `lower`, `higher` or
`nearest`; otherwise they have the type of the median.

Columns that are dictionary or run-end encoded have the statistics of their values, and extension
types those of their storage. A test, `tests/python/api/test_types_page.py`, asks for every
statistic of every type.
"""

DAY = datetime.date(2024, 2, 29)
NOON = datetime.datetime(2024, 2, 29, 12)
TWO = decimal.Decimal("2.50")
COLUMNS: dict[str, pa.Array] = {
    "bool": pa.array([True, False, True]),
    **{f"{sign}int{bits}": pa.array([1, 2, 4], f"{sign}int{bits}")
       for sign in ("", "u") for bits in (8, 16, 32, 64)},
    **{name: pa.array([1.5, 2.0, 4.0], name) for name in ("float16", "float32", "float64")},
    **{name: pa.array([TWO, TWO * 2, TWO * 5], kind) for name, kind in {
        "decimal32(7, 2)": pa.decimal32(7, 2),
        "decimal64(16, 2)": pa.decimal64(16, 2),
        "decimal128(20, 2)": pa.decimal128(20, 2),
        "decimal256(50, 2)": pa.decimal256(50, 2),
    }.items()},
    "date32": pa.array([DAY] * 3, pa.date32()),
    "date64": pa.array([DAY] * 3, pa.date64()),
    "time32[ms]": pa.array([1, 5, 9], pa.time32("ms")),
    "time64[ns]": pa.array([1, 5, 9], pa.time64("ns")),
    "timestamp[us, tz=UTC]": pa.array([NOON] * 3, pa.timestamp("us", "UTC")),
    "timestamp[ns]": pa.array([NOON] * 3, pa.timestamp("ns")),
    "duration[s]": pa.array([1, 5, 9], pa.duration("s")),
    "duration[ns]": pa.array([1, 5, 9], pa.duration("ns")),
    "null": pa.nulls(3),
    "string": pa.array(["a", "b", "b"]),
    "list": pa.array([[1], [2], [2]]),
}  # fmt: skip


#: The rows of the page, and the columns that each stands for.
ROWS = {
    "bool and all integers": [name for name in COLUMNS if name == "bool" or "int" in name],
    "float16, float32, float64": ["float16", "float32", "float64"],
    "decimal32(7, 2), decimal64(16, 2), decimal128(20, 2)": [
        "decimal32(7, 2)", "decimal64(16, 2)", "decimal128(20, 2)",
    ],
}  # fmt: skip
ROWS |= {name: [name] for name in COLUMNS if not any(name in names for names in ROWS.values())}


def in_table(
    statistic: Callable[..., Any], *arguments: Any, **options: Any
) -> Callable[[pa.Array], pa.DataType]:
    """Ask a statistic of a table, whose results have Arrow types."""
    return lambda column: pa.record_batch(statistic({"x": column}, *arguments, **options))["x"].type


def of_two(statistic: Callable[..., Any]) -> Callable[[pa.Array], pa.DataType]:
    """Ask a statistic of two columns, which is a number."""

    def ask(column: pa.Array) -> pa.DataType:
        assert isinstance(statistic(column, column), float | None)
        return pa.float64()

    return ask


STATISTICS: dict[str, Callable[[pa.Array], pa.DataType]] = {
    **{name: in_table(getattr(cs, name)) for name in (
        "count", "n_unique", "sum", "mean", "median", "variance", "stddev", "sem", "rms",
        "skewness", "kurtosis", "min", "max", "mode",
    )},
    **{f"quantile, {name}": in_table(cs.quantile, 0.5, interpolation=name) for name in (
        "linear", "midpoint", "lower", "higher", "nearest",
    )},
    "mean, weighted": in_table(cs.mean, weights=[1, 2, 3]),
    **{name: of_two(getattr(cs, name)) for name in ("covariance", "correlation")},
}  # fmt: skip
#: The heads of the page, and the statistics that each stands for.
HEADS = {
    "count": ["count"],
    "n_unique": ["n_unique"],
    "sum": ["sum"],
    "mean, median": ["mean", "mean, weighted", "median", "quantile, linear", "quantile, midpoint"],
    "variance, covariance": ["variance", "covariance"],
    "stddev, sem": ["stddev", "sem"],
    "rms": ["rms"],
    "skewness, kurtosis, correlation": ["skewness", "kurtosis", "correlation"],
    "min, max, mode, quantile": [
        "min", "max", "mode", "quantile, lower", "quantile, higher", "quantile, nearest",
    ],
}  # fmt: skip
#: Types are called as columns are, where pyarrow has another name.
NAMES = {"double": "float64", "float": "float32", "halffloat": "float16"}


def answer(statistic: str, column: str) -> str:
    """Return the type of a statistic of a column."""
    try:
        found = str(STATISTICS[statistic](COLUMNS[column]))
    except TypeError as refused:
        error = str(refused)
    else:
        return NAMES.get(
            found, found.replace("date32[day]", "date32").replace("date64[ms]", "date64")
        )
    assert error.startswith(('column "x"', "x is "))
    return NONE


def cell(head: str, row: str) -> str:
    """Return what the page says of the statistics of a head, for the types of a row."""
    asked = {(answer(it, name), name) for it in HEADS[head] for name in ROWS[row]}
    if head.startswith("min") and all(found == name for found, name in asked):
        return SAME
    (found,) = {found for found, _ in asked}
    return found


def written() -> str:
    """Return the page."""
    rows = ([row, *(cell(head, row) for head in HEADS)] for row in ROWS)
    return f"{HEAD}\n{table([['type', *HEADS], *rows])}\n"


def cells_of_page() -> dict[tuple[str, str], str]:
    """Read the page."""
    return cells(PAGE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("head", HEADS)
def test_every_cell_is_true(head: str) -> None:
    page = cells_of_page()
    for row in ROWS:
        assert page[row, head] == cell(head, row), (row, head)


def test_the_page_has_every_statistic_of_every_type() -> None:
    assert {row for row, _ in cells_of_page()} == {*ROWS}
    assert {head for _, head in cells_of_page()} == {*HEADS}
    assert sorted(it for names in ROWS.values() for it in names) == sorted(COLUMNS)
    assert sorted(it for names in HEADS.values() for it in names) == sorted(STATISTICS)


if __name__ == "__main__":
    print(written(), end="")
