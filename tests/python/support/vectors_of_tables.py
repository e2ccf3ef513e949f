"""The test vectors of states of tables, of groups and of columns together, as colstats makes them.

They are as those of `vectors`; what no data has is written by the readers in examples/states. To
write the files of both anew:
``PYTHONPATH=tests/python:examples/states python -m support.vectors_of_tables``.
"""

import dataclasses
import itertools
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import pyarrow as pa

import colstats as cs
from decode import State, checksum, decode, encode
from of_tables import decode_groups, encode_groups, encode_table, put_count
from support import vectors as vectors_of_columns
from support.vectors import INT64, NAN, Vector, array_of, shown, taken_away, ticks_or_units
from together import Together, decode_together, encode_together

INFINITY = float("inf")
LONG = "text that does not fit a view"


def merged(name: str, one: Any, other: Any) -> Vector:
    """Return the vector of a merge."""
    vector = {"name": name, "parts": [part.to_bytes().hex() for part in (one, other)]}
    try:
        return vector | {"state": (one + other).to_bytes().hex()}
    except (TypeError, ValueError) as refused:
        return vector | {"refused": str(refused)}


def refused(
    of: type[cs.MomentsTable] | type[cs.GroupedMoments] | type[cs.CoMoments],
    wrong: str,
    cases: list[tuple[str, bytes]],
) -> Iterator[Vector]:
    """Return the vectors of bytes that are no state."""
    for name, data in cases:
        try:
            of.from_bytes(data)
        except ValueError as refused:
            vector = {"name": name, "wrong": wrong, "bytes": data.hex(), "refused": str(refused)}
            yield vector
        else:
            raise AssertionError(name)


def sealed(content: bytes) -> bytes:
    return content + checksum(content)


def damaged(good: bytes) -> list[tuple[str, bytes]]:
    """Return bytes that are wrong, whatever is in them."""
    return [
        ("nothing", b""),
        ("another magic number", b"CSTX" + good[4:]),
        ("a later version", sealed(good[:4] + b"\x09" + good[5:-8])),
        ("one bit of a count", good[:5] + bytes([good[5] ^ 1]) + good[6:]),
        ("the last byte is missing", good[:-1]),
        ("a byte more before the checksum", sealed(good[:-8] + b"\0")),
        ("fields are missing", sealed(good[:-18])),
        ("more columns than there are bytes", sealed(good[:5] + b"\xff" * 8 + good[13:-8])),
    ]


# Tables.


def table(**columns: tuple[str, list[Any]]) -> cs.MomentsTable:
    """Return the states of columns, by their types and values."""
    return cs.moments(pa.table({name: array_of(*data) for name, data in columns.items()}))


def tables() -> list[Vector]:
    """Return the states of tables, merges, and bytes that are none."""
    x, y = ("float64", [1.5, None]), ("int8", [3, 4])
    of_states = [
        ("no columns", cs.MomentsTable({})),
        ("two columns", table(x=x, y=y)),
        ("the same in another order", table(y=y, x=x)),
        ("names that are no ASCII", table(**{"": x, "größe": y, "\ufeffx": ("null", [None] * 2)})),
        ("no rows", table(x=("float64", []))),
        ("columns of different numbers of rows",
         cs.MomentsTable({"x": cs.moments([1.0]), "y": cs.moments([1.0, 2.0])})),
    ]  # fmt: skip
    vectors = [
        {"name": name,
         "columns": [[column, state[column].to_bytes().hex()] for column in state],
         "state": state.to_bytes().hex()}
        for name, state in of_states
    ]  # fmt: skip
    nothing = cs.MomentsTable({})
    pairs = [
        ("the same columns", table(x=x, y=y), table(x=x, y=y)),
        ("another order", table(x=x, y=y), table(y=y, x=x)),
        ("other types", table(x=x, y=y), table(x=("float32", [0.25]), y=("int64", [5]))),
        ("a column that the second lacks", table(x=x, y=y), table(x=x)),
        ("a column that the first lacks", table(x=x), table(y=y, x=x)),
        ("a column that a part without rows lacks", table(x=x, y=y), table(x=("float64", []))),
        (
            "a column that only a part without rows has",
            table(x=x),
            table(y=("int8", []), x=("float32", [])),
        ),
        ("a table without columns", table(x=x), nothing),
        ("types without a common one", table(x=x), table(x=("string", ["a"]))),
    ]
    vectors += [merged(*pair) for pair in pairs]
    good = table(x=x).to_bytes()
    twice = sealed(good[:5] + put_count(2) + good[13:-8] * 2)
    state = good.index(b"CSTM")
    bad_state = sealed(good[: state + 4] + b"\x02" + good[state + 5 : -8])
    bad_name = sealed(good[: state - 9] + b"\xff" + good[state - 8 : -8])
    by_form = [
        *damaged(good),
        ("two columns of one name", twice),
        ("a state of another version", bad_state),
        ("a name that is not UTF-8", bad_name),
    ]
    impossible = encode_table({"x": State("int8", True, valid=1, sum=Fraction(128))})
    vectors += refused(cs.MomentsTable, "form", by_form)
    vectors += refused(cs.MomentsTable, "content", [("a state that no data has", impossible)])
    return vectors


