"""The command line: for now, a tour of the library over data that it makes itself."""

import argparse
from collections.abc import Sequence

from colstats import __version__


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m colstats", description="Exact statistics for any Arrow data."
    )
    parser.add_argument("--version", action="version", version=f"colstats {__version__}")
    parser.add_argument(
        "--demo", action="store_true", help="show what colstats does, on built-in data"
    )
    options = parser.parse_args(arguments)
    if not options.demo:
        parser.print_help()
        return 2
    return run_demo()


def run_demo() -> int:
    """Show the tour, which needs the libraries that it compares."""
    try:
        from colstats import demo  # noqa: PLC0415 - only the demo needs the other libraries
    except ModuleNotFoundError as missing:
        print(f"the demo compares libraries: pip install {missing.name}")
        return 2
    demo.show()
    return 0
