"""The findings in words; all figures come from the run."""

from benches.paper import published
from benches.paper.regression import crossing_of_fits
from benches.paper.report.results import (
    NAIVE,
    OURS,
    OURS_M1,
    REFERENCE,
    STATISTICS,
    TITLES,
    Results,
)
from benches.paper.rows import PYO3_ARROW
from benches.shared.markdown import digits, table


def write(results: Results) -> str:
    """Write the page of text."""
    parts = ["## What was found\n", shape(results)]
    if results.has(NAIVE, REFERENCE):
        parts.append(loop(results))
    if results.has(OURS, REFERENCE):
        parts.append(ours(results))
    return "\n".join(parts)


def ends(ratios: list[float], sizes: list[int]) -> str:
    """Write the smallest and the largest ratio, and the chunk sizes where they occur."""
    low, high = min(ratios), max(ratios)
    where = [sizes[ratios.index(ratio)] for ratio in (low, high)]
    return f"{low:.2f} (chunks of {where[0]:,}) to {high:.2f} (chunks of {where[1]:,})"


def shape(results: Results) -> str:
    """Check the shape of the paper's results."""
    rows = [
        [claim, paper, here, "yes" if holds else "**no**"]
        for claim, paper, here, holds in claims(results)
    ]
    intro = (
        "Absolute times differ between machines, relations should not. These relations follow from"
        " the paper's figures; here is what this machine says:\n"
    )
    return f"{intro}\n{table(['claim', 'paper', 'here', 'holds'], rows)}"


def claims(results: Results) -> list[tuple[str, str, str, bool]]:
    """List the claims whose rows were all measured."""
    found = []
    m1 = {name: cell["mean"]["median"] for name, cell in results["M1"].items()}
    order = ["ctypes", REFERENCE, "cffi (maturin)", NAIVE]
    if all(name in m1 for name in order):
        paper = [published.SERIAL["M1"][name]["mean"] for name in order]
        times = [m1[name] for name in order]
        holds = times[0] > 2 * times[1] and times[1] > times[2] >= times[3] * 0.95
        found.append(
            ("M1: ctypes >> NumPy (list) > cffi >= PyO3, ms", *map(chain, (paper, times)), holds)
        )
    m2 = {
        name: results["M2"][name]["mean"]["median"]
        for name in published.SERIAL["M2"]
        if name in results["M2"]
    }
    loops = [time for name, time in m2.items() if name != REFERENCE]
    if loops:
        paper_loops = [
            cell["mean"] for name, cell in published.SERIAL["M2"].items() if name != REFERENCE
        ]
        spreads = [max(times) / min(times) for times in (paper_loops, loops)]
        said = [f"{spread:.2f}" for spread in spreads]
        found.append(
            (
                "M2: the naive loops' slowest over their fastest, at most 1.1",
                *said,
                spreads[1] <= 1.1,
            )
        )
    if results.has(NAIVE, REFERENCE):
        for statistic in STATISTICS:
            found.append(calls_claim(results, statistic))
        paper_crossing = crossing_of_paper("mean")
        crossing = results.crossing("mean")
        found.append(
            (
                "the naive mean stops winning between chunks of 2^11 and 2^15",
                f"{paper_crossing:,.0f}",
                f"{crossing:,.0f}" if crossing else "never",
                crossing is not None and 2**11 <= crossing <= 2**15,
            )
        )
    return found


def chain(times: list[float]) -> str:
    """Write times from left to right, in milliseconds."""
    return " / ".join(digits(time / 1000) for time in times)


def calls_claim(results: Results, statistic: str) -> tuple[str, str, str, bool]:
    """Compare the cost of a call."""
    published_fits = published.FITS[statistic]
    paper = published_fits[REFERENCE][0] / published_fits[NAIVE][0]
    here = (
        results.as_published(REFERENCE, statistic).call
        / results.as_published(NAIVE, statistic).call
    )
    claim = f"a call of NumPy's {TITLES[statistic]} costs 10 to 100 naive ones (as published)"
    return claim, digits(paper), digits(here), 10 <= here <= 100


def crossing_of_paper(statistic: str) -> float | None:
    """Where the paper's lines cross."""
    from benches.paper.regression import Fit

    one, other = (Fit(*published.FITS[statistic][name]) for name in (NAIVE, REFERENCE))
    return crossing_of_fits(one, other, published.VALUES)


def loop(results: Results) -> str:
    """Explain why the naive loop wins, and why it loses."""
    largest = results.sizes[-1]
    naive, numpy = (results.totals(name, "mean")[-1] for name in (NAIVE, REFERENCE))
    per_value = [total * 1000 / results.values for total in (naive, numpy)]
    call = [results.corrected(name, "mean").call for name in (NAIVE, REFERENCE)]
    crossing = results.crossing("mean")
    where = (
        f"NumPy catches up at chunks of about {crossing:,.0f} values"
        if crossing
        else "NumPy does not catch up within the paper's chunk sizes"
    )
    return f"""\
### Why the naive loop wins, and loses

The loop adds one value at a time, and each addition waits for the one before it:
{per_value[0]:.2f} ns a value, whatever binds it. NumPy adds several chains of vectors:
{per_value[1]:.2f} ns a value in chunks of {largest:,}, memory included. But a call of `np.mean`
passes through Python code, ufunc dispatch and argument parsing: {call[1]:.2f} us by the corrected
fit, against {call[0]:.2f} us for a method of a PyO3 class, which is little more than an empty call.
So a cheap call wins for short chunks, and adding in vectors for long ones;
{where}.
The binding tool matters little: with a container built before (M2), all of them call the same loop.
With the argument converted at every call (M1) they differ by the cost of converting a list, and all
of them lose to not converting at all.
"""


def ours(results: Results) -> str:
    """Explain what colstats does about it."""
    lines = []
    for rival in (REFERENCE, NAIVE, PYO3_ARROW, "pyarrow.compute", "polars"):
        if results.has(rival):
            said = " and ".join(
                f"{ends(results.ratios(rival, OURS, statistic), results.sizes)} for the {title}"
                for statistic, title in TITLES.items()
            )
            lines.append(f"* {rival}: {said}.")
    fits = ", ".join(
        f"{results.corrected(OURS, statistic).call:.3f} us ({TITLES[statistic]})"
        for statistic in STATISTICS
    )
    return f"""\
### What colstats does about it

A `Column` is imported once; a statistic of it is one call of a Rust method, vectors inside, and one
rounding at the end. How many times as long as a `Column` others take, chunk by chunk over the
paper's 18 sizes:

{chr(10).join(lines)}

A call costs {fits} by the corrected fit, the empty
call ({results.floor:.3f} us) not included. These answers are exact: each of them was compared with
integer arithmetic, to the last bit.
{importing(results)}"""


def importing(results: Results) -> str:
    """Compare imports at every call, by colstats and by pyo3-arrow, of the same pyarrow arrays."""
    others = f"{PYO3_ARROW} M1, pyarrow"
    if not results.has(OURS_M1, others):
        return ""
    own, other = (results.corrected(row, "mean").call for row in (OURS_M1, others))
    return f"""
If the argument is a pyarrow array that is imported at every call (M1), a call of `cs.mean` costs
{own:.2f} us, of which the exact mean is a part. The naive mean behind pyo3-arrow's `PyArray` costs
{other:.2f} us. "What a call is made of" has the import alone.
"""
