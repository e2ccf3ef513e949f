"""Goes twice through the texts of a file."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import pyarrow as pa

from colstats.files.csv.convert import Texts
from colstats.files.csv.infer import exact_type, widened
from colstats.files.csv.kinds import FLOAT, Kind
from colstats.files.csv.text import TextBatch, TextFile

#: Bytes of text that are kept from the first pass for the second.
KEPT_BYTES = 64 << 20


class TwoPasses:
    """The texts of columns, which can be read twice."""

    def __init__(self, text: TextFile, columns: Sequence[str]) -> None:
        self.text, self.columns = text, columns
        self.null_words = text.reading.null_words
        self.kept: list[TextBatch] | None = None

    def kinds(self, columns: Sequence[str]) -> dict[str, Kind]:
        """Infer the kinds of some columns in the first pass, and find faults in all of them."""
        while True:
            kinds = {column: Kind() for column in columns}
            try:
                for batch in self.first():
                    for column, kind in kinds.items():
                        texts = Texts(batch.data[column], self.null_words)
                        kinds[column] = widened(kind, texts)
                return kinds
            except pa.ArrowInvalid as error:
                if not self.text.can_grow(error):
                    raise

    def first(self) -> Iterator[TextBatch]:
        """Read all batches, and keep them if they are small enough."""
        size, kept = 0, list[TextBatch]()
        self.kept = None
        for batch in self.text.batches(self.columns):
            size += batch.data.nbytes
            if size <= KEPT_BYTES:
                kept.append(batch)
            else:
                kept.clear()
            yield batch
        if size <= KEPT_BYTES:
            self.kept = kept

    def again(self) -> Iterator[TextBatch]:
        """Read them once more."""
        yield from self.text.batches(self.columns) if self.kept is None else self.kept

    def of(self, column: str) -> Iterator[Texts]:
        """Read the texts of one column once more."""
        for batch in self.again():
            yield Texts(batch.data[column], self.null_words)


def types_of(files: Iterable[TwoPasses], kinds: Mapping[str, Kind]) -> dict[str, pa.DataType]:
    """Return the types of columns, after another look at those whose digits must be counted."""
    types = {column: kind.settled() for column, kind in kinds.items()}
    for column, kind in kinds.items():
        if kind.type == FLOAT and kind.inexact:
            having = [passes for passes in files if column in passes.columns]
            types[column] = exact_type(texts for passes in having for texts in passes.of(column))
    return types
