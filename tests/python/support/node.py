"""The readers of states in JavaScript, run by Node.js."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

import decode

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="there is no node on PATH to run JavaScript")


def by_node(lines: list[list[str]], script: str = "decode.mjs") -> list[dict[str, Any]]:
    """Ask a script of examples/states for the state of the states in each line."""
    assert NODE is not None
    path = Path(decode.__file__).with_name(script)
    text = "\n".join(map(json.dumps, lines))
    done = subprocess.run([NODE, str(path)], input=text, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]
