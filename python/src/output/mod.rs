//! Results as Python objects: numbers and times for a column, [`records`] for a table.
//!
//! [`answer`] makes an object of a statistic, [`element`] one of an element of an Arrow array. Both
//! are exact: numbers are [`numbers`], and [`times`] are those of `datetime`, or of
//! `colstats.times` for columns in nanoseconds. What no Python object can hold is refused.

mod answer;
mod arro3;
pub mod buffers;
mod element;
mod floats;
mod numbers;
mod records;
mod times;

pub use answer::to_python;
pub use arro3::array;
pub use element::element;
pub use floats::Floats;
pub use numbers::integer;
pub use records::{Records, Values};

use arrow_array::ArrayRef;
use arrow_schema::Field;
use pyo3::prelude::*;

use crate::classes::rows::PyRows;

/// `Rows` with an array for each column.
pub fn record_batch<'py>(
    py: Python<'py>,
    fields: Vec<Field>,
    arrays: Vec<ArrayRef>,
) -> PyResult<Bound<'py, PyAny>> {
    let columns = fields.into_iter().zip(arrays);
    let columns = columns.map(|(field, array)| Values::new(field, array)).collect();
    PyRows::of(py, Records::new(columns))
}

/// The capsule of a stream of `Rows`.
pub fn stream<'py>(
    rows: &Bound<'py, PyAny>,
    requested_schema: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    rows.call_method1("__arrow_c_stream__", (requested_schema,))
}
