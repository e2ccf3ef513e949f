"""A terminal with the command line: what it shows is what the commands print."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from scripts.drawings import trips
from scripts.drawings.svg import CHARACTER, Drawing

COLUMNS = 92
COMMANDS = (
    "colstats trips.parquet",
    "colstats trips.parquet --columns distance,fare --by payment",
    "colstats trips.parquet --columns distance --stats median,q0.99,skewness",
)
LINE = 19.0


def run(command: str, folder: Path) -> list[str]:
    """The lines that a command of colstats prints on a terminal of a known width."""
    arguments = command.split()[1:]
    done = subprocess.run(
        [sys.executable, "-m", "colstats", *arguments],
        cwd=folder,
        env={**os.environ, "COLUMNS": str(COLUMNS)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def terminal() -> Drawing:
    """The commands, and what they print."""
    lines: list[tuple[str, str]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pq.write_table(pa.table(trips.columns()), folder / "trips.parquet")
        for command in COMMANDS:
            lines.append(("green", f"$ {command}"))
            lines += [("ink", line) for line in run(command, folder)]
            lines.append(("ink", ""))
    width = COLUMNS * 13 * CHARACTER["mono"] + 32
    drawing = Drawing("The command line in a terminal", 34 + LINE * len(lines), width)
    drawing.box(1, 1, width - 2, drawing.height - 2, "soft", "tint faint")
    for row, (tone, line) in enumerate(lines):
        if line:
            drawing.text(16, 36 + LINE * row, line, tone, "small mono pre")
    return drawing


ROOM = "gallery"
DRAWINGS = {"terminal": terminal}
