"""The formats of the command line: other tools read from them exactly what was computed."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import colstats as cs
from support import stand_ins
from support.command_line import call, refusal, run

pytestmark = pytest.mark.thread_unsafe(reason="redirects standard output")

NAMES = ["plain", "a|b", 'say "hi", you', "two\nlines", "*_`<b>&", "__init__", "snake_case", "数据"]


@pytest.fixture
def awkward(tmp_path: Path) -> tuple[Path, pa.Table]:
    """Write a table with names that formats must quote, and values that they must not round."""
    columns: dict[str, Any] = {name: [1 / 3, 1 / 7, None] for name in NAMES}
    columns |= {
        "id": [2**63 - 1, 2**63 - 2, None],
        "cost": [Decimal("1234567890123456.78"), None, Decimal("0.01")],
        "at": pa.array([0, 1, 10**15 + 1], pa.timestamp("us", tz="Europe/Berlin")),
        "inf": [float("inf"), 1.0, None],
        "key": ["", None, "a,b|c"],
    }
    data = pa.table(columns)
    path = tmp_path / "t.parquet"
    pq.write_table(data, path)
    return path, data


def text(value: Any) -> str:
    return "" if value is None else str(value)


@pytest.mark.parametrize("by", [[], ["--by", "key"]])
def test_csv_round_trips(awkward: tuple[Path, pa.Table], by: list[str]) -> None:
    path, data = awkward
    done = call("--format", "csv", path, *by)
    assert (done.returncode, done.stderr) == (0, "")
    rows = list(csv.DictReader(io.StringIO(done.stdout, newline="")))
    expected = cs.describe(data, by="key" if by else None).to_list()
    assert rows == [{key: text(value) for key, value in row.items()} for row in expected]
    frame = pd.read_csv(io.StringIO(done.stdout))
    means = [row["mean"] for row in expected if row["name"] == "plain" and row["count"]]
    plain = frame[(frame["name"] == "plain") & (frame["count"] > 0)]
    assert plain["mean"].astype(float).tolist() == means
    if by:  # an empty text and a null are told apart
        assert done.stdout.splitlines()[1].startswith('"",plain')
        assert any(line.startswith(",plain,float64,1,0") for line in done.stdout.splitlines())


@pytest.mark.skipif(not stand_ins.has("duckdb"), reason="there is no duckdb")
def test_duckdb_reads_csv(awkward: tuple[Path, pa.Table], tmp_path: Path) -> None:
    import duckdb  # noqa: PLC0415 - see above

    path, data = awkward
    saved = tmp_path / "out.csv"
    saved.write_text(call("--format", "csv", path).stdout)
    found = duckdb.sql(f"SELECT name, max FROM read_csv('{saved}', all_varchar = true)").fetchall()
    expected = cs.describe(data).to_list()
    assert found == [
        (row["name"], None if row["max"] is None else str(row["max"])) for row in expected
    ]


def test_ndjson_and_json_have_the_same_rows(awkward: tuple[Path, pa.Table]) -> None:
    path, data = awkward
    rows = [json.loads(line) for line in call("--format", "ndjson", path).stdout.splitlines()]
    assert rows == json.loads(call("--format", "json", path).stdout)
    by_name = {row["name"]: row for row in rows}
    assert by_name["plain"]["mean"] == cs.mean(data["plain"])
    assert by_name["id"]["max"] == 2**63 - 1
    assert by_name["cost"]["max"] == "1234567890123456.78"
    assert by_name["at"]["max"] == str(cs.max(data["at"]))
    assert (by_name["inf"]["max"], by_name["key"]["mean"]) == ("inf", None)


def test_markdown_escapes_what_is_markup(awkward: tuple[Path, pa.Table]) -> None:
    path, data = awkward
    head, rule, *lines = call("--format", "markdown", path).stdout.splitlines()
    assert head.count("|") == rule.count("|") == 10
    assert rule.split("|")[1].strip().strip("-") == ""
    assert rule.split("|")[-2].strip().endswith("-:")
    first = [re.split(" +[|] ", line)[0].removeprefix("| ") for line in lines]
    assert first[:8] == [
        "plain",
        r"a\|b",
        'say "hi", you',
        r"two\\nlines",
        r"\*\_\`\<b>\&",
        r"\_\_init\_\_",
        "snake_case",
        "数据",
    ]
    assert repr(1 / 3) in lines[0]
    assert len(lines) == data.num_columns


def test_a_narrow_terminal_says_what_it_leaves_out(
    awkward: tuple[Path, pa.Table], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, _ = awkward
    monkeypatch.setenv("COLUMNS", "60")
    narrow, wide = call(path).stdout, call(path, "--wide").stdout
    assert max(map(len, narrow.splitlines())) <= 60
    assert " ".join(narrow.splitlines()[-2:]).endswith(
        "(no room for type, min, max: see --wide, or --format csv)"
    )
    monkeypatch.delenv("COLUMNS")
    assert call(path).stdout == wide
    assert str(2**63 - 1) in wide


def test_what_an_encoding_lacks_is_escaped_or_refused(awkward: tuple[Path, pa.Table]) -> None:
    path, _ = awkward
    ascii_only = os.environ | {"PYTHONIOENCODING": "ascii"}
    assert r"\u6570\u636e" in run(path, env=ascii_only).stdout
    done = run(path, "--format", "csv", env=ascii_only)
    assert done.returncode == 2
    assert "cannot write '\\u6570' as ascii: set PYTHONIOENCODING=utf-8" in done.stderr
    assert run(path, "--format", "ndjson", env=ascii_only).returncode == 0


def test_many_windows_are_written_as_they_are_complete(tmp_path: Path) -> None:
    """The reader gets the first rows before the last are read, and may go away."""
    good, bad = tmp_path / "a.parquet", tmp_path / "b.parquet"
    pq.write_table(pa.table({"x": range(1000)}), good)
    bad.write_bytes(b"PAR1 and no more")
    done = call(good, bad, "--per", 100, "--format", "csv")
    assert done.returncode == 2
    assert len(done.stdout.splitlines()) == 10  # the header, and all windows but the last
    assert done.stderr.startswith(f"colstats: {bad}: ")
    # Where the output is one value, there is none.
    assert refusal(good, bad, "--per", 100, "--format", "json")
    command = f"'{sys.executable}' -m colstats --per 1 --format ndjson '{good}' | head -n 2"
    piped = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (len(piped.stdout.splitlines()), piped.stderr) == (2, "")
