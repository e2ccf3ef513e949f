"""How fast the service is on this machine: ``make bench-service``, less than 90 seconds.

* Statistics as a call: one client streams record batches of 64 Ki doubles, and gets the answer; in
  turn with bare Flight servers (of pyarrow) that send back what they get, or only receive it, and
  compute nothing. Client and servers share the processors, as they do everywhere on one machine.
* Durable acknowledgements of small batches, from clients that each wait for one before the next.
* Latencies of a put and of a get while the clients put half as many.

With ``--output PAGE`` the figures are written between the marks of that page, which is
docs/measured/service.md.
"""

import argparse
import datetime
import json
import multiprocessing
import os
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import flight

from benches.shared.machine import build, machine, versions
from benches.shared.markdown import surroundings, table

ROOT = Path(__file__).parents[1]
PROGRAM = os.environ.get("COLSTATS_SERVICE", str(ROOT / "target/release/colstats-service"))
MARKS = "<!-- figures -->", "<!-- end of figures -->"
ROWS = 1 << 16
#: Bytes of the values of a batch.
BATCH = 8 * ROWS
#: Batches of an exchange: 1 GB.
BATCHES = 1_000_000_000 // BATCH
#: How often the rivals take turns; the best of each counts.
ROUNDS = 4
QUESTIONS = [["mean"], ["stddev"], ["mean", "stddev", "min", "max"]]
CLIENTS = 16
#: Processes of clients.
PROCESSES = 4
SMALL = 10
#: Seconds to count acknowledgements, and to measure latencies, after a second to warm up.
WARM, COUNTED, PACED = 1.0, 6.0, 8.0
#: Gets a second, while latencies are measured.
GETS = 50
#: A connection of its own for each client.
OWN = [("grpc.use_local_subchannel_pool", 1)]


class Bare(flight.FlightServerBase):  # type: ignore[misc] # of a library without types
    """A Flight server that computes nothing."""

    def do_exchange(self, _: Any, descriptor: Any, reader: Any, writer: Any) -> None:
        """Receive batches, and send them back if this is asked for."""
        is_echo = descriptor.command == b"echo"
        writer.begin(reader.schema)
        for chunk in reader:
            if is_echo:
                writer.write_batch(chunk.data)


def serve_bare(port: Any) -> None:
    with Bare("grpc://127.0.0.1:0") as server:
        port.send(server.port)
        server.serve()


