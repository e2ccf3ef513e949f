"""Decimals, dictionaries and runs: result types, exactness, and refusals that name the type."""

import decimal
import random
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import arro3.core
import duckdb
import nanoarrow
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import colstats as cs
from support import reference
from support.arrow_types import DECIMALS, decimals
from support.buffers import buffer_at
from support.reference import same_bits

STATISTICS = ("sum", "mean", "variance", "stddev", "min", "max")
#: Types that have a minimum and a maximum, but no sums.
ORDERED = (
    *("string", "large_string", "string_view", "binary", "large_binary", "binary_view"),
    *("fixed-size binary", "dictionary<values=string, indices=int32>"),
)


def test_result_types_of_decimals() -> None:
    for make, most in DECIMALS:
        column = pa.array([None], make(most, 3))
        table = pa.table({"x": column})
        of_type = {n: pa.record_batch(getattr(cs, n)(table)).schema.types[0] for n in STATISTICS}
        wide = pa.decimal256(76, 3) if most == 76 else pa.decimal128(38, 3)
        floats = dict.fromkeys(("mean", "variance", "stddev"), pa.float64())
        own = dict.fromkeys(("min", "max"), column.type)
        assert of_type == {"sum": wide, **floats, **own}


def test_sums_of_decimals_are_exact_at_any_size() -> None:
    most = Decimal("9" * 76)
    column = pa.array([most] * 1000, pa.decimal256(76, 0))
    assert cs.sum(column) == Decimal(1000 * (10**76 - 1))
    assert cs.mean(column) == 1e76
    with pytest.raises(ValueError, match=r'"x".*sum does not fit.*decimal256\(76, 0\)'):
        cs.sum(pa.table({"x": column}))
    assert same_bits(cs.sum(pa.array([], pa.decimal128(5, 2)), min_count=0), Decimal("0.00"))
    assert str(cs.sum(pa.array([Decimal("1.10"), Decimal("2.20")]))) == "3.30"


def test_the_decimal_context_does_not_round_results() -> None:
    with decimal.localcontext() as context:
        context.prec = 3
        context.traps[decimal.Inexact] = True
        got = cs.sum(pa.array([Decimal("12345.6789"), Decimal("0.0001")]))
    assert str(got) == "12345.6790"


@pytest.mark.parametrize("encode", [lambda a: a, lambda a: a.dictionary_encode()])
def test_nist_certified_deviations_of_decimals(encode: Callable[[pa.Array], pa.Array]) -> None:
    """As decimals the values are exactly those of NIST, so the deviation is exact."""
    for first, low, high in (
        ("1000000.2", "1000000.1", "1000000.3"),
        ("10000000.2", "10000000.1", "10000000.3"),
    ):
        texts = [Decimal(first), *[Decimal(low), Decimal(high)] * 500]
        column = encode(pa.array(texts))
        assert cs.stddev(column, ddof=1) == 0.1
        assert cs.mean(column) == float(first)


def test_chunked_integers_of_arrows_own_test() -> None:
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


def test_threads_split_decimals_dictionaries_and_runs_anywhere() -> None:
    units = [(i * 2_654_435_761) % 10**12 - 10**11 for i in range(1000)]
    places = [None if i % 11 == 3 else i * i % 1000 for i in range(600_001)]
    values = decimals(units, pa.decimal128(15, 3))
    named = pa.DictionaryArray.from_arrays(pa.array(places, pa.uint16()), values)
    kept = [units[place] for place in places if place is not None]
    total, squares = sum(kept), sum(value * value for value in kept)
    variance = Fraction(len(kept) * squares - total**2, len(kept) ** 2) / 10**6
    plain = named.dictionary_decode()
    runs = pa.RunEndEncodedArray.from_arrays(pa.array(range(1, len(plain) + 1), pa.int32()), plain)
    for column in (named, plain, runs):
        for threads in (1, 2, 3):
            assert same_bits(cs.sum(column, threads=threads), Decimal(f"{total}E-3"))
            assert cs.variance(column, threads=threads) == reference.to_float(variance)


def test_dictionaries_of_nulls() -> None:
    column = pa.DictionaryArray.from_arrays(pa.array([0, 1, None]), pa.nulls(2))
    assert cs.Column(column).type == "dictionary<values=null, indices=int64>"
    assert (cs.count(column), cs.mean(column), cs.max(column)) == (0, None, None)


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
        is_extreme = name in ORDERED and statistic in ("min", "max")
        where = {"by": ["n"]} if is_extreme else {}  # text has extremes, but its states do not
        assert not is_extreme or ask(table)["x"] in ("a", b"a", b"a" * 16)
        with pytest.raises(TypeError, match=f'column "x".*{statistic} of {name} values'):
            ask(table, **where)
        answer = pa.record_batch(ask(table, numeric_only=True))
        assert answer.schema.names == ["n"]
    assert pa.record_batch(cs.count(table)).to_pylist() == [{"x": 1, "n": 2}]


