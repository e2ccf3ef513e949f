"""Open each page of the built site in Chromium: wide and narrow, light and dark.

``python scripts/look-at-site.py target/site`` writes a screenshot of each to target/looks, and
fails if a page is wider than its window, asks another host for something, has an error in its
scripts, or if the search does not find what it should: in pages that are served, and in
files if the site was made for that.
What a picture shows must be seen by a person; this only finds what a program can.
"""

import argparse
import functools
import http.server
import itertools
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, Request, ViewportSize, sync_playwright

WIDTHS = {"wide": 1280, "narrow": 390}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
#: What is further down on a page looks the same.
HEIGHT = 2_400
#: Milliseconds for a page or a picture, on a machine that does other things.
PATIENCE = 120_000
#: A word to search for, and a page that must be among the results.
SEARCHED = ("quantile", "reference/python/")
TOO_WIDE = """() => [...document.querySelectorAll("article *")].filter(e =>
    e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(
        ".md-typeset__scrollwrap, pre, .highlight, .md-typeset__table, .arithmatex") &&
    getComputedStyle(e.parentElement).overflowX != "auto"
).map(e => e.tagName + ": " + e.textContent.trim().slice(0, 60)).slice(0, 3)"""

DEAD_IMAGES = (
    "() => [...document.images].filter(i => i.complete && !i.naturalWidth).map(i => i.src)"
)


@contextmanager
def served(site: Path) -> Iterator[str]:
    """Serve the site on this machine."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def look(browser: Browser, base: str, names: list[str], folder: Path) -> Iterator[str]:
    """Take the pictures, and say what is wrong with pages."""
    for (kind, width), scheme in itertools.product(WIDTHS.items(), SCHEMES):
        size: ViewportSize = {"width": width, "height": HEIGHT}
        page = browser.new_page(viewport=size, color_scheme=scheme)
        page.set_default_timeout(PATIENCE)
        wrong: list[str] = []
        _listen(page, base, wrong)
        for name in names:
            page.goto(base + name, wait_until="load")
            wrong += [f"too wide: {what}" for what in page.evaluate(TOO_WIDE)]
            wrong += [f"no picture: {source}" for source in page.evaluate(DEAD_IMAGES)]
            picture = folder / f"{name.removesuffix('.html')}.{kind}.{scheme}.png"
            picture.parent.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=picture)
            yield from (f"{name} ({kind}, {scheme}): {what}" for what in wrong)
            wrong.clear()
        page.close()


def _listen(page: Page, base: str, wrong: list[str]) -> None:
    """Note what goes wrong on a page."""
    page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
    page.on("requestfailed", lambda request: wrong.extend(_failed(request)))
    page.on("request", lambda request: wrong.extend(_elsewhere(request.url, base)))


def _failed(request: Request) -> list[str]:
    """Say what failed; what a page was still asking for when it was left did not."""
    return [] if request.failure == "net::ERR_ABORTED" else [f"failed: {request.url}"]


def _elsewhere(url: str, base: str) -> list[str]:
    return [] if url.startswith((base, "data:", "blob:", "file:")) else [f"asks for {url}"]


def search(browser: Browser, base: str) -> Iterator[str]:
    """Search as a reader would, of files without a network, and say what is wrong."""
    word, wanted = SEARCHED
    page = browser.new_page(offline=base.startswith("file:"))
    page.goto(base + "index.html", wait_until="load")
    page.keyboard.press("/")
    page.keyboard.type(word, delay=30)
    try:
        # Results carry the word along, to highlight it; links of the page itself do not.
        result = f"a[href*='{wanted}'][href*='h={word}']:visible"
        page.wait_for_selector(result, timeout=PATIENCE)
    except Exception as missing:
        yield f"{base}: a search for {word} does not find {wanted}: {missing}"
    page.screenshot(path=Path("target/looks") / f"search.{base.partition(':')[0]}.png")
    page.close()


def main() -> None:
    """Look at the site, and exit with 1 if anything is wrong."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("site", type=Path)
    arguments.add_argument("pages", nargs="*", help="such as index.html; by default all")
    arguments.add_argument("--chromium", default="/usr/bin/chromium")
    given = arguments.parse_args()
    site, folder = given.site.resolve(), Path("target/looks")
    names = given.pages or [str(it.relative_to(site)) for it in sorted(site.rglob("*.html"))]
    names = [name for name in names if name != "404.html"]
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as play, served(site) as base:
        browser = play.chromium.launch(executable_path=given.chromium, args=["--no-sandbox"])
        problems = [*look(browser, base, names, folder)]
        problems += search(browser, base)
        if (site / "search.js").is_file():  # a site to be opened from files
            problems += search(browser, f"{site.as_uri()}/")
        browser.close()
    for problem in problems:
        print(problem)
    print(f"{len(names)} pages in {folder}, {len(problems)} problems")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
