//! Errors for data that breaks the rules of its protocol.

use colstats::internals::run::memory::is_available;
use pyo3::exceptions::{PyMemoryError, PyTypeError, PyValueError};
use pyo3::prelude::*;

use crate::names::{quoted, type_name};

/// What is wrong with the structures of a producer, or why there is no memory to read them.
pub struct Malformed {
    column: Option<String>,
    what: String,
    lacks_memory: bool,
}

impl Malformed {
    pub fn new(what: impl Into<String>) -> Self {
        Self { column: None, what: what.into(), lacks_memory: false }
    }

    /// An error if a number of bytes is not available.
    pub fn expect_memory(bytes: usize, what_for: &str) -> Result<(), Self> {
        match is_available(bytes) {
            true => Ok(()),
            false => {
                let what = format!("{what_for} takes {bytes} bytes");
                Err(Self { lacks_memory: true, ..Self::new(what) })
            }
        }
    }

    pub fn in_column(self, name: &str) -> Self {
        Self { column: Some(name.into()), ..self }
    }

    /// What is wrong, for those who have no Python object to blame.
    pub fn into_message(self) -> String {
        self.what
    }

    /// A `ValueError`, or a `MemoryError`, that names the object and the column.
    pub fn of(self, object: &Bound<'_, PyAny>) -> PyErr {
        self.of_type(&type_name(object))
    }

    /// The same for an object of a type with this name.
    pub fn of_type(self, name: &str) -> PyErr {
        let column = self.column.map(|name| format!("column {}: ", quoted(&name)));
        let (column, what) = (column.unwrap_or_default(), self.what);
        if self.lacks_memory {
            return PyMemoryError::new_err(format!("no memory to read {name}: {column}{what}"));
        }
        PyValueError::new_err(format!("malformed Arrow data from {name}: {column}{what}"))
    }
}

/// A `TypeError` about what a method of an object returned.
pub fn unexpected_result(
    object: &Bound<'_, PyAny>,
    method: &str,
    result: &Bound<'_, PyAny>,
    expected: &str,
) -> PyErr {
    let (name, got) = (type_name(object), type_name(result));
    PyTypeError::new_err(format!("{name}.{method}() returned {got}, expected {expected}"))
}
