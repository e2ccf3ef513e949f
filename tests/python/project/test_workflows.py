"""The workflows: what they run is in the Makefile, and so it was tested before; actions are pinned.

`make lint-workflows` checks their syntax. They cannot be run here.
"""

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / ".github"
FILES = sorted([*FOLDER.glob("workflows/*.yml"), *FOLDER.glob("actions/*/action.yml")])
WORKFLOWS = [path for path in FILES if path.parent.name == "workflows"]
# What a job does that is not a target, and why. Each must occur.
EXCEPTIONS = {
    "rustup toolchain install": "the Makefile takes the compiler that there is",
    "rustup default": "likewise",
    "apt-get update": "make itself is not in the image",
    "apt-get install": "likewise",
    "mkdir -p dist": "where a target does not write",
    "test": "a comparison of results of other jobs",
    "cargo publish": "it needs the registry's permission, which is given to the workflow alone",
    "gh release create": "likewise",
}
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")

Json = dict[str, Any]


@cache
def load(path: Path) -> Json:
    """Return a file. YAML 1.1 takes the key `on` for a boolean; nothing here looks at it."""
    loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def targets() -> set[str]:
    """Return the targets of the Makefile."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z0-9-]+):", makefile, re.MULTILINE))


def jobs(path: Path) -> dict[str, Json]:
    """Return the jobs of a workflow, or what an action runs as if it were one."""
    loaded = load(path)
    return loaded.get("jobs") or {"action": loaded["runs"]}


def filled(command: str, matrix: Json) -> list[str]:
    """Return a command for each value of the matrix that it mentions."""
    name = re.search(r"\$\{\{ matrix\.(\w+) \}\}", command)
    if not name:
        return [command]
    return [command.replace(name[0], value) for value in matrix[name[1]]]


def commands() -> Iterator[tuple[str, str]]:
    """Yield every command of every step, with the file that it is in."""
    for path in FILES:
        for job in jobs(path).values():
            matrix = job.get("strategy", {}).get("matrix", {})
            for step in filter(lambda step: "run" in step, job["steps"]):
                for line in re.split(r"\n|&&", step["run"].strip()):
                    for command in filled(line.strip(), matrix):
                        yield path.name, command


def exception(command: str) -> str | None:
    """Return the exception that a command is."""
    return next((it for it in EXCEPTIONS if f"{command} ".startswith(f"{it} ")), None)


@pytest.mark.parametrize(("file", "command"), sorted(set(commands())))
def test_commands_are_targets(file: str, command: str) -> None:
    program, *arguments = shlex.split(command.partition(" > ")[0])
    if program != "make":
        assert exception(command), f"{file}: make it a target, or an exception with a reason"
        return
    options = [it for it in arguments if not it.startswith("-") and "=" not in it]
    assert len(options) == 1
    assert options[0] in targets(), f"{file}: the Makefile has no target {options[0]}"


def test_all_exceptions_are_needed() -> None:
    assert {exception(command) for _, command in commands()} == {None, *EXCEPTIONS}


def test_what_lands_is_what_ci_tests() -> None:
    wanted = re.findall(r"make ([a-z0-9-]+)", (ROOT / ".ci" / "run").read_text(encoding="utf-8"))
    found = {command.split()[1] for _, command in commands() if command.startswith("make ")}
    parts = {"test": {"test-rust", "test-service-quick", "test-python"}}
    for target in wanted:
        assert parts.get(target, {target}) <= found, target


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_actions_are_pinned(path: Path) -> None:
    used = re.findall(r"^\s*(?:- )?uses: (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    for action in used:
        if action.startswith("$/"):
            assert (ROOT / action.removeprefix("$/") / "action.yml").is_file()
        else:
            assert PINNED.fullmatch(action), action


def test_an_action_has_one_version() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in FILES)
    used = set(re.findall(r"uses: ([\w./-]+)@(.*)", text))
    assert len(used) == len(dict(used))
    assert len(used) > 5


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_jobs_are_limited(path: Path) -> None:
    workflow = load(path)
    assert workflow["permissions"] in ({}, {"contents": "read"})
    assert workflow["concurrency"]
    for name, job in workflow["jobs"].items():
        assert 0 < job["timeout-minutes"] <= 90, name


def test_nothing_is_left_out_of_the_last_job() -> None:
    ci = jobs(FOLDER / "workflows" / "ci.yml")
    assert {*ci["passed"]["needs"], "passed"} == set(ci)


def test_publishing_waits_for_all_that_is_built() -> None:
    release = jobs(FOLDER / "workflows" / "release.yml")
    trusted = {name for name, job in release.items() if "id-token" in job["permissions"]}
    assert trusted == {"attest", "pypi", "crates-io"}
    assert set(release["attest"]["needs"]) == {"check", "wheels", "sdist"}
    for name in ("pypi", "crates-io"):
        assert release[name]["needs"] == "attest"
    for name in [*trusted, "github"]:
        assert release[name]["if"] == "github.ref_type == 'tag'"
        assert "make" not in str(release[name]["steps"])


def test_versions_are_those_we_support() -> None:
    ci = jobs(FOLDER / "workflows" / "ci.yml")
    oldest = next(step for step in ci["oldest"]["steps"] if "rust" in step.get("with", {}))
    manifest = (ROOT / "Cargo.toml").read_text(encoding="utf-8")
    assert f'rust-version = "{oldest["with"]["rust"]}"' in manifest
    pythons = ci["python"]["strategy"]["matrix"]["python"]
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'requires-python = ">={pythons[0]}"' in project
    assert f'"maturin>={release_maturin()}' in project


def release_maturin() -> str:
    """Return the version of maturin that builds the wheels, without its last part."""
    steps = jobs(FOLDER / "workflows" / "release.yml")["wheels"]["steps"]
    (version,) = {step["with"]["maturin-version"] for step in steps if "maturin" in str(step)}
    return str(version).removeprefix("v").rpartition(".")[0]
