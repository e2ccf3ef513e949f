"""docs/tutorials/extension.md quotes the sources of examples/extension, whole and in order.

`make test-extension` builds the example; tests/extension runs the Python of the page.
"""

import pytest

from support.pages import DOCS, ROOT, blocks

PAGE = DOCS / "tutorials" / "extension.md"
EXAMPLE = ROOT / "examples" / "extension"
MARK = ("run by", "tests/python/pages/test_quoted_extension.py")


def lines(text: str) -> list[str]:
    """Return the lines that are not blank."""
    return [line for line in text.splitlines() if line.strip()]


def quoted(language: str) -> list[list[str]]:
    """Return the lines of each block that is quoted."""
    found = blocks(PAGE.read_text(encoding="utf-8"))
    return [lines(b.code) for b in found if b.language == language and b.mark == MARK]


def test_the_source_is_quoted_whole() -> None:
    source = lines((EXAMPLE / "src" / "lib.rs").read_text(encoding="utf-8"))
    assert [line for block in quoted("rust") for line in block] == source


@pytest.mark.parametrize(("block", "file"), [(0, "Cargo.toml"), (1, "pyproject.toml")])
def test_the_end_of_each_manifest_is_quoted(block: int, file: str) -> None:
    manifest = lines((EXAMPLE / file).read_text(encoding="utf-8"))
    found = quoted("toml")
    assert len(found) == 2
    assert found[block] == manifest[-len(found[block]) :]
