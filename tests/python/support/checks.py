"""Assertions that every statistic, called in every way, equals the reference bit by bit."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

import colstats as cs
from support.reference import QUESTIONS, Value, expected, same_bits


def assert_column(make: Callable[[], object], values: Sequence[Value]) -> None:
    """Check all statistics of the column that `make` returns: functions and methods."""
    assert_methods(cs.Column(make()), values)
    for statistic, options in QUESTIONS:
        got = getattr(cs, statistic)(make(), **options)
        assert_same(got, statistic, values, options)


def assert_methods(column: cs.Column, values: Sequence[Value]) -> None:
    """Check all methods of a column against its values."""
    for statistic, options in QUESTIONS:
        got = getattr(column, statistic)(**options)
        assert_same(got, f"Column.{statistic}", values, options)
    assert len(column) == len(values)
    assert column.null_count == sum(value is None for value in values)


def assert_same(got: object, what: str, values: Sequence[Value], options: dict[str, Any]) -> None:
    """Check one answer against the reference, bit by bit."""
    want = expected(what.rsplit(".", maxsplit=1)[-1], values, **options)
    assert same_bits(got, want), f"{what}({options}) is {got!r}, not {want!r}"


def assert_table(make: Callable[[], object], columns: Mapping[str, Sequence[Value]]) -> None:
    """Check all statistics of all columns of the table that `make` returns."""
    table = cs.Table(make())
    names, series = list(columns), list(columns.values())
    assert table.column_names == names
    assert len(table) == len(series[0])
    for statistic, options in QUESTIONS:
        for got in (
            getattr(cs, statistic)(make(), **options),
            getattr(table, statistic)(**options),
        ):
            assert_row(got, statistic, names, series, options)
    for position, values in enumerate(series):
        assert_methods(table[position], values)


def assert_row(
    got: object,
    statistic: str,
    names: Sequence[str],
    series: Sequence[Sequence[Value]],
    options: dict[str, Any],
) -> None:
    """Check a batch of one row, with a column for each series of values."""
    batch = pa.record_batch(got)
    assert batch.schema.names == names
    assert batch.num_rows == 1
    for column, values in zip(batch.columns, series, strict=True):
        assert_same(plain(column[0].as_py()), statistic, values, options)


def plain(answer: object) -> object:
    """Convert a Decimal to an int: sums of integers are decimals in Arrow results."""
    return int(answer) if isinstance(answer, Decimal) else answer