# Groups.

KEYS: list[tuple[str, pa.Array]] = [
    ("nulls alone", pa.nulls(3)),
    ("booleans", pa.array([True, None, False, True])),
    ("nine booleans", pa.array([True, False] * 4 + [True])),
    ("int8", pa.array([3, None, -1, 3], "int8")),
    ("uint64", pa.array([2**64 - 1, 0], "uint64")),
    ("int64", pa.array([*INT64, 0])),
    ("float16", array_of("float16", [1.5, None, -2.0, NAN])),
    ("float32", pa.array([1.5, None, -INFINITY], "float32")),
    ("floats of each kind", pa.array([NAN, None, INFINITY, -0.0, 0.0, -1.5, -INFINITY])),
    ("decimal128", array_of("decimal128(5, 2)", [150, None, -1])),
    ("decimal256", array_of("decimal256(50, 2)", [10**45, None, -1])),
    ("days", array_of("date32", [19782, None, -1])),
    ("times of day", array_of("time32[ms]", [5, 86_399_999])),
    ("timestamps of a zone", array_of("timestamp[us, tz=UTC]", [5, None])),
    ("durations", array_of("duration[s]", [5, None, -5])),
    ("text", pa.array(["b", None, "aa", "", "é"])),
    ("large text", pa.array(["b", None, "aa"], "large_string")),
    ("views of text",
     pa.array(["b", None, f"2 {LONG}", "twelve bytes", f"1 {LONG}"], "string_view")),
    ("bytes", pa.array([b"b", None, b"\xff\x00"])),
    ("large bytes", pa.array([b"b", b""], "large_binary")),
    ("views of bytes", pa.array([b"b", None, b"b" * 13], "binary_view")),
    ("bytes of a fixed size", pa.array([b"bbb", None, b"aaa"], pa.binary(3))),
    ("a dictionary", pa.array(["b", None, "b"]).dictionary_encode()),
    ("no groups", pa.array([], "string")),
    ("no groups of views", pa.array([], "binary_view")),
]  # fmt: skip


def cell(value: pa.Scalar) -> str | None:
    """Return a key as text: bytes are in hexadecimal."""
    if value.is_valid and "binary" in str(value.type):
        return str(value.as_py().hex())
    return shown(ticks_or_units(value))


def groups_of(*keys: pa.Array, columns: tuple[str, ...] = ("x",)) -> cs.GroupedMoments:
    """Return the states of numbers and text by keys."""
    count = len(keys[0])
    named = {f"k{at}": key for at, key in enumerate(keys)}
    x = [None if at % 4 == 2 else at / 2 for at in range(count)]
    values = {"x": pa.array(x, "float64"), "s": pa.array(["a"] * count)}
    data = pa.table(named | values)
    return cs.moments(data, by=list(named), columns=list(columns))


