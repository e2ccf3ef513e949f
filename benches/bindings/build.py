"""Build every package here and install it into the environment this runs in: ``make bindings``.

Packages are independent: if one fails to build, its row has no figures and the others go on. Each
package prints one line; ``build/`` keeps the complete logs, and ``build/status.json`` the summary
for programs. A package whose sources and tools have not changed since its last build is skipped.
With ``--strict`` any failure makes the command fail; ``--force`` rebuilds everything.
"""

import argparse
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from itertools import pairwise
from pathlib import Path
from typing import TextIO

HERE = Path(__file__).parent
PIP = [sys.executable, "-m", "pip"]
LITTER = {"build", "target", "__pycache__", ".ruff_cache"}
WORKSPACE = ("Cargo.toml", "Cargo.lock")
RUST = (*WORKSPACE, "naive", "capi")
KERNELS = ("probes/kernels",)
#: Tools that are crates: `Cargo.lock` has their versions.
PYO3, PYO3_ARROW = CRATES = ("pyo3", "pyo3-arrow")
# Errors of Python, compilers, Cargo and CMake. The first one in a log caused the rest.
AN_ERROR = re.compile(r"^[\w.]*(Error|Exception)\b.*:|\berror(\[\w+\])?:|^CMake Error")
OF_PIP = re.compile(r"error: (subprocess-exited|metadata-generation|failed-wheel)")


@dataclass(frozen=True)
class Package:
    """A folder that pip can install, other sources it reads, and the tool whose version counts."""

    name: str
    folder: str
    shared: tuple[str, ...] = ()
    tool: str = "python"


PACKAGES = (
    Package("naive_faces", "faces"),
    Package("naive_ctypes", "ctypes", RUST),
    Package("naive_cffi_setuptools", "cffi_setuptools", RUST, "cffi"),
    Package("naive_cffi_maturin", "cffi_maturin", RUST, "maturin"),
    Package("naive_pyo3", "pyo3", (*WORKSPACE, "naive"), PYO3),
    Package("naive_pyo3_arrow", "pyo3_arrow", (*WORKSPACE, "naive"), PYO3_ARROW),
    Package("naive_table1", "table1", RUST),
    Package("probe_ctypes", "probes/ctypes", KERNELS),
    Package("probe_cffi", "probes/cffi", KERNELS, "cffi"),
    Package("probe_cython", "probes/cython", KERNELS, "cython"),
    Package("probe_pybind11", "probes/pybind11", KERNELS, "pybind11"),
    Package("probe_nanobind", "probes/nanobind", KERNELS, "nanobind"),
    Package("probe_pyo3", "probes/pyo3", (*WORKSPACE, *KERNELS), PYO3),
)


@dataclass(frozen=True)
class Status:
    """The outcome of a build; the key identifies its sources, tools and environment."""

    ok: bool
    seconds: float
    tool: str
    version: str
    error: str | None
    log: str
    key: str


