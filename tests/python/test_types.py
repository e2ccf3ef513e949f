"""Every type that pyarrow can build, in every layout: all answers equal exact Python arithmetic.

The values of a column are integers in a unit of its type (or floats). What is expected of them is
computed with fractions, and rounded once.
"""

import itertools
from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

import pyarrow as pa
import pytest

import colstats as cs
import reference
from reference import Value, same_bits
from test_temporal import nearest_root

Values = Sequence[Value]


class Kind(NamedTuple):
    """A type of column, and values that it can hold."""

    type: pa.DataType
    values: list[Any]

    def array(self, values: Values) -> pa.Array:
        """Make an array from units."""
        if pa.types.is_decimal(self.type):
            return decimals(values, self.type)
        if pa.types.is_date64(self.type):
            return pa.array(values, pa.int64()).cast(self.type)
        return pa.array(values, self.type)


def decimals(values: Values, kind: pa.DataType) -> pa.Array:
    """Write the units as the format has them."""
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
EVERY_KIND = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.type))


def with_nulls(values: list[Any], period: int, rows: int = 41) -> list[Any]:
    repeated = itertools.islice(itertools.cycle(values), rows)
    return [None if i % period == 1 else value for i, value in enumerate(repeated)]


# What a layout makes of an array: an Arrow object, and the values it then has.


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
    """Name the values in disorder: some never, some often, some rows by a null."""

    def make(array: pa.Array, values: Values) -> tuple[Any, Values]:
        places = [None if i % 7 == 5 else i * i % (len(values) - 3) for i in range(100)]
        named = pa.DictionaryArray.from_arrays(pa.array(places, keys), array)
        written_out = [None if place is None else values[place] for place in places]
        return named[start:], written_out[start:]

    return make


def runs(ends: pa.DataType, start: int = 0) -> Callable[..., tuple[Any, Values]]:
    """Let the values reach over one row, two, three, one, ..."""

    def make(array: pa.Array, values: Values) -> tuple[Any, Values]:
        lengths = [1 + i % 3 for i in range(len(values))]
        behind = pa.array(list(itertools.accumulate(lengths)), ends)
        pairs = zip(values, lengths, strict=True)
        written_out = [value for value, length in pairs for _ in range(length)]
        encoded = pa.RunEndEncodedArray.from_arrays(behind, array)
        return encoded[start : len(written_out) - start], written_out[start : len(values) * 9]

    def cut(array: pa.Array, values: Values) -> tuple[Any, Values]:
        encoded, written_out = make(array, values)
        return encoded, written_out[: len(encoded)]

    return cut


def chunks_of_dictionaries(array: pa.Array, values: Values) -> tuple[Any, Values]:
    """Give each chunk a dictionary of its own."""
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
EVERY_LAYOUT = pytest.mark.parametrize("layout", LAYOUTS)


def is_temporal(kind: pa.DataType) -> bool:
    return pa.types.is_temporal(kind)


def wanted(statistic: str, kind: pa.DataType, values: Values, ddof: int = 0) -> Any:
    """Answer in units of the result: a float, an int of ticks, or a Decimal."""
    kept = [value for value in values if value is not None]
    if statistic == "count":
        return len(kept)
    if not kept or (statistic in ("variance", "stddev") and len(kept) <= ddof):
        return None
    if pa.types.is_decimal(kind):
        return of_decimals(statistic, kind, kept, ddof)
    if is_temporal(kind):
        return of_ticks(statistic, kind, kept, ddof)
    options = {"ddof": ddof} if statistic in ("variance", "stddev") else {}
    return reference.expected(statistic, values, **options)


def spread(kept: list[int], ddof: int) -> Fraction:
    count, total = len(kept), sum(kept)
    squares = sum(value * value for value in kept)
    return Fraction(count * squares - total * total, count * (count - ddof))


