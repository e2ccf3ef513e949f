"""The command line: describes files, many of them as one table, or gives a tour."""

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
from typing import TYPE_CHECKING, Any

from colstats import Moments, __version__, _native
from colstats.layout import Row, quoted
from colstats.summary import Summary, summarize

if TYPE_CHECKING:
    from colstats.files import Piece

FAILURE = 2
INTERRUPTED = 130
#: Seconds before a bar is worth showing.
PATIENCE = 1.0

JSON = (
    "write a list with an object for each column; numbers have as many digits as give them back,"
    " nan, inf, -inf, decimals and times are text"
)

Show = Callable[[str, Summary], None]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    options = parser().parse_args(arguments)
    if not options.demo and not options.files:
        parser().print_help()
        return FAILURE
    try:
        write_what_is_possible()
        code = run_demo() if options.demo else run_files(options)
        if sys.stdout:
            sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        be_silent()  # whoever read has seen enough
        return 0
    except OSError as error:
        be_silent()
        return fail(f"the output cannot be written: {error.strerror or error}")
    return code


def write_what_is_possible() -> None:
    """Let what the encoding of the output lacks be written as a question mark."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def be_silent() -> None:
    """Let nothing more be written, nor when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def parser() -> argparse.ArgumentParser:
    """Say what can be asked."""
    parser = argparse.ArgumentParser(
        prog="python -m colstats", description="Exact statistics for any Arrow data."
    )
    parser.add_argument(
        "files",
        nargs="*",
        metavar="FILE",
        help="Parquet, Arrow IPC or CSV files, or patterns such as 'data/*.parquet':"
        " together they are described as one table; '-' is an Arrow stream from standard input",
    )
    parser.add_argument("--version", action="version", version=f"colstats {__version__}")
    parser.add_argument("--columns", metavar="A,B", help="the columns to read, in this order")
    parser.add_argument(
        "--ddof", type=int, default=0, help="degrees of freedom of the deviation (0)"
    )
    parser.add_argument("--json", action="store_true", help=JSON)
    parser.add_argument(
        "--per-chunk", action="store_true", help="describe each row group or record batch"
    )
    parser.add_argument(
        "--demo", action="store_true", help="show what colstats does, on built-in data"
    )
    return parser


def run_demo() -> int:
    """Show the tour, which needs the libraries that it compares."""
    try:
        from colstats import demo  # noqa: PLC0415 - only the demo needs the other libraries
    except ModuleNotFoundError as missing:
        return fail(f"the demo compares libraries: pip install {missing.name}")
    demo.show()
    return 0


def run_files(options: argparse.Namespace) -> int:
    """Describe files."""
    try:
        from colstats import files  # noqa: PLC0415 - only files need pyarrow
    except ModuleNotFoundError as missing:
        return fail(f"files are read by {missing.name}: pip install 'colstats[cli]'")
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
    """Say on the error channel what is wrong."""
    if sys.stderr:
        print(f"colstats: {message}", file=sys.stderr)
    return FAILURE


class TypeMismatchError(Exception):
    """A column whose type is another in another file; the message names all of them."""


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
        for piece in files.pieces(path, columns):
            belongs = f"{path}, chunk {piece.group}" if options.per_chunk else ""
            if belongs != label:
                if chunk:
                    yield label, summarize(chunk.items(), ddof=options.ddof)
                chunk, label = {}, belongs
            add(chunk if options.per_chunk else whole, piece, path)
            advance(number + piece.share)
    last = chunk if options.per_chunk else whole
    yield label, summarize(last.items(), ddof=options.ddof)


def add(states: dict[str, Moments], piece: "Piece", path: Path) -> None:
    """Add a batch to the states of its columns."""
    from colstats import files  # noqa: PLC0415 - only files need pyarrow

    try:
        parts = _native._states(piece.batch)
    except (TypeError, ValueError) as error:
        raise files.UnreadableError(f"{path}: {error}") from error
    for name, state in parts:
        known = states.setdefault(name, Moments())
        try:
            known.merge(state)
        except TypeError as error:
            raise TypeMismatchError(
                f"{path}: column {quoted(name)} is {state.type} here, but {known.type} before"
            ) from error


@contextmanager
def progress(files: int) -> Iterator[Callable[[float], None]]:
    """Show a bar on a terminal, if it takes long; yields what tells how many files are done."""
    if not (sys.stderr and sys.stderr.isatty() and find_spec("tqdm")):
        yield lambda _done: None
        return
    from tqdm import tqdm  # noqa: PLC0415 - only a terminal needs it, and can do without

    shape = "{percentage:3.0f}% |{bar}| {elapsed} < {remaining}"
    with tqdm(total=files, delay=PATIENCE, leave=False, bar_format=shape) as bar:

        def advance(done: float) -> None:
            bar.update(done - bar.n)

        yield advance


def as_table(described: Sequence[tuple[str, Summary]], is_each: bool) -> None:
    """Print tables."""
    for i, (label, summary) in enumerate(described):
        if is_each:
            print(("\n" if i else "") + label)
        print(summary)


def as_json(described: Sequence[tuple[str, Summary]], is_each: bool) -> None:
    """Print one JSON value: a list of columns, or of chunks with such lists."""
    lists = [{"chunk": label, "columns": rows_of(summary)} for label, summary in described]
    print(json.dumps(lists if is_each else lists[0]["columns"], indent=1, allow_nan=False))


def rows_of(summary: Summary) -> list[Row]:
    """Write rows in what JSON knows: numbers that are none, decimals and times are text."""
    return [{key: json_value(value) for key, value in row.items()} for row in summary.to_list()]


def json_value(value: Any) -> Any:
    """Write a value so that it can be read back."""
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return value if value is None or isinstance(value, bool | int | str) else str(value)
