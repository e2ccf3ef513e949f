"""The test vectors of serialized states of columns, in tests/vectors, as colstats makes them.

Those of tables, groups and columns together are in `vectors_of_tables`.

Each vector says what the data was, so a reader needs nothing else: floats in hexadecimal, integers,
units of decimals and ticks of time in decimal digits, all as text. What no data has is written by
the decoder in examples/states.
"""

import json
import random
from collections.abc import Callable, Iterator
from decimal import Context
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

import colstats as cs
from decode import State, checksum, encode

FOLDER = Path(__file__).parents[2] / "vectors"
SEED = 20_261_127
STATISTICS = ("count", "sum", "mean", "variance", "stddev", "min", "max")
DECIMALS = Context(prec=100)
NAN, INFINITY, LARGEST = float("nan"), float("inf"), 1.7976931348623157e308
LEAST = 5e-324
INT64 = (-(2**63), 2**63 - 1)
#: What an error says, and what a vector says.
REFUSED = {"have been taken away": "unknown", "does not fit the result type": "out of range"}

Data = tuple[str, str, list[Any]]
Vector = dict[str, Any]


def random_data() -> Iterator[Data]:
    """Return seeded data: its name, its type and its values."""
    rng = random.Random(SEED)
    yield "N(1e8, 1)", "float64", [rng.gauss(1e8, 1) for _ in range(100)]
    yield "lognormal(0, 8)", "float64", [rng.lognormvariate(0, 8) for _ in range(100)]
    bits = [rng.getrandbits(64) & ~(1 << 52) for _ in range(50)]
    yield "any exponent", "float64", np.array(bits, np.uint64).view(np.float64).tolist()
    singles = [rng.gauss(0, 1) for _ in range(50)]
    yield "N(0, 1) as float32", "float32", np.array(singles, np.float32).tolist()
    yield (
        "any int64, every third null",
        "int64",
        [None if n % 3 == 0 else rng.randint(*INT64) for n in range(60)],
    )
    yield "any int16", "int16", [rng.randint(-(2**15), 2**15 - 1) for _ in range(50)]
    yield "prices", "decimal128(12, 2)", [rng.randint(1, 10**10) for _ in range(50)]
    yield (
        "times of a year",
        "timestamp[us, tz=UTC]",
        [1_700_000_000_000_000 + rng.randrange(31_536_000_000_000) for _ in range(50)],
    )


