"""What the options say about CSV files, which say little of themselves."""

from collections.abc import Sequence
from pathlib import Path

from colstats import files
from colstats.cli.arguments import ArgumentsError, Options
from colstats.files.paths import is_text
from colstats.files.reading import NULL_WORDS, type_named


def reading(options: Options, paths: Sequence[Path]) -> files.Reading:
    """Return how CSV files are to be read; refuses options without a file that they are about."""
    given = {
        "--delimiter": options.delimiter,
        "--null": options.null,
        "--types": options.types,
        "--no-header": not options.header,
    }
    for option, value in given.items():
        if value and not any(map(is_text, paths)):
            raise ArgumentsError(f"{option} is about CSV files, and there are none")
    return files.Reading(
        delimiter=options.delimiter,
        null_words=NULL_WORDS if options.null is None else tuple(options.null),
        types={name: named(type_name) for name, type_name in options.types},
        header=options.header,
    )


def named(type_name: str) -> object:
    """Return the type of a name."""
    try:
        return type_named(type_name)
    except ValueError as error:
        raise ArgumentsError(
            f"--types: {type_name!r} is no type; expected names as colstats prints them, such as "
            "int64, float64, string, date32, timestamp[us] or decimal128(38, 2)"
        ) from error
