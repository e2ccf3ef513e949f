r"""Programs that run in a process of their own, which a test watches and nothing can hang.

>>> done = run("print(6 * 7)")
>>> done.returncode, done.stdout
(0, '42\n')
"""

import pathlib
import subprocess
import sys
import textwrap

HERE = pathlib.Path(__file__).parents[1]
#: What programs of these tests begin with. Whoever is started in the background is deaf to Ctrl-C.
BEGIN = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
"""


def command(program: str) -> list[str]:
    """Return the command that runs a program, which may import what lies beside this."""
    return [sys.executable, "-c", BEGIN + textwrap.dedent(program)]


def run(program: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """Run a program to its end."""
    return subprocess.run(
        command(program), cwd=HERE, capture_output=True, text=True, check=False, timeout=timeout
    )


def answer(program: str, timeout: float = 60) -> str:
    """Run a program that must succeed, and return what it prints."""
    done = run(program, timeout)
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout.strip()