@contextmanager
def bare() -> Iterator[str]:
    """A bare server in a process of its own, as the service is."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve_bare, args=[theirs], daemon=True)
    process.start()
    try:
        yield f"grpc://127.0.0.1:{ours.recv()}"
    finally:
        process.kill()
        process.join()


@contextmanager
def service() -> Iterator[str]:
    """The service, with data that is gone afterwards."""
    with tempfile.TemporaryDirectory(dir=ROOT / "target") as data:
        command = [PROGRAM, "--data", data, "--listen", "127.0.0.1:0"]
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"COLSTATS_PAGE": "none"},
        )
        try:
            assert process.stdout
            yield f"grpc://{process.stdout.readline().split()[2]}"
        finally:
            process.terminate()
            process.wait()


def exchange(client: flight.FlightClient, command: bytes, batches: list[pa.RecordBatch]) -> float:
    """Stream batches in while what comes back is read; returns the seconds."""
    start = time.perf_counter()
    writer, reader = client.do_exchange(flight.FlightDescriptor.for_command(command))
    with writer:
        writer.begin(batches[0].schema)
        reading = threading.Thread(target=lambda: [None for _ in reader])
        reading.start()
        for number in range(BATCHES):
            writer.write_batch(batches[number % len(batches)])
        writer.done_writing()
        reading.join()
    return time.perf_counter() - start


def exchanges(url: str, bare_url: str) -> Iterator[list[str]]:
    """Time the rivals in turn; yields rows of the table."""
    rng = np.random.default_rng(1)
    batches = [pa.record_batch({"x": rng.normal(100.0, 15.0, ROWS)}) for _ in range(16)]
    ours, theirs = flight.connect(url), flight.connect(bare_url)
    commands = {
        ", ".join(asked): (ours, json.dumps({"exchange": {"statistics": asked}}).encode())
        for asked in QUESTIONS
    }
    commands |= {"a bare echo": (theirs, b"echo"), "a bare receiver": (theirs, b"receive")}
    best = dict.fromkeys(commands, float("inf"))
    for _ in range(ROUNDS):
        for name, (client, command) in commands.items():
            best[name] = min(best[name], exchange(client, command, batches))
    echo, receiver = best["a bare echo"], best["a bare receiver"]
    for name, seconds in best.items():
        speed = BATCHES * BATCH / seconds / 1e9
        yield [name, f"{speed:.2f} GB/s", f"{echo / seconds:.2f}", f"{receiver / seconds:.2f}"]


class Feeder(threading.Thread):
    """A client that puts small batches, one after the other, or at a pace."""

    def __init__(self, url: str, number: int, seconds: float, every: float) -> None:
        super().__init__()
        self.client = flight.connect(url, generic_options=OWN)
        self.number, self.seconds, self.every = number, seconds, every
        #: Seconds until each acknowledgement, from when its batch should have been sent.
        self.waits: list[float] = []

    def run(self) -> None:
        """Put batches until the time is over."""
        values = np.random.default_rng(self.number).normal(size=SMALL)
        batch = pa.record_batch({"x": values})
        writer, reader = self.client.do_put(flight.FlightDescriptor.for_path("d"), batch.schema)
        with writer:
            begin = time.perf_counter() + self.every * self.number / CLIENTS
            due, sent = begin, 0
            while due < begin + WARM + self.seconds:
                time.sleep(max(due - time.perf_counter(), 0))
                name = json.dumps({"batch_id": f"{self.number}, {self.every}, {sent}"}).encode()
                writer.write_with_metadata(batch, name)
                reader.read()
                now = time.perf_counter()
                if due > begin + WARM:
                    self.waits.append(now - due)
                sent += 1
                # What is late is late for all that follow: a slow answer hides no other.
                due = begin + sent * self.every if self.every else now
            writer.done_writing()


def puts(url: str, numbers: range, seconds: float, every: float = 0.0) -> list[float]:
    """Put with some of the clients; returns the seconds until each acknowledgement."""
    feeders = [Feeder(url, number, seconds, every) for number in numbers]
    for feeder in feeders:
        feeder.start()
    for feeder in feeders:
        feeder.join()
    return [wait for feeder in feeders for wait in feeder.waits]


def gets(url: str, seconds: float) -> list[float]:
    """Ask at a pace; returns the seconds until each answer, from when it should have been asked."""
    client = flight.connect(url, generic_options=OWN)
    ticket = flight.Ticket(json.dumps({"dataset": "d"}).encode())
    begin, found = time.perf_counter() + WARM, []
    for number in range(int(GETS * seconds)):
        due = begin + number / GETS
        time.sleep(max(due - time.perf_counter(), 0))
        client.do_get(ticket).read_all()
        found.append(time.perf_counter() - due)
    return found


def feed(pool: Executor, url: str, seconds: float, every: float = 0.0) -> list[Future[list[float]]]:
    """Let the clients put, some in each process, so that they do not wait for one interpreter."""
    numbers = [range(first, CLIENTS, PROCESSES) for first in range(PROCESSES)]
    return [pool.submit(puts, url, some, seconds, every) for some in numbers]


def joined(found: list[Future[list[float]]]) -> list[float]:
    return [wait for some in found for wait in some.result()]


def acknowledgements(pool: Executor, url: str) -> float:
    """Return the acknowledgements a second."""
    return len(joined(feed(pool, url, COUNTED))) / COUNTED


def latencies(pool: Executor, url: str, load: float) -> Iterator[list[str]]:
    """Measure puts and gets at a load, in acknowledgements a second; yields rows of the table."""
    fed = feed(pool, url, PACED, CLIENTS / load)
    asked = pool.submit(gets, url, PACED)
    for name, found in {"put": joined(fed), "get": asked.result()}.items():
        cuts = statistics.quantiles(found, n=100)
        yield [name, f"{len(found):,}", *(f"{1e3 * cuts[at - 1]:.2f} ms" for at in (50, 99))]


def figures() -> str:
    head = ["64 Ki doubles a batch", "throughput", "of an echo", "of a receiver"]
    spawn = multiprocessing.get_context("spawn")
    with service() as url, ProcessPoolExecutor(PROCESSES + 1, spawn) as pool:
        with bare() as bare_url:
            calls = table(head, list(exchanges(url, bare_url)))
        rate = acknowledgements(pool, url)
        half = list(latencies(pool, url, rate / 2))
    slow = table(["at half of that", "calls", "p50", "p99"], half).rstrip()
    return (
        f"{calls}\n{rate:,.0f} durable acknowledgements a second, of {CLIENTS} clients.\n\n{slow}"
    )


def write(page: Path, text: str) -> None:
    """Write figures between the marks of a page."""
    before, rest = page.read_text(encoding="utf-8").split(MARKS[0])
    _, after = rest.split(MARKS[1])
    page.write_text(f"{before}{MARKS[0]}\n{text}\n{MARKS[1]}{after}", encoding="utf-8")


def main(show: Callable[[str], None] = print) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, help="the page to write the figures into")
    output = parser.parse_args().output
    start = time.perf_counter()
    found = figures()
    report = {
        "machine": machine(),
        "versions": versions(["pyarrow"]),
        "build": build(),
        "threads": CLIENTS,
    }
    run = f"{datetime.date.today()}, {time.perf_counter() - start:.0f} seconds"
    text = f"{surroundings(report, run)}\n{found}"
    show(text)
    if output is not None:
        write(output, text)


if __name__ == "__main__":
    main()
