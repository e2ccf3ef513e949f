//! The door of the buffer protocol: NumPy arrays, `array.array`, `memoryview` and their like.
//!
//! NumPy's arrays have more than a buffer can say. Masked arrays hide values behind a mask of their
//! own; structured arrays are tables of their fields; datetimes have no buffer at all and are sent
//! to [`interface`](super::interface).

use std::ffi::CStr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use pyo3::buffer::PyUntypedBuffer;
use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyType};

use super::interface;
use super::strides::{Axis, Element, Unreadable, View};
use super::type_name;
use crate::data::{Column, Input, Table};

/// Whether the object is a NumPy array and not of a subclass.
fn is_plain_ndarray(object: &Bound<'_, PyAny>) -> bool {
    ndarray_type(object.py()).is_some_and(|ndarray| object.get_type().is(ndarray))
}

/// Whether the object has the buffer protocol.
pub fn has_buffer(object: &Bound<'_, PyAny>) -> bool {
    // SAFETY: the object is alive, and we are attached to the interpreter.
    unsafe { ffi::PyObject_CheckBuffer(object.as_ptr()) == 1 }
}

pub fn open(object: &Bound<'_, PyAny>) -> PyResult<Input> {
    let py = object.py();
    let buffer = match PyUntypedBuffer::get(object) {
        Ok(buffer) => buffer,
        // NumPy refuses to name some types in a buffer; it describes them there.
        Err(refusal) => match object.getattr_opt(intern!(py, "__array_interface__"))? {
            Some(interface) => return interface::open(object, &interface),
            None => return Err(refusal),
        },
    };
    if buffer.format().to_bytes().first() == Some(&b'T') {
        return open_fields(object);
    }
    let view = view(object, buffer)?;
    let mask = mask(object)?;
    view.into_input(object, mask.as_ref())
}

/// The memory of a buffer.
fn view(object: &Bound<'_, PyAny>, buffer: PyUntypedBuffer) -> PyResult<View> {
    let element = element(buffer.format(), buffer.item_size()).map_err(|e| e.of(object))?;
    if buffer.suboffsets().is_some() {
        let name = type_name(object);
        return Err(PyTypeError::new_err(format!("{name} has indirect rows: copy it first")));
    }
    View::expect_dimensions(object, buffer.dimensions())?;
    let mut axes = [Axis { length: 0, stride: 0 }; 2];
    let described = buffer.shape().iter().zip(buffer.strides());
    for (axis, (&length, &stride)) in axes.iter_mut().zip(described) {
        *axis = Axis { length, stride };
    }
    let axes = &axes[..buffer.dimensions()];
    let pointer = buffer.buf_ptr().cast_const().cast();
    View::new(object, pointer, axes, element, Arc::new(AssertUnwindSafe(buffer)))
}

/// Reads a format of the `struct` module; sizes are those that the buffer itself tells.
fn element(format: &CStr, width: usize) -> Result<Element, Unreadable> {
    let (prefix, code) = match format.to_bytes() {
        [prefix @ (b'@' | b'=' | b'<' | b'>' | b'!' | b'^'), code @ ..] => (*prefix, code),
        code => (b'@', code),
    };
    let kind = match code {
        b"?" => b'b',
        b"b" | b"h" | b"i" | b"l" | b"q" | b"n" => b'i',
        b"B" | b"H" | b"I" | b"L" | b"Q" | b"N" => b'u',
        b"e" | b"f" | b"d" | b"g" => b'f',
        b"O" => b'O',
        [b'Z', ..] => b'c',
        [.., b's' | b'w' | b'u' | b'c'] => b'U',
        _ => b'V',
    };
    Ok(Element::from_kind(kind, width)?.ordered(prefix))
}

/// The mask of a masked array, if it hides anything.
pub fn mask(object: &Bound<'_, PyAny>) -> PyResult<Option<View>> {
    let is_subclass = !is_plain_ndarray(object)
        && ndarray_type(object.py()).is_some_and(|ndarray| is_instance(object, ndarray));
    if !is_subclass {
        return Ok(None);
    }
    let mask = object.getattr_opt(intern!(object.py(), "mask"))?;
    match mask {
        // Without a mask there is the scalar `nomask` in its place.
        Some(mask) if is_instance_of_ndarray(&mask) => {
            Ok(Some(view(&mask, PyUntypedBuffer::get(&mask)?)?))
        }
        _ => Ok(None),
    }
}

/// The fields of a structured array as the columns of a table.
pub fn open_fields(array: &Bound<'_, PyAny>) -> PyResult<Input> {
    let py = array.py();
    let dimensions: usize = match array.getattr_opt(intern!(py, "ndim"))? {
        Some(dimensions) => dimensions.extract()?,
        None => {
            let name = type_name(array);
            let message = format!("cannot read the structured values of {name}: use a NumPy array");
            return Err(PyTypeError::new_err(message));
        }
    };
    if dimensions != 1 {
        let name = type_name(array);
        return Err(PyTypeError::new_err(format!(
            "a structured {name} has {dimensions} dimensions: a table has 1, its rows"
        )));
    }
    let names = array.getattr(intern!(py, "dtype"))?.getattr(intern!(py, "names"))?;
    let mut columns = vec![];
    for name in names.try_iter()? {
        let name: String = name?.extract()?;
        columns.push(open_field(&array.get_item(&name)?, name)?);
    }
    Ok(Input::Table(Table { columns, rows: array.len()? }))
}

/// A field that cannot be read keeps its place, and is refused when it is asked for.
fn open_field(field: &Bound<'_, PyAny>, name: String) -> PyResult<Column> {
    let rows = field.len()?;
    match open(field) {
        Ok(Input::Column(column)) => Ok(Column { name, ..column }),
        Ok(Input::Table(_)) => Ok(Column::opaque(name, "nested", rows)),
        Err(refusal) if refusal.is_instance_of::<PyTypeError>(field.py()) => {
            let dtype = field.getattr(intern!(field.py(), "dtype"))?;
            Ok(Column::opaque(name, &dtype.to_string(), rows))
        }
        Err(error) => Err(error),
    }
}

fn is_instance_of_ndarray(object: &Bound<'_, PyAny>) -> bool {
    ndarray_type(object.py()).is_some_and(|ndarray| is_instance(object, ndarray))
}

fn is_instance(object: &Bound<'_, PyAny>, class: &Bound<'_, PyType>) -> bool {
    object.get_type().is_subclass(class).unwrap_or(false)
}

/// The class `numpy.ndarray`, once NumPy has been imported; we never import it ourselves.
fn ndarray_type<'a, 'py>(py: Python<'py>) -> Option<&'a Bound<'py, PyType>> {
    static NDARRAY: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    if NDARRAY.get(py).is_none() {
        let modules = py.import(intern!(py, "sys")).ok()?.getattr(intern!(py, "modules")).ok()?;
        let numpy = modules.cast_into::<PyDict>().ok()?.get_item(intern!(py, "numpy")).ok()??;
        let class = numpy.getattr(intern!(py, "ndarray")).ok()?.cast_into::<PyType>().ok()?;
        let _ = NDARRAY.set(py, class.unbind());
    }
    NDARRAY.get(py).map(|class| class.bind(py))
}
