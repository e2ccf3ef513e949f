"""Runs checks, and prints a line for each."""

import sys
from collections.abc import Callable
from pathlib import Path

Check = Callable[[Path], str]


class Unready(Exception):
    """A check fails: the reason, and what to do about it."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.remedy = remedy


def run(checks: dict[str, Check], root: Path) -> bool:
    """Run all checks, also after one has failed, and say whether all passed."""
    width = max(map(len, checks))
    passed = True
    for name, check in checks.items():
        try:
            print(f"ok      {name:{width}}  {check(root)}")
        except Unready as unready:
            passed = False
            print(f"FAILED  {name:{width}}  {unready}\n        {'':{width}}  -> {unready.remedy}")
        sys.stdout.flush()
    return passed
