//! The doors: how a Python object becomes columns, in the order they are tried.
//!
//! 1. [`capsule`]: `__arrow_c_array__`, one array or record batch;
//! 2. [`stream`]: `__arrow_c_stream__`, any number of them;
//! 3. [`device`]: the same two with a device, if that is the CPU;
//! 4. [`buffer`]: the buffer protocol, and NumPy arrays of every shape;
//! 5. [`interface`]: `__array_interface__`, which has the types that buffers cannot name;
//! 6. [`dlpack`]: `__dlpack__`, on the CPU;
//! 7. [`sequence`]: lists, tuples and ranges of numbers, the one door that copies.
//!
//! The first door that an object has is taken, and what goes wrong behind it is not papered over by
//! trying the next. A `numpy.ndarray` has none of the first three: it goes to its door at once.
//!
//! [`abi`], [`schema`] and [`array`] read the structures of the Arrow interfaces, [`strides`] those
//! of n-dimensional memory.

mod abi;
mod array;
mod buffer;
mod capsule;
mod device;
mod dlpack;
mod hints;
mod interface;
mod schema;
mod sequence;
mod stream;
mod strides;

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::data::Input;

/// Opens the first door that an object has.
pub fn open(object: &Bound<'_, PyAny>) -> PyResult<Input> {
    if buffer::is_plain_ndarray(object) {
        return buffer::open(object);
    }
    let py = object.py();
    if let Some(export) = method(object, intern!(py, "__arrow_c_array__"))? {
        return capsule::open(object, &export);
    }
    if let Some(export) = method(object, intern!(py, "__arrow_c_stream__"))? {
        return stream::open(object, &export);
    }
    if let Some(export) = method(object, intern!(py, "__arrow_c_device_array__"))? {
        return device::open_array(object, &export);
    }
    if let Some(export) = method(object, intern!(py, "__arrow_c_device_stream__"))? {
        return device::open_stream(object, &export);
    }
    if buffer::has_buffer(object) {
        return buffer::open(object);
    }
    if let Some(interface) = attribute(object, intern!(py, "__array_interface__"))? {
        return interface::open(object, &interface);
    }
    if let Some(export) = method(object, intern!(py, "__dlpack__"))? {
        return dlpack::open(object, &export);
    }
    if sequence::is_sequence(object) {
        return sequence::open(object);
    }
    Err(hints::refuse(object))
}

/// An attribute that may be missing. Classes have none of the dunders, only their instances.
fn attribute<'py>(
    object: &Bound<'py, PyAny>,
    name: &Bound<'py, PyString>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    if object.is_instance_of::<pyo3::types::PyType>() {
        return Ok(None);
    }
    object.getattr_opt(name)
}

fn method<'py>(
    object: &Bound<'py, PyAny>,
    name: &Bound<'py, PyString>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    attribute(object, name)
}

/// The name of an object's type with its module, as messages show it.
pub fn type_name(object: &Bound<'_, PyAny>) -> String {
    let class = object.get_type();
    let name = class.fully_qualified_name().map(|name| name.to_string());
    name.unwrap_or_else(|_| "an object".into())
}

/// What is wrong with the structures of a producer.
pub struct Malformed {
    column: Option<String>,
    what: String,
}

impl Malformed {
    fn new(what: impl Into<String>) -> Self {
        Self { column: None, what: what.into() }
    }

    fn in_column(self, name: &str) -> Self {
        Self { column: Some(name.into()), ..self }
    }

    /// A `ValueError` that names the object and the column.
    fn of(self, object: &Bound<'_, PyAny>) -> PyErr {
        let column = self.column.map(|name| format!("column {name:?}: ")).unwrap_or_default();
        let (name, what) = (type_name(object), self.what);
        PyValueError::new_err(format!("malformed Arrow data from {name}: {column}{what}"))
    }
}

/// A `TypeError` about what a method of an object returned.
fn unexpected_result(
    object: &Bound<'_, PyAny>,
    method: &str,
    result: &Bound<'_, PyAny>,
    expected: &str,
) -> PyErr {
    let (name, got) = (type_name(object), type_name(result));
    PyTypeError::new_err(format!("{name}.{method}() returned {got}, expected {expected}"))
}
