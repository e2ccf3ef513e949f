"""Types of the native module; ``help(colstats.mean)`` documents what its functions do.

A statistic has the same options everywhere; only the keywords of the place differ, such as ``per``
for data and ``columns`` for tables. test_surface.py compares all places. The signatures are
formatted by hand to make them easy to compare: the options are on the second line, the keywords of
the place start on the third.
"""

from collections.abc import Iterable, Iterator, Mapping
from types import EllipsisType
from typing import (
    Any,
    ClassVar,
    Literal,
    Self,
    SupportsIndex,
    TypeAlias,
    TypeVar,
    final,
    overload,
    type_check_only,
)

from typing_extensions import disjoint_base

from colstats.fits import Anova, Fit, TTest
from colstats.grouped import GroupedCoMoments
from colstats.summary import Summary
from colstats.types import ArrowArrayExportable, ArrowStreamExportable, Data

__all__ = [
    "CoMoments",
    "Column",
    "GroupedMoments",
    "Moments",
    "MomentsTable",
    "Row",
    "Rows",
    "Table",
    "__version__",
    "_groups",
    "_joined",
    "_quantile_step",
    "_states",
    "_stored_groups",
    "_tallied",
    "_tally",
    "anova",
    "build_info",
    "comoments",
    "correlation",
    "count",
    "covariance",
    "kurtosis",
    "linear_fit",
    "max",
    "mean",
    "median",
    "merge",
    "min",
    "mode",
    "moments",
    "n_unique",
    "ols",
    "quantile",
    "rms",
    "sem",
    "set_num_threads",
    "skewness",
    "stddev",
    "sum",
    "ttest",
    "variance",
]
__version__: str

# A column gives a float, int, bool, Decimal, time or None, a table a Row, and `axis=` an array.
# Which of these is only known when the data is read: `float | Any` lets the usual case be used
# without a cast.
_Value: TypeAlias = float | Any
_Count: TypeAlias = int | Any
_Source: TypeAlias = Data | Column | Table
_Labels: TypeAlias = Iterable[str | int] | None
_By: TypeAlias = str | Iterable[str | int] | None
_Per: TypeAlias = str | int | None
_Align: TypeAlias = Literal["row"] | None
_On: TypeAlias = str | int | Data | Column | None
_Missing: TypeAlias = Literal["refuse", "null"]
_Axis: TypeAlias = SupportsIndex | tuple[SupportsIndex, ...] | EllipsisType | None

_Group: TypeAlias = Data | Column | Moments
_Groups: TypeAlias = Iterable[_Group] | Mapping[Any, _Group] | GroupedMoments
_Weights: TypeAlias = _Source | str | None
_Interpolation: TypeAlias = Literal["linear", "lower", "higher", "nearest", "midpoint"]

# fmt: off

def covariance(x: _Source, y: _Source | None = None, /, *,
    ddof: int = 0, skip_nulls: bool = True, min_count: int = 0, skip_nans: bool = False,
    weights: _Weights = None, complete: bool = False, columns: _Labels = None,
    threads: int | None = None) -> _Value: ...
def correlation(x: _Source, y: _Source | None = None, /, *,
    skip_nulls: bool = True, min_count: int = 0, skip_nans: bool = False,
    weights: _Weights = None, complete: bool = False, columns: _Labels = None,
    threads: int | None = None) -> _Value: ...
def linear_fit(x: _Source, y: _Source, /, *,
    intercept: bool = True, skip_nulls: bool = True, skip_nans: bool = False,
    weights: _Weights = None, threads: int | None = None) -> Fit: ...
def ols(table: _Source, /, *,
    y: str | int, x: str | int | Iterable[str | int], degree: int = 1,
    intercept: bool = True, skip_nulls: bool = True, skip_nans: bool = False,
    weights: _Weights = None, threads: int | None = None) -> Fit: ...
def anova(groups: _Groups, /, *,
    skip_nulls: bool = True, skip_nans: bool = False,
    threads: int | None = None) -> Anova: ...
def ttest(a: _Group, b: _Group, /, *,
    pooled: bool = False, skip_nulls: bool = True, skip_nans: bool = False,
    threads: int | None = None) -> TTest: ...
