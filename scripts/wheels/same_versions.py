"""Compares lock files of Cargo: what the first one locks, the second one must lock, too.

At the same version, with the same checksum: `same_versions.py INNER OUTER`.
"""

import sys
import tomllib
from pathlib import Path


def packages(path: str) -> set[tuple[str, str, str | None]]:
    """Name, version and checksum of each package."""
    lock = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    return {(p["name"], p["version"], p.get("checksum")) for p in lock["package"]}


inner, outer = map(packages, sys.argv[1:])
for name, version, _ in sorted(inner - outer):
    print(f"{name} {version} is not what {sys.argv[2]} locks", file=sys.stderr)
print(f"{len(inner)} packages, of {len(outer)}")
sys.exit(bool(inner - outer) or not inner)
