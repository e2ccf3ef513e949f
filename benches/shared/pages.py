"""Where reports go: full runs to ``docs/measured``, a part of the site; quick runs stay local.

Both have the same form, a page beside a folder of figures, so that a page reads the same in either.
"""

from pathlib import Path

ROOT = Path(__file__).parents[2]
MEASURED = ROOT / "docs" / "measured"


def room(name: str, form: str = "full") -> Path:
    """The folder of a benchmark's page; that of a quick run is ignored by Git."""
    return MEASURED if form == "full" else ROOT / "benches" / name / form


def publish(name: str, text: str, form: str = "full") -> None:
    """Write the page of a benchmark."""
    folder = room(name, form)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.md").write_text(text, encoding="utf-8")


def run_it(target: str, takes: str = "") -> str:
    """Say how to measure again."""
    effort = f" ({takes})" if takes else ""
    return f"Run it yourself: `make {target}`{effort}; [how things are measured](index.md)."


def figure(name: str, drawing: str) -> str:
    """Where a page finds one of its figures."""
    return f"figures/{name}/{drawing}.svg"


def stem(name: str, drawing: str, form: str = "full") -> Path:
    """Where to draw it, without the suffix."""
    path = room(name, form) / figure(name, drawing)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.with_suffix("")