def of_groups(name: str, groups: cs.GroupedMoments) -> Vector:
    """Return the vector of groups, by their Arrow table."""
    exported = pa.table(groups)
    names = [name for name in exported.schema.names if not name.endswith("_state")]
    keys = [[name, *type_and_width(exported.schema.field(name).type)] for name in names]
    states = [name for name in exported.schema.names if name.endswith("_state")]
    rows = [
        [[cell(exported[name][row]) for name in names],
         [exported[name][row].as_py().hex() for name in states]]
        for row in range(exported.num_rows)
    ]  # fmt: skip
    columns = [name.removesuffix("_state") for name in states]
    state = groups.to_bytes().hex()
    return {"name": name, "keys": keys, "columns": columns, "groups": rows, "state": state}


def type_and_width(of: pa.DataType) -> tuple[str, int]:
    """Return the name of the type of a key, and the width of bytes of a fixed size."""
    if pa.types.is_fixed_size_binary(of):
        return "fixed-size binary", of.byte_width
    special = {pa.float16(): "float16", pa.float32(): "float32", pa.float64(): "float64"}
    name = special.get(of, str(of))
    return name.replace("[day]", "").replace("date64[ms]", "date64"), 0


def groups() -> list[Vector]:
    """Return the states of groups, merges, and bytes that are none."""
    text, numbers = pa.array(["b", None, "a", "b"]), pa.array([2, 1, None, 1], "int8")
    vectors = [of_groups(name, groups_of(key)) for name, key in KEYS]
    vectors += [
        of_groups("two keys", groups_of(text, numbers)),
        of_groups("two columns", groups_of(text, columns=("s", "x"))),
        of_groups("no columns", groups_of(text, columns=())),
    ]
    ints = [pa.array([2, 1, None], width) for width in ("int8", "uint8", "uint64", "int64")]
    halves = pa.array([0.5, None], "float32"), pa.array([0.5, NAN, 0.25], "float64")
    days, milliseconds = (array_of(f"time32[{unit}]", [5]) for unit in ("s", "ms"))
    by_text = groups_of(text)
    wide = cs.moments(pa.table({"k0": ["c"], "x": pa.array([7], "int8")}), by="k0")
    pairs = [
        ("the same keys", by_text, by_text),
        ("other keys, other order", groups_of(text[:1]), groups_of(pa.array(["c", "a", None]))),
        ("no groups in one part", by_text, groups_of(text[:0])),
        ("two keys", groups_of(text, numbers), groups_of(text[1:], numbers[1:])),
        ("two layouts of text", by_text, groups_of(text.cast("string_view"))),
        ("two layouts of bytes", groups_of(pa.array([b"a"])),
         groups_of(pa.array([b"a"], "large_binary"))),
        ("signed and unsigned keys", groups_of(ints[0]), groups_of(ints[1])),
        ("keys without a wider integer type", groups_of(ints[2]), groups_of(ints[3])),
        ("keys of two float types", groups_of(halves[0]), groups_of(halves[1])),
        ("null keys and others", groups_of(pa.nulls(2)), groups_of(ints[0])),
        ("integer and float keys", groups_of(ints[0]), groups_of(halves[0])),
        ("keys of two units", groups_of(days), groups_of(milliseconds)),
        ("other names of keys", by_text, cs.moments(pa.table({"k": ["a"], "x": [0.5]}), by="k")),
        ("a wider type for groups of one part", by_text, wide),
        ("other columns", by_text, groups_of(text, columns=("s",))),
        ("a column that a part without groups lacks", groups_of(text, columns=("x", "s")),
         groups_of(text[:0])),
        ("no columns", groups_of(text, columns=()), groups_of(text, columns=())),
    ]  # fmt: skip
    vectors += [merged(*pair) for pair in pairs]
    vectors += refused_groups()
    return vectors


