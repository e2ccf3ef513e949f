"""The command line summarizes files like one table in memory."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

import colstats as cs
from support.command_line import as_json, run, table, written

pytestmark = pytest.mark.thread_unsafe(reason="starts processes and reads their terminal")


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    return written(tmp_path)


@pytest.mark.parametrize("kind", ["parquet", "arrow", "arrows"])
def test_json_equals_describe(files: dict[str, Path], kind: str) -> None:
    done = run("--json", files[kind])
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == as_json(cs.describe(table()))


def test_csv(files: dict[str, Path]) -> None:
    done = run("--json", files["csv"])
    assert (done.returncode, done.stderr) == (0, "")
    read = pa.csv.read_csv(files["csv"])
    assert json.loads(done.stdout) == as_json(cs.describe(read))


def test_table_columns_and_ddof(files: dict[str, Path]) -> None:
    environment = os.environ | {"COLUMNS": "200"}
    done = run(files["parquet"], "--columns", "n,x", "--ddof", "1", env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    os.environ["COLUMNS"] = "200"
    try:
        expected = str(cs.describe(table(), columns=["n", "x"], ddof=1))
    finally:
        del os.environ["COLUMNS"]
    assert done.stdout == expected + "\n"


def test_files_and_patterns_are_one_table(tmp_path: Path) -> None:
    parts = [table(1000, seed) for seed in range(3)]
    for i, part in enumerate(parts):
        pq.write_table(part, tmp_path / f"part-{i}.parquet")
    whole = as_json(cs.describe(pa.concat_tables(parts)))
    named = run("--json", *(tmp_path / f"part-{i}.parquet" for i in (2, 0, 1)))
    matched = run("--json", tmp_path / "part-*.parquet")
    assert json.loads(named.stdout) == json.loads(matched.stdout) == whole


def test_per_chunk(files: dict[str, Path]) -> None:
    done = run("--json", "--per-chunk", files["parquet"], "--columns", "x")
    chunks = json.loads(done.stdout)
    lengths = (3000, 3000, 3000, 1000)
    assert [list(chunk.items())[:-1] for chunk in chunks] == [
        [("file", str(files["parquet"])), ("chunk", i), ("first_row", 3000 * i), ("rows", rows)]
        for i, rows in enumerate(lengths)
    ]
    for i, chunk in enumerate(chunks):
        part = table().select(["x"]).slice(3000 * i, 3000)
        assert chunk["columns"] == as_json(cs.describe(part))
    shown = run("--per-chunk", files["parquet"]).stdout
    assert shown.count(", chunk ") == 4
    assert f"{files['parquet']}, chunk 3: rows 9,000 to 9,999\nname " in shown


@pytest.mark.parametrize("kind", ["parquet", "arrow", "arrows"])
def test_tables_without_rows(tmp_path: Path, kind: str) -> None:
    path, none = tmp_path / f"t.{kind}", table().slice(0, 0)
    if kind == "parquet":
        pq.write_table(none, path)
    elif kind == "arrow":
        pa.feather.write_feather(none, path)
    else:
        with pa.ipc.new_stream(path, none.schema) as writer:
            writer.write_table(none)
    assert json.loads(run("--json", path).stdout) == as_json(cs.describe(none))


def test_infinities_and_nans_are_text(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"x": [np.inf, 1.0], "y": [np.nan, 1.0]}), path)
    x, y = json.loads(run("--json", path).stdout)
    assert (x["mean"], x["stddev"], x["max"], y["mean"]) == ("inf", "nan", "inf", "nan")


def test_an_arrow_stream_from_standard_input(files: dict[str, Path]) -> None:
    def piped(data: bytes, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "colstats", "-", *arguments]
        return subprocess.run(command, input=data, capture_output=True, check=False)

    stream = files["arrows"].read_bytes()
    done = piped(stream, "--json")
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout) == as_json(cs.describe(table()))
    both = piped(stream, str(files["parquet"]), "--json")
    whole = pa.concat_tables([table(), table()])
    assert json.loads(both.stdout) == as_json(cs.describe(whole))
    for wrong in (b"", b"\xff\xff\xff\xff no stream at all", stream[: len(stream) // 2]):
        done = piped(wrong)
        assert (done.returncode, done.stdout) == (2, b"")
        assert done.stderr.startswith(b"colstats: <stdin>: ")
        assert done.stderr.count(b"\n") == 1
