"""Reads Arrow IPC files and streams."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.ipc

from colstats.files.batch import FileBatch, numbered


def arrow(file: Path, columns: Sequence[str] | None) -> Iterator[FileBatch]:
    """Read the batches of an Arrow IPC file or stream; the first bytes distinguish them."""
    with pa.memory_map(str(file)) as source:
        is_file = source.read(6) == b"ARROW1"
        source.seek(0)
        if not is_file:
            size = source.size()
            yield from stream(file, source, columns, lambda: float(source.tell()) / size)
            return
        reader = pa.ipc.open_file(source)
        total = reader.num_record_batches
        found = (reader.get_batch(i) for i in range(total))
        counter = iter(range(1, total + 1))
        yield from numbered(file, reader.schema, found, columns, lambda _: next(counter) / total)


def stream(
    file: Path, source: pa.NativeFile, columns: Sequence[str] | None, progress: Callable[[], float]
) -> Iterator[FileBatch]:
    """Read the batches of an Arrow stream."""
    reader = pa.ipc.open_stream(source)
    yield from numbered(file, reader.schema, reader, columns, lambda _: progress())