def refused_groups() -> Iterator[Vector]:
    """Return the vectors of bytes that are no groups."""
    of_text = groups_of(pa.array(["a", "b"]))
    good = of_text.to_bytes()
    buffer, offsets = b"\x0c" + bytes(7), bytes(4) + b"\1\0\0\0\2\0\0\0"
    assert good.count(buffer + offsets) == 1
    bitmap = good.index(b"string") + len(b"string") + 8 + 4
    by_form = [
        *damaged(good),
        ("offsets that decrease",
         sealed(good[:-8].replace(offsets, bytes(4) + b"\2\0\0\0\1\0\0\0"))),
        ("keys that are not UTF-8", sealed(good[:-8].replace(b"ab", b"\xff\xff"))),
        ("neither a bitmap nor none", sealed(good[:bitmap] + b"\2" + good[bitmap + 1 : -8])),
        ("an unknown type of keys", sealed(good[:-8].replace(b"string", b"strung"))),
    ]  # fmt: skip
    yield from refused(cs.GroupedMoments, "form", by_form)

    def changed(**fields: Any) -> bytes:
        return encode_groups(dataclasses.replace(ours, **fields))

    ours = decode_groups(good)
    two = {key: states * 2 for key, states in ours.states.items()}
    counted, of_nothing = State("string", valid=1), (State("float64"), State("float64", nulls=1))
    lost = decode(taken_away("float64", [1.0, 2.0]).to_bytes())
    by_content = [
        ("no keys", changed(keys=[], states={(): next(iter(ours.states.values()))})),
        ("two keys of one name",
         changed(keys=ours.keys * 2, states={key * 2: it for key, it in ours.states.items()})),
        ("two columns of one name", changed(columns=["x", "x"], types=ours.types * 2, states=two)),
        ("columns of different numbers of rows",
         changed(columns=["x", "s"], types=[*ours.types, "string"],
                 states={key: [*it, dataclasses.replace(counted, valid=1 + at)]
                         for at, (key, it) in enumerate(ours.states.items())})),
        ("unknown extremes", changed(states={key: [lost] for key in ours.states})),
        ("rows in no group", sealed(good[:-8].replace(*map(encode, of_nothing)))),
    ]  # fmt: skip
    yield from refused(cs.GroupedMoments, "content", by_content)


# Columns together.

Column = tuple[str, str, list[Any]]
NUMBERS: list[Column] = [("x", "int64", [1, 2, None, 4]), ("y", "float64", [3.5, -0.5, 1.0, 0.25])]
CASES: list[tuple[str, list[Column], int, tuple[str, list[Any]] | None]] = [
    ("two columns", NUMBERS, 1, None),
    ("one column", NUMBERS[1:], 1, None),
    ("no rows", [("x", "float64", []), ("y", "int8", [])], 1, None),
    ("NaNs, infinities and nulls",
     [("x", "float64", [NAN, INFINITY, None, 1.0, None, 2.0]),
      ("y", "float32", [1.0, NAN, NAN, INFINITY, INFINITY, 3.0])], 1, None),
    ("NaNs alone beside numbers", [("x", "float64", [NAN, 1.0, 2.0]), ("y", "int8", [1, 2, 4])],
     1, None),
    ("decimals", [("x", "decimal128(5, 2)", [150, -275, 3]), ("y", "decimal32(4, -2)", [7, 8, 10])],
     1, None),
    ("booleans and large integers",
     [("x", "bool", [True, False, True]), ("y", "uint64", [2**64 - 1, 0, 1])], 1, None),
    ("a column of nulls", [("x", "int8", [1, 2]), ("y", "null", [None, None])], 1, None),
    ("values that a double does not add up", [("x", "float64", [1e300, 1.0, -1e300]),
                                             ("y", "float64", [1e-300, 1.0, 1e-300])], 1, None),
    ("three columns", [*NUMBERS, ("größe", "int8", [1, 1, 1, -1])], 1, None),
    ("degree 2", NUMBERS, 2, None),
    ("degree 3 of one column", NUMBERS[:1], 3, None),
    ("weights", NUMBERS, 1, ("float64", [2.0, 0.25, 1.0, 0.0])),
    ("decimal weights", NUMBERS, 1, ("decimal128(6, 2)", [150, 25, 100, 1])),
    ("weights less than ddof", NUMBERS, 1, ("float64", [0.5, 0.25, 0.0, 0.25])),
    ("weights of NaNs and infinities",
     [("x", "float64", [NAN, INFINITY, 1.0, 2.0])], 2, ("int8", [1, 2, 3, 4])),
]  # fmt: skip


def comoments_of(
    columns: list[Column], degree: int = 1, weights: tuple[str, list[Any]] | None = None
) -> cs.CoMoments:
    """Return the state of columns together."""
    data = pa.table({name: array_of(kind, values) for name, kind, values in columns})
    named = {"columns": [name for name, *_ in columns], "degree": degree}
    return cs.comoments(data, weights=None if weights is None else array_of(*weights), **named)