def skewness(data: _Source, /, *,
    biased: bool = True, skip_nulls: bool = True, min_count: int = 1, skip_nans: bool = False,
    columns: _Labels = None, numeric_only: bool = False,
    threads: int | None = None) -> _Value: ...
def kurtosis(data: _Source, /, *,
    biased: bool = True, skip_nulls: bool = True, min_count: int = 1, skip_nans: bool = False,
    columns: _Labels = None, numeric_only: bool = False,
    threads: int | None = None) -> _Value: ...
def sem(data: _Source, /, *,
    ddof: int = 1, skip_nulls: bool = True, min_count: int = 0, skip_nans: bool = False,
    columns: _Labels = None, numeric_only: bool = False,
    threads: int | None = None) -> _Value: ...
def rms(data: _Source, /, *,
    skip_nulls: bool = True, min_count: int = 1, skip_nans: bool = False,
    columns: _Labels = None, numeric_only: bool = False,
    threads: int | None = None) -> _Value: ...
def median(data: _Source, /, *,
    skip_nulls: bool = True, min_count: int = 1, skip_nans: bool = False,
    columns: _Labels = None, numeric_only: bool = False,
    threads: int | None = None) -> _Value: ...
def n_unique(data: _Source, /, *,
    skip_nans: bool = False,
    columns: _Labels = None, numeric_only: bool = False,
    threads: int | None = None) -> _Count: ...
def mode(data: _Source, /, *,
    skip_nulls: bool = True, min_count: int = 1, skip_nans: bool = False,
    columns: _Labels = None, numeric_only: bool = False,
    threads: int | None = None) -> _Value: ...
def quantile(data: _Source, q: float | Iterable[float], /, *,
    interpolation: _Interpolation = "linear",
    skip_nulls: bool = True, min_count: int = 1, skip_nans: bool = False,
    columns: _Labels = None, numeric_only: bool = False,
    threads: int | None = None) -> _Value: ...
def count(data: _Source, /, *,
    skip_nans: bool = False,
    axis: _Axis = ..., keepdims: bool = False,
    by: _By = None, per: _Per = None, step: int | None = None, align: _Align = None,
    on: _On = None, columns: _Labels = None, numeric_only: bool = False,
    threads: int | None = None) -> _Count: ...
def sum(data: _Source, /, *,
    skip_nulls: bool = True, min_count: int = 1, skip_nans: bool = False,
    axis: _Axis = ..., keepdims: bool = False,
    by: _By = None, per: _Per = None, step: int | None = None, align: _Align = None,
    on: _On = None, columns: _Labels = None, numeric_only: bool = False,
    threads: int | None = None) -> _Value: ...
def mean(data: _Source, /, *,
    skip_nulls: bool = True, min_count: int = 1, skip_nans: bool = False,
    weights: _Weights = None, axis: _Axis = ..., keepdims: bool = False,
    by: _By = None, per: _Per = None, step: int | None = None, align: _Align = None,
    on: _On = None, columns: _Labels = None, numeric_only: bool = False,
    threads: int | None = None) -> _Value: ...
def variance(data: _Source, /, *,
    ddof: int = 0, skip_nulls: bool = True, min_count: int = 0, skip_nans: bool = False,
    weights: _Weights = None, axis: _Axis = ..., keepdims: bool = False,
    by: _By = None, per: _Per = None, step: int | None = None, align: _Align = None,
    on: _On = None, columns: _Labels = None, numeric_only: bool = False,
    threads: int | None = None) -> _Value: ...
def stddev(data: _Source, /, *,
    ddof: int = 0, skip_nulls: bool = True, min_count: int = 0, skip_nans: bool = False,
    weights: _Weights = None, axis: _Axis = ..., keepdims: bool = False,
    by: _By = None, per: _Per = None, step: int | None = None, align: _Align = None,
    on: _On = None, columns: _Labels = None, numeric_only: bool = False,
    threads: int | None = None) -> _Value: ...