DATA: list[Data] = [
    ("no values", "float64", []),
    ("one value", "float64", [1.5]),
    ("nulls alone", "float64", [None, None, None]),
    ("values and nulls", "float64", [1.5, None, 2.5, None]),
    ("NaNs alone", "float64", [NAN, NAN]),
    ("values and a NaN", "float64", [1.0, NAN, 4.0]),
    ("positive infinity", "float64", [1.0, INFINITY]),
    ("negative infinity", "float64", [-INFINITY, 1.0]),
    ("both infinities", "float64", [-INFINITY, 0.5, INFINITY]),
    ("infinity, NaN and null", "float64", [INFINITY, NAN, None, -1.0]),
    ("negative zeros", "float64", [-0.0, -0.0]),
    ("both zeros", "float64", [-0.0, 0.0]),
    ("a negative zero and NaN", "float64", [-0.0, NAN]),
    ("values that add up to zero", "float64", [-2.5, 2.5]),
    ("the least subnormal number", "float64", [LEAST]),
    ("a mean below the least number", "float64", [-LEAST, 0.0, 0.0]),
    ("subnormal numbers", "float64", [1e-310, 3e-310, -2e-320]),
    ("the largest number, twice", "float64", [LARGEST, LARGEST]),
    ("1e300 and 1", "float64", [1e300, 1.0, -1e300]),
    ("1e16, 1 and -1e16", "float64", [1e16, 1.0, -1e16]),
    ("largest and least", "float64", [LARGEST, LEAST, -LARGEST]),
    ("tenths", "float64", [0.1] * 10),
    ("a tie of rounding", "float64", [2.0**53, 1.0]),
    ("float32 tenths", "float32", np.full(3, 0.1, np.float32).tolist()),
    ("the range of float32", "float32", [-(2.0**-149), (2 - 2.0**-23) * 2.0**127, NAN]),
    ("the range of float16", "float16", [2.0**-24, -65504.0, None]),
    ("the range of int8", "int8", [-128, 127, None]),
    ("uint8", "uint8", [255, 255, 0]),
    ("uint16", "uint16", [65535]),
    ("the range of int32", "int32", [-(2**31), 2**31 - 1]),
    ("uint32", "uint32", [2**32 - 1, 1]),
    ("the range of int64", "int64", [*INT64]),
    ("the least int64", "int64", [INT64[0]] * 3),
    ("int64 that differ by 2", "int64", [2**62, 2**62 + 1, 2**62 + 2]),
    ("the largest uint64", "uint64", [2**64 - 1, 2**64 - 1]),
    ("an integer of one byte, of two", "int64", [127, 128, -128, -129]),
    ("booleans", "bool", [True, False, None, True]),
    ("false alone", "bool", [False, False]),
    ("decimal32", "decimal32(7, 2)", [-9999999, 150, 275]),
    ("decimal64", "decimal64(18, 4)", [10**18 - 1, 1, None]),
    ("a decimal mean", "decimal128(4, 1)", [1, 2, 4]),
    ("decimal128", "decimal128(38, 10)", [10**38 - 1, -(10**37), 3]),
    ("a negative scale", "decimal128(5, -3)", [12345, -1]),
    ("decimal256", "decimal256(76, 3)", [10**76 - 1, 10**76 - 2, -5]),
    ("days", "date32", [-1, 19782, 19783]),
    ("days in milliseconds", "date64", [0, 86_400_000]),
    ("times of day", "time32[s]", [0, 86_399]),
    ("times of day in nanoseconds", "time64[ns]", [1, 2, 86_399_999_999_999]),
    ("the range of timestamps", "timestamp[ns]", [*INT64]),
    ("timestamps of a zone", "timestamp[ms, tz=Europe/Rome]", [0, 1, None]),
    ("durations", "duration[ms]", [-5, 0, 2, 4]),
    ("the range of durations", "duration[us]", [*INT64]),
    ("infinities of both signs and a NaN", "float64", [INFINITY, NAN, -INFINITY, 1.0]),
    ("a subnormal mean of float16", "float16", [2.0**-24, 0.0, 0.0]),
    ("a decimal without digits after the point", "decimal128(10, 0)", [3, 4]),
    ("a variance beyond the largest number", "decimal256(76, -128)", [10**75, -(10**75)]),
    ("a tie of ticks, up", "duration[ns]", [-1, 0]),
    ("a tie of ticks, down", "duration[s]", [-3, 0]),
    ("a sum of durations out of range", "duration[ns]", [INT64[1], 1]),
    ("times of day in milliseconds", "time32[ms]", [1, 2, None]),
    ("times of day in microseconds", "time64[us]", [86_399_999_999, 0]),
    ("timestamps in seconds", "timestamp[s]", [-(2**40), 2**40 + 1]),
    ("a zone that is no ASCII", "timestamp[us, tz=Zürich, tz=é]", [5]),
    ("text", "string", ["a", None, "b"]),
    ("bytes", "binary", ["a", "b"]),
    ("nothing but nulls, of no type", "null", [None, None]),
]  # fmt: skip


def array_of(kind: str, values: list[Any]) -> pa.Array:
    """Return the Arrow array of values, as a vector has them."""
    of = arrow_type(kind)
    if pa.types.is_decimal(of):
        width = pa.binary(of.byte_width)
        units = [None if it is None else it.to_bytes(of.byte_width, "little", signed=True)
                 for it in values]  # fmt: skip
        return pa.array(units, width).view(of)
    if pa.types.is_temporal(of):
        narrow = pa.int32() if of.bit_width == 32 else pa.int64()
        return pa.array(values, narrow).view(of)
    if kind == "float16":
        return pa.array([None if it is None else np.float16(it) for it in values], of)
    if kind == "bool":
        return pa.array([None if it is None else bool(it) for it in values], of)
    return pa.array(values, of, from_pandas=False)


