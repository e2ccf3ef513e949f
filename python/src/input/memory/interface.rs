//! The door `__array_interface__`: a dictionary with a pointer, a shape and a type string of NumPy.
//!
//! Unlike a buffer, it has datetimes and timedeltas. It may also have a mask, an array of booleans
//! of the same shape in which `True` stands for a valid value (the opposite of a masked array);
//! that is refused.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::grid::Grid;
use super::numpy;
use super::strides::{Axis, Dimensions, Element, View, dense_strides};
use crate::input::data::Input;
use crate::input::malformed::unexpected_result;
use crate::names::type_name;

pub fn open(object: &Bound<'_, PyAny>) -> PyResult<Input> {
    match describe(object, Dimensions::OneOrTwo)? {
        Some(grid) => grid.into_input(object),
        None => numpy::open_fields(object, open),
    }
}

/// The memory of an object; `None` if its elements have fields.
pub fn describe(object: &Bound<'_, PyAny>, allowed: Dimensions) -> PyResult<Option<Grid>> {
    let interface = &interface(object)?;
    if kind(object, &type_string(object, interface)?)? == b'V' {
        return Ok(None);
    }
    let mask = numpy::mask(object)?;
    let mask = mask.map(|mask| view(&mask, &self::interface(&mask)?, allowed)).transpose()?;
    Ok(Some(Grid { values: view(object, interface, allowed)?, mask }))
}

/// The dictionary as it is now. An object may keep it, and another thread may change it between two
/// of our reads.
fn interface<'py>(object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyDict>> {
    let interface = object.getattr(intern!(object.py(), "__array_interface__"))?;
    let dictionary = interface.cast::<PyDict>();
    let expected = "a dictionary";
    dictionary
        .map_err(|_| unexpected_result(object, "__array_interface__", &interface, expected))?
        .copy()
}

fn view(
    object: &Bound<'_, PyAny>,
    interface: &Bound<'_, PyDict>,
    allowed: Dimensions,
) -> PyResult<View> {
    let typestr = type_string(object, interface)?;
    let element = element(object, &typestr)?;
    let malformed = |what: &str| {
        PyValueError::new_err(format!(
            "malformed __array_interface__ of {}: {what}",
            type_name(object)
        ))
    };
    let member = |name: &str| -> PyResult<Option<Bound<'_, PyAny>>> {
        let member = interface.get_item(name)?;
        Ok(member.filter(|member| !member.is_none()))
    };

    let shape = member("shape")?.ok_or_else(|| malformed("no shape"))?;
    let shape: Vec<usize> =
        shape.extract().map_err(|_| malformed("the shape is not a tuple of lengths"))?;
    let strides = match member("strides")? {
        Some(strides) => {
            strides.extract().map_err(|_| malformed("the strides are not integers"))?
        }
        None => dense_strides(&shape, element.width).ok_or_else(|| malformed("it is too large"))?,
    };
    if strides.len() != shape.len() {
        return Err(malformed("shape and strides differ in length"));
    }
    let data = member("data")?.ok_or_else(|| malformed("no data pointer"))?;
    let (pointer, _): (usize, bool) =
        data.extract().map_err(|_| malformed("the data is not a pair of a pointer and a flag"))?;
    if pointer == 0 && shape.iter().all(|&length| length > 0) {
        return Err(malformed("the data pointer is NULL"));
    }
    if member("mask")?.is_some() {
        return Err(malformed("a mask is not supported; use a numpy.ma.MaskedArray"));
    }

    let axes = shape.iter().zip(&strides).map(|(&length, &stride)| Axis { length, stride });
    View::expect_dimensions(object, shape.len(), allowed)?;
    let axes = axes.collect();
    let owner = (object.clone().unbind(), interface.clone().unbind());
    let owner = Arc::new(AssertUnwindSafe(owner));
    View::new(object, pointer as *const u8, axes, element, owner)
}

fn type_string(object: &Bound<'_, PyAny>, interface: &Bound<'_, PyDict>) -> PyResult<String> {
    let typestr = interface.get_item(intern!(object.py(), "typestr"))?;
    typestr.and_then(|typestr| typestr.extract().ok()).ok_or_else(|| {
        let name = type_name(object);
        PyValueError::new_err(format!("malformed __array_interface__ of {name}: no typestr"))
    })
}

/// The letter of a type string such as `<f8` or `|b1`.
fn kind(object: &Bound<'_, PyAny>, typestr: &str) -> PyResult<u8> {
    typestr.as_bytes().get(1).copied().ok_or_else(|| unknown_type(object, typestr))
}

fn unknown_type(object: &Bound<'_, PyAny>, typestr: &str) -> PyErr {
    let name = type_name(object);
    PyTypeError::new_err(format!("cannot read the values of {name}: unknown typestr {typestr:?}"))
}

fn element(object: &Bound<'_, PyAny>, typestr: &str) -> PyResult<Element> {
    if typestr.starts_with("StringDType") {
        // The one type that NumPy has no type string for.
        return Element::from_kind(b'U', 0).map_err(|unreadable| unreadable.of(object));
    }
    let kind = kind(object, typestr)?;
    let unknown = || unknown_type(object, typestr);
    let order = typestr.as_bytes()[0];
    let rest = typestr.get(2..).ok_or_else(unknown)?;
    let element = match kind {
        b'M' | b'm' => {
            // `<M8[ns]` is eight bytes, with the unit in brackets.
            let unit = rest.strip_prefix("8[").and_then(|unit| unit.strip_suffix(']'));
            Element::from_time_unit(kind, unit.unwrap_or_default())
        }
        _ => Element::from_kind(kind, rest.parse().map_err(|_| unknown())?),
    };
    Ok(element.map_err(|unreadable| unreadable.of(object))?.ordered(order))
}
