"""Check the built site: every link leads somewhere, and no page asks another host for anything.

``python scripts/check-site.py target/site`` reads each page as a browser would, offline. Zensical's
strict mode checks links between pages as they are written; this checks what came out: files and
anchors behind every `href` and `src`, links that the theme and the reference have made, text for
every image, no markup that was left as it is, and that the navigation has each page once. Other
hosts may be linked, and are not asked; scripts, styles, fonts and images must be part of the site.
"""

import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

#: What a browser fetches by itself, by element: the attribute that names it.
FETCHED = {"script": "src", "img": "src", "source": "src", "iframe": "src", "object": "data"}
#: `rel` of links that are followed by nobody, or on a click only.
NAMES_ONLY = {"canonical", "prev", "next", "edit", "alternate", "search"}
EXTERNAL = re.compile(r"^(https?:)?//")
#: Markdown that a reader should not see, and elements in which it may be shown.
RAW = re.compile(r"```|\]\(|^#{1,6} |<!--")
QUOTED = {"code", "pre", "script", "style", "title"}
IN_STYLES = re.compile(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)")


@dataclass
class Page(HTMLParser):
    """A page: what it fetches, what it links to, and the anchors that it has."""

    path: Path
    fetched: list[str] = field(default_factory=list)
    linked: list[str] = field(default_factory=list)
    navigation: list[str] = field(default_factory=list)
    anchors: Counter[str] = field(default_factory=Counter)
    images_without_text: list[str] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)
    quotes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Read the page."""
        super().__init__()
        self.feed(self.path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Note what an element refers to."""
        named = {name: value or "" for name, value in attributes}
        if tag in QUOTED:
            self.quotes.append(tag)
        if anchor := named.get("id") or (tag == "a" and named.get("name")):
            self.anchors[anchor] += 1
        if tag == "a" and "href" in named:
            self.linked.append(named["href"])
            if "md-nav__link" in named.get("class", "") and not named["href"].startswith("#"):
                self.navigation.append(named["href"])
        elif tag == "link" and not NAMES_ONLY & set(named.get("rel", "").split()):
            self.fetched.append(named.get("href", ""))
        elif attribute := FETCHED.get(tag):
            self.fetched += [named[attribute]] if attribute in named else []
        if tag == "img" and not named.get("alt"):
            self.images_without_text.append(named.get("src", ""))
        self.fetched += [part.split()[0] for part in named.get("srcset", "").split(",") if part]
        self.fetched += _in_styles(named.get("style", ""))

    def handle_endtag(self, tag: str) -> None:
        """Note the end of what may quote markup."""
        if tag in self.quotes:
            self.quotes.remove(tag)

    def handle_data(self, text: str) -> None:
        """Note markup that was not understood."""
        if not self.quotes and RAW.search(text.strip()):
            self.raw.append(text.strip()[:40])


def _in_styles(text: str) -> list[str]:
    return [a or b for a, b in IN_STYLES.findall(text) if not (a or b).startswith("data:")]


def _file(page: Path, path: str) -> Path:
    """Return the file that a path on a page leads to; a folder has a page of its own."""
    file = (page.parent / unquote(path)).resolve() if path else page
    return file / "index.html" if file.is_dir() else file


class Site:
    """The pages of a built site, and what is wrong with them."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.pages = {path: Page(path) for path in sorted(self.root.rglob("*.html"))}
        if self.root / "index.html" not in self.pages:
            sys.exit(f"{root} has no first page: build the site first (make docs)")

    def problems(self) -> Iterator[str]:
        """Say what is wrong, with the page."""
        for page in self.pages.values():
            if page.path.name != "404.html":  # its paths are those of the server
                yield from (f"{self._name(page.path)}: {what}" for what in self._of_page(page))
        for style in self.root.rglob("*.css"):
            for target in _in_styles(style.read_text(encoding="utf-8")):
                if what := self._missing(style, target, fetched=True):
                    yield f"{self._name(style)}: {what}"
        yield from self._navigation()

    def _name(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()

    def _of_page(self, page: Page) -> Iterator[str]:
        for targets, fetched in ((page.fetched, True), (page.linked, False)):
            yield from filter(None, (self._missing(page.path, it, fetched) for it in targets))
        yield from (f"raw markup: {it}" for it in page.raw)
        yield from (f"the image {source} has no text" for source in page.images_without_text)
        yield from (f"the anchor #{it} is there twice" for it, n in page.anchors.items() if n > 1)

    def _missing(self, path: Path, target: str, fetched: bool) -> str | None:
        """Say what is wrong with a reference on a page, if anything is."""
        if EXTERNAL.match(target):
            return f"asks another host for {target}" if fetched else None
        parts = urlsplit(target)
        if parts.scheme in ("mailto", "data", "javascript"):
            return None
        if parts.path.startswith("/"):
            return f"{target} is an absolute path"
        file = _file(path, parts.path)
        if not file.is_file() or not file.is_relative_to(self.root):
            return f"{target} does not exist"
        page = self.pages.get(file)
        if page and parts.fragment and unquote(parts.fragment) not in page.anchors:
            return f"{target}: {self._name(file)} has no such anchor"
        return None

    def _navigation(self) -> Iterator[str]:
        """Say which pages the navigation lacks, or has twice."""
        home = self.pages[self.root / "index.html"]
        found = Counter(_file(home.path, urlsplit(it).path) for it in set(home.navigation))
        for path in self.pages:
            if path.name != "404.html" and path != home.path and found[path] != 1:
                yield f"{self._name(path)}: is {found[path]} times in the navigation (mkdocs.yml)"


def main() -> None:
    """Check the site in the folder given, and exit with 1 if anything is wrong."""
    site = Site(Path(sys.argv[1]))
    problems = list(site.problems())
    for problem in problems:
        print(problem)
    references = sum(len(page.fetched) + len(page.linked) for page in site.pages.values())
    print(f"{len(site.pages)} pages, {references:,} references, {len(problems)} problems")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