def arrow_type(name: str) -> pa.DataType:
    """Return the Arrow type of a name."""
    stem, _, rest = name.partition("(" if name.endswith(")") else "[")
    if stem.startswith("decimal"):
        return getattr(pa, stem)(*(int(number) for number in rest.rstrip(")").split(", ")))
    if rest:
        unit, _, zone = rest.rstrip("]").partition(", tz=")
        return getattr(pa, stem)(unit, *([zone] if zone else []))
    return pa.bool_() if name == "bool" else getattr(pa, name)()


def shown(value: Any) -> str | None:
    """Return a value as text."""
    if value is None or isinstance(value, str):
        return value
    return value.hex() if isinstance(value, float) else str(int(value))


def read(kind: str, text: str | None) -> Any:
    """Return the value that `shown` has written."""
    if text is None or kind in ("string", "binary"):
        return text
    return float.fromhex(text) if kind.startswith("float") else int(text)


def ticks_or_units(value: pa.Scalar) -> Any:
    """Return a scalar as a vector has it."""
    if not value.is_valid:
        return None
    if pa.types.is_decimal(value.type):
        units = pa.array([value]).view(pa.binary(value.type.byte_width))
        return int.from_bytes(units[0].as_py(), "little", signed=True)
    if pa.types.is_temporal(value.type):
        return value.value
    return value.as_py()


def ask(state: cs.Moments, statistic: str, **options: Any) -> Any:
    """Ask colstats, for a number, ticks of time, or units of a decimal."""
    options |= {"min_count": 0} if statistic == "sum" else {}
    if statistic == "sum" and str(state.type).startswith("decimal"):
        # Exact, however many digits there are.
        scale = arrow_type(str(state.type)).scale
        return int(DECIMALS.scaleb(state.sum(min_count=0), scale))
    try:
        row = getattr(cs.MomentsTable({"x": state}), statistic)(**options)
    except ValueError as refused:
        return next(short for words, short in REFUSED.items() if words in str(refused))
    return ticks_or_units(pa.record_batch(row)["x"][0])


def answers_of(state: cs.Moments) -> dict[str, str | None]:
    """Return all statistics of a state that its type has, as text."""
    found: dict[str, str | None] = {}
    for statistic in STATISTICS:
        for ddof in (0, 1, 3) if statistic in ("variance", "stddev") else (0,):
            for skip_nans in (False, True) if state.nan_count else (False,):
                options = {"ddof": ddof} if ddof else {}
                options |= {"skip_nans": True} if skip_nans else {}
                try:
                    value = ask(state, statistic, **options)
                except TypeError:
                    continue
                name = statistic + f", ddof={ddof}" * (ddof > 0) + ", skip_nans" * skip_nans
                found[name] = shown(value)
    return found


def taken_away(kind: str, values: list[Any]) -> cs.Moments:
    """Return the state of values after the last was taken away: the extremes are unknown."""
    return cs.moments(array_of(kind, values)) - cs.moments(array_of(kind, values[-1:]))


WITHOUT_3 = taken_away("int64", [1, 2, 3])


def of_state(name: str, state: cs.Moments) -> Vector:
    """Return the vector of a state that no data of one column has at once."""
    return {"name": name, "state": state.to_bytes().hex(), "answers": answers_of(state)}


def states() -> list[Vector]:
    """Return the states of data, with all answers."""
    vectors = []
    for name, kind, values in [*DATA, *random_data()]:
        data = {"name": name, "type": kind, "values": [shown(value) for value in values]}
        vectors.append(data | of_state(name, cs.moments(array_of(kind, values))))
    left = cs.moments([1e16, 0.1, 0.3]) - cs.moments([1e16])
    vectors.append(of_state("no data yet", cs.Moments()))
    vectors.append(of_state("0.1 and 0.3, after 1e16 was taken away", left))
    beside = cs.moments([1.0, 2.0, NAN]) - cs.moments([1.0])
    vectors.append(of_state("2.0 and NaN, after 1.0 was taken away", beside))
    vectors.append(of_state("1 and 2, after 3 was taken away", WITHOUT_3))
    text = pa.array(["a", None, "a"]).dictionary_encode()
    vectors.append(of_state("a dictionary of text", cs.moments(text)))
    vectors.append(of_state("lists", cs.moments(pa.array([[1], None]))))
    no_name = encode(State("", valid=2, nulls=1))
    vectors.append(of_state("a type without a name", cs.Moments.from_bytes(no_name)))
    return vectors


