"""What the texts of CSV files are taken for: nothing is lost, and every row counts the same."""

import datetime as dt
import gzip
import json
import math
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from colstats import files
from colstats.files.csv import passes, text
from support.command_line import run
from support.csv_files import column, read
from support.damage.material import zstandard

pytestmark = pytest.mark.thread_unsafe(reason="writes files in a shared folder")

D = Decimal
UTC = dt.UTC
MOMENT = dt.datetime(2024, 2, 29, 10)

INFERRED: list[tuple[list[str], str, list[Any]]] = [
    # Integers stay integers.
    (["1", "", "-3"], "int64", [1, None, -3]),
    (["9223372036854775807"], "int64", [2**63 - 1]),
    (["9223372036854775808", "1"], "uint64", [2**63, 1]),
    (["18446744073709551615", "-1"], "decimal128(38, 0)", [D(2**64 - 1), D(-1)]),
    (["-1", "18446744073709551615"], "decimal128(38, 0)", [D(-1), D(2**64 - 1)]),
    (["18446744073709551616"], "decimal128(38, 0)", [D(2**64)]),
    (["9" * 76, "1"], "decimal256(76, 0)", [D("9" * 76), D(1)]),
    (["9" * 77, "1"], "string", ["9" * 77, "1"]),
    (["007", "+5", " 3 "], "int64", [7, 5, 3]),
    # Fractions are floats, unless that would round an integer.
    (["1", "1.5", ""], "double", [1.0, 1.5, None]),
    ([".5", "1.", "-2e3", "inf"], "double", [0.5, 1.0, -2000.0, math.inf]),
    (["9007199254740992", "1.5"], "double", [2.0**53, 1.5]),
    (["9007199254740993", "1.5"], "decimal128(38, 1)", [D("9007199254740993.0"), D("1.5")]),
    (["1.25", "18446744073709551617"], "decimal128(38, 2)", [D("1.25"), D(2**64 + 1)]),
    (["9" * 50, "1.5"], "decimal256(76, 1)", [D("9" * 50), D("1.5")]),
    (["9007199254740993", "1e5"], "double", [2.0**53, 1e5]),
    (["0.1234567890123456789"], "double", [0.1234567890123456789]),
    (["1e400"], "string", ["1e400"]),
    # What only looks like a number is text.
    (["0x10", "1"], "string", ["0x10", "1"]),
    (["1_000"], "string", ["1_000"]),
    (["1", "one"], "string", ["1", "one"]),
    # Booleans are words.
    (["true", "False", "TRUE", ""], "bool", [True, False, True, None]),
    (["true", "1"], "string", ["true", "1"]),
    (["0", "1"], "int64", [0, 1]),
    # Times keep every digit.
    (["2024-02-29"], "date32[day]", [MOMENT.date()]),
    (["2024-02-30"], "string", ["2024-02-30"]),
    (["2024-02-29 10:00:00"], "timestamp[s]", [MOMENT]),
    (["2024-02-29", "2024-02-29T10:00"], "timestamp[s]", [dt.datetime(2024, 2, 29), MOMENT]),
    (["2024-02-29T10:00:00.5"], "timestamp[us]", [MOMENT.replace(microsecond=500_000)]),
    (
        ["2024-02-29T10:00:00Z", "2024-02-29 11:00:00.5+01:00"],
        "timestamp[us, tz=UTC]",
        [MOMENT.replace(tzinfo=UTC), MOMENT.replace(microsecond=500_000, tzinfo=UTC)],
    ),
    (["10:30", "10:30:00"], "time32[s]", [dt.time(10, 30)] * 2),
    (["10:30:00.000001"], "time64[us]", [dt.time(10, 30, 0, 1)]),
    (["24:00:00"], "string", ["24:00:00"]),
    # The range of nanoseconds is too small for the year 1500.
    (
        ["1500-01-01 00:00:00", "2024-01-01 00:00:00.000000001"],
        "string",
        ["1500-01-01 00:00:00", "2024-01-01 00:00:00.000000001"],
    ),
    (["", "", "NA"], "null", [None] * 3),
]


@pytest.mark.parametrize(("texts", "kind", "values"), INFERRED)
def test_types(tmp_path: Path, texts: list[str], kind: str, values: list[Any]) -> None:
    assert column(tmp_path, texts) == (kind, values)


