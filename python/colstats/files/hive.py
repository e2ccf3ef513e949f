"""Keys in the paths of files, as Hive writes them: sales/year=2024/month=01/part-0.parquet.

The directories below the one that was named give columns to all files in them. A key is an integer
if it is one in every path, else text.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PosixPath, WindowsPath
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pyarrow as pa

from colstats.files.batch import FileBatch, expect
from colstats.files.errors import UnreadableError
from colstats.layout import quoted

#: What Hive writes for a null.
NULL = "__HIVE_DEFAULT_PARTITION__"

if TYPE_CHECKING:
    SystemPath = Path
else:
    SystemPath = WindowsPath if os.name == "nt" else PosixPath

Read = Callable[[Sequence[str] | None], Iterator[FileBatch]]


class KeyedPath(SystemPath):
    """A file with the keys in its path, by name; all values of a key have the same type."""

    keys: Mapping[str, pa.Scalar]


def keyed(root: Path, files: Sequence[Path]) -> list[Path]:
    """Add the keys between a directory and the files below it."""
    texts = [keys_of(root, file) for file in files]
    kinds = {
        name: kind_of([keys[name] for keys in texts if name in keys])
        for name in dict.fromkeys(name for keys in texts for name in keys)
    }
    return [
        with_keys(file, keys, kinds) if keys else file
        for file, keys in zip(files, texts, strict=True)
    ]


def keys_of(root: Path, file: Path) -> dict[str, str | None]:
    """Return the keys between a directory and a file, in the order of the path."""
    keys: dict[str, str | None] = {}
    for part in file.relative_to(root).parts[:-1]:
        try:
            name, is_key, value = (unquote(text, errors="strict") for text in part.partition("="))
        except UnicodeError as error:
            raise UnreadableError(f"{file}: the key {part!r} is not UTF-8") from error
        if is_key and name in keys:
            raise UnreadableError(f"{file}: the path has two keys named {quoted(name)}")
        if is_key:
            keys[name] = None if value == NULL else value
    return keys


def kind_of(texts: Sequence[str | None]) -> pa.DataType:
    """Return the type of a key."""
    known = [text for text in texts if text is not None]
    return pa.int64() if known and all(map(is_integer, known)) else pa.string()


def is_integer(text: str) -> bool:
    """Say whether a text is an integer of 64 bits."""
    digits = text.removeprefix("-")
    is_number = digits.isascii() and digits.isdigit() and len(digits) < 20
    return is_number and -(2**63) <= int(text) < 2**63


def with_keys(
    file: Path, keys: Mapping[str, str | None], kinds: Mapping[str, pa.DataType]
) -> KeyedPath:
    """Make a path with keys of these types."""
    found = KeyedPath(file)
    found.keys = {name: scalar(text, kinds[name]) for name, text in keys.items()}
    return found


def scalar(text: str | None, kind: pa.DataType) -> pa.Scalar:
    """Return a key as a value of a type."""
    return pa.scalar(int(text) if text is not None and kind == pa.int64() else text, kind)


def read_keyed(
    file: KeyedPath, names: Sequence[str], columns: Sequence[str] | None, read: Read
) -> Iterator[FileBatch]:
    """Read a file whose own columns have these names, and add columns for its keys."""
    for name in file.keys:
        if name in names:
            raise UnreadableError(
                f"{file}: column {quoted(name)} is in the file and in its path; name the file "
                "itself to read it without the keys of its path"
            )
    chosen = list(columns or [*names, *file.keys])
    expect(file, chosen, [*names, *file.keys])
    own = [name for name in chosen if name not in file.keys]
    for batch in read(own or names[:1]):
        rows = batch.data.num_rows
        arrays = [
            pa.repeat(file.keys[name], rows) if name in file.keys else batch.data.column(name)
            for name in chosen
        ]
        fields = [
            pa.field(name, array.type) if name in file.keys else batch.data.schema.field(name)
            for name, array in zip(chosen, arrays, strict=True)
        ]
        yield replace(batch, data=pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields)))
