"""States of tables and of groups in plain Python: read, checked, merged and written.

It follows docs/reference/states-of-tables.md. Groups are in the canonical form that colstats
writes: it also reads groups in another order, which this reader refuses.
"""

import math
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import accumulate, pairwise

from decode import Reader, State, checksum, decode, encode, merge
from joining import Kind, joined, widened

#: A key: an integer of some unit, a float, text or bytes as bytes, or null.
Cell = int | float | bytes | None
TEXT = ("string", "large_string", "string_view")
BYTES = ("binary", "large_binary", "binary_view")
FLOATS = {16: "e", 32: "f", 64: "d"}
INLINE = 12


class Frame(Reader):
    """Takes fields off bytes with a magic number, the version 1 and a checksum."""

    def __init__(self, data: bytes, magic: bytes) -> None:
        if data[:5] != magic + b"\1" or checksum(data[:-8]) != data[-8:]:
            raise ValueError("this is another format or version, or damaged")
        super().__init__(data[5:-8])

    def count(self) -> int:
        """Take a count."""
        (count,) = self.fields("Q")
        return int(count)

    def bytes(self) -> bytes:
        """Take bytes, which begin with their length."""
        data = self.take(count := self.count())
        if len(data) != count:
            raise ValueError("a field is malformed")
        return data


def put_bytes(data: bytes) -> bytes:
    """Write bytes."""
    return struct.pack("<Q", len(data)) + data


def sealed(magic: bytes, *fields: bytes) -> bytes:
    """Write a frame."""
    data = magic + b"\1" + b"".join(fields)
    return data + checksum(data)


def put_count(count: int) -> bytes:
    """Write a count."""
    return struct.pack("<Q", count)


# Tables.


def encode_table(columns: dict[str, State]) -> bytes:
    """Write the states of the columns of a table."""
    named = [(put_bytes(name.encode()), put_bytes(encode(it))) for name, it in columns.items()]
    return sealed(b"CSTT", put_count(len(columns)), *(part for pair in named for part in pair))


def decode_table(data: bytes) -> dict[str, State]:
    """Read the states of the columns of a table; raise ValueError if the bytes are none."""
    try:
        frame = Frame(data, b"CSTT")
        named = [(frame.bytes().decode(), frame.bytes()) for _ in range(frame.count())]
    except (struct.error, UnicodeDecodeError) as error:
        raise ValueError("a field is malformed") from error
    columns = {name: decode(state) for name, state in named}
    if encode_table(columns) != data:
        raise ValueError("two columns have one name, or something follows")
    return columns


def merge_tables(one: dict[str, State], other: dict[str, State]) -> dict[str, State]:
    """Join the states of two parts; the order of the columns is that of the first."""
    for part, whole in ((one, other), (other, one)):
        if any(rows(it) for it in part.values()) and whole.keys() - part.keys():
            raise ValueError("a column is missing from one of the parts")
    names = [*one, *(name for name in other if name not in one)]
    return {name: merge(one.get(name, State()), other.get(name, State())) for name in names}


def rows(state: State) -> int:
    """Return how many rows a state counts."""
    return state.valid + state.nulls


# Groups.


