"""Exact aggregates in DuckDB: ``cs_mean(x)``, ``cs_stddev(x)`` and others in SQL.

>>> from colstats import duckdb
>>> connection = duckdb.connect()
>>> connection.sql("select cs_mean(x) from (values (1e16), (1), (-1e16)) t(x)").fetchall()
[(0.3333333333333333,)]

They are an extension of DuckDB, which the native module of this package contains. DuckDB loads
extensions from files with a footer that says for which version and platform they are, so a copy of
the module with such a footer is written to a temporary directory, and removed when Python ends.
DuckDB has not signed it, so the connection must be one that loads unsigned extensions: one of
``connect``, or one that was opened with that setting.

Install ``colstats[duckdb]``.
"""

import atexit
import os
import shutil
import tempfile
import threading
from pathlib import Path
from types import ModuleType
from typing import Any

try:
    import duckdb
except ImportError as error:
    raise ImportError(
        f"colstats.duckdb needs DuckDB: pip install 'colstats[duckdb]' ({error})"
    ) from error

from colstats import _native

__all__ = ["connect", "load", "with_footer"]

#: The version of DuckDB's C extension API that the extension asks for.
API_VERSION = "v1.2.0"
#: Extensions with this name in their footer use that API, and no more of it.
ABI = "C_STRUCT"
#: DuckDB expects this before the fields: a section of WebAssembly, for extensions that are one.
SECTION = b"\x00\x93\x04\x10duckdb_signature\x80\x04"
FIELD_BYTES = 32
SIGNATURE_BYTES = 256

_lock = threading.Lock()
_files: dict[str, Path] = {}


def connect(
    database: Any = ":memory:", *, config: dict[str, Any] | None = None, **options: Any
) -> Any:
    """Connect to a database, as ``duckdb.connect`` does, and load the aggregates.

    Args:
        database: The path of the database; by default one in memory.
        config: Settings of DuckDB. ``allow_unsigned_extensions`` is added.
        options: Other options of ``duckdb.connect``, such as ``read_only``.

    Returns:
        A connection of DuckDB.

    """
    config = {**(config or {}), "allow_unsigned_extensions": "true"}
    connection = duckdb.connect(database, config=config, **options)
    try:
        load(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def load(connection: Any = None) -> None:
    """Load the aggregates into the database of a connection; if they are there already, do nothing.

    Args:
        connection: A connection of DuckDB, which must load unsigned extensions. By default the one
            that ``duckdb.sql`` uses.

    Raises:
        TypeError: If it is not a connection of DuckDB.
        ValueError: If it does not load unsigned extensions.
        RuntimeError: If DuckDB cannot load the extension.

    """
    if connection is None or isinstance(connection, ModuleType):
        connection = duckdb.default_connection()
    if not isinstance(connection, duckdb.DuckDBPyConnection):
        name = f"{type(connection).__module__}.{type(connection).__qualname__}"
        raise TypeError(f"expected a connection of DuckDB, not {name}")
    cursor = connection.cursor()  # so that a pending result of the connection is kept
    try:
        allows = value_of(cursor, "select current_setting('allow_unsigned_extensions')")
        if allows not in (True, "true"):
            raise ValueError(
                "this connection loads no extension that DuckDB has not signed, and that cannot be "
                "changed once it is open: use colstats.duckdb.connect(...), or "
                "duckdb.connect(..., config={'allow_unsigned_extensions': 'true'})"
            )
        path = str(extension(str(value_of(cursor, "pragma platform")))).replace("'", "''")
        try:
            cursor.execute(f"load '{path}'")
        except duckdb.Error as error:
            raise RuntimeError(
                f"DuckDB {duckdb.__version__} does not load the extension of colstats: {error}. "
                "Without it, colstats.mean(connection.sql('select ...')) and the other functions "
                "of colstats read results of queries"
            ) from error
    finally:
        cursor.close()


def value_of(cursor: Any, query: str) -> Any:
    """Return the only value that a query gives."""
    (value,) = cursor.execute(query).fetchone()
    return value


def with_footer(module: bytes, platform: str) -> bytes:
    """Make a shared library a file that DuckDB loads, by the footer that it looks for.

    Args:
        module: The bytes of the library.
        platform: The platform, as ``pragma platform`` of DuckDB gives it, such as ``linux_amd64``.

    """
    # In the opposite order of DuckDB's documentation, which counts from the end of the file.
    version = f"v{_native.__version__}"
    fields = ["", "", "", ABI, version, API_VERSION, platform, "4"]
    footer = b"".join(field.encode().ljust(FIELD_BYTES, b"\0") for field in fields)
    return module + SECTION + footer + bytes(SIGNATURE_BYTES)


def extension(platform: str) -> Path:
    """Return the file of the extension, which is written once in each process.

    Other users cannot write to the temporary directory. All databases of the process load the same
    file, so that the operating system maps it once.
    """
    with _lock:
        path = _files.get(platform)
        if path is None or not path.exists():  # a parent that has ended removes those of its own
            directory = Path(tempfile.mkdtemp(prefix="colstats-"))
            atexit.register(remove, directory, os.getpid())
            # DuckDB takes the name of the entry point from the name of the file.
            path = directory / "colstats.duckdb_extension"
            path.write_bytes(with_footer(Path(str(_native.__file__)).read_bytes(), platform))
            _files[platform] = path
        return path


def remove(directory: Path, owner: int) -> None:
    """Remove a directory at the end of the process that made it, and not of its forks."""
    if os.getpid() == owner:
        shutil.rmtree(directory, ignore_errors=True)  # Windows keeps a file that is loaded
