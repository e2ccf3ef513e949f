"""The probes by Cython: typed memoryviews for shared arrays, C++'s vector for copied lists."""

from probe_cython._native import add, fibonacci, first, first_copied, sum_copied, sum_shared

__all__ = ["add", "fibonacci", "first", "first_copied", "sum_copied", "sum_shared"]