def test_unions_are_refused_by_name() -> None:
    union = pa.UnionArray.from_sparse(pa.array([0, 1], pa.int8()), [pa.array([1, 2])] * 2)
    with pytest.raises(TypeError, match="mean of union"):
        cs.mean(union)


def test_keys_under_nulls_are_ignored() -> None:
    garbage = pa.array([0, 99, -7, 1], pa.int32()).buffers()[1]
    keys = pa.Array.from_buffers(pa.int32(), 4, [pa.py_buffer(bytes([0b1001])), garbage])
    column = pa.DictionaryArray.from_arrays(keys, pa.array([1.5, 2.5]), safe=False)
    assert cs.mean(column) == 2.0
    assert cs.min(column[1:]) == 2.5
    assert cs.count(column) == 2


def test_misaligned_keys_and_values_are_read() -> None:
    def moved(array: pa.Array) -> pa.Array:
        data = buffer_at(array.buffers()[1].to_pybytes(), 1)
        return pa.Array.from_buffers(array.type, len(array), [None, data])

    values, keys = moved(pa.array([1.5, 2.5, 9.0])), moved(pa.array([0, 1, 1, 0], pa.int16()))
    assert cs.mean(pa.DictionaryArray.from_arrays(keys, values, safe=False)) == 2.0
    ends = moved(pa.array([1, 2, 3], pa.int32()))
    assert cs.sum(pa.RunEndEncodedArray.from_arrays(ends, values)) == 13.0
    assert cs.sum(moved(pa.array([Decimal("1.5"), Decimal("2.5")]))) == 4


def test_decimals_and_categories_of_other_libraries() -> None:
    exact = [Decimal("1.25"), None, Decimal("-3.50")]
    series = pl.Series("x", exact, pl.Decimal(12, 2))
    assert same_bits(cs.sum(series), Decimal("-2.25"))
    assert cs.mean(pl.DataFrame([series]).lazy().collect()["x"]) == -1.125
    assert cs.count(pl.Series(["a", "b", None, "a"], dtype=pl.Categorical)) == 3
    assert cs.count(pl.Series(["a", None], dtype=pl.Enum(["a", "b"]))) == 1
    relation = duckdb.sql("select (i / 4)::decimal(9, 2) as x from range(5) t(i)")
    row = pa.record_batch(cs.sum(relation)).to_pylist()[0]
    assert row == {"x": Decimal("2.50")}
    table = pa.table({"x": exact, "d": pa.array([1, None, 1]).dictionary_encode()})
    for other in (arro3.core.Table.from_arrow(table), nanoarrow.ArrayStream(table), table):
        assert pa.record_batch(cs.mean(other)).to_pylist() == [{"x": -1.125, "d": 1.0}]
    categories = pd.Series([1.5, 2.5, 1.5, None], dtype="category")
    assert cs.mean(categories) == 5.5 / 3


def test_bool8_has_the_statistics_of_its_storage() -> None:
    column = pa.ExtensionArray.from_storage(pa.bool8(), pa.array([0, 1, 1], pa.int8()))
    assert cs.mean(column) == 2 / 3
    assert same_bits(cs.max(column), 1)


def test_unsupported_decimal_scales_are_refused_by_name() -> None:
    with pytest.raises(TypeError, match="d:38,200"):
        cs.mean(pa.array([None], pa.decimal128(38, 200)))


def test_encoded_numbers_are_numeric() -> None:
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


@pytest.mark.parametrize("center", [0.0, 1e9])
def test_long_columns_of_encoded_floats(center: float) -> None:
    """Long columns of floats may use other kernels than short ones."""
    random_ = random.Random(1)
    floats = [random_.gauss(center, 1) for _ in range(3000)]
    places = [random_.randrange(3000) for _ in range(40_000)]
    named = pa.DictionaryArray.from_arrays(pa.array(places, pa.int16()), pa.array(floats))
    decoded = [floats[place] for place in places]
    ends = pa.array(range(10, 30_010, 10), pa.int32())
    runs = pa.RunEndEncodedArray.from_arrays(ends, pa.array(floats))
    decoded_runs = [value for value in floats for _ in range(10)]
    for column, values in ((named, decoded), (runs, decoded_runs), (runs[7:], decoded_runs[7:])):
        for threads in (1, 2):
            assert cs.stddev(column, threads=threads) == reference.expected("stddev", values)
            assert cs.mean(column, threads=threads) == reference.expected("mean", values)
