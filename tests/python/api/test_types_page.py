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
HEAD = """\
# Statistics by type

The Arrow type of each statistic of a column in a table; where there is none, an error names the
column. Columns that are dictionary or run-end encoded have the statistics of their values, and
extension types those of their storage. A test, `tests/python/api/test_types_page.py`, asks for
every cell.
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
        "count", "sum", "mean", "variance", "stddev", "min", "max", "median",
    )},
    "quantile, lower": in_table(cs.quantile, 0.5, interpolation="lower"),
    **{name: in_table(getattr(cs, name)) for name in (
        "skewness", "kurtosis", "sem", "rms", "n_unique", "mode",
    )},
    "mean, weighted": in_table(cs.mean, weights=[1, 2, 3]),
    **{name: of_two(getattr(cs, name)) for name in ("covariance", "correlation")},
}  # fmt: skip


def cell(statistic: str, column: str) -> str:
    """Return what the page says of a statistic of a column."""
    try:
        return str(STATISTICS[statistic](COLUMNS[column]))
    except TypeError as refused:
        error = str(refused)
    assert error.startswith(('column "x"', "x is "))
    return NONE


def written() -> str:
    """Return the page."""
    rows = ([name, *(cell(statistic, name) for statistic in STATISTICS)] for name in COLUMNS)
    return f"{HEAD}\n{table([['type', *STATISTICS], *rows])}\n"


def cells_of_page() -> dict[tuple[str, str], str]:
    """Read the page."""
    return cells(PAGE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("statistic", STATISTICS)
def test_every_cell_is_true(statistic: str) -> None:
    page = cells_of_page()
    for name in COLUMNS:
        assert page[name, statistic] == cell(statistic, name), (name, statistic)
    assert {key[0] for key in page} == {*COLUMNS}


def test_the_page_has_every_statistic() -> None:
    """No function of the package with the options of a statistic is missing."""
    assert {key[1] for key in cells_of_page()} == {*STATISTICS}


if __name__ == "__main__":
    print(written(), end="")