def of_decimals(statistic: str, kind: pa.DataType, kept: list[int], ddof: int) -> Any:
    unit = Fraction(10) ** -kind.scale
    if statistic in ("sum", "min", "max"):
        choose = {"sum": sum, "min": min, "max": max}[statistic]
        return Decimal(f"{choose(kept)}E{-kind.scale}")
    if statistic == "mean":
        return reference.to_float(Fraction(sum(kept), len(kept)) * unit)
    finish = reference.to_float if statistic == "variance" else reference.root_to_float
    return finish(spread(kept, ddof) * unit**2)


def of_ticks(statistic: str, kind: pa.DataType, kept: list[int], ddof: int) -> int:
    finer = 86_400 if pa.types.is_date32(kind) else 1
    if statistic == "mean":
        return round(Fraction(sum(kept) * finer, len(kept)))
    if statistic == "stddev":
        return nearest_root(spread(kept, ddof) * finer**2)
    return {"sum": sum, "min": min, "max": max}[statistic](kept)


def ticks(answer: pa.Array) -> Any:
    """Read an answer of a table in units of its type."""
    if is_temporal(answer.type):
        return answer.cast(pa.type_for_alias(f"int{answer.type.bit_width}"))[0].as_py()
    return answer[0].as_py()


def questions(kind: pa.DataType) -> list[tuple[str, dict[str, int]]]:
    """List what a type can be asked."""
    left_out = set()
    if is_temporal(kind):
        left_out = {"variance"} if pa.types.is_duration(kind) else {"variance", "sum"}
    return [question for question in reference.QUESTIONS if question[0] not in left_out]


def fits(want: object, kind: pa.DataType) -> bool:
    """Tell whether a sum has a place in an Arrow result."""
    if isinstance(want, Decimal):
        most = 76 if pa.types.is_decimal256(kind) else 38
        return len(want.as_tuple().digits) <= most
    return not pa.types.is_duration(kind) or abs(want or 0) < 2**63


def assert_answers(data: Any, kind: pa.DataType, values: Values) -> None:
    """Ask the column, and a table that has it."""
    for statistic, options in questions(kind):
        want = wanted(statistic, kind, values, **options)
        if not is_temporal(kind):
            for ask in (getattr(cs, statistic), lambda d, s=statistic, **o: method(d, s, o)):
                got = ask(data, **options)
                assert same_bits(got, want), f"{statistic}({options}) is {got!r}, not {want!r}"
        assert_row(statistic, pa.table({"x": data}), kind, want, options)


def method(data: object, statistic: str, options: dict[str, int]) -> object:
    return getattr(cs.Column(data), statistic)(**options)


def assert_row(
    statistic: str, table: Any, kind: pa.DataType, want: Any, options: dict[str, int]
) -> None:
    ask = getattr(cs, statistic)
    if statistic == "sum" and not fits(want, kind):
        with pytest.raises(ValueError, match=r'"x".*sum does not fit'):
            ask(table, **options)
        return
    answer = pa.record_batch(ask(table, **options)).column("x")
    got = ticks(answer)
    got = int(got) if isinstance(got, Decimal) and isinstance(want, int) else got
    assert same_bits(got, want), f"{statistic}({options}) of a table is {got!r}, not {want!r}"


@EVERY_KIND
@EVERY_LAYOUT
@pytest.mark.parametrize("period", [3, 1000])
def test_every_type_in_every_layout(kind: Kind, layout: str, period: int) -> None:
    values = with_nulls(kind.values, period)
    data, rows = LAYOUTS[layout](kind.array(values), values)
    assert len(data) == len(rows)
    assert_answers(data, kind.type, rows)


STRUCT_LAYOUTS = ["array", "slice", "extension", "dictionary, int8", "runs, int32", "runs, sliced"]


@EVERY_KIND
@pytest.mark.parametrize("layout", STRUCT_LAYOUTS)
def test_nulls_and_offsets_of_structs(kind: Kind, layout: str) -> None:
    values = with_nulls(kind.values, 4)
    data, rows = LAYOUTS[layout](kind.array(values), values)
    mask = [i % 5 == 2 for i in range(len(rows))]
    masked = [None if hidden else value for value, hidden in zip(rows, mask, strict=True)]
    whole = pa.StructArray.from_arrays([data], names=["x"], mask=pa.array(mask))
    for struct, left in ((whole, masked), (whole[3:-4], masked[3:-4])):
        chunks = pa.chunked_array([struct[:2], struct[2:2], struct[2:]])
        for statistic, options in questions(kind.type):
            want = wanted(statistic, kind.type, left, **options)
            for table in (struct, chunks):
                assert_row(statistic, table, kind.type, want, options)


