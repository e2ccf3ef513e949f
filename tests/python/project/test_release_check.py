"""The checks before a release: they pass on a repository that is ready, and fail on others.

Those that build are only given packages made here; `make release-check` runs them on real ones.
"""

import io
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest
from scripts.release import links, packages, report, sources, third_party
from scripts.release.report import Unready

ROOT = Path(__file__).parents[3]
FILES = {
    "Cargo.toml": '[workspace.package]\nversion = "1.2.3"\n[package]\nname = "colstats"\n'
    "version.workspace = true\n",
    "Cargo.lock": '[[package]]\nname = "colstats"\nversion = "1.2.3"\n'
    '[[package]]\nname = "colstats-dust"\nversion = "9.9.9"\nsource = "elsewhere"\n',
    "fuzz/Cargo.toml": '[package]\nname = "colstats-fuzz"\nversion = "0.0.0"\n',
    "CITATION.cff": "cff-version: 1.2.0\nversion: 1.2.3\ndate-released: 2026-05-01\nauthors:\n",
    "CHANGELOG.md": "# Changelog\n\nAll of them.\n\n## 1.2.3 - 2026-05-01\n\n* New.\n\n"
    "## 1.2.2 - 2026-04-01\n\n* Old.\n",
    "README.md": "# It\n\n[a](https://elsewhere.example) [b](#it) `[c](no-link)`\n",
    "README-crate.md": f"[d]({links.REPOSITORY}blob/main/CHANGELOG.md#it) [e]({links.SITE}how/)\n",
    "docs/how/index.md": "How: `pip install colstats==1.2.3`\n",
}


