//! Subinterpreters are not supported: the main interpreter alone can import this module.
//!
//! Classes and functions of Python are cached for the whole process, and must not be used in
//! another interpreter than their own. CPython 3.12 and later refuse the module in subinterpreters
//! with a GIL of their own; those that share the GIL of the main interpreter, as all do before
//! 3.12, are refused here.

use pyo3::exceptions::PyImportError;
use pyo3::ffi;
use pyo3::prelude::*;

/// Refuses all interpreters but the main one, with the message of CPython.
pub fn expect_main(module: &Bound<'_, PyModule>) -> PyResult<()> {
    /// The number that CPython gives the main interpreter.
    const MAIN: i64 = 0;
    // SAFETY: we are attached to an interpreter, so there is a current one, and it has a number.
    let number = unsafe { ffi::PyInterpreterState_GetID(ffi::PyInterpreterState_Get()) };
    if number == MAIN {
        return Ok(());
    }
    let name = module.name()?;
    Err(PyImportError::new_err(format!(
        "module {name} does not support loading in subinterpreters"
    )))
}
