"""A service for each file of tests, and a client of it. Each test has datasets of its own."""

from collections.abc import Iterator

import pytest

from colstats.service import Client, connect
from support.service import Service


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Service(tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture
def node(service: Service) -> Iterator[Client]:
    with connect(service.url) as client:
        yield client


@pytest.fixture
def dataset(request: pytest.FixtureRequest) -> str:
    """A name that no other test uses."""
    return str(request.node.name)
