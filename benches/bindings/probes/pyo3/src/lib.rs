//! The probes by PyO3. The kernels are in C, as in every other probe, so that compilers are not compared.

use numpy::PyReadonlyArray1;
use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;

mod kernels {
    unsafe extern "C" {
        pub safe fn add(i: i64, j: i64) -> i64;
        pub safe fn fibonacci(n: i64) -> i64;
        fn sum(values: *const f64, len: usize) -> f64;
    }

    /// The sum by the kernel that all probes call.
    pub fn sum_of(values: &[f64]) -> f64 {
        // SAFETY: the pointer and the length are those of a slice.
        unsafe { sum(values.as_ptr(), values.len()) }
    }
}

/// The first value, if there is one.
fn first_of(values: &[f64]) -> PyResult<f64> {
    values
        .first()
        .copied()
        .ok_or_else(|| PyIndexError::new_err("an empty array has no first value"))
}

#[pymodule]
mod _native {
    use super::*;

    #[pyfunction]
    fn add(i: i64, j: i64) -> i64 {
        kernels::add(i, j)
    }

    #[pyfunction]
    fn fibonacci(n: i64) -> i64 {
        kernels::fibonacci(n)
    }

    #[pyfunction]
    fn sum_shared(array: PyReadonlyArray1<'_, f64>) -> PyResult<f64> {
        Ok(kernels::sum_of(array.as_slice()?))
    }

    #[pyfunction]
    fn sum_copied(values: Vec<f64>) -> f64 {
        kernels::sum_of(&values)
    }

    #[pyfunction]
    fn first(array: PyReadonlyArray1<'_, f64>) -> PyResult<f64> {
        first_of(array.as_slice()?)
    }

    #[pyfunction]
    fn first_copied(values: Vec<f64>) -> PyResult<f64> {
        first_of(&values)
    }
}
