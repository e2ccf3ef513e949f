"""The code of docs/tutorials/engines.md runs as printed, what it asks of the engines included."""

from pathlib import Path

import pytest

from support.pages import DOCS, run

PAGE = DOCS / "tutorials" / "engines.md"


@pytest.mark.usefixtures("spark", "ray")
def test_the_page(tmp_path: Path) -> None:
    run(PAGE, tmp_path)  # which writes the files
    run(PAGE, tmp_path, by="tests/engines/test_engines_page.py")
