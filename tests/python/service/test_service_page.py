"""Each block of docs/guides/service.md is run, or says why not."""

import datetime
import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import flight

from colstats.service import Client, connect
from support.service import Service, program

PAGE = Path(__file__).parents[3] / "docs" / "guides" / "service.md"
#: A block, with the reason why it is not run, if it is not.
BLOCK = re.compile(
    r"(?:<!-- not run: (.+?) -->\n)?^```([a-z_ ]+)\n(.*?)^```$", re.DOTALL | re.MULTILINE
)

pytestmark = pytest.mark.thread_unsafe(reason="prints to the output of the process")

VISITS = pa.record_batch(
    {
        "at": pa.array([datetime.datetime(2026, 11, 26)], pa.timestamp("s", "UTC")),
        "page": ["/"],
        "seconds": [1.5],
    }
)
TRIPS = pa.table({"at": VISITS["at"], "city": ["Rome"], "fare": [2.0]})


def blocks(kind: str) -> list[tuple[str, str]]:
    """Return the blocks whose language is `kind`: the rest of their first line, and the text."""
    found = BLOCK.findall(PAGE.read_text())
    run = [(name, text) for reason, name, text in found if not reason]
    return [(name[len(kind) :].strip(), text) for name, text in run if name.split()[0] == kind]


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Service]:
    with Service(tmp_path / "data") as running:
        yield running


def test_every_block_is_run_or_says_why_not() -> None:
    text = PAGE.read_text()
    found = BLOCK.findall(text)
    assert len(found) == text.count("\n```") / 2
    for reason, name, _ in found:
        assert name.split()[0] in ("python", "json", "sh"), (name, reason)
    assert len(blocks("python")) == 6
    assert len(blocks("json")) == 12
    assert len(blocks("sh")) == 2


def test_the_python_of_the_page_runs(fresh: Service) -> None:
    names: dict[str, object] = {}
    for _, block in blocks("python"):
        code = block.replace("127.0.0.1:8815", fresh.address)
        exec(compile(code, str(PAGE), "exec"), names)
    for name in ("node", "client"):
        names[name].close()  # type: ignore[attr-defined]


def test_the_commands_of_the_page_run(tmp_path: Path) -> None:
    data = tmp_path / "colstats-data"
    with Service(data, page="127.0.0.1:0") as running:
        with connect(running.url) as node:
            node.put(TRIPS, dataset="trips", by="city", time=("at", "1h"))
        for _, block in blocks("sh"):
            script = block.replace("127.0.0.1:8816", running.page)
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


def put(node: Client, command: dict[str, Any], metadata: bytes) -> dict[str, Any]:
    """Put a visit under the metadata, and return the acknowledgement."""
    descriptor = flight.FlightDescriptor.for_command(json.dumps(command))
    writer, reader = node._channel.do_put(descriptor, VISITS.schema)
    with writer:
        writer.write_with_metadata(VISITS, metadata)
        acknowledged: dict[str, Any] = json.loads(reader.read().to_pybytes())
    return acknowledged


def test_the_json_of_the_page_is_understood(fresh: Service) -> None:
    page: dict[str, list[dict[str, Any]]] = {}
    for name, block in blocks("json"):
        page.setdefault(name, []).append(json.loads(block))
    with connect(fresh.url) as node:
        node.put(TRIPS, dataset="trips", by="city", time=("at", "1h"))
        node.create("more calls", by="region", time=("at", "1d"))
        (command,), (metadata,), (shown,) = page["put"], page["metadata"], page["acknowledgement"]
        acknowledged = put(node, command, json.dumps(metadata).encode())
        assert acknowledged | {"revision": shown["revision"]} == shown
        whole, everything = (node.get(ticket) for ticket in page["ticket"])
        assert whole.column_names == [
            "at",
            "city",
            "rows",
            "fare_count",
            "fare_mean",
            "fare_stddev",
        ]
        assert everything.column_names[:2] == ["city", "rows"]
        (question,) = page["exchange"]
        answer = node.exchange(TRIPS, **question["exchange"])
        assert answer.to_pylist() == [{"city": "Rome", "fare_mean": 2.0, "fare_max": 2.0}]
        for name in (name for name in page if name.startswith("action ")):
            for body in page[name]:
                assert node.act(name.removeprefix("action "), **body), name


def fields(section: str) -> list[str]:
    """Return the names in the first cells of the table of a section."""
    text = PAGE.read_text().split(f"\n### {section}\n")[1].split("\n### ")[0]
    cells = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    return [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(ValueError, match="unknown field") as refused:
        call()
    return str(refused.value)


def test_the_tables_have_all_fields(fresh: Service) -> None:
    """The service lists its fields when it refuses another."""
    with connect(fresh.url) as node:
        put_fields = refusal(lambda: put(node, {"dataset": "d", "datset": 1}, b""))
        ticket_fields = refusal(lambda: node.get({"datset": "d"}))
    # What is for other nodes is not for people.
    known = set(re.findall(r"`(\w+)`", ticket_fields)) - {"datset", "origin", "buckets"}
    assert known == {"dataset", *fields("DoGet: tickets")}
    assert set(re.findall(r"`(\w+)`", put_fields)) - {"datset"} == {*fields("DoPut: batches in")}
