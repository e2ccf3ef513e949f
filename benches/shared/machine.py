"""The machine and the versions that a benchmark was run with."""

import os
import platform
from collections.abc import Iterable
from contextlib import suppress
from importlib import metadata
from pathlib import Path

import colstats as cs

CACHES = Path("/sys/devices/system/cpu/cpu0/cache")


def processor() -> dict[str, str]:
    """Read what Linux reports of the first processor; empty elsewhere."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return {}
    lines = text.split("\n\n")[0].splitlines()
    return {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}


def caches() -> dict[str, str]:
    """Read the sizes of the data caches, if Linux reports them."""
    sizes = {}
    for index in sorted(CACHES.glob("index*")):
        level, kind, size = (
            (index / name).read_text().strip() for name in ("level", "type", "size")
        )
        if kind != "Instruction":
            sizes[f"L{level}"] = size
    return sizes


def machine() -> dict[str, object]:
    """Describe the machine."""
    cpu = processor()
    flags = (cpu.get("flags") or cpu.get("Features") or "").split()
    return {
        "cpu": cpu.get("model name") or platform.processor() or platform.machine(),
        "architecture": platform.machine(),
        "cores": os.cpu_count(),
        "isa": {name: name in flags for name in ("avx2", "avx512f", "asimd")},
        "caches": caches(),
        "system": f"{platform.system()} {platform.release()}",
    }


def versions(packages: Iterable[str]) -> dict[str, str]:
    """List the versions of the packages that are installed."""
    there = {"colstats": cs.__version__, "python": platform.python_version()}
    for name in packages:
        with suppress(metadata.PackageNotFoundError):
            there[name] = metadata.version(name)
    return there


def build() -> object:
    """How colstats was built, if it can say."""
    info = getattr(cs, "build_info", None)
    return info() if info else None


def last_cache() -> int:
    """The bytes of the largest cache; 32 MiB if unknown."""
    return max(map(bytes_of, caches().values()), default=2**25)


def bytes_of(size: str) -> int:
    """Parse a size as Linux writes it, such as 2048K."""
    units = {"K": 2**10, "M": 2**20, "G": 2**30}
    return int(size[:-1]) * units[size[-1]] if size[-1] in units else int(size)


def available_memory() -> int:
    """The bytes available without swapping; all memory where Linux does not report that."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