@EVERY_KIND
def test_constant_columns_have_no_deviation(kind: Kind) -> None:
    value = kind.values[0]
    column = kind.array([value] * 5)
    assert ticks(pa.record_batch(cs.stddev(pa.table({"x": column}))).column(0)) == 0
    if not is_temporal(kind.type):
        assert same_bits(cs.stddev(column, ddof=1), 0.0)


@EVERY_KIND
def test_no_values(kind: Kind) -> None:
    for values in ([], [None, None, None]):
        assert_answers(kind.array(values), kind.type, values)
    empty = kind.array([])
    assert cs.count(pa.DictionaryArray.from_arrays(pa.array([None], pa.int8()), empty)) == 0
    assert cs.min(pa.DictionaryArray.from_arrays(pa.array([None], pa.int8()), empty)) is None


def test_results_of_decimals_have_types_of_their_own() -> None:
    for make, most in DECIMALS:
        column = pa.array([None], make(most, 3))
        table = pa.table({"x": column})
        of_type = {n: pa.record_batch(getattr(cs, n)(table)).schema.types[0] for n in STATISTICS}
        wide = pa.decimal256(76, 3) if most == 76 else pa.decimal128(38, 3)
        floats = dict.fromkeys(("mean", "variance", "stddev"), pa.float64())
        own = dict.fromkeys(("min", "max"), column.type)
        assert of_type == {"sum": wide, **floats, **own}


STATISTICS = ("sum", "mean", "variance", "stddev", "min", "max")


def test_sums_of_decimals_are_exact_at_any_size() -> None:
    most = Decimal("9" * 76)
    column = pa.array([most] * 1000, pa.decimal256(76, 0))
    assert cs.sum(column) == Decimal(1000 * (10**76 - 1))
    assert cs.mean(column) == 1e76
    with pytest.raises(ValueError, match=r'"x".*sum does not fit.*decimal256\(76, 0\)'):
        cs.sum(pa.table({"x": column}))
    assert same_bits(cs.sum(pa.array([], pa.decimal128(5, 2)), min_count=0), Decimal("0.00"))
    assert str(cs.sum(pa.array([Decimal("1.10"), Decimal("2.20")]))) == "3.30"


def test_a_context_does_not_round_decimals() -> None:
    import decimal

    with decimal.localcontext() as context:
        context.prec = 3
        context.traps[decimal.Inexact] = True
        got = cs.sum(pa.array([Decimal("12345.6789"), Decimal("0.0001")]))
    assert str(got) == "12345.6790"


@pytest.mark.parametrize("encode", [lambda a: a, lambda a: a.dictionary_encode()])
def test_the_certified_deviations_of_nist(encode: Callable[[pa.Array], pa.Array]) -> None:
    """As decimals the numbers are what NIST says they are, and so is the deviation."""
    for first, low, high in (
        ("1000000.2", "1000000.1", "1000000.3"),
        ("10000000.2", "10000000.1", "10000000.3"),
    ):
        texts = [Decimal(first), *[Decimal(low), Decimal(high)] * 500]
        column = encode(pa.array(texts))
        assert cs.stddev(column, ddof=1) == 0.1
        assert cs.mean(column) == float(first)


def test_integers_in_chunks_as_arrow_tests_them() -> None:
    chunks = pa.chunked_array([[40000008000000490], [40000008000000400]])
    assert cs.variance(chunks, ddof=1) == 4050.0
    assert cs.variance(chunks) == 2025.0


