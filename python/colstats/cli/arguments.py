"""The arguments of the command line: what may be asked, and how it is written."""

import argparse
import csv
import re
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import Literal, NoReturn

from colstats import __version__

FORMATS = ("table", "json", "ndjson", "csv", "markdown")

#: The most threads; more would only get in each other's way.
MAX_THREADS = 1024

DESCRIPTION = """\
Exact statistics of the columns of Parquet, Arrow IPC and CSV files: count, nulls, NaNs, mean,
standard deviation, minimum and maximum, each correctly rounded. All files are one table."""

EPILOG = """\
examples:
  colstats trips.parquet                           describe all columns
  colstats 'data/*.parquet' --columns fare,tip     two columns of many files
  colstats trips.parquet --by vendor               each column for each vendor
  colstats log.csv --per 1000000 --format ndjson   each million rows on its own
  colstats sales/ --by year                        a directory with sales/year=2024/1.parquet
  colstats trips.parquet --stats median,q0.99      two more statistics of each column
  colstats trips.parquet --corr                    the correlation of each column with each
  colstats trips.parquet --format csv | duckdb -c "FROM read_csv('/dev/stdin')"

service:
  colstats serve --data DIR                        run the service, which many feed and ask: it is
                                                   a program of its own, colstats-service

names:
  A list of names is written as a line of CSV: --columns 'id,"name, with a comma"'.

output:
  A table fits the terminal: numbers are rounded and columns left out, with a line that says so;
  --wide prints everything, as does a pipe or a file. All other formats have all digits. JSON has
  nan, inf, decimals and times as strings. Nulls are null in JSON, and empty elsewhere.

exit codes:
  0    all went well, or the reader of the output had enough, as `head`
  2    arguments, a file or the output were refused: one line on standard error says why
  130  interrupted by Ctrl-C"""


class ArgumentsError(Exception):
    """Arguments that are refused; the message names them."""


class Options(argparse.Namespace):
    """The parsed arguments."""

    files: list[str]
    columns: list[str] | None
    by: list[str] | None
    per: int | Literal["chunk"] | None
    numeric_only: bool
    missing: Literal["refuse", "null"]
    delimiter: str | None
    null: list[str] | None
    types: list[tuple[str, str]]
    header: bool
    ddof: int
    skip_nans: bool
    stats: dict[str, float | None]
    corr: bool
    threads: int | None
    format: str
    wide: bool
    demo: bool


class Parser(argparse.ArgumentParser):
    """A parser whose refusals are exceptions, to be printed as one line like all others."""

    def error(self, message: str) -> NoReturn:
        """Refuse arguments."""
        # "argument --ddof: takes ..." as a sentence.
        message = re.sub(r"^argument (\S+): (?=takes |names )", r"\1 ", message)
        if unknown := re.match(r"unrecognized arguments: .*?(--[\w-]+)", message):
            near = get_close_matches(unknown[1], self._option_string_actions, n=1, cutoff=0.75)
            message += "".join(f" (did you mean {option}?)" for option in near)
        raise ArgumentsError(" ".join(message.removeprefix("argument ").split()))


def parse(arguments: Sequence[str] | None = None) -> Options:
    """Parse arguments; raises ArgumentsError."""
    options = parser().parse_args(arguments, namespace=Options())
    if not options.files and not options.demo:
        raise ArgumentsError("no FILE is given")
    if options.by and options.per:
        raise ArgumentsError("--by and --per cannot be combined: groups have rows of all parts")
    if options.corr and (options.by or options.per or options.stats):
        raise ArgumentsError("--corr cannot be combined with --by, --per or --stats")
    return options


def parser() -> argparse.ArgumentParser:
    """Define the arguments."""
    parser = Parser(
        prog="colstats",
        usage="%(prog)s [options] FILE...",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "files",
        nargs="*",
        metavar="FILE",
        help="Parquet, Arrow IPC or CSV files, patterns such as 'data/*.parquet', or directories,"
        " in which keys such as year=2024/ are columns; CSV may be compressed by gzip or zstd; '-'"
        " reads standard input, whose format is detected",
    )
    parser.add_argument("--version", action="version", version=f"colstats {__version__}")
    parser.add_argument(
        "--demo", action="store_true", help="compare colstats with other libraries on sample data"
    )
    add_selection(parser.add_argument_group("what is described"))
    add_csv(parser.add_argument_group("how CSV is read"))
    add_statistics(parser.add_argument_group("how it is computed"))
    add_output(parser.add_argument_group("how it is printed"))
    return parser


def add_selection(group: "argparse._ArgumentGroup") -> None:
    """Add the options that choose columns and rows."""
    group.add_argument(
        "--columns", type=names, metavar="A,B", help="the columns to describe, in this order"
    )
    group.add_argument(
        "--by",
        type=names,
        metavar="A,B",
        help="describe each group of rows with the same values in these columns",
    )
    group.add_argument(
        "--per",
        type=per,
        metavar="N|chunk",
        help="describe each N rows, counted over all files, or each chunk: a row group of Parquet,"
        " a record batch of Arrow IPC, a block of CSV",
    )
    group.add_argument(
        "--per-chunk", dest="per", action="store_const", const="chunk", help="as --per chunk"
    )
    group.add_argument(
        "--numeric-only", action="store_true", help="leave out columns that do not hold numbers"
    )
    group.add_argument(
        "--missing",
        choices=("refuse", "null"),
        default="refuse",
        help="what to do with a column that some of the files lack: refuse it (the default), or"
        " take it as nulls there",
    )


