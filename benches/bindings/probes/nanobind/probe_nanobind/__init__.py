"""The probes by nanobind."""

from probe_nanobind._native import add, fibonacci, first, first_copied, sum_copied, sum_shared

__all__ = ["add", "fibonacci", "first", "first_copied", "sum_copied", "sum_shared"]