def min(data: _Source, /, *,
    skip_nulls: bool = True, min_count: int = 1, skip_nans: bool = False,
    axis: _Axis = ..., keepdims: bool = False,
    by: _By = None, per: _Per = None, step: int | None = None, align: _Align = None,
    on: _On = None, columns: _Labels = None, numeric_only: bool = False,
    threads: int | None = None) -> _Value: ...
def max(data: _Source, /, *,
    skip_nulls: bool = True, min_count: int = 1, skip_nans: bool = False,
    axis: _Axis = ..., keepdims: bool = False,
    by: _By = None, per: _Per = None, step: int | None = None, align: _Align = None,
    on: _On = None, columns: _Labels = None, numeric_only: bool = False,
    threads: int | None = None) -> _Value: ...

# fmt: on

def build_info() -> dict[str, Any]: ...
def set_num_threads(threads: int | None, /) -> None: ...

_Default = TypeVar("_Default")

# States of a column or of a table, as with the statistics.
_States: TypeAlias = Moments | Any
_Exportable: TypeAlias = ArrowArrayExportable | ArrowStreamExportable
_Tables: TypeAlias = MomentsTable | _Exportable

@overload
def moments(
    data: _Source,
    /,
    *,
    by: str | Iterable[str | int],
    columns: _Labels = None,
    numeric_only: bool = False,
    threads: int | None = None,
) -> GroupedMoments: ...
@overload
def moments(
    data: _Source,
    /,
    *,
    by: None = None,
    columns: _Labels = None,
    numeric_only: bool = False,
    threads: int | None = None,
) -> _States: ...
def _states(
    data: _Source | Moments | MomentsTable,
    /,
    *,
    columns: _Labels = None,
    numeric_only: bool = False,
    threads: int | None = None,
) -> list[tuple[str, Moments | str]]: ...
def _groups(
    data: _Source,
    /,
    *,
    by: str | Iterable[str | int],
    columns: _Labels = None,
    numeric_only: bool = False,
    threads: int | None = None,
) -> tuple[GroupedMoments, list[tuple[str, str | None]]]: ...
def _stored_groups(table: Any, /) -> tuple[GroupedMoments, list[CoMoments]]: ...
def _joined(tables: list[Any], rows: int | None = None, missing: _Missing = "refuse") -> Any: ...
def _tally(
    data: _Source,
    name: str,
    request: bytes | None = None,
    *,
    interpolation: _Interpolation = "linear",
    columns: _Labels = None,
    numeric_only: bool = False,
) -> Rows: ...
def _tallied(tables: list[Any], /) -> Rows: ...
def _quantile_step(
    tables: list[Any],
    name: str,
    q: float | Iterable[float],
    request: bytes | None = None,
    *,
    interpolation: _Interpolation = "linear",
    skip_nulls: bool = True,
    min_count: int = 1,
    skip_nans: bool = False,
) -> Row | Rows | bytes: ...
@overload
def merge(*states: Moments, missing: _Missing = "refuse") -> Moments: ...
@overload
def merge(*states: GroupedMoments, missing: _Missing = "refuse") -> GroupedMoments: ...
@overload
def merge(*states: CoMoments, missing: _Missing = "refuse") -> CoMoments: ...
@overload
def merge(*states: GroupedCoMoments, missing: _Missing = "refuse") -> GroupedCoMoments: ...
@overload
def merge(*states: MomentsTable, missing: _Missing = "refuse") -> MomentsTable: ...
@overload
def merge(
    *states: GroupedMoments | _Tables, missing: _Missing = "refuse"
) -> MomentsTable | Any: ...
@overload
def comoments(
    table: _Source,
    /,
    *,
    by: None = None,
    columns: _Labels = None,
    degree: int = 1,
    weights: _Weights = None,
    threads: int | None = None,
) -> CoMoments: ...
@overload
def comoments(
    table: _Source,
    /,
    *,
    by: str | Iterable[str | int],
    columns: _Labels = None,
    degree: int = 1,
    weights: _Weights = None,
    threads: int | None = None,
) -> GroupedCoMoments: ...

