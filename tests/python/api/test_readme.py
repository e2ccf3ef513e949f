"""The README: its examples run and give what they state, and its figures are the measured ones."""

import ast
import json
import re
from pathlib import Path

import pyarrow as pa
import pytest

import colstats as cs

ROOT = Path(__file__).parents[3]
RESULTS = ROOT / "benches" / "peers" / "results" / "full.json"
ROW = re.compile(r"^\| (mean|stddev) of 2\^(\d+) \| (.*) \|$", re.MULTILINE)


def quoted() -> tuple[list[str], list[tuple[str, int, list[float]]]]:
    """Return the libraries and the rows of the table of times."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    head = re.search(r"^\| ns a value \| (.*) \|$", text, re.MULTILINE)
    assert head is not None
    rows = [
        (statistic, 2 ** int(power), [float(cell.strip("*")) for cell in cells.split(" | ")])
        for statistic, power, cells in ROW.findall(text)
    ]
    return head[1].split(" | "), rows


def test_times_are_the_measured_ones() -> None:
    cells = json.loads(RESULTS.read_text(encoding="utf-8"))["cells"]
    names, rows = quoted()
    assert len(rows) == 8
    for statistic, size, times in rows:
        cell = next(
            cell
            for cell in cells
            if (cell["statistic"], cell["rows"], cell["family"]) == (statistic, size, "size")
        )
        assert len(times) == len(names)
        for name, time in zip(names, times, strict=True):
            measured = cell["results"][name]["ns_median"]
            assert abs(time - measured) <= 0.006 * measured, (statistic, size, name)


def test_every_answer_of_colstats_was_exact() -> None:
    cells = json.loads(RESULTS.read_text(encoding="utf-8"))["cells"]
    assert len(cells) >= 50
    assert all(cell["results"]["colstats"]["correct"] for cell in cells)


def test_examples_give_what_they_state() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    names: dict[str, object] = {}
    checked = 0
    for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        for line in filter(None, block.split("\n")):
            code, _, comment = line.partition("  # ")
            exec(code, names)
            try:
                expected = ast.literal_eval(comment.partition(";")[0])
            except (SyntaxError, ValueError):
                continue  # prose, not a value
            assert eval(code, names) == expected, line
            checked += 1
    assert checked == 15


def test_the_printed_summary_is_current(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    table = pa.table({"price": [1.5, 2.5, None], "units": [3, 4, 5]})
    assert f">>> print(summary)\n{cs.describe(table)}\n" in text