class Builder:
    """Builds packages below a root, and records the outcomes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.output = root / "build"
        self.record = self.output / "status.json"
        self.output.mkdir(exist_ok=True)

    def statuses(self) -> dict[str, Status]:
        """Read the outcomes of the last builds; empty if there is no record that can be read."""
        try:
            kept = json.loads(self.record.read_text(encoding="utf-8"))
            return {name: Status(**status) for name, status in kept.items()}
        except (OSError, ValueError, TypeError):
            return {}

    def up_to_date(self, package: Package) -> Status | None:
        """Return the last outcome if it was a success and a rebuild would change nothing."""
        status = self.statuses().get(package.name)
        same = status and status.ok and status.key == self.key(package)
        return status if same and is_installed(package.name) else None

    def build(self, package: Package) -> Status:
        """Build and install a package, and check that it can be imported."""
        self.tidy(package)
        log = self.output / f"{package.name}.log"
        start = time.perf_counter()
        with log.open("w", encoding="utf-8") as file:
            ok = all(run(command, file) for command in self.commands(package))
            if not ok:  # an older build must not pass for this one
                run([*PIP, "uninstall", "--yes", package.name], file)
        self.tidy(package)
        status = Status(
            ok=ok,
            seconds=round(time.perf_counter() - start, 1),
            tool=package.tool,
            version=self.version(package.tool),
            error=None if ok else cause_in(log.read_text(encoding="utf-8", errors="replace")),
            log=str(log.relative_to(self.root)),
            key=self.key(package),
        )
        self.remember(package, status)
        return status

    def commands(self, package: Package) -> Iterator[list[str]]:
        """Yield the commands that build a package, and one that checks the result."""
        options = ["--no-deps", "--no-build-isolation", "--force-reinstall", "--verbose"]
        folder = str(self.root / package.folder)
        yield [*PIP, "install", *options, folder]
        yield [sys.executable, "-c", f"import {package.name}"]

    def tidy(self, package: Package) -> None:
        """Remove what earlier builds left in the folder, so that the next one does not use it."""
        folder = self.root / package.folder
        for litter in [folder / "build", *folder.glob("*.egg-info")]:
            shutil.rmtree(litter, ignore_errors=True)

    def remember(self, package: Package, status: Status) -> None:
        """Record the outcome of a build, next to the others."""
        statuses = {**self.statuses(), package.name: status}
        kept = {name: asdict(status) for name, status in statuses.items()}
        self.record.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")

    def key(self, package: Package) -> str:
        """Hash everything that a build depends on."""
        parts = [sys.prefix, sysconfig.get_config_var("SOABI") or "", platform.python_version()]
        digest = hashlib.sha256("\0".join([*parts, self.version(package.tool)]).encode())
        for source in sorted(self.sources(package)):
            digest.update(str(source.relative_to(self.root)).encode() + b"\0")
            digest.update(source.read_bytes())
        return digest.hexdigest()

    def sources(self, package: Package) -> Iterator[Path]:
        """List the files that a package is built from."""
        for name in (package.folder, *package.shared):
            path = self.root / name
            for file in [path] if path.is_file() else path.rglob("*"):
                parts = file.relative_to(self.root).parts
                if file.is_file() and not any(is_litter(part) for part in parts):
                    yield file

    def version(self, tool: str) -> str:
        """Find the version of a tool: in the lock file, or in the environment."""
        if tool == "python":
            return platform.python_version()
        if tool in CRATES:
            lock = (self.root / "Cargo.lock").read_text(encoding="utf-8")
            found = re.search(rf'name = "{tool}"\nversion = "(.*)"', lock)
            return found[1] if found else "unknown"
        try:
            return metadata.version(tool)
        except metadata.PackageNotFoundError:
            return "not installed"


def is_litter(part: str) -> bool:
    """Recognize what a build leaves behind."""
    return part in LITTER or part.endswith((".egg-info", ".so"))


def is_installed(name: str) -> bool:
    """Check whether the environment has a package."""
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def run(command: list[str], log: TextIO) -> bool:
    """Run a command with the tools of this environment first in the path; true if it succeeded."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    result = subprocess.run(
        command, stdout=log, stderr=subprocess.STDOUT, env={**os.environ, "PATH": path}, check=False
    )
    return result.returncode == 0


def cause_in(log: str) -> str:
    """Find the line of a log that names the cause, rather than the fact, of a failure."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    for line, following in pairwise([*lines, ""]):
        if AN_ERROR.search(line) and not OF_PIP.search(line):
            return f"{line} {following}".strip() if line.endswith(":") else line
    return lines[-1] if lines else "the build printed nothing"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("packages", nargs="*", help="names of packages (default: all)")
    parser.add_argument("--strict", action="store_true", help="fail if a package fails")
    parser.add_argument(
        "--force", action="store_true", help="rebuild packages that are up to date, too"
    )
    options = parser.parse_args()
    if unknown := set(options.packages) - {package.name for package in PACKAGES}:
        parser.error(f"no such package: {', '.join(sorted(unknown))}")
    return options


def main() -> int:
    options = arguments()
    builder = Builder(HERE)
    failed = 0
    for package in PACKAGES:
        if options.packages and package.name not in options.packages:
            continue
        kept = None if options.force else builder.up_to_date(package)
        status = kept or builder.build(package)
        failed += not status.ok
        print(line(package, status, "up to date" if kept else "ok"), flush=True)
    return int(options.strict and failed > 0)


def line(package: Package, status: Status, verdict: str) -> str:
    """Describe the outcome of a build in one line."""
    if not status.ok:
        return f"{package.name:<24} FAILED {status.seconds:6.1f} s  {status.error} ({status.log})"
    tool = f"{status.tool} {status.version}"
    return f"{package.name:<24} {verdict:<10} {status.seconds:6.1f} s  {tool}"


if __name__ == "__main__":
    sys.exit(main())
