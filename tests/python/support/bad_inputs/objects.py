"""Bad inputs without a protocol: objects, types, list values and keywords that are refused."""

import decimal
import pathlib
from collections import deque

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds

import colstats as cs
from support.bad_inputs.case import Case

TABLE = pa.table({"a": [1, 2], "text": ["x", "y"]})
TWINS = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])


class Endless(list[float]):
    """Claims a length that does not fit in memory."""

    def __len__(self) -> int:
        return 2**62


def no_numbers() -> list[Case]:
    """Objects that hold no data, or data that cannot be read directly."""
    return [
        Case("str", lambda: "prices.parquet", TypeError, r"read str\b.*read the file"),
        Case("path", lambda: pathlib.Path("a.csv"), TypeError, r"pathlib\..*Path.*read the file"),
        Case(
            "dict of scalars", lambda: {"a": 1}, TypeError, r"int\b.*single value.*\"a\" of a dict"
        ),
        Case("None", lambda: None, TypeError, r"NoneType.*no data"),
        Case("int", lambda: 3, TypeError, r"read int\b.*single value"),
        Case("complex", lambda: 1j, TypeError, r"read complex\b.*single value"),
        Case("Decimal", lambda: decimal.Decimal(1), TypeError, r"Decimal.*single value"),
        Case("generator", lambda: (x for x in ["a"]), TypeError, r"str at index 0 of a generator"),
        Case("map", lambda: map(float, []), ValueError, r"this map yields nothing.*list\(\)"),
        Case("set", lambda: {1}, TypeError, r"read set\b.*a list"),
        Case("frozenset", lambda: frozenset([1]), TypeError, r"read frozenset\b.*a list"),
        Case("deque", lambda: deque([{}]), TypeError, r"dict at index 0 of a collections\.deque"),
        Case("object", object, TypeError, r"read object\b.*__arrow_c_array__"),
        Case("class", lambda: pa.Table, TypeError, r"pyarrow\.lib\.Table\b.*instance"),
        Case(
            "class of paths",
            lambda: pathlib.Path,
            TypeError,
            r"pathlib(\._local)?\.Path\b.*instance",
        ),
        Case("LazyFrame", lambda: pl.LazyFrame({"a": [1]}), TypeError, r"LazyFrame.*\.collect\(\)"),
        Case("Expr", lambda: pl.col("a"), TypeError, r"Expr\b.*select"),
        Case("Dataset", lambda: ds.dataset(TABLE), TypeError, r"Dataset.*to_reader\(\)"),
        Case("Scanner", lambda: ds.dataset(TABLE).scanner(), TypeError, r"Scanner.*to_reader\(\)"),
        Case("Scalar", lambda: pa.scalar(1), TypeError, r"pyarrow.*Scalar.*single value"),
        Case("GroupBy", lambda: pd.DataFrame({"a": [1]}).groupby("a"), TypeError, "aggregate"),
    ]


