"""Reads Arrow IPC files and streams.

Files are read rather than mapped into memory. A mapped file that somebody shortens meanwhile ends
the process with SIGBUS, and one that somebody changes defeats each check made before.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.ipc

from colstats.files.batch import FileBatch, expect, numbered

#: The first bytes of an IPC file; a stream begins with its first message.
MAGIC = b"ARROW1"


def read_arrow(path: Path, columns: Sequence[str] | None, file: Path) -> Iterator[FileBatch]:
    """Read an Arrow IPC file or stream, which messages call `file`; the first bytes tell which."""
    with pa.OSFile(str(path)) as source:
        is_file = source.read(len(MAGIC)) == MAGIC
        source.seek(0)
        if not is_file:
            size = source.size()
            yield from read_stream(file, source, columns, lambda: float(source.tell()) / size)
            return
        schema = pa.ipc.open_file(source).schema
        expect(file, columns, schema.names)
        fields = sorted(map(schema.get_field_index, columns)) if columns else None
        options = pa.ipc.IpcReadOptions(included_fields=fields)
        reader = pa.ipc.open_file(source, options=options)
        total = reader.num_record_batches
        found = (reader.get_batch(i) for i in range(total))
        counter = iter(range(1, total + 1))
        yield from numbered(file, schema, found, columns, lambda _: next(counter) / total)


def arrow_names(path: Path) -> list[str]:
    """Return the names of the columns of an Arrow IPC file or stream."""
    with pa.OSFile(str(path)) as source:
        is_file = source.read(len(MAGIC)) == MAGIC
        source.seek(0)
        reader = pa.ipc.open_file(source) if is_file else pa.ipc.open_stream(source)
        names: list[str] = reader.schema.names
        return names


def read_stream(
    file: Path, source: pa.NativeFile, columns: Sequence[str] | None, progress: Callable[[], float]
) -> Iterator[FileBatch]:
    """Read the batches of an Arrow stream."""
    reader = pa.ipc.open_stream(source)
    yield from numbered(file, reader.schema, reader, columns, lambda _: progress())
