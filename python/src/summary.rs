//! The method `describe` of our own classes: it calls the function `describe` of the Python package,
//! which makes a summary of states, and documents and checks its options.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;

/// The `colstats.Summary` of a column or table.
pub fn describe<'py>(
    data: &Bound<'py, PyAny>,
    options: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    static DESCRIBE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    DESCRIBE.import(data.py(), "colstats.summary", "describe")?.call((data,), options)
}