@pytest.mark.parametrize(("texts", "kind", "values"), INFERRED)
def test_the_last_row_counts_as_much_as_the_first(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    texts: list[str],
    kind: str,
    values: list[Any],
) -> None:
    """Each order of values gives the same, each in a block of its own, from memory or file."""
    monkeypatch.setattr(text, "BLOCKS", (150, 1 << 20))
    padding = [""] * 200
    for order in (texts, texts[::-1]):
        padded = [text for value in order for text in (value, *padding)]
        for kept in (0, 1 << 20):
            monkeypatch.setattr(passes, "KEPT_BYTES", kept)
            found, read = column(tmp_path, padded)
            assert found == kind
            expected = values if order == texts else values[::-1]
            assert read[:: len(padding) + 1] == expected
            assert len(read) == len(padded)


def test_nanoseconds_are_kept(tmp_path: Path) -> None:
    found = read(tmp_path, "x,y\n2024-02-29 10:00:00.123456789,10:00:00.123456789\n")
    assert [str(field.type) for field in found.schema] == ["timestamp[ns]", "time64[ns]"]
    assert found["x"].cast(pa.int64())[0].as_py() % 10**9 == 123_456_789
    assert found["y"].cast(pa.int64())[0].as_py() % 10**9 == 123_456_789


def test_nan_is_a_value(tmp_path: Path) -> None:
    kind, [one, nan, null] = column(tmp_path, ["1", "nan", "NA"])
    assert (kind, one, null) == ("double", 1.0, None)
    assert math.isnan(nan)
    assert column(tmp_path, ["one", "nan"]) == ("string", ["one", "nan"])


@pytest.mark.parametrize("word", ["", *files.NULL_WORDS])
def test_null_words(tmp_path: Path, word: str) -> None:
    assert column(tmp_path, ["1", word]) == ("int64", [1, None])
    assert column(tmp_path, ["one", word]) == ("string", ["one", None])
    # Quoted, it is text among texts, and a null among numbers.
    assert column(tmp_path, ["one", f'"{word}"']) == ("string", ["one", word])
    assert column(tmp_path, ['"1"', f'"{word}"']) == ("int64", [1, None])
    assert column(tmp_path, [f'"{word}"']) == ("string", [word])


def test_null_words_are_those_of_pandas_but_for_nan() -> None:
    theirs = pytest.importorskip("pandas._libs.parsers").STR_NA_VALUES
    assert {word for word in theirs if "nan" not in word.lower() and "#IND" not in word} == {
        "",
        *files.NULL_WORDS,
    }


@pytest.mark.parametrize("word", ["nan", "NaN", "-nan", "-NaN", "1.#QNAN", "-1.#IND", "1.#IND"])
def test_spellings_of_nan(tmp_path: Path, word: str) -> None:
    kind, [one, nan] = column(tmp_path, ["1.5", word])
    assert (kind, one) == ("double", 1.5)
    assert math.isnan(nan)


def test_other_null_words(tmp_path: Path) -> None:
    words = {"null_words": ("-999", "missing")}
    assert column(tmp_path, ["1", "-999", "missing", ""], **words) == ("int64", [1, *[None] * 3])
    assert column(tmp_path, ["NA", "1"], **words) == ("string", ["NA", "1"])
    assert column(tmp_path, ["NA", "", "FR"], null_words=()) == ("string", ["NA", None, "FR"])


def test_given_types(tmp_path: Path) -> None:
    types = {"x": pa.string(), "y": pa.decimal128(10, 2), "z": pa.float32()}
    found = read(tmp_path, "x,y,z,n\n007,1.5,0.1,3\n,,,\n", types=types)
    assert found.schema.types == [*types.values(), pa.int64()]
    assert found["x"].to_pylist() == ["007", None]
    assert found["y"].to_pylist() == [D("1.50"), None]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("a,b\n1,2\n\n3,4\n", 2),
        ("\n\na,b\n1,2", 1),
        ("a,b\r\n1,2\r\n3,4\r\n", 2),
        ("a,b\r1,2\r3,4\r", 2),
        ("\ufeffa,b\n1,2\n", 1),
        ("a,b\n", 0),
        ("a,b", 0),
    ],
)
def test_line_ends_and_empty_lines(tmp_path: Path, text: str, rows: int) -> None:
    found = read(tmp_path, text)
    assert (found.column_names, len(found)) == (["a", "b"], rows)


def test_an_empty_line_of_a_single_column_is_a_null(tmp_path: Path) -> None:
    assert read(tmp_path, "\nx\n1\n\n2\n")["x"].to_pylist() == [1, None, 2]
    assert read(tmp_path, "1\n\n2\n", header=False)["f0"].to_pylist() == [1, None, 2]


def test_rows_with_nul_characters_do_not_vanish(tmp_path: Path) -> None:
    found = read(tmp_path, "a\0b,c\n1\0,2\n3,4\n")
    assert found.to_pydict() == {"a\0b": ["1\0", "3"], "c": [2, 4]}


