"""What docs/how-it-works says of thresholds and widths is what the sources have."""

import re
from pathlib import Path

import pytest
from scripts.drawings import DOCS, paths

SOURCES = Path(__file__).parents[3] / "src"
#: A constant, its file and value, and what a page or a drawing says of it.
STATED = [
    ("SUM_BITS", "kernels/slices.rs", "43", "fast-paths.md", "43 bits finer"),
    ("SQUARE_BITS", "kernels/slices.rs", "24", "fast-paths.md", "narrower slices of 24 bits"),
    ("STEPS", "kernels/slices.rs", "128", "fast-paths.md", "to add 128 of them exactly"),
    ("SUM_STEPS", "kernels/slices.rs", "512", "fast-paths.md", "so 512 additions"),
    ("TRIAL_ROWS", "answers/question.rs", "1 << 9", "fast-paths.md", "the first 512 rows"),
    (
        "BRACKET_MIN_ROWS",
        "answers/question.rs",
        "1 << 8",
        "figures/attempts.svg",
        "from 256 values",
    ),
    (
        "SPREAD_MAX_LEN",
        "kernels/short/floats.rs",
        "1 << 11",
        "figures/attempts.svg",
        "2,048 values",
    ),
    ("CAPACITY", "kernels/buckets.rs", "1 << 21", "sum-is-an-integer.md", "2^21 values"),
    ("PART_ROWS", "run/pool.rs", "1 << 18", "merging.md", "parts of 2^18 values"),
]


@pytest.mark.parametrize(("name", "source", "value", "page", "words"), STATED)
def test_constants(name: str, source: str, value: str, page: str, words: str) -> None:
    text = (SOURCES / source).read_text(encoding="utf-8")
    assert re.search(rf"\bconst {name}: \w+ = {re.escape(value)};", text)
    said = (DOCS / "how-it-works" / page).read_text(encoding="utf-8")
    assert words in " ".join(said.split())


def test_slices_are_drawn_as_wide_as_they_are() -> None:
    text = (SOURCES / "kernels" / "slices.rs").read_text(encoding="utf-8")
    assert f"const SUM_BITS: i32 = {paths.SLICE};" in text


def test_sources_that_are_named_exist() -> None:
    for page in (DOCS / "how-it-works").glob("*.md"):
        for name in re.findall(r"`src/([\w/.]+)`", page.read_text(encoding="utf-8")):
            assert (SOURCES / name).exists(), f"{page.name}: {name}"
