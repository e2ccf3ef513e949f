"""Nodes that pull from each other, and exports, as Python's client sees them."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

import colstats as cs
from colstats.service import Client, connect
from support.service import Service

pytestmark = pytest.mark.thread_unsafe(reason="starts processes")

PARTS = [pa.table({"host": ["a", "b", "a"], "x": [1e16, float(n), 1.0]}) for n in range(3)]
WHOLE = pa.concat_tables(PARTS)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Service]:
    with Service(tmp_path / "other") as running:
        yield running


def test_a_node_that_has_pulled_answers_for_both(
    node: Client, service: Service, other: Service, dataset: str
) -> None:
    with connect(other.url) as peer:
        node.put(PARTS[0], dataset=dataset, by="host")
        peer.put(PARTS[1], dataset=dataset, by="host")
        peer.put(PARTS[2], dataset=dataset)
        for _ in range(2):  # again changes nothing
            pulled = node.pull(other.url.replace("grpc", "http"))
            assert pulled["refused"] == []
            assert node.sum(dataset, by="host") == cs.sum(WHOLE, by="host")
        peer.pull(service.url.replace("grpc", "http"))
        assert peer.states(dataset, by="host") == node.states(dataset, by="host")


def test_an_export_is_imported_elsewhere(node: Client, other: Service, dataset: str) -> None:
    node.put(WHOLE, dataset=dataset, by="host")
    with connect(other.url) as peer:
        assert peer.import_(node.export(dataset)) == 2
        assert peer.states(dataset, by="host") == cs.moments(WHOLE, by="host")
        with pytest.raises(ValueError, match=dataset):
            peer.import_(node.export(dataset))
        with pytest.raises(ValueError, match="import"):
            peer.import_(b"nonsense")
