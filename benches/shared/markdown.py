"""Tables, numbers and the machine in Markdown."""

from collections.abc import Iterable
from typing import Any


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Write a table, the first column to the left."""
    head = list(head)
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, rule, *rows]) + "\n"


def digits(number: float) -> str:
    """Write three significant digits."""
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:#.3g}".rstrip(".")


def surroundings(report: dict[str, Any], run: str) -> str:
    """Describe the machine, the versions and the run."""
    machine = report["machine"]
    isa = ", ".join(name for name, there in machine["isa"].items() if there) or "none of these"
    caches = ", ".join(f"{level} {size}" for level, size in machine["caches"].items())
    versions = ", ".join(f"{name} {version}" for name, version in report["versions"].items())
    build = ", ".join(f"{name} {value}" for name, value in (report["build"] or {}).items())
    facts = {
        "machine": f"{machine['cpu']}, {machine['cores']} cores; {isa}",
        "caches": caches,
        "system": machine["system"],
        "versions": versions,
        "build of colstats": build,
        "threads": report["threads"],
        "run": run,
    }
    return "\n".join(f"* {name}: {fact}" for name, fact in facts.items() if fact) + "\n"
