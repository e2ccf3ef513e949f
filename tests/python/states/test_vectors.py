"""Serialized states: the vectors of docs/reference/states.md, and decoders that follow the page.

The decoders are examples/states/decode.py and decode.mjs, and know nothing of colstats. They must
read what colstats writes, give the same answers, and join states to the same bytes.
"""

import random
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import colstats as cs
import decode
import joining
from support.node import by_node, needs_node
from support.strategies import DECIMALS, INTEGERS, UNTIMED, VALUES
from support.vectors import FILES, Vector, answers_of, array_of, load, read, written

#: How many pairs of states JavaScript joins.
PAIRS = 500
STATES, MERGES, REFUSED = (load(name) for name in ("states", "merges", "refused"))


def named(vectors: list[Vector]) -> Any:
    return pytest.mark.parametrize("vector", vectors, ids=[vector["name"] for vector in vectors])


# The vectors.


@pytest.mark.parametrize("name", FILES)
def test_the_vectors_are_what_colstats_writes(name: str) -> None:
    path = Path(__file__).parents[2] / "vectors" / f"{name}.json"
    assert path.read_text(encoding="utf-8") == written(FILES[name]())


def test_there_are_vectors_of_everything() -> None:
    assert len(STATES) >= 40
    kinds = {decode.Kind(vector.get("type")).family for vector in STATES}
    assert kinds == {*joining.PATTERNS, "counted"}
    answers = [vector["answers"] for vector in STATES]
    for answer in ("nan", "inf", "-inf", "-0x0.0p+0", None, "unknown", "out of range"):
        assert any(answer in it.values() for it in answers), answer


@named([vector for vector in STATES if "values" in vector])
def test_a_vector_says_what_the_data_was(vector: Vector) -> None:
    """The values in the file alone give the state, in any order."""
    values = [read(vector["type"], text) for text in vector["values"]]
    for order in (values, values[::-1]):
        state = cs.moments(array_of(vector["type"], order))
        assert state.to_bytes().hex() == vector["state"]
    assert answers_of(cs.Moments.from_bytes(bytes.fromhex(vector["state"]))) == vector["answers"]


@named(STATES)
def test_python_reads_and_answers(vector: Vector) -> None:
    state = decode.decode(bytes.fromhex(vector["state"]))
    assert decode.encode(state).hex() == vector["state"]
    assert decode.answers(state) == vector["answers"]


@named(MERGES)
def test_python_merges(vector: Vector) -> None:
    one, other = (decode.decode(bytes.fromhex(part)) for part in vector["parts"])
    for ours, theirs in ((one, other), (other, one)):
        if "refused" in vector:
            with pytest.raises(ValueError, match=r"fit|common type|digits|rows"):
                decode.merge(ours, theirs)
        else:
            assert decode.encode(decode.merge(ours, theirs)).hex() == vector["state"]


@named(REFUSED)
def test_python_refuses(vector: Vector) -> None:
    with pytest.raises(ValueError, match=r"state|version|malformed") as refused:
        decode.decode(bytes.fromhex(vector["bytes"]))
    assert (str(refused.value) == "no data has this state") == (vector["wrong"] == "content")


@pytest.mark.parametrize("name", ["values and nulls", "uint8", "text", "no data yet"])
def test_a_change_of_any_byte_is_noticed(name: str) -> None:
    (vector,) = (vector for vector in STATES if vector["name"] == name)
    good = bytes.fromhex(vector["state"])
    for at, byte in enumerate(good):
        bad = good[:at] + bytes([byte ^ 1 << at % 8]) + good[at + 1 :]
        for reader in (decode.decode, cs.Moments.from_bytes):
            with pytest.raises(ValueError, match=r"damaged|not a|version"):
                reader(bad)


@needs_node
def test_javascript_reads_answers_merges_and_refuses() -> None:
    by_form = [vector for vector in REFUSED if vector["wrong"] == "form"]
    lines = [
        *([vector["state"]] for vector in STATES),
        *(vector["parts"] for vector in MERGES),
        *(vector["parts"][::-1] for vector in MERGES),
        *([vector["bytes"]] for vector in by_form),
    ]
    vectors = [*STATES, *MERGES, *MERGES, *by_form]
    for vector, found in zip(vectors, by_node(lines), strict=True):
        if "refused" in vector:
            assert found.keys() == {"refused"}, vector["name"]
        else:
            assert found["state"] == vector["state"], vector["name"]
            assert found["answers"] == vector.get("answers", found["answers"]), vector["name"]


@needs_node
def test_javascript_notices_a_change_of_any_byte() -> None:
    good = bytes.fromhex(STATES[3]["state"])
    changed = [
        good[:at] + bytes([byte ^ 1 << at % 8]) + good[at + 1 :] for at, byte in enumerate(good)
    ]
    assert all(found.keys() == {"refused"} for found in by_node([[bad.hex()] for bad in changed]))


# Generated states.


@st.composite
def generated(draw: st.DrawFn) -> cs.Moments:
    kind = draw(st.sampled_from(list(VALUES)))
    small = st.sampled_from([0, 1, 1, 2]).map(float if kind.startswith("float") else int)
    usual = st.nothing() if kind in {"string", "null", "bool"} else small
    values = draw(st.lists(st.none() | VALUES[kind] | usual, max_size=6))
    return cs.moments(array_of(kind, values))


