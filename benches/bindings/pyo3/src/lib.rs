//! The naive statistics by PyO3, as in its guide: functions that take a `Vec`, and a class.

use pyo3::prelude::*;

#[pymodule]
mod _native {
    use super::*;

    /// The mean of a list, which is converted to a `Vec`.
    #[pyfunction]
    fn mean(values: Vec<f64>) -> f64 {
        naive::mean(&values)
    }

    /// The standard deviation of a list, which is converted to a `Vec`.
    #[pyfunction]
    fn stddev(values: Vec<f64>) -> f64 {
        naive::stddev(&values)
    }

    /// Values that are converted once.
    #[pyclass(frozen)]
    struct Array {
        values: Vec<f64>,
    }

    #[pymethods]
    impl Array {
        #[new]
        fn new(values: Vec<f64>) -> Self {
            Self { values }
        }

        fn mean(&self) -> f64 {
            naive::mean(&self.values)
        }

        fn stddev(&self) -> f64 {
            naive::stddev(&self.values)
        }
    }
}
