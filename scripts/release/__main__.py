"""Run the checks: all, or with `--quick` those that build nothing."""

import sys
from pathlib import Path

from scripts.release import links, packages, report, sources

ROOT = Path(__file__).parents[2]
QUICK: dict[str, report.Check] = {
    "versions": sources.check_versions,
    "changelog": sources.check_changelog,
    "citation": sources.check_citation,
    "links": links.check_links,
    "crates": sources.check_publishable,
    "tree": sources.check_tree,
    "tag": sources.check_tag,
}
BUILD: dict[str, report.Check] = {
    "dependencies": packages.check_dependencies,
    "crate": packages.check_crate,
    "distributions": packages.check_distributions,
    "module": packages.check_module,
}


def main() -> None:
    """Exit with 1 if anything is not ready."""
    quick = sys.argv[1:] == ["--quick"]
    sys.exit(not report.run(QUICK if quick else QUICK | BUILD, ROOT))


if __name__ == "__main__":
    main()