@disjoint_base
class Rows:
    __hash__: ClassVar[None]  # type: ignore[assignment]
    @property
    def column_names(self) -> list[str]: ...
    def __len__(self) -> int: ...
    @overload
    def __getitem__(self, label: int, /) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, label: str, /) -> Any: ...
    def __contains__(self, name: object, /) -> bool: ...
    def __iter__(self) -> Iterator[dict[str, Any]]: ...
    def _row(self, position: int, /) -> dict[str, Any]: ...
    def _values(self, position: int, /) -> list[Any]: ...
    def _exact(self, position: int, /) -> list[Any]: ...
    def to_dict(self) -> dict[str, Any]: ...
    def to_list(self) -> list[dict[str, Any]]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def _repr_html_(self) -> str: ...
    def __reduce__(self) -> tuple[Any, ...]: ...
    @staticmethod
    def _restore(is_row: bool, count: int, parts: list[Any], /) -> Rows: ...
    @property
    def __array_interface__(self) -> dict[str, Any]: ...
    def __arrow_c_schema__(self) -> object: ...
    def __arrow_c_array__(
        self, requested_schema: object | None = None
    ) -> tuple[object, object]: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

@final
class Row(Rows):
    def keys(self) -> list[str]: ...
    def values(self) -> list[Any]: ...
    def items(self) -> Iterator[tuple[str, Any]]: ...

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
    # fmt: off
    def count(self, *,
        skip_nans: bool = False,
        per: _Per = None, step: int | None = None, align: _Align = None, on: _On = None,
        threads: int | None = None) -> _Count: ...
    def sum(self, *,
        skip_nulls: bool = True, min_count: int = 1, skip_nans: bool = False,
        per: _Per = None, step: int | None = None, align: _Align = None, on: _On = None,
        threads: int | None = None) -> _Value: ...
    def mean(self, *,
        skip_nulls: bool = True, min_count: int = 1, skip_nans: bool = False,
        weights: _Weights = None,
        per: _Per = None, step: int | None = None, align: _Align = None, on: _On = None,
        threads: int | None = None) -> _Value: ...
    def variance(self, *,
        ddof: int = 0, skip_nulls: bool = True, min_count: int = 0, skip_nans: bool = False,
        weights: _Weights = None,
        per: _Per = None, step: int | None = None, align: _Align = None, on: _On = None,
        threads: int | None = None) -> _Value: ...
    def stddev(self, *,
        ddof: int = 0, skip_nulls: bool = True, min_count: int = 0, skip_nans: bool = False,
        weights: _Weights = None,
        per: _Per = None, step: int | None = None, align: _Align = None, on: _On = None,
        threads: int | None = None) -> _Value: ...
    var = variance
    std = stddev
    def min(self, *,
        skip_nulls: bool = True, min_count: int = 1, skip_nans: bool = False,
        per: _Per = None, step: int | None = None, align: _Align = None, on: _On = None,
        threads: int | None = None) -> _Value: ...
    def max(self, *,
        skip_nulls: bool = True, min_count: int = 1, skip_nans: bool = False,
        per: _Per = None, step: int | None = None, align: _Align = None, on: _On = None,
        threads: int | None = None) -> _Value: ...
    def linear_fit(self, y: _Source, /, *,
        intercept: bool = True, skip_nulls: bool = True, skip_nans: bool = False,
        weights: _Weights = None, threads: int | None = None) -> Fit: ...
    def covariance(self, other: _Source, /, *,
        ddof: int = 0, skip_nulls: bool = True, min_count: int = 0, skip_nans: bool = False,
        weights: _Weights = None, threads: int | None = None) -> _Value: ...
    def correlation(self, other: _Source, /, *,
        skip_nulls: bool = True, min_count: int = 0, skip_nans: bool = False,
        weights: _Weights = None, threads: int | None = None) -> _Value: ...
    cov = covariance
    corr = correlation
    def median(self, *,
        skip_nulls: bool = True, min_count: int = 1, skip_nans: bool = False,
        threads: int | None = None) -> _Value: ...
    def n_unique(self, *,
        skip_nans: bool = False,
        threads: int | None = None) -> _Count: ...
    def mode(self, *,
        skip_nulls: bool = True, min_count: int = 1, skip_nans: bool = False,
        threads: int | None = None) -> _Value: ...
    def quantile(self, q: float | Iterable[float], /, *,
        interpolation: _Interpolation = "linear",
        skip_nulls: bool = True, min_count: int = 1, skip_nans: bool = False,
        threads: int | None = None) -> _Value: ...
    def skewness(self, *,
        biased: bool = True, skip_nulls: bool = True, min_count: int = 1, skip_nans: bool = False,
        threads: int | None = None) -> _Value: ...
    def kurtosis(self, *,
        biased: bool = True, skip_nulls: bool = True, min_count: int = 1, skip_nans: bool = False,
        threads: int | None = None) -> _Value: ...
    def sem(self, *,
        ddof: int = 1, skip_nulls: bool = True, min_count: int = 0, skip_nans: bool = False,
        threads: int | None = None) -> _Value: ...
    def rms(self, *,
        skip_nulls: bool = True, min_count: int = 1, skip_nans: bool = False,
        threads: int | None = None) -> _Value: ...
    # fmt: on
    def moments(self, *, threads: int | None = None) -> Moments: ...
    def describe(
        self,
        *,
        ddof: int = 0,
        skip_nulls: bool = True,
        skip_nans: bool = False,
        quantiles: Iterable[float] | None = None,
        shape: bool = False,
        threads: int | None = None,
    ) -> Summary: ...

