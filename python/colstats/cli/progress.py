"""The progress bar of the command line, on terminals only."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec

#: Seconds after which the progress bar appears.
PROGRESS_DELAY = 1.0


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
