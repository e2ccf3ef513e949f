"""The drawings of docs/how-it-works are those that the code draws, and the pages show them all."""

import re
from xml.etree import ElementTree

import pytest
from scripts.drawings import FOLDER
from scripts.drawings.catalog import CATALOG
from scripts.drawings.svg import Drawing

SHOWN = re.compile(r"!\[(?P<says>[^\]]+)\]\(figures/(?P<name>[\w-]+)\.svg\)")
PAGES = sorted(FOLDER.parent.glob("*.md"))


@pytest.mark.parametrize("name", CATALOG)
def test_files_are_what_is_drawn(name: str) -> None:
    drawn = CATALOG[name]().render()
    assert (FOLDER / f"{name}.svg").read_text(encoding="utf-8") == drawn, "run `make drawings`"
    root = ElementTree.fromstring(drawn)
    assert root.attrib["role"] == "img"
    assert len(drawn) < 50_000


def test_each_drawing_is_shown_once_and_described() -> None:
    shown = [found for page in PAGES for found in SHOWN.finditer(page.read_text(encoding="utf-8"))]
    assert sorted(found["name"] for found in shown) == sorted(CATALOG)
    assert sorted(path.stem for path in FOLDER.iterdir()) == sorted(CATALOG)
    assert all(len(found["says"]) > 20 for found in shown)


def test_text_that_may_leave_a_drawing_is_refused() -> None:
    drawing = Drawing("A drawing", 100)
    drawing.text(10, 20, "inside")
    for place in ((540, 20), (-1, 20), (10, 99), (10, 5)):
        with pytest.raises(ValueError, match="may leave"):
            drawing.text(*place, "outside")
