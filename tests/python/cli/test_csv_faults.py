"""CSV files with faults are refused with words that say where, and what to do."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from colstats.files import UnreadableError
from support.csv_files import read

pytestmark = pytest.mark.thread_unsafe(reason="writes files in a shared folder")

FAULTS: list[tuple[str | bytes, dict[str, Any], str]] = [
    ("", {}, "the file is empty"),
    ("\n", {}, "the file has no columns"),
    ("a,b\n1,2\n1\n", {}, "line 3 has 1 field, expected 2"),
    ("a;b\n1,5;2\n", {}, "line 2 has 2 fields, expected 1; --delimiter sets what separates fields"),
    ('a,b\n1,"2\n2"\n\n1,2,3\n', {}, "line 5 has 3 fields, expected 2"),
    ('a,b\n1,2\n3,"open\n4,5\n', {}, "a quote that opens in line 3 is never closed"),
    ('a\n1\n"2', {}, "a quote that opens in line 3 is never closed"),
    ("a,b,a\n1,2,3\n", {}, "2 columns are named 'a'; names must be unique"),
    ("a;b\n1;2\n", {}, "the only column is named 'a;b': read it with --delimiter ';', or"),
    ("a\tb\n1\t2\n", {}, r"the only column is named 'a\tb': read it with --delimiter $'\t', or"),
    ("a,b\n1,2\n".encode("utf-16"), {}, "the text is UTF-16 (or binary), expected UTF-8"),
    ("a,b\n1,2\n".encode("utf-16-le"), {}, "the text is UTF-16 (or binary), expected UTF-8"),
    (b"a,\xff\n1,2\n", {}, "'utf-8' codec can't decode"),
    (
        "x,y\n" + "1,2\n" * 400_000 + "1,two\n",
        {"types": {"y": pa.int64()}},
        "'two' in row 400,001 of column 'y' is not of type int64",
    ),
    ("x\n300\n", {"types": {"x": pa.int8()}}, "'300' in row 1 of column 'x' is not of type int8"),
    ("x\n1.5\n", {"types": {"x": pa.int64()}}, "'1.5' in row 1 of column 'x' is not of type"),
    (
        b"x\n1\n\xff\n",
        {"types": {"x": pa.string()}},
        "in row 2 of column 'x' is not of type string",
    ),
    ("x\n1\n", {"types": {"y": pa.int64()}}, "no column 'y', which --types names; there are: 'x'"),
]


@pytest.mark.parametrize(("text", "options", "words"), FAULTS)
def test_faults(tmp_path: Path, text: str | bytes, options: dict[str, Any], words: str) -> None:
    with pytest.raises(UnreadableError) as raised:
        read(tmp_path, text, **options)
    message = str(raised.value)
    assert message.startswith(f"{tmp_path / 't.csv'}: ")
    assert words in message
    assert "\n" not in message


def test_an_open_quote_in_a_large_file(tmp_path: Path) -> None:
    """It is found although the last column is not read, and all that follows fits into a block."""
    with pytest.raises(UnreadableError, match="a quote that opens in line 400002 is never closed"):
        read(tmp_path, "a,b\n" + "1,2\n" * 400_000 + '1,"x\n' + "1,2\n" * 100_000)
