"""The messages of docs/reference/protocol.md are understood, and those that come back are such."""

import datetime
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import flight

from colstats.service import Client, connect
from support.pages import DOCS, run_elsewhere
from support.service import Service

PAGE = DOCS / "reference" / "protocol.md"

VISITS = pa.record_batch(
    {
        "at": pa.array([datetime.datetime(2026, 11, 26)], pa.timestamp("s", "UTC")),
        "page": ["/"],
        "seconds": [1.5],
    }
)
TRIPS = pa.table({"at": VISITS["at"], "city": ["Rome"], "fare": [2.0]})


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Service]:
    with Service(tmp_path / "data") as running:
        yield running


def test_there_are_blocks() -> None:
    assert [len(run_elsewhere(PAGE, language)) for language in ("python", "json")] == [1, 12]


def test_another_client_runs(fresh: Service) -> None:
    (block,) = run_elsewhere(PAGE, "python")
    names: dict[str, Any] = {}
    code = block.code.replace("127.0.0.1:8815", fresh.address)
    exec(compile(code, str(PAGE), "exec"), names)
    names["client"].close()


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
    for block in run_elsewhere(PAGE, "json"):
        page.setdefault(block.name, []).append(json.loads(block.code))
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
    text = PAGE.read_text(encoding="utf-8").split(f"\n## {section}\n")[1].split("\n## ")[0]
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
