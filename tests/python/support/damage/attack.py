"""Starts the judges, and starts them again after each case that has ended one."""

import signal
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

#: Where the judges run, so that they can import `support`.
FOLDER = Path(__file__).parents[2]


@dataclass
class Outcome:
    """The verdicts about one kind of file."""

    kind: str
    counts: Counter[str] = field(default_factory=Counter)
    #: The findings, each with the number of its case.
    findings: list[str] = field(default_factory=list)


def attack(kind: str, first: int, last: int) -> Outcome:
    """Judge the cases of one kind of file, from `first` up to `last`."""
    outcome = Outcome(kind)
    with tempfile.TemporaryDirectory() as folder:
        while first < last:
            first = judged(outcome, first, last, folder)
    return outcome


def judged(outcome: Outcome, first: int, last: int, folder: str) -> int:
    """Start one judge; returns the number of the case after its last one."""
    numbers = [str(first), str(last)]
    command = [sys.executable, "-m", "support.damage.judge", outcome.kind, *numbers, folder]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=False)
    for line in done.stdout.splitlines():
        number, _, verdict = line.partition(" ")
        first = int(number) + 1
        if verdict in ("refused", "answered"):
            outcome.counts[verdict] += 1
        else:
            ended = f"{died(done.returncode)}: {done.stderr[-300:]}"
            outcome.findings.append(f"{outcome.kind}, case {number}: {verdict or ended}")
    if done.returncode and not done.stdout:
        raise RuntimeError(done.stderr)
    return first


def died(code: int) -> str:
    """Say how a process has ended."""
    if code == -signal.SIGALRM:
        return "hangs"
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"
