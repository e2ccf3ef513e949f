"""Standard input is read in whatever format it has."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from support.command_line import run
from support.damage import material

pytestmark = pytest.mark.thread_unsafe(reason="starts processes")


def piped(data: bytes, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "colstats", "-", *arguments]
    return subprocess.run(command, input=data, capture_output=True, check=False)


@pytest.mark.parametrize("kind", material.KINDS)
def test_every_format_is_recognized(tmp_path: Path, kind: str) -> None:
    ending, write = material.KINDS[kind]
    path = tmp_path / f"t{ending}"
    path.write_bytes(write())
    done = piped(write(), "--json")
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout) == json.loads(run(path, "--json").stdout)


def test_options_apply(tmp_path: Path) -> None:
    done = piped(b"a;b\n1;x\n-;y\n", "--delimiter", ";", "--null=-", "--columns", "a", "--json")
    [row] = json.loads(done.stdout)
    assert (row["type"], row["count"], row["nulls"]) == ("int64", 1, 1)


def test_a_late_fraction_counts_as_much_as_an_early_one() -> None:
    done = piped(b"x\n" + b"1\n" * 800_000 + b"1.5\n", "--json")
    assert (json.loads(done.stdout)[0]["type"], done.stderr) == ("float64", b"")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "standard input is empty"),
        (b"a,b\n1\n", "line 2 has 1 field, expected 2"),
        (material.ipc_stream()[:3000], "batch 0 is damaged"),
        (material.ipc_file()[:3000], "not an Arrow file"),
        (material.parquet()[:3000], "Parquet magic bytes not found in footer"),
        (gzip.compress(material.csv())[:-3], "Truncated compressed stream"),
    ],
)
def test_faults_name_standard_input(data: bytes, words: str) -> None:
    done = piped(data)
    assert (done.returncode, done.stdout) == (2, b"")
    message = done.stderr.decode()
    assert message.startswith("colstats: <stdin>: ")
    assert message.count("\n") == 1
    assert words.lower() in message.lower()


def test_a_closed_standard_input() -> None:
    command = f"'{sys.executable}' -m colstats - <&-"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "colstats: <stdin>: standard input is closed\n"


def test_a_stream_of_arrow_is_read_as_it_comes() -> None:
    """The first batch is described before the stream ends."""
    batch = pa.record_batch({"x": [1.0, 2.0]})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
        writer.write_batch(batch)
    data = bytes(sink.getvalue())
    end = data.rindex(b"\xff\xff\xff\xff", 0, -8)
    command = [sys.executable, "-m", "colstats", "-", "--per", "chunk", "--format", "ndjson"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(data[:end])
        process.stdin.close()
        assert json.loads(process.stdout.readline())["count"] == 2
