//! Methods of our own classes that call the function of the same name, which documents and checks its
//! options. `describe` is one of the Python package, and makes a summary of states.

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

/// What a function of the native module answers about data of a class, and perhaps another argument.
pub fn by_function<'py>(
    data: &Bound<'py, PyAny>,
    name: &str,
    argument: Option<&Bound<'py, PyAny>>,
    options: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    static MODULE: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let py = data.py();
    let import = || py.import("colstats._native").map(Bound::unbind);
    let function = MODULE.get_or_try_init(py, import)?.bind(py).getattr(name)?;
    match argument {
        None => function.call((data,), options),
        Some(argument) => function.call((data, argument), options),
    }
}
