"""Checks that build what is uploaded, and look into it."""

import subprocess
import tarfile
import zipfile
from email.parser import HeaderParser
from pathlib import Path

from scripts.release.report import Unready
from scripts.release.sources import version

MATURIN = "see [tool.maturin] in pyproject.toml"
LICENCES = {"LICENSE-APACHE", "LICENSE-MIT"}
#: Those of the crates that are compiled in.
THIRD_PARTY = "LICENSES-THIRD-PARTY.txt"
# crates.io takes 10 MiB, and the sources are far below.
CRATE_BYTES = 2 << 20


def attempt(root: Path, remedy: str, *command: str) -> str:
    """Run a command and return what it prints; its failure is that of the check."""
    done = subprocess.run(command, cwd=root, check=False, capture_output=True, text=True)
    if done.returncode:
        last = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise Unready(f"`{' '.join(command)}` failed:\n{last}", remedy)
    return done.stdout + done.stderr


def check_dependencies(root: Path) -> str:
    """Check licences, duplicates and registries of everything in the workspace."""
    attempt(root, "deny.toml has the rules, and the exceptions with their reasons", "make", "deny")
    return "licences, duplicates and registries, the service included"


def check_crate(root: Path) -> str:
    """Check that cargo would publish the crate, that it builds by itself, and what is in it."""
    remedy = "`cargo publish --dry-run -p colstats` shows more"
    options = ["--locked", "-p", "colstats"]
    # Whether it builds does not depend on how well.
    quick = ["--config", "profile.dev.opt-level=0"]
    attempt(root, remedy, "cargo", "publish", "--dry-run", *options, *quick)
    attempt(root, remedy, "cargo", "package", "--no-verify", *options)
    archive = root / "target" / "package" / f"colstats-{version(root)}.crate"
    with tarfile.open(archive) as crate:
        names = {name.partition("/")[2] for name in crate.getnames()}
    if missing := (LICENCES | {"README-crate.md", "src/lib.rs"}) - names:
        raise Unready(f"the crate lacks {sorted(missing)}", "add them to `include` in Cargo.toml")
    if (size := archive.stat().st_size) > CRATE_BYTES:
        raise Unready(f"the crate has {size:,} bytes", "look for data in `cargo package --list`")
    return f"{len(names)} files, {size / 1024:.0f} KiB; builds by itself"


def check_metadata(metadata: str, name: str, expected: str) -> None:
    """Check the version and the licences that the metadata of a package states."""
    header = HeaderParser().parsestr(metadata)
    if header["Version"] != expected:
        remedy = "remove what is old from dist"
        raise Unready(f"{name} is of version {header['Version']}", remedy)
    if missing := (LICENCES | {THIRD_PARTY}) - set(header.get_all("License-File", [])):
        raise Unready(f"{name} lacks {sorted(missing)}", "see license-files in pyproject.toml")


def check_wheel(wheel: Path, expected: str) -> None:
    """Check what a wheel contains."""
    with zipfile.ZipFile(wheel) as contents:
        names = contents.namelist()
        info = f"colstats-{expected}.dist-info"
        if f"{info}/METADATA" not in names:
            raise Unready(f"{wheel.name} is not of {expected}", "remove what is old from dist")
        check_metadata(contents.read(f"{info}/METADATA").decode(), wheel.name, expected)
    wanted = {f"{info}/licenses/{licence}" for licence in LICENCES | {THIRD_PARTY}}
    wanted |= {f"{info}/sboms/colstats-python.cyclonedx.json", "colstats/py.typed"}
    if missing := wanted - set(names):
        raise Unready(f"{wheel.name} lacks {sorted(missing)}", MATURIN)


def check_sdist(sdist: Path, expected: str) -> None:
    """Check what the sources contain: all that it takes to build them, and the licences."""
    root = f"colstats-{expected}/"
    with tarfile.open(sdist) as contents:
        names = set(contents.getnames())
        member = contents.extractfile(f"{root}PKG-INFO")
        check_metadata(member.read().decode() if member else "", sdist.name, expected)
    wanted = LICENCES | {
        THIRD_PARTY,
        "Cargo.lock",
        "Cargo.toml",
        "pyproject.toml",
        "python/Cargo.toml",
    }
    if missing := {root + name for name in wanted} - names:
        raise Unready(f"{sdist.name} lacks {sorted(missing)}", MATURIN)


def check_distributions(root: Path) -> str:
    """Build the wheel and the sources, check what is in them, and that registries can show them."""
    attempt(root, "`make wheel sdist` shows more", "make", "wheel", "sdist")
    expected = version(root)
    wheels = sorted((root / "dist").glob("*.whl"))
    sdists = sorted((root / "dist").glob("*.tar.gz"))
    for wheel in wheels:
        check_wheel(wheel, expected)
    for sdist in sdists:
        check_sdist(sdist, expected)
    files = [str(path) for path in wheels + sdists]
    attempt(root, "the registry would show no description", "twine", "check", "--strict", *files)
    remedy = "`check-wheel-contents --help` explains the codes"
    attempt(root, remedy, "check-wheel-contents", *map(str, wheels))
    sizes = ", ".join(f"{path.name} {path.stat().st_size / 1e6:.1f} MB" for path in wheels + sdists)
    return f"{sizes}; with licences and SBOM"


def check_module(root: Path) -> str:
    """Check that the wheel installs into an empty environment, answers, and says its version."""
    expected = version(root)
    said = attempt(root, "`make try-wheel` shows more", "make", "try-wheel").split()
    if expected not in said:
        raise Unready(f"colstats.__version__ is not {expected}", "build it again: `make wheel`")
    return f"colstats.__version__ is {expected}"
