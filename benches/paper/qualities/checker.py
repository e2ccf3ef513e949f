"""What mypy knows about a call of each binding: as installed, and with what can be had for free.

A package tells type checkers to read it by a file ``py.typed``, and none of these has one. So mypy
is asked three times: as installed; as if there were a ``py.typed``, which leaves the annotations
that the author wrote in Python; and by stubs that are generated from the compiled module, by the
tool's own generator if it has one, else by mypy's ``stubgen``.
"""

import importlib
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from benches.paper.qualities.bindings import BINDINGS, FOLDER, MATURIN, NANOBIND, Binding
from benches.paper.qualities.builds import run

INSTALLED, MARKED, GENERATED = LEVELS = ("as installed", "with py.typed", "generated stubs")
MYPY = [sys.executable, "-m", "mypy", "--no-error-summary", "--hide-error-context"]
#: mypy's answer, by the file and the line.
ANSWER = re.compile(r"^(?P<file>[^:]+):(?P<line>\d+): (?P<kind>error|note): (?P<text>.*)$")
REVEALED = re.compile(r'Revealed type is "(.*)"')
#: The right call is in one line, the same call with a str in another.
RIGHT, WRONG = 4, 5
PROGRAM = """\
import numpy as np
import {module}

reveal_type({module}.{call})
{module}.{wrong}
"""


def measure(packages: list[str]) -> dict[str, Any]:
    """Ask about every package that could be measured otherwise."""
    importlib.import_module("mypy")
    bindings = [binding for binding in BINDINGS if binding.package in packages]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        stubbed = [binding for binding in bindings if binding.native and generate(binding, folder)]
        typed = {binding.package: (binding.package, binding.typed) for binding in bindings}
        native = {b.package: (f"native_{b.package}", b.native) for b in stubbed}
        levels = {
            INSTALLED: ask(folder / "installed", typed, []),
            MARKED: ask(folder / "marked", typed, ["--follow-untyped-imports"]),
            GENERATED: ask(folder, native, []),
        }
    return {
        binding.package: {level: found.get(binding.package) for level, found in levels.items()}
        | {"generator": binding.generator if binding.native else None}
        for binding in bindings
    }


def ask(folder: Path, calls: dict[str, tuple[str, str]], options: list[str]) -> dict[str, Any]:
    """Write a program for each package, check all of them, and read the answers."""
    folder.mkdir(exist_ok=True)
    for package, (module, call) in calls.items():
        wrong = re.sub(r"\((\[.*?\]|np\.ones\(2\))", '("text"', call)
        program = PROGRAM.format(module=module, call=call, wrong=wrong)
        (folder / f"call_{package}.py").write_text(program, encoding="utf-8")
    programs = [f"call_{package}.py" for package in calls]
    cache = f"--cache-dir={folder / 'cache'}"
    output = run([*MYPY, cache, *options, *programs], folder=folder, fails=True)
    found: dict[str, Any] = {package: {"type": "Any", "refused": False} for package in calls}
    for match in filter(None, map(ANSWER.match, output.splitlines())):
        package = Path(match["file"]).stem.removeprefix("call_")
        line = int(match["line"])
        if (revealed := REVEALED.match(match["text"])) and package in found:
            found[package]["type"] = revealed[1]
        elif line == WRONG and match["kind"] == "error" and "[arg-type]" in match["text"]:
            found[package]["refused"] = True
    return found


def generate(binding: Binding, folder: Path) -> bool:
    """Generate stubs of a compiled module as ``native_<package>.pyi``; false if there are none."""
    module, out = f"{binding.package}._native", folder / "stubs" / binding.package
    out.mkdir(parents=True)
    if binding.generator == MATURIN:
        options = ["--locked", "--features", "pyo3/experimental-inspect", "--out", str(out)]
        target = ["--target-dir", str(FOLDER / "target")]
        run(["maturin", "generate-stubs", *options, *target], folder=FOLDER / binding.folder)
    elif binding.generator == NANOBIND:
        out_file = out / "_native.pyi"
        run([sys.executable, "-m", NANOBIND, "--quiet", "-m", module, "-o", str(out_file)])
    else:
        stubgen = Path(sys.executable).with_name(f"stubgen{'.exe' if os.name == 'nt' else ''}")
        run([str(stubgen), "--quiet", "--inspect-mode", "-m", module, "-o", str(out)])
    stubs = [*out.rglob("_native.pyi"), *out.rglob("_native/__init__.pyi"), *out.rglob("*.pyi")]
    if stubs:
        text = stubs[0].read_text(encoding="utf-8")
        (folder / f"native_{binding.package}.pyi").write_text(text, encoding="utf-8")
    return bool(stubs)
