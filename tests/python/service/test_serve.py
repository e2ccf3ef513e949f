"""``colstats serve`` finds the service, and becomes it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from colstats.cli.serve import INSTALL
from colstats.service import connect
from support.command_line import Run, one_line, run
from support.pages import DOCS
from support.service import program

pytestmark = pytest.mark.thread_unsafe(reason="starts processes")


def serve(*arguments: object, **environment: str) -> Run:
    kept = {key: value for key, value in os.environ.items() if key != "COLSTATS_SERVICE"}
    return run("serve", *arguments, env=kept | environment)


def stand_in(folder: Path, says: str) -> Path:
    """A program in place of the service, which says who it is and what it was told."""
    folder.mkdir(exist_ok=True)
    path = folder / "colstats-service"
    path.write_text(f'#!/bin/sh\necho {says} "$@"\nexit 7\n')
    path.chmod(0o755)
    return path


def test_it_becomes_the_service(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "colstats", "serve", "--data", tmp_path / "data"]
    environment = os.environ | {"COLSTATS_SERVICE": str(program()), "COLSTATS_PAGE": "none"}
    with subprocess.Popen(
        [*command, "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout
        address = process.stdout.readline().removeprefix("listening on ").strip()
        with connect(f"grpc://{address}") as node:
            assert node.put({"x": [1.0, 2.0]}, dataset="d").rows == 2
            assert node.mean("d")["x"] == 1.5
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def test_arguments_and_the_exit_code_are_those_of_the_service(tmp_path: Path) -> None:
    named = stand_in(tmp_path, "named")
    done = serve("--data", "a b", "--help", COLSTATS_SERVICE=str(named))
    assert (done.returncode, done.stdout) == (7, "named --data a b --help\n")


def test_it_is_found_on_path(tmp_path: Path) -> None:
    stand_in(tmp_path, "on path")
    assert serve(PATH=f"{tmp_path}{os.pathsep}/usr/bin:/bin").stdout == "on path\n"
    done = run("serve", env={"PATH": str(tmp_path), "COLSTATS_SERVICE": ""})
    assert (done.returncode, done.stdout) == (7, "on path\n")


def test_it_is_found_beside_the_interpreter(tmp_path: Path) -> None:
    """As pip puts it there, so the one of an environment comes before others."""
    beside = tmp_path / "bin"
    stand_in(beside, "beside")
    other = stand_in(tmp_path / "path", "on path").parent
    (beside / "python").symlink_to(sys.executable)
    places = os.pathsep.join(path for path in sys.path if path)
    code = "import sys; sys.argv[1:] = ['serve']; from colstats.cli import main; main()"
    done = subprocess.run(
        [beside / "python", "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": f"{other}:/usr/bin:/bin", "PYTHONPATH": places},
    )
    assert (done.returncode, done.stdout) == (7, "beside\n")


def test_without_it_the_way_to_it_is_named(tmp_path: Path) -> None:
    error = one_line(run("serve", env={"PATH": str(tmp_path)}))
    assert f"`{INSTALL}`" in error
    assert f"\n{INSTALL}\n" in (DOCS / "install.md").read_text(encoding="utf-8")
    assert "COLSTATS_SERVICE" in error


def test_a_wrong_variable_is_refused(tmp_path: Path) -> None:
    error = one_line(run("serve", env={"COLSTATS_SERVICE": str(tmp_path / "nowhere")}))
    assert "nowhere', which is not a program" in error
    (tmp_path / "text").write_text("not a program")
    (tmp_path / "text").chmod(0o755)
    error = one_line(run("serve", env={"COLSTATS_SERVICE": str(tmp_path / "text")}))
    assert "cannot run" in error


def test_a_file_of_that_name_is_described_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "serve").write_text("x\n1\n2\n")
    assert '"count": 2' in run("--json", "serve", cwd=tmp_path).stdout
    assert run("./serve", "--json", cwd=tmp_path).returncode == 0


def test_the_help_names_it() -> None:
    assert "colstats serve --data DIR" in run("--help").stdout
