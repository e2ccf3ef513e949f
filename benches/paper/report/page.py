"""The page that all chapters are on, and what stands around them."""

from benches.paper import published
from benches.paper.report import errata, extras, findings, tables
from benches.paper.report.results import Results


def write(results: Results, others: list[Results]) -> str:
    """Write the report; others are runs by other interpreters."""
    parts = [
        "# A paper on Python bindings, reproduced, corrected and answered\n",
        "<!-- Drawn from the JSON of a run: do not edit. -->\n",
        surroundings(results),
        findings.write(results),
        "## The tables\n",
        reading(results),
        tables.sums(results),
        tables.serial(results, "M1", "IV"),
        tables.serial(results, "M2", "V"),
        tables.chunked(results, "mean", "VI"),
        tables.chunked(results, "stddev", "VII"),
        tables.fits(results),
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

![Figure 2: total time of the mean](results/figure2.svg)
![Figure 3: total time of the standard deviation](results/figure3.svg)
![Figure 4: overhead of the mean](results/figure4.svg)
![Figure 5: overhead of the standard deviation](results/figure5.svg)
"""

ARMS = """\
Everything above makes a container for each chunk just before it is asked, as the paper does, so
that data are in a cache. Here, containers are made once and sliced without copying; or what caches
hold is replaced between making and asking; or there is but one call.
"""


def surroundings(results: Results) -> str:
    """Write where, with what and how it was run."""
    machine, effort, build = results["machine"], results["effort"], results["build"]
    versions = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    facts = {
        "machine": f"{machine['cpu']}, {machine['cores']} cores, {machine['system']}",
        "the paper's": published.MACHINE,
        "versions": versions,
        "colstats": ", ".join(f"{name} {fact}" for name, fact in build.items()),
        "run": f"{effort['name']}, {results['seconds']:,} s; samples: {effort['samples']} of"
        f" {effort['values']:,} values (seed {results['seed']}), {effort['experiments']}"
        " experiments each; one thread where nothing else is said, rows in an order drawn anew for"
        " each experiment, no garbage collector",
        "an empty timed call": f"{results.floor * 1000:.0f} ns among the shortest chunks",
        "wrong answers": wrong(results),
    }
    lines = "\n".join(f"* {name}: {fact}" for name, fact in facts.items())
    return f"{lines}\n\n{failures(results)}"


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
        f"{wrong:,} of {asked:,}; colstats is held to the correctly rounded answer, all others to"
        f" the paper's {published.TOLERANCE}"
    )


def failures(results: Results) -> str:
    """Tell who could not take part."""
    builds = {
        f"{name} was not built": status["error"]
        for name, status in results["bindings"].items()
        if not status["ok"]
    }
    reasons = results["failures"] | builds
    if not reasons:
        return ""
    lines = "\n".join(f"* {name}: {reason}" for name, reason in reasons.items())
    return f"Not everybody could take part:\n\n{lines}\n"


def reading(results: Results) -> str:
    """Tell how tables are read."""
    scale = published.VALUES / results.values
    scaled = "" if scale == 1 else f" Serial times are scaled by {scale:g} to the paper's sample.\n"
    return f"""\
Times here are medians of all experiments, the paper's are means; the JSON has both. The ratio is
this machine's time over the paper's. Chunks are of int(2^(e/2 + 10)) values, the remainder
included. {scaled}Fits as published: slopes over floor(N/c) calls, weights 1/sqrt(sigma), the best
total of NumPy's mean taken away. Corrected: all calls, weights 1/sigma, each statistic's own
baseline, empty calls among the others taken away, and only chunks that fit the second cache well.
"""
