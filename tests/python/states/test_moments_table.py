"""Tables of states: their export, round trips through other libraries, refusals at import."""

import copy
import pickle
import re
import struct
from collections.abc import Callable
from datetime import datetime
from typing import Any

import arro3.core
import duckdb
import nanoarrow as na
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import colstats as cs

DATA = pa.table(
    {
        "x": [1.5, 2.5, None, float("nan")],
        "n": pa.array([1, None, None, 7], pa.int16()),
        "s": ["a", None, "c", "d"],
        "t": pa.array([0, 10, 20, 30], pa.timestamp("ms", "UTC")),
    }
)
STATES = cs.moments(DATA)


def row(answer: object) -> dict[str, Any]:
    return pa.record_batch(answer).to_pylist()[0]


def test_a_table_of_states_is_a_mapping_by_name() -> None:
    assert STATES.column_names == list(STATES) == ["x", "n", "s", "t"]
    assert len(STATES) == 4
    assert "x" in STATES
    assert "y" not in STATES
    assert 3 not in STATES
    assert STATES["n"] == STATES[1] == STATES[-3] == cs.moments(DATA["n"])
    with pytest.raises(KeyError, match='no column "y"; there are: "x", "n", "s", "t"'):
        STATES["y"]
    with pytest.raises(IndexError, match="no column at position 4: there are 4"):
        STATES[4]


def test_repr_lists_names_and_types() -> None:
    expected = (
        '<colstats.MomentsTable: "x" float64, "n" int16, "s" string, "t" timestamp[ms, tz=UTC]>'
    )
    assert repr(STATES) == expected
    assert repr(cs.moments(DATA, columns=[])) == "<colstats.MomentsTable: no columns>"
    wide = cs.MomentsTable({str(i): cs.Moments() for i in range(9)})
    assert repr(wide).endswith('"7" no type yet, ... (9 in all)>')


def test_items_are_copies() -> None:
    STATES["x"].update([1.0])
    assert cs.moments(DATA) == STATES


def test_statistics_equal_those_of_the_table() -> None:
    for statistic in ("sum", "mean", "variance", "stddev", "min", "max"):
        for options in ({"numeric_only": True}, {"columns": ["n", 0], "skip_nans": True}):
            ours, theirs = getattr(STATES, statistic)(**options), getattr(cs, statistic)
            assert repr(row(ours)) == repr(row(theirs(DATA, **options)))
    assert row(STATES.count()) == {"x": 3, "n": 2, "s": 3, "t": 4}
    assert row(STATES.mean(columns=["t"])) == {"t": pa.scalar(15, DATA["t"].type).as_py()}
    assert isinstance(STATES["t"].mean(), datetime)
    with pytest.raises(TypeError, match=r'^column "s": cannot compute the mean of string values'):
        STATES.mean()


def test_exported_columns() -> None:
    table = pa.table(STATES)
    assert table.schema == pa.schema(
        [
            pa.field("name", pa.string(), nullable=False),
            pa.field("type", pa.string()),
            pa.field("rows", pa.int64(), nullable=False),
            pa.field("nulls", pa.int64(), nullable=False),
            pa.field("nans", pa.int64(), nullable=False),
            pa.field("state", pa.binary(), nullable=False),
        ]
    )
    assert table.drop_columns("state").to_pylist() == [
        {"name": "x", "type": "float64", "rows": 4, "nulls": 1, "nans": 1},
        {"name": "n", "type": "int16", "rows": 4, "nulls": 2, "nans": 0},
        {"name": "s", "type": "string", "rows": 4, "nulls": 1, "nans": 0},
        {"name": "t", "type": "timestamp[ms, tz=UTC]", "rows": 4, "nulls": 0, "nans": 0},
    ]
    assert table["state"].to_pylist() == [STATES[name].to_bytes() for name in STATES]
    assert pa.record_batch(STATES) == table.to_batches()[0]
    assert pa.schema(STATES) == table.schema
    assert pl.DataFrame(STATES).shape == (4, 6)
    assert na.Array(STATES).to_pylist() == table.to_pylist()


def test_a_requested_schema_is_accepted() -> None:
    wish = pa.schema({"name": pa.large_string(), "state": pa.large_binary()})
    assert pa.RecordBatchReader.from_stream(STATES, wish) is not None


def carried_by_duckdb() -> object:
    states = pa.table(STATES)
    assert states.num_rows == 4
    return duckdb.sql("select state, name, rows from states")


