"""The check of the built site notices what is wrong with it."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "scripts" / "check-site.py"

HOME = """
    <link rel="stylesheet" href="style.css"><link rel="canonical" href="https://example.org/">
    <a class="md-nav__link" href="a/page.html">a</a>
    <a class="md-nav__link" href="#top">top</a> <a href="https://example.org">elsewhere</a>
"""
PAGE = """
    <h1 id="a">A</h1> <a href="#a">here</a> <a href="../index.html">home</a>
    <a href="../#top">top</a>
    <code>```json</code> <pre><code># [a](b)</code></pre>
    <img src="picture.svg" alt="A picture"> <a href="mailto:someone@example.org">someone</a>
"""

#: What is added to a page, and the complaint.
WRONG = {
    '<a href="gone.html">': "gone.html does not exist",
    '<a href="../../outside.html">': "outside.html does not exist",
    '<a href="#gone">': "#gone: a/page.html has no such anchor",
    '<a href="../index.html#gone">': "index.html has no such anchor",
    '<a href="/a/page.html">': "/a/page.html is an absolute path",
    '<img src="gone.svg" alt="A picture">': "gone.svg does not exist",
    '<img src="picture.svg">': "the image picture.svg has no text",
    '<img src="https://example.org/i.svg" alt="A picture">': "asks another host",
    '<img srcset="gone.svg 2x" src="picture.svg" alt="A picture">': "gone.svg does not exist",
    '<script src="//example.org/s.js"></script>': "asks another host",
    '<link rel="stylesheet" href="https://example.org/s.css">': "asks another host",
    '<link rel="preconnect" href="https://example.org">': "asks another host",
    '<p style="background: url(https://example.org/i.png)">': "asks another host",
    '<h2 id="a">again</h2>': "the anchor #a is there twice",
    '<p>```json put {"by": []}</p>': "raw markup: ```json put",
    "<p>[a page](page.html)</p>": "raw markup: [a page](page.html)",
}


def check(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, SCRIPT, folder], capture_output=True, text=True, check=False
    )


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "outside.html").touch()
    site = tmp_path / "site"
    (site / "a").mkdir(parents=True)
    (site / "index.html").write_text(f'<p id="top">{HOME}')
    (site / "a" / "page.html").write_text(PAGE)
    (site / "a" / "picture.svg").write_text("<svg/>")
    (site / "style.css").write_text("p { background: url(a/picture.svg) }")
    return site


def test_a_good_site_passes(site: Path) -> None:
    done = check(site)
    assert (done.returncode, done.stdout) == (0, "2 pages, 9 references, 0 problems\n")


@pytest.mark.parametrize("addition", WRONG)
def test_wrong_pages_are_noticed(site: Path, addition: str) -> None:
    (site / "a" / "page.html").write_text(PAGE + addition)
    done = check(site)
    assert done.returncode == 1
    assert "a/page.html: " in done.stdout
    assert WRONG[addition] in done.stdout
    assert done.stdout.endswith(" 1 problems\n")


def test_wrong_styles_are_noticed(site: Path) -> None:
    (site / "style.css").write_text("@import 'https://example.org/s.css'; p { src: url(f.woff) }")
    done = check(site)
    assert done.returncode == 1
    assert "style.css: asks another host for https://example.org/s.css" in done.stdout
    assert "style.css: f.woff does not exist" in done.stdout


def test_pages_outside_the_navigation_are_noticed(site: Path) -> None:
    (site / "other.html").write_text(PAGE.replace("../", "").replace("picture", "a/picture"))
    done = check(site)
    assert done.returncode == 1
    assert "other.html: is 0 times in the navigation" in done.stdout


def test_an_empty_folder_is_no_site(tmp_path: Path) -> None:
    assert check(tmp_path).returncode == 1
