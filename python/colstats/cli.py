"""The command line: describes files, all of them together as one table, or runs the demo."""

import argparse
import io
import json
import math
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from colstats import Moments, __version__, _native
from colstats.layout import Row, quoted
from colstats.summary import Summary, summarize
from colstats.types import ArrowArrayExportable

#: Exit codes.
FAILURE = 2
INTERRUPTED = 130

#: Seconds after which the progress bar appears.
PROGRESS_DELAY = 1.0

JSON = (
    "print a JSON list with an object for each column; floats round-trip; nan, inf, -inf, decimals"
    " and times are strings"
)

Show = Callable[[str, Summary], None]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    options = parser().parse_args(arguments)
    if not options.demo and not options.files:
        parser().print_help()
        return FAILURE
    try:
        replace_unencodable()
        code = run_demo() if options.demo else run_files(options)
        if sys.stdout:
            sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        discard_output()  # the reader has closed the pipe, as `head` does
        return 0
    except OSError as error:
        discard_output()
        return fail(f"cannot write the output: {error.strerror or error}")
    return code


def replace_unencodable() -> None:
    """Write a question mark for each character that the encoding of the output lacks."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def discard_output() -> None:
    """Send further output to the null device, including what Python flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def parser() -> argparse.ArgumentParser:
    """Define the arguments."""
    parser = argparse.ArgumentParser(
        prog="python -m colstats", description="Exact statistics for any Arrow data."
    )
    parser.add_argument(
        "files",
        nargs="*",
        metavar="FILE",
        help="Parquet, Arrow IPC or CSV files, or patterns such as 'data/*.parquet'; all files are"
        " described together, as one table; '-' reads an Arrow stream from standard input",
    )
    parser.add_argument("--version", action="version", version=f"colstats {__version__}")
    parser.add_argument("--columns", metavar="A,B", help="the columns to read, in this order")
    parser.add_argument(
        "--ddof",
        type=int,
        default=0,
        help="delta degrees of freedom of the standard deviation (default: 0)",
    )
    parser.add_argument("--json", action="store_true", help=JSON)
    parser.add_argument(
        "--per-chunk",
        action="store_true",
        help="describe each chunk separately: a row group of Parquet, a record batch of Arrow IPC,"
        " a block of CSV",
    )
    parser.add_argument(
        "--demo", action="store_true", help="compare colstats with other libraries on sample data"
    )
    return parser


def run_demo() -> int:
    """Run the demo, which needs the libraries that it compares."""
    try:
        from colstats import demo  # noqa: PLC0415 - only the demo needs the other libraries
    except ModuleNotFoundError as missing:
        return fail(f"the demo needs {missing.name}: pip install {missing.name}")
    demo.show()
    return 0


def run_files(options: argparse.Namespace) -> int:
    """Describe files."""
    try:
        from colstats import files  # noqa: PLC0415 - only files need pyarrow
    except ModuleNotFoundError as missing:
        return fail(f"reading files needs {missing.name}: pip install 'colstats[cli]'")
    if options.ddof < 0:
        return fail("--ddof must not be negative")
    columns = options.columns.split(",") if options.columns else None
    twice = [name for name in columns or () if columns and columns.count(name) > 1]
    if twice:
        return fail(f"--columns names {twice[0]!r} twice")
    show = as_json if options.json else as_table
    try:
        paths = files.expand(options.files)
        with progress(len(paths)) as advance:
            described = list(describe(paths, columns, options, advance))
    except (files.UnreadableError, TypeMismatchError) as error:
        return fail(str(error))
    show(described, options.per_chunk)
    return 0


def fail(message: str) -> int:
    """Print a message to standard error; returns the exit code."""
    if sys.stderr:
        print(f"colstats: {message}", file=sys.stderr)
    return FAILURE


class TypeMismatchError(Exception):
    """A column with different types in two files; the message names the column, file and types."""


def describe(
    paths: Sequence[Path],
    columns: Sequence[str] | None,
    options: argparse.Namespace,
    advance: Callable[[float], None],
) -> Iterator[tuple[str, Summary]]:
    """Describe all files together, or each of their chunks."""
    from colstats import files  # noqa: PLC0415 - only files need pyarrow

    whole: dict[str, Moments] = {}
    chunk: dict[str, Moments] = {}
    label = ""
    for number, path in enumerate(paths):
        for batch in files.batches(path, columns):
            current = f"{path}, chunk {batch.chunk}" if options.per_chunk else ""
            if current != label:
                if chunk:
                    yield label, summarize(chunk.items(), ddof=options.ddof)
                chunk, label = {}, current
            add(chunk if options.per_chunk else whole, batch.data, path)
            advance(number + batch.progress)
    last = chunk if options.per_chunk else whole
    yield label, summarize(last.items(), ddof=options.ddof)


def add(states: dict[str, Moments], batch: ArrowArrayExportable, path: Path) -> None:
    """Add a batch to the states of its columns."""
    from colstats import files  # noqa: PLC0415 - only files need pyarrow

    try:
        found = _native._states(batch)
    except (TypeError, ValueError) as error:
        raise files.UnreadableError(f"{path}: {error}") from error
    for name, state in found:
        known = states.setdefault(name, Moments())
        try:
            known.merge(state)
        except TypeError as error:
            raise TypeMismatchError(
                f"{path}: column {quoted(name)} is {state.type} here, but {known.type} in an "
                "earlier file; select other columns with --columns"
            ) from error


@contextmanager
def progress(files: int) -> Iterator[Callable[[float], None]]:
    """Show a progress bar on a terminal if it takes long; yields a function that advances it."""
    if not (sys.stderr and sys.stderr.isatty() and find_spec("tqdm")):
        yield lambda _done: None
        return
    from tqdm import tqdm  # noqa: PLC0415 - optional, and only used on a terminal

    shape = "{percentage:3.0f}% |{bar}| {elapsed} < {remaining}"
    with tqdm(total=files, delay=PROGRESS_DELAY, leave=False, bar_format=shape) as bar:

        def advance(done: float) -> None:
            bar.update(done - bar.n)

        yield advance


def as_table(described: Sequence[tuple[str, Summary]], per_chunk: bool) -> None:
    """Print tables."""
    for i, (label, summary) in enumerate(described):
        if per_chunk:
            print(("\n" if i else "") + label)
        print(summary)


def as_json(described: Sequence[tuple[str, Summary]], per_chunk: bool) -> None:
    """Print one JSON value: a list of columns, or a list of chunks that each have such a list."""
    lists = [{"chunk": label, "columns": rows_of(summary)} for label, summary in described]
    print(json.dumps(lists if per_chunk else lists[0]["columns"], indent=1, allow_nan=False))


def rows_of(summary: Summary) -> list[Row]:
    """Convert rows to JSON values."""
    return [{key: json_value(value) for key, value in row.items()} for row in summary.to_list()]


def json_value(value: Any) -> Any:
    """Convert a value; what JSON has no type for becomes a string."""
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return value if value is None or isinstance(value, bool | int | str) else str(value)
