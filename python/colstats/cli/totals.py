"""The states of the columns of some rows, to which batches of files are added."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from colstats import Column, Moments, _native, files, moments
from colstats.cli.arguments import Options
from colstats.cli.correlations import Correlations
from colstats.cli.held import Batch, Held
from colstats.cli.schemas import MismatchError, Schemas
from colstats.layout import Row, quoted
from colstats.summary import Summary, summarize
from colstats.summary.rows import row_of
from colstats.summary.values import values_of


class Totals:
    """The states of the columns of some rows, by name."""

    def __init__(self) -> None:
        #: All rows, if a statistic needs their values.
        self._held = Held()
        #: A column that cannot be counted has the name of its type.
        self.states: dict[str, Moments | str] = {}
        self.rows = 0

    def add(self, batch: Batch, options: Options) -> None:
        """Add a batch."""
        with refusals(batch.file):
            found = _native._states(batch.data, threads=options.threads)
        for name, state in found:
            self.states[name] = joined(self.states.get(name), state, name, batch.file)
        self.rows += batch.rows
        if options.stats or options.corr:
            self._held.add(batch)

    def correlations(self, schemas: Schemas, options: Options) -> Correlations:
        """Correlate the columns of all files."""
        columns = {name: self._held.column(name, schemas.type_of(name)) for name in schemas.names()}
        with refusals(self._held.last_file()):
            return Correlations(
                pa.table(columns), skip_nans=options.skip_nans, threads=options.threads
            )

    def summary(self, schemas: Schemas, options: Options) -> Summary:
        """Describe the columns of all files, in order; those that are missing here are nulls."""

        def state_of(name: str) -> Moments | str:
            state = self.states.get(name)
            if state is None:
                [(_, state)] = _native._states(schemas.nothing_of(name))
            if isinstance(state, Moments) and len(state) < self.rows:
                state += moments(pa.nulls(self.rows - len(state)))
            return state

        named = ((name, state_of(name)) for name in schemas.names())
        how: dict[str, Any] = {"ddof": options.ddof, "skip_nans": options.skip_nans}
        if not options.stats:
            return summarize(named, **how)

        def values(name: str) -> Row:
            column = Column(self._held.column(name, schemas.type_of(name)))
            return values_of(column, options.stats, threads=options.threads, **how)

        return Summary((row_of(*it, **how) | values(it[0]) for it in named), options.stats)


def joined(
    known: Moments | str | None, part: Moments | str, name: str, file: Path
) -> Moments | str:
    """Merge the states of a column, which must be of types that can be merged."""
    if known is None:
        return part
    if isinstance(known, Moments) and isinstance(part, Moments):
        try:
            known.merge(part)
        except (TypeError, ValueError) as error:
            raise different(name, file, part.type, known.type) from error
        return known
    ours, theirs = (of if isinstance(of, str) else of.type for of in (known, part))
    if ours != theirs:
        raise different(name, file, theirs, ours)
    return known


def different(name: str, file: Path, theirs: str | None, ours: str | None) -> MismatchError:
    """Return the error for a column of two types."""
    return MismatchError(
        f"{file}: column {quoted(name)} is {theirs} here, but {ours} in an earlier file; select "
        "other columns with --columns"
    )


#: Keywords of the library, and the options that they are here.
WORDS = (
    (r"columns=\[[^]]*\]", "--columns"),
    (r"\bcolumns=", "--columns"),
    (r"numeric_only=True", "--numeric-only"),
    (r"\bby=\s?", "--by "),
    (r"^by (?=names|takes)", "--by "),
    (r"missing=[\"']null[\"']", "--missing null"),
)


@contextmanager
def refusals(file: Path) -> Iterator[None]:
    """Raise refusals of the library with the name of a file, in the words of the command line."""
    try:
        yield
    except (TypeError, ValueError) as error:
        message = str(error)
        for words, ours in WORDS:
            message = re.sub(words, ours, message)
        raise files.UnreadableError(f"{file}: {message}") from error
