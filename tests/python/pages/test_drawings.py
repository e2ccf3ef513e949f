"""The drawings of the documentation are those that the code draws, and the pages show them all."""

import re
from xml.etree import ElementTree

import pytest
from scripts.drawings import DOCS
from scripts.drawings.catalog import CATALOG
from scripts.drawings.svg import TONES, Drawing

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


def luminance(color: str) -> float:
    """The relative luminance of a colour, as WCAG defines it."""
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize(("scheme", "page"), [(0, "#ffffff"), (1, "#1e2129")])
def test_every_tone_can_be_read_on_light_and_dark_pages(scheme: int, page: str) -> None:
    for tone, colors in TONES.items():
        low, high = sorted(map(luminance, (colors[scheme], page)))
        assert (high + 0.05) / (low + 0.05) >= 4.5, tone


def test_pictures_are_small() -> None:
    pictures = [*DOCS.rglob("*.svg"), *DOCS.rglob("*.png")]
    assert len(pictures) > len(CATALOG)
    assert not [path for path in pictures if path.stat().st_size >= 200_000]