def test_delimiters_and_headers(tmp_path: Path) -> None:
    assert read(tmp_path, "a\tb\n1\t2\n", "t.tsv").to_pydict() == {"a": [1], "b": [2]}
    assert read(tmp_path, "a;b\n1,5;2\n", delimiter=";").to_pydict() == {"a": ["1,5"], "b": [2]}
    assert read(tmp_path, "a;b\n1\n", delimiter=",").to_pydict() == {"a;b": [1]}
    assert read(tmp_path, "1,2\n3,4\n", header=False).to_pydict() == {"f0": [1, 3], "f1": [2, 4]}


def test_a_line_longer_than_a_block(tmp_path: Path) -> None:
    long = "a" * 3_000_000
    assert read(tmp_path, f"x,y\n1,2\n3,{long}\n")["y"].to_pylist() == ["2", long]
    assert read(tmp_path, f"{long},y\n1,2\n").column_names == [long, "y"]


@pytest.mark.parametrize("compress", [gzip.compress, zstandard])
@pytest.mark.parametrize("is_named", [False, True])
def test_compression(tmp_path: Path, compress: Callable[[bytes], bytes], is_named: bool) -> None:
    data = compress(b"x\n" + b"1\n" * 700_000 + b"1.5\n")
    ending = ".gz" if compress is gzip.compress else ".zst"
    found = read(tmp_path, data, f"t.csv{ending * is_named}")
    assert (len(found), str(found["x"].type)) == (700_001, "double")


def test_parts_that_are_compressed_one_by_one(tmp_path: Path) -> None:
    parts = (b"x\n1\n", b"2\n")
    assert read(tmp_path, b"".join(map(gzip.compress, parts)))["x"].to_pylist() == [1, 2]
    assert read(tmp_path, b"".join(map(zstandard, parts)))["x"].to_pylist() == [1, 2]


@pytest.mark.parametrize(("ending", "words"), [("gz", "gzip"), ("zst", "zstd")])
def test_a_name_that_promises_compression(tmp_path: Path, ending: str, words: str) -> None:
    for data in (b"x\n1\n", b"\x28", b""):
        with pytest.raises(files.UnreadableError, match=f"is not compressed by {words}"):
            read(tmp_path, data, f"t.csv.{ending}")


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    found = read(tmp_path, "x,n\nMünchen,1\nRom,2\n".encode("latin-1"))
    assert found.to_pydict() == {"x": ["München".encode("latin-1"), b"Rom"], "n": [1, 2]}


def test_ids_above_2_to_the_63rd_on_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "ids.csv"
    path.write_text("id,v\n" + "".join(f"{2**63 + i},{i}\n" for i in range(3)))
    [ids, _] = json.loads(run("--json", path).stdout)
    assert (ids["type"], ids["count"], ids["min"]) == ("uint64", 3, 2**63)
    assert ids["max"] == 2**63 + 2


def test_files_agree_on_types(tmp_path: Path) -> None:
    parts = {
        "a": "x,y,z,id\n1,,2024-01-01,7\n",
        "b": f"x,y,z,id\n1.5,2,none,{2**64}\n",
        "c": "x\n\n",
    }
    for name, part in parts.items():
        (tmp_path / f"{name}.csv").write_text(part)
    done = run("--json", "--missing", "null", *(tmp_path / f"{name}.csv" for name in parts))
    assert (done.returncode, done.stderr) == (0, "")
    kinds = {row["name"]: (row["type"], row["count"]) for row in json.loads(done.stdout)}
    assert kinds == {
        "x": ("float64", 2),
        "y": ("int64", 1),
        "z": ("string", 2),
        "id": ("decimal128(38, 0)", 2),
    }


def test_files_agree_on_exact_types_and_long_lines(tmp_path: Path) -> None:
    paths = [tmp_path / "a.csv", tmp_path / "b.tsv"]
    paths[0].write_text(f"x,t\n9007199254740993,{'a' * 3_000_000}\n")
    paths[1].write_text("x\tt\n1.25\tb\n")
    reading = files.agreed(paths, None, files.Reading())
    found = [batch.data for path in paths for batch in files.batches(path, reading=reading)]
    values = pa.Table.from_batches(found)["x"]
    assert (str(values.type), values.to_pylist()) == (
        "decimal128(38, 2)",
        [D("9007199254740993.00"), D("1.25")],
    )


def test_one_late_fraction_on_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "late.csv"
    path.write_text("x\n" + "1\n" * 800_000 + "1.5\n")
    [x] = json.loads(run("--json", path).stdout)
    assert (x["type"], x["count"], x["max"]) == ("float64", 800_001, 1.5)
