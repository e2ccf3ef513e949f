"""The honest files that are damaged: small, and with every construct of their formats."""

import gzip
import io
import random
from collections.abc import Callable
from decimal import Decimal

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq

ROWS, CHUNK = 60, 20


def table() -> pa.Table:
    """Return a table of all kinds of layouts: flat, variable, views, encoded, nested."""
    source = random.Random(7)
    numbers = [source.choice([None, source.randrange(-(2**62), 2**62)]) for _ in range(ROWS)]
    texts = [None if i % 7 == 0 else "text " * (i % 5) + str(i) for i in range(ROWS)]
    keys = pa.array([f"key {i % 3}" for i in range(ROWS)])
    columns = {
        "int64": pa.array(numbers, pa.int64()),
        "uint8": pa.array([i % 256 for i in range(ROWS)], pa.uint8()),
        "float64": pa.array([None if i % 5 == 0 else i / 7 for i in range(ROWS)]),
        "bool": pa.array([i % 3 == 0 for i in range(ROWS)]),
        "timestamp": pa.array(numbers, pa.timestamp("ns", "UTC")),
        "date32": pa.array([i * 300 for i in range(ROWS)], pa.date32()),
        "decimal": pa.array([Decimal(i) / 4 for i in range(ROWS)], pa.decimal128(20, 2)),
        "string": pa.array(texts),
        "large_binary": pa.array([t and t.encode() for t in texts], pa.large_binary()),
        "dictionary": keys.dictionary_encode(),
        "list": pa.array([[i] * (i % 4) for i in range(ROWS)], pa.list_(pa.int16())),
        "null": pa.nulls(ROWS),
    }
    return pa.table(columns)


def ipc_table() -> pa.Table:
    """Add what only IPC can store."""
    whole = table()
    texts = whole["string"].combine_chunks()
    runs = pa.array([n + 1.5 for n in range(ROWS // 4)])
    ends = pa.array(range(4, ROWS + 4, 4), pa.int32())
    numbers = pa.array([i % 9 for i in range(ROWS)], pa.int64())
    return (
        whole.append_column("view", texts.cast(pa.string_view()))
        .append_column("runs", pa.RunEndEncodedArray.from_arrays(ends, runs))
        .append_column("numbers", numbers.dictionary_encode())
    )


def ipc_stream(compression: str | None = None) -> bytes:
    """Write a stream of several batches, with a delta of a dictionary in between."""
    options = pa.ipc.IpcWriteOptions(compression=compression, emit_dictionary_deltas=True)
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, ipc_table().schema, options=options) as writer:
        for batch in ipc_table().to_batches(CHUNK):
            writer.write_batch(batch)
    return sink.getvalue()


def ipc_file(compression: str | None = None) -> bytes:
    """Write a file of several batches."""
    options = pa.ipc.IpcWriteOptions(compression=compression)
    sink = io.BytesIO()
    with pa.ipc.new_file(sink, ipc_table().schema, options=options) as writer:
        for batch in ipc_table().to_batches(CHUNK):
            writer.write_batch(batch)
    return sink.getvalue()


def parquet(**options: object) -> bytes:
    """Write a Parquet file of several row groups and pages."""
    sink = io.BytesIO()
    pq.write_table(table(), sink, row_group_size=CHUNK, data_page_size=64, **options)
    return sink.getvalue()


def csv() -> bytes:
    """Write CSV with quotes, nulls, line breaks in texts, and every type that is inferred."""
    lines = ["n,x,text,day,when,big"]
    for i in range(ROWS):
        text = f'"a ""quoted""\nline {i}"' if i % 9 == 0 else f"text {i}"
        x = "NA" if i % 6 == 0 else repr(i / 7)
        lines.append(
            f"{i},{x},{text},2024-01-{i % 28 + 1:02},2024-01-01 00:00:{i:02}.5,{2**63 + i}"
        )
    return ("\n".join(lines) + "\n").encode()


def zstandard(data: bytes) -> bytes:
    """Compress as a frame of Zstandard."""
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return bytes(sink.getvalue())


#: The name of each kind of file, with the end of its name, and what writes it.
KINDS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "ipc stream": (".arrows", ipc_stream),
    "ipc stream, lz4": (".arrows", lambda: ipc_stream("lz4")),
    "ipc stream, zstd": (".arrows", lambda: ipc_stream("zstd")),
    "ipc file": (".arrow", ipc_file),
    "ipc file, lz4": (".arrow", lambda: ipc_file("lz4")),
    "ipc file, zstd": (".arrow", lambda: ipc_file("zstd")),
    "parquet": (".parquet", lambda: parquet(compression="none")),
    "parquet, plain": (".parquet", lambda: parquet(compression="none", use_dictionary=False)),
    "parquet, checksums": (".parquet", lambda: parquet(write_page_checksum=True)),
    "parquet, snappy": (".parquet", lambda: parquet(compression="snappy")),
    "parquet, zstd, pages of version 2": (
        ".parquet",
        lambda: parquet(compression="zstd", data_page_version="2.0"),
    ),
    "parquet, gzip": (".parquet", lambda: parquet(compression="gzip")),
    "parquet, lz4": (".parquet", lambda: parquet(compression="lz4")),
    "csv": (".csv", csv),
    "csv, zstd": (".csv.zst", lambda: zstandard(csv())),
    "csv, gzip": (".csv.gz", lambda: gzip.compress(csv(), mtime=0)),
}
