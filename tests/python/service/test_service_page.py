"""The commands and the Python of docs/guides/service.md are run."""

import datetime
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from colstats.service import connect
from support.pages import DOCS, run_elsewhere
from support.service import Service, program

PAGE = DOCS / "guides" / "service.md"

pytestmark = pytest.mark.thread_unsafe(reason="prints to the output of the process")

TRIPS = pa.table(
    {
        "at": pa.array([datetime.datetime(2026, 11, 26)], pa.timestamp("s", "UTC")),
        "city": ["Rome"],
        "fare": [2.0],
    }
)


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Service]:
    with Service(tmp_path / "data") as running:
        yield running


def test_there_are_blocks() -> None:
    assert [len(run_elsewhere(PAGE, language)) for language in ("python", "sh")] == [5, 2]


def test_the_python_of_the_page_runs(fresh: Service) -> None:
    names: dict[str, object] = {}
    for block in run_elsewhere(PAGE, "python"):
        code = block.code.replace("127.0.0.1:8815", fresh.address)
        exec(compile(code, str(PAGE), "exec"), names)
    names["node"].close()  # type: ignore[attr-defined]


def test_the_commands_of_the_page_run(tmp_path: Path) -> None:
    data = tmp_path / "colstats-data"
    with Service(data, page="127.0.0.1:0") as running:
        with connect(running.url) as node:
            node.put(TRIPS, dataset="trips", by="city", time=("at", "1h"))
        for block in run_elsewhere(PAGE, "sh"):
            script = block.code.replace("127.0.0.1:8816", running.page)
            path = f"{program().parent}{os.pathsep}{os.environ['PATH']}"
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", script],
                cwd=tmp_path,
                env=os.environ | {"PATH": path},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr
            assert "trips" in done.stdout
