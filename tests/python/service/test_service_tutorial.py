"""The tutorial on the service runs as printed, with services of its own on free ports."""

import os
import re
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from support.pages import DOCS, run
from support.service import program

PAGE = DOCS / "tutorials" / "service.md"
#: The ports on the page.
PORTS = ["8815", "8816", "8825", "8826"]

pytestmark = pytest.mark.thread_unsafe(reason="changes the folder and the output of the process")


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """The page with other ports."""
    text = PAGE.read_text(encoding="utf-8")
    with ExitStack() as taken:
        for port in PORTS:
            free = taken.enter_context(socket.create_server(("127.0.0.1", 0)))
            assert f"127.0.0.1:{port}" in text
            text = text.replace(f"127.0.0.1:{port}", f"127.0.0.1:{free.getsockname()[1]}")
    page = tmp_path / PAGE.name
    page.write_text(text, encoding="utf-8")
    return page


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder for the page, after which no service is left."""
    folder = tmp_path / "work"
    folder.mkdir()
    yield folder
    for file in folder.glob("*.pid"):
        with suppress(ProcessLookupError):
            os.kill(int(file.read_text()), signal.SIGKILL)


def is_listening(port: int) -> bool:
    with suppress(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port)).close()
        return True
    return False


def test_the_tutorial(page: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLSTATS_SERVICE", str(program()))
    run(page, folder, by="tests/python/service/test_service_tutorial.py")
    assert len(list(folder.glob("*.pid"))) == 2
    ports = [int(port) for port in re.findall(r"--listen 127.0.0.1:(\d+)", page.read_text())]
    assert len(ports) == 3  # one is started twice
    patience = time.monotonic() + 30
    while any(map(is_listening, ports)):  # the page has told them to end
        assert time.monotonic() < patience
        time.sleep(0.05)
