"""The number of different values, and the mode, against counting in Python."""

import datetime
import decimal
import itertools
import math
import random
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import colstats as cs
from support.exact import order, samples
from support.exact.numbers import same

COUNT = 5_500
D = decimal.Decimal


def with_repeats(source: random.Random, values: list[Any]) -> list[Any]:
    """Draw from the values, so that some occur more often than others, and add special ones."""
    specials = source.choice(([], [None], [None, math.nan], [math.nan], [-0.0, 0.0, math.inf]))
    return [source.choice([*values[:5], *specials]) for _ in values]


def test_generated_columns_equal_the_oracle() -> None:
    source = random.Random(3)
    for kind, values in samples.columns(COUNT):
        column = with_repeats(source, values)
        array = pa.array(column, pa.float64())
        for skip_nans in (False, True):
            expected: Any = order.n_unique(column, skip_nans=skip_nans)
            assert cs.n_unique(array, skip_nans=skip_nans) == expected, (kind, column)
            expected = order.mode(column, skip_nans=skip_nans)
            # Zeros of both signs are one value, which is positive.
            expected = expected if expected is None else expected + 0.0
            assert same(cs.mode(array, skip_nans=skip_nans), expected), (kind, column)


@pytest.mark.parametrize(
    ("of", "values"),
    [
        (pa.int64(), [-(2**63), 5, 2**63 - 1]),
        (pa.uint8(), [0, 3, 255]),
        (pa.float32(), [-1.5, 0.25, math.inf]),
        (pa.float16(), [np.float16(-1.5), np.float16(0.25)]),
        (pa.bool_(), [False, True]),
        (pa.decimal128(38, 10), [D("-1.5"), D("0.0000000001"), D("1e20")]),
        (pa.decimal256(76, 2), [D("-1.5"), D("1e50")]),
        (pa.date32(), [datetime.date(1900, 1, 1), datetime.date(2020, 1, 1)]),
        (pa.timestamp("us"), [datetime.datetime(1900, 1, 1), datetime.datetime(2020, 1, 1)]),
        (pa.time64("us"), [datetime.time(1), datetime.time(2, 3, 4, 5)]),
        (pa.duration("us"), [datetime.timedelta(-1), datetime.timedelta(5)]),
        (pa.string(), ["", "a", "ab", "ü"]),
        (pa.large_string(), ["", "a"]),
        (pa.string_view(), ["", "a", "more than twelve bytes"]),
        (pa.binary(), [b"", b"\0", b"\xff"]),
    ],
)
def test_types(of: pa.DataType, values: list[Any]) -> None:
    """Modes are values of the column's type, as minima are."""
    source = random.Random(1)
    for rows in (1, 2, 9, 50):
        column = [source.choice([*values, None]) for _ in range(rows)]
        array = pa.array(column, of)
        plain = [None if v is None else float(v) if of == pa.float16() else v for v in column]
        unique, mode = order.n_unique(plain), order.mode(plain)
        encoded = [array, pa.chunked_array([array[:1], array[1:]])]
        if not pa.types.is_binary(of) and of not in (pa.string_view(), pa.float16()):
            encoded.append(array.dictionary_encode())
        for one in encoded:
            assert cs.n_unique(one) == unique
            found = cs.mode(one)
            assert found == mode
            assert type(found) is type(mode)
            row = cs.mode(pa.table({"x": one}))
            assert row["x"] == mode
            assert pa.table(row).schema.field("x").type == of
    assert cs.mode(pa.array([None], of)) is None
    assert cs.n_unique(pa.array([None, None], of)) == 0


@pytest.mark.parametrize("distinct", [3, 1000, 400_000])
def test_chunks_order_and_threads_do_not_matter(distinct: int) -> None:
    rng = np.random.default_rng(distinct)
    values = rng.integers(0, distinct, 500_000)
    found, sizes = np.unique(values, return_counts=True)
    expected = len(found), int(found[sizes.argmax()])
    cuts = [0, 1, 2, 1500, 1500, 300_000, len(values)]
    chunked = pa.chunked_array([values[a:b] for a, b in itertools.pairwise(cuts)], pa.int64())
    for data in (values, values[::-1], rng.permutation(values), chunked):
        for threads in (1, 2):
            assert cs.n_unique(data, threads=threads) == expected[0]
            assert cs.mode(data, threads=threads) == expected[1]
    text = pa.array(values.astype(str))
    assert cs.n_unique(text) == expected[0]


