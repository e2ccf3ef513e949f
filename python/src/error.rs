//! Errors of the core crate as Python exceptions.

use colstats::Error;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

use crate::names::quoted;

/// The exception for a refused statistic of one column. It names the column or, if that has no
/// name, the type of the object that it came from.
pub fn refused(error: &Error, name: &str, source: &str) -> PyErr {
    exception(
        error,
        if name.is_empty() { format!("{source}: {error}") } else { about(name, error) },
    )
}

/// An error that names the column, if that has a name.
pub fn about(column: &str, error: &Error) -> String {
    match column {
        "" => error.to_string(),
        name => format!("column {}: {error}", quoted(name)),
    }
}

/// The same for a column of a table, which can be left out.
pub fn refused_in_table(error: &Error, name: &str) -> PyErr {
    let advice = "leave it out with columns=[...] or numeric_only=True";
    exception(error, format!("column {}: {error} ({advice})", quoted(name)))
}

fn exception(error: &Error, message: String) -> PyErr {
    match error.is_unsupported() || error.is_type_mismatch() {
        true => PyTypeError::new_err(message),
        false => PyValueError::new_err(message),
    }
}

/// The exception for states that cannot be merged.
pub fn unmergeable(error: &Error, column: &str) -> PyErr {
    exception(error, about(column, error))
}
