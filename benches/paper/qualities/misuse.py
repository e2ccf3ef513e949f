"""What wrong arguments do: an exception, a wrong number, or the end of the process.

Each call is made by a process of its own. Arguments hold the values 1 and 2, so that a tool which
converts them is right.
"""

import json
import signal
import subprocess
import sys
from typing import Any

from benches.paper.qualities.bindings import FAR, LONGER, NONE, TEXT, TWICE, Binding

#: Mistakes that no number answers.
UNANSWERABLE = (TEXT, NONE, LONGER, FAR, TWICE)
TIMEOUT = 120

PRELUDE = """\
import json, resource
import numpy as np
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
values = [1.0, 2.0]
doubles, integers, singles = (np.array([1, 2], dtype) for dtype in ("f8", "i8", "f4"))
strided = np.array([1.0, 9.0, 2.0, 9.0])[::2]
{imports}
"""
#: Statements before the last one prepare the call.
ATTEMPT = """\
try:
    {statements}
    print(json.dumps({{"answer": repr({call})}}), flush=True)
except BaseException as error:
    print(json.dumps({{"error": type(error).__name__, "message": str(error)}}), flush=True)
"""


def measure(binding: Binding) -> dict[str, Any]:
    """Make every mistake once."""
    right = repr(3.0 if binding.package.startswith("probe") else 1.5)
    return {
        mistake: judged(attempt(binding.imports, call), None if mistake in UNANSWERABLE else right)
        | {"call": call}
        for mistake, call in binding.misuse.items()
    }


def attempt(imports: str, call: str) -> dict[str, Any]:
    """Let a process make a call: its answer, its error, or the signal that ended it."""
    *statements, last = call.split("; ")
    code = PRELUDE.format(imports=imports) + ATTEMPT.format(
        statements="; ".join(statements) or "pass", call=last
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=TIMEOUT, check=False
    )
    if done.returncode < 0:
        return {"signal": signal.Signals(-done.returncode).name}
    if done.returncode:
        raise RuntimeError(f"{call}: {done.stderr.strip()[-300:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def judged(found: dict[str, Any], right: str | None) -> dict[str, Any]:
    """Say whether a call was refused, ended the process, or gave a right or a wrong answer."""
    if "signal" in found:
        kind = "killed"
    elif "error" in found:
        kind = "refused"
    else:
        kind = "right" if found["answer"] == right else "wrong"
    return found | {"kind": kind}
