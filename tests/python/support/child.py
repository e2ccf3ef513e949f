r"""Programs that run in a child process with a timeout.

>>> done = run("print(6 * 7)")
>>> done.returncode, done.stdout
(0, '42\n')
"""

import pathlib
import subprocess
import sys
import textwrap

#: Where programs run, so that they can import `support`.
FOLDER = pathlib.Path(__file__).parents[1]
#: The start of every program. A process started in the background ignores Ctrl-C by default.
BEGIN = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
"""


def command(program: str) -> list[str]:
    """Return the command that runs a program, with its indentation removed."""
    return [sys.executable, "-c", BEGIN + textwrap.dedent(program)]


def run(program: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """Run a program until it ends."""
    return subprocess.run(
        command(program), cwd=FOLDER, capture_output=True, text=True, check=False, timeout=timeout
    )


def answer(program: str, timeout: float = 60) -> str:
    """Run a program that must succeed, and return its output."""
    done = run(program, timeout)
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout.strip()
