"""Rows that were acknowledged count once, whatever is sent again and whatever breaks."""

import json
import random
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

import colstats as cs
from colstats.service import Client, connect, transfer
from support.service import Service

pytestmark = pytest.mark.thread_unsafe(reason="kills the service")


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Service]:
    """A service for one test, which may kill it."""
    with Service(tmp_path / "data") as running:
        yield running


def numbers(rows: int, seed: int) -> pa.Table:
    chance = random.Random(seed)
    return pa.table(
        {"x": [chance.uniform(-1, 1) * 10.0 ** chance.randrange(-20, 20) for _ in range(rows)]}
    )


def test_the_same_rows_are_the_same_batches_however_they_are_chunked(
    node: Client, dataset: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "BATCH_ROWS", 1_000)
    whole = numbers(10_500, 1)
    assert node.put(whole, dataset=dataset, batch_id="it").batches == 11
    for size in (1, 999, 1_000, 4_321):
        chunks = pa.Table.from_batches(whole.to_batches(max_chunksize=size))
        again = node.put(chunks, dataset=dataset, batch_id="it")
        assert (again.batches, again.duplicates, again.rows) == (11, 11, 10_500)
    assert node.sum(dataset)["x"] == cs.sum(whole["x"])
    assert node.count(dataset)["x"] == 10_500


def test_wide_batches_are_cut_by_bytes(
    node: Client, dataset: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "BATCH_BYTES", 1 << 16)
    words = pa.table({"word": ["w" * 1_000] * 1_000})
    receipt = node.put(words, dataset=dataset)
    assert (receipt.batches, receipt.rows) == (16, 1_000)
    assert node.put({"word": ["w" * 200_000]}, dataset=dataset).batches == 1
    assert node.count(dataset)["word"] == 1_001


def test_without_an_id_a_call_counts_again(node: Client, dataset: str) -> None:
    assert (
        node.put({"x": [1.0]}, dataset=dataset).batch_id
        != node.put({"x": [1.0]}, dataset=dataset).batch_id
    )
    assert node.sum(dataset)["x"] == 2.0


def test_other_rows_under_the_same_id_are_refused(node: Client, dataset: str) -> None:
    node.put({"x": [1.0]}, dataset=dataset, batch_id="it")
    with pytest.raises(ValueError, match='a batch "it#0" with other content') as refused:
        node.put({"x": [2.0]}, dataset=dataset, batch_id="it")
    assert "batch_id='it'" in refused.value.__notes__[0]
    assert node.sum(dataset)["x"] == 1.0


def test_a_table_without_rows_makes_the_columns_known(node: Client, dataset: str) -> None:
    receipt = node.put(pa.table({"x": pa.array([], pa.float64())}), dataset=dataset)
    assert (receipt.batches, receipt.rows) == (1, 0)
    assert node.schema(dataset).names == ["x"]
    assert node.mean(dataset)["x"] is None


def test_a_service_that_is_killed_in_the_middle_of_a_put_has_each_row_once(
    mortal: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "BATCH_ROWS", 50)
    whole = numbers(40_000, 2)  # 800 batches
    acknowledged: list[int] = []
    original = transfer.Transfer._acknowledge

    def counted(self: transfer.Transfer, reader: object) -> None:
        original(self, reader)
        acknowledged.append(self.done)

    monkeypatch.setattr(transfer.Transfer, "_acknowledge", counted)
    kills = 0

    def kill_now_and_then() -> None:
        nonlocal kills
        for done in (60, 250, 500):
            while len(acknowledged) < done:
                time.sleep(0.001)
            mortal.kill()
            kills += 1
            time.sleep(0.2)
            mortal.start()

    killer = threading.Thread(target=kill_now_and_then)
    with connect(mortal.url, patience=30) as node:
        killer.start()
        receipt = node.put(whole, dataset="it", batch_id="it")
        killer.join()
        assert kills == 3
        assert (receipt.batches, receipt.rows) == (800, 40_000)
        assert receipt.batches == len(acknowledged)
        assert node.count("it")["x"] == 40_000
        assert node.sum("it")["x"] == cs.sum(whole["x"])
        again = node.put(whole, dataset="it", batch_id="it")
        assert (again.duplicates, again.batches) == (800, 800)
        assert node.states("it") == cs.moments(whole)


def test_questions_wait_for_a_service_that_is_started_again(mortal: Service) -> None:
    with connect(mortal.url, patience=30) as node:
        node.put({"x": [1.0, 2.0]}, dataset="it")
        mortal.kill()
        later = threading.Timer(0.5, mortal.start)
        later.start()
        assert node.mean("it")["x"] == 1.5
        later.join()
        assert mortal.stop() == 0
        mortal.start()
        assert node.put({"x": [6.0]}, dataset="it").rows == 1
        assert node.mean("it")["x"] == 3.0


def test_patience_ends(mortal: Service) -> None:
    mortal.kill()
    with connect(mortal.url, patience=0.3) as node:
        start = time.monotonic()
        with pytest.raises(ConnectionError, match="Connection refused") as refused:
            node.put({"x": [1.0]}, dataset="it", batch_id="mine")
        assert 0.3 <= time.monotonic() - start < 5
        assert "0 batches were acknowledged" in refused.value.__notes__[0]
        assert "batch_id='mine'" in refused.value.__notes__[0]
        with pytest.raises(ConnectionError):
            node.mean("it")


def test_a_merge_is_not_done_twice(mortal: Service) -> None:
    """What cannot be repeated is not: nobody knows whether it was done."""
    with connect(mortal.url, patience=60) as node:
        node.put({"x": [1.0]}, dataset="it")
        mortal.kill()
        start = time.monotonic()
        with pytest.raises(ConnectionError):
            node.merge("it", "it", keep=True)
        assert time.monotonic() - start < 30


def test_a_peer_that_does_not_speak_flight_is_an_error_and_not_a_hang() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def answer() -> None:
            for _ in range(100):
                try:
                    peer, _ = server.accept()
                except OSError:
                    return
                peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                peer.close()

        threading.Thread(target=answer, daemon=True).start()
        with (
            connect(f"grpc://127.0.0.1:{port}", patience=0.1) as node,
            pytest.raises(ConnectionError),
        ):
            node.stats()
        server.shutdown(socket.SHUT_RDWR)


def test_threads_share_a_client(node: Client, dataset: str) -> None:
    parts = [numbers(1_000, seed) for seed in range(8)]
    threads = [
        threading.Thread(
            target=node.put, args=[part], kwargs={"dataset": dataset, "batch_id": str(n % 8)}
        )
        for n, part in enumerate(parts * 3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert node.count(dataset)["x"] == 8_000
    assert node.sum(dataset)["x"] == cs.sum(pa.concat_tables(parts)["x"])


def test_acknowledgements_are_after_the_disk(mortal: Service) -> None:
    """Whatever was acknowledged is there after a kill that follows at once."""
    with connect(mortal.url) as node:
        for number in range(5):
            receipt = node.put({"x": [float(number)]}, dataset="it", batch_id=str(number))
            mortal.kill()
            mortal.start()
            assert node.count("it")["x"] == number + 1
            assert json.loads(json.dumps(receipt.revision)) > 0
