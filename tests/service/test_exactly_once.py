"""Ten thousand batches, each sent one to three times, to services that are killed twenty times.

Run by ``make test-service``. Whatever was acknowledged is in the answer once, to the bit; with
three nodes that pull from each other, in the answer of each.
"""

import multiprocessing
import os
import random
import socket
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import colstats as cs
from colstats.service import connect
from support.service import Service

BATCHES = int(os.environ.get("COLSTATS_BATCHES", "10000"))
CLIENTS, KILLS, ROWS = 8, 20, 20
#: Seconds in which nodes must have pulled everything.
SETTLED = 120
HOUR = 3_600
START = int(datetime(2026, 11, 26, tzinfo=UTC).timestamp())


def rows(number: int) -> pa.Table:
    """The rows of a batch: naive sums of them are wrong in all digits, and differ by order."""
    chance = random.Random(number)
    return pa.table(
        {
            "at": pa.array(
                [START + chance.randrange(6 * HOUR) for _ in range(ROWS)], pa.timestamp("s", "UTC")
            ),
            "host": [chance.choice("abc") for _ in range(ROWS)],
            "x": [(chance.random() - 0.5) * 2.0 ** chance.randrange(-60, 60) for _ in range(ROWS)],
        }
    )


def client(urls: list[str], numbers: list[int], sent: Any) -> None:
    """Send each batch one to three times to its node, in random order."""
    chance = random.Random(numbers[0])
    sends = [number for number in numbers for _ in range(chance.randint(1, 3))]
    chance.shuffle(sends)
    nodes = [connect(url, patience=60) for url in urls]
    for number in sends:
        node = nodes[number % len(nodes)]
        receipt = node.put(
            rows(number), dataset="d", by="host", time=("at", "1h"), batch_id=str(number)
        )
        assert (receipt.batches, receipt.rows) == (1, ROWS)
        with sent.get_lock():
            sent.value += 1


def free_ports(count: int) -> list[int]:
    with ExitStack() as open_sockets:
        sockets = [open_sockets.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


@pytest.mark.parametrize("count", [1, 3])
def test_each_batch_counts_once(tmp_path: Path, count: int) -> None:
    whole = pa.concat_tables([rows(number) for number in range(BATCHES)])
    hours = pa.array([int(at.timestamp()) // HOUR * HOUR for at in whole["at"].to_pylist()])
    cut = whole.set_column(0, "at", hours.cast(pa.timestamp("s", "UTC")))
    expected = cs.moments(cut, by=["at", "host"])

    spawn = multiprocessing.get_context("spawn")
    sent = spawn.Value("q", 0)
    chance = random.Random(count)
    with ExitStack() as running:
        addresses = [f"127.0.0.1:{port}" for port in free_ports(count)]
        services = []
        for place, address in enumerate(addresses):
            pulls = ["--pull", f"http://{addresses[place - 1]}", "--pull-seconds", "1"]
            more = pulls if count > 1 else []
            service = Service(tmp_path / str(place), *more, address=address)
            services.append(running.enter_context(service))
        urls = [service.url for service in services]
        shares = [list(range(first, BATCHES, CLIENTS)) for first in range(CLIENTS)]
        clients = [spawn.Process(target=client, args=[urls, share, sent]) for share in shares]
        for process in clients:
            process.start()
        for kill in range(KILLS):
            # They send twice as many batches as there are, so all kills are in the midst of that.
            while sent.value < (kill + 1) * 1.5 * BATCHES / KILLS:
                assert any(process.is_alive() for process in clients)
                time.sleep(0.001)
            service = chance.choice(services)
            service.kill()
            time.sleep(chance.random() / 4)
            service.start()
        for process in clients:
            process.join()
            assert process.exitcode == 0
        for service in services:
            with connect(service.url) as node:
                deadline = time.monotonic() + SETTLED
                while node.count("d")["x"] < whole.num_rows and time.monotonic() < deadline:
                    time.sleep(0.2)
                found = node.states("d", by="host", per="bucket")
                assert found.by == ["at", "host"]
                assert found == expected
                assert node.sum("d")["x"] == cs.sum(whole["x"])
                assert node.stddev("d", by="host", columns=["x"]) == cs.stddev(
                    whole, by="host", columns=["x"]
                )