def covariances(state: cs.CoMoments) -> dict[str, str | None]:
    """Return all covariances, as text."""
    found = {}
    for ddof, skip_nans in itertools.product(
        (0, 1, 2), (False, True) if state.nan_count else (False,)
    ):
        matrix = state.covariance(ddof=ddof, skip_nans=skip_nans)
        for at, one in enumerate(state.columns or []):
            for other in (state.columns or [])[at:]:
                options = f", ddof={ddof}" * (ddof > 0) + ", skip_nans" * skip_nans
                found[f"{one}, {other}{options}"] = shown(matrix[at][other])
    return found


def comoments() -> list[Vector]:
    """Return the states of columns together, merges, and bytes that are none."""
    vectors: list[Vector] = [
        {"name": "no data yet", "columns": [], "rows": [], "degree": 1, "weights": None,
         "state": cs.CoMoments().to_bytes().hex(), "answers": {}}
    ]  # fmt: skip
    for name, columns, degree, weights in CASES:
        state = comoments_of(columns, degree, weights)
        values = zip(*(values for *_, values in columns), strict=True)
        vectors.append(
            {
                "name": name,
                "columns": [[column, kind] for column, kind, _ in columns],
                "rows": [[shown(value) for value in row] for row in values],
                "degree": degree,
                "weights": weights and [weights[0], [shown(weight) for weight in weights[1]]],
                "state": state.to_bytes().hex(),
                "answers": covariances(state),
            }
        )
    whole, reverse = comoments_of(NUMBERS), comoments_of(NUMBERS[::-1])
    large, half = [("x", "int64", [2**53 + 1])], [("x", "float64", [0.5])]
    cents, mills = [("x", "decimal32(5, 2)", [150])], [("x", "decimal64(10, 3)", [25])]
    times = [("float64", [2.0, 0.25, 1.0, 0.0]), ("decimal128(6, 2)", [150, 25, 100, 1])]
    weighted = [comoments_of(NUMBERS, 1, weights) for weights in times]
    decoded = decode_together(whole.to_bytes())
    full = dataclasses.replace(decoded, rows=(3, 2**53 - 3, 0, 0))
    most = cs.CoMoments.from_bytes(encode_together(full))
    pairs = [
        ("too many rows", most, whole),
        ("the same columns", whole, whole),
        ("another order", whole, reverse),
        ("the other order", reverse, whole),
        ("degree 2 in another order", comoments_of(NUMBERS, 2), comoments_of(NUMBERS[::-1], 2)),
        ("no data yet", cs.CoMoments(), whole),
        ("large integers and floats", comoments_of(large), comoments_of(half)),
        ("decimals", comoments_of(cents), comoments_of(mills)),
        ("decimals of degree 2", comoments_of(cents, 2), comoments_of(mills, 2)),
        ("integers and decimals", comoments_of([("x", "int8", [3])]), comoments_of(mills)),
        ("hundreds and floats", comoments_of([("x", "decimal32(4, -2)", [3])], 2),
         comoments_of(half, 2)),
        ("weights of different decimal places", *weighted),
        ("fractions and floats", comoments_of(cents), comoments_of(half)),
        ("only one with weights", whole, weighted[0]),
        ("two degrees", whole, comoments_of(NUMBERS, 2)),
        ("other columns", whole, comoments_of(NUMBERS[:1])),
        ("types without a common one", comoments_of([("x", "bool", [True])]),
         comoments_of([("x", "int8", [1])])),
    ]  # fmt: skip
    vectors += [merged(*pair) for pair in pairs]
    vectors += refused_comoments(whole.to_bytes(), weighted[1].to_bytes())
    return vectors


