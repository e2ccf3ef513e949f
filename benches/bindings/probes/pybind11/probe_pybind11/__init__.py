"""The probes by pybind11."""

from probe_pybind11._native import add, fibonacci, first, first_copied, sum_copied, sum_shared

__all__ = ["add", "fibonacci", "first", "first_copied", "sum_copied", "sum_shared"]
