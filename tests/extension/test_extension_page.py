"""The Python on docs/tutorials/extension.md runs as printed, with the example as it was built."""

from pathlib import Path

from support.pages import DOCS, run


def test_the_page(tmp_path: Path) -> None:
    page = DOCS / "tutorials" / "extension.md"
    run(page, tmp_path, by="tests/extension/test_extension_page.py")
