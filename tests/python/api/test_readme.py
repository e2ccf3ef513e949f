"""The README: its examples give what they state, and its figures are those of the first page."""

import ast
import re
from pathlib import Path

import pyarrow as pa
import pytest
from benches.cliffs.results import HERE, Results

import colstats as cs

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
#: Its figures are compared with the measured ones in `pages/test_first_page.py`.
FIRST_PAGE = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")


def table(head: str, text: str) -> str:
    """Return the table whose head begins so."""
    start = text.index(f"| {head} |")
    return text[start : text.index("\n\n", start)]


@pytest.mark.parametrize("head", ["mean", "error in ulp", "ns a value"])
def test_tables_are_those_of_the_first_page(head: str) -> None:
    assert table(head, TEXT) == table(head, FIRST_PAGE)


def test_what_is_said_of_them_is_said_there() -> None:
    sentence = FIRST_PAGE[FIRST_PAGE.index("Of 1,598 kinds") :].split("\n\n")[0]
    assert sentence in TEXT


def test_no_answer_of_colstats_was_wrong() -> None:
    results = Results.read(HERE / "full")
    assert len(results.cells) >= 1_500
    assert not results.header["wrong"]
    assert all(cell.errors["colstats"] == 0 for cell in results.cells)


def test_examples_give_what_they_state() -> None:
    names: dict[str, object] = {}
    checked = 0
    for block in re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL):
        for line in filter(None, block.split("\n")):
            code, _, comment = line.partition("  # ")
            exec(code, names)
            try:
                expected = ast.literal_eval(comment.partition(";")[0])
            except (SyntaxError, ValueError):
                continue  # prose, not a value
            assert eval(code, names) == expected, line
            checked += 1
    assert checked == 4


def test_the_printed_summary_is_current(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    data = pa.table({"price": [1.5, 2.5, None], "units": [3, 4, 5]})
    assert f">>> print(summary)\n{cs.describe(data)}\n" in TEXT