def merges() -> list[Vector]:
    """Return pairs of states, with that of both or why there is none."""
    state: Callable[[str, list[Any]], cs.Moments] = lambda kind, values: cs.moments(  # noqa: E731
        array_of(kind, values)
    )
    left = cs.moments([1e16, 0.1, 0.3]) - cs.moments([1e16])
    text = pa.array(["a", "b"])
    other_indices = pa.DictionaryArray.from_arrays(pa.array([0, 1], "int8"), text)
    runs = pa.RunEndEncodedArray.from_arrays(pa.array([2], "int32"), text[:1])
    both_signs = state("int64", [-1]) + state("uint64", [7])
    most = cs.Moments.from_bytes(encode(State("string", valid=2**53 - 1)))
    pairs = [
        ("the same type", state("float64", [1e300, 1.0]), state("float64", [-1e300, None])),
        ("zeros", state("float64", [0.0]), state("float64", [-0.0])),
        ("infinities", state("float64", [INFINITY]), state("float64", [-INFINITY, NAN])),
        ("no data yet", cs.Moments(), state("int64", [1, 2])),
        ("nothing at all", cs.Moments(), cs.Moments()),
        ("nulls of no type", state("null", [None]), state("date32", [1])),
        ("nulls of no type, and no data", state("null", [None]), cs.Moments()),
        ("an empty part", state("int8", []), state("int8", [5])),
        ("unknown extremes", left, state("float64", [5.0])),
        ("unknown extremes, nulls", left, state("float64", [None])),
        ("floats", state("float16", [1.5]), state("float32", [0.25, NAN])),
        ("signed integers", state("int8", [-128]), state("int64", [2**62])),
        ("int8 and uint8", state("int8", [-1]), state("uint8", [255])),
        ("int64 and uint64", state("int64", [-1]), state("uint64", [2**64 - 1])),
        ("integers and floats", state("int64", [2**53]), state("float32", [0.5])),
        ("large integers and floats", state("int64", [2**53 + 1]), state("float64", [0.5])),
        ("integers with unknown extremes", WITHOUT_3, state("uint8", [7])),
        ("floats and unknown extremes", WITHOUT_3, state("float64", [0.5])),
        ("decimals", state("decimal32(7, 2)", [150]), state("decimal128(20, 5)", [-7])),
        ("integers and decimals", state("int8", [3]), state("decimal64(10, 2)", [25])),
        ("fractions and floats", state("decimal32(7, 2)", [150]), state("float64", [1.5])),
        ("hundreds and floats", state("decimal128(5, -2)", [3]), state("float64", [1.5])),
        ("too many digits", state("decimal256(76, 0)", [1]), state("decimal256(76, 76)", [1])),
        ("dates", state("date32", [19782]), state("date64", [86_400_000])),
        ("units of time", state("timestamp[s]", [5]), state("timestamp[ns]", [7])),
        ("times out of range", state("timestamp[s]", [2**40]), state("timestamp[ns]", [7])),
        ("two zones", state("timestamp[s]", [5]), state("timestamp[s, tz=UTC]", [7])),
        ("times of day", state("time32[s]", [5]), state("time64[us]", [7])),
        ("durations", state("duration[ms]", [-5]), state("duration[us]", [7])),
        ("booleans and integers", state("bool", [True]), state("int8", [1])),
        ("text", state("string", ["a"]), state("large_string", ["b"])),
        ("text and its dictionary", cs.moments(text.dictionary_encode()), cs.moments(text)),
        ("text and bytes", state("string", ["a"]), state("binary", ["b"])),
        ("bytes of a fixed size", cs.moments(pa.array([b"a"], pa.binary(1))),
         cs.moments(pa.array([b"b"], pa.binary_view()))),
        ("uint8 and uint32", state("uint8", [255]), state("uint32", [7])),
        ("int8 and uint32", state("int8", [-1]), state("uint32", [2**32 - 1])),
        ("both signs and floats", both_signs, state("float64", [0.5])),
        ("float16 and float64", state("float16", [-0.0]), state("float64", [-0.0])),
        ("floats and unknown extremes of another width", left, state("float32", [0.5])),
        ("NaNs of another width", state("float32", [NAN]), state("float64", [1.0])),
        ("integers that are just floats", state("int64", [-(2**53), 2**53]), state("float16", [])),
        ("an empty part of another type", state("int64", []), state("float32", [0.5])),
        ("decimals of two widths", state("decimal32(5, 2)", [1]), state("decimal64(5, 2)", [2])),
        ("uint64 and decimals", state("uint64", [2**64 - 1]), state("decimal32(4, 2)", [-1])),
        ("hundreds and integers", state("decimal32(4, -2)", [3]), state("int8", [-128])),
        ("decimals that need more bits", state("decimal128(38, 0)", [10**37]),
         state("decimal128(38, 10)", [-1])),
        ("more digits than integers leave", state("decimal256(76, 57)", [1]), state("int8", [1])),
        ("more digits than floats leave", state("decimal256(76, -1)", [1]), state("float64", [])),
        ("decimals with unknown extremes", taken_away("decimal32(5, 2)", [1, 2]),
         state("decimal32(5, 3)", [1])),
        ("decimals with unknown extremes, and wider ones", taken_away("decimal32(5, 2)", [1, 2]),
         state("decimal64(12, 2)", [1])),
        ("days with unknown extremes", taken_away("date32", [1, 2]), state("date64", [1])),
        ("times of day of one width", state("time32[s]", [5]), state("time32[ms]", [7])),
        ("units in a zone", state("timestamp[ms, tz=UTC]", [5]),
         state("timestamp[us, tz=UTC]", [7])),
        ("text and views", cs.moments(text), cs.moments(text.cast("string_view"))),
        ("text and runs", cs.moments(text), cs.moments(runs)),
        ("two dictionaries", cs.moments(text.dictionary_encode()), cs.moments(other_indices)),
        ("nulls and text", state("null", [None]), state("string", ["a"])),
        ("bytes of two layouts", state("binary", ["a"]), state("large_binary", ["b"])),
        ("as many rows as there can be", most, state("string", ["a"])),
        ("too many rows", most, state("string", ["a", None])),
        ("lists", cs.moments(pa.array([[1]])), cs.moments(pa.array([[2]], pa.list_(pa.int8(), 1)))),
    ]  # fmt: skip
    return [{"name": name, "parts": [one.to_bytes().hex(), other.to_bytes().hex()]}
            | outcome(one, other) for name, one, other in pairs]  # fmt: skip


