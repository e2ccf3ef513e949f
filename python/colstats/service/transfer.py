"""Batches on their way to the disk of the service, each under an id."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from pyarrow import flight

from colstats._native import MomentsTable

__all__ = ["Receipt", "SourceError", "Transfer", "batches_of", "written"]

#: Rows of a batch, at most. Batches are cut by this number, and not where the chunks of a table
#: end, so that the same rows are the same batches, with the same ids, whoever has read them.
BATCH_ROWS = 1 << 16
#: Bytes of a batch, at most: well below the size of a message that a service takes.
BATCH_BYTES = 16 << 20
#: Bytes of a value, roughly, to choose the rows of a batch before any value is seen.
VALUE_BYTES = 16
#: Batches that are sent before the first of them must be acknowledged, and their bytes.
AHEAD, AHEAD_BYTES = 32, 64 << 20


@dataclass(frozen=True)
class Receipt:
    """That all rows of a call are on the disk of the service."""

    #: The id of the call; its batches have the ids ``batch_id#0``, ``batch_id#1`` and so on.
    batch_id: str
    #: The number of batches.
    batches: int
    #: The number of rows.
    rows: int
    #: How many of the batches were there already, and changed nothing.
    duplicates: int
    #: From this revision of the node on, answers contain them.
    revision: int


class SourceError(Exception):
    """The data could not be read, for a reason; it cannot be read again."""

    def __init__(self, reason: Exception) -> None:
        super().__init__(str(reason))
        self.reason = reason


class Transfer:
    """The batches of a call on their way to the disk of the service."""

    def __init__(
        self,
        command: dict[str, Any],
        schema: pa.Schema,
        batches: Iterable[pa.RecordBatch],
        batch_id: str,
    ) -> None:
        self.batch_id = batch_id
        self._descriptor = flight.FlightDescriptor.for_command(written(command))
        self._schema = schema
        self._numbered = self._read(batches)
        #: Why no more could be read of the data.
        self._failure: Exception | None = None
        #: What was sent, but has not been acknowledged.
        self._waiting: dict[str, pa.RecordBatch] = {}
        self._done: list[dict[str, Any]] = []

    @property
    def done(self) -> int:
        """How many batches have been acknowledged."""
        return len(self._done)

    def note(self) -> str:
        """Return what an error should say besides."""
        return (
            f"{self.done} batches were acknowledged; put the same rows with "
            f"batch_id={self.batch_id!r} to add the rest"
        )

    def receipt(self) -> Receipt:
        """Return that everything is there."""
        return Receipt(
            batch_id=self.batch_id,
            batches=len(self._done),
            rows=sum(each["rows"] for each in self._done),
            duplicates=sum(each["duplicate"] for each in self._done),
            revision=max((each["revision"] for each in self._done), default=0),
        )

    def send(self, channel: Any, options: Any) -> None:
        """Send what has not been acknowledged, in a new stream, and wait until it is."""
        if self._failure is not None:  # what was read last is not the end
            raise SourceError(self._failure)
        writer, reader = channel.do_put(self._descriptor, self._schema, options)
        with writer:
            for name, batch in self._waiting.items():
                write(writer, name, batch)
            for name, batch in self._numbered:
                self._waiting[name] = batch
                write(writer, name, batch)
                while self._is_far_ahead():
                    self._acknowledge(reader)
            writer.done_writing()
            while self._waiting:
                self._acknowledge(reader)

    def _read(self, batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[str, pa.RecordBatch]]:
        """Read the data, and give each batch its id."""
        try:
            for number, batch in enumerate(batches):
                yield f"{self.batch_id}#{number}", batch
        except Exception as failed:
            self._failure = failed
            raise SourceError(failed) from failed

    def _is_far_ahead(self) -> bool:
        ahead = self._waiting.values()
        return len(ahead) >= AHEAD or sum(batch.nbytes for batch in ahead) >= AHEAD_BYTES

    def _acknowledge(self, reader: Any) -> None:
        """Wait for the next acknowledgement, and let go of its batch."""
        reply = reader.read()
        if reply is None:
            raise flight.FlightUnavailableError(
                "the stream ended before all batches were acknowledged"
            )
        acknowledgement = json.loads(reply.to_pybytes())
        del self._waiting[acknowledgement["batch_id"]]
        self._done.append(acknowledgement)


def write(writer: Any, name: str, batch: pa.RecordBatch) -> None:
    """Send a batch under an id."""
    writer.write_with_metadata(batch, written({"batch_id": name}))


def written(body: Mapping[str, Any]) -> bytes:
    """Return JSON as it is sent."""
    return json.dumps(dict(body), allow_nan=False).encode()


def batches_of(data: Any) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """Return the schema of a table, and the batches in which it is sent."""
    if isinstance(data, MomentsTable):  # a row is a column, and columns belong together
        table = pa.table(data).combine_chunks()
        return table.schema, iter(table.to_batches())
    if isinstance(data, Mapping) and not hasattr(data, "__arrow_c_stream__"):
        data = pa.table(dict(data))
    if not hasattr(data, "__arrow_c_stream__"):
        if not hasattr(data, "__arrow_c_array__"):
            name = f"{type(data).__module__}.{type(data).__qualname__}"
            raise TypeError(
                f"the service takes tables: an Arrow object or a dict of columns, not {name}"
            )
        data = pa.table(pa.record_batch(data))
    try:
        reader = pa.RecordBatchReader.from_stream(data)
    except pa.ArrowInvalid as refused:
        raise TypeError(
            f"the service takes tables; to send one column, name it, as in {{'x': data}}: {refused}"
        ) from refused
    if not reader.schema.names:
        raise ValueError("the table has no columns, so there is nothing to send")
    return reader.schema, cut(reader)


def cut(reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    """Cut a stream into batches of a number of rows; the last has fewer, and none if all are."""
    width = VALUE_BYTES * max(len(reader.schema), 1)
    rows = min(max(BATCH_BYTES // width, 1), BATCH_ROWS)
    held: list[pa.RecordBatch] = []
    room, is_empty = rows, True
    for batch in reader:
        start = 0
        while start < batch.num_rows:
            held.append(batch.slice(start, room))
            start += held[-1].num_rows
            room -= held[-1].num_rows
            if room == 0:
                yield from halved(joined(held))
                held, room, is_empty = [], rows, False
    if held:
        yield from halved(joined(held))
    elif is_empty:
        yield pa.RecordBatch.from_pylist([], schema=reader.schema)


def joined(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    """Return one batch of many."""
    if len(batches) == 1:
        return batches[0]
    (batch,) = pa.Table.from_batches(batches).combine_chunks().to_batches()
    return batch


def halved(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Cut a batch of too many bytes in halves."""
    if batch.nbytes <= BATCH_BYTES or batch.num_rows < 2:
        yield batch
        return
    half = batch.num_rows // 2
    yield from halved(batch.slice(0, half))
    yield from halved(batch.slice(half))
