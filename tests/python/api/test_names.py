"""Unusual column names: empty, very long, duplicate, unprintable, or not UTF-8."""

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

import colstats as cs
from support.producers import ArrayProducer, Field, struct

LONG = "ñ" * 10**6
CONTROLS = "a\nb\tc\r\x1b[31m\u200b\x7f\u202e"
SHOWN = "ñ" * 100


def named(*names: str) -> pa.Table:
    """Make a table of numbers, with a column of text under the last name."""
    columns = [pa.array([1.0, 2.0 + i]) for i in range(len(names) - 1)]
    return pa.Table.from_arrays([*columns, pa.array(["x", "y"])], names=list(names))


@pytest.mark.parametrize("name", ["", LONG, "größe 🜚 \U0001d54f", CONTROLS, " ", "a" * 101])
def test_every_name_round_trips(name: str) -> None:
    table = pa.table({name: [1.0, 4.0], "other": [5, 6]})
    assert pa.record_batch(cs.mean(table)).to_pylist() == [{name: 2.5, "other": 5.5}]
    assert cs.Table(table)[name].name == name
    assert pa.array(cs.mean(table[name], per=1)).to_pylist() == [1.0, 4.0]
    states = cs.moments(table)
    assert (states.column_names, states[name].sum()) == ([name, "other"], 5.0)
    assert cs.merge(states, pa.table(states))[name].count() == 4
    assert cs.describe(table)[name]["max"] == 4.0
    groups = cs.moments(table, by=name)
    assert (groups.by, len(groups)) == ([name], 2)
    assert cs.merge(pa.table(groups), groups).group(0)["other"].count() == 2


# Calls that fail with a message that contains the given name.
ERRORS: dict[str, Callable[[str], object]] = {
    "of text": lambda name: cs.mean(named("a", name)),
    "of a column of text": lambda name: cs.mean(ArrayProducer(Field(b"u", [], name=name.encode()))),
    "malformed": lambda name: cs.mean(
        ArrayProducer(struct(Field(name=name.encode(), array={"length": -1})))
    ),
    "missing": lambda name: cs.mean(named("a", "b"), columns=[name]),
    "missing among": lambda name: cs.Table(named("a", name))["c"],
    "missing among many": lambda name: cs.Table(named(*[name] * 25))["c"],
    "missing state": lambda name: cs.moments(named("a", name))["c"],
    "missing row": lambda name: cs.describe(named("a", name))["c"],
    "missing row of its name": lambda name: cs.describe(named("a", "b"))[name],
    "twins": lambda name: cs.Table(named(name, name))[name],
    "twins in a summary": lambda name: cs.describe(named(name, name))[name],
    "twins as states": lambda name: cs.moments(named(name, name)),
    "twins as keys": lambda name: cs.moments(named(name, "b"), by=[name, 0]),
    "groups of lists": lambda name: cs.moments(pa.table({name: [[1]], "b": [1]}), by=name),
    "merging types": lambda name: cs.merge(
        cs.moments(pa.table({name: [1]})), cs.moments(pa.table({name: [True]}))
    ),
    "merging other groups": lambda name: cs.merge(
        cs.moments(named("a", name), by="a"), cs.moments(named("a", name), by=name)
    ),
    "merging other columns": lambda name: cs.merge(
        cs.moments(named("a", name), by="a"), cs.moments(named("a", "c"), by="a")
    ),
    "no state": lambda name: cs.MomentsTable({name: 1}),
    "a type": cs.Moments,
    "per": lambda name: cs.mean([1.0], per=name),
    "columns": lambda name: cs.mean(named("a", "b"), columns=name),
    "threads": lambda name: cs.mean([1.0], threads=name),
    "format": lambda name: cs.mean(ArrayProducer(format=b"?" + name.encode())),
}


def message(ask: Callable[[str], object], name: str) -> str:
    with pytest.raises((TypeError, ValueError, KeyError)) as caught:
        ask(name)
    return str(caught.value)


@pytest.mark.parametrize("ask", ERRORS.values(), ids=ERRORS.keys())
def test_errors_truncate_long_names(ask: Callable[[str], object]) -> None:
    text = message(ask, LONG)
    assert len(text) < 3500
    assert LONG[:101] not in text


def test_errors_state_the_length_of_truncated_names() -> None:
    text = message(ERRORS["of text"], LONG)
    assert text.startswith(f'column "{SHOWN}"... (of 1000000 characters): cannot compute the mean')


@pytest.mark.parametrize("ask", ERRORS.values(), ids=ERRORS.keys())
def test_errors_escape_terminal_control_characters(ask: Callable[[str], object]) -> None:
    assert message(ask, CONTROLS).isprintable()


REPRS: dict[str, Callable[[Any], object]] = {
    "Column": lambda table: cs.Table(table)[0],
    "MomentsTable": cs.moments,
    "GroupedMoments": lambda table: cs.moments(table, by=[0]),
    "Summary": cs.describe,
    "GroupedSummary": lambda table: cs.describe(table, by=[0]),
}


@pytest.mark.parametrize("make", REPRS.values(), ids=REPRS.keys())
def test_reprs_are_short_and_printable(make: Callable[[Any], object]) -> None:
    for name in (LONG, CONTROLS):
        shown = repr(make(named(name, "b")))
        assert len(shown) < 1000
        assert shown.replace("\n", "").isprintable()


def test_names_that_are_not_utf_8_are_decoded_with_replacement() -> None:
    field = struct(Field(name=b"caf\xe9"), Field(name=b"\xff\xfe"), Field(name=b"ok"))
    names = ["caf\ufffd", "\ufffd\ufffd", "ok"]
    assert cs.Table(ArrayProducer(field)).column_names == names
    batch = pa.record_batch(cs.mean(ArrayProducer(field)))
    assert batch.to_pylist() == [dict.fromkeys(names, 2.0)]
    assert cs.Column(ArrayProducer(name=b"caf\xe9")).name == names[0]
    broken = struct(Field(b"u", [0.0] * 3, name=b"caf\xe9", buffers=[None, None, None]))
    with pytest.raises(TypeError, match=r'^column "caf.": cannot compute the mean of string'):
        cs.mean(ArrayProducer(broken))


def test_duplicate_names_are_selected_by_position() -> None:
    table = pa.Table.from_arrays([pa.array([1.0]), pa.array([3.0])], names=["a", "a"])
    batch = pa.record_batch(cs.mean(table))
    assert (batch.schema.names, [column.to_pylist() for column in batch]) == (["a"] * 2, [[1], [3]])
    assert [cs.Table(table)[i].mean() for i in (0, 1)] == [1.0, 3.0]
    with pytest.raises(KeyError, match=r'"a" is not unique: it names the columns 0 and 1'):
        cs.mean(table, columns=["a"])
    assert [row["mean"] for row in cs.describe(table).to_list()] == [1.0, 3.0]


def test_large_metadata_is_ignored() -> None:
    metadata = {b"key" * 1000: b"\0\xff" * 2**20}
    schema = pa.schema([pa.field("a", pa.float64(), metadata=metadata)], metadata=metadata)
    table = pa.table({"a": [1.0, 2.0]}).cast(schema)
    assert pa.record_batch(cs.mean(table)).to_pylist() == [{"a": 1.5}]
    assert pa.record_batch(cs.mean(table)).schema.metadata is None
    assert cs.Column(table["a"]).mean() == 1.5
    assert cs.merge(cs.moments(table), pa.table(cs.moments(table)))["a"].count() == 4
