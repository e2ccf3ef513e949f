//! The doors to memory that is described by a pointer, a shape and strides.
//!
//! [`buffer`], [`interface`] and [`dlpack`] are the doors. [`strides`] reads what all three describe, and
//! [`numpy`] what only NumPy's arrays have. [`grid`] is for statistics along axes.

pub mod buffer;
pub mod dlpack;
pub mod grid;
pub mod interface;
mod numpy;
mod strides;

use pyo3::prelude::*;

pub use grid::{Cells, Grid};
use strides::Dimensions;

/// The memory of an array of any number of dimensions, by one of the three doors.
pub fn describe(object: &Bound<'_, PyAny>, door: Door) -> PyResult<Grid> {
    let described = match door {
        Door::Buffer => buffer::describe(object, Dimensions::Any)?,
        Door::Interface => interface::describe(object, Dimensions::Any)?,
        Door::Dlpack => Some(dlpack::describe(object, Dimensions::Any)?),
    };
    described.map_or_else(|| Err(numpy::fields_have_no_axes(object)?), Ok)
}

/// A door to memory.
pub enum Door {
    Buffer,
    Interface,
    Dlpack,
}
