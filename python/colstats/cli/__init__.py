"""The command line: describes files, all together as one table, or runs the demo or the service.

`arguments` says what may be asked, `collect` reads the files into states and summaries, and
`formats` writes these. Results go to standard output, and all else to standard error.
"""

import io
import os
import sys
from collections.abc import Sequence

from colstats.cli import formats
from colstats.cli.arguments import ArgumentsError, Options, parse, parser
from colstats.cli.progress import progress
from colstats.cli.serve import MissingError, serve

__all__ = ["main"]

#: Exit codes.
FAILURE = 2
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    try:
        arguments = sys.argv[1:] if arguments is None else arguments
        code = answer(arguments)
        if sys.stdout:
            sys.stdout.flush()
        return code
    except ArgumentsError as error:
        return fail(f"{error}; see colstats --help")
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        discard_output()  # the reader has closed the pipe, as `head` does
        return 0
    except OSError as error:
        discard_output()
        return fail(f"cannot write the output: {error.strerror or error}")
    except UnicodeEncodeError as error:
        return fail(
            f"cannot write {error.object[error.start]!a} as {error.encoding}: "
            "set PYTHONIOENCODING=utf-8, or use --format json, which is plain ASCII"
        )


def answer(arguments: Sequence[str]) -> int:
    """Do what the arguments say; returns the exit code."""
    if not arguments:
        return introduce()
    if arguments[0] == "serve":  # a file of this name is ./serve
        return run_service(arguments[1:])
    return run(parse(arguments))


def introduce() -> int:
    """Print the help, which is no answer where one was expected; returns the exit code."""
    parser().print_help()
    return FAILURE


def run(options: Options) -> int:
    """Do what the options ask; returns the exit code."""
    expect_encodable(options)
    return run_demo() if options.demo else run_files(options)


def expect_encodable(options: Options) -> None:
    """For people, escape the characters that the encoding of the output lacks.

    What programs read is refused instead: they would take the escapes for the text.
    """
    if isinstance(sys.stdout, io.TextIOWrapper) and options.format in formats.FOR_PEOPLE:
        sys.stdout.reconfigure(errors="backslashreplace")


def discard_output() -> None:
    """Send further output to the null device, including what Python flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def run_demo() -> int:
    """Run the demo, which needs the libraries that it compares."""
    try:
        from colstats import demo  # noqa: PLC0415 - only the demo needs the other libraries
    except ModuleNotFoundError as missing:
        return fail(f"the demo needs {missing.name}: pip install {missing.name}")
    demo.show()
    return 0


def run_service(arguments: Sequence[str]) -> int:
    """Become the service; returns only if it cannot be run."""
    try:
        serve(arguments)
    except MissingError as error:
        return fail(str(error))


def run_files(options: Options) -> int:
    """Describe files."""
    try:
        from colstats import files  # noqa: PLC0415 - only files need pyarrow
        from colstats.cli.collect import parts  # noqa: PLC0415
        from colstats.cli.schemas import MismatchError  # noqa: PLC0415
    except ModuleNotFoundError as missing:
        return fail(f"reading files needs {missing.name}: pip install 'colstats[cli]'")
    try:
        paths = files.expand(options.files, report)
        with progress(len(paths)) as advance:
            described = parts(paths, options, advance)
            if not formats.is_written_at_once(options):
                described = iter(list(described))
            formats.write(described, options)
    except (files.UnreadableError, MismatchError) as error:
        return fail(str(error))
    return 0


def fail(message: str) -> int:
    """Report what went wrong; returns the exit code."""
    report(message)
    return FAILURE


def report(message: str) -> None:
    """Print a message to standard error."""
    if sys.stderr:
        print(f"colstats: {message}", file=sys.stderr)
