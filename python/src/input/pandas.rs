//! What pandas holds beside frames and series: its indexes and arrays, which have no door. pandas
//! puts them into a series, without a copy; an index of several levels is a frame.
//!
//! pandas is never imported here: an object can only be one of its own if it is imported already.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::hints::class_in_mro;

/// The series or frame of an index or an array of pandas; `None` of other objects.
pub fn as_series<'py>(object: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    let py = object.py();
    let Some(class) = class_in_mro(object, "pandas", &["MultiIndex", "Index", "ExtensionArray"])
    else {
        return Ok(None);
    };
    let options = PyDict::new(py);
    if class == "MultiIndex" {
        options.set_item(intern!(py, "index"), false)?;
        return object.call_method(intern!(py, "to_frame"), (), Some(&options)).map(Some);
    }
    options.set_item(intern!(py, "copy"), false)?;
    let series = py.import(intern!(py, "pandas"))?.getattr(intern!(py, "Series"))?;
    series.call((object,), Some(&options)).map(Some)
}
