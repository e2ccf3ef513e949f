"""Types of the native module; what the functions do is told by ``help(colstats.mean)``."""

from collections.abc import Iterable
from typing import Any, Literal, TypeAlias, final

from arro3.core import RecordBatch

from colstats.types import Data

__all__ = [
    "Column",
    "Table",
    "__version__",
    "build_info",
    "count",
    "max",
    "mean",
    "min",
    "set_num_threads",
    "stddev",
    "sum",
    "variance",
]
__version__: str

# A statistic of a column is a float, int, bool, Decimal, datetime or None, that of a table a record
# batch. Which of these is only known when the data is read: `float | Any` lets the usual case be
# used without a cast.
_Value: TypeAlias = float | Any
_Count: TypeAlias = int | Any
_Labels: TypeAlias = Iterable[str | int] | None
_Piece: TypeAlias = Literal["chunk"] | int | None

def build_info() -> dict[str, Any]: ...
def set_num_threads(threads: int | None, /) -> None: ...
def count(
    data: Data | Column | Table,
    /,
    *,
    skip_nans: bool = False,
    per: _Piece = None,
    columns: _Labels = None,
    numeric_only: bool = False,
    threads: int | None = None,
) -> _Count: ...
def sum(
    data: Data | Column | Table,
    /,
    *,
    skip_nulls: bool = True,
    min_count: int = 1,
    skip_nans: bool = False,
    per: _Piece = None,
    columns: _Labels = None,
    numeric_only: bool = False,
    threads: int | None = None,
) -> _Value: ...
def mean(
    data: Data | Column | Table,
    /,
    *,
    skip_nulls: bool = True,
    min_count: int = 1,
    skip_nans: bool = False,
    per: _Piece = None,
    columns: _Labels = None,
    numeric_only: bool = False,
    threads: int | None = None,
) -> _Value: ...
def variance(
    data: Data | Column | Table,
    /,
    *,
    ddof: int = 0,
    skip_nulls: bool = True,
    min_count: int = 0,
    skip_nans: bool = False,
    per: _Piece = None,
    columns: _Labels = None,
    numeric_only: bool = False,
    threads: int | None = None,
) -> _Value: ...
def stddev(
    data: Data | Column | Table,
    /,
    *,
    ddof: int = 0,
    skip_nulls: bool = True,
    min_count: int = 0,
    skip_nans: bool = False,
    per: _Piece = None,
    columns: _Labels = None,
    numeric_only: bool = False,
    threads: int | None = None,
) -> _Value: ...
def min(
    data: Data | Column | Table,
    /,
    *,
    skip_nulls: bool = True,
    min_count: int = 1,
    skip_nans: bool = False,
    per: _Piece = None,
    columns: _Labels = None,
    numeric_only: bool = False,
    threads: int | None = None,
) -> _Value: ...
def max(
    data: Data | Column | Table,
    /,
    *,
    skip_nulls: bool = True,
    min_count: int = 1,
    skip_nans: bool = False,
    per: _Piece = None,
    columns: _Labels = None,
    numeric_only: bool = False,
    threads: int | None = None,
) -> _Value: ...

@final
class Column:
    def __new__(cls, data: Data | Column, /) -> Column: ...
    @property
    def name(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def null_count(self) -> int: ...
    @property
    def num_chunks(self) -> int: ...
    def __len__(self) -> int: ...
    def count(
        self, *, skip_nans: bool = False, per: _Piece = None, threads: int | None = None
    ) -> _Count: ...
    def sum(
        self,
        *,
        skip_nulls: bool = True,
        min_count: int = 1,
        skip_nans: bool = False,
        per: _Piece = None,
        threads: int | None = None,
    ) -> _Value: ...
    def mean(
        self,
        *,
        skip_nulls: bool = True,
        min_count: int = 1,
        skip_nans: bool = False,
        per: _Piece = None,
        threads: int | None = None,
    ) -> _Value: ...
    def variance(
        self,
        *,
        ddof: int = 0,
        skip_nulls: bool = True,
        min_count: int = 0,
        skip_nans: bool = False,
        per: _Piece = None,
        threads: int | None = None,
    ) -> float | Any: ...
    def stddev(
        self,
        *,
        ddof: int = 0,
        skip_nulls: bool = True,
        min_count: int = 0,
        skip_nans: bool = False,
        per: _Piece = None,
        threads: int | None = None,
    ) -> _Value: ...
    var = variance
    std = stddev
    def min(
        self,
        *,
        skip_nulls: bool = True,
        min_count: int = 1,
        skip_nans: bool = False,
        per: _Piece = None,
        threads: int | None = None,
    ) -> _Value: ...
    def max(
        self,
        *,
        skip_nulls: bool = True,
        min_count: int = 1,
        skip_nans: bool = False,
        per: _Piece = None,
        threads: int | None = None,
    ) -> _Value: ...

@final
class Table:
    def __new__(cls, data: Data, /) -> Table: ...
    @property
    def column_names(self) -> list[str]: ...
    @property
    def num_columns(self) -> int: ...
    def __len__(self) -> int: ...
    def __getitem__(self, label: str | int, /) -> Column: ...
    def count(
        self,
        *,
        skip_nans: bool = False,
        per: _Piece = None,
        columns: _Labels = None,
        numeric_only: bool = False,
        threads: int | None = None,
    ) -> RecordBatch: ...
    def sum(
        self,
        *,
        skip_nulls: bool = True,
        min_count: int = 1,
        skip_nans: bool = False,
        per: _Piece = None,
        columns: _Labels = None,
        numeric_only: bool = False,
        threads: int | None = None,
    ) -> RecordBatch: ...
    def mean(
        self,
        *,
        skip_nulls: bool = True,
        min_count: int = 1,
        skip_nans: bool = False,
        per: _Piece = None,
        columns: _Labels = None,
        numeric_only: bool = False,
        threads: int | None = None,
    ) -> RecordBatch: ...
    def variance(
        self,
        *,
        ddof: int = 0,
        skip_nulls: bool = True,
        min_count: int = 0,
        skip_nans: bool = False,
        per: _Piece = None,
        columns: _Labels = None,
        numeric_only: bool = False,
        threads: int | None = None,
    ) -> RecordBatch: ...
    def stddev(
        self,
        *,
        ddof: int = 0,
        skip_nulls: bool = True,
        min_count: int = 0,
        skip_nans: bool = False,
        per: _Piece = None,
        columns: _Labels = None,
        numeric_only: bool = False,
        threads: int | None = None,
    ) -> RecordBatch: ...
    var = variance
    std = stddev
    def min(
        self,
        *,
        skip_nulls: bool = True,
        min_count: int = 1,
        skip_nans: bool = False,
        per: _Piece = None,
        columns: _Labels = None,
        numeric_only: bool = False,
        threads: int | None = None,
    ) -> RecordBatch: ...
    def max(
        self,
        *,
        skip_nulls: bool = True,
        min_count: int = 1,
        skip_nans: bool = False,
        per: _Piece = None,
        columns: _Labels = None,
        numeric_only: bool = False,
        threads: int | None = None,
    ) -> RecordBatch: ...
