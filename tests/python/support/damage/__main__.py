"""Damages files, prints a Markdown table of verdicts, and exits with 1 after a finding."""

import argparse
import sys
from collections.abc import Sequence

from benches.shared import markdown

from . import material
from .attack import attack


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m support.damage", description=__doc__)
    parser.add_argument("--count", type=int, default=5000, help="of each kind of file (5,000)")
    parser.add_argument("--first", type=int, default=0, help="the number of the first case (0)")
    parser.add_argument("--only", default="", metavar="TEXT", help="kinds whose names contain it")
    options = parser.parse_args(arguments)
    kinds = [kind for kind in material.KINDS if options.only in kind]
    last = options.first + options.count
    outcomes = [attack(kind, options.first, last) for kind in kinds]
    rows = [
        (o.kind, f"{o.counts['refused']:,}", f"{o.counts['answered']:,}", f"{len(o.findings):,}")
        for o in outcomes
    ]
    print(markdown.table(("files", "refused", "answered", "findings"), rows))
    findings = [finding for outcome in outcomes for finding in outcome.findings]
    print("\n".join(findings))
    return int(bool(findings))


if __name__ == "__main__":
    sys.exit(main())
