"""The command line describes files as if they were one table in memory."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

import colstats as cs

Run = subprocess.CompletedProcess[str]


def run(*arguments: object, **options: Any) -> Run:
    command = [sys.executable, "-m", "colstats", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def table(rows: int = 10_000, seed: int = 1) -> pa.Table:
    rng = np.random.default_rng(seed)
    mask = rng.random(rows) < 0.1
    return pa.table(
        {
            "x": pa.array(rng.normal(size=rows) * 2.0 ** rng.integers(-60, 60, rows), mask=mask),
            "n": pa.array(rng.integers(-(2**62), 2**62, rows)),
            "when": pa.array(rng.integers(0, 2**50, rows), pa.timestamp("us", tz="UTC")),
            "name": pa.array([f"name {i % 7}" for i in range(rows)]),
        }
    )


def as_json(summary: cs.Summary) -> list[dict[str, Any]]:
    """Write what --json promises."""

    def value(value: Any) -> Any:
        return value if value is None or isinstance(value, float | int | str) else str(value)

    return [{key: value(v) for key, v in row.items()} for row in summary.to_list()]


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    paths = {kind: tmp_path / f"t.{kind}" for kind in ("parquet", "arrow", "arrows", "csv")}
    pq.write_table(table(), paths["parquet"], row_group_size=3000)
    pa.feather.write_feather(table(), paths["arrow"], chunksize=3000)
    with pa.ipc.new_stream(paths["arrows"], table().schema) as writer:
        writer.write_table(table(), max_chunksize=3000)
    pa.csv.write_csv(table().select(["x", "n", "name"]), paths["csv"])
    return paths


@pytest.mark.parametrize("kind", ["parquet", "arrow", "arrows"])
def test_json_is_what_describe_says(files: dict[str, Path], kind: str) -> None:
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
    assert [chunk["chunk"] for chunk in chunks] == [
        f"{files['parquet']}, chunk {i}" for i in range(4)
    ]
    for i, chunk in enumerate(chunks):
        part = table().select(["x"]).slice(3000 * i, 3000)
        assert chunk["columns"] == as_json(cs.describe(part))
    assert run("--per-chunk", files["parquet"]).stdout.count(", chunk ") == 4


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


def failure(*arguments: object) -> str:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("colstats: ")
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_failures_are_one_line(tmp_path: Path, files: dict[str, Path]) -> None:
    assert "no-such.parquet: no such file" in failure(tmp_path / "no-such.parquet")
    assert "*.nothing: no such file" in failure(tmp_path / "*.nothing")
    damaged = tmp_path / "damaged.parquet"
    damaged.write_bytes(files["parquet"].read_bytes()[:5000])
    assert "damaged.parquet: " in failure(damaged)
    damaged = tmp_path / "damaged.arrow"
    damaged.write_bytes(b"ARROW1 and nothing else")
    assert "damaged.arrow: " in failure(files["arrow"], damaged)
    unknown = tmp_path / "t.xlsx"
    unknown.touch()
    assert "files of kind '.xlsx' are not read" in failure(unknown)
    assert "no column 'z'; there are: x, n, when, name" in failure(files["arrow"], "--columns", "z")
    assert "--ddof must not be negative" in failure(files["arrow"], "--ddof=-1")
    assert "directory" in failure(tmp_path)
    double = tmp_path / "double.csv"
    double.write_text("a,b,a\n1,2,3\n")
    assert "double.csv: 2 columns are called 'a'" in failure(double)
    empty = tmp_path / "empty.csv"
    empty.touch()
    assert "empty.csv: " in failure(empty)


def test_types_that_differ_are_named(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": [1.0]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"x": ["one"]}), tmp_path / "b.parquet")
    words = failure(tmp_path / "a.parquet", tmp_path / "b.parquet")
    assert "b.parquet: column 'x' is string here, but float64 before" in words


def test_a_closed_pipe_is_quiet(files: dict[str, Path]) -> None:
    command = f"'{sys.executable}' -m colstats --per-chunk '{files['parquet']}' | head -c 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_ctrl_c_exits_with_130(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(table(200_000), path)
    command = [sys.executable, "-m", "colstats", *[str(path)] * 2000]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (130, "", "")


def test_help_and_version() -> None:
    assert run("--version").stdout == f"colstats {cs.__version__}\n"
    nothing = run()
    assert nothing.returncode == 2
    assert "--per-chunk" in nothing.stdout