@final
class Table:
    def __new__(cls, data: Data, /) -> Table: ...
    @property
    def column_names(self) -> list[str]: ...
    @property
    def num_columns(self) -> int: ...
    def __len__(self) -> int: ...
    def __contains__(self, name: object, /) -> bool: ...
    def __iter__(self) -> Iterator[str]: ...
    def __getitem__(self, label: str | int, /) -> Column: ...
    # fmt: off
    def count(self, *,
        skip_nans: bool = False,
        by: _By = None, per: _Per = None, step: int | None = None, align: _Align = None,
        on: _On = None, columns: _Labels = None, numeric_only: bool = False,
        threads: int | None = None) -> Row: ...
    def sum(self, *,
        skip_nulls: bool = True, min_count: int = 1, skip_nans: bool = False,
        by: _By = None, per: _Per = None, step: int | None = None, align: _Align = None,
        on: _On = None, columns: _Labels = None, numeric_only: bool = False,
        threads: int | None = None) -> Row: ...
    def mean(self, *,
        skip_nulls: bool = True, min_count: int = 1, skip_nans: bool = False,
        weights: _Weights = None,
        by: _By = None, per: _Per = None, step: int | None = None, align: _Align = None,
        on: _On = None, columns: _Labels = None, numeric_only: bool = False,
        threads: int | None = None) -> Row: ...
    def variance(self, *,
        ddof: int = 0, skip_nulls: bool = True, min_count: int = 0, skip_nans: bool = False,
        weights: _Weights = None,
        by: _By = None, per: _Per = None, step: int | None = None, align: _Align = None,
        on: _On = None, columns: _Labels = None, numeric_only: bool = False,
        threads: int | None = None) -> Row: ...
    def stddev(self, *,
        ddof: int = 0, skip_nulls: bool = True, min_count: int = 0, skip_nans: bool = False,
        weights: _Weights = None,
        by: _By = None, per: _Per = None, step: int | None = None, align: _Align = None,
        on: _On = None, columns: _Labels = None, numeric_only: bool = False,
        threads: int | None = None) -> Row: ...
    var = variance
    std = stddev
    def min(self, *,
        skip_nulls: bool = True, min_count: int = 1, skip_nans: bool = False,
        by: _By = None, per: _Per = None, step: int | None = None, align: _Align = None,
        on: _On = None, columns: _Labels = None, numeric_only: bool = False,
        threads: int | None = None) -> Row: ...
    def max(self, *,
        skip_nulls: bool = True, min_count: int = 1, skip_nans: bool = False,
        by: _By = None, per: _Per = None, step: int | None = None, align: _Align = None,
        on: _On = None, columns: _Labels = None, numeric_only: bool = False,
        threads: int | None = None) -> Row: ...
    def ols(self, *,
        y: str | int, x: str | int | Iterable[str | int], degree: int = 1,
        intercept: bool = True, skip_nulls: bool = True, skip_nans: bool = False,
        weights: _Weights = None, threads: int | None = None) -> Fit: ...
    def covariance(self, *,
        ddof: int = 0, skip_nulls: bool = True, min_count: int = 0, skip_nans: bool = False,
        weights: _Weights = None, complete: bool = False, columns: _Labels = None,
        threads: int | None = None) -> Rows: ...
    def correlation(self, *,
        skip_nulls: bool = True, min_count: int = 0, skip_nans: bool = False,
        weights: _Weights = None, complete: bool = False, columns: _Labels = None,
        threads: int | None = None) -> Rows: ...
    cov = covariance
    corr = correlation
    def median(self, *,
        skip_nulls: bool = True, min_count: int = 1, skip_nans: bool = False,
        columns: _Labels = None, numeric_only: bool = False,
        threads: int | None = None) -> Row: ...
    def n_unique(self, *,
        skip_nans: bool = False,
        columns: _Labels = None, numeric_only: bool = False,
        threads: int | None = None) -> Row: ...
    def mode(self, *,
        skip_nulls: bool = True, min_count: int = 1, skip_nans: bool = False,
        columns: _Labels = None, numeric_only: bool = False,
        threads: int | None = None) -> Row: ...
    def quantile(self, q: float | Iterable[float], /, *,
        interpolation: _Interpolation = "linear",
        skip_nulls: bool = True, min_count: int = 1, skip_nans: bool = False,
        columns: _Labels = None, numeric_only: bool = False,
        threads: int | None = None) -> Rows: ...
    def skewness(self, *,
        biased: bool = True, skip_nulls: bool = True, min_count: int = 1, skip_nans: bool = False,
        columns: _Labels = None, numeric_only: bool = False,
        threads: int | None = None) -> Row: ...
    def kurtosis(self, *,
        biased: bool = True, skip_nulls: bool = True, min_count: int = 1, skip_nans: bool = False,
        columns: _Labels = None, numeric_only: bool = False,
        threads: int | None = None) -> Row: ...
    def sem(self, *,
        ddof: int = 1, skip_nulls: bool = True, min_count: int = 0, skip_nans: bool = False,
        columns: _Labels = None, numeric_only: bool = False,
        threads: int | None = None) -> Row: ...
    def rms(self, *,
        skip_nulls: bool = True, min_count: int = 1, skip_nans: bool = False,
        columns: _Labels = None, numeric_only: bool = False,
        threads: int | None = None) -> Row: ...
    # fmt: on
    @overload
    def moments(
        self,
        *,
        by: str | Iterable[str | int],
        columns: _Labels = None,
        numeric_only: bool = False,
        threads: int | None = None,
    ) -> GroupedMoments: ...
    @overload
    def moments(
        self,
        *,
        by: None = None,
        columns: _Labels = None,
        numeric_only: bool = False,
        threads: int | None = None,
    ) -> MomentsTable: ...
    def describe(
        self,
        *,
        by: str | Iterable[str | int] | None = None,
        ddof: int = 0,
        skip_nulls: bool = True,
        skip_nans: bool = False,
        columns: _Labels = None,
        numeric_only: bool = False,
        quantiles: Iterable[float] | None = None,
        shape: bool = False,
        threads: int | None = None,
    ) -> Summary: ...