@dataclass(frozen=True)
class Key:
    """A column of keys."""

    name: str
    type: str
    #: That of the values of a `fixed-size binary`.
    width: int = 0

    def read(self, validity: bytes | None, buffers: list[bytes], count: int) -> list[Cell]:
        """Return the keys of Arrow buffers."""
        valid = [validity is None or bit(validity, at) for at in range(count)]
        if self.type == "null":
            return [None] * count
        cells = [self.cell(buffers, at) for at in range(count)]
        return [cell if known else None for cell, known in zip(cells, valid, strict=True)]

    def cell(self, buffers: list[bytes], at: int) -> Cell:
        """Return the key at a place."""
        first, kind = buffers[0], Kind(self.type)
        if kind.family == "bool":
            return bit(first, at)
        if self.type.endswith("_view"):
            (length,) = struct.unpack_from("<i", first, 16 * at)
            if length <= INLINE:
                return first[16 * at + 4 :][:length]
            buffer, start = struct.unpack_from("<ii", first, 16 * at + 8)
            return buffers[1 + buffer][start:][:length]
        if self.type in TEXT + BYTES:
            layout = "<qq" if self.type.startswith("large_") else "<ii"
            start, end = struct.unpack_from(layout, first, struct.calcsize(layout) // 2 * at)
            return buffers[1][start:end]
        width = self.width if self.type == "fixed-size binary" else kind.bits // 8
        data = first[width * at :][:width]
        if kind.family == "float":
            value: float = struct.unpack("<" + FLOATS[kind.bits], data)[0]
            return math.nan if math.isnan(value) else value
        if self.type == "fixed-size binary":
            return data
        return int.from_bytes(data, "little", signed=not kind.get("unsigned"))

    def write(self, cells: list[Cell]) -> tuple[bytes | None, list[bytes]]:
        """Return the Arrow buffers of keys: a bitmap only if there are nulls, which are zeros."""
        has_nulls = None in cells and self.type != "null"
        validity = put_bits([cell is not None for cell in cells]) if has_nulls else None
        return validity, self.values(cells)

    def values(self, cells: list[Cell]) -> list[bytes]:
        """Return the buffers without the bitmap."""
        kind = Kind(self.type)
        if self.type in TEXT + BYTES:
            return put_text(self.type, [cell if isinstance(cell, bytes) else b"" for cell in cells])
        if self.type == "null":
            return []
        if self.type == "fixed-size binary":
            return [b"".join(c if isinstance(c, bytes) else bytes(self.width) for c in cells)]
        numbers = [0 if cell is None or isinstance(cell, bytes) else cell for cell in cells]
        if kind.family == "bool":
            return [put_bits(map(bool, numbers))]
        if kind.family == "float":
            return [struct.pack(f"<{len(cells)}{FLOATS[kind.bits]}", *numbers)]
        signed, width = not kind.get("unsigned"), kind.bits // 8
        return [b"".join(int(it).to_bytes(width, "little", signed=signed) for it in numbers)]


def bit(data: bytes, at: int) -> bool:
    """Return a bit: eight to a byte, the lowest first."""
    return bool(data[at // 8] >> at % 8 & 1)


def put_bits(bits: Iterable[bool]) -> bytes:
    """Write bits; those of the last byte that are too many are 0."""
    listed = list(bits)
    number = sum(value << at for at, value in enumerate(listed))
    return number.to_bytes(-(-len(listed) // 8), "little")


def put_text(type: str, values: list[bytes]) -> list[bytes]:
    """Write text or bytes, one after the other."""
    if type.endswith("_view"):
        views, data = b"", b""
        for value in values:
            views += struct.pack("<i", len(value))
            if len(value) <= INLINE:
                views += value.ljust(INLINE, b"\0")
            else:
                views, data = views + value[:4] + struct.pack("<ii", 0, len(data)), data + value
        return [views, data] if data else [views]
    offsets = [0, *accumulate(map(len, values))]
    layout = f"<{len(offsets)}{'q' if type.startswith('large_') else 'i'}"
    return [struct.pack(layout, *offsets), b"".join(values)]


def key_order(cells: tuple[Cell, ...]) -> list[tuple[bool, bool, Cell]]:
    """Return what keys are sorted by, column by column: nulls are last, and NaNs before them."""
    nan = [isinstance(cell, float) and math.isnan(cell) for cell in cells]
    return [(cell is None, is_nan, 0 if cell is None or is_nan else cell)
            for cell, is_nan in zip(cells, nan, strict=True)]  # fmt: skip


@dataclass(frozen=True)
class Groups:
    """The states of groups: of each key, in order, one for each column."""

    keys: list[Key]
    columns: list[str]
    types: list[str | None]
    states: dict[tuple[Cell, ...], list[State]] = field(default_factory=dict)


def encode_groups(groups: Groups) -> bytes:
    """Write groups."""
    fields = [put_count(len(groups.states)), put_count(len(groups.keys))]
    for at, key in enumerate(groups.keys):
        validity, buffers = key.write([cells[at] for cells in groups.states])
        fields += [put_bytes(key.name.encode()), put_bytes(key.type.encode())]
        fields += [put_bytes(struct.pack("<i", key.width)), put_count(validity is not None)]
        fields += [put_bytes(validity)] if validity is not None else []
        fields += [put_count(len(buffers)), *map(put_bytes, buffers)]
    fields.append(put_count(len(groups.columns)))
    for at, (name, type) in enumerate(zip(groups.columns, groups.types, strict=True)):
        fields += [put_bytes(name.encode()), put_bytes(encode(State(type)))]
        fields += [put_bytes(encode(states[at])) for states in groups.states.values()]
    return sealed(b"CSTG", *fields)


def decode_groups(data: bytes) -> Groups:
    """Read groups; raise ValueError if the bytes are none, or not in the form that is written."""
    try:
        frame = Frame(data, b"CSTG")
        groups = take_groups(frame)
        is_canonical = encode_groups(groups) == data
    except (struct.error, UnicodeDecodeError, IndexError, OverflowError) as error:
        raise ValueError("a field is malformed") from error
    if not is_canonical:
        raise ValueError("the groups are not in canonical form")
    names = [key.name for key in groups.keys]
    if not names or len({*names}) < len(names) or len({*groups.columns}) < len(groups.columns):
        raise ValueError("there are no keys, or two columns of one name")
    if any(key_order(one) >= key_order(other) for one, other in pairwise(groups.states)):
        raise ValueError("the keys are not in order")
    for states in groups.states.values():
        if len({rows(state) for state in states}) > 1:
            raise ValueError("the columns of a group have different numbers of rows")
        if any(state.type != type for state, type in zip(states, groups.types, strict=True)):
            raise ValueError("a state is not of the type of its column")
        if any(has_lost_extremes(state) for state in states):
            raise ValueError("minimum and maximum of a group are unknown")
    return groups


def has_lost_extremes(state: State) -> bool:
    """Whether minimum and maximum are unknown, though there are numbers."""
    is_counted = Kind(state.type).family == "counted"
    return state.numbers > 0 and state.min is None and not is_counted


def take_groups(frame: Frame) -> Groups:
    """Take the fields of groups."""
    count, keys, cells = frame.count(), [], []
    if count > len(frame.rest):
        raise ValueError("there are more groups than bytes")
    for _ in range(frame.count()):
        name, type = frame.bytes().decode(), frame.bytes().decode()
        keys.append(Key(name, type, *struct.unpack("<i", frame.bytes())))
        validity = frame.bytes() if frame.count() else None
        buffers = [frame.bytes() for _ in range(frame.count())]
        cells.append(keys[-1].read(validity, buffers, count))
    names, types, states = [], [], []
    for _ in range(frame.count()):
        names.append(frame.bytes().decode())
        types.append(decode(frame.bytes()).type)
        states.append([decode(frame.bytes()) for _ in range(count)])
    if frame.rest:
        raise ValueError("something follows the groups")
    of_groups = [[column[group] for column in states] for group in range(count)]
    return Groups(keys, names, types, dict(zip(zip(*cells, strict=True), of_groups, strict=True)))


def merge_groups(one: Groups, other: Groups) -> Groups:
    """Join the groups of two parts, by their keys; columns are in the order of the first."""
    if [key.name for key in one.keys] != [key.name for key in other.keys]:
        raise ValueError("the groups have other keys")
    keys = [joined_keys(*pair) for pair in zip(one.keys, other.keys, strict=True)]
    for part, whole in ((one, other), (other, one)):
        if part.states and {*whole.columns} - {*part.columns}:
            raise ValueError("a column is missing from one of the parts")
    names = [*one.columns, *(name for name in other.columns if name not in one.columns)]
    types = [joined(*(typed(part, name) for part in (one, other))) for name in names]
    states: dict[tuple[Cell, ...], list[State]] = {}
    for part in (one, other):
        places = [part.columns.index(name) if name in part.columns else 0 for name in names]
        for cells, found in part.states.items():
            wide = [widened(found[at], type) for at, type in zip(places, types, strict=True)]
            known = states.get(cells, [State()] * len(names))
            states[cells] = [merge(*pair) for pair in zip(known, wide, strict=True)]
    return Groups(keys, names, types, {it: states[it] for it in sorted(states, key=key_order)})


def typed(part: Groups, name: str) -> str | None:
    """Return the type of a column, if there is one of this name."""
    return part.types[part.columns.index(name)] if name in part.columns else None


def joined_keys(one: Key, other: Key) -> Key:
    """Return keys of the type that has the keys of both."""
    types = one.type, other.type
    if one == other or other.type == "null":
        return one
    if one.type == "null":
        return other
    for layouts, of in ((TEXT, "large_string"), (BYTES, "large_binary")):
        if {*types} <= {*layouts}:
            return replace(one, type=of)
    families = {Kind(type).family for type in types}
    if families in ({"integer"}, {"float"}):
        type = joined(*types)
        if type is not None and Kind(type).family in families:
            return replace(one, type=type)
    raise ValueError(f"keys of {one.type} and {other.type} do not match")
