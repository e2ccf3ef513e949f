//! The door of the buffer protocol: NumPy arrays, `array.array`, `memoryview` and their like.
//!
//! NumPy's arrays have more than a buffer can describe: masks and fields are read by
//! [`numpy`](super::numpy), and datetimes, which have no buffer, by [`interface`](super::interface).

use std::ffi::CStr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use pyo3::buffer::PyUntypedBuffer;
use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use smallvec::smallvec;

use super::grid::Grid;
use super::strides::{Axis, Dimensions, Element, Unreadable, View};
use super::{interface, numpy};
use crate::input::data::{Input, MAX_COLUMNS};
use crate::input::source::Source;
use crate::names::type_name;

/// Whether the object has the buffer protocol.
pub fn has_buffer(object: &Bound<'_, PyAny>) -> bool {
    // SAFETY: the object is alive, and we are attached to the interpreter.
    unsafe { ffi::PyObject_CheckBuffer(object.as_ptr()) == 1 }
}

/// Opens a column or a table. A grid is not made of it, because moving one takes as long as reading it.
pub fn open(object: &Bound<'_, PyAny>) -> PyResult<Input> {
    let Some(buffer) = buffer(object)? else {
        return interface::open(object);
    };
    if has_fields(&buffer) {
        return numpy::open_fields(object, open);
    }
    let values = view(object, buffer, Dimensions::OneOrTwo)?;
    let mask = mask(object, Dimensions::OneOrTwo)?;
    values.into_input(object, mask.as_ref())
}

/// Opens a column or a table, which stays one if it is in row-major order.
#[inline]
pub fn open_source<'py>(object: &Bound<'py, PyAny>) -> PyResult<Source<'static, 'py>> {
    let Some(buffer) = buffer(object)? else {
        return interface::open(object).map(Source::Whole);
    };
    if has_fields(&buffer) {
        return numpy::open_fields(object, open).map(Source::Whole);
    }
    let values = view(object, buffer, Dimensions::OneOrTwo)?;
    let mask = mask(object, Dimensions::OneOrTwo)?;
    if let (2, None) = (values.axes.len(), &mask)
        && let Some(table) = values.row_major().filter(|table| table.columns() <= MAX_COLUMNS)
    {
        return Ok(Source::RowMajor(Box::new(table)));
    }
    values.into_input(object, mask.as_ref()).map(Source::Whole)
}

/// The memory of an object; `None` if its elements have fields.
pub fn describe(object: &Bound<'_, PyAny>, allowed: Dimensions) -> PyResult<Option<Grid>> {
    let Some(buffer) = buffer(object)? else {
        return interface::describe(object, allowed);
    };
    if has_fields(&buffer) {
        return Ok(None);
    }
    let values = view(object, buffer, allowed)?;
    Ok(Some(Grid { values, mask: mask(object, allowed)? }))
}

/// The buffer of an object. NumPy has none of some types, but an `__array_interface__`: `None`.
fn buffer(object: &Bound<'_, PyAny>) -> PyResult<Option<PyUntypedBuffer>> {
    match PyUntypedBuffer::get(object) {
        Ok(buffer) => Ok(Some(buffer)),
        Err(refusal) => match object.hasattr(intern!(object.py(), "__array_interface__"))? {
            true => Ok(None),
            false => Err(refusal),
        },
    }
}

fn has_fields(buffer: &PyUntypedBuffer) -> bool {
    buffer.format().to_bytes().first() == Some(&b'T')
}

/// The memory of the mask of an object, if it has one.
fn mask(object: &Bound<'_, PyAny>, allowed: Dimensions) -> PyResult<Option<View>> {
    let mask = numpy::mask(object)?;
    mask.map(|mask| view(&mask, PyUntypedBuffer::get(&mask)?, allowed)).transpose()
}

/// The memory of a buffer.
fn view(object: &Bound<'_, PyAny>, buffer: PyUntypedBuffer, allowed: Dimensions) -> PyResult<View> {
    let element = element(buffer.format(), buffer.item_size()).map_err(|e| e.of(object))?;
    if buffer.suboffsets().is_some() {
        let name = type_name(object);
        return Err(PyTypeError::new_err(format!("{name} has indirect rows: copy it first")));
    }
    View::expect_dimensions(object, buffer.dimensions(), allowed)?;
    let (shape, strides) = (buffer.shape(), buffer.strides());
    let axis = |i: usize| Axis { length: shape[i], stride: strides[i] };
    let axes = match shape.len() {
        // By far the most common, and not worth a loop.
        1 => smallvec![axis(0)],
        dimensions => (0..dimensions).map(axis).collect(),
    };
    let pointer = buffer.buf_ptr().cast_const().cast();
    View::new(object, pointer, axes, element, Arc::new(AssertUnwindSafe(buffer)))
}

/// Reads a format of the `struct` module. The width is that of the buffer.
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
