"""Opens the bytes of a CSV file, as often as they are needed."""

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa

from colstats.files.errors import UnreadableError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer

#: The first bytes of compressed files, and of texts that are not UTF-8.
COMPRESSIONS = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
#: What the ends of names promise.
ENDINGS = {".gz": "gzip", ".zst": "zstd"}
UTF_8, UTF_16 = b"\xef\xbb\xbf", (b"\xff\xfe", b"\xfe\xff")


class Source:
    """A file of text, perhaps compressed, which can be opened several times.

    Compression shows in the first bytes, whether the name tells it or not.
    """

    def __init__(self, path: Path, name: Path) -> None:
        self.path = path
        #: How messages call it.
        self.name = name
        self.size = max(path.stat().st_size, 1)
        with path.open("rb") as file:
            first = file.read(4)
        self.compression = next(
            (kind for start, kind in COMPRESSIONS.items() if first.startswith(start)), None
        )
        expected = ENDINGS.get(path.suffix.lower())
        if expected and self.compression != expected:
            raise UnreadableError(f"{name}: the file is not compressed by {expected}")

    @contextlib.contextmanager
    def opened(self) -> Iterator["Watched"]:
        """Open the bytes, decompressed."""
        with self.path.open("rb") as file:
            if not self.compression:
                yield Watched(file, file)
                return
            with pa.CompressedInputStream(pa.PythonFile(file, "r"), self.compression) as plain:
                yield Watched(plain, file)

    def head(self) -> bytes:
        """Return the start of the text, and refuse what is no UTF-8."""
        with self.opened() as source:
            start = source.read(1 << 12)
        if not start:
            raise UnreadableError(f"{self.name}: the file is empty")
        if start.startswith(UTF_16) or start[1:4:2] == b"\0\0" or start[:3:2] == b"\0\0":
            raise UnreadableError(
                f"{self.name}: the text is UTF-16 (or binary), expected UTF-8; convert it with"
                " iconv -f utf-16 -t utf-8"
            )
        return start.removeprefix(UTF_8)


class Watched(io.RawIOBase):
    """The bytes of a source as a file, which says how far it has been read.

    A last line without an end gets one: pyarrow refuses a header that has none.
    """

    def __init__(self, source: BinaryIO | pa.NativeFile, file: BinaryIO) -> None:
        super().__init__()
        self.source, self.file = source, file
        self.last = b"\n"

    def readinto(self, target: "Buffer") -> int:
        """Fill a buffer, unless the file ends."""
        view, filled = memoryview(target), 0
        while filled < len(view):
            data = self.source.read(len(view) - filled)
            if not data and self.last != b"\n":
                data = b"\n"
            if not data:
                break
            self.last = data[-1:]
            view[filled : filled + len(data)] = data
            filled += len(data)
        return filled

    def position(self) -> int:
        """Return how many bytes of the file have been read, compressed or not."""
        return self.file.tell()

    def readable(self) -> bool:
        """Say that it can be read."""
        return True
