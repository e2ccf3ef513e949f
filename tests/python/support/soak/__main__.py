"""Runs the soak test, prints a Markdown table, and exits with 1 if anything has grown."""

import argparse
import sys
from collections.abc import Iterable, Sequence

from benches.shared import markdown

from . import doors, run
from .meters import KIB, LIMIT
from .run import Outcome

HEAD = (
    "door",
    "calls",
    "refusals",
    "us a call",
    "resident, KiB",
    "malloc, KiB",
    "blocks of Python",
    "objects",
    "files",
    "threads",
    "references",
    "",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m support.soak", description=__doc__)
    parser.add_argument("--calls", type=int, default=1_000_000, help="in total (a million)")
    parser.add_argument("--only", default="", metavar="TEXT", help="doors whose names contain it")
    options = parser.parse_args(arguments)
    chosen = [door for door in doors.every() if options.only in door.name]
    return report(run.soak(chosen, options.calls))


def report(outcomes: Sequence[Outcome]) -> int:
    """Print the outcomes and return the exit code."""
    print(markdown.table(HEAD, map(line, outcomes)))
    for outcome in outcomes:
        if outcome.alone:
            print(f"{outcome.name}: without colstats, its producer grows by {outcome.alone}")
    has_grown = any(outcome.grown for outcome in outcomes)
    print(f"{'Something has' if has_grown else 'Nothing has'} grown by more than {LIMIT}")
    return int(has_grown)


def line(outcome: Outcome) -> Iterable[str]:
    """Return the cells of one row of the table."""
    growth = outcome.growth
    verdict = "GROWS: " + ", ".join(outcome.grown) if outcome.grown else ""
    if outcome.alone and not outcome.grown:
        verdict = "its producer grows"
    return (
        outcome.name,
        f"{outcome.calls:,}",
        f"{outcome.refusals:,}",
        markdown.digits(1e6 * outcome.seconds / outcome.calls),
        f"{growth.resident // KIB:,}",
        f"{growth.allocated / KIB:,.1f}",
        f"{growth.blocks:,}",
        f"{growth.objects:,}",
        f"{growth.descriptors:,}",
        f"{growth.threads:,}",
        f"{outcome.references:,}",
        verdict,
    )


if __name__ == "__main__":
    sys.exit(main())
