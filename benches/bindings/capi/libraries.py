"""The libraries that Cargo builds from this crate, for the setup.py of other packages."""

import subprocess
from pathlib import Path

from setuptools import Extension
from setuptools.command.build_ext import build_ext

CRATE = Path(__file__).parent
TARGET = CRATE.parent / "target"


def build() -> None:
    """Build this crate by Cargo, which takes no time if it is up to date."""
    manifest = CRATE / "Cargo.toml"
    command = ["cargo", "build", "--release", "--locked", "--manifest-path", str(manifest)]
    subprocess.run([*command, "--target-dir", str(TARGET)], check=True)


def library(suffixes: list[str]) -> Path:
    """Build, and find the library whose name has one of these suffixes."""
    build()
    for path in sorted((TARGET / "release").glob("*naive_capi.*")):
        if path.suffix in suffixes:
            return path
    raise FileNotFoundError(f"no naive_capi with one of {suffixes} in {TARGET / 'release'}")


def static_library() -> Path:
    """The library that can be linked into an extension module."""
    return library([".a", ".lib"])


class RustExtension(Extension):
    """The name under which a package includes this crate as a shared library for ctypes."""

    def __init__(self, name: str) -> None:
        super().__init__(name, sources=[])


class BuildRust(build_ext):
    """Build extensions as usual, but Rust's by Cargo."""

    def build_extension(self, ext: Extension) -> None:
        """Put the library where an extension module of this name would be."""
        if not isinstance(ext, RustExtension):
            super().build_extension(ext)
            return
        target = Path(self.get_ext_fullpath(ext.name))
        target.parent.mkdir(parents=True, exist_ok=True)
        self.copy_file(str(library([".so", ".dylib", ".dll"])), str(target))
