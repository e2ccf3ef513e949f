"""Writes LICENSES-THIRD-PARTY.txt: whose code is compiled into the wheels, and on what terms.

    python -m scripts.release.third_party [--check]

Each crate is taken under the Apache License 2.0 where its authors offer that alone: its text is
in every wheel anyway, as ours. Of all others the texts follow, and of all the notices, which that
licence asks for. cargo-about would do this, too; it compiles for minutes, and asks a service.
"""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FILE = ROOT / "LICENSES-THIRD-PARTY.txt"
PACKAGE = "colstats-python"
TERMS = re.compile(r"(LICEN[CS]E(?!-APACHE)|COPYING|NOTICE)\b", re.IGNORECASE)
NOTICE = re.compile(r"NOTICE\b", re.IGNORECASE)
HEAD = """\
The wheels of colstats contain the code of these crates, compiled, and of the standard library of
Rust (Apache-2.0 OR MIT, https://github.com/rust-lang/rust). Some are on a few platforms only. Where
the Apache License 2.0 is offered, it is the one chosen here: its text is in LICENSE-APACHE.
"""


def cargo(*arguments: str) -> str:
    """What cargo prints."""
    command = ["cargo", *arguments, "--locked"]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def compiled_in() -> list[dict[str, Any]]:
    """The crates in the module on any platform, without those that only take part in its build."""
    tree = ["-e", "normal,no-proc-macro", "--target", "all", "--prefix", "none", "-f", "{p}"]
    lines = cargo("tree", "-p", PACKAGE, *tree).splitlines()
    shipped = {tuple(line.split()[:2]) for line in lines}
    packages = json.loads(cargo("metadata", "--format-version", "1"))["packages"]
    others = (package for package in packages if package["source"])
    return [it for it in others if (it["name"], f"v{it['version']}") in shipped]


def offers_apache(expression: str) -> bool:
    """Whether the Apache License 2.0 alone is among the choices."""
    return " AND " not in expression and "Apache-2.0" in re.split(r" OR |/", expression)


def terms(package: dict[str, Any]) -> list[str]:
    """The texts that a crate must be passed on with."""
    folder = Path(package["manifest_path"]).parent
    wanted = NOTICE if offers_apache(package["license"]) else TERMS
    files = [path for path in sorted(folder.iterdir()) if wanted.match(path.name)]
    if wanted is TERMS and not files:
        raise SystemExit(f"{package['name']} comes without the text of its licence")
    return [path.read_text(encoding="utf-8").strip() for path in files]


def document() -> str:
    """The whole file."""
    packages = sorted(compiled_in(), key=lambda package: package["name"])
    texts: dict[str, list[str]] = {}
    for package in packages:
        for text in terms(package):
            texts.setdefault(text, []).append(package["name"])
    listed = [
        f"{it['name']} {it['version']}: {it['license']}, {it['repository']}" for it in packages
    ]
    parts = [f"{'-' * 80}\n{', '.join(names)}\n\n{text}\n" for text, names in texts.items()]
    return "\n".join([HEAD, *listed, "", *parts])


def main() -> None:
    """Write the file, or fail if it is not what would be written."""
    if sys.argv[1:] != ["--check"]:
        FILE.write_text(document(), encoding="utf-8")
    elif document() != FILE.read_text(encoding="utf-8"):
        raise SystemExit(f"{FILE.name} is old: run `make third-party`")


if __name__ == "__main__":
    main()