def outcome(one: cs.Moments, other: cs.Moments) -> Vector:
    """Return the state of two parts, or why there is none."""
    try:
        return {"state": (one + other).to_bytes().hex()}
    except (TypeError, ValueError) as refused:
        return {"refused": str(refused)}


def refused() -> list[Vector]:
    """Return bytes that are no state: by their form, or because no data has such a state."""
    good = cs.moments(array_of("float64", [1.5, None, 2.5])).to_bytes()
    sign = good.index(b"float64") + len(b"float64") + 5 * 8

    def sealed(content: bytes) -> bytes:
        return content + checksum(content)

    def patched(at: int, new: int) -> bytes:
        return sealed(good[:at] + bytes([new]) + good[at + 1 : -8])

    def two(kind: str, **fields: Any) -> bytes:
        of = {"valid": 2, "sum": Fraction(3), "squares": Fraction(5), "min": 1, "max": 2}
        return encode(State(kind, **{"is_flagged": True} | of | fields))

    def with_sum(field: bytes) -> bytes:
        """Return the bytes with another sum: that of the good ones has one limb."""
        return sealed(good[:sign] + field + good[sign + 13 : -8])

    def of_nothing(field: bytes) -> bytes:
        """Return the state of no floats with another sum, which is zero."""
        return sealed(nothing[:sign] + field + nothing[sign + 5 : -8])

    def with_minimum(field: bytes) -> bytes:
        """Return the state of two int8 with another minimum: theirs are of one byte each."""
        return sealed(two("int8")[:-14] + field + two("int8")[-11:-8])

    def one(kind: str, value: Fraction, **fields: Any) -> bytes:
        """Return the state of one value, with unknown extremes."""
        return two(kind, **{"valid": 1, "sum": value, "squares": value**2} | unknown | fields)

    unknown: dict[str, Any] = {"min": None, "max": None}
    ends: dict[str, Any] = {"min": INFINITY, "max": INFINITY}
    zeros: dict[str, Any] = {"min": -0.0, "max": 0.0}
    negative_zeros = encode(State("float64", True, valid=2, min=-0.0, max=-0.0))
    limb, nothing = good[sign + 5 : sign + 13], encode(State("float64"))
    floats: dict[str, Any] = {"min": 1.0, "max": 2.0}
    by_form = [
        ("nothing", b""),
        ("another magic number", b"CSTX" + good[4:]),
        ("a later version", sealed(good[:4] + b"\2" + good[5:-8])),
        ("one bit of a count", good[:20] + bytes([good[20] ^ 1]) + good[21:]),
        ("one bit of the checksum", good[:-1] + bytes([good[-1] ^ 128])),
        ("the last byte is missing", good[:-1]),
        ("a byte more", good + b"\0"),
        ("a byte more before the checksum", sealed(good[:-8] + b"\0")),
        ("fields are missing", sealed(good[:-18])),
        ("an unknown flag", patched(5, 7)),
        ("a name without the flag of a type", patched(5, 2)),
        ("a name that is not UTF-8", patched(10, 255)),
        ("a sign that is neither 0 nor 1", patched(sign, 2)),
        ("a sum whose last limb is zero", with_sum(b"\0\0\0\2\0" + limb + bytes(8))),
        ("a sum whose first limb is zero", with_sum(b"\0\xff\xff\2\0" + bytes(8) + limb)),
        ("zero at a position", of_nothing(b"\0\1\0\0\0")),
        ("zero with a sign", of_nothing(b"\1\0\0\0\0")),
        ("no value, of some bytes", sealed(nothing[:-12] + b"\0\1\0" + nothing[-10:-8])),
        ("a float64 of seven bytes", sealed(good[:-18] + b"\1\7" + good[-16:-9])),
        ("an integer of no bytes", with_minimum(b"\2\0")),
        ("a value of an unknown kind", patched(len(good) - 28, 3)),
        ("an integer of more bytes than it needs", with_minimum(b"\2\2\1\0")),
    ]
    by_content = [
        ("a minimum without a maximum", two("int8", max=None)),
        ("rows without a type", encode(State(nulls=1))),
        ("more rows than 2^53", encode(State("string", valid=2**53, nulls=1))),
        ("more NaNs than values", two("float64", nans=3, **floats)),
        ("NaNs among integers", two("int8", valid=3, nans=1)),
        ("a sum of text", two("string", min=None, max=None)),
        ("values of no type", encode(State("null", valid=1))),
        ("a sum without values", encode(State("float64", nulls=2, sum=Fraction(1)))),
        ("a sum with halves of integers", two("int8", sum=Fraction(5, 2))),
        ("a sum beyond the type", two("int8", sum=Fraction(2**12), squares=Fraction(2**24))),
        ("squares that are too small", two("int8", squares=Fraction(4))),
        ("squares that are too large", two("int8", squares=Fraction(6))),
        ("a sum beyond the extremes", two("int8", sum=Fraction(5), squares=Fraction(13))),
        ("extremes out of order", two("int8", min=2, max=1)),
        ("extremes beyond the type", two("int8", max=2**9)),
        ("floats as extremes of integers", two("int8", **floats)),
        ("an extreme that is NaN", two("float64", min=1.0, max=NAN)),
        ("an infinite extreme without infinities", two("float64", min=1.0, max=INFINITY)),
        ("extremes without numbers", encode(State("float64", nulls=1, **floats))),
        ("no number but -0.0, and a sum", two("float64", is_flagged=False, **floats)),
        ("another number than -0.0, but none", encode(State("float64", True, nulls=1))),
        ("infinities among integers", two("int8", valid=3, positive=1)),
        ("more NaNs and infinities than values", two("float64", nans=1, negative=2, **floats)),
        ("as many nulls as wrap around", encode(State("string", valid=2**64 - 1, nulls=2))),
        ("negative squares", two("int8", sum=Fraction(0), squares=Fraction(-5))),
        ("negative squares without values", encode(State("int8", nulls=1, squares=Fraction(-1)))),
        (
            "squares of nothing but -0.0",
            one("float64", Fraction(1), is_flagged=False, sum=Fraction(0)),
        ),
        (
            "infinity among nothing but -0.0",
            one("float64", Fraction(0), is_flagged=False, positive=1),
        ),
        ("0 as -0.0", one("int8", Fraction(0), is_flagged=False)),
        ("parts of a unit of float16", two("float16", sum=3 + Fraction(1, 2**25), **floats)),
        ("parts of a unit of float32", two("float32", squares=5 + Fraction(1, 2**299), **floats)),
        ("parts of a unit of float64", two("float64", sum=3 + Fraction(1, 2**1075), **floats)),
        ("a sum beyond float16", one("float16", Fraction(2**16))),
        ("a sum beyond float32", one("float32", Fraction(2**128))),
        ("a sum beyond float64", one("float64", Fraction(2**1024))),
        ("a sum beyond int8", one("int8", Fraction(128))),
        ("a sum below uint8", one("uint8", Fraction(-1))),
        (
            "squares beyond int8",
            two("int8", sum=Fraction(0), squares=Fraction(2**15 + 1), **unknown),
        ),
        ("no number but -0.0 among integers", two("int8", is_flagged=False)),
        ("no number but -0.0 and infinity", encode(State("float64", valid=1, positive=1, **ends))),
        ("no number but -0.0, and other extremes", encode(State("float64", valid=2, **zeros))),
        ("another number than -0.0, but no extreme", negative_zeros),
        ("a maximum without a minimum", two("int8", min=None)),
        ("integers as extremes of floats", two("float64")),
        ("-0.0 above 0.0", encode(State("float64", True, valid=2, min=0.0, max=-0.0))),
        ("a finite maximum with infinities", two("float64", valid=3, positive=1, **floats)),
        ("a finite minimum with infinities", two("float64", valid=3, negative=1, **floats)),
        (
            "a minimum of infinity with other values",
            two("float64", valid=3, positive=1, min=INFINITY, max=INFINITY),
        ),
        (
            "a finite minimum of infinities",
            encode(State("float64", True, valid=1, positive=1, min=5.0, max=INFINITY)),
        ),
        ("a minimum above the mean", two("float64", valid=3, positive=1, min=1.75, max=INFINITY)),
        ("extremes of text", encode(State("string", valid=2, min=1, max=2))),
        ("a sum of a type that is nearly one", two("decimal32(256, 2)")),
        ("a sum of a scale that is too large", two("decimal128(5, 999999999)")),
        ("nulls of no type with a sum", encode(State("null", nulls=2, sum=Fraction(1)))),
        ("a maximum of 2^7 among int8", one("int8", Fraction(128), min=128, max=128)),
        ("a minimum below uint8", one("uint8", Fraction(-1), min=-1, max=-1)),
        ("a boolean of 2", one("bool", Fraction(2), min=2, max=2)),
        (
            "an extreme between those of float32",
            one("float32", Fraction(2**24 + 1), min=2.0**24 + 1, max=2.0**24 + 1),
        ),
    ]
    return [
        {"name": name, "wrong": wrong, "bytes": data.hex(), "refused": refusal(data)}
        for wrong, cases in (("form", by_form), ("content", by_content))
        for name, data in cases
    ]


def refusal(data: bytes) -> str:
    """Return why colstats does not read bytes."""
    try:
        cs.Moments.from_bytes(data)
    except ValueError as refused:
        return str(refused)
    raise AssertionError(data.hex())


FILES: dict[str, Callable[[], list[Vector]]] = {
    "states": states,
    "merges": merges,
    "refused": refused,
}


def written(vectors: list[Vector]) -> str:
    """Return the text of a file: one vector in each line."""
    lines = ",\n".join(json.dumps(vector) for vector in vectors)
    return f"[\n{lines}\n]\n"


def load(name: str) -> list[Vector]:
    """Return the vectors of a file."""
    found: list[Vector] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return found