def refused_comoments(good: bytes, weighted: bytes) -> Iterator[Vector]:
    """Return the vectors of bytes that are no state of columns together."""
    weights = weighted.index(b"float64") + len(b"float64")
    assert weighted[weights : weights + 3] == b"\1\1\2"
    by_form = [
        *damaged(good),
        ("version 2 of degree 1 without weights",
         sealed(good[:4] + b"\2" + good[5 : good.index(b"float64") + 7] + b"\1\0"
                + good[good.index(b"float64") + 7 : -8])),
        ("degree 0", sealed(weighted[:weights] + b"\0" + weighted[weights + 1 : -8])),
        ("degree 33", sealed(weighted[:weights] + b"\x21" + weighted[weights + 1 : -8])),
        ("weights that are neither there nor not",
         sealed(weighted[: weights + 1] + b"\2" + weighted[weights + 2 : -8])),
        ("weights of 77 decimal places",
         sealed(weighted[: weights + 2] + b"\x4d" + weighted[weights + 3 : -8])),
    ]  # fmt: skip
    yield from refused(cs.CoMoments, "form", by_form)
    plain, heavy = decode_together(good), decode_together(weighted)

    def changed(state: Together = plain, **fields: Any) -> bytes:
        return encode_together(dataclasses.replace(state, **fields))

    def typed(*types: str) -> list[tuple[str, str]]:
        return list(zip(("x", "y"), types, strict=True))

    def with_sum(*product: int, value: int | Fraction, **fields: Any) -> bytes:
        return changed(sums=plain.sums | {product: Fraction(value)}, **fields)

    powers, single = (
        decode_together(comoments_of(NUMBERS[:1], degree).to_bytes()) for degree in (2, 1)
    )
    nothing, no_rows = {product: Fraction(0) for product in plain.sums}, (0, 0, 0, 0)
    finite, nans, infinite = heavy.weights
    far = nothing | {(0,): Fraction(4 * 2**768), (0, 0): Fraction(2**1540)}
    by_content = [
        ("two columns of one name", changed(columns=[("x", "int64"), ("x", "float64")])),
        ("text", changed(columns=typed("int64", "string"))),
        ("times", changed(columns=typed("int64", "duration[s]"))),
        ("a type without a name", changed(columns=typed("int64", ""))),
        ("values of no type", changed(columns=typed("null", "float64"))),
        ("text without rows",
         changed(columns=typed("int64", "string"), rows=no_rows, sums=nothing)),
        ("NaNs of integers",
         changed(columns=typed("int64", "int64"), rows=(3, 0, 1, 0), sums=nothing)),
        ("more rows than 2^53", changed(rows=(3, 2**53, 0, 0))),
        ("rows without columns", changed(columns=[], sums={})),
        ("sums without rows", changed(rows=(0, 4, 0, 0))),
        ("a negative square", with_sum(0, 0, value=-1)),
        ("squares that are too small", with_sum(0, 0, value=16)),
        ("a product that is too large", with_sum(0, 1, value=1000)),
        ("halves of integers", with_sum(0, 0, value=Fraction(43, 2))),
        ("a sum out of range", changed(rows=(3, 0, 0, 0), sums=far)),
        ("weights without rows", changed(heavy, weights=[finite, Fraction(1), infinite])),
        ("rows without weights", changed(heavy, rows=(3, 0, 1, 0))),
        ("a negative fourth power", changed(powers, sums=powers.sums | {(0,) * 4: Fraction(-1)})),
        ("squares of one column that are too small",
         changed(single, sums=single.sums | {(0, 0): Fraction(16)})),
        ("negative weights of NaNs",
         changed(heavy, rows=(3, 0, 1, 0), weights=[finite, Fraction(-1), infinite])),
        ("weights beyond all floats", changed(heavy, weights=[Fraction(2**1040), nans, infinite])),
        ("negative weights", changed(heavy, weights=[-finite, nans, infinite])),
        ("weights that are too small", changed(heavy, weights=[Fraction(1), nans, infinite])),
    ]  # fmt: skip
    yield from refused(cs.CoMoments, "content", by_content)


FILES: dict[str, Callable[[], list[Vector]]] = {
    "tables": tables,
    "groups": groups,
    "comoments": comoments,
}


if __name__ == "__main__":
    for file, vectors in (vectors_of_columns.FILES | FILES).items():
        text = vectors_of_columns.written(vectors())
        (vectors_of_columns.FOLDER / f"{file}.json").write_text(text, encoding="utf-8")
