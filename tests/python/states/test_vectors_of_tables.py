"""States of tables, groups and columns together: the vectors of states-of-tables.md.

The readers in examples/states, which know nothing of colstats, must read what it writes, join
states to the same bytes, and refuse what it refuses.
"""

import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import colstats as cs
import of_tables
import together
from decode import decode
from support.node import by_node, needs_node
from support.strategies import UNTIMED, VALUES
from support.vectors import Vector, array_of, load, read, shown, written
from support.vectors_of_tables import FILES, KEYS, groups_of

VECTORS = {name: load(name) for name in FILES}
READERS: dict[str, tuple[Any, Any, Any]] = {
    "tables": (of_tables.decode_table, of_tables.encode_table, of_tables.merge_tables),
    "groups": (of_tables.decode_groups, of_tables.encode_groups, of_tables.merge_groups),
    "comoments": (together.decode_together, together.encode_together, together.merge_together),
}
CLASSES: dict[str, Any] = {
    "tables": cs.MomentsTable,
    "groups": cs.GroupedMoments,
    "comoments": cs.CoMoments,
}


ARROW_REFUSES = {"offsets that decrease", "keys that are not UTF-8", "an unknown type of keys"}


def having(field: str, *files: str) -> Any:
    """Return the vectors that have a field, each with the name of its file."""
    found = [(name, it) for name in files or FILES for it in VECTORS[name] if field in it]
    return pytest.mark.parametrize(
        ("name", "vector"), found, ids=[f"{name}: {it['name']}" for name, it in found]
    )


@pytest.mark.parametrize("name", FILES)
def test_the_vectors_are_what_colstats_writes(name: str) -> None:
    path = Path(__file__).parents[2] / "vectors" / f"{name}.json"
    assert path.read_text(encoding="utf-8") == written(FILES[name]())


@having("state")
def test_colstats_and_python_read_and_write(name: str, vector: Vector) -> None:
    data = bytes.fromhex(vector["state"])
    decoded, encoded, _ = READERS[name]
    assert encoded(decoded(data)) == data
    assert CLASSES[name].from_bytes(data).to_bytes() == data


@having("parts")
def test_colstats_and_python_merge(name: str, vector: Vector) -> None:
    parts = [bytes.fromhex(part) for part in vector["parts"]]
    decoded, encoded, merge = READERS[name]
    one, other = map(decoded, parts)
    if "refused" in vector:
        for ours, theirs in ((one, other), (other, one)):
            with pytest.raises(ValueError, match=r"column|common type|match|weights|fit|keys|rows"):
                merge(ours, theirs)
    else:
        assert encoded(merge(one, other)).hex() == vector["state"]
        merged = [CLASSES[name].from_bytes(part) for part in parts]
        assert (merged[1] + merged[0]).to_bytes() == encoded(merge(other, one))


@having("bytes")
def test_colstats_and_python_refuse(name: str, vector: Vector) -> None:
    data = bytes.fromhex(vector["bytes"])
    for reader in (READERS[name][0], CLASSES[name].from_bytes):
        with pytest.raises(ValueError, match=r"."):
            reader(data)


@needs_node
def test_javascript_reads_and_refuses_all_and_merges_tables() -> None:
    states = [it for vectors in VECTORS.values() for it in vectors if "parts" not in it]
    states = [it for it in states if it.get("wrong", "form") == "form"]
    merges = [it for it in VECTORS["tables"] if "parts" in it]
    # Arrow finds what is wrong with buffers of keys, and orders them.
    states = [it for it in states if it["name"] not in ARROW_REFUSES]
    lines = [
        *([it.get("state", it.get("bytes"))] for it in states),
        *(it["parts"] for it in merges),
    ]
    for vector, found in zip([*states, *merges], by_node(lines, "frames.mjs"), strict=True):
        if "refused" in vector:
            assert found.keys() == {"refused"}, vector["name"]
        else:
            assert found == {"state": vector["state"]}, vector["name"]


@having("columns", "tables")
def test_tables_are_of_their_columns(name: str, vector: Vector) -> None:
    states = {column: decode(bytes.fromhex(state)) for column, state in vector["columns"]}
    assert of_tables.encode_table(states).hex() == vector["state"], name


@having("columns", "groups")
def test_groups_are_of_their_keys_and_states(name: str, vector: Vector) -> None:
    keys = [of_tables.Key(*key) for key in vector["keys"]]
    states = {
        tuple(key_of(key, text) for key, text in zip(keys, texts, strict=True)): [
            decode(bytes.fromhex(state)) for state in of_columns
        ]
        for texts, of_columns in vector["groups"]
    }
    decoded = of_tables.decode_groups(bytes.fromhex(vector["state"]))
    columns = vector["columns"]
    groups = of_tables.Groups(keys, columns, decoded.types, states)
    assert of_tables.encode_groups(groups).hex() == vector["state"], name


def key_of(key: of_tables.Key, text: str | None) -> of_tables.Cell:
    """Return a key of the text of a vector."""
    if text is None:
        return None
    if "string" in key.type:
        return text.encode()
    if "binary" in key.type:
        return bytes.fromhex(text)
    value: float | int = read(key.type, text)
    return math.nan if math.isnan(value) else value


