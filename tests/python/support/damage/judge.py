"""Judges in a process of its own what the reader makes of damaged files.

Each case prints its number before it begins and its verdict after it, so that whoever waits for
this process knows which case ended it.
"""

import csv
import gzip
import io
import resource
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq

from colstats import Moments, _native, files
from colstats.files.validate import validate

from . import changes, material

#: Seconds after which a case counts as a hang, and bytes of address space that it may take.
SECONDS, ADDRESSES = 120, 16 << 30


def main(kind: str, first: int, last: int, folder: str) -> None:
    """Judge the cases from `first` up to `last`."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
    ending, write = material.KINDS[kind]
    honest = write()
    path = Path(folder, f"case{ending}")
    for number in range(first, last):
        print(number, end=" ", flush=True)
        signal.alarm(SECONDS)
        path.write_bytes(changes.damaged(honest, Random(f"{kind} {number}")))
        print(verdict(path), flush=True)
    signal.alarm(0)


def verdict(path: Path) -> str:
    """Say whether a file is refused or answered, or what is wrong with the answer."""
    try:
        rows, answer = answered(path)
    except files.UnreadableError as error:
        words = str(error)
        named = words.startswith(f"{path}: ") and "\n" not in words
        return "refused" if named else f"FINDING: the message is {words!r}"
    except Exception as error:
        return f"FINDING: {type(error).__name__}: {' '.join(str(error).split())}"
    try:
        expected_rows, expected = accepted(path)
    except Exception as error:
        return f"FINDING: answered, but pyarrow says {' '.join(str(error).split())}"
    if rows != expected_rows:
        return f"FINDING: {rows} rows instead of {expected_rows}"
    wrong = [name for name in expected if answer.get(name) != expected[name]]
    return f"FINDING: another answer for {wrong}" if wrong else "answered"


def answered(path: Path) -> tuple[int, dict[str, bytes]]:
    """Read a file as the command line does; returns its rows and the states of its columns."""
    batches = (batch.data for batch in files.batches(path, None))
    try:
        return states(batches)
    except (TypeError, ValueError) as error:  # the command line puts the name before it
        raise files.UnreadableError(f"{path}: {error}") from error


def accepted(path: Path) -> tuple[int, dict[str, bytes]]:
    """Read a file with pyarrow alone, and check everything; each value is copied."""
    if ".csv" in path.suffixes:
        return rows_of_csv(path), {}
    return states(map(checked_copy, read(path)))


def rows_of_csv(path: Path) -> int:
    """Count the rows of CSV with Python's own module."""
    data = path.read_bytes()
    if path.suffix == ".gz":
        data = gzip.decompress(data)
    elif path.suffix == ".zst":
        data = pa.CompressedInputStream(pa.BufferReader(data), "zstd").read()
    rows = [row for row in csv.reader(io.StringIO(data.decode("latin-1"), newline="")) if row]
    assert len(set(map(len, rows))) == 1, "not every row has the same number of fields"
    return len(rows) - 1


def read(path: Path) -> Iterator[pa.RecordBatch]:
    """Read the batches of a file with pyarrow."""
    if path.suffix == ".parquet":
        with pq.ParquetFile(path, page_checksum_verification=True) as source:
            # One group at a time: the state after damaged levels leaks into the next group.
            for group in range(source.num_row_groups):
                whole = source.read_row_group(group, use_threads=False)
                assert len(whole) == source.metadata.row_group(group).num_rows, "rows vanish"
                yield from whole.to_batches()
    elif path.suffix == ".arrow":
        with pa.OSFile(str(path)) as source:
            reader = pa.ipc.open_file(source)
            yield from map(reader.get_batch, range(reader.num_record_batches))
    else:
        with pa.OSFile(str(path)) as source:
            yield from pa.ipc.open_stream(source)


def checked_copy(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Validate a batch, and copy the columns that pyarrow can copy value by value."""
    validate(batch)
    rows = pa.array(range(batch.num_rows), pa.int64())

    def copy(column: pa.Array) -> pa.Array:
        kind = column.type
        is_view = pa.types.is_string_view(kind) or pa.types.is_binary_view(kind)
        return column if is_view or pa.types.is_run_end_encoded(kind) else column.take(rows)

    return pa.record_batch([copy(column) for column in batch.columns], schema=batch.schema)


def states(batches: Iterator[pa.RecordBatch]) -> tuple[int, dict[str, bytes]]:
    """Return the number of rows, and the state of each column."""
    rows, merged = 0, {}
    for batch in batches:
        rows += batch.num_rows
        for name, state in _native._states(batch):
            merged.setdefault(name, Moments()).merge(state)
    return rows, {name: state.to_bytes() for name, state in merged.items()}


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