def no_number_types() -> list[Case]:
    """Columns and tables of types without statistics."""
    nested = np.array([(1, "x")], dtype=[("a", "i4"), ("text", "U3")])
    hours = np.array(["2020-01-01T00"], dtype="datetime64[h]")
    days = np.array([1], dtype="timedelta64[D]")
    strings = np.array(["a"], dtype=np.dtypes.StringDType())
    values = {"a": [1], "text": ["x"]}
    in_table = r'column "text".*(string|<U3).*columns=.*numeric_only=True'
    return [
        Case(
            "complex array", lambda: np.array([1j]), TypeError, r"complex.*numpy\.ndarray.*\.real"
        ),
        Case("object array", lambda: np.array([1, None]), TypeError, r"object.*ndarray.*astype"),
        Case("U array", lambda: np.array(["a"]), TypeError, r"string.*ndarray.*convert"),
        Case("S array", lambda: np.array([b"a"]), TypeError, r"string.*ndarray.*convert"),
        Case("StringDType", lambda: strings, TypeError, r"string.*ndarray.*convert"),
        Case("void array", lambda: np.zeros(2, "V3"), TypeError, r"void.*ndarray.*view"),
        Case("longdouble", lambda: np.ones(1, "g"), TypeError, r"extended.*ndarray.*float64"),
        Case("hours", lambda: hours, TypeError, r"datetime64.*ndarray.*unit.*astype"),
        Case("days of timedelta", lambda: days, TypeError, r"timedelta64.*ndarray.*unit.*astype"),
        Case("0-d array", lambda: np.array(1.0), TypeError, r"numpy\.ndarray.*0 dimensions"),
        Case("3-d array", lambda: np.zeros((1, 2, 3)), TypeError, r"numpy\.ndarray.*3 dimensions"),
        Case("field of strings", lambda: nested, TypeError, in_table),
        Case("pyarrow strings", lambda: pa.array(["a"]), TypeError, r"mean of string"),
        Case("pyarrow lists", lambda: pa.array([[1]]), TypeError, r"mean of list"),
        Case(
            "dictionary of strings",
            lambda: pa.array(["a", "a"]).dictionary_encode(),
            TypeError,
            r"DictionaryArray.*mean of dictionary<values=string, indices=int32>",
        ),
        Case(
            "runs of strings",
            lambda: pa.RunEndEncodedArray.from_arrays([2], ["a"]),
            TypeError,
            r"RunEndEncodedArray.*mean of run_end_encoded<run_ends: int64, values: string>",
        ),
        Case("table with strings", lambda: TABLE, TypeError, in_table),
        Case("Series of strings", lambda: pl.Series("n", ["a"]), TypeError, r'column "n".*string'),
        Case("DataFrame with strings", lambda: pl.DataFrame(values), TypeError, in_table),
        Case("pandas mix", lambda: pd.Series([1, "a"]), pa.ArrowInvalid, r"convert 'a'"),
        Case(
            "polars Int128",
            lambda: pl.Series("big", [1, None], dtype=pl.Int128),
            TypeError,
            r'column "big".*_pli128',
        ),
        Case(
            "variance of time",
            lambda: pa.table({"when": pa.array([1], pa.timestamp("s"))}),
            TypeError,
            r'column "when".*variance of timestamp.*stddev',
            cs.variance,
        ),
    ]


def lists() -> list[Case]:
    """Lists whose values no Arrow type can hold without loss."""
    return [
        Case("list of str", lambda: [1, "a"], TypeError, r"str at index 1 of a list.*pyarrow"),
        Case("list of Decimal", lambda: [decimal.Decimal(1)], TypeError, r"Decimal at index 0"),
        Case("list of lists", lambda: [[1, 2]], TypeError, r"list at index 0 of a list"),
        Case("tuple of dicts", lambda: ({},), TypeError, r"dict at index 0 of a tuple"),
        Case("65 bits", lambda: [1, 2**64], ValueError, r"index 1 of a list exceeds 64 bits"),
        Case("-65 bits", lambda: [-(2**63) - 1], ValueError, r"index 0 of a list exceeds 64 bits"),
        Case("2^53+1 with floats", lambda: [0.5, 2**53 + 1], ValueError, r"index 1.*float64"),
        Case("-1 with 2^63", lambda: [-1, 2**63], ValueError, r"index 0.*uint64"),
        Case("endless list", lambda: Endless([1]), MemoryError, rf"{2**62} values of.*Endless"),
    ]


