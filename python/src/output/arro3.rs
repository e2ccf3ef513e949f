//! Results as objects of arro3, a small Arrow library: arrays of `per=`, and whatever casts to a
//! schema that a consumer requests.

use arrow_array::Array;
use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema};
use arrow_schema::Field;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyCapsule;

use super::records::{Records, failed};

/// An array of arro3.
pub fn array<'py>(py: Python<'py>, field: Field, array: &dyn Array) -> PyResult<Bound<'py, PyAny>> {
    static ARRAY: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let class = ARRAY.import(py, "arro3.core", "Array")?;
    export(py, class, FFI_ArrowSchema::try_from(field).map_err(failed)?, array)
}

/// A record batch of arro3 with an array for each column.
pub fn record_batch<'py>(py: Python<'py>, records: &Records) -> PyResult<Bound<'py, PyAny>> {
    let class = py.import("arro3.core")?.getattr("RecordBatch")?;
    let schema = FFI_ArrowSchema::try_from(records.arrow_schema()).map_err(failed)?;
    export(py, &class, schema, &records.to_struct()?)
}

/// A table of arro3 of one batch.
pub fn table<'py>(py: Python<'py>, records: &Records) -> PyResult<Bound<'py, PyAny>> {
    let class = py.import("arro3.core")?.getattr("Table")?;
    class.call_method1("from_batches", ([record_batch(py, records)?],))
}

/// Makes an object of a class of arro3.
fn export<'py>(
    py: Python<'py>,
    class: &Bound<'py, PyAny>,
    schema: FFI_ArrowSchema,
    array: &dyn Array,
) -> PyResult<Bound<'py, PyAny>> {
    let array = FFI_ArrowArray::new(&array.to_data());
    let schema = PyCapsule::new_with_value(py, schema, c"arrow_schema")?;
    let array = PyCapsule::new_with_value(py, array, c"arrow_array")?;
    class.call_method1(intern!(py, "from_arrow_pycapsule"), (schema, array))
}