@final
class Moments:
    __hash__: ClassVar[None]  # type: ignore[assignment]
    def __new__(cls, type: str | None = None) -> Self: ...
    def update(self, data: Data | Column, /, *, threads: int | None = None) -> None: ...
    def merge(self, other: Moments, /) -> None: ...
    def retract(self, other: Moments, /) -> None: ...
    def __add__(self, other: Moments, /) -> Moments: ...
    def __sub__(self, other: Moments, /) -> Moments: ...
    def __rsub__(self, other: Moments, /) -> Moments: ...
    def __radd__(self, other: int, /) -> Moments: ...
    def __eq__(self, other: object, /) -> bool: ...
    def to_bytes(self) -> bytes: ...
    @classmethod
    def from_bytes(cls, data: bytes | bytearray | memoryview, /) -> Moments: ...
    def __reduce__(self) -> tuple[Any, ...]: ...
    @property
    def type(self) -> str | None: ...
    @property
    def null_count(self) -> int: ...
    @property
    def nan_count(self) -> int: ...
    def __len__(self) -> int: ...
    # fmt: off
    def count(self, *,
        skip_nans: bool = False,
        threads: int | None = None) -> int: ...
    def sum(self, *,
        skip_nulls: bool = True, min_count: int = 1, skip_nans: bool = False,
        threads: int | None = None) -> _Value: ...
    def mean(self, *,
        skip_nulls: bool = True, min_count: int = 1, skip_nans: bool = False,
        threads: int | None = None) -> _Value: ...
    def variance(self, *,
        ddof: int = 0, skip_nulls: bool = True, min_count: int = 0, skip_nans: bool = False,
        threads: int | None = None) -> _Value: ...
    def stddev(self, *,
        ddof: int = 0, skip_nulls: bool = True, min_count: int = 0, skip_nans: bool = False,
        threads: int | None = None) -> _Value: ...
    var = variance
    std = stddev
    def min(self, *,
        skip_nulls: bool = True, min_count: int = 1, skip_nans: bool = False,
        threads: int | None = None) -> _Value: ...
    def max(self, *,
        skip_nulls: bool = True, min_count: int = 1, skip_nans: bool = False,
        threads: int | None = None) -> _Value: ...
    # fmt: on
    def describe(
        self,
        *,
        ddof: int = 0,
        skip_nulls: bool = True,
        skip_nans: bool = False,
        threads: int | None = None,
    ) -> Summary: ...

