"""Refused groups: bad keys, parts that cannot be merged, damaged states."""

from collections.abc import Callable

import pyarrow as pa
import pytest

import colstats as cs
from support.tables import TABLE

GROUPS = cs.moments(TABLE, by="country")
STATES = pa.table(GROUPS)
REFUSALS: list[tuple[Callable[[], object], type[Exception], str]] = [
    (lambda: cs.moments(TABLE, by="city"), KeyError, 'no column "city"; there are: "country"'),
    (lambda: cs.moments(TABLE, by=[]), ValueError, "by takes the name of at least one column"),
    (lambda: cs.moments(TABLE, by=3.5), TypeError, "by takes a name or a list of names, not float"),  # type: ignore[call-overload]
    (
        lambda: cs.moments(TABLE, by=["units", "units"]),
        ValueError,
        'by names the column "units" twice',
    ),
    (lambda: cs.moments([1, 2], by="x"), TypeError, "list is one column: by= groups the rows"),
    (lambda: cs.moments(cs.Column([1]), by="x"), TypeError, "Column is one column: by= groups"),
    (lambda: cs.describe(TABLE, by=[]), ValueError, "by takes the name of at least one column"),
    (
        lambda: cs.moments(pa.table({"k": [[1]], "x": [1]}), by="k"),
        TypeError,
        'column "k": cannot group by list values',
    ),
    (
        lambda: cs.moments(pa.table({"x_state": [1], "x": [1]}), by="x_state"),
        ValueError,
        'the key "x_state" clashes with the state column of "x"',
    ),
    (
        lambda: cs.moments(pa.table({"my_state": [b"a"], "x": [1]}), by="my_state"),
        ValueError,
        'the key "my_state" would be taken for states where it is read back',
    ),
    (
        lambda: cs.merge(GROUPS, cs.moments(TABLE, by="units")),
        ValueError,
        'cannot merge groups by "country" with groups by "units"',
    ),
    (
        lambda: cs.merge(
            cs.moments(TABLE, by="units", columns=[]),
            cs.moments(
                TABLE.cast(TABLE.schema.set(2, pa.field("units", "float64"))),
                by="units",
                columns=[],
            ),
        ),
        TypeError,
        'key "units": cannot merge groups by int16 values with groups by float64 values: cast one',
    ),
    (
        lambda: cs.merge(GROUPS, cs.moments(TABLE, by="country", columns=["price"])),
        ValueError,
        'column "units" is missing from table 2 of 2, which has "price": choose the same columns',
    ),
    (
        lambda: cs.merge(
            cs.moments(TABLE, by="country", columns=["units"]),
            cs.moments(TABLE.set_column(2, "units", [[True] * 5]), by="country", columns=["units"]),
        ),
        TypeError,
        'column "units": cannot merge a state of int16 values with one of bool values',
    ),
    (lambda: cs.merge(GROUPS, cs.moments(TABLE)), TypeError, "states of groups or of whole tables"),
    (lambda: cs.MomentsTable(GROUPS), TypeError, "states of groups: use colstats.GroupedMoments"),
    (lambda: cs.GroupedMoments(TABLE), TypeError, "is not an Arrow table of the states of groups"),
    (
        lambda: cs.merge(STATES.drop_columns("country")),
        ValueError,
        "is not a table of states: it has states, but no keys",
    ),
    (
        lambda: cs.merge(STATES.set_column(2, "units_state", [[None, b"", b"CSTM"]])),
        ValueError,
        'row 0, column "units": it has no state',
    ),
    (
        lambda: cs.merge(STATES.set_column(2, "units_state", [[b"CSTM\x09"] * 3])),
        ValueError,
        'row 0, column "units": this state has version 9, but this release reads only version 1',
    ),
]


@pytest.mark.parametrize(("call", "error", "words"), REFUSALS, ids=[w[-40:] for *_, w in REFUSALS])
def test_refusals(call: Callable[[], object], error: type[Exception], words: str) -> None:
    with pytest.raises(error) as raised:
        call()
    assert words in str(raised.value)


def test_keys_that_are_not_utf_8_are_refused() -> None:
    bad = pa.Array.from_buffers(
        pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\1\0\0\0"), pa.py_buffer(b"\xff")]
    )
    with pytest.raises(ValueError, match=r'^key "k": text that is not UTF-8'):
        cs.moments(pa.table({"k": bad, "x": [1]}), by="k")
