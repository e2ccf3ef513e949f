//! `describe` of our own classes. A summary is made by the package, in Python, of states that are
//! gathered here; the methods hand themselves to it, so that all its words are said once.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;

/// The `colstats.Summary` of a column or table; what the options are is checked by `describe`.
pub fn describe<'py>(
    data: &Bound<'py, PyAny>,
    options: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    static DESCRIBE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    DESCRIBE.import(data.py(), "colstats.summary", "describe")?.call((data,), options)
}
