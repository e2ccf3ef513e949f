"""Damaged and hostile files are refused by name, and never believed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from colstats import files
from support.command_line import failure, run
from support.damage import judge, material
from support.damage.attack import attack

pytestmark = pytest.mark.thread_unsafe(reason="starts processes")

#: Damaged files of each kind; `make attack-files` tries thousands.
CASES = 80


@pytest.mark.parametrize("kind", material.KINDS)
def test_a_damaged_file_is_refused_or_answered_like_valid_batches(kind: str) -> None:
    outcome = attack(kind, 0, CASES)
    assert outcome.findings == []
    assert outcome.counts.total() == CASES


@pytest.mark.parametrize("kind", material.KINDS)
def test_the_honest_file_is_answered(kind: str, tmp_path: Path) -> None:
    ending, write = material.KINDS[kind]
    path = tmp_path / f"honest{ending}"
    path.write_bytes(write())
    assert judge.verdict(path) == "answered"
    assert judge.answered(path)[0] == material.ROWS


def claiming(rows: int, ending: str, **options: object) -> bytes:
    """Write 13 rows of numbers as Arrow IPC, and claim another number of them."""
    batch = pa.record_batch({"x": pa.array(range(100, 113), pa.int64())})
    sink = pa.BufferOutputStream()
    new = pa.ipc.new_file if ending == ".arrow" else pa.ipc.new_stream
    with new(sink, batch.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_batch(batch)
    honest = bytes(sink.getvalue())
    told = (13).to_bytes(8, "little")
    assert honest.count(told) == 2  # of the batch, and of its column
    return honest.replace(told, rows.to_bytes(8, "little", signed=True))


@pytest.mark.parametrize("rows", [14, 400, 50_000_000, 2**62, -1])
@pytest.mark.parametrize("ending", [".arrow", ".arrows"])
@pytest.mark.parametrize("compression", [None, "zstd"])
def test_more_rows_than_the_buffers_hold(
    tmp_path: Path, rows: int, ending: str, compression: str | None
) -> None:
    path = tmp_path / f"claims{ending}"
    path.write_bytes(claiming(rows, ending, compression=compression))
    words = failure(path)
    assert f"{path}: batch 0 is damaged: " in words


def test_the_number_of_a_damaged_batch_is_told(tmp_path: Path) -> None:
    path = tmp_path / "second.arrows"
    stream = claiming(13, ".arrows")
    batch = stream[stream.index(b"\xff\xff\xff\xff", 8) : -8]  # between the schema and the end
    lies = batch.replace((13).to_bytes(8, "little"), (400).to_bytes(8, "little"))
    path.write_bytes(stream[:-8] + lies + stream[-8:])
    assert f"{path}: batch 1 is damaged: " in failure(path)


def test_values_that_honest_writers_write_although_they_must_not(tmp_path: Path) -> None:
    """Times of day in date64, and decimals with too many digits, as in Arrow's own files."""
    wide = pa.array([123_456], pa.int64()).cast(pa.decimal128(38, 0))
    few = pa.Array.from_buffers(pa.decimal128(3, 2), 1, wide.buffers())
    times = pa.array([86_400_001], pa.int64()).view(pa.date64())
    columns = {"d": few, "t": times, "l": pa.ListArray.from_arrays([0, 1], few)}
    batch = pa.record_batch(columns)
    with pytest.raises(pa.ArrowInvalid):
        batch.validate(full=True)
    with pa.ipc.new_stream(tmp_path / "lax.arrows", batch.schema) as writer:
        writer.write_batch(batch)
    rows = json.loads(run(tmp_path / "lax.arrows", "--json").stdout)
    assert [row["count"] for row in rows] == [1, 1, 1]
    assert rows[0]["min"] == "1234.56"


def test_texts_that_are_no_utf_8(tmp_path: Path) -> None:
    wrong = pa.array([b"\xff"], pa.binary()).view(pa.string())
    batch = pa.record_batch({"ok": [1.0], "s": wrong})
    with pa.ipc.new_stream(tmp_path / "t.arrows", batch.schema) as writer:
        writer.write_batch(batch)
    assert "batch 0 is damaged: In column 1: Invalid: Invalid UTF8" in failure(
        tmp_path / "t.arrows"
    )


def short_page(path: Path, *, rows: int, told: int) -> None:
    """Write a Parquet file with one page of numbers, whose header tells another number of them."""
    data = pa.table({"x": pa.array(range(rows), pa.int64())})
    options = {"use_dictionary": False, "compression": "none", "write_statistics": False}
    pq.write_table(data, path, **options)
    header = b"\x2c\x15" + bytes([rows * 2])  # the field `num_values`, in compact Thrift
    honest = path.read_bytes()
    assert honest.count(header) == 1
    path.write_bytes(honest.replace(header, b"\x2c\x15" + bytes([told * 2])))


@pytest.mark.parametrize("told", [0, 2, 4])
def test_rows_of_parquet_do_not_vanish(tmp_path: Path, told: int) -> None:
    path = tmp_path / "short.parquet"
    short_page(path, rows=5, told=told)
    with pq.ParquetFile(path) as source:
        assert sum(len(batch) for batch in source.iter_batches()) < 5  # pyarrow says nothing
    assert f"{path}: row group 0 is damaged: " in failure(path)


def test_the_footer_of_parquet_agrees_with_its_row_groups(tmp_path: Path) -> None:
    path = tmp_path / "footer.parquet"
    pq.write_table(pa.table({"x": [1.0] * 50}), path, row_group_size=25)
    honest = path.read_bytes()
    footer = honest.rindex(b"\x16\x64")  # 50 rows, in compact Thrift
    path.write_bytes(honest[:footer] + b"\x16\x62" + honest[footer + 2 :])
    assert pq.read_metadata(path).num_rows == 49
    assert f"{path}: the footer is damaged: 49 rows, but 50 in its row groups" in failure(path)


def test_checksums_of_parquet_are_verified(tmp_path: Path) -> None:
    path = tmp_path / "checksums.parquet"
    options = {"use_dictionary": False, "compression": "none", "write_page_checksum": True}
    pq.write_table(pa.table({"x": [1.5, 2.5, 3.5]}), path, **options)
    honest = path.read_bytes()
    assert run(path).returncode == 0
    value = honest.index(b"\x00\x00\x04\x40")  # the end of 2.5
    path.write_bytes(honest[:value] + b"\x01" + honest[value + 1 :])
    assert "checksum" in failure(path)


def test_a_file_that_is_shortened_while_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "shortened.arrow"
    batch = pa.record_batch({"x": pa.array(range(100_000), pa.int64())})
    with pa.ipc.new_file(path, batch.schema) as writer:
        for _ in range(10):
            writer.write_batch(batch)
    program = f"""
import os
from colstats import _native, files
kept = []
try:
    for batch in files.batches(files.expand([{str(path)!r}])[0], None):
        os.truncate({str(path)!r}, 4096)
        kept.append(batch.data)
        _native._states(batch.data)
except files.UnreadableError as error:
    print(error)
"""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{path}: ")


def test_only_the_selected_columns_of_ipc_are_read(tmp_path: Path) -> None:
    path = tmp_path / "t.arrow"
    path.write_bytes(material.ipc_file())
    [first, *_] = files.batches(path, ["string", "int64"])
    assert first.data.schema.names == ["string", "int64"]
    rows = json.loads(run(path, "--json", "--columns", "float64,uint8").stdout)
    assert [row["name"] for row in rows] == ["float64", "uint8"]
