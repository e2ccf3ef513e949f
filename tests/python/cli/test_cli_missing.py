"""Columns that some files lack are refused by name, or count as nulls there."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import colstats as cs
from support.command_line import as_json, call, refusal

pytestmark = pytest.mark.thread_unsafe(reason="redirects standard output")

A = pa.table({"x": [1.0, 2.0], "y": [1, 2], "k": ["a", "b"]})
B = pa.table({"z": ["text"], "x": [6.0], "k": ["a"]})
#: Both, with nulls for what is missing.
BOTH = pa.concat_tables([A, B], promote_options="default")


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    pq.write_table(A, tmp_path / "a.parquet")
    pq.write_table(B, tmp_path / "b.parquet")
    return [tmp_path / "a.parquet", tmp_path / "b.parquet"]


def rows(*arguments: object) -> Any:
    done = call("--json", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def test_missing_columns_are_refused_by_name(paths: list[Path]) -> None:
    a, b = paths
    words = refusal(a, b)
    assert f"{b}: column 'y' is missing here, but {a} has it" in words
    assert "--missing null takes it as nulls, --columns selects other columns" in words
    words = refusal(b, a, "--columns", "x,y")
    assert f"{b}: no column 'y'" in words
    pq.write_table(A.drop(["y"]), a)
    assert f"{a}: column 'z' is missing here, but {b} has it" in refusal(a, b)
    assert rows(*paths, "--columns", "x") == as_json(cs.describe(BOTH, columns=["x"]))
    for more in (["--per", "2"], ["--per-chunk"], ["--by", "k"]):
        assert "is missing here" in refusal(*paths, *more)


def test_missing_columns_count_as_nulls(paths: list[Path]) -> None:
    assert rows(*paths, "--missing", "null") == as_json(cs.describe(BOTH))
    found = rows(*paths, "--missing", "null", "--columns", "z,y")
    assert found == as_json(cs.describe(BOTH, columns=["z", "y"]))
    windows = rows(*paths, "--missing", "null", "--per", 2)
    assert [part["columns"] for part in windows] == [
        as_json(cs.describe(BOTH.slice(0, 2))),
        as_json(cs.describe(BOTH.slice(2, 2))),
    ]
    assert rows(*paths, "--missing", "null", "--columns", "z") == found[:1]
    assert "no column 'w'" in refusal(*paths, "--missing", "null", "--columns", "w,x")


def test_files_without_rows_need_no_columns(paths: list[Path], tmp_path: Path) -> None:
    none = tmp_path / "none.parquet"
    pq.write_table(A.slice(0, 0).select(["x"]), none)
    for order in ([none, paths[0]], [paths[0], none]):
        assert rows(*order) == as_json(cs.describe(A))
    # A column that only they have is missing from all rows.
    pq.write_table(B.slice(0, 0), none)
    assert "column 'z' is missing here" in refusal(none, paths[0])
    assert "column 'z' is missing here" in refusal(paths[0], none)


def test_numbers_in_one_file_and_text_in_another_are_refused(tmp_path: Path) -> None:
    numbers, text = tmp_path / "a.parquet", tmp_path / "b.parquet"
    pq.write_table(pa.table({"x": [1.0], "s": ["a"]}), numbers)
    pq.write_table(pa.table({"x": ["one"], "s": ["b"]}), text)
    for order in ([numbers, text], [text, numbers]):
        for missing in ("refuse", "null"):
            words = refusal(*order, "--numeric-only", "--missing", missing)
            assert "column 'x' is " in words
    pq.write_table(pa.table({"x": [3.0]}), text)
    assert rows(numbers, text, "--numeric-only")[0]["mean"] == 2.0
