"""The one error of this package, and what turns the exceptions of readers into it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa


class UnreadableError(Exception):
    """A file that is missing, damaged or of an unknown type; the message names it."""


@contextmanager
def readable_errors(file: Path) -> Iterator[None]:
    """Turn the exceptions of readers into one line that names the file."""
    try:
        yield
    except (pa.ArrowException, OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UnreadableError(f"{file}: {one_line(reason)}") from error


def one_line(text: str) -> str:
    """Join the lines of a message."""
    return " ".join(text.split())
