"""The drawings of the documentation are those that the code draws, and the pages show them all."""

import re
from xml.etree import ElementTree

import pytest
from scripts.drawings import DOCS
from scripts.drawings.catalog import CATALOG
from scripts.drawings.svg import Drawing

SHOWN = re.compile(r"!\[(?P<says>[^\]]+)\]\((?P<path>[\w./-]+\.svg)\)")
ROOMS = {(DOCS / name).parent for name in CATALOG}


@pytest.mark.parametrize("name", CATALOG)
def test_files_are_what_is_drawn(name: str) -> None:
    drawn = CATALOG[name]().render()
    assert (DOCS / name).read_text(encoding="utf-8") == drawn, "run `make drawings`"
    root = ElementTree.fromstring(drawn)
    assert root.attrib["role"] == "img"
    assert len(drawn) < 50_000


def test_each_drawing_is_shown_and_described() -> None:
    shown = {
        (page.parent / found["path"]).resolve(): found["says"]
        for page in DOCS.rglob("*.md")
        for found in SHOWN.finditer(page.read_text(encoding="utf-8"))
    }
    drawn = {DOCS / name for name in CATALOG}
    assert drawn <= shown.keys()
    assert {path for room in ROOMS for path in room.glob("*.svg")} == drawn
    assert all(len(shown[path]) > 20 for path in drawn)


def test_text_that_may_leave_a_drawing_is_refused() -> None:
    drawing = Drawing("A drawing", 100)
    drawing.text(10, 20, "inside")
    for place in ((540, 20), (-1, 20), (10, 99), (10, 5)):
        with pytest.raises(ValueError, match="may leave"):
            drawing.text(*place, "outside")