def add_csv(group: "argparse._ArgumentGroup") -> None:
    """Add the options about CSV files, which say little of themselves."""
    group.add_argument(
        "--delimiter",
        type=delimiter,
        metavar="C",
        help="the character between fields (default: a comma, or a tab in .tsv files)",
    )
    group.add_argument(
        "--null",
        action="append",
        metavar="WORD",
        help="an unquoted field that is null, instead of NA, N/A, NULL and others; can be repeated;"
        " empty fields always are; nan is a value",
    )
    group.add_argument(
        "--types",
        action="extend",
        type=types,
        default=[],
        metavar="A=TYPE,...",
        help="the types of columns, such as 'id=string,price=decimal128(38, 2)'; others are"
        " inferred from all rows",
    )
    group.add_argument(
        "--no-header",
        dest="header",
        action="store_false",
        help="the first line is data; the columns are f0, f1, ...",
    )


def add_statistics(group: "argparse._ArgumentGroup") -> None:
    """Add the options of the statistics."""
    group.add_argument(
        "--ddof",
        type=at_least(0),
        default=0,
        metavar="N",
        help="delta degrees of freedom of the standard deviation (default: 0)",
    )
    group.add_argument(
        "--stats",
        type=statistics,
        default={},
        metavar="A,B",
        help="more statistics of each column: median, skewness, kurtosis, sem (the standard error"
        " of the mean), rms (root mean square), n_unique (how many different values), mode (the"
        " most frequent), or quantiles such as q0.95; for these, the columns are held in memory",
    )
    group.add_argument(
        "--corr",
        action="store_true",
        help="print the correlation of each numeric column with each instead; the columns are held"
        " in memory",
    )
    group.add_argument("--skip-nans", action="store_true", help="treat NaN as null")
    group.add_argument(
        "--threads",
        type=at_least(1, MAX_THREADS),
        metavar="N",
        help="how many threads to compute with at most (default: one for each processor)",
    )


def add_output(group: "argparse._ArgumentGroup") -> None:
    """Add the options of the output."""
    group.add_argument(
        "--format", choices=FORMATS, default="table", help="how to print it (default: table)"
    )
    group.add_argument(
        "--json", dest="format", action="store_const", const="json", help="as --format json"
    )
    group.add_argument(
        "--wide", action="store_true", help="print the table whole, however wide the terminal is"
    )


def names(text: str) -> list[str]:
    """Read a list of different names, which is written as a line of CSV."""
    try:
        rows = list(csv.reader([text], strict=True))
    except csv.Error as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a list of names as in CSV: {error}"
        ) from error
    found = [name for row in rows for name in row]
    if not found:
        raise argparse.ArgumentTypeError("names no column")
    twice = [name for name in found if found.count(name) > 1]
    if twice:
        raise argparse.ArgumentTypeError(f"names {twice[0]!r} twice")
    return found


def statistics(text: str) -> dict[str, float | None]:
    """Read names of statistics, and of quantiles such as q0.95."""
    from colstats.summary.values import named  # noqa: PLC0415 - help needs no library

    found: dict[str, float | None] = {}
    for part in text.split(","):
        try:
            name, q = named(part.strip())
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error
        if name in found:
            raise argparse.ArgumentTypeError(f"names {part.strip()!r} twice")
        found[name] = q
    return found


def per(text: str) -> int | Literal["chunk"]:
    """Read a number of rows, or the word `chunk`."""
    if text == "chunk":
        return "chunk"
    if not (text.isascii() and text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError(
            f"takes a number of rows of at least 1, or 'chunk', not {text!r}"
        )
    return int(text)


def delimiter(text: str) -> str:
    """Read a delimiter; a tab may be written as it is in most languages."""
    found = "\t" if text == "\\t" else text
    if len(found) != 1 or not found.isascii() or found in '"\r\n':
        raise argparse.ArgumentTypeError(f"takes one ASCII character or \\t, not {text!r}")
    return found


#: A name, quoted as in CSV if it has a comma or an equals sign, and a type with its parameters.
TYPED = re.compile(r'("(?:[^"]|"")+"|[^"=,]+)=([a-z0-9_]+(?:\([^)]*\)|\[[^]]*\])?)(?:,|$)')


def types(text: str) -> list[tuple[str, str]]:
    """Read names of columns with names of types."""
    found = list(TYPED.finditer(text))
    if not found or "".join(match[0] for match in found) != text or text.endswith(","):
        raise argparse.ArgumentTypeError(
            f"takes names with types, such as 'a=int64,b=decimal128(9, 2)', not {text!r}"
        )
    return [(next(csv.reader([match[1]]))[0], match[2]) for match in found]


def at_least(least: int, most: int | None = None) -> Callable[[str], int]:
    """Make a function that reads an integer within bounds."""
    bounds = f"of at least {least}" if most is None else f"from {least} to {most}"

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if number < least or (most is not None and number > most):
            raise argparse.ArgumentTypeError(f"takes a whole number {bounds}, not {text!r}")
        return number

    return read
