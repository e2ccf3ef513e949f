"""Tables III and IX of the paper: what it says in adjectives, as measurements."""

from collections.abc import Iterable
from typing import Any

from benches.paper.qualities.bindings import MISTAKES, NAIVE, PROBES
from benches.paper.qualities.checker import GENERATED, LEVELS
from benches.paper.qualities.memory import VALUES
from benches.paper.report.extras import amount
from benches.paper.report.results import Results
from benches.shared.markdown import digits, table

LANGUAGES = ("Python", "Cython", "C, C++", "Rust")
#: A message longer than this is cut.
LONGEST = 160


def names(results: Results) -> dict[str, str]:
    """Name the bindings that were measured, by their packages; probes are told apart."""
    named = {binding.package: binding.tool for binding in NAIVE}
    named |= {binding.package: f"{binding.tool}, probes" for binding in PROBES}
    return {package: name for package, name in named.items() if package in results["qualities"]}


def rows(results: Results, write: Any) -> Iterable[list[str]]:
    """Write a row for each binding."""
    for package, name in names(results).items():
        yield [name, *write(results["qualities"][package])]


def memory(results: Results) -> str:
    """Write Table III: what containers do with memory, and how the mean is declared."""
    measured = {
        name: results["qualities"][package]
        for package, name in names(results).items()
        if results["qualities"][package]["memory"]
    }
    cells = [[name, *memory_of(found["memory"])] for name, found in measured.items()]
    head = ["binding", "source", "outlives it", "MiB held", "MiB left", "left without destructor"]
    quotes = "\n".join(quoted(name, found["sources"]) for name, found in measured.items())
    return f"""\
### Table III: memory, and how a binding is declared

The paper describes both in words. Here, a container of M2 is built from {VALUES:,} values
({VALUES * 8 >> 20} MiB) in a process of its own. The source is shared if changing
it changes the mean of the container. The container outlives its source if its mean stays right
after the source is gone. Held is the growth of resident memory, and left is what
remains of it after the container is gone; without destructor, the binding does not register the
function that frees the container.

{table(head, cells)}
The lines that declare the mean to Python, or to the tool:

{quotes}"""


def memory_of(found: dict[str, Any]) -> list[str]:
    """Write what a container does with memory."""
    raw = found.get("left_raw")
    return [
        "shared" if found["shared"] else "copied",
        "yes" if found["outlives"] else "**no**",
        mebibytes(found["held"]),
        mebibytes(found["left"]),
        "" if raw is None else f"**{mebibytes(raw)}**",
    ]


def mebibytes(size: int) -> str:
    """Write a size that may be noise around zero."""
    return f"{max(size, 0) / 2**20:,.1f}"


def quoted(name: str, sources: dict[str, Any]) -> str:
    """Quote a declaration, without the indentation that all of its lines have."""
    lines = sources["declaration"]
    margin = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
    body = "\n".join(line[margin:] for line in lines)
    return f"* {name}\n\n```\n{body}\n```\n"


def summary(results: Results) -> str:
    """Write Table IX: conciseness, tooling and performance."""
    return f"""\
### Table IX: conciseness, tooling, performance

The paper's three research questions, by measurements. The probes bind one and the same C file.

#### RQ1, conciseness

Lines written by hand between the native functions and Python, without blank lines, comments and
docstrings; lines of configuration for the build; and how many of the Rust lines have `unsafe` in
them. All of C, C++ and ctypes would be `unsafe` in Rust's terms, and nothing marks it there.

{table(["lines", *LANGUAGES, "configuration", "`unsafe`"], rows(results, lines))}
#### RQ2, tooling: building

One clean build of a wheel each, including every crate but no downloads. The tag says which
interpreters accept the wheel: `cp311-cp311` is one version of CPython, `py3-none` is all of them.

{table(["", "build", "crates", "wheel", "installed", "tag", "requires"], rows(results, build))}
#### RQ2, tooling: type checking

What mypy says of the type of a call, and whether it refuses the same call with a str. No package
has a `py.typed`, so that as installed it knows nothing. With one, it would read the annotations
written by hand. Generated stubs describe the compiled module, by the generator named last.

{table(["", *LEVELS, "generator"], rows(results, checked))}
#### RQ2, tooling: wrong arguments

Each call by a process of its own, of the values 1 and 2. An exception refuses the argument. In
bold: a wrong number, because memory was misread, or the signal that ended the process.

{table(["", *MISTAKES], rows(results, misused))}
What they say of a str:

{chr(10).join(messages(results))}

#### RQ3, performance

Microseconds for a mean of {results.values:,} values: of a list that is converted
at every call (M1), and of a container (M2). Then what a call costs by the corrected fit of Table
VIII.

{table(["us", "M1", "M2", "a call"], performance(results))}
The probes: a call with two integers, and the sum of the longest array of "Six tools", shared and
copied.

{table(["", "add(i, i)", "shared", "copied"], probes(results))}"""


