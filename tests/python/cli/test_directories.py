"""Directories are read as one table, and the keys in their paths are columns."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.dataset as ds
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from colstats import files
from support.command_line import failure, run

pytestmark = pytest.mark.thread_unsafe(reason="starts processes")

Write = Callable[[pa.Table, Path], None]
WRITERS: dict[str, Write] = {
    "parquet": pq.write_table,
    "arrow": pa.feather.write_feather,
    "csv": pa.csv.write_csv,
}


def put(root: Path, name: str, values: list[Any], column: str = "x") -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    WRITERS[path.suffix[1:]](pa.table({column: values}), path)


def table(root: Path, columns: list[str] | None = None) -> pa.Table:
    """Read a directory as one table."""
    found = [
        batch.data for path in files.expand([str(root)]) for batch in files.batches(path, columns)
    ]
    return pa.concat_tables(map(pa.Table.from_batches, ([batch] for batch in found)))


def names(root: Path) -> list[str]:
    return [path.relative_to(root).as_posix() for path in files.expand([str(root)])]


def test_files_of_known_types_are_found_in_order(tmp_path: Path) -> None:
    for name in ("b/2.parquet", "b/10.csv", "a.arrow", "c/d/e/1.parquet"):
        put(tmp_path, name, [1])
    hidden = ("_SUCCESS", ".crc", "_temporary/0/p.parquet", ".git/q.csv", "b/._r.parquet")
    for name in (*hidden, "README.md", "LICENSE"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("not data")
    assert names(tmp_path) == ["a.arrow", "b/10.csv", "b/2.parquet", "c/d/e/1.parquet"]
    rows = json.loads(run(tmp_path, "--json").stdout)
    assert [(row["name"], row["count"]) for row in rows] == [("x", 4)]


@pytest.mark.parametrize("kind", WRITERS)
def test_keys_are_columns(tmp_path: Path, kind: str) -> None:
    put(tmp_path, f"year=2023/month=01/a.{kind}", [1.5, 2.5])
    put(tmp_path, f"year=2024/month=12/a.{kind}", [3.5])
    found = table(tmp_path)
    assert [(field.name, str(field.type)) for field in found.schema] == [
        ("x", "double"),
        ("year", "int64"),
        ("month", "int64"),
    ]
    assert found["year"].to_pylist() == [2023, 2023, 2024]
    assert found["month"].to_pylist() == [1, 1, 12]
    assert table(tmp_path, ["month", "x"]).to_pydict() == {
        "month": [1, 1, 12],
        "x": [1.5, 2.5, 3.5],
    }
    assert table(tmp_path, ["year"]).to_pydict() == {"year": [2023, 2023, 2024]}


def test_keys_are_as_pyarrow_writes_them(tmp_path: Path) -> None:
    keys = ["a b", "ü/%=", "x", None]
    data = pa.table({"key": keys, "n": [1, 2, 3, 4]})
    ds.write_dataset(
        data, tmp_path, format="parquet", partitioning=["key"], partitioning_flavor="hive"
    )
    found = table(tmp_path)
    assert dict(zip(found["n"].to_pylist(), found["key"].to_pylist(), strict=True)) == {
        n + 1: key for n, key in enumerate(keys)
    }


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        (["1", "-2"], "int64", [1, -2]),
        (["01", "__HIVE_DEFAULT_PARTITION__"], "int64", [1, None]),
        (["1", "one"], "string", ["1", "one"]),
        (["1", ""], "string", ["1", ""]),
        (["9223372036854775808", "1"], "string", ["9223372036854775808", "1"]),
        (["__HIVE_DEFAULT_PARTITION__"], "string", [None]),
        (["a%20b", "a%3Db"], "string", ["a b", "a=b"]),
    ],
)
def test_types_of_keys(
    tmp_path: Path, values: list[str], kind: str, expected: list[str | int | None]
) -> None:
    for number, value in enumerate(values):
        put(tmp_path, f"k={value}/{number}.parquet", [number])
    found = table(tmp_path)
    assert str(found["k"].type) == kind
    rows = dict(zip(found["x"].to_pylist(), found["k"].to_pylist(), strict=True))
    assert rows == dict(enumerate(expected))


def test_groups_by_a_key(tmp_path: Path) -> None:
    put(tmp_path, "year=2023/a.parquet", [1.0, 2.0])
    put(tmp_path, "year=2024/a.parquet", [4.0])
    rows = json.loads(run(tmp_path, "--json", "--by", "year", "--columns", "x").stdout)
    assert [(row["year"], row["mean"]) for row in rows] == [(2023, 1.5), (2024, 4.0)]


def test_a_key_that_the_file_has_as_well(tmp_path: Path) -> None:
    put(tmp_path, "x=1/a.parquet", [7])
    for arguments in ([], ["--columns", "x"]):
        words = failure(tmp_path, *arguments)
        assert "a.parquet: column 'x' is in the file and in its path; name the file itself" in words
    assert json.loads(run(tmp_path / "x=1/a.parquet", "--json").stdout)[0]["min"] == 7


def test_keys_that_contradict_each_other(tmp_path: Path) -> None:
    put(tmp_path, "k=1/k=2/a.parquet", [1])
    assert "a.parquet: the path has two keys named 'k'" in failure(tmp_path)


def test_a_column_that_is_neither_in_the_file_nor_in_its_path(tmp_path: Path) -> None:
    put(tmp_path, "k=1/a.parquet", [1])
    assert "a.parquet: no column 'q'; there are: 'x', 'k'" in failure(tmp_path, "--columns", "q")


def test_keys_of_files_without_rows(tmp_path: Path) -> None:
    put(tmp_path, "k=1/a.parquet", pa.array([], pa.int64()))
    found = table(tmp_path)
    assert (len(found), [str(field.type) for field in found.schema]) == (0, ["int64", "int64"])


def test_directories_without_files(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    assert "the directory has no files that end in .arrow, .arrows, .csv" in failure(tmp_path)


def test_patterns_find_directories(tmp_path: Path) -> None:
    put(tmp_path, "a/part.parquet/0.parquet", [1])
    put(tmp_path, "a/1.parquet", [1])
    assert len(files.expand([str(tmp_path / "a" / "*.parquet")])) == 2
    assert len(files.expand([str(tmp_path / "**")])) == 2
    assert len(files.expand([str(tmp_path)])) == 2


def test_links_are_followed_once(tmp_path: Path) -> None:
    put(tmp_path, "data/a.parquet", [1])
    (tmp_path / "data" / "again").symlink_to(tmp_path / "data")
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "data").symlink_to(tmp_path / "data")
    assert len(files.expand([str(tmp_path / "data")])) == 1
    assert len(files.expand([str(tmp_path / "linked")])) == 1


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ("_delta_log/0.json", "this is a table of Delta Lake; read it with deltalake"),
        ("metadata/v1.metadata.json", "this is a table of Iceberg; read it with pyiceberg"),
        (".hoodie/x", "this is a table of Hudi"),
    ],
)
def test_tables_that_keep_records_of_their_own(tmp_path: Path, record: str, words: str) -> None:
    put(tmp_path, "a.parquet", [1])
    (tmp_path / record).parent.mkdir()
    (tmp_path / record).touch()
    assert f"{tmp_path}: {words}" in failure(tmp_path)


@pytest.mark.skipif(getattr(os, "getuid", int)() == 0, reason="nothing is forbidden to root")
def test_a_directory_that_may_not_be_read(tmp_path: Path) -> None:
    put(tmp_path, "a/a.parquet", [1])
    (tmp_path / "a").chmod(0)
    try:
        assert f"{tmp_path / 'a'}: Permission denied" in failure(tmp_path)
    finally:
        (tmp_path / "a").chmod(0o700)


def test_files_of_unknown_types_are_named(tmp_path: Path) -> None:
    put(tmp_path, "a.csv", [1, 2])
    (tmp_path / "part-0000").write_text("x\n3\n")
    (tmp_path / "_SUCCESS").touch()
    done = run(str(tmp_path), "--json")
    assert json.loads(done.stdout)[0]["count"] == 2
    assert done.stderr == (
        f"colstats: {tmp_path}: not read, because their names do not say what they are: "
        "'part-0000'\n"
    )
