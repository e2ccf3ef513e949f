"""Every Arrow type that pyarrow can build, with values, and every layout they can have."""

import itertools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import pyarrow as pa

from support.reference import Value

Values = Sequence[Value]


class Kind(NamedTuple):
    """A column type, with values that it can hold."""

    type: pa.DataType
    values: list[Any]

    def array(self, values: Values) -> pa.Array:
        """Make an array from integers in units of the type, or from floats."""
        if pa.types.is_decimal(self.type):
            return decimals(values, self.type)
        if pa.types.is_date64(self.type):
            return pa.array(values, pa.int64()).cast(self.type)
        return pa.array(values, self.type)


def decimals(values: Values, kind: pa.DataType) -> pa.Array:
    """Make an array of decimals from their unscaled integers."""
    width = kind.bit_width // 8
    units = b"".join(int(value or 0).to_bytes(width, "little", signed=True) for value in values)
    validity = pa.array([None if value is None else 0 for value in values], pa.int8()).buffers()[0]
    return pa.Array.from_buffers(kind, len(values), [validity, pa.py_buffer(units)])


def integers(bits: int, *, signed: bool = True) -> list[int]:
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    return [low, high, high, low + 1, 7, 100, high // 3]


def digits(count: int) -> list[int]:
    top = 10**count - 1
    return [top, -top, 5, top, -1, 0, top // 7, top - 1]


UNITS = ("s", "ms", "us", "ns")
DECIMALS = [(pa.decimal32, 9), (pa.decimal64, 18), (pa.decimal128, 38), (pa.decimal256, 76)]
TICKS = [-(2**62), 1_700_000_000_123_456_789, 1_700_000_000_123_456_788, 3, 0, 2**62]
DAYS = [-700_000, 19_000, 19_001, 0, 3, 3]
KINDS = [
    *(Kind(pa.type_for_alias(f"int{bits}"), integers(bits)) for bits in (8, 16, 32, 64)),
    *(Kind(pa.type_for_alias(f"uint{b}"), integers(b, signed=False)) for b in (8, 16, 32, 64)),
    Kind(pa.float16(), [5.960464477539063e-08, 65504.0, -65504.0, -0.0, 0.333251953125]),
    Kind(pa.float32(), [1.401298464324817e-45, 3.4028234663852886e38, -1.0, 0.3333333432674408]),
    Kind(pa.float64(), [5e-324, 1.7976931348623157e308, -1.0, -0.0, 1 / 3, 1e16, -1e16]),
    Kind(pa.bool_(), [True, False, True, True, False]),
    *(
        Kind(make(most, scale), digits(most))
        for make, most in DECIMALS
        for scale in (0, 2, most, -3)
    ),
    Kind(pa.decimal128(38, 10), [10**20 + 1, 10**20, 10**20 + 2, -3]),
    Kind(pa.date32(), DAYS),
    Kind(pa.date64(), [day * 86_400_000 for day in DAYS]),
    *(Kind(pa.time32(unit), [0, 86_399, 5, 4]) for unit in ("s", "ms")),
    *(Kind(pa.time64(unit), [0, 86_399_999_999, 5, 4]) for unit in ("us", "ns")),
    *(Kind(pa.timestamp(unit), TICKS) for unit in UNITS),
    *(Kind(pa.timestamp(unit, zone), TICKS) for unit in UNITS for zone in ("UTC", "+05:30")),
    *(Kind(pa.duration(unit), TICKS) for unit in UNITS),
]


def with_nulls(values: list[Any], period: int, rows: int = 41) -> list[Any]:
    repeated = itertools.islice(itertools.cycle(values), rows)
    return [None if i % period == 1 else value for i, value in enumerate(repeated)]


# Layouts: each function returns an Arrow object, and the values that it holds.


def sliced(array: pa.Array, values: Values) -> tuple[Any, Values]:
    return array[3:-2], values[3:-2]


def chunked(array: pa.Array, values: Values) -> tuple[Any, Values]:
    return pa.chunked_array([array[:0], array[:5], array[5:6], array[6:]]), values


def extension(array: pa.Array, values: Values) -> tuple[Any, Values]:
    class Extension(pa.ExtensionType):
        def __init__(self) -> None:
            super().__init__(array.type, "colstats.test")

        def __arrow_ext_serialize__(self) -> bytes:
            return b""

    return pa.ExtensionArray.from_storage(Extension(), array), values


def dictionary(keys: pa.DataType, start: int = 0) -> Callable[..., tuple[Any, Values]]:
    """Encode with keys in no order: some values unused, some repeated, some keys null."""

    def make(array: pa.Array, values: Values) -> tuple[Any, Values]:
        places = [None if i % 7 == 5 else i * i % (len(values) - 3) for i in range(100)]
        named = pa.DictionaryArray.from_arrays(pa.array(places, keys), array)
        decoded = [None if place is None else values[place] for place in places]
        return named[start:], decoded[start:]

    return make


def runs(ends: pa.DataType, start: int = 0) -> Callable[..., tuple[Any, Values]]:
    """Encode as runs of one row, two, three, one, ..."""

    def make(array: pa.Array, values: Values) -> tuple[Any, Values]:
        lengths = [1 + i % 3 for i in range(len(values))]
        behind = pa.array(list(itertools.accumulate(lengths)), ends)
        pairs = zip(values, lengths, strict=True)
        decoded = [value for value, length in pairs for _ in range(length)]
        rows = slice(start, len(decoded) - start)
        return pa.RunEndEncodedArray.from_arrays(behind, array)[rows], decoded[rows]

    return make


def chunks_of_dictionaries(array: pa.Array, values: Values) -> tuple[Any, Values]:
    """Make chunks with different dictionaries."""
    first, rows = dictionary(pa.int16())(array, values)
    second, others = dictionary(pa.int16(), 3)(array[2:], values[2:])
    return pa.chunked_array([first, second]), [*rows, *others]


def chunks_of_runs(array: pa.Array, values: Values) -> tuple[Any, Values]:
    first, rows = runs(pa.int32(), 2)(array, values)
    second, others = runs(pa.int32())(array[1:], values[1:])
    return pa.chunked_array([first, second]), [*rows, *others]


KEYS = [pa.type_for_alias(f"{sign}int{bits}") for sign in ("", "u") for bits in (8, 16, 32, 64)]
LAYOUTS: dict[str, Callable[..., tuple[Any, Values]]] = {
    "array": lambda array, values: (array, values),
    "slice": sliced,
    "chunks": chunked,
    "extension": extension,
    **{f"dictionary, {keys}": dictionary(keys) for keys in KEYS},
    "dictionary, sliced": dictionary(pa.int32(), 9),
    "dictionaries in chunks": chunks_of_dictionaries,
    **{f"runs, {ends}": runs(ends) for ends in (pa.int16(), pa.int32(), pa.int64())},
    "runs, sliced": runs(pa.int32(), 4),
    "runs in chunks": chunks_of_runs,
}
