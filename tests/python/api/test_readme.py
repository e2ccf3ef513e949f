"""The README: its examples run and give what they state, and its figures are the measured ones."""

import ast
import re
from pathlib import Path

import pyarrow as pa
import pytest
from benches.cliffs.excerpt import excerpt
from benches.cliffs.results import Results

import colstats as cs

ROOT = Path(__file__).parents[3]


def test_times_are_the_measured_ones() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    results = Results.read(ROOT / "benches" / "cliffs" / "results" / "full")
    assert excerpt(results) in text
    cells = [cell for cell in results.cells if cell.peers]
    ahead = sum(cell.ratio >= 1 for cell in cells)
    assert f"{len(cells):,} kinds of data" in text
    assert f"the fastest in {ahead:,} of them ({ahead / len(cells):.0%};" in text


def test_no_answer_of_colstats_was_wrong() -> None:
    results = Results.read(ROOT / "benches" / "cliffs" / "results" / "full")
    assert len(results.cells) >= 1_500
    assert not results.header["wrong"]
    assert all(cell.errors["colstats"] == 0 for cell in results.cells)


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
    assert checked == 20


def test_the_printed_summary_is_current(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    table = pa.table({"price": [1.5, 2.5, None], "units": [3, 4, 5]})
    assert f">>> print(summary)\n{cs.describe(table)}\n" in text