@UNTIMED
@given(generated(), generated())
def test_python_agrees_on_generated_states(one: cs.Moments, other: cs.Moments) -> None:
    read = [decode.decode(state.to_bytes()) for state in (one, other)]
    for state, ours in zip((one, other), read, strict=True):
        assert decode.encode(ours) == state.to_bytes()
        assert decode.answers(ours) == answers_of(state)
    try:
        whole = one + other
    except TypeError:
        with pytest.raises(ValueError, match=r"fit|common type|digits"):
            decode.merge(*read)
        return
    ours = decode.merge(*read)
    assert decode.encode(ours) == whole.to_bytes()
    assert decode.answers(ours) == answers_of(whole)


@UNTIMED
@given(st.data())
def test_python_agrees_after_values_are_taken_away(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(list(VALUES)))
    taken, kept = (data.draw(st.lists(st.none() | VALUES[kind], max_size=4)) for _ in range(2))
    left = cs.moments(array_of(kind, taken + kept)) - cs.moments(array_of(kind, taken))
    ours = decode.decode(left.to_bytes())
    assert decode.answers(ours) == answers_of(left)


@st.composite
def nearly_possible(draw: st.DrawFn) -> decode.State:
    """Draw states of numbers that are values of their type, or nearly so."""
    kind = draw(
        st.sampled_from(["int8", "uint8", "bool", "float16", "decimal32(3, 1)", "time32[s]"])
    )
    number = st.integers(-130, 260) | st.integers(-1, 2) | st.integers(-70_000, 70_000)
    numbers = draw(st.lists(number, max_size=3))
    make = float if kind == "float16" else int
    nans, positive, negative = (draw(st.sampled_from([0, 0, 0, 1])) for _ in range(3))
    specials = [float("inf")] * positive + [-float("inf")] * negative
    ends = sorted([make(value) for value in numbers] + specials)
    known = draw(st.sampled_from([True, True, False])) and bool(ends)
    zeros = st.sampled_from([-0.0, 0.0]) if kind == "float16" else st.just(0)
    extremes = [end or draw(zeros) for end in (ends[0], ends[-1])] if known else [None, None]
    off = st.sampled_from([0, 0, 0, 0, -1, 1, 300])
    return decode.State(
        kind,
        draw(st.sampled_from([bool(ends), bool(ends), True, False])),
        len(ends) + nans,
        draw(st.integers(0, 2)),
        nans,
        positive,
        negative,
        Fraction(sum(numbers) + draw(off)),
        Fraction(sum(value**2 for value in numbers) + draw(off)),
        *extremes,
    )


@UNTIMED
@given(nearly_possible())
def test_python_refuses_the_forged_states_that_colstats_refuses(state: decode.State) -> None:
    def is_read(reader: Callable[[bytes], object]) -> bool:
        try:
            reader(decode.encode(state))
        except ValueError:
            return False
        return True

    assert is_read(decode.decode) == is_read(cs.Moments.from_bytes)


def random_pairs() -> list[tuple[cs.Moments, cs.Moments]]:
    """Return pairs of states of seeded values of every size: half of them of one type."""
    rng = random.Random(1)
    pairs = []
    for number in range(PAIRS):
        kind = list(VALUES)[number // 2 % len(VALUES)]
        kinds = (kind, rng.choice(list(VALUES)) if number % 2 else kind)
        parts = [(it, [value_of(it, rng) for _ in range(rng.randrange(8))]) for it in kinds]
        one, other = (cs.moments(array_of(*part)) for part in parts)
        pairs.append((one, other))
    return pairs


def value_of(kind: str, rng: random.Random) -> Any:
    if kind == "null" or rng.random() < 0.1:
        return None
    if kind == "string":
        return str(rng.random())
    if kind.startswith("float"):
        exponents = {"float16": (-24, 15), "float32": (-149, 127), "float64": (-1074, 1023)}[kind]
        special = rng.choice([0.0, -0.0, float("inf"), float("nan"), -float("inf")])
        value = (
            rng.choice([1, -1])
            * float(rng.randrange(1, 2**11))
            * 2.0 ** (rng.randint(*exponents) - 11)
        )
        return special if rng.random() < 0.1 else value
    if kind == "bool":
        return rng.random() < 0.5
    lowest, highest = INTEGERS.get(kind, (0, 2 ** (31 if kind == "date32" else 36)))
    if kind in DECIMALS:
        lowest, highest = 1 - 10 ** DECIMALS[kind], 10 ** DECIMALS[kind] - 1
    return rng.randint(lowest, highest) >> rng.randrange(8)


@needs_node
def test_javascript_agrees_on_generated_states() -> None:
    pairs = random_pairs()
    found = by_node([[one.to_bytes().hex(), other.to_bytes().hex()] for one, other in pairs])
    for (one, other), ours in zip(pairs, found, strict=True):
        try:
            whole = one + other
        except TypeError:
            assert ours.keys() == {"refused"}, (one, other)
            continue
        assert ours == {"state": whole.to_bytes().hex(), "answers": answers_of(whole)}
