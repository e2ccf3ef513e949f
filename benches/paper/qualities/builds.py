"""A clean build of a binding: how long it takes, and how large the result is."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from email.parser import Parser
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from benches.paper.qualities.bindings import FOLDER, Binding

#: What earlier builds leave in the tree; without it, nothing is found and all is built anew.
LEFT = shutil.ignore_patterns("build", "target", "*.egg-info", "*.so", "__pycache__", ".ruff_cache")
PIP_WHEEL = ["-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-cache-dir", "--quiet"]


def measure(binding: Binding) -> dict[str, Any]:
    """Build a wheel from a fresh copy of all sources, and look into it.

    Cargo and pip find what they download in their caches, since the binding was built before.
    """
    with tempfile.TemporaryDirectory() as temporary:
        tree, wheels = Path(temporary) / "bindings", Path(temporary) / "wheels"
        shutil.copytree(FOLDER, tree, ignore=LEFT)
        start = time.perf_counter()
        folder = str(tree / binding.folder)
        run([sys.executable, *PIP_WHEEL, "--wheel-dir", str(wheels), folder])
        seconds = time.perf_counter() - start
        (wheel,) = wheels.glob("*.whl")
        crates = count_crates(tree, binding.crate) if binding.crate else 0
        return {"seconds": seconds, "crates": crates} | contents(wheel)


def contents(wheel: Path) -> dict[str, Any]:
    """Say how large a wheel is, which interpreters take it, and what it needs."""
    with ZipFile(wheel) as archive:
        entries = archive.infolist()
        (metadata,) = (e for e in entries if e.filename.endswith(".dist-info/METADATA"))
        fields = Parser().parsestr(archive.read(metadata).decode("utf-8"))
    python, abi, _ = wheel.stem.split("-")[-3:]
    return {
        "wheel": wheel.stat().st_size,
        "installed": sum(entry.file_size for entry in entries),
        "tag": f"{python}-{abi}",
        "requires": fields.get_all("Requires-Dist") or [],
    }


def count_crates(tree: Path, crate: str) -> int:
    """Count the crates that are compiled, for the build and for the module."""
    options = ["--locked", "--offline", "--prefix", "none", "--edges", "normal,build"]
    command = ["cargo", "tree", "--manifest-path", str(tree / "Cargo.toml"), "--package", crate]
    listed = run([*command, *options, "--format", "{p}"]).splitlines()
    return len({line.removesuffix(" (*)") for line in listed if line.strip()})


def run(command: list[str], *, folder: Path | None = None, fails: bool = False) -> str:
    """Run a command with the tools of this environment first in the path; its output."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": path}
    environment.pop("CARGO_TARGET_DIR", None)
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment, cwd=folder, check=False
    )
    if done.returncode and not fails:
        raise RuntimeError(f"{' '.join(command[:4])} ...: {done.stderr.strip()[-300:]}")
    return done.stdout
