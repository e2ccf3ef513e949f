"""What docs/reference/states-of-tables.md says of states of tables and of columns together is so.

Each reader goes by a table of the page, and must come to the end of what colstats writes.
"""

import struct
from fractions import Fraction
from typing import Any

import pyarrow as pa
import pytest

import colstats as cs
import decode

TABLE = pa.table(
    {
        "k": ["a", None, "a"],
        "n": [1, 2, 1],
        "x": [1.5, None, -2.5],
        "y": pa.array([3, 4, 5], "int8"),
    }
)


class Frame(decode.Reader):
    """Takes fields off bytes with a magic number, a version and a checksum."""

    def __init__(self, data: bytes, magic: bytes, *versions: int) -> None:
        assert data[:4] == magic
        self.version = data[4]
        assert self.version in versions
        assert decode.checksum(data[:-8]) == data[-8:]
        super().__init__(data[5:-8])

    def count(self) -> int:
        (count,) = self.fields("Q")
        return count

    def bytes(self) -> bytes:
        data = self.take(count := self.count())
        assert len(data) == count
        return data


def state_of(column: pa.ChunkedArray | pa.Array) -> bytes:
    return cs.moments(column).to_bytes()


def test_tables_as_bytes() -> None:
    table = TABLE.select(["x", "y"])
    frame = Frame(cs.moments(table).to_bytes(), b"CSTT", 1)
    named = {frame.bytes().decode(): frame.bytes() for _ in range(frame.count())}
    assert named == {name: state_of(table[name]) for name in ("x", "y")}
    assert not frame.rest


@pytest.mark.parametrize("by", [["k"], ["n", "k"]])
def test_groups_as_bytes(by: list[str]) -> None:
    groups = cs.moments(TABLE, by=by, columns=["x", "y"])
    frame = Frame(groups.to_bytes(), b"CSTG", 1)
    count = frame.count()
    keys = {}
    for _ in range(frame.count()):
        name, of, width = frame.bytes().decode(), frame.bytes().decode(), frame.bytes()
        assert width == bytes(4)
        validity = frame.bytes() if frame.count() else None
        buffers = [validity, *(frame.bytes() for _ in range(frame.count()))]
        data_type = {"string": pa.string(), "int64": pa.int64()}[of]
        buffers = [None if it is None else pa.py_buffer(it) for it in buffers]
        keys[name] = pa.Array.from_buffers(data_type, count, buffers)
    assert pa.table(keys).equals(pa.table(groups).select(by))
    for _ in range(frame.count()):
        column, empty = frame.bytes().decode(), frame.bytes()
        assert empty == state_of(TABLE[column][:0])
        states = [frame.bytes() for _ in range(count)]
        assert states == pa.table(groups)[f"{column}_state"].to_pylist()
    assert not frame.rest


def together(data: bytes) -> dict[str, Any]:
    frame = Frame(data, b"CSTC", 1, 2)
    (columns,) = frame.fields("I")
    found: dict[str, Any] = {"columns": [(frame.text(), frame.text()) for _ in range(columns)]}
    degree, weighted = frame.fields("BB") if frame.version == 2 else (1, 0)
    found |= {"degree": degree, "version": frame.version}
    if weighted:
        (found["places"],) = frame.fields("B")
        found["weights"] = [frame.integer() for _ in range(3)]
    found["rows"] = frame.fields("4Q")
    found["sums"] = [frame.integer() for _ in range(columns)]
    products = []
    for one in range(columns):
        products += [(one, one, power, 0) for power in range(2, 2 * degree + 1)]
        products += [
            (one, other, power, power_of_other)
            for other in range(one + 1, columns)
            for power in range(1, degree + 1)
            for power_of_other in range(1, degree + 1)
        ]
    found["products"] = {product: frame.integer() for product in products}
    assert not frame.rest
    return found


ROWS = [(1, Fraction(3)), (2, Fraction(-1, 2)), (4, Fraction(1, 4))]


@pytest.mark.parametrize("degree", [1, 2, 3])
@pytest.mark.parametrize("weights", [None, [2, 1, 3, 1, 1, 1]])
def test_columns_together(degree: int, weights: list[int] | None) -> None:
    nothing = [(None, 1.0), (1, float("nan")), (1, float("inf"))]
    rows = [*((a, float(b)) for a, b in ROWS), *nothing]
    table = {"a": [a for a, _ in rows], "b": [b for _, b in rows]}
    found = together(cs.comoments(table, degree=degree, weights=weights).to_bytes())
    weighed = list(zip(weights or [1] * 3, ROWS, strict=False))
    assert found["columns"] == [("a", "int64"), ("b", "float64")]
    assert (found["degree"], found["version"]) == (degree, 2 if degree > 1 or weights else 1)
    assert found["rows"] == (3, 1, 1, 1)
    assert found["sums"] == [sum(w * row[at] for w, row in weighed) for at in (0, 1)]
    for (one, other, power, of_other), total in found["products"].items():
        assert total == sum(w * row[one] ** power * row[other] ** of_other for w, row in weighed)
    if weights:
        assert (found["places"], found["weights"]) == (0, [6, 1, 1])


def test_weights_are_in_units_of_their_last_place() -> None:
    weights = pa.array(["0.25", "1.50"]).cast(pa.decimal128(5, 2))
    found = together(cs.comoments({"a": [3, 4]}, weights=weights).to_bytes())
    assert (found["places"], found["weights"]) == (2, [175, 0, 0])
    assert (found["sums"], found["products"]) == ([675], {(0, 0, 2, 0): 25 * 9 + 150 * 16})


def test_the_arrow_forms() -> None:
    table = pa.table(cs.moments(TABLE.select(["x", "y"])))
    assert table.schema.names == ["name", "type", "rows", "nulls", "nans", "state"]
    assert [str(of) for of in table.schema.types] == ["string"] * 2 + ["int64"] * 3 + ["binary"]
    groups = pa.table(cs.moments(TABLE, by="n"))
    assert groups.schema.names == ["n", "k_state", "x_state", "y_state"]
    assert {str(of) for of in groups.schema.types[1:]} == {"large_binary"}
    sizes = pa.table(cs.moments(TABLE.select(["n"]), by="n"))
    assert sizes.schema.names == ["n", "_state"]
    state = decode.decode(sizes["_state"][0].as_py())
    assert (state.type, state.nulls) == ("null", 2)
    pairs = pa.table(cs.comoments(TABLE.select(["x", "y"])))
    assert pairs.schema.names == ["columns", "rows", "nulls", "nans", "state"]
    of_groups = pa.table(cs.comoments(TABLE, by="n", columns=["x", "y"]))
    assert of_groups.schema.names == ["n", "comoments"]
    assert struct.unpack("4sB", pairs["state"][0].as_py()[:5]) == (b"CSTC", 1)