def lines(found: dict[str, Any]) -> Iterable[str]:
    """Write how much was written."""
    sources = found["sources"]
    for language in LANGUAGES:
        yield str(sources["lines"].get(language, ""))
    yield str(sources["config"])
    yield str(sources["unsafe"]) if "Rust" in sources["lines"] else ""


def build(found: dict[str, Any]) -> Iterable[str]:
    """Write how a wheel is built, and how large it is."""
    built = found["build"]
    yield f"{built['seconds']:.1f} s"
    yield str(built["crates"] or "")
    yield f"{built['wheel'] / 1024:,.0f} KiB"
    yield f"{built['installed'] / 1024:,.0f} KiB"
    yield f"`{built['tag']}`"
    yield ", ".join(f"`{requirement}`" for requirement in built["requires"])


def checked(found: dict[str, Any]) -> Iterable[str]:
    """Write what a type checker knows."""
    levels = found.get("checker", {})
    for level in LEVELS:
        cell = levels.get(level)
        verdict = ", refuses a str" if cell and cell["refused"] else ""
        yield f"`{cell['type']}`{verdict}" if cell else ""
    yield f"`{levels['generator']}`" if levels.get(GENERATED) else ""


def misused(found: dict[str, Any]) -> Iterable[str]:
    """Write what wrong arguments do."""
    for mistake in MISTAKES:
        cell = found["misuse"].get(mistake)
        yield outcome(cell) if cell else ""


def outcome(cell: dict[str, Any]) -> str:
    """Write what one call did."""
    match cell["kind"]:
        case "killed":
            return f"**{cell['signal']}**"
        case "refused":
            return str(cell["error"])
        case "wrong":
            return f"**{float(cell['answer']):.4g}**"
        case _:
            return "right"


def messages(results: Results) -> Iterable[str]:
    """Quote what bindings say of a str."""
    for package, name in names(results).items():
        cell = results["qualities"][package]["misuse"][MISTAKES[0]]
        said = " ".join(cell.get("message", "").split())
        short = said if len(said) <= LONGEST else f"{said[:LONGEST]}..."
        yield f"* {name}: {cell.get('error', 'no error')}: {short}"


def performance(results: Results) -> Iterable[list[str]]:
    """Write what the naive loops cost by each binding."""
    for binding in NAIVE:
        listed = (binding.tool, f"{binding.tool} M1, list")
        m1 = next((results["M1"][name] for name in listed if name in results["M1"]), None)
        m2 = results["M2"].get(binding.tool)
        if not m1 or not m2 or not results.has(binding.tool):
            continue
        fit = results.corrected(binding.tool, "mean")
        figures = [digits(cell["mean"]["median"]) for cell in (m1, m2)]
        yield [binding.tool, *figures, f"{fit.call:.3f} ± {fit.call_error:.3f}"]


def probes(results: Results) -> Iterable[list[str]]:
    """Write what the probes cost by each tool."""
    part = results["tools"]
    sums = part["reduction"][list(part["reduction"])[-1]]
    cells = (part["scalar"]["add(i, i)"], sums["shared"], sums["copied"])
    for binding in PROBES:
        if all(binding.tool in cell for cell in cells):
            yield [binding.tool, *(amount(cell[binding.tool]["median"]) for cell in cells)]