@final
class CoMoments:
    __hash__: ClassVar[None]  # type: ignore[assignment]
    def __new__(
        cls,
        columns: Iterable[str] | ArrowStreamExportable | None = None,
        degree: int | None = None,
    ) -> Self: ...
    def update(
        self, table: _Source, /, *, weights: _Weights = None, threads: int | None = None
    ) -> None: ...
    def merge(self, other: CoMoments | ArrowStreamExportable, /) -> None: ...
    def __add__(self, other: CoMoments, /) -> CoMoments: ...
    def __radd__(self, other: int, /) -> CoMoments: ...
    def __eq__(self, other: object, /) -> bool: ...
    def to_bytes(self) -> bytes: ...
    @classmethod
    def from_bytes(cls, data: bytes | bytearray | memoryview, /) -> CoMoments: ...
    def __reduce__(self) -> tuple[Any, ...]: ...
    @property
    def columns(self) -> list[str] | None: ...
    @property
    def types(self) -> list[str]: ...
    @property
    def degree(self) -> int: ...
    @property
    def weight(self) -> float | None: ...
    @property
    def count(self) -> int: ...
    def __arrow_c_schema__(self) -> object: ...
    def __arrow_c_array__(
        self, requested_schema: object | None = None
    ) -> tuple[object, object]: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...
    @property
    def null_count(self) -> int: ...
    @property
    def nan_count(self) -> int: ...
    def __len__(self) -> int: ...
    # fmt: off
    def covariance(self, *,
        ddof: int = 0, skip_nulls: bool = True, min_count: int = 0,
        skip_nans: bool = False) -> Rows: ...
    def correlation(self, *,
        skip_nulls: bool = True, min_count: int = 0,
        skip_nans: bool = False) -> Rows: ...
    def linear_fit(self, x: str | int, y: str | int, /, *,
        intercept: bool = True, skip_nulls: bool = True, skip_nans: bool = False) -> Fit: ...
    def ols(self, *,
        y: str | int, x: str | int | Iterable[str | int], degree: int = 1,
        intercept: bool = True, skip_nulls: bool = True, skip_nans: bool = False) -> Fit: ...
    # fmt: on

