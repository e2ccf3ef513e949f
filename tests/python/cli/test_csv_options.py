"""The options of the command line about CSV files."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from colstats.cli.arguments import ArgumentsError, parse
from colstats.cli.reading import reading
from colstats.files.reading import type_named
from support.command_line import failure, run

pytestmark = pytest.mark.thread_unsafe(reason="starts processes")


def described(path: Path, *arguments: str) -> dict[str, dict[str, Any]]:
    done = run(path, "--json", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return {row["name"]: row for row in json.loads(done.stdout)}


def test_all_options_together(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("007;-999;1,5\n008;;NA\n")
    given = ["--null=-999", "--null", "none", "--types", "f0=string,f1=float32"]
    rows = described(path, "--delimiter", ";", "--no-header", *given)
    assert {name: row["type"] for name, row in rows.items()} == {
        "f0": "string",
        "f1": "float32",
        "f2": "string",
    }
    assert (rows["f1"]["nulls"], rows["f2"]["nulls"]) == (2, 0)


def test_a_tab_can_be_written_as_an_escape(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a\tb\n1\t2\n")
    assert list(described(path, "--delimiter", r"\t")) == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ("a=int64", {"a": pa.int64()}),
        ("a=decimal128(38, 2),b=string", {"a": pa.decimal128(38, 2), "b": pa.string()}),
        ('"a,b"=date32,"c=d"=bool', {"a,b": pa.date32(), "c=d": pa.bool_()}),
        ('"say ""x"""=time64[ns]', {'say "x"': pa.time64("ns")}),
        (
            "a b=timestamp[us, tz=Europe/Paris],c=timestamp[ns]",
            {"a b": pa.timestamp("us", "Europe/Paris"), "c": pa.timestamp("ns")},
        ),
    ],
)
def test_types_are_written_as_they_are_printed(text: str, types: dict[str, pa.DataType]) -> None:
    path = Path("t.csv")
    assert reading(parse(["t.csv", "--types", text]), [path]).types == types


@pytest.mark.parametrize(
    "kind",
    [
        *(pa.int8(), pa.uint64(), pa.float32(), pa.string(), pa.bool_(), pa.date32(), pa.binary()),
        *(pa.decimal256(76, 5), pa.timestamp("s"), pa.timestamp("ns", "+05:30"), pa.time32("ms")),
    ],
)
def test_every_name_of_a_type_is_understood(kind: pa.DataType) -> None:
    assert type_named(str(kind)) == kind


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--delimiter", ",,"], "--delimiter takes one ASCII character or \\t, not ',,'"),
        (
            ["--types", "a"],
            "--types takes names with types, such as 'a=int64,b=decimal128(9, 2)', not 'a'",
        ),
        (["--types", "a=int64,"], "--types takes names with types"),
    ],
)
def test_refused_arguments(arguments: list[str], words: str) -> None:
    with pytest.raises(ArgumentsError) as raised:
        parse(["t.csv", *arguments])
    assert words in str(raised.value)


def test_an_unknown_type(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a\n1\n")
    assert "--types: 'integer' is no type; expected names" in failure(path, "--types", "a=integer")
    words = failure(path, "--types", "a=month_day_nano_interval")
    assert "t.csv: cannot read text as month_day_nano_interval" in words


def test_options_without_a_csv_file(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"x": [1]}), path)
    for option in (["--null", "x"], ["--delimiter", ";"], ["--no-header"], ["--types", "x=int8"]):
        words = failure(path, *option)
        assert f"{option[0]} is about CSV files, and there are none" in words