def first_and_others() -> cs.MomentsTable:
    first = {"a name of more than twelve bytes": cs.moments([1])}
    return cs.MomentsTable(first | dict(STATES.items()))


def views() -> pa.Schema:
    wide = {pa.string(): pa.string_view(), pa.binary(): pa.binary_view()}
    fields = [field.with_type(wide.get(field.type, field.type)) for field in pa.schema(STATES)]
    return pa.schema(fields)


CARRIERS: dict[str, Callable[[], object]] = {
    "itself": lambda: STATES,
    "pyarrow": lambda: pa.table(STATES),
    "a reader": lambda: pa.table(STATES).to_reader(),
    "polars": lambda: pl.DataFrame(STATES),
    "pandas": lambda: pa.table(STATES).to_pandas(),
    "slices": lambda: pa.concat_tables([pa.table(STATES).slice(0, 1), pa.table(STATES).slice(1)]),
    "a slice of a batch": lambda: pa.record_batch(first_and_others()).slice(1),
    "views": lambda: pa.table(STATES).cast(views()),
    "slices of views": lambda: pa.table(first_and_others()).cast(views()).slice(1),
    "duckdb": carried_by_duckdb,
    "arro3": lambda: arro3.core.Table.from_arrow(STATES),
    "nanoarrow": lambda: na.Array(STATES),
}


@pytest.mark.parametrize("carrier", CARRIERS)
def test_states_round_trip_through(carrier: str) -> None:
    make = CARRIERS[carrier]
    assert cs.merge(make()) == cs.MomentsTable(make()) == STATES
    assert cs.merge(make(), STATES, make()) == cs.moments(pa.concat_tables([DATA] * 3))


def test_rows_of_one_name_are_merged() -> None:
    twice = pa.concat_tables([pa.table(STATES), pa.table(STATES)])
    assert cs.merge(twice) == cs.merge(STATES, STATES)
    grouped = pd.concat([pa.table(STATES).to_pandas()] * 2).sort_values("rows", kind="stable")
    assert cs.merge(grouped) == cs.merge(STATES, STATES)


def test_columns_keep_the_order_of_first_appearance() -> None:
    left, right = cs.moments(DATA, columns=["n", "x"]), cs.moments(DATA, columns=["t", "n"])
    merged = cs.merge(left, right, missing="null")
    assert merged.column_names == ["n", "x", "t"]
    assert [merged[name].count() for name in merged] == [4, 3, 4]


def test_empty_tables() -> None:
    nothing = cs.MomentsTable({})
    assert len(nothing) == 0
    assert cs.merge(nothing) == nothing
    assert cs.merge(pa.table(nothing)) == nothing
    assert cs.merge(pl.DataFrame(nothing), STATES) == STATES
    fresh = cs.MomentsTable({"x": cs.Moments()})
    assert pa.table(fresh)["type"].to_pylist() == [None]
    assert cs.merge(pa.table(fresh), STATES)["x"] == STATES["x"]


def test_copies_and_pickles() -> None:
    for way in (copy.copy, copy.deepcopy, lambda states: pickle.loads(pickle.dumps(states))):
        assert way(STATES) == STATES
    assert cs.moments(DATA, columns=["x"]) != STATES
    assert STATES != 1
    with pytest.raises(TypeError, match="unhashable"):
        hash(STATES)


def edited(**columns: list[Any]) -> pa.Table:
    """Export the states of x and n, with some columns replaced."""
    table = pa.table(cs.moments(DATA, columns=["x", "n"]))
    for name, values in columns.items():
        table = table.set_column(table.schema.get_field_index(name), name, [values])
    return table