def test_missing_values() -> None:
    nan = math.nan
    assert cs.n_unique([]) == 0
    assert cs.n_unique(pa.nulls(5)) == 0
    assert cs.mode(pa.nulls(5)) is None
    assert cs.mode([]) is None
    assert cs.n_unique([1, None, 2, 1]) == 2
    assert cs.n_unique([nan, -nan, 0.0, -0.0, None]) == 2
    assert cs.n_unique([nan, 1.0], skip_nans=True) == 1
    assert math.isnan(cs.mode([nan, nan, 1.0]))
    assert cs.mode([nan, nan, 1.0], skip_nans=True) == 1.0
    assert cs.mode([nan, 1.0]) == 1.0
    assert cs.mode([nan, -nan], skip_nans=True) is None
    assert cs.mode([1, None], skip_nulls=False) is None
    assert cs.mode([1.0, nan], skip_nulls=False, skip_nans=True) is None
    assert cs.mode([1, 1, None], min_count=3) is None
    assert math.copysign(1, cs.mode([-0.0, -0.0])) == 1


def test_tables_and_methods() -> None:
    table = pa.table({"a": [1, 1, 2], "b": ["x", None, "y"], "c": [math.nan, math.nan, 0.5]})
    assert cs.n_unique(table).to_dict() == {"a": 2, "b": 2, "c": 2}
    assert cs.mode(table, skip_nans=True).to_dict() == {"a": 1, "b": "x", "c": 0.5}
    assert cs.mode(table, columns=["b"]).to_dict() == {"b": "x"}
    assert cs.n_unique(table, numeric_only=True).to_dict() == {"a": 2, "c": 2}
    assert cs.Table(table).n_unique(columns=["a"])["a"] == 2
    assert cs.Table(table).mode(numeric_only=True, skip_nans=True)["c"] == 0.5
    assert cs.Column(table["b"]).mode() == "x"
    assert cs.Column([4, 4, 5]).n_unique(threads=1) == 2
    assert pa.table(cs.n_unique(table)).schema.types == [pa.int64()] * 3


def test_real_producers() -> None:
    series = pl.Series("s", ["b", "a", "b", None])
    assert (cs.n_unique(series), cs.mode(series)) == (2, "b")
    categories = series.cast(pl.Categorical)
    assert (cs.n_unique(categories), cs.mode(categories)) == (2, "b")
    numbers = pd.Series([3, 1, None, 3], dtype="Int64")
    assert (cs.n_unique(numbers), cs.mode(numbers)) == (2, 3)
    grid = np.array([[1, 5], [1, 6]])
    assert cs.n_unique(grid).to_dict() == {"0": 1, "1": 2}
    reader = pa.table({"x": [1, 2, 2]}).to_reader(max_chunksize=1)
    assert cs.mode(reader)["x"] == 2
    assert cs.n_unique(iter([1, 2, 2])) == 2


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: cs.n_unique(pa.array([[1]])),
            "pyarrow.lib.ListArray: list values cannot be compared; numbers, bools",
        ),
        (
            lambda: cs.mode(pa.table({"x": [[1]], "y": [1]})),
            r'column "x": list values cannot be compared.*leave it out with columns=',
        ),
        (lambda: cs.mode([1], columns=[0]), "columns= selects from a table"),
        (lambda: cs.n_unique([1], skip_nans=2), "skip_nans must be a bool"),
        (lambda: cs.n_unique(3), "int"),
    ],
)
def test_refusals(call: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        call()


def test_text_that_is_none() -> None:
    broken = pa.Array.from_buffers(
        pa.string(), 1, [None, pa.array([0, 1], pa.int32()).buffers()[1], pa.py_buffer(b"\xff")]
    )
    with pytest.raises(ValueError, match="text that is not UTF-8"):
        cs.mode(broken)
