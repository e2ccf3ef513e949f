"""The code of docs/guides/dataframes.md runs, and what it asserts is true."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[3] / "docs" / "guides" / "dataframes.md"


@pytest.mark.thread_unsafe(reason="prints to the output of the process")
def test_the_code_of_the_page_runs() -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    assert len(blocks) == 5
    assert sum(block.count("assert ") for block in blocks) > 10
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), names)
