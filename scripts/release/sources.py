"""Checks that read the repository: versions, changelog, citation, and the state of git."""

import datetime
import json
import re
import subprocess
import tomllib
from pathlib import Path

from scripts.release.report import Unready

# How documents would tell a user to install a certain version.
PINNED = re.compile(r'\bcolstats(?:==|@| = "=?)(\d+\.\d+\.\d+)')
PUBLISHED = ["colstats"]


def version(root: Path) -> str:
    """Return the version, from the one place where it is written by hand."""
    manifest = tomllib.loads((root / "Cargo.toml").read_text(encoding="utf-8"))
    return str(manifest["workspace"]["package"]["version"])


def output(root: Path, *command: str) -> str:
    """Return what a command prints."""
    done = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
    return done.stdout.rstrip()


def tracked(root: Path, *patterns: str) -> list[Path]:
    """Return the files that git knows."""
    return [root / name for name in output(root, "git", "ls-files", *patterns).splitlines()]


def own_packages(lock: Path) -> dict[str, str]:
    """Return the versions of our own packages in a lock file: those without a source."""
    packages = tomllib.loads(lock.read_text(encoding="utf-8"))["package"]
    return {
        package["name"]: package["version"]
        for package in packages
        if "source" not in package and package["name"].startswith("colstats")
    }


def stated_versions(root: Path) -> dict[str, str]:
    """Return every version of colstats that a file states, by where it is."""
    stated = {}
    for manifest in tracked(root, "Cargo.toml", "*/Cargo.toml"):
        package = tomllib.loads(manifest.read_text(encoding="utf-8")).get("package", {})
        if isinstance(package.get("version"), str) and package["name"].startswith("colstats"):
            stated[f"{manifest.relative_to(root)}"] = package["version"]
    for lock in tracked(root, "Cargo.lock", "*/Cargo.lock"):
        for name, found in own_packages(lock).items():
            stated[f"{lock.relative_to(root)} ({name})"] = found
    cited = re.search(r"^version: (\S+)$", (root / "CITATION.cff").read_text("utf-8"), re.MULTILINE)
    stated["CITATION.cff"] = cited[1] if cited else "nothing"
    for page in tracked(root, "*.md"):
        for found in PINNED.findall(page.read_text(encoding="utf-8")):
            stated[f"{page.relative_to(root)}"] = found
    return stated


def check_versions(root: Path) -> str:
    """Check that every version is that of Cargo.toml; packages for tests alone have 0.0.0."""
    expected = version(root)
    stated = {place: found for place, found in stated_versions(root).items() if found != "0.0.0"}
    wrong = [f"{place} says {found}" for place, found in stated.items() if found != expected]
    if wrong:
        raise Unready(
            f"Cargo.toml says {expected}, but {', '.join(wrong)}",
            "edit these; for a lock file run `cargo update --workspace` beside it",
        )
    return f"{expected}, also in {len(stated)} other places"


def newest_entry(root: Path) -> tuple[str, str]:
    """Return the heading and the text of the newest entry of the changelog."""
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    entry = re.search(r"^## (.+?)\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    if not entry:
        raise Unready("CHANGELOG.md has no entry", "write `## VERSION - DATE`, and what is new")
    return entry[1].strip(), entry[2].strip()


def release_date(root: Path) -> str:
    """Return the date that the changelog has for this version."""
    heading, text = newest_entry(root)
    expected = version(root)
    remedy = f"head it `## {expected} - YYYY-MM-DD`, with the day of the release"
    dated = re.fullmatch(r"\[?(\d+\.\d+\.\d+)\]? - (\d{4}-\d{2}-\d{2})", heading)
    if not dated:
        raise Unready(f"the newest entry of CHANGELOG.md is headed `{heading}`", remedy)
    if dated[1] != expected:
        raise Unready(f"the newest entry is of {dated[1]}, and Cargo.toml says {expected}", remedy)
    try:
        datetime.date.fromisoformat(dated[2])
    except ValueError:
        raise Unready(f"{dated[2]} is not a day", remedy) from None
    if not text:
        raise Unready(f"the entry of {expected} is empty", "say what is new in this version")
    return dated[2]


def check_changelog(root: Path) -> str:
    """Check that the newest entry is that of this version, has a date, and says something."""
    day = release_date(root)
    return f"{version(root)} of {day}, {len(newest_entry(root)[1].splitlines())} lines"


def check_citation(root: Path) -> str:
    """Check that CITATION.cff is valid, and has the date of the changelog."""
    day = release_date(root)
    text = (root / "CITATION.cff").read_text(encoding="utf-8")
    if f"\ndate-released: {day}\n" not in text:
        remedy = f"write `date-released: {day}` into it"
        raise Unready("CITATION.cff does not have the date of the changelog", remedy)
    done = subprocess.run(
        ["cffconvert", "--validate"], cwd=root, check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise Unready("CITATION.cff is not valid", f"cffconvert says {done.stderr.strip()[-300:]}")
    return f"of {day}, valid"


def check_tree(root: Path) -> str:
    """Check that what is built is what is committed."""
    changed = output(root, "git", "status", "--porcelain").splitlines()
    if changed:
        listed = ", ".join(line[3:] for line in changed[:5])
        raise Unready(f"{len(changed)} files are not committed: {listed}", "commit or remove them")
    return f"clean at {output(root, 'git', 'rev-parse', '--short', 'HEAD')}"


def check_tag(root: Path) -> str:
    """Check that the tag of this version is not taken by another commit."""
    tag = f"v{version(root)}"
    if not output(root, "git", "tag", "--list", tag):
        return f"{tag} is free"
    tagged, head = (output(root, "git", "rev-parse", f"{it}^{{commit}}") for it in (tag, "HEAD"))
    if tagged != head:
        remedy = "a release is never changed: raise the version in Cargo.toml"
        raise Unready(f"{tag} is {tagged[:9]}, and HEAD is {head[:9]}", remedy)
    return f"{tag} is HEAD"


def check_publishable(root: Path) -> str:
    """Check that cargo would publish the crates that are meant to be, and no other."""
    command = ["cargo", "metadata", "--no-deps", "--offline", "--locked", "--format-version", "1"]
    packages = json.loads(output(root, *command))["packages"]
    found = sorted(package["name"] for package in packages if package["publish"] != [])
    if found != PUBLISHED:
        remedy = "write `publish = false` into the manifests of the others"
        raise Unready(f"cargo would publish {found}, not {PUBLISHED}", remedy)
    return f"{', '.join(found)}, of {len(packages)} in the workspace"
