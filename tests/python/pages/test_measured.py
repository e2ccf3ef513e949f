"""Every page of docs/measured says where it was measured and how to do so again."""

import re
from pathlib import Path

import pytest
from benches.shared.pages import MEASURED, ROOT

INDEX, COMPARISON = MEASURED / "index.md", MEASURED / "compare.md"
PAGES = sorted(set(MEASURED.glob("*.md")) - {INDEX, COMPARISON})
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_pages_name_the_machine_and_the_command(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert re.search(r"\b(EPYC|Xeon)\b", text)
    assert re.search(r"^Run it yourself: `make [\w-]+`", text, re.MULTILINE)
    assert "[how things are measured](index.md)" in text
    assert f"({page.name})" in INDEX.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", [INDEX, *PAGES], ids=lambda page: page.stem)
def test_commands_exist(page: Path) -> None:
    for target in re.findall(r"`make ([\w-]+)", page.read_text(encoding="utf-8")):
        assert re.search(rf"^{target}:.* ## ", MAKEFILE, re.MULTILINE), target


def test_figures_are_shown_and_fit_dark_pages() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    figures = sorted((MEASURED / "figures").rglob("*.svg"))
    assert len(figures) >= 11
    for figure in figures:
        assert f"({figure.relative_to(MEASURED).as_posix()})" in text
        assert "prefers-color-scheme:dark" in figure.read_text(encoding="utf-8")
