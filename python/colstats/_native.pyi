"""Types of the native module; what the functions do is told by ``help(colstats.mean)``."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import TypeAlias, final

from arro3.core import RecordBatch

from colstats.types import Data

__version__: str

_Time: TypeAlias = date | datetime | time | timedelta
# What a statistic of one column is, or a record batch for a table. Which of the two an object is
# can only be known when it is read.
_Count: TypeAlias = int | RecordBatch
_Float: TypeAlias = float | RecordBatch | None
_Value: TypeAlias = float | _Time | RecordBatch | None
_Labels: TypeAlias = Iterable[str | int] | None

def count(
    data: Data | Column | Table,
    /,
    *,
    skip_nans: bool = False,
    columns: _Labels = None,
    numeric_only: bool = False,
) -> _Count: ...
def sum(
    data: Data | Column | Table,
    /,
    *,
    skip_nulls: bool = True,
    min_count: int = 1,
    skip_nans: bool = False,
    columns: _Labels = None,
    numeric_only: bool = False,
) -> _Value: ...
def mean(
    data: Data | Column | Table,
    /,
    *,
    skip_nulls: bool = True,
    min_count: int = 1,
    skip_nans: bool = False,
    columns: _Labels = None,
    numeric_only: bool = False,
) -> _Value: ...
def variance(
    data: Data | Column | Table,
    /,
    *,
    ddof: int = 0,
    skip_nulls: bool = True,
    min_count: int = 0,
    skip_nans: bool = False,
    columns: _Labels = None,
    numeric_only: bool = False,
) -> _Float: ...
def stddev(
    data: Data | Column | Table,
    /,
    *,
    ddof: int = 0,
    skip_nulls: bool = True,
    min_count: int = 0,
    skip_nans: bool = False,
    columns: _Labels = None,
    numeric_only: bool = False,
) -> _Value: ...
def min(
    data: Data | Column | Table,
    /,
    *,
    skip_nulls: bool = True,
    min_count: int = 1,
    skip_nans: bool = False,
    columns: _Labels = None,
    numeric_only: bool = False,
) -> _Value: ...
def max(
    data: Data | Column | Table,
    /,
    *,
    skip_nulls: bool = True,
    min_count: int = 1,
    skip_nans: bool = False,
    columns: _Labels = None,
    numeric_only: bool = False,
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
    def count(self, *, skip_nans: bool = False) -> int: ...
    def sum(
        self, *, skip_nulls: bool = True, min_count: int = 1, skip_nans: bool = False
    ) -> float | timedelta | None: ...
    def mean(
        self, *, skip_nulls: bool = True, min_count: int = 1, skip_nans: bool = False
    ) -> float | _Time | None: ...
    def variance(
        self,
        *,
        ddof: int = 0,
        skip_nulls: bool = True,
        min_count: int = 0,
        skip_nans: bool = False,
    ) -> float | None: ...
    def stddev(
        self,
        *,
        ddof: int = 0,
        skip_nulls: bool = True,
        min_count: int = 0,
        skip_nans: bool = False,
    ) -> float | timedelta | None: ...
    var = variance
    std = stddev
    def min(
        self, *, skip_nulls: bool = True, min_count: int = 1, skip_nans: bool = False
    ) -> float | _Time | None: ...
    def max(
        self, *, skip_nulls: bool = True, min_count: int = 1, skip_nans: bool = False
    ) -> float | _Time | None: ...

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
        self, *, skip_nans: bool = False, columns: _Labels = None, numeric_only: bool = False
    ) -> RecordBatch: ...
    def sum(
        self,
        *,
        skip_nulls: bool = True,
        min_count: int = 1,
        skip_nans: bool = False,
        columns: _Labels = None,
        numeric_only: bool = False,
    ) -> RecordBatch: ...
    def mean(
        self,
        *,
        skip_nulls: bool = True,
        min_count: int = 1,
        skip_nans: bool = False,
        columns: _Labels = None,
        numeric_only: bool = False,
    ) -> RecordBatch: ...
    def variance(
        self,
        *,
        ddof: int = 0,
        skip_nulls: bool = True,
        min_count: int = 0,
        skip_nans: bool = False,
        columns: _Labels = None,
        numeric_only: bool = False,
    ) -> RecordBatch: ...
    def stddev(
        self,
        *,
        ddof: int = 0,
        skip_nulls: bool = True,
        min_count: int = 0,
        skip_nans: bool = False,
        columns: _Labels = None,
        numeric_only: bool = False,
    ) -> RecordBatch: ...
    var = variance
    std = stddev
    def min(
        self,
        *,
        skip_nulls: bool = True,
        min_count: int = 1,
        skip_nans: bool = False,
        columns: _Labels = None,
        numeric_only: bool = False,
    ) -> RecordBatch: ...
    def max(
        self,
        *,
        skip_nulls: bool = True,
        min_count: int = 1,
        skip_nans: bool = False,
        columns: _Labels = None,
        numeric_only: bool = False,
    ) -> RecordBatch: ...
