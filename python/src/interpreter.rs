//! One interpreter has this module, and keeps it.
//!
//! Classes and functions of Python are remembered for the whole process, and must not meet another
//! interpreter than their own. CPython 3.12 and later refuse the module to interpreters with a lock of
//! their own; those that share the lock of the first, as all do before, are refused here.

use pyo3::exceptions::PyImportError;
use pyo3::ffi;
use pyo3::prelude::*;

/// Refuses all interpreters but the first, in the words of CPython.
pub fn expect_first(module: &Bound<'_, PyModule>) -> PyResult<()> {
    /// What CPython calls the one that a process begins with.
    const FIRST: i64 = 0;
    // SAFETY: we are attached to an interpreter, so there is a current one, which has a number.
    let number = unsafe { ffi::PyInterpreterState_GetID(ffi::PyInterpreterState_Get()) };
    if number == FIRST {
        return Ok(());
    }
    let name = module.name()?;
    Err(PyImportError::new_err(format!(
        "module {name} does not support loading in subinterpreters"
    )))
}
