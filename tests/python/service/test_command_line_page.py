"""What docs/reference/command-line.md shows of colstats-service is what it prints.

To write it anew: ``PYTHONPATH=tests/python python tests/python/service/test_command_line_page.py``.
"""

import subprocess

from support.pages import DOCS, Block, run_elsewhere
from support.service import program

PAGE = DOCS / "reference" / "command-line.md"


def shown() -> list[tuple[Block, str, str]]:
    """Return each command, what the page shows of it, and what it prints."""
    commands, texts = (run_elsewhere(PAGE, language) for language in ("sh", "text"))
    pairs = zip(commands, texts, strict=True)
    return [(command, text.code, printed(command)) for command, text in pairs]


def printed(command: Block) -> str:
    name, *arguments = command.code.split()
    assert name == "colstats-service"
    done = subprocess.run(
        [program(), *arguments], capture_output=True, text=True, check=True, env={}
    )
    return "".join(f"{line.rstrip()}\n" for line in done.stdout.splitlines())


def test_what_the_service_prints() -> None:
    found = shown()
    assert [command.code for command, _, _ in found] == [
        "colstats-service --help\n",
        "colstats-service token --help\n",
    ]
    for _, text, expected in found:
        assert text == expected


if __name__ == "__main__":
    page = PAGE.read_text(encoding="utf-8")
    for _, text, expected in shown():
        page = page.replace(f"```text\n{text}```", f"```text\n{expected}```")
    PAGE.write_text(page, encoding="utf-8")