@having("rows", "comoments")
def test_columns_together_are_of_their_rows(name: str, vector: Vector) -> None:
    kinds = dict(vector["columns"])
    values = zip(*vector["rows"], strict=True) if vector["rows"] else [[] for _ in kinds]
    columns = {
        column: array_of(kind, [read(kind, text) for text in texts])
        for (column, kind), texts in zip(kinds.items(), values, strict=True)
    }
    if columns:
        weights = None
        if vector["weights"]:
            kind, texts = vector["weights"]
            weights = array_of(kind, [read(kind, text) for text in texts])
        state = cs.comoments(
            pa.table(columns), columns=list(kinds), degree=vector["degree"], weights=weights
        )
        assert state.to_bytes().hex() == vector["state"], name
    ours = together.decode_together(bytes.fromhex(vector["state"]))
    assert ours.columns == [tuple(column) for column in vector["columns"]]
    names = list(kinds)
    for question, answer in vector["answers"].items():
        pair, ddof = question.removesuffix(", skip_nans"), 0
        if ", ddof=" in pair:
            pair, _, number = pair.partition(", ddof=")
            ddof = int(number)
        places = [names.index(column) for column in pair.split(", ")]
        found = together.covariance(ours, *places, ddof, question.endswith("skip_nans"))
        assert shown(found) == answer, question


@pytest.mark.parametrize("name", FILES)
def test_a_change_of_any_byte_is_noticed(name: str) -> None:
    good = bytes.fromhex(VECTORS[name][1]["state"])
    for at, byte in enumerate(good):
        bad = good[:at] + bytes([byte ^ 1 << at % 8]) + good[at + 1 :]
        for reader in (READERS[name][0], CLASSES[name].from_bytes):
            with pytest.raises(ValueError, match=r"."):
                reader(bad)


@pytest.mark.parametrize("key", [key for _, key in KEYS], ids=[name for name, _ in KEYS])
def test_equal_groups_have_equal_bytes(key: pa.Array) -> None:
    """Whatever the order of the rows, the other keys, and how the groups were made."""
    rng = random.Random(1)
    whole = groups_of(key, columns=())
    for _ in range(3):
        order = rng.sample(range(len(key)), len(key))
        cut = rng.randrange(len(key) + 1)
        shuffled = pa.concat_arrays([key[:0], *(key[at : at + 1] for at in order)])
        first, last = (groups_of(part, columns=()) for part in (shuffled[:cut], shuffled[cut:]))
        for groups in (
            groups_of(shuffled, columns=()),
            first + last,
            last + first,
            cs.GroupedMoments(pa.table(whole)),
            cs.GroupedMoments.from_bytes(whole.to_bytes()),
        ):
            assert groups.to_bytes() == whole.to_bytes()
    both = of_tables.decode_groups(groups_of(key, key, columns=()).to_bytes())
    assert [cells[0] for cells in both.states] == [cells[1] for cells in both.states]


def test_groups_of_many_long_texts_are_as_the_page_says() -> None:
    """More of them than a buffer of the library that makes the keys has."""
    key = pa.array([f"{at} is a long text" for at in range(3000)] * 2, "string_view")
    data = groups_of(key).to_bytes()
    assert of_tables.encode_groups(of_tables.decode_groups(data)) == data


def test_groups_in_another_order_and_repeated_are_read() -> None:
    """Only what writes them must have them in order."""
    groups = groups_of(pa.array(["b", "a"]))
    ours = of_tables.decode_groups(groups.to_bytes())
    reverse: Callable[[Any], Any] = lambda it: dict(reversed(it.items()))  # noqa: E731
    data = of_tables.encode_groups(
        of_tables.Groups(ours.keys, ours.columns, ours.types, reverse(ours.states))
    )
    assert cs.GroupedMoments.from_bytes(data) == groups
    with pytest.raises(ValueError, match="order"):
        of_tables.decode_groups(data)


# Generated states.

NUMBERS = [name for name in VALUES if name.startswith(("int", "uint", "float", "bool", "decimal"))]


@st.composite
def generated(draw: st.DrawFn) -> cs.CoMoments:
    names = draw(st.permutations(["x", "y"]))
    rows = draw(st.integers(0, 4))
    weights = st.lists(st.integers(0, 3), min_size=rows, max_size=rows)
    data = {}
    for name in names:
        kind = draw(st.sampled_from(NUMBERS))
        usual = st.integers(0, 1).map(float if kind.startswith("float") else int)
        values = st.none() | VALUES[kind] | usual
        drawn = draw(st.lists(values, min_size=rows, max_size=rows))
        data[name] = array_of(kind, drawn)
    degree = draw(st.integers(1, 2))
    chosen = draw(st.none() | weights)
    return cs.comoments(
        pa.table(data),
        columns=names,
        degree=degree,
        weights=None if chosen is None else pa.array(chosen, "int64"),
    )


@settings(UNTIMED, max_examples=200)
@given(generated(), generated())
def test_python_agrees_on_generated_columns_together(
    one: cs.CoMoments, other: cs.CoMoments
) -> None:
    ours = [together.decode_together(state.to_bytes()) for state in (one, other)]
    for state, own in zip((one, other), ours, strict=True):
        assert together.encode_together(own) == state.to_bytes()
        matrix = state.covariance(ddof=1)
        assert shown(together.covariance(own, 0, 1, 1)) == shown(matrix[0][own.columns[1][0]])
    try:
        whole = one + other
    except (TypeError, ValueError):
        with pytest.raises(ValueError, match=r"common type|degree|weights|digits"):
            together.merge_together(*ours)
        return
    assert together.encode_together(together.merge_together(*ours)) == whole.to_bytes()
    assert cs.CoMoments.from_bytes(whole.to_bytes()) == whole
