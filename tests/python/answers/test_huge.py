"""Numbers of rows near 2^63: in runs and nulls, which take no memory, or in false lengths."""

import copy
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import colstats as cs
from support.bad_inputs.arrow import MALFORMED, MOST, lying
from support.bad_inputs.case import Case
from support.producers import ArrayProducer, Field, StreamProducer, struct
from support.reference import root_to_float, to_float

HALF = 2**62


def runs(
    lengths: Sequence[int], values: Sequence[float], format: bytes = b"g", **lies: Any
) -> Field:
    """Make a run-end encoded column with 64-bit run ends."""
    ends = [sum(lengths[: i + 1]) for i in range(len(lengths))]
    children = [Field(b"l", ends, name=b"run_ends"), Field(format, values, name=b"values")]
    return Field(b"+r", children=children, array={"length": ends[-1], **lies})


def nothing(rows: int) -> Field:
    """Make a column of nulls."""
    return Field(b"n", [], array={"length": rows, "n_buffers": 0})


def batch(*columns: Field, rows: int) -> Field:
    """Make a record batch with any number of rows and the columns x0, x1, ..."""
    for i, column in enumerate(columns):
        column.name = f"x{i}".encode()
    return struct(*columns, rows=0, array={"length": rows})


def expected(lengths: Sequence[int], values: Sequence[float]) -> dict[str, Any]:
    """Compute the answers with fractions."""
    exact = [Fraction(value) for value in values]
    rows = sum(lengths)
    first = sum(map(Fraction.__mul__, exact, map(Fraction, lengths)))
    second = sum(length * value**2 for length, value in zip(lengths, exact, strict=True))
    spread = rows * second - first**2
    whole = isinstance(values[0], int)
    return {
        "count": rows,
        "sum": int(first) if whole else to_float(first),
        "mean": to_float(first / rows),
        "variance": to_float(spread / rows**2),
        "stddev": root_to_float(spread / rows**2),
        "min": min(values),
        "max": max(values),
    }


@pytest.mark.parametrize(
    ("format", "lengths", "values"),
    [
        (b"g", [HALF], [1.7e308]),
        (b"g", [HALF, HALF - 1], [1.7e308, -1.7e308]),
        (b"g", [MOST], [5e-324]),
        (b"g", [1, MOST - 2, 1], [1.7e308, 5e-324, -1.5e308]),
        (b"g", [3, 2**61 + 1, 2**60 - 1, 2**59], [0.1, 1e300, -1e300, 1e-300]),
        (b"l", [HALF], [-(2**63)]),
        (b"l", [HALF, HALF - 1], [-(2**63), 2**63 - 1]),
        (b"l", [MOST], [2**63 - 1]),
        (b"L", [MOST], [2**64 - 1]),
        (b"L", [HALF, HALF - 1], [2**64 - 1, 0]),
    ],
)
def test_runs_of_nearly_2_to_the_63_rows_are_exact(
    format: bytes, lengths: list[int], values: list[float]
) -> None:
    made = partial(ArrayProducer, runs(lengths, values, format))
    column = cs.Column(made())
    assert (len(column), column.null_count) == (sum(lengths), 0)
    for statistic, want in expected(lengths, values).items():
        for threads in (1, 2):
            got = getattr(cs, statistic)(made(), threads=threads)
            assert (type(got), got) == (type(want), want), statistic


def test_chunks_of_runs_are_exact_together() -> None:
    parts = [([HALF - 5], [1.7e308]), ([2**61, 3], [-1.7e308, 1.0]), ([2**61], [1e-300])]
    lengths = [length for part, _ in parts for length in part]
    values = [value for _, part in parts for value in part]
    stream = partial(StreamProducer, *[runs(*part) for part in parts])
    for statistic, want in expected(lengths, values).items():
        assert getattr(cs, statistic)(stream()) == want
        assert getattr(cs.Column(stream()), statistic)() == want


@pytest.mark.parametrize("call", [cs.mean, cs.count, cs.Column, cs.moments, cs.describe])
def test_more_than_2_to_the_63_rows_are_refused(call: Callable[[Any], object]) -> None:
    field = runs([HALF], [1.0])
    for stream in (StreamProducer(field, field), StreamProducer(*[runs([2**50], [1.0])] * 8192)):
        with pytest.raises(ValueError, match=r"more than 9223372036854775807 rows|2\^53"):
            call(stream)
        assert stream.unbalanced() == []


