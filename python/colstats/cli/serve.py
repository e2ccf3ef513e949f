"""``colstats serve``: runs the service, which is a program of its own."""

import os
import shutil
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

__all__ = ["MissingError", "find", "serve"]

#: The program, and the environment variable that says where it is.
PROGRAM = "colstats-service"
VARIABLE = "COLSTATS_SERVICE"
#: How to get it without a checkout, as the page on installing says.
INSTALL = "cargo install --locked --git https://github.com/colstats/colstats colstats-service"


class MissingError(Exception):
    """There is no such program; the message says how to get it."""


def find() -> str:
    """Return where the program is: as the environment says, beside the interpreter, or on PATH."""
    named = os.environ.get(VARIABLE)
    if named:
        if found := shutil.which(named):
            return found
        raise MissingError(f"{VARIABLE} is {named!r}, which is not a program")
    beside = [Path(sys.executable).parent, Path(sysconfig.get_path("scripts"))]
    places = [str(folder) for folder in beside] + [os.environ.get("PATH", os.defpath)]
    if found := shutil.which(PROGRAM, path=os.pathsep.join(places)):
        return found
    raise MissingError(
        f"{PROGRAM} is neither beside {sys.executable} nor on PATH; it does not come with the "
        f"package: install it by `{INSTALL}`, or set {VARIABLE} to where it is"
    )


def serve(arguments: Sequence[str]) -> NoReturn:
    """Become the service; returns only if that fails, by an error."""
    program = find()
    for stream in (sys.stdout, sys.stderr):
        if stream:
            stream.flush()
    try:
        os.execv(program, [PROGRAM, *arguments])
    except OSError as error:
        raise MissingError(f"cannot run {program}: {error.strerror or error}") from error