@type_check_only
class _TableStates:
    """What the states of a table offer, whether of all its rows or by groups."""

    @property
    def column_names(self) -> list[str]: ...
    def __len__(self) -> int: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __reduce__(self) -> tuple[Any, ...]: ...
    def __arrow_c_schema__(self) -> object: ...
    def __arrow_c_array__(
        self, requested_schema: object | None = None
    ) -> tuple[object, object]: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...
    # fmt: off
    def count(self, *,
        skip_nans: bool = False,
        columns: _Labels = None, numeric_only: bool = False,
        threads: int | None = None) -> Rows: ...
    def sum(self, *,
        skip_nulls: bool = True, min_count: int = 1, skip_nans: bool = False,
        columns: _Labels = None, numeric_only: bool = False,
        threads: int | None = None) -> Rows: ...
    def mean(self, *,
        skip_nulls: bool = True, min_count: int = 1, skip_nans: bool = False,
        columns: _Labels = None, numeric_only: bool = False,
        threads: int | None = None) -> Rows: ...
    def variance(self, *,
        ddof: int = 0, skip_nulls: bool = True, min_count: int = 0, skip_nans: bool = False,
        columns: _Labels = None, numeric_only: bool = False,
        threads: int | None = None) -> Rows: ...
    def stddev(self, *,
        ddof: int = 0, skip_nulls: bool = True, min_count: int = 0, skip_nans: bool = False,
        columns: _Labels = None, numeric_only: bool = False,
        threads: int | None = None) -> Rows: ...
    var = variance
    std = stddev
    def min(self, *,
        skip_nulls: bool = True, min_count: int = 1, skip_nans: bool = False,
        columns: _Labels = None, numeric_only: bool = False,
        threads: int | None = None) -> Rows: ...
    def max(self, *,
        skip_nulls: bool = True, min_count: int = 1, skip_nans: bool = False,
        columns: _Labels = None, numeric_only: bool = False,
        threads: int | None = None) -> Rows: ...
    # fmt: on
    def describe(
        self,
        *,
        ddof: int = 0,
        skip_nulls: bool = True,
        skip_nans: bool = False,
        columns: _Labels = None,
        numeric_only: bool = False,
        threads: int | None = None,
    ) -> Summary: ...
    def update(
        self,
        data: _Source,
        /,
        *,
        missing: _Missing = "refuse",
        columns: _Labels = None,
        numeric_only: bool = False,
        threads: int | None = None,
    ) -> None: ...
    def __add__(self, other: Self, /) -> Self: ...
    def __radd__(self, other: int, /) -> Self: ...
    def to_bytes(self) -> bytes: ...
    @classmethod
    def from_bytes(cls, data: bytes | bytearray | memoryview, /) -> Self: ...

@final
class MomentsTable(_TableStates):
    __hash__: ClassVar[None]  # type: ignore[assignment]
    def __new__(cls, data: Mapping[str, Moments] | _Tables | None = None, /) -> Self: ...
    def __getitem__(self, label: str | int, /) -> Moments: ...
    def __contains__(self, name: object, /) -> bool: ...
    def __iter__(self) -> Iterator[str]: ...
    @overload
    def get(self, name: str, default: None = None, /) -> Moments | None: ...
    @overload
    def get(self, name: str, default: _Default, /) -> Moments | _Default: ...
    def keys(self) -> list[str]: ...
    def values(self) -> list[Moments]: ...
    def items(self) -> list[tuple[str, Moments]]: ...

@final
class GroupedMoments(_TableStates):
    __hash__: ClassVar[None]  # type: ignore[assignment]
    def __new__(cls, data: GroupedMoments | _Exportable, /) -> Self: ...
    @property
    def by(self) -> list[str]: ...
    def keys(self) -> Rows: ...
    def sizes(self) -> Rows: ...
    @staticmethod
    def _restore(parts: tuple[Any, ...]) -> GroupedMoments: ...
    def _select(self, *, columns: _Labels = None, numeric_only: bool = False) -> Self: ...
    def __getitem__(self, key: object, /) -> MomentsTable: ...
    def __contains__(self, key: object, /) -> bool: ...
    def __iter__(self) -> Iterator[Any]: ...
    @overload
    def get(self, key: object, default: None = None, /) -> MomentsTable | None: ...
    @overload
    def get(self, key: object, default: _Default, /) -> MomentsTable | _Default: ...
    def group(self, position: int, /) -> MomentsTable: ...
    def key(self, position: int, /) -> Any: ...
    def values(self) -> Iterator[MomentsTable]: ...
    def items(self) -> Iterator[tuple[Any, MomentsTable]]: ...
