"""The errors of the paper, each with the arithmetic that shows it."""

from benches.paper import published
from benches.paper.regression import Fit, crossing_of_fits, crossing_of_totals, refit_published
from benches.paper.report.results import NAIVE, REFERENCE


def write() -> str:
    """List the errata."""
    entries = [swapped(), units(), size(), baselines(), tolerance(), winning(), freed()]
    numbered = (f"{number}. {entry}" for number, entry in enumerate(entries, 1))
    return "## Errata of the paper\n\n" + "\n".join(numbered) + "\n"


def swapped() -> str:
    """Table VI has the wrong heads."""
    best = min(published.CHUNKED["mean"][REFERENCE])
    naive, numpy = (refit_published(name, "mean", best) for name in (NAIVE, REFERENCE))
    given = {name: published.FITS["mean"][name][0] for name in (NAIVE, REFERENCE)}
    return (
        "**Table VI has its column heads swapped.** A line through the column headed PyO3 rises by"
        f" {numpy.call:.2f} us a call, one through the column headed NumPy by {naive.call:.3f};"
        f" Table VIII gives {given[REFERENCE]} for NumPy and {given[NAIVE]} for PyO3, from weighted"
        " fits. Here the columns have the right heads."
    )


def units() -> str:
    """Milliseconds are microseconds."""
    loop = published.SERIAL["M2"][NAIVE]["mean"]
    return (
        f'**Every "ms" of Tables IV to VIII is a microsecond.** {loop} ms for 10^6 additions would'
        f" be {loop * 1e6 / published.VALUES:,.0f} ns each, {loop} us are"
        f" {loop * 1e3 / published.VALUES:.2f} ns: the latency of an addition."
    )


def size() -> str:
    """The sample is smaller than the text says."""
    calls = -(-published.VALUES // published.CHUNKS[0])
    slope, base = published.FITS["mean"][REFERENCE]
    total = slope * calls + base + min(published.CHUNKED["mean"][REFERENCE])
    return (
        "**The sample has 10^6 values**, not the 10^9 of the text: at 1,024 values a chunk these"
        f" are {calls} calls, and {calls} x {slope} us + {base} us + the best total of"
        f" {min(published.CHUNKED['mean'][REFERENCE])} us are {total:,.0f} us, where the table has"
        f" {published.CHUNKED['mean'][REFERENCE][0]:,.0f}."
    )


def baselines() -> str:
    """Both fits subtract the best total of the mean."""
    wrong = min(published.CHUNKED["mean"][REFERENCE])
    right = min(published.CHUNKED["stddev"][REFERENCE])
    naive, numpy = (
        published.FITS["stddev"][name][1] + wrong - right for name in (NAIVE, REFERENCE)
    )
    return (
        "**The bases of the standard deviation in Table VIII subtract NumPy's best mean**"
        f" ({wrong} us) instead of its best standard deviation ({right} us). Corrected, they are"
        f" {naive:.1f} us for PyO3 and {numpy:.1f} us for NumPy, up to the digits that the"
        " tables do not print."
    )


def tolerance() -> str:
    """The tolerance is absolute."""
    middle = 5e7
    return (
        f'**The tolerance of "1 %" is {published.TOLERANCE} in the unit of the data.** Of a mean of'
        f" 5 x 10^7 it is a share of {published.TOLERANCE / middle:.0e}: far stricter."
    )


def winning() -> str:
    """Where PyO3 stops winning."""
    found = []
    for statistic in ("mean", "stddev"):
        one, other = (Fit(*published.FITS[statistic][name]) for name in (NAIVE, REFERENCE))
        lines = crossing_of_fits(one, other, published.VALUES)
        columns = (published.CHUNKED[statistic][name] for name in (NAIVE, REFERENCE))
        totals = crossing_of_totals(published.CHUNKS, *columns)
        found.append(f"{lines:,.0f} by the lines and {totals:,.0f} by the totals ({statistic})")
    return (
        "**PyO3 does not win at every chunk size.** The naive loop stops being faster than NumPy at"
        f" chunks of {' and '.join(found)}."
    )


def freed() -> str:
    """The paper's containers leak."""
    return (
        "**The opaque array of the C interface is never freed.** The library measured here has"
        " a function for it, and the bindings call it."
    )
