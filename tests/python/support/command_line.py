"""Runs the command line in a process, and writes files for it."""

import io
import math
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet as pq

import colstats as cs
from colstats.cli import main

Run = subprocess.CompletedProcess[str]


def run(*arguments: object, **options: Any) -> Run:
    command = [sys.executable, "-m", "colstats", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def call(*arguments: object) -> Run:
    """Run the command line in this process, which is faster."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main([*map(str, arguments)])
    return subprocess.CompletedProcess([], code, out.getvalue(), err.getvalue())


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
    """Return the rows of a summary as --json writes them."""

    def value(value: Any) -> Any:
        if isinstance(value, float) and not math.isfinite(value):
            return str(value)
        return value if value is None or isinstance(value, float | int | str) else str(value)

    return [{key: value(v) for key, v in row.items()} for row in summary.to_list()]


def refusal(*arguments: object) -> str:
    """As `failure`, in this process."""
    return one_line(call(*arguments))


def failure(*arguments: object) -> str:
    return one_line(run(*arguments))


def one_line(done: Run) -> str:
    """Return the one line by which the command line refuses something."""
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("colstats: ")
    assert done.stderr.count("\n") == 1
    return done.stderr


def written(folder: Path) -> dict[str, Path]:
    """Write one table as a file of each kind."""
    paths = {kind: folder / f"t.{kind}" for kind in ("parquet", "arrow", "arrows", "csv")}
    pq.write_table(table(), paths["parquet"], row_group_size=3000)
    pa.feather.write_feather(table(), paths["arrow"], chunksize=3000)
    with pa.ipc.new_stream(paths["arrows"], table().schema) as writer:
        writer.write_table(table(), max_chunksize=3000)
    pa.csv.write_csv(table().select(["x", "n", "name"]), paths["csv"])
    return paths
