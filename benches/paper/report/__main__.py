"""Writes ``docs/measured/paper.md`` and draws its figures. Run it by ``make bench-paper``."""

import argparse

from benches.paper.report import figures, page
from benches.paper.report.results import Results, home
from benches.shared import pages


def main() -> None:
    """Read, write and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="report on the quick run")
    form = "quick" if parser.parse_args().quick else "full"
    folder = home(form)
    results = Results.read(folder / "results" / f"{form}.json")
    free = folder / "results" / f"{form}-free-threaded.json"
    others = [Results.read(free)] if free.exists() else []
    pages.publish("paper", page.write(results, others), form)
    figures.draw(results, form)


if __name__ == "__main__":
    main()
