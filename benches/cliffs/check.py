"""Whether an answer is right: that of colstats to the last bit, the others' within a tolerance.

The tolerance is relative to the size of the numbers that are added, not to their sum, so that
cancellation is not held against a library; it is there to notice that a library was asked something
else, such as a sample deviation. Where sums or squares leave the range of the type, libraries may
overflow or say zero. How far off each answer is, relative to
the exact one, is recorded; infinite if it overflowed.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa

from benches.cliffs.cells import Sample
from benches.cliffs.distributions import UNIT
from benches.cliffs.exact import Exact, exact
from benches.cliffs.layouts import Calls
from support.reference import same_bits

#: The libraries answer a float16 column by float16, and a decimal one with two digits.
TOLERANCES = {"float16": 5e-3, "float32": 1e-4, "decimal128": 1e-6}
TOLERANCE = 1e-9
MARGIN = 4.0  # single numbers are larger or smaller than their mean square
MOST = 1000  # answers checked per call, spread evenly over all


#: How libraries say that they do not offer an operation, or that it overflows.
REFUSALS = (
    pa.ArrowNotImplementedError,
    pl.exceptions.InvalidOperationError,
    duckdb.OutOfRangeException,
)


class WrongAnswer(AssertionError):
    """An answer that is not what was asked."""


def answers(found: Any) -> list[float]:
    """The answers of a call as Python numbers."""
    if isinstance(found, pa.Scalar):
        found = found.as_py()
    if isinstance(found, list):  # a row of duckdb, or answers already
        return [as_float(value) for value in (found[0] if isinstance(found[0], tuple) else found)]
    if isinstance(found, np.ma.MaskedArray):
        found = found.filled(math.nan)
    if hasattr(found, "row"):  # a data frame
        return [as_float(value) for value in found.row(0)]
    if hasattr(found, "to_dict") and hasattr(found, "column_names"):  # a Row
        return [as_float(value) for value in found.to_dict().values()]
    for name in ("tolist", "to_pylist", "to_list"):
        if hasattr(found, name):
            listed = getattr(found, name)()
            return [as_float(v) for v in listed] if isinstance(listed, list) else [as_float(listed)]
    return [as_float(found)]


def as_float(value: Any) -> float:
    """One answer; none is NaN."""
    return math.nan if value is None else float(value)


def chosen(count: int) -> range:
    """Which answers are checked."""
    return range(0, count, -(-count // MOST))


@dataclass(frozen=True)
class Reference:
    """The exact totals of the checked columns, by position, and the number of all columns."""

    type: str
    columns: int
    totals: dict[int, Exact]

    @classmethod
    def of(cls, columns: Sequence[np.ndarray], sample: Sample) -> "Reference":
        """Add up the columns."""
        unit = UNIT if sample.type == "decimal128" else 1
        totals = {i: exact(columns[i], sample.skips_nans, unit) for i in chosen(len(columns))}
        return cls(sample.type, len(columns), totals)


def check(name: str, call: Callable[[], object], statistic: str, reference: Reference) -> float:
    """Check the answers of a library; return the largest relative error."""
    expected = {i: getattr(totals, statistic) for i, totals in reference.totals.items()}
    found = answers(call())
    if len(found) != reference.columns:
        raise WrongAnswer(f"{name}: {len(found)} answers for {reference.columns} columns")
    if name == "colstats":
        check_ours({i: found[i] for i in expected}, expected)
    for i, right in expected.items():
        if not is_close(found[i], right, reference.type, statistic, reference.totals[i]):
            raise WrongAnswer(f"{name}: {statistic} is {found[i]!r}, far from {right!r}")
    return max(relative(found[i], right) for i, right in expected.items())


def check_ours(found: dict[int, float], expected: dict[int, float]) -> None:
    """Raise unless each answer has the bits of the exact one."""
    for i, right in expected.items():
        if not same_bits(found[i], right):
            raise WrongAnswer(f"colstats is not exact: {found[i]!r}, not {right!r} (answer {i})")


def is_close(found: float, right: float, kind: str, statistic: str, totals: Exact) -> bool:
    """Whether a library's answer is within the tolerance, or need not be."""
    if not math.isfinite(right):
        return not math.isfinite(found)
    size = totals.size(statistic)
    limits = np.finfo(kind if kind.startswith("float") else float)
    if not math.isfinite(found):
        return overflows(statistic, size, float(limits.max) / totals.count)
    if statistic == "stddev" and size < MARGIN * float(limits.tiny) ** 0.5:
        return True  # its squares are too small for the type
    return abs(found - right) <= TOLERANCES.get(kind, TOLERANCE) * size


def overflows(statistic: str, size: float, most: float) -> bool:
    """Whether the sum of such numbers, or of their squares, is too large for the type."""
    if statistic == "stddev":
        return size > most**0.5 / MARGIN
    return statistic != "max" and size > most / MARGIN


def relative(found: float, right: float) -> float:
    """The relative error; infinite if an answer overflowed or should have been zero."""
    if same_bits(found, right) or found == right:
        return 0.0
    if not math.isfinite(found) or not math.isfinite(right) or right == 0.0:
        return math.inf
    return abs(found - right) / abs(right)


def checked(
    sample: Sample, rivals: dict[str, Calls], statistic: str, reference: Reference, wrong: list[str]
) -> dict[str, float]:
    """The errors of the libraries that answer; the wrong answers of others are noted."""
    errors = {}
    for name, calls in rivals.items():
        if statistic not in calls or refuses(calls[statistic]):
            continue
        try:
            errors[name] = check(name, calls[statistic], statistic, reference)
        except WrongAnswer as what:
            where = f"{what} ({sample.type}, {sample.distribution}, {sample.layout})"
            if name == "colstats":
                raise WrongAnswer(where) from None
            wrong.append(where)
    return errors


def refuses(call: Callable[[], object]) -> bool:
    """Whether a library does not offer an operation."""
    try:
        call()
    except REFUSALS:
        return True
    return False
