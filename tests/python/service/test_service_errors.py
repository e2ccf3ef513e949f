"""What the service refuses is an error of Python that names the object and the way out."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import flight

from colstats.service import Client, connect
from support.service import Service

pytestmark = pytest.mark.thread_unsafe(reason="a test has a dataset of its own")

TABLE = {"x": [1.0, 2.0], "host": ["a", "b"]}


def test_a_dataset_that_is_not_there(node: Client) -> None:
    for ask in (node.mean, node.describe, node.states, node.schema, node.drop):
        with pytest.raises(LookupError, match='there is no dataset "nowhere"') as refused:
            ask("nowhere")
        assert "gRPC" not in str(refused.value)
        assert isinstance(refused.value.__cause__, pa.ArrowException)


def test_the_port_of_the_page_is_not_that_of_the_service(tmp_path: Path) -> None:
    with (
        Service(tmp_path / "data", page="127.0.0.1:0") as running,
        connect(f"grpc://{running.page}") as node,
        pytest.raises(ConnectionError, match="not Arrow Flight: is it the page"),
    ):
        node.datasets()


def test_a_time_without_the_width_of_its_buckets(node: Client, dataset: str) -> None:
    """A name of two letters would be taken apart into a column and a width."""
    put: Any = node.put
    for time in ("at", ("at",), ("at", "1h", "x")):
        with pytest.raises(TypeError, match=r'as in \("at", "1h"\), not '):
            put(TABLE, dataset=dataset, time=time)


def test_batches_that_do_not_fit(node: Client, dataset: str) -> None:
    node.put(TABLE, dataset=dataset, by="host")
    for columns, why in [
        ({"x": ["1"], "host": ["a"]}, 'column "x" is string in the batch, but float64 in the'),
        ({"x": [1.0], "host": ["a"], "y": [1]}, 'the batch has a column "y", which the dataset'),
        ({"host": ["a"]}, 'the batch has no column "x"'),
        ({"x": [1.0]}, 'there is no column "host"'),
    ]:
        with pytest.raises(ValueError, match=why):
            node.put(columns, dataset=dataset)
    with pytest.raises(ValueError, match="it is defined as"):
        node.put(TABLE, dataset=dataset, by=["x"])
    assert node.count(dataset)["x"] == 2


def test_questions_that_do_not_fit(node: Client, dataset: str) -> None:
    node.put(TABLE, dataset=dataset, by="host")
    for options, why in [
        ({"by": "x"}, '"by" names "x", which is no key of the dataset'),
        ({"columns": ["y"]}, 'there is no column "y"; there are: "x"'),
        ({"per": "bucket"}, 'it has no "time"'),
        ({"per": "1h"}, 'per is "all" or "bucket", whose width .* not \'1h\''),
        ({"since": "2026-11-26"}, 'it has no "time"'),
    ]:
        with pytest.raises(ValueError, match=why):
            node.mean(dataset, **options)
    with pytest.raises(ValueError, match="unknown field `datset`"):
        node.get({"datset": dataset})
    with pytest.raises(LookupError, match='there are: "create"'):
        node.act("explode")
    with pytest.raises(TypeError, match="ddof"):
        node.mean(dataset, ddof=1)


def test_a_refused_batch_among_many_is_an_error_and_not_a_hang(node: Client, dataset: str) -> None:
    node.put({"x": [1.0]}, dataset=dataset)
    many = pa.table({"x": ["w" * 100] * 1_000_000})
    with pytest.raises(ValueError, match='column "x" is string in the batch'):
        node.put(many, dataset=dataset)
    with pytest.raises(ValueError, match='"statistics"'):
        node.exchange(many, statistics=["mean"])


@pytest.mark.parametrize("data", [1, "x", [1.0], object()])
def test_what_is_no_table(node: Client, data: Any) -> None:
    with pytest.raises(TypeError, match="the service takes tables"):
        node.put(data, dataset="d")


def test_a_column_is_no_table(node: Client) -> None:
    with pytest.raises(TypeError, match="the service takes tables"):
        node.put(pa.chunked_array([[1.0]]), dataset="d")


def test_what_would_be_nothing(node: Client) -> None:
    with pytest.raises(ValueError, match="batch_id must not be empty"):
        node.put(TABLE, dataset="nothing", batch_id="")
    for data in ({}, pa.table({})):
        with pytest.raises(ValueError, match="the table has no columns"):
            node.put(data, dataset="nothing")
    assert "nothing" not in node.datasets()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"url": "http://127.0.0.1:8815"}, "grpc://host:port or grpc"),
        ({"url": "127.0.0.1:8815"}, "not '127.0.0.1:8815'"),
        ({"url": "grpc://127.0.0.1:1", "patience": -1}, "patience must not be negative"),
        ({"url": "grpc+tls://h:1", "cert_chain": b""}, "cert_chain and private_key"),
        ({"url": "grpc://h:1", "tls_root_certs": b""}, "tls_root_certs is for TLS"),
    ],
)
def test_connections_that_cannot_be(arguments: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        connect(**arguments)


def test_without_pyarrow_the_extra_is_named() -> None:
    code = """
