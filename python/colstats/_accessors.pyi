"""Types of the namespaces and accessors; test_accessors.py compares them with the methods.

The options of a statistic come first, then those of the place.
"""

from collections.abc import Hashable, Iterable, Sequence
from typing import Any, ClassVar, Generic, TypeVar

_R = TypeVar("_R")
_By = Hashable | Sequence[Hashable] | None
_Labels = Iterable[Hashable] | None

# fmt: off

class Statistics(Generic[_R]):
    _keywords: ClassVar[dict[str, Any]]
    _defaults: ClassVar[dict[str, Any]]
    _note: ClassVar[str]
    def _ask(self, statistic: str, options: dict[str, Any], **keywords: Any) -> _R: ...
    def _ask_values(
        self, statistic: str, first: tuple[Any, ...], options: dict[str, Any], **keywords: Any
    ) -> _R: ...

VALUES: tuple[str, ...]
PAIRS: dict[str, str]

class ColumnStatistics(Statistics[_R]):
    def count(self, *,
        skip_nans: bool = ...) -> _R: ...
    def sum(self, *,
        skip_nulls: bool = ..., min_count: int = ..., skip_nans: bool = ...) -> _R: ...
    def mean(self, *,
        skip_nulls: bool = ..., min_count: int = ..., skip_nans: bool = ...) -> _R: ...
    def variance(self, *,
        ddof: int = ..., skip_nulls: bool = ..., min_count: int = ...,
        skip_nans: bool = ...) -> _R: ...
    def stddev(self, *,
        ddof: int = ..., skip_nulls: bool = ..., min_count: int = ...,
        skip_nans: bool = ...) -> _R: ...
    def min(self, *,
        skip_nulls: bool = ..., min_count: int = ..., skip_nans: bool = ...) -> _R: ...
    def max(self, *,
        skip_nulls: bool = ..., min_count: int = ..., skip_nans: bool = ...) -> _R: ...
    def median(self, *,
        skip_nulls: bool = ..., min_count: int = ..., skip_nans: bool = ...) -> _R: ...
    def quantile(self, q: float | Iterable[float], /, *,
        interpolation: str = ..., skip_nulls: bool = ..., min_count: int = ...,
        skip_nans: bool = ...) -> _R: ...
    def skewness(self, *,
        biased: bool = ..., skip_nulls: bool = ..., min_count: int = ...,
        skip_nans: bool = ...) -> _R: ...
    def kurtosis(self, *,
        biased: bool = ..., skip_nulls: bool = ..., min_count: int = ...,
        skip_nans: bool = ...) -> _R: ...
    def sem(self, *,
        ddof: int = ..., skip_nulls: bool = ..., min_count: int = ...,
        skip_nans: bool = ...) -> _R: ...
    def rms(self, *,
        skip_nulls: bool = ..., min_count: int = ..., skip_nans: bool = ...) -> _R: ...
    def n_unique(self, *,
        skip_nans: bool = ...) -> _R: ...
    def mode(self, *,
        skip_nulls: bool = ..., min_count: int = ..., skip_nans: bool = ...) -> _R: ...
    def covariance(self, other: Any, /, *,
        ddof: int = ..., skip_nulls: bool = ..., min_count: int = ...,
        skip_nans: bool = ...) -> _R: ...
    def correlation(self, other: Any, /, *,
        skip_nulls: bool = ..., min_count: int = ..., skip_nans: bool = ...) -> _R: ...
    var = variance
    std = stddev
    cov = covariance
    corr = correlation

class TableStatistics(Statistics[_R]):
    def count(self, *,
        skip_nans: bool = ...,
        by: _By = ..., columns: _Labels = ..., numeric_only: bool = ...) -> _R: ...
    def sum(self, *,
        skip_nulls: bool = ..., min_count: int = ..., skip_nans: bool = ...,
        by: _By = ..., columns: _Labels = ..., numeric_only: bool = ...) -> _R: ...
    def mean(self, *,
        skip_nulls: bool = ..., min_count: int = ..., skip_nans: bool = ...,
        by: _By = ..., columns: _Labels = ..., numeric_only: bool = ...) -> _R: ...
    def variance(self, *,
        ddof: int = ..., skip_nulls: bool = ..., min_count: int = ..., skip_nans: bool = ...,
        by: _By = ..., columns: _Labels = ..., numeric_only: bool = ...) -> _R: ...
    def stddev(self, *,
        ddof: int = ..., skip_nulls: bool = ..., min_count: int = ..., skip_nans: bool = ...,
        by: _By = ..., columns: _Labels = ..., numeric_only: bool = ...) -> _R: ...
    def min(self, *,
        skip_nulls: bool = ..., min_count: int = ..., skip_nans: bool = ...,
        by: _By = ..., columns: _Labels = ..., numeric_only: bool = ...) -> _R: ...
    def max(self, *,
        skip_nulls: bool = ..., min_count: int = ..., skip_nans: bool = ...,
        by: _By = ..., columns: _Labels = ..., numeric_only: bool = ...) -> _R: ...
    def median(self, *,
        skip_nulls: bool = ..., min_count: int = ..., skip_nans: bool = ...,
        columns: _Labels = ..., numeric_only: bool = ...) -> _R: ...
    def quantile(self, q: float | Iterable[float], /, *,
        interpolation: str = ..., skip_nulls: bool = ..., min_count: int = ...,
        skip_nans: bool = ...,
        columns: _Labels = ..., numeric_only: bool = ...) -> _R: ...
    def skewness(self, *,
        biased: bool = ..., skip_nulls: bool = ..., min_count: int = ..., skip_nans: bool = ...,
        columns: _Labels = ..., numeric_only: bool = ...) -> _R: ...
    def kurtosis(self, *,
        biased: bool = ..., skip_nulls: bool = ..., min_count: int = ..., skip_nans: bool = ...,
        columns: _Labels = ..., numeric_only: bool = ...) -> _R: ...
    def sem(self, *,
        ddof: int = ..., skip_nulls: bool = ..., min_count: int = ..., skip_nans: bool = ...,
        columns: _Labels = ..., numeric_only: bool = ...) -> _R: ...
    def rms(self, *,
        skip_nulls: bool = ..., min_count: int = ..., skip_nans: bool = ...,
        columns: _Labels = ..., numeric_only: bool = ...) -> _R: ...
    def n_unique(self, *,
        skip_nans: bool = ...,
        columns: _Labels = ..., numeric_only: bool = ...) -> _R: ...
    def mode(self, *,
        skip_nulls: bool = ..., min_count: int = ..., skip_nans: bool = ...,
        columns: _Labels = ..., numeric_only: bool = ...) -> _R: ...
    def covariance(self, *,
        ddof: int = ..., skip_nulls: bool = ..., min_count: int = ..., skip_nans: bool = ...,
        complete: bool = ..., columns: _Labels = ...) -> _R: ...
    def correlation(self, *,
        skip_nulls: bool = ..., min_count: int = ..., skip_nans: bool = ...,
        complete: bool = ..., columns: _Labels = ...) -> _R: ...
    var = variance
    std = stddev
    cov = covariance
    corr = correlation