def test_a_run_of_2_to_the_40_rows() -> None:
    rows = 2**40
    runs = pa.RunEndEncodedArray.from_arrays(pa.array([rows, rows + 1]), pa.array([1.5, 2.5]))
    total = Fraction(3, 2) * rows + Fraction(5, 2)
    assert cs.mean(runs) == reference.to_float(total / (rows + 1))
    assert cs.count(runs) == rows + 1
    assert cs.mean(runs[5:rows]) == 1.5
    ticks = pa.RunEndEncodedArray.from_arrays([2**57], pa.array([2**62], pa.timestamp("ns")))
    assert pa.record_batch(cs.mean(pa.table({"x": ticks}))).column(0)[0].value == 2**62
    assert cs.stddev(ticks).total_seconds() == 0.0


@pytest.mark.parametrize(
    ("array", "name"),
    [
        (pa.array(["a", None]), "string"),
        (pa.array(["a", None], pa.large_string()), "large_string"),
        (pa.array(["a", None], pa.string_view()), "string_view"),
        (pa.array([b"a", None]), "binary"),
        (pa.array([b"a", None], pa.large_binary()), "large_binary"),
        (pa.array([b"a", None], pa.binary_view()), "binary_view"),
        (pa.array([b"a", None], pa.binary(1)), "fixed-size binary"),
        (pa.array([b"a" * 16, None], pa.uuid()), "fixed-size binary"),
        (pa.array([[1], None]), "list"),
        (pa.array([[1], None], pa.large_list(pa.int8())), "list"),
        (pa.array([[1], None], pa.list_view(pa.int8())), "list"),
        (pa.array([[1], None], pa.list_(pa.int8(), 1)), "fixed-size list"),
        (pa.array([[("a", 1)], None], pa.map_(pa.string(), pa.int8())), "map"),
        (pa.array([{"x": 1}, None]), "struct"),
        (pa.array([(1, 2, 3), None], pa.month_day_nano_interval()), "interval"),
        (pa.array(["a", None]).dictionary_encode(), "dictionary<values=string, indices=int32>"),
        (
            pa.RunEndEncodedArray.from_arrays([1, 2], ["a", None]),
            "run_end_encoded<run_ends: int64, values: string>",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_types_without_statistics_are_refused_by_name(array: pa.Array, name: str) -> None:
    table = pa.table({"x": array, "n": [1, 2]})
    for statistic in STATISTICS:
        ask = getattr(cs, statistic)
        with pytest.raises(TypeError, match=f'column "x".*{statistic} of {name} values'):
            ask(table)
        answer = pa.record_batch(ask(table, numeric_only=True))
        assert answer.schema.names == ["n"]
    assert pa.record_batch(cs.count(table)).to_pylist() == [{"x": 1, "n": 2}]


def test_unions_are_refused_by_name() -> None:
    union = pa.UnionArray.from_sparse(pa.array([0, 1], pa.int8()), [pa.array([1, 2])] * 2)
    with pytest.raises(TypeError, match="mean of union"):
        cs.mean(union)


def test_bool8_is_its_storage() -> None:
    column = pa.ExtensionArray.from_storage(pa.bool8(), pa.array([0, 1, 1], pa.int8()))
    assert cs.mean(column) == 2 / 3
    assert same_bits(cs.max(column), 1)


def test_scales_beyond_any_use_are_refused_by_name() -> None:
    with pytest.raises(TypeError, match="unknown Arrow format 'd:38,200'|d:38,200"):
        cs.mean(pa.array([None], pa.decimal128(38, 200)))


def test_numbers_in_any_dress_are_numeric() -> None:
    column = pa.array([Decimal("1.5"), Decimal("2.5")])
    table = pa.table(
        {
            "decimal": column,
            "dictionary": column.dictionary_encode(),
            "runs": pa.RunEndEncodedArray.from_arrays([1, 2], column),
            "dates": pa.array([1, 2], pa.date32()).dictionary_encode(),
        }
    )
    answer = pa.record_batch(cs.mean(table, numeric_only=True))
    assert answer.to_pylist() == [dict.fromkeys(("decimal", "dictionary", "runs"), 2.0)]
