"""Whether a container copies its source, how much it holds, and what is left after it is gone."""

import json
import subprocess
import sys
from typing import Any

from benches.paper.qualities.bindings import Binding, Container

#: Values of a container: 64 MiB.
VALUES = 2**23
PAGES = """\
import gc, json, resource
import numpy as np
{imports}

def resident():
    with open("/proc/self/statm", encoding="utf-8") as file:
        return int(file.read().split()[1]) * resource.getpagesize()
"""
#: Changing the source shows in a container that shares memory with it.
SHARING = """\
n = 1000
source = {source}
container = {make}
before = {mean}
source[0] = 1001.0
after = {mean}
source = None
gc.collect()
others = [[2.0] * n for _ in range(100)]
print(json.dumps({{"shared": after != before, "outlives": {mean} == after}}))
"""
#: A container that is built once before brings allocators and imports into a steady state.
RESIDENCE = """\
def make(n, source):
    container = {make}
    assert {mean} == 1.0
    return container

for n in (1000, {values}):
    source = {source}
    start = resident()
    container = make(n, source)
    held = resident() - start
    container = None
    gc.collect()
    left = resident() - start
print(json.dumps({{"held": held, "left": left}}))
"""


def measure(binding: Binding) -> dict[str, Any] | None:
    """Measure the container of a binding, if it has one; bytes."""
    container = binding.container
    if container is None:
        return None
    results = run(binding.imports, SHARING, container, container.make)
    results |= run(binding.imports, RESIDENCE, container, container.make)
    if container.raw:
        results["left_raw"] = run(binding.imports, RESIDENCE, container, container.raw)["left"]
    return results


def run(imports: str, code: str, container: Container, make: str) -> dict[str, Any]:
    """Run code about a container in a process of its own."""
    filled = (PAGES + code).format(
        imports=imports,
        source=container.source,
        make=make,
        mean=container.mean,
        values=VALUES,
    )
    done = subprocess.run(
        [sys.executable, "-c", filled], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr.strip()[-300:])
    found: dict[str, Any] = json.loads(done.stdout)
    return found
