//! Numbers as Python objects, exactly.

use std::fmt::Display;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyInt};

/// An `int`.
pub fn integer(py: Python<'_>, value: i128) -> PyResult<Bound<'_, PyAny>> {
    match i64::try_from(value) {
        Ok(value) => Ok(PyInt::new(py, value).into_any()),
        Err(_) => Ok(value.into_pyobject(py)?.into_any()),
    }
}

/// An `int` of the bits of a two's complement number, the lowest first.
pub fn wide<'py>(py: Python<'py>, limbs: &[u64]) -> PyResult<Bound<'py, PyAny>> {
    let bytes = limbs.iter().flat_map(|limb| limb.to_le_bytes()).collect::<Vec<_>>();
    let options = PyDict::new(py);
    options.set_item("signed", true)?;
    let bytes = PyBytes::new(py, &bytes);
    py.get_type::<PyInt>().call_method("from_bytes", (bytes, "little"), Some(&options))
}

/// A `decimal.Decimal` of any number of units of `10^-scale`. Its constructor reads a text exactly,
/// in any context.
pub fn decimal<'py>(
    py: Python<'py>,
    units: impl Display,
    scale: i8,
) -> PyResult<Bound<'py, PyAny>> {
    static DECIMAL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let text = format!("{units}E{}", -i32::from(scale));
    DECIMAL.import(py, "decimal", "Decimal")?.call1((text,))
}
