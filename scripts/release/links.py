"""Checks of the pages that PyPI and crates.io show: a link must work there, too."""

import re
from pathlib import Path

from scripts.release.report import Unready
from scripts.release.sources import tracked

PAGES = ["README.md", "README-crate.md"]
REPOSITORY = "https://github.com/colstats/colstats/"
RAW = "https://raw.githubusercontent.com/colstats/colstats/"
SITE = "https://colstats.github.io/colstats/"
LINK = re.compile(r'\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"\s]+)"')


def links(text: str) -> list[str]:
    """Return the targets of links and images outside of code."""
    prose = re.sub(r"^```.*?^```|`[^`\n]*`", "", text, flags=re.DOTALL | re.MULTILINE)
    return [target for pair in LINK.findall(prose) for target in pair if target]


def anchors(text: str) -> set[str]:
    """Return the anchors of the headings, as registries and GitHub make them."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def is_ours(target: str, files: set[str]) -> bool:
    """Say whether a link into our repository or site leads to a file that there is."""
    path = target.partition("#")[0]
    if path.startswith(SITE):
        page = path.removeprefix(SITE)
        names = {
            f"docs/{page.removesuffix('/')}.md",
            f"docs/{page}index.md",
            f"docs/{page}README.md",
        }
        return not page or (page.endswith("/") and bool(names & files))  # each page has a folder
    kind, _, inside = path.removeprefix(REPOSITORY).removesuffix("/").partition("/")
    if kind not in {"blob", "tree", "raw"}:
        return True  # issues, releases, and the like
    inside = inside.partition("/")[2]
    return inside in files or any(name.startswith(f"{inside}/") for name in files)


def broken(text: str, files: set[str]) -> list[str]:
    """Return the links of a page that would not work on a registry."""
    found = []
    for target in links(text):
        if target.startswith("#"):
            works = target[1:] in anchors(text)
        elif target.startswith((REPOSITORY, SITE)):
            works = is_ours(target, files)
        elif target.startswith(RAW):
            works = target.removeprefix(RAW).partition("/")[2] in files
        else:
            works = target.startswith("https://")
        if not works:
            found.append(target)
    return found


def check_links(root: Path) -> str:
    """Check that links are absolute, and that those to our own files lead somewhere."""
    files = {str(path.relative_to(root)) for path in tracked(root)}
    count = 0
    for page in PAGES:
        text = (root / page).read_text(encoding="utf-8")
        count += len(links(text))
        if bad := broken(text, files):
            remedy = f"make them absolute ({REPOSITORY}blob/main/... or {SITE}...)"
            raise Unready(f"{page} has links that fail elsewhere: {', '.join(bad[:5])}", remedy)
    return f"{count} in {' and '.join(PAGES)}, absolute; ours lead to files"