def git(root: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=x", "-c", "user.email=x@x.example", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)


@pytest.fixture
def ready(tmp_path: Path) -> Path:
    """Make a repository whose version 1.2.3 can be released."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "All")
    return tmp_path


def replace(root: Path, name: str, old: str, new: str) -> None:
    text = (root / name).read_text(encoding="utf-8")
    assert old in text
    (root / name).write_text(text.replace(old, new, 1), encoding="utf-8")


def test_what_is_ready_passes(ready: Path) -> None:
    assert sources.check_versions(ready) == "1.2.3, also in 3 other places"
    assert sources.check_changelog(ready) == "1.2.3 of 2026-05-01, 1 lines"
    assert links.check_links(ready).startswith("4 in README.md and README-crate.md")
    assert sources.check_tree(ready).startswith("clean at ")
    assert sources.check_tag(ready) == "v1.2.3 is free"
    git(ready, "tag", "v1.2.3")
    assert sources.check_tag(ready) == "v1.2.3 is HEAD"


@pytest.mark.parametrize(
    ("name", "old"),
    [
        ("Cargo.toml", "1.2.3"),
        ("Cargo.lock", "1.2.3"),
        ("CITATION.cff", "1.2.3"),
        ("docs/how/index.md", "1.2.3"),
        ("fuzz/Cargo.toml", "0.0.0"),
    ],
)
def test_another_version_anywhere_is_found(ready: Path, name: str, old: str) -> None:
    replace(ready, name, old, "1.2.4")
    with pytest.raises(Unready, match=r"but .* says 1\.2\.[34]") as caught:
        sources.check_versions(ready)
    assert name == "Cargo.toml" or name in str(caught.value)


@pytest.mark.parametrize(
    ("heading", "reason"),
    [
        ("Unreleased", "is headed `Unreleased`"),
        ("1.2.3", "is headed `1.2.3`"),
        ("1.2.4 - 2026-05-01", "is of 1.2.4, and Cargo.toml says 1.2.3"),
        ("1.2.3 - 2026-02-30", "2026-02-30 is not a day"),
        ("1.2.3 - 2026-05-01\n\n## 1.2.2", "the entry of 1.2.3 is empty"),
    ],
)
def test_the_changelog_has_this_version(ready: Path, heading: str, reason: str) -> None:
    replace(ready, "CHANGELOG.md", "1.2.3 - 2026-05-01", heading)
    with pytest.raises(Unready, match=reason) as caught:
        sources.check_changelog(ready)
    assert caught.value.remedy


def test_the_citation_has_the_date_of_the_changelog(ready: Path) -> None:
    replace(ready, "CITATION.cff", "2026-05-01", "2026-05-02")
    with pytest.raises(Unready, match="does not have the date of the changelog"):
        sources.check_citation(ready)


@pytest.mark.parametrize(
    "target",
    [
        "docs/how/index.md",
        "#nowhere",
        "http://elsewhere.example",
        f"{links.REPOSITORY}blob/main/docs/that.md",
        f"{links.SITE}that/",
        f"{links.SITE}how",
        f"{links.SITE}how.html",
        f"{links.RAW}main/docs/that.svg",
    ],
)
@pytest.mark.parametrize("form", ["[a]({})", '<img src="{}">'])
def test_links_that_fail_on_registries_are_found(ready: Path, target: str, form: str) -> None:
    replace(ready, "README.md", "# It", f"# It\n\n{form.format(target)}")
    with pytest.raises(Unready, match=r"README.md has links that fail elsewhere: "):
        links.check_links(ready)


def test_files_that_are_not_committed_are_found(ready: Path) -> None:
    (ready / "new").touch()
    with pytest.raises(Unready, match="1 files are not committed: new"):
        sources.check_tree(ready)


def test_a_tag_of_another_commit_is_found(ready: Path) -> None:
    git(ready, "tag", "v1.2.3")
    git(ready, "commit", "--quiet", "--allow-empty", "--message", "More")
    with pytest.raises(Unready, match=r"v1\.2\.3 is .*, and HEAD is "):
        sources.check_tag(ready)


LICENCES = ["LICENSE-APACHE", "LICENSE-MIT", "LICENSES-THIRD-PARTY.txt"]
METADATA = "Version: 1.2.3\n" + "".join(f"License-File: {name}\n" for name in LICENCES)
INFO = "colstats-1.2.3.dist-info"
WHEEL = {
    f"{INFO}/METADATA": METADATA,
    **{f"{INFO}/licenses/{name}": "" for name in LICENCES},
    f"{INFO}/sboms/colstats-python.cyclonedx.json": "",
    "colstats/py.typed": "",
}
SOURCES = [*LICENCES, "Cargo.lock", "Cargo.toml", "pyproject.toml"]


def wheel(path: Path, files: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def test_wheels_have_licences_a_list_of_parts_and_types(tmp_path: Path) -> None:
    packages.check_wheel(wheel(tmp_path / "good.whl", WHEEL), "1.2.3")
    for name in WHEEL:
        lacking = wheel(tmp_path / "bad.whl", {k: v for k, v in WHEEL.items() if k != name})
        with pytest.raises(Unready, match=r"bad.whl (lacks|is not of)"):
            packages.check_wheel(lacking, "1.2.3")
    with pytest.raises(Unready, match=r"good.whl is not of 1.2.4"):
        packages.check_wheel(tmp_path / "good.whl", "1.2.4")


@pytest.mark.parametrize("lacking", [*SOURCES, "python/Cargo.toml", None])
def test_sources_can_be_built(tmp_path: Path, lacking: str | None) -> None:
    path = tmp_path / "colstats-1.2.3.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name in [*SOURCES, "python/Cargo.toml", "PKG-INFO"]:
            if name != lacking:
                entry = tarfile.TarInfo(f"colstats-1.2.3/{name}")
                entry.size = len(METADATA)
                archive.addfile(entry, io.BytesIO(METADATA.encode()))
    if not lacking:
        return packages.check_sdist(path, "1.2.3")
    with pytest.raises(Unready, match=f"lacks .*{lacking}"):
        packages.check_sdist(path, "1.2.3")


def test_a_failure_is_printed_with_its_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    def fails(_: Path) -> str:
        raise Unready("this", "do that")

    assert report.run({"first": lambda _: "fine"}, ROOT)
    assert not report.run({"first": fails, "second": lambda _: "fine"}, ROOT)
    printed = capsys.readouterr().out.splitlines()[1:]
    assert printed == [
        "FAILED  first   this",
        "                -> do that",
        "ok      second  fine",
    ]


def test_versions_here_are_equal() -> None:
    assert sources.check_versions(ROOT).startswith(sources.version(ROOT))


@pytest.mark.parametrize(
    ("expression", "offers"),
    [
        ("Apache-2.0", True),
        ("MIT OR Apache-2.0 OR LGPL-2.1-or-later", True),
        ("MIT/Apache-2.0", True),
        ("MIT", False),
        ("Apache-2.0 AND MIT", False),
        ("Apache-2.0 WITH LLVM-exception OR MIT", False),
        ("(MIT OR Apache-2.0) AND Unicode-3.0", False),
    ],
)
def test_other_terms_than_apache_are_told_apart(expression: str, offers: bool) -> None:
    assert third_party.offers_apache(expression) == offers


def test_terms_of_crates_are_listed_and_no_others(tmp_path: Path) -> None:
    files = {
        "LICENSE-APACHE": "A",
        "LICENSE-MIT": "M",
        "NOTICE.txt": "N",
        "lib.rs": "",
        "Licenses.rs": "",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    package = {"name": "x", "manifest_path": str(tmp_path / "Cargo.toml")}
    assert third_party.terms({**package, "license": "MIT OR Apache-2.0"}) == ["N"]
    assert third_party.terms({**package, "license": "MIT"}) == ["M", "N"]
    (tmp_path / "LICENSE-MIT").unlink()
    (tmp_path / "NOTICE.txt").unlink()
    with pytest.raises(SystemExit, match="x comes without the text"):
        third_party.terms({**package, "license": "MIT"})
