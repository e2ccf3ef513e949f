"""The protocol with nothing but Arrow Flight, as any language speaks it."""

import json
import statistics
import time
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import flight

import colstats as cs
from support.service import Service

pytestmark = pytest.mark.thread_unsafe(reason="a test has a dataset of its own")

TABLE = pa.table({"host": ["a", "b", "a"], "x": [1e16, 2.0, 1.0]})


@pytest.fixture
def client(service: Service) -> flight.FlightClient:
    return flight.FlightClient(service.url)


def put(
    client: flight.FlightClient,
    descriptor: flight.FlightDescriptor,
    metadata: list[dict[str, Any] | None],
) -> list[dict[str, Any]]:
    writer, reader = client.do_put(descriptor, TABLE.schema)
    (batch,) = TABLE.to_batches()
    with writer:
        for each in metadata:
            if each is None:
                writer.write_batch(batch)
            else:
                writer.write_with_metadata(batch, json.dumps(each).encode())
        writer.done_writing()
        return [json.loads(reader.read().to_pybytes()) for _ in metadata]


def test_a_path_names_a_dataset(client: flight.FlightClient, dataset: str) -> None:
    replies = put(client, flight.FlightDescriptor.for_path(dataset), [{"batch_id": "1"}, None])
    assert [reply.get("batch_id") for reply in replies] == ["1", None]
    assert [reply["duplicate"] for reply in replies] == [False, False]
    (again,) = put(client, flight.FlightDescriptor.for_path(dataset), [{"batch_id": "1"}])
    assert again == replies[0] | {"duplicate": True}
    (found,) = [
        info for info in client.list_flights() if info.descriptor.path == [dataset.encode()]
    ]
    answer = client.do_get(found.endpoints[0].ticket).read_all().to_pylist()
    assert answer[0]["rows"] == 6
    assert answer[0]["x_sum"] == cs.sum([1e16, 2.0, 1.0] * 2)
    assert found.schema.names[:2] == ["rows", "host_count"]


def test_a_command_defines_a_dataset(client: flight.FlightClient, dataset: str) -> None:
    command = {"dataset": dataset, "by": ["host"], "batch_id": "file"}
    descriptor = flight.FlightDescriptor.for_command(json.dumps(command))
    replies = put(client, descriptor, [None, None])
    assert [reply["batch_id"] for reply in replies] == ["file#0", "file#1"]
    ticket = {"dataset": dataset, "statistics": ["sum"]}
    answer = client.do_get(flight.Ticket(json.dumps(ticket))).read_all()
    assert answer.to_pylist() == [
        {"host": "a", "x_sum": cs.sum([1e16, 1.0] * 2)},
        {"host": "b", "x_sum": 4.0},
    ]
    schema = client.get_schema(flight.FlightDescriptor.for_path(dataset)).schema
    assert json.loads(schema.metadata[b"colstats.definition"]) == {"by": ["host"]}
    info = client.get_flight_info(flight.FlightDescriptor.for_command(json.dumps(ticket)))
    assert info.schema.names == ["host", "x_sum"]


def test_a_question_is_answered_and_nothing_kept(client: flight.FlightClient) -> None:
    question = {"exchange": {"statistics": ["mean"], "columns": ["x"]}}
    descriptor = flight.FlightDescriptor.for_command(json.dumps(question))
    writer, reader = client.do_exchange(descriptor)
    with writer:
        writer.begin(TABLE.schema)
        writer.write_table(TABLE)
        writer.done_writing()
        assert reader.read_all().to_pylist() == [{"x_mean": cs.mean(TABLE["x"])}]


def test_actions_are_listed(client: flight.FlightClient) -> None:
    assert {"create", "drop", "merge", "stats"} <= {kind.type for kind in client.list_actions()}


def test_answers_do_not_wait_for_tcp(client: flight.FlightClient, dataset: str) -> None:
    """Small packets that are held back until others are acknowledged cost 40 ms each."""
    put(client, flight.FlightDescriptor.for_path(dataset), [None])
    ticket, waits = flight.Ticket(json.dumps({"dataset": dataset})), []
    for _ in range(25):
        start = time.perf_counter()
        client.do_get(ticket).read_all()
        waits.append(time.perf_counter() - start)
    assert statistics.median(waits) < 0.03
