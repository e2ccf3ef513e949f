"""The options of the command line: each gives what the library gives for the same table."""

import importlib
import json
import os
import tomllib
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import colstats as cs
from colstats.cli import main
from support.command_line import as_json, call, refusal, run, table, written

pytestmark = pytest.mark.thread_unsafe(reason="redirects standard output")


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    return written(tmp_path)


def flat(summary: cs.Summary, **place: Any) -> list[dict[str, Any]]:
    return [place | row for row in as_json(summary)]


def lines(*arguments: object) -> list[Any]:
    done = call("--format", "ndjson", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("by", ["name", "name,n"])
@pytest.mark.parametrize("kind", ["parquet", "arrows"])
def test_groups(files: dict[str, Path], by: str, kind: str) -> None:
    # With `n`, there are more groups than are merged at a time, and more than one merge.
    expected = cs.describe(table(), by=by.split(","))
    assert lines(files[kind], "--by", by) == as_json(expected)
    assert json.loads(call("--json", "--by", by, files[kind]).stdout) == as_json(expected)


def test_groups_of_selected_columns_of_several_files(tmp_path: Path) -> None:
    parts = [table(3000, seed) for seed in range(3)]
    paths = [tmp_path / f"{i}.parquet" for i in range(3)]
    for part, path in zip(parts, paths, strict=True):
        pq.write_table(part, path)
    whole = pa.concat_tables(parts)
    found = lines(*paths, "--by", "name", "--columns", "n,x", "--ddof", 1, "--threads", 1)
    assert found == as_json(cs.describe(whole, by="name", columns=["n", "x"], ddof=1))
    found = lines(*paths, "--by", "name", "--columns", "name,x")
    assert [row["name"] for row in found[:2]] == ["name", "x"]
    assert found[0]["name_key"] == "name 0"


@pytest.mark.parametrize("length", [1, 999, 1000, 3000, 7000, 10**30])
def test_windows_run_across_batches_and_files(tmp_path: Path, length: int) -> None:
    whole = table(3500).select(["x", "n"])
    sizes, paths, start = (0, 1200, 1, 2299), [], 0
    for i, size in enumerate(sizes):
        paths.append(tmp_path / f"{i}.parquet")
        pq.write_table(whole.slice(start, size), paths[-1], row_group_size=500)
        start += size
    if length == 1:
        whole, paths = whole.slice(0, 1201), paths[:3]
    expected = []
    for window, first in enumerate(range(0, whole.num_rows, length)):
        part = whole.slice(first, min(length, whole.num_rows))
        place = {"window": window, "first_row": first, "rows": part.num_rows}
        expected += flat(cs.describe(part), **place)
    assert lines(*paths, "--per", length) == expected


def test_windows_in_every_format(files: dict[str, Path]) -> None:
    whole = table().select(["x"])
    nested = json.loads(call("--json", "--per", 4000, "--columns", "x", files["arrow"]).stdout)
    assert [(part["window"], part["first_row"], part["rows"]) for part in nested] == [
        (0, 0, 4000),
        (1, 4000, 4000),
        (2, 8000, 2000),
    ]
    assert nested[1]["columns"] == as_json(cs.describe(whole.slice(4000, 4000)))
    shown = call("--per", 4000, "--columns", "x", files["arrow"]).stdout
    assert shown.startswith("window 0: rows 0 to 3,999\nname ")
    assert "\n\nwindow 2: rows 8,000 to 9,999\nname " in shown
    for name, head in {"csv": "window,first_row,rows,name", "markdown": "| window | first"}.items():
        out = call("--per", 4000, "--format", name, files["arrow"]).stdout
        assert out.startswith(head)
    none = pa.table({"x": pa.array([], pa.int8())})
    pq.write_table(none, files["parquet"])
    assert lines("--per", 5, files["parquet"]) == flat(
        cs.describe(none), window=0, first_row=0, rows=0
    )


def test_skip_nans_numeric_only_and_threads(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    data = pa.table({"x": [1.0, float("nan"), 3.0], "s": ["a", "b", None], "n": [1, None, 3]})
    pq.write_table(data, path)
    assert lines(path, "--skip-nans", "--threads", 2) == as_json(cs.describe(data, skip_nans=True))
    assert lines(path, "--numeric-only") == as_json(cs.describe(data, numeric_only=True))
    assert lines(path, "--numeric-only", "--by", "s") == as_json(
        cs.describe(data, numeric_only=True, by="s")
    )


def test_names_are_written_as_in_csv(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    names = ["a,b", 'say "hi"', "", " c", "d\ne"]
    pq.write_table(pa.table({name: [1.5] for name in names}), path)
    asked = '"d\ne"," c","","say ""hi""","a,b"'.replace('" c"', " c")
    assert [row["name"] for row in lines(path, "--columns", asked)] == names[::-1]
    assert "--columns names 'x' twice" in refusal(path, "--columns", "x,y,x")
    assert "--columns names no column" in refusal(path, "--columns", "")
    assert "is not a list of names as in CSV" in refusal(path, "--by", '"a')


def test_columns_that_cannot_be_read_do_not_fail_the_others(tmp_path: Path) -> None:
    kinds, values = pa.array([0, 1, 0], pa.int8()), [pa.array([1, 2, 3]), pa.array(["a", "b", "c"])]
    union = pa.UnionArray.from_sparse(kinds, values)
    data = pa.table({"k": [1, 1, 2], "u": union, "x": [1.5, None, 2.5], "l": [[1], None, [2]]})
    path = tmp_path / "t.arrows"
    with pa.ipc.new_stream(path, data.schema) as writer:
        writer.write_table(data, max_chunksize=2)
    nothing = dict.fromkeys(("count", "nulls", "nans", "mean", "stddev", "min", "max"))
    found = {row["name"]: row for row in lines(path, path)}
    assert found["u"] == {"name": "u", "type": "union", **nothing}
    assert (found["x"]["count"], found["l"]["nulls"]) == (4, 2)
    assert list(found) == data.column_names
    assert lines(path) == as_json(cs.describe(data))
    assert lines(path, "--by", "k") == as_json(cs.describe(data, by="k"))
    assert lines(path, "--per", 1)[1] == {"window": 0, "first_row": 0, "rows": 1} | found["u"]
    assert [row["name"] for row in lines(path, "--numeric-only")] == ["k", "x"]
    # A file in which it can be read has another type.
    other = tmp_path / "b.arrows"
    with pa.ipc.new_stream(other, data.set_column(1, "u", [[1, 2, 3]]).schema) as writer:
        writer.write_table(data.set_column(1, "u", [[1, 2, 3]]))
    assert "b.arrows: column 'u' is int64 here, but union in an earlier file" in refusal(
        path, other
    )


def test_refusals_speak_of_options(files: dict[str, Path], tmp_path: Path) -> None:
    path = files["parquet"]
    assert "no column 'nam'; did you mean 'name'? there are: 'x', 'n'" in refusal(
        path, "--columns", "nam"
    )
    assert "no column 'nam'; did you mean 'name'?" in refusal(path, "--by", "nam")
    assert "--by and --per cannot be combined" in refusal(path, "--by", "name", "--per", 5)
    for wrong in ("0", "-1", "chunks", "1.5", "\u0661"):
        assert "--per takes a number of rows of at least 1, or 'chunk'" in refusal(
            path, "--per", wrong
        )
    assert "--threads takes a whole number from 1 to 1024, not '0'" in refusal(path, "--threads", 0)
    words = refusal(path, "--by", "name,x,n,when")
    assert "there are no columns to describe but the keys 'name', 'x', 'n', 'when'" in words
    assert "no FILE is given; see colstats --help" in refusal("--per", 5)
    assert "--format: invalid choice: 'xml'" in refusal(path, "--format", "xml")
    assert "unrecognized arguments: --col; see" in refusal(path, "--col")
    words = refusal(path, "--colums", "x", "--by", "name")
    assert "unrecognized arguments: --colums x (did you mean --columns?); see" in words
    lists = tmp_path / "lists.parquet"
    pq.write_table(pa.table({"l": [[1]], "x_state": ["a"], "x": [1]}), lists)
    assert 'column "l": cannot group by list values' in refusal(lists, "--by", "l")
    words = refusal(lists, "--by", "x_state")
    assert "choose other columns with --columns" in words
    assert "columns=" not in words


def test_help_reads_well() -> None:
    shown = run("--help", env=os.environ | {"COLUMNS": "100"}).stdout
    for words in ("usage: colstats [options] FILE...", "--by A,B", "--per N|chunk", "exit codes:"):
        assert words in shown
    assert max(map(len, shown.splitlines())) <= 100


def test_the_console_script_is_the_command_line() -> None:
    root = Path(__file__).parents[3]
    scripts = tomllib.loads((root / "pyproject.toml").read_text())["project"]["scripts"]
    module, _, function = scripts["colstats"].partition(":")
    assert getattr(importlib.import_module(module), function) is main
