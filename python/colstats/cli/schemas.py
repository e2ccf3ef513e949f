"""Which columns the files have: all the same, or those that some files lack are nulls there."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa

from colstats.cli.arguments import Options
from colstats.layout import no_column, quoted


class MismatchError(Exception):
    """Files that do not fit together; the message names the column and the files."""


class Schemas:
    """The columns of all files so far, and the files that brought them."""

    def __init__(self, options: Options) -> None:
        self._options = options
        #: The first file that has each of the columns that are described.
        self._first: dict[str, Path] = {}
        self._fields: dict[str, pa.Field] = {}
        #: The first file that has each of the columns that `--numeric-only` leaves out.
        self._left_out: dict[str, Path] = {}
        #: The first file with rows, and its columns: all others must have the same.
        self._complete: tuple[Path, frozenset[str]] | None = None

    def to_read(self, names: Callable[[], list[str] | None] = lambda: None) -> list[str] | None:
        """Return the columns to read of a file, given its names if they can be known before.

        It must have them all, unless missing columns are nulls; then there is one at least, since
        the rows are counted.
        """
        options = self._options
        if options.columns is None:
            return None
        wanted = list(dict.fromkeys([*(options.by or ()), *options.columns]))
        if options.missing == "refuse":
            return wanted
        known = names()
        return known and ([name for name in wanted if name in known] or known[:1])

    def note(self, file: Path, schema: pa.Schema, has_rows: bool) -> None:
        """Note the columns of a file; refuses columns that it lacks, or others did."""
        for key in self._options.by or ():
            if key not in schema.names:
                raise MismatchError(f"{file}: {no_column(key, schema.names)} (--by)")
        names = self.described(schema)
        for name in schema.names:
            if name in names:
                self._first.setdefault(name, file)
                self._fields.setdefault(name, schema.field(name))
            else:
                self._left_out.setdefault(name, file)
        for name in names:
            if name in self._left_out and self._options.numeric_only:
                raise MismatchError(
                    f"{file}: column {quoted(name)} is {schema.field(name).type} here, but holds "
                    f"no numbers in {self._left_out[name]}; select other columns with --columns"
                )
        if has_rows and self._options.missing == "refuse":
            self._complete = self._complete or (file, frozenset(names))
            self._compare(file, frozenset(names))

    def finish(self) -> None:
        """Refuse columns that only files without rows have, and columns that none has."""
        if self._complete:
            self._compare(*self._complete)
        known = [*self._first, *self._left_out]
        for name in self._options.columns or ():
            if name not in known:
                raise MismatchError(f"no file has it: {no_column(name, known)}")

    def _compare(self, file: Path, names: frozenset[str]) -> None:
        """Refuse columns that a file with rows lacks, or that the first such file lacks."""
        for lacking, has in filter(None, ((file, names), self._complete)):
            for name, first in self._first.items():
                if name not in has:
                    raise MismatchError(
                        f"{lacking}: column {quoted(name)} is missing here, but {first} has it; "
                        "--missing null takes it as nulls, --columns selects other columns"
                    )

    def type_of(self, name: str) -> pa.DataType:
        """Return the type of a column in the first file that has it."""
        return self._fields[name].type

    def nothing_of(self, name: str) -> pa.Table:
        """Return a column without rows, of the type that it has where it is not missing."""
        return pa.schema([self._fields[name]]).empty_table()

    def described(self, schema: pa.Schema) -> list[str]:
        """Return the columns of a file that are described, in order. Keys are not."""
        options = self._options
        keys = options.by or ()
        names = options.columns or [name for name in schema.names if name not in keys]

        def is_wanted(name: str) -> bool:
            is_there = name in schema.names
            return is_there and (
                not options.numeric_only
                or name in self._first
                or is_numeric(schema.field(name).type)
            )

        return list(filter(is_wanted, names))

    def names(self) -> Sequence[str]:
        """Return the columns of all files that are described, in order."""
        return [name for name in self._options.columns or self._first if name in self._first]


def is_numeric(of: pa.DataType) -> bool:
    """Whether `--numeric-only` keeps a type: numbers, and their encodings."""
    if pa.types.is_dictionary(of) or pa.types.is_run_end_encoded(of):
        return is_numeric(of.value_type)
    if isinstance(of, pa.BaseExtensionType):
        return is_numeric(of.storage_type)
    kinds = (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean, pa.types.is_decimal)
    return any(is_kind(of) for is_kind in kinds)
