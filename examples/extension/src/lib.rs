//! A Python extension of your own with exact statistics inside: PyO3 makes the module,
//! pyo3-arrow takes and returns Arrow data of any library, colstats computes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use colstats::{Error, Moments, Options, Statistic, arrow};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3_arrow::{PyArray, PyRecordBatch};

fn refused(error: Error) -> PyErr {
    PyTypeError::new_err(error.to_string())
}

#[pymodule]
mod zscores {
    use super::*;

    /// The standard score of each value: its distance from the mean, in standard deviations.
    #[pyfunction]
    fn standardize(py: Python<'_>, array: PyArray) -> PyResult<Bound<'_, PyAny>> {
        let (values, options) = (array.array(), Options::default());
        let floats = values.as_primitive_opt::<Float64Type>();
        let floats = floats.ok_or_else(|| PyTypeError::new_err("standardize takes float64"))?;
        let mean = arrow::mean(values, &options).map_err(refused)?.as_f64();
        let deviation = arrow::stddev(values, &options).map_err(refused)?.as_f64();
        let (Some(mean), Some(deviation)) = (mean, deviation) else {
            return Err(PyValueError::new_err("standardize takes at least one value"));
        };
        let scores: Float64Array = floats.unary(|value| (value - mean) / deviation);
        PyArray::from_array_ref(Arc::new(scores)).into_arro3(py)
    }

    /// Mean and standard deviation of each column of a record batch, one row per column.
    #[pyfunction]
    fn summarize(py: Python<'_>, batch: PyRecordBatch) -> PyResult<Bound<'_, PyAny>> {
        let (batch, options) = (batch.into_inner(), Options { ddof: 1, ..Options::default() });
        let each = |statistic: Statistic| {
            let answer = |column| arrow::Column::new([column])?.ask(statistic, &options);
            let answers = batch.columns().iter().map(|column| Ok(answer(column)?.as_f64()));
            Ok(Arc::new(answers.collect::<Result<Float64Array, Error>>()?) as ArrayRef)
        };
        let schema = batch.schema();
        let names = schema.fields().iter().map(|field| Some(field.name().clone()));
        let columns = [
            ("name", Arc::new(names.collect::<StringArray>()) as ArrayRef),
            ("mean", each(Statistic::Mean).map_err(refused)?),
            ("stddev", each(Statistic::Stddev).map_err(refused)?),
        ];
        let summary = RecordBatch::try_from_iter(columns);
        let summary = summary.map_err(|error| PyValueError::new_err(error.to_string()))?;
        PyRecordBatch::new(summary).into_arro3(py)
    }

    /// A running state, whose bytes `colstats.Moments.from_bytes` reads.
    #[pyclass(frozen)]
    #[derive(Default)]
    struct Running(Mutex<Moments>);

    #[pymethods]
    impl Running {
        #[new]
        fn new() -> Self {
            Self::default()
        }

        /// Adds the values of an array of the same type as those before.
        fn update(&self, array: PyArray) -> PyResult<()> {
            self.state().update_array(array.array()).map_err(refused)
        }

        /// The state as bytes.
        fn to_bytes(&self) -> Vec<u8> {
            self.state().to_bytes()
        }
    }

    impl Running {
        fn state(&self) -> MutexGuard<'_, Moments> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }
}
