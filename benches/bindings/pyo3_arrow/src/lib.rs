//! The naive statistics by PyO3 and pyo3-arrow, as pyo3-arrow's documentation suggests: functions that take a
//! `PyArray`, and a class that holds one. What only shows the cost of importing streams is in `chunks`.

mod chunks;

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Array as _, ArrayRef, PrimitiveArray};
use arrow_schema::DataType;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3_arrow::PyArray;

type Values = PrimitiveArray<Float64Type>;

/// The array as one of doubles, because the naive loops know neither other types nor nulls.
fn doubles(array: &ArrayRef) -> PyResult<&Values> {
    let values = array.as_primitive_opt::<Float64Type>().ok_or_else(|| {
        PyTypeError::new_err(format!("expected {}, got {}", DataType::Float64, array.data_type()))
    })?;
    match values.null_count() {
        0 => Ok(values),
        nulls => Err(PyValueError::new_err(format!("the array has {nulls} nulls"))),
    }
}

#[pymodule]
mod _native {
    use super::*;

    #[pymodule_export]
    use super::chunks::Chunks;

    /// The mean of an Arrow array or a buffer, imported by this call.
    #[pyfunction]
    fn mean_array(array: PyArray) -> PyResult<f64> {
        Ok(naive::mean(doubles(array.array())?.values()))
    }

    /// The standard deviation of an Arrow array or a buffer, imported by this call.
    #[pyfunction]
    fn stddev_array(array: PyArray) -> PyResult<f64> {
        Ok(naive::stddev(doubles(array.array())?.values()))
    }

    /// An array that was imported once and is read in place.
    #[pyclass(frozen)]
    struct Array {
        values: Values,
    }

    #[pymethods]
    impl Array {
        #[new]
        fn new(array: PyArray) -> PyResult<Self> {
            Ok(Self { values: doubles(array.array())?.clone() })
        }

        fn mean(&self) -> f64 {
            naive::mean(self.values.values())
        }

        fn stddev(&self) -> f64 {
            naive::stddev(self.values.values())
        }
    }
}