import sys
sys.modules["pyarrow"] = None  # as if it were not installed
try:
    import colstats.service
except ImportError as error:
    print(error)
"""
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'colstats[service]'" in child.stdout


class Refusing(flight.FlightServerBase):
    """A service that refuses everything with some error."""

    def __init__(self, error: Exception) -> None:
        super().__init__("grpc://127.0.0.1:0")
        self.error = error

    def do_get(self, *_: object) -> None:
        raise self.error


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        (flight.FlightUnauthenticatedError("why: and"), PermissionError),
        (flight.FlightUnauthorizedError("why: and"), PermissionError),
        (flight.FlightInternalError("why: and"), RuntimeError),
        (flight.FlightServerError("why: and"), RuntimeError),
        (flight.FlightUnavailableError("why: and"), ConnectionError),
        (flight.FlightCancelledError("why: and"), ConnectionError),
        (flight.FlightTimedOutError("why: and"), ConnectionError),
    ],
)
def test_errors_of_flight_are_errors_of_python(sent: Exception, error: type[Exception]) -> None:
    with Refusing(sent) as server, connect(f"grpc://127.0.0.1:{server.port}", patience=0) as node:
        with pytest.raises(error, match="why: and") as refused:
            node.get({})
        assert type(refused.value) is error
        assert str(refused.value) == "why: and"


def test_a_source_that_fails_like_a_connection_is_not_taken_for_its_end(
    node: Client, dataset: str
) -> None:
    """It cannot be read again, so to try again would lose its rows and say that all is well."""

    def batches() -> Iterator[pa.RecordBatch]:
        yield from [pa.record_batch({"x": [1.0] * (1 << 16)})] * 2
        raise ValueError(
            "Flight returned unavailable error, with message: RST_STREAM of the source"
        )

    stream = pa.RecordBatchReader.from_batches(pa.schema({"x": pa.float64()}), batches())
    with pytest.raises(pa.ArrowInvalid, match="RST_STREAM of the source"):
        node.put(stream, dataset=dataset)


def test_a_stream_that_fails_is_its_own_error_and_not_a_hang(node: Client, dataset: str) -> None:
    def batches() -> Iterator[pa.RecordBatch]:
        yield from [pa.record_batch({"x": [1.0] * (1 << 16)})] * 5
        raise ValueError("in the data")

    schema = pa.schema({"x": pa.float64()})
    stream = pa.RecordBatchReader.from_batches(schema, batches())
    with pytest.raises(ValueError, match="in the data"):
        node.put(stream, dataset=dataset)
    assert node.count(dataset)["x"] <= 5 << 16
    stream = pa.RecordBatchReader.from_batches(schema, batches())
    with pytest.raises(ValueError, match="in the data"):
        node.exchange(stream)
