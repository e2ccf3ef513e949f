//! Refusals of the core as the exceptions of Python.

use colstats::Error;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

use crate::data::Column;

/// The exception for a statistic that was refused, naming the column if it has a name.
pub fn refused(error: &Error, column: &Column) -> PyErr {
    exception(error, format!("{}{error}", prefix(column)))
}

/// The same for a column of a table, which can be left out.
pub fn refused_in_table(error: &Error, column: &Column) -> PyErr {
    let advice = "leave it out with columns=[...] or numeric_only=True";
    exception(error, format!("{}{error} ({advice})", prefix(column)))
}

fn prefix(column: &Column) -> String {
    match column.name.as_str() {
        "" => String::new(),
        name => format!("column {name:?}: "),
    }
}

fn exception(error: &Error, message: String) -> PyErr {
    match error {
        Error::Unsupported { .. } => PyTypeError::new_err(message),
        Error::TooLarge { .. } => PyValueError::new_err(message),
    }
}
