"""Serialized states: the vectors of docs/reference/states.md, and decoders that follow the page.

The decoders are examples/states/decode.py and decode.mjs, and know nothing of colstats. They must
read what colstats writes, give the same answers, and join states to the same bytes.
"""

import json
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import colstats as cs
import decode
import joining
from support.vectors import FILES, Vector, answers_of, array_of, load, read, written

SCRIPT = Path(decode.__file__).with_name("decode.mjs")
NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="there is no node on PATH to run decode.mjs")
#: How many pairs of states JavaScript joins.
PAIRS = 500
STATES, MERGES, REFUSED = (load(name) for name in ("states", "merges", "refused"))


def named(vectors: list[Vector]) -> Any:
    return pytest.mark.parametrize("vector", vectors, ids=[vector["name"] for vector in vectors])


def by_node(lines: list[list[str]]) -> list[dict[str, Any]]:
    """Ask decode.mjs for the state of the states in each line, with its answers."""
    assert NODE is not None
    text = "\n".join(map(json.dumps, lines))
    done = subprocess.run(
        [NODE, str(SCRIPT)], input=text, capture_output=True, text=True, check=True
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


# The vectors.


@pytest.mark.parametrize("name", FILES)
def test_the_vectors_are_what_colstats_writes(name: str) -> None:
    path = Path(__file__).parents[2] / "vectors" / f"{name}.json"
    assert path.read_text(encoding="utf-8") == written(name)


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
            with pytest.raises(ValueError, match=r"fit|common type|digits"):
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
    same_type = [vector for vector in MERGES if is_plain(vector)]
    by_form = [vector for vector in REFUSED if vector["wrong"] == "form"]
    assert len(same_type) >= 9
    lines = [
        *([vector["state"]] for vector in STATES),
        *(vector["parts"] for vector in same_type),
        *([vector["bytes"]] for vector in by_form),
    ]
    for vector, found in zip([*STATES, *same_type, *by_form], by_node(lines), strict=True):
        if "wrong" in vector:
            assert found.keys() == {"refused"}, vector["name"]
        else:
            assert found["state"] == vector["state"], vector["name"]
            assert found["answers"] == vector.get("answers", found["answers"]), vector["name"]


def is_plain(vector: Vector) -> bool:
    """Whether a merge is of one type, or one of the parts has none."""
    one, other = (decode.decode(bytes.fromhex(part)).type for part in vector["parts"])
    return one == other or not {None, "null"}.isdisjoint((one, other))


@needs_node
def test_javascript_notices_a_change_of_any_byte() -> None:
    good = bytes.fromhex(STATES[3]["state"])
    changed = [
        good[:at] + bytes([byte ^ 1 << at % 8]) + good[at + 1 :] for at, byte in enumerate(good)
    ]
    assert all(found.keys() == {"refused"} for found in by_node([[bad.hex()] for bad in changed]))


# Generated states.

#: On a busy machine an example may take long.
UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
INTEGERS = {f"{sign}int{bits}": (0 if sign else -(2 ** (bits - 1)), 2 ** (bits - (not sign)) - 1)
            for sign in ("", "u") for bits in (8, 16, 32, 64)}  # fmt: skip
TICKS = (-(2**63), 2**63 - 1)
DECIMALS = {"decimal32(7, 2)": 7, "decimal64(18, 6)": 18, "decimal128(38, 10)": 38,
            "decimal128(30, -2)": 30, "decimal256(76, 5)": 76}  # fmt: skip
VALUES: dict[str, st.SearchStrategy[Any]] = {
    **{f"float{width}": st.floats(width=width) for width in (16, 32, 64)},
    **{name: st.integers(*ends) for name, ends in INTEGERS.items()},
    **{name: st.integers(1 - 10**digits, 10**digits - 1) for name, digits in DECIMALS.items()},
    "bool": st.booleans(),
    "date32": st.integers(-(2**31), 2**31 - 1),
    "time64[us]": st.integers(0, 86_399_999_999),
    **{name: st.integers(*TICKS) for name in (
        "date64", "timestamp[s]", "timestamp[ms]", "timestamp[us, tz=UTC]", "duration[ns]",
    )},
    "string": st.text(max_size=3),
    "null": st.none(),
}  # fmt: skip


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


def random_pairs() -> list[tuple[cs.Moments, cs.Moments]]:
    """Return pairs of states of one type, of seeded values of every size."""
    rng = random.Random(1)
    pairs = []
    for number in range(PAIRS):
        kind = list(VALUES)[number % len(VALUES)]
        parts = [[value_of(kind, rng) for _ in range(rng.randrange(8))] for _ in range(2)]
        one, other = (cs.moments(array_of(kind, values)) for values in parts)
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
        whole = one + other
        assert ours == {"state": whole.to_bytes().hex(), "answers": answers_of(whole)}
