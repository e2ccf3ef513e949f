"""Columns that only some of the parts have: refused by name, or null there."""

import re
from typing import Any

import pyarrow as pa
import pytest

import colstats as cs
from colstats.distributed import Plan, conclude, join, partial

BOTH = pa.table({"k": ["a", "b", "a"], "x": [1.0, 2.0, 3.0], "y": [10, 20, 30]})
NARROW = pa.table({"k": ["b", "c"], "x": [5.0, None]})
#: What the tables are together.
WHOLE = pa.concat_tables([BOTH, NARROW], promote_options="default")


def test_a_missing_column_is_refused_by_name() -> None:
    words = (
        'column "y" is missing from table 2 of 2, which has "k", "x": choose the same columns for '
        'all parts, or count it as null there with missing="null"'
    )
    with pytest.raises(ValueError, match=f"^{re.escape(words)}$"):
        cs.merge(cs.moments(BOTH), cs.moments(NARROW))
    with pytest.raises(ValueError, match=r'^column "y" is missing from the second table'):
        cs.moments(BOTH) + cs.moments(NARROW)
    with pytest.raises(ValueError, match=r'^column "y" is missing from table 1 of 2'):
        cs.merge(pa.table(cs.moments(NARROW)), pa.table(cs.moments(BOTH)), missing="refuse")


def test_a_missing_column_is_null_in_all_rows() -> None:
    parts = [cs.moments(BOTH), cs.moments(NARROW), cs.moments(NARROW)]
    whole = cs.moments(pa.concat_tables([WHOLE, NARROW], promote_options="default"))
    assert cs.merge(*parts, missing="null") == whole
    assert cs.merge(cs.merge(*parts[:2], missing="null"), parts[2], missing="null") == whole
    assert cs.merge(parts[0], cs.merge(*parts[1:], missing="null"), missing="null") == whole
    assert len(whole["y"]) == 7


def test_parts_without_rows_lack_nothing() -> None:
    empty = cs.moments(NARROW.slice(0, 0))
    assert cs.merge(cs.moments(BOTH), empty, cs.MomentsTable()) == cs.moments(BOTH)
    assert cs.merge(empty, cs.moments(BOTH), missing="null")["y"].count() == 3
    more = cs.moments(pa.table({"x": pa.array([], pa.float64()), "z": pa.array([], pa.int8())}))
    with pytest.raises(ValueError, match=r'^column "z" is missing from table 1 of 2'):
        cs.merge(cs.moments(BOTH), more)


def test_a_table_whose_number_of_rows_is_unknown_is_refused() -> None:
    uneven = cs.MomentsTable({"x": cs.moments([1.0]), "z": cs.moments([1.0, 2.0])})
    assert len(cs.merge(uneven, uneven)["x"]) == 2
    words = (
        'column "k" is missing from table 2 of 2, whose number of rows is unknown: column "x" has '
        "1, others have 2"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(words)}$"):
        cs.merge(cs.moments(BOTH), uneven, missing="null")


def test_stacked_tables_cannot_be_told_apart() -> None:
    stacked = pa.concat_tables([pa.table(cs.moments(BOTH)), pa.table(cs.moments(NARROW))])
    words = (
        'column "y" is missing from some parts of this table: it has 3 rows, others have 5; merge '
        'the parts one by one, as in merge(*parts, missing="null")'
    )
    for missing in ("refuse", "null"):
        with pytest.raises(ValueError, match=f"^{re.escape(words)}$"):
            cs.merge(stacked, missing=missing)
    with pytest.raises(ValueError, match=f"^{re.escape(words)}$"):
        cs.MomentsTable(stacked)


def test_groups_have_one_rule_with_tables() -> None:
    parts = cs.moments(BOTH, by="k"), cs.moments(NARROW, by="k")
    words = (
        'column "y" is missing from table 2 of 2, which has "x": choose the same columns for all '
        'parts, or count it as null there with missing="null"'
    )
    with pytest.raises(ValueError, match=f"^{re.escape(words)}$"):
        cs.merge(*parts)
    whole = cs.merge(*parts, missing="null")
    assert whole == cs.moments(WHOLE, by="k")
    assert [(key, s["y"].count(), s["y"].null_count) for key, s in whole.items()] == [
        ("a", 2, 0),
        ("b", 1, 1),
        ("c", 0, 1),
    ]
    assert (
        cs.merge(cs.moments(BOTH, by="k"), cs.moments(NARROW.slice(0, 0), by="k"))["a"]
        == whole["a"]
    )
    no_columns = cs.moments(NARROW, by="k", columns=[])
    assert cs.merge(cs.moments(BOTH, by="k"), no_columns, missing="null")["b"]["x"].null_count == 1


def test_update_has_the_same_rule() -> None:
    states = cs.moments(BOTH)
    with pytest.raises(
        ValueError, match=r'^column "y" is missing from the data, which has "k", "x"'
    ):
        states.update(NARROW)
    assert states == cs.moments(BOTH)
    states.update(NARROW, missing="null")
    assert states == cs.moments(WHOLE)
    narrow = cs.moments(NARROW)
    with pytest.raises(ValueError, match=r'^column "y" is missing from the states'):
        narrow.update(BOTH)
    narrow.update(BOTH, columns=["k", "x"])
    assert len(narrow["x"]) == 5
    groups = cs.moments(BOTH, by="k")
    with pytest.raises(ValueError, match=r'^column "y" is missing from the data'):
        groups.update(NARROW)
    groups.update(NARROW, missing="null")
    assert groups == cs.moments(WHOLE, by="k")


@pytest.mark.parametrize(
    ("missing", "error", "words"),
    [
        ("zero", ValueError, 'missing takes "refuse" or "null", got "zero"'),
        (None, TypeError, 'missing takes "refuse" or "null", not NoneType'),
    ],
)
def test_other_words_are_refused(missing: Any, error: type[Exception], words: str) -> None:
    for call in (
        lambda: cs.merge(cs.moments(BOTH), missing=missing),
        lambda: cs.moments(BOTH).update(BOTH, missing=missing),
        lambda: Plan(missing=missing),
    ):
        with pytest.raises(error, match=f"^{words}"):
            call()


@pytest.mark.parametrize("columns", [None, ["y", "x"]])
def test_distributed_states_have_the_same_rule(columns: list[str] | None) -> None:
    parts = [BOTH, NARROW, NARROW.select(["k"]), NARROW.slice(0, 0)]
    whole = pa.concat_tables(parts, promote_options="default")
    expected = cs.moments(whole, columns=columns)
    none = partial(BOTH.slice(0, 0), columns=columns, missing="null")
    tables = [partial(part, columns=columns, missing="null") for part in parts]
    assert conclude(join(tables, "null"), none, "null") == expected
    # Engines may spread the rows of a table of states.
    rows = [pa.table(table).slice(row, 1) for table in tables for row in range(len(table))]
    assert conclude([*join(rows[::2], "null"), *join(rows[1::2], "null")], none, "null") == expected
    if columns is None:
        with pytest.raises(
            ValueError,
            match="column 'x' is missing in some partitions: it has 5 rows, others have 7",
        ):
            conclude(join([partial(part) for part in parts]))


def test_distributed_groups_have_the_same_rule() -> None:
    tables = [partial(part, by="k", missing="null") for part in (BOTH, NARROW)]
    assert conclude(join(tables, "null"), missing="null") == cs.moments(WHOLE, by="k")
    with pytest.raises(ValueError, match='column "y" is missing from table 2 of 2'):
        conclude(join([partial(part, by="k") for part in (BOTH, NARROW)]))
