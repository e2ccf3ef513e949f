"""The probes by PyO3: the numpy crate for shared arrays, Rust's Vec for copied lists."""

from probe_pyo3._native import add, fibonacci, first, first_copied, sum_copied, sum_shared

__all__ = ["add", "fibonacci", "first", "first_copied", "sum_copied", "sum_shared"]
