//! Results as objects of arro3, a small Arrow library.

use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema};
use arrow_array::{Array, ArrayRef, StructArray};
use arrow_schema::{ArrowError, Field, Fields, Schema};
use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyCapsule;

pub fn record_batch<'py>(
    py: Python<'py>,
    fields: Vec<Field>,
    arrays: Vec<ArrayRef>,
) -> PyResult<Bound<'py, PyAny>> {
    static RECORD_BATCH: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let class = RECORD_BATCH.import(py, "arro3.core", "RecordBatch")?;
    let batch = match fields.is_empty() {
        true => StructArray::new_empty_fields(1, None),
        false => {
            StructArray::try_new(Fields::from(fields.clone()), arrays, None).map_err(failed)?
        }
    };
    let schema = FFI_ArrowSchema::try_from(Schema::new(fields)).map_err(failed)?;
    export(py, class, schema, &batch)
}

/// The capsule of a stream of one record batch of arro3.
pub fn stream<'py>(
    batch: &Bound<'py, PyAny>,
    requested_schema: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    static TABLE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let class = TABLE.import(batch.py(), "arro3.core", "Table")?;
    let table = class.call_method1("from_batches", ([batch],))?;
    table.call_method1("__arrow_c_stream__", (requested_schema,))
}

/// An array of arro3.
pub fn array<'py>(py: Python<'py>, field: Field, array: &dyn Array) -> PyResult<Bound<'py, PyAny>> {
    static ARRAY: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let class = ARRAY.import(py, "arro3.core", "Array")?;
    export(py, class, FFI_ArrowSchema::try_from(field).map_err(failed)?, array)
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

fn failed(error: ArrowError) -> PyErr {
    PyValueError::new_err(error.to_string())
}
