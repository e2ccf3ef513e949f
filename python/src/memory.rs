//! Errors where there is not enough [memory](colstats::internals::run::memory).

use colstats::internals::run::memory::is_available;
use pyo3::exceptions::PyMemoryError;
use pyo3::prelude::*;

/// A `MemoryError` that says what the memory is for, if a number of bytes is not available now.
pub fn expect_memory(bytes: usize, what_for: impl FnOnce() -> String) -> PyResult<()> {
    match is_available(bytes) {
        true => Ok(()),
        false => Err(PyMemoryError::new_err(format!("no memory {}", what_for()))),
    }
}
