"""The statuses of gRPC, and the exceptions of Python for them, are those of the reference.

docs/reference/errors.md has the exceptions, and docs/reference/protocol.md what to do about each.
"""

import builtins
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from colstats.service import Client, connect
from support.pages import DOCS
from support.service import Service

ERRORS, PROTOCOL = (DOCS / "reference" / f"{name}.md" for name in ("errors", "protocol"))
STATUS = re.compile(r"`([A-Z_]{5,})`")


def statuses(page: Path) -> dict[str, str]:
    """Return the statuses in the table of a page, with the cell beside them."""
    lines = page.read_text(encoding="utf-8").splitlines()
    rows = [line.strip("|").split("|") for line in lines if line.startswith("| `")]
    return {status: row[1] for row in rows if len(row) == 2 for status in STATUS.findall(row[0])}


def test_both_pages_have_the_same_statuses() -> None:
    assert statuses(ERRORS).keys() == statuses(PROTOCOL).keys()
    assert len(statuses(ERRORS)) >= 13


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("statuses") / "data"
    with Service(folder, "--max-groups", "2") as running, connect(running.url, patience=0) as node:
        node.put({"x": [1.0], "k": [1]}, dataset="there", by="k", batch_id="one")
        large = pa.array([Decimal(9 * 10**37)] * 2, pa.decimal128(38, 0))
        node.put(pa.table({"x": large}), dataset="large")
        yield node


def nobody() -> None:
    with connect("grpc://127.0.0.1:9", patience=0) as node:
        node.mean("there")


#: What pyarrow says of each status, and a call that has it.
CALLS: dict[str, tuple[str, Callable[[Client], object]]] = {
    "INVALID_ARGUMENT": ("invalid argument", lambda node: node.get({"datset": "there"})),
    "NOT_FOUND": ("not found", lambda node: node.mean("nowhere")),
    "FAILED_PRECONDITION": (
        "precondition failed",
        lambda node: node.put({"x": ["a"], "k": [1]}, dataset="there"),
    ),
    "ALREADY_EXISTS": (
        "already exists",
        lambda node: node.put({"x": [2.0], "k": [1]}, dataset="there", batch_id="one"),
    ),
    "RESOURCE_EXHAUSTED": (
        "resource exhausted",
        lambda node: node.put({"x": [1.0] * 3, "k": [1, 2, 3]}, dataset="there"),
    ),
    "OUT_OF_RANGE": (
        "out-of-range",
        lambda node: node.get({"dataset": "large", "statistics": ["sum"]}),
    ),
    "UNAVAILABLE": ("unavailable", lambda _: nobody()),
}


@pytest.mark.parametrize("status", CALLS)
def test_a_status_is_an_exception(status: str, node: Client) -> None:
    """Those that are not here come from fakes in test_service_errors.py."""
    words, call = CALLS[status]
    (name,) = re.findall(r"`(\w+Error)`", statuses(ERRORS)[status])
    with pytest.raises(getattr(builtins, name)) as raised:
        call(node)
    assert type(raised.value).__name__ == name
    assert f"{words} error" in str(raised.value.__cause__).lower()
