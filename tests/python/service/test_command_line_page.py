"""What docs/reference/command-line.md shows of colstats-service is what it prints."""

import subprocess

from support.pages import DOCS, run_elsewhere
from support.service import program

PAGE = DOCS / "reference" / "command-line.md"


def test_what_the_service_prints() -> None:
    commands, shown = (run_elsewhere(PAGE, language) for language in ("sh", "text"))
    assert len(commands) == 2
    for command, printed in zip(commands, shown, strict=True):
        name, *arguments = command.code.split()
        assert name == "colstats-service"
        done = subprocess.run(
            [program(), *arguments], capture_output=True, text=True, check=True, env={}
        )
        assert [line.rstrip() for line in done.stdout.splitlines()] == printed.code.splitlines()
