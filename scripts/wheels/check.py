"""Checks wheels by their content, and prints a row of a table for each.

    python scripts/wheels/check.py dist/wheels/*.whl

auditwheel says which platform a wheel runs on, abi3audit which Python; here both are held to what
the name of the file claims. check-wheel-contents and twine have rules of their own. What they do
not look at is checked here: that all modules are there, that the native one is alone and stripped,
that any C library of its platform can load it, and that it does not tell where it was built.
"""

import io
import json
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

from elftools.elf.elffile import ELFFile
from packaging.utils import parse_wheel_filename

ROOT = Path(__file__).parents[2]
LICENCES = ("LICENSE-APACHE", "LICENSE-MIT", "LICENSES-THIRD-PARTY.txt")
#: The name of the native module by the ABI of the wheel; a version of Python has one of its own.
MODULES = {"abi3": "_native.abi3.so", "abi3t": "_native.abi3t-"}


def tool(name: str, *arguments: str) -> str:
    """Run a tool of this environment; its output."""
    path = Path(sysconfig.get_path("scripts")) / name
    done = subprocess.run([path, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{name} {' '.join(arguments)}\n{done.stdout}{done.stderr}")
    return done.stdout


def tags(wheel: Path) -> tuple[str, set[str]]:
    """The ABI and the platforms in the name of a wheel."""
    found = parse_wheel_filename(wheel.name)[3]
    abis = {tag.abi for tag in found} - {"abi3"} or {"abi3"}
    return abis.pop(), {tag.platform for tag in found}


def platform_faults(wheel: Path) -> Iterator[str]:
    """What auditwheel finds that the name does not say."""
    _, platforms = tags(wheel)
    # Rust's musl is called libc.so. Of this machine's libraries, one of that name is not it, so
    # they are not looked at; auditwheel knows musl by Alpine's name only. The loader knows both.
    musl = any(platform.startswith("musllinux") for platform in platforms)
    nowhere = ["--ldpaths", str(wheel.parent)] if musl else []
    audit = json.loads(tool("auditwheel", "show", "--json", *nowhere, str(wheel)))
    found = audit["sym_tag" if musl else "overall_tag"]
    if found not in platforms:
        yield f"auditwheel finds {found}"
    for library in audit["external_libs"].keys() - ({"libc.so"} if musl else set()):
        yield f"it needs {library}"


def stable_abi_faults(wheel: Path) -> Iterator[str]:
    """What abi3audit finds against the stable ABI in the name."""
    if tags(wheel)[0] != "abi3":
        return
    report = json.loads(tool("abi3audit", "--strict", "--report", str(wheel)))
    (audit,) = (module["result"] for spec in report["specs"].values() for module in spec["wheel"])
    lowest = "3." + wheel.name.split("-")[2].removeprefix("cp3")
    if not audit["is_abi3"] or audit["baseline"] != lowest:
        yield f"abi3audit finds {audit}"


def content_faults(wheel: Path) -> Iterator[str]:
    """What is missing in the wheel, or too much."""
    tool("check-wheel-contents", str(wheel))
    tool("twine", "check", "--strict", str(wheel))
    abi, _ = tags(wheel)
    with ZipFile(wheel) as archive:
        names = archive.namelist()
        tracked = ["git", "ls-files", "-z", "python/colstats"]
        files = subprocess.run(tracked, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for file in filter(None, files.split("\0")):
            if file.removeprefix("python/") not in names:
                yield f"{file} is missing"
        information = f"{'-'.join(wheel.name.split('-')[:2])}.dist-info"
        for file in (*(f"licenses/{name}" for name in LICENCES), "entry_points.txt"):
            if f"{information}/{file}" not in names:
                yield f"{file} is missing"
        if not any(name.startswith(f"{information}/sboms/") for name in names):
            yield "the bill of materials is missing"
        modules = [name for name in names if name.endswith(".so")]
        expected = MODULES.get(abi, f"_native.cpython-{abi.removeprefix('cp')}-")
        if len(modules) != 1 or not modules[0].startswith(f"colstats/{expected}"):
            yield f"its native modules are {modules}"
        for module in modules:
            yield from module_faults(archive.read(module))


def module_faults(content: bytes) -> Iterator[str]:
    """What the native module has that it should not."""
    elf = ELFFile(io.BytesIO(content))
    if elf.get_section_by_name(".symtab"):
        yield "the native module is not stripped"
    if any(elf.get_section_by_name(".dynamic").iter_tags("DT_RELR")):
        yield "its relocations need a C library that knows DT_RELR: glibc 2.36, musl 1.2.4"
    for place in (Path.home(), ROOT):
        if str(place).encode() in content:
            yield f"the native module contains the path {place}"


def row(wheel: Path) -> str:
    """The sizes of a wheel, as a row of a table."""
    with ZipFile(wheel) as archive:
        (module,) = (file for file in archive.infolist() if file.filename.endswith(".so"))
    megabytes = f"{wheel.stat().st_size / 1e6:.2f} MB"
    return f"| `{wheel.name}` | {megabytes} | {module.file_size / 1e6:.1f} MB |"


def main(wheels: list[Path]) -> int:
    """Check the wheels; returns the exit code."""
    faults = [
        f"{wheel.name}: {fault}"
        for wheel in wheels
        for check in (platform_faults, stable_abi_faults, content_faults)
        for fault in check(wheel)
    ]
    print("| wheel | size | native module |\n| --- | ---: | ---: |")
    print("\n".join(map(row, wheels)))
    print("\n".join(faults), file=sys.stderr)
    return bool(faults) or not wheels


if __name__ == "__main__":
    sys.exit(main([Path(argument) for argument in sys.argv[1:]]))
