"""The report as a page: its chapters in order, and the facts about the run."""

from benches.paper import published
from benches.paper.report import errata, extras, findings, qualities, tables
from benches.paper.report.results import Results
from benches.shared import pages


def write(results: Results, others: list[Results]) -> str:
    """Write the report; `others` are runs by other interpreters."""
    parts = [
        "# A paper on Python bindings, reproduced, corrected and answered\n",
        "<!-- Generated from the JSON of a run: do not edit. -->\n",
        surroundings(results),
        f"{pages.run_it('bench-paper', 'a quarter of an hour')}\n",
        findings.write(results),
        "## The tables\n",
        reading(results),
        tables.sums(results),
        *([qualities.memory(results)] if results.has_qualities else []),
        tables.serial(results, "M1", "IV"),
        tables.serial(results, "M2", "V"),
        tables.chunked(results, "mean", "VI"),
        tables.chunked(results, "stddev", "VII"),
        tables.fits(results),
        *([qualities.summary(results)] if results.has_qualities else []),
        FIGURES,
        "### Other arms\n",
        ARMS,
        tables.arms(results),
        errata.write(),
        extras.anatomy(results),
        extras.marshalling(results),
        extras.tools(results),
        extras.threads([results, *others]),
    ]
    return "\n".join(parts)


FIGURES = """\
### Figures 2 to 5

![Figure 2: total time of the mean](figures/paper/figure2.svg)
![Figure 3: total time of the standard deviation](figures/paper/figure3.svg)
![Figure 4: overhead of the mean](figures/paper/figure4.svg)
![Figure 5: overhead of the standard deviation](figures/paper/figure5.svg)
"""

ARMS = """\
Everything above builds a container for each chunk just before the timed call, as the paper does,
so that its data are in a cache. Here, one container is built and sliced without copying; or the
caches are overwritten between building and calling; or a single call answers for all chunks.
"""


def surroundings(results: Results) -> str:
    """Describe the machine, the versions and the run."""
    machine, effort, build = results["machine"], results["effort"], results["build"]
    versions = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    facts = {
        "machine": f"{machine['cpu']}, {machine['cores']} cores, {machine['system']}",
        "the paper's": published.MACHINE,
        "versions": versions,
        "bindings": ", ".join(crates(results)),
        "colstats": ", ".join(f"{name} {fact}" for name, fact in build.items()),
        "run": f"{effort['name']}, {results['seconds']:,} s; samples: {effort['samples']} of"
        f" {effort['values']:,} values (seed {results['seed']}), {effort['experiments']}"
        " experiments each; one thread unless stated otherwise; the order of rows is drawn anew for"
        " each experiment; the garbage collector is off",
        "an empty timed call": f"{results.floor * 1000:.0f} ns, measured among the shortest chunks",
        "wrong answers": wrong(results),
    }
    lines = "\n".join(f"* {name}: {fact}" for name, fact in facts.items())
    return f"{lines}\n\n{failures(results)}"


def crates(results: Results) -> list[str]:
    """List the versions of binding tools that are crates."""
    tools = {status["tool"]: status["version"] for status in results["bindings"].values()}
    return [f"{tool} {version}" for tool, version in tools.items() if tool.startswith("pyo3")]


def wrong(results: Results) -> str:
    """Count wrong answers."""
    cells = [
        cell[statistic]
        for arm in ("faithful", "sliced", "per", "cold")
        for rows in results[arm].values()
        for cell in rows.values()
        for statistic in cell
    ] + [
        cell[statistic]
        for form in ("M1", "M2")
        for cell in results[form].values()
        for statistic in cell
    ]
    asked, wrong = (sum(cell[key] for cell in cells) for key in ("asked", "wrong"))
    return (
        f"{wrong:,} of {asked:,}; colstats must give the correctly rounded answer, all others one"
        f" within the paper's {published.TOLERANCE}"
    )


def failures(results: Results) -> str:
    """List what could not take part, and why."""
    builds = {
        f"{name} was not built": status["error"]
        for name, status in results["bindings"].items()
        if not status["ok"]
    }
    reasons = results["failures"] | builds
    if not reasons:
        return ""
    lines = "\n".join(f"* {name}: {reason}" for name, reason in reasons.items())
    return f"Not everything could take part:\n\n{lines}\n"


def reading(results: Results) -> str:
    """Explain how the tables are to be read."""
    scale = published.VALUES / results.values
    scaled = "" if scale == 1 else f" Serial times are scaled by {scale:g} to the paper's sample.\n"
    return f"""\
Times here are medians of all experiments, the paper's are means; the JSON has both. The ratio is
this machine's time over the paper's. Chunks have int(2^(e/2 + 10)) values, and the remainder is a
chunk, too. {scaled}Fits as published: slopes over floor(N/c) calls, weights 1/sqrt(sigma), minus
the best total of NumPy's mean. Corrected: the true number of calls, weights 1/sigma, each
statistic's own baseline, minus the cost of empty calls, and only chunks that fit well into the
second-level cache.
"""