def keywords() -> list[Case]:
    """Good data with bad keywords."""

    def numbers() -> list[int]:
        return [1, 2, 3]

    def table() -> pa.Table:
        return TABLE

    def twins() -> pa.Table:
        return TWINS

    no_list = r"columns.*list"
    return [
        Case("ddof=-1", numbers, ValueError, "negative.*-1.*ddof", lambda d: cs.std(d, ddof=-1)),
        Case("ddof=-10^30", numbers, ValueError, "ddof", lambda d: cs.var(d, ddof=-(10**30))),
        Case("ddof='1'", numbers, TypeError, "int.*str.*ddof", lambda d: cs.std(d, ddof="1")),
        Case("ddof=1.0", numbers, TypeError, "int.*float.*ddof", lambda d: cs.std(d, ddof=1.0)),
        Case("ddof=None", numbers, TypeError, "int.*None.*ddof", lambda d: cs.std(d, ddof=None)),
        Case("min_count=-1", numbers, ValueError, "min_count", lambda d: cs.sum(d, min_count=-1)),
        Case("min_count='1'", numbers, TypeError, "min_count", lambda d: cs.sum(d, min_count="1")),
        Case(
            "skip_nulls='no'", numbers, TypeError, "skip_nulls", lambda d: cs.sum(d, skip_nulls="")
        ),
        Case("unknown keyword", numbers, TypeError, "axes", lambda d: cs.mean(d, axes=0)),
        Case("axis= of a list", numbers, TypeError, "axis=.*list", lambda d: cs.mean(d, axis=0)),
        Case("two positions", numbers, TypeError, "positional", lambda d: cs.mean(d, 1)),
        Case("columns='a'", table, TypeError, r'\["a"\]', lambda d: cs.mean(d, columns="a")),
        Case("columns=3", table, TypeError, no_list, lambda d: cs.mean(d, columns=3)),
        Case("columns=[1.5]", table, TypeError, "float", lambda d: cs.mean(d, columns=[1.5])),
        Case("columns=['z']", table, KeyError, '"z".*"a"', lambda d: cs.mean(d, columns=["z"])),
        Case("columns=[9]", table, IndexError, "position 9", lambda d: cs.mean(d, columns=[9])),
        Case("columns=[-9]", table, IndexError, "position -9", lambda d: cs.mean(d, columns=[-9])),
        Case(
            "columns=[10^30]",
            table,
            IndexError,
            "no column at position",
            lambda d: cs.mean(d, columns=[10**30]),
        ),
        Case("twins", twins, KeyError, '"a".*position', lambda d: cs.mean(d, columns=["a"])),
        Case("item of twins", twins, KeyError, '"a".*position', lambda d: cs.Table(d)["a"]),
        Case("item 'z'", table, KeyError, '"z".*"a"', lambda d: cs.Table(d)["z"]),
        Case("item None", table, TypeError, "str or an int.*None", lambda d: cs.Table(d)[None]),
        Case("slice", table, TypeError, "str or an int.*slice", lambda d: cs.Table(d)[0:1]),
        Case(
            "columns= of a column",
            numbers,
            TypeError,
            "columns=.*one column",
            lambda d: cs.mean(d, columns=["a"]),
        ),
        Case(
            "columns= of a Column",
            lambda: cs.Column([1]),
            TypeError,
            "columns=.*one column",
            lambda d: cs.mean(d, columns=["a"]),
        ),
    ]


def wrong_class() -> list[Case]:
    """Columns where a table is needed, and the reverse."""
    is_table, is_column = r"\bis a table.*colstats\.Table", r"\bis one column.*colstats\.Column"
    column, table = pa.array([1]), cs.Table(TABLE)
    return [
        Case("Column(table)", lambda: TABLE, TypeError, r"lib\.Table " + is_table, cs.Column),
        Case("Column(frame)", lambda: pl.DataFrame({"a": [1]}), TypeError, is_table, cs.Column),
        Case("Column(2-d)", lambda: np.zeros((2, 2)), TypeError, is_table, cs.Column),
        Case("Column(Table)", lambda: table, TypeError, "a table.*select one", cs.Column),
        Case("Table(column)", lambda: column, TypeError, "Int64Array " + is_column, cs.Table),
        Case("Table(list)", lambda: [1], TypeError, "list " + is_column, cs.Table),
        Case("Table(Column)", lambda: cs.Column([1]), TypeError, "column, not a table", cs.Table),
    ]


OBJECTS = [
    *no_numbers(),
    *no_number_types(),
    *lists(),
    *keywords(),
    *wrong_class(),
]
