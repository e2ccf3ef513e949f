"""The code on each page of the documentation runs, and does what the page says."""

import re
from pathlib import Path

import pytest

from support import stand_ins
from support.pages import DOCS, blocks, run

PAGES = sorted(DOCS.rglob("*.md"))

pytestmark = pytest.mark.thread_unsafe(reason="changes the folder and the output of the process")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_page(page: Path, tmp_path: Path) -> None:
    code = "".join(b.code for b in blocks(page.read_text(encoding="utf-8")) if not b.mark)
    for library in stand_ins.STABLE_ABI_ONLY:
        if re.search(rf"\b{library}\b", code) and not stand_ins.has(library):
            pytest.skip(f"{library} has no wheel for a free-threaded CPython")
    run(page, tmp_path)


def test_there_are_pages_with_code() -> None:
    assert sum(bool(blocks(page.read_text(encoding="utf-8"))) for page in PAGES) >= 3
