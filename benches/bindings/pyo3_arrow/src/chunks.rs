//! What importing by `AnyArray` costs, which takes streams as well.

use pyo3::prelude::*;
use pyo3_arrow::input::AnyArray;

use crate::{Values, doubles};

/// The chunks of an array or of a stream of arrays, imported once.
#[pyclass(frozen)]
pub struct Chunks {
    chunks: Vec<Values>,
}

#[pymethods]
impl Chunks {
    #[new]
    fn new(array: AnyArray) -> PyResult<Self> {
        let (chunks, _) = array.into_chunked_array()?.into_inner();
        let chunks = chunks.iter().map(|chunk| doubles(chunk).cloned()).collect::<PyResult<_>>()?;
        Ok(Self { chunks })
    }

    /// The number of values.
    fn count(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.len()).sum()
    }
}