def test_any_number_of_nulls_takes_no_memory() -> None:
    for rows in (10**12, HALF, MOST):
        nulls = partial(ArrayProducer, nothing(rows))
        column = cs.Column(nulls())
        assert (len(column), column.null_count, column.mean()) == (rows, rows, None)
        for threads in (1, 2):
            assert (cs.count(nulls(), threads=threads), cs.max(nulls(), threads=threads)) == (
                0,
                None,
            )
            windows = pa.array(cs.count(nulls(), per=rows // 10 + 1)).to_pylist()
            assert windows == [0] * 10


def test_a_dictionary_of_any_number_of_nulls() -> None:
    column = cs.Column(ArrayProducer(Field(b"i", [0, 7, 5], dictionary=nothing(HALF))))
    assert (len(column), column.null_count, column.mean()) == (3, 3, None)


def test_windows_of_runs() -> None:
    made = partial(ArrayProducer, runs([HALF], [0.1]))
    assert pa.array(cs.mean(made(), per=2**57)).to_pylist() == [0.1] * 32
    assert pa.array(cs.count(made(), per=MOST)).to_pylist() == [HALF]
    refused = r"per=1 would give \d+ results for a column, more than 268435456"
    for data in (made(), StreamProducer(runs([HALF], [1.0]), runs([HALF - 1], [2.0]))):
        with pytest.raises(ValueError, match=refused):
            cs.mean(data, per=1)


def test_sums_of_durations_beyond_their_type_are_refused() -> None:
    seconds = partial(ArrayProducer, runs([HALF], [HALF], b"l"))
    assert cs.sum(seconds()) == HALF * HALF
    with pytest.raises(ValueError, match=r"a duration of 2.* s exceeds the 999,999,999 days"):
        cs.sum(ArrayProducer(runs([HALF], [HALF], b"tDs")))
    with pytest.raises(ValueError, match=r"exact sum does not fit the result type duration\[s\]"):
        cs.sum(ArrayProducer(batch(runs([HALF], [HALF], b"tDs"), rows=HALF)))


def test_states_refuse_more_than_2_to_the_53_rows() -> None:
    most = 2**53

    def of(rows: int) -> ArrayProducer:
        return ArrayProducer(runs([rows], [0.1]))

    half = cs.moments(of(most // 2))
    whole = half + half
    assert (len(whole), whole.mean(), whole.count()) == (most, 0.1, most)
    assert cs.Moments.from_bytes(whole.to_bytes()) == whole == copy.copy(whole)
    for grow in (
        lambda: whole + cs.moments([1.0]),
        lambda: whole.merge(whole),
        lambda: cs.merge(whole, cs.moments([1.0])),
        lambda: sum([whole, whole], cs.Moments()),
    ):
        with pytest.raises(ValueError, match=r"a state counts at most 2\^53 rows"):
            grow()
    with pytest.raises(ValueError, match=r"a state counts at most 2\^53 rows"):
        whole.update([1.0])
    assert len(whole) == most
    tables = cs.MomentsTable({"x": whole}), cs.moments(pa.table({"x": [1.0]}))
    with pytest.raises(ValueError, match=r'column "x": a state counts at most 2\^53 rows'):
        cs.merge(*tables)
    more = r"9007199254740993 rows are more than the 2\^53 that a state counts"
    for ask in (cs.moments, cs.describe, cs.Moments().update):
        with pytest.raises(ValueError, match=more):
            ask(of(most + 1))
    table = batch(runs([most + 1], [0.1]), rows=most + 1)
    with pytest.raises(ValueError, match='column "x0": ' + more):
        cs.moments(ArrayProducer(table))
    assert cs.mean(of(most + 1)) == 0.1


def too_large(name: str, **lies: Any) -> Case:
    return lying(name, MALFORMED + "too large", **lies)


HUGE = [
    *(too_large(f"{m}={n}", array={m: n}) for m in ("length", "offset") for n in (MOST, HALF)),
    too_large("both", array={"length": HALF, "offset": HALF}),
    *(too_large(f"{f!r}", format=f, array={"length": HALF}) for f in (b"u", b"+l", b"d:9,2,256")),
    too_large("bits", format=b"b", array={"length": 2**56}),
    lying(
        "struct",
        MALFORMED + rf'column "a": 3 rows.*0 \+ {MOST}',
        field=struct(rows=3, array={"length": MOST}),
    ),
    lying(
        "struct's offset",
        MALFORMED + f'column "a": 3 rows.*{MOST - 3}',
        field=struct(array={"offset": MOST - 3}),
    ),
    lying("struct beyond", MALFORMED + "too large", field=struct(array={"offset": MOST})),
    lying(
        "dictionary values",
        MALFORMED + "too large",
        field=Field(b"i", [0], dictionary=Field(array={"length": MOST})),
    ),
    lying(
        "offset of dictionary values",
        MALFORMED + "too large",
        field=Field(b"i", [0], dictionary=Field(array={"offset": MOST - 2})),
    ),
    lying(
        "runs",
        MALFORMED + f"the runs end at row 3, but the array needs {MOST} rows",
        field=runs([3], [1.0], length=MOST),
    ),
    lying(
        "runs at an offset",
        MALFORMED + f"needs {MOST} rows",
        field=runs([3], [1.0], offset=MOST - 3),
    ),
    lying("runs beyond", MALFORMED + "too large", field=runs([3], [1.0], offset=MOST)),
]


@pytest.mark.parametrize("case", HUGE, ids=lambda case: case.name)
def test_lengths_and_offsets_near_2_to_the_63_are_refused(case: Case) -> None:
    assert case.complaint() is None


@pytest.mark.parametrize("member", ["length", "offset"])
def test_run_ends_of_huge_length_or_offset_are_refused(member: str) -> None:
    field = runs([3], [1.0])
    field.children[0].array = {member: MOST - 2}  # type: ignore[union-attr]
    assert lying("", MALFORMED + "too large", field=field).complaint() is None


def test_rows_of_all_columns_may_exceed_2_to_the_63() -> None:
    columns = [runs([HALF], [float(i)]) for i in range(9)]
    made = partial(ArrayProducer, batch(*columns, rows=HALF))
    assert pa.record_batch(cs.mean(made())).to_pylist() == [{f"x{i}": i for i in range(9)}]
    assert pa.record_batch(cs.stddev(made())).to_pylist() == [{f"x{i}": 0 for i in range(9)}]
    assert len(cs.Table(made())) == HALF


def test_rows_that_share_one_address() -> None:
    array = np.broadcast_to(np.int8(3), 2**27)
    assert (cs.mean(array), cs.stddev(array), cs.count(array)) == (3.0, 0.0, 2**27)