NO_STATES = "pyarrow.lib.Table is not a table of states: "
REFUSALS: list[tuple[Callable[[], object], type[Exception], str]] = [
    (
        lambda: cs.merge(DATA),
        ValueError,
        NO_STATES + 'it has no column "name"; there are: "x", "n", "s", "t"',
    ),
    (
        lambda: cs.merge(edited().drop_columns("state")),
        ValueError,
        NO_STATES + 'it has no column "state"; there are: "name", "type", "rows", "nulls", "nans"',
    ),
    (
        lambda: cs.merge(edited(name=["x", None])),
        ValueError,
        NO_STATES + "row 1 has no name, or no state",
    ),
    (
        lambda: cs.merge(edited(state=["text", "text"])),
        ValueError,
        NO_STATES + 'its column "state" is string, expected binary',
    ),
    (
        lambda: cs.merge(edited(state=[cs.moments(DATA["x"]).to_bytes(), b"CSTM\x01 and so on"])),
        ValueError,
        NO_STATES + 'row 1, column "n": this state is damaged: its checksum does not match',
    ),
    (
        lambda: cs.merge(edited(rows=[4, 8])),
        ValueError,
        NO_STATES + 'row 1 of "rows" is 8, but its state says 4: '
        "states are joined by colstats.merge()",
    ),
    (
        lambda: cs.merge(edited(type=["float64", "int64"])),
        ValueError,
        NO_STATES + 'row 1 of "type" is "int64", but its state says "int16": '
        "states are joined by colstats.merge()",
    ),
    (
        lambda: cs.merge(cs.moments(DATA), edited(name=["s", "n"])),
        TypeError,
        'column "s": cannot merge a state of string values with one of float64 values: they are '
        "not the same kind of values; cast one of them first",
    ),
    (
        lambda: cs.merge(pa.array([1])),
        ValueError,
        "pyarrow.lib.Int64Array is not a table of states: it is one column",
    ),
    (
        lambda: cs.merge(STATES, b"CSTM"),  # type: ignore[call-overload]
        TypeError,
        "merge takes Moments or tables of states, not bytes",
    ),
    (
        lambda: cs.MomentsTable({"x": 1.0}),  # type: ignore[dict-item]
        TypeError,
        'column "x": expected Moments, not float',
    ),
    (
        lambda: cs.MomentsTable({0: cs.Moments()}),  # type: ignore[dict-item]
        TypeError,
        "a column is named by a str, not by int",
    ),
    (
        lambda: cs.moments(pa.table([[1], [2], [3]], names=["a", "b", "a"])),
        ValueError,
        'the name "a" is not unique: it names the columns 0 and 2, and states are kept by name; '
        "choose with columns=[...]",
    ),
]


def text(offsets: list[int], data: bytes) -> pa.Array:
    """Build an array of text from arbitrary offsets and bytes."""
    buffers = [None, pa.py_buffer(struct.pack(f"{len(offsets)}i", *offsets)), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.string(), len(offsets) - 1, buffers)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (text([0, 5, 2], b"abcde"), "offsets that decrease, or are negative"),
        (text([0, 1, 2], b"\xff\xfe"), "text that is not UTF-8"),
    ],
)
def test_malformed_text_is_refused(names: pa.Array, words: str) -> None:
    state = cs.moments([1.0]).to_bytes()
    with pytest.raises(ValueError, match=f'^malformed Arrow data.*column "name": {words}$'):
        cs.merge(pa.table({"name": names, "state": [state, state]}))


def test_views_out_of_bounds_are_refused() -> None:
    table = pa.table(STATES).cast(views())
    for word in (2, 3):
        validity, lies, data = table["state"].chunk(0).buffers()
        lie = bytearray(lies)
        lie[4 * word : 4 * word + 4] = struct.pack("i", 10_000)
        buffers = [validity, pa.py_buffer(lie), data]
        # Here pyarrow validates only the number of buffers.
        array = pa.Array.from_buffers(pa.binary_view(), len(table), buffers)
        with pytest.raises(ValueError, match='column "state": a view outside its buffer'):
            cs.merge(pa.table({"name": table["name"], "state": array}))


def test_dictionary_encoded_names_are_refused() -> None:
    frame = pa.table(STATES).to_pandas().astype({"name": "category"})
    with pytest.raises(ValueError, match=r'its column "name" is dictionary.*, expected string'):
        cs.merge(frame)


@pytest.mark.parametrize(("call", "error", "words"), REFUSALS, ids=[w[-40:] for *_, w in REFUSALS])
def test_refusals_say_what_to_do(
    call: Callable[[], object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=f"^{re.escape(words)}$"):
        call()


def test_a_consumed_reader_is_refused() -> None:
    reader = pa.table(STATES).to_reader()
    assert cs.merge(reader) == STATES
    with pytest.raises(ValueError, match="holds no batches: it was read already"):
        cs.merge(reader)


def test_exceptions_of_producers_propagate() -> None:
    class Producer:
        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            raise OSError("the disk is on fire")

    with pytest.raises(OSError, match=r"^the disk is on fire"):
        cs.merge(Producer())


def test_duplicate_names_are_selected_by_position() -> None:
    table = pa.table([[1], [2], [3]], names=["a", "b", "a"])
    assert row(cs.moments(table, columns=[2, "b"]).sum()) == {"a": 3, "b": 2}
