"""Whether an answer is right: that of colstats to the last bit, the others' within a tolerance.

The tolerance is relative to the size of the numbers that are added, not to their sum, so that
cancellation is not held against a library; it is there to notice that a library was asked something
else, such as a sample deviation. Where sums or squares leave the range of the type, libraries may
overflow or say zero. How far off each answer is, relative to
the exact one, is recorded; infinite if it overflowed.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from benches.cliffs.cells import Sample
from benches.cliffs.distributions import UNIT
from benches.cliffs.exact import Exact, exact
from support.reference import same_bits

#: The libraries answer a float16 column by float16, and a decimal one with two digits.
TOLERANCES = {"float16": 5e-3, "float32": 1e-4, "decimal128": 1e-6}
TOLERANCE = 1e-9
MARGIN = 4.0  # single numbers are larger or smaller than their mean square
MOST = 1000  # answers checked per call, spread evenly over all


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


def references(columns: Sequence[np.ndarray], sample: Sample) -> dict[int, Exact]:
    """The exact totals of the columns that are checked."""
    unit = UNIT if sample.type == "decimal128" else 1
    return {i: exact(columns[i], sample.skips_nans, unit) for i in chosen(len(columns))}


def check(
    calls: dict[str, Callable[[], object]],
    statistic: str,
    kind: str,
    columns: int,
    totals: dict[int, Exact],
) -> dict[str, float]:
    """Check the answers of all libraries; return their relative errors."""
    expected = {i: getattr(reference, statistic) for i, reference in totals.items()}
    errors = {}
    for name, call in calls.items():
        found = answers(call())
        if len(found) != columns:
            raise WrongAnswer(f"{name}: {len(found)} answers for {columns} columns")
        if name == "colstats":
            check_ours({i: found[i] for i in expected}, expected)
            errors[name] = 0.0
            continue
        for i, right in expected.items():
            if not is_close(found[i], right, kind, statistic, totals[i]):
                raise WrongAnswer(f"{name}: {statistic} is {found[i]!r}, far from {right!r}")
        errors[name] = max(relative(found[i], right) for i, right in expected.items())
    return errors


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
