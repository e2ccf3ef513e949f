//! The class `Column`: imported once, asked often.

use colstats::{Chunk, Statistic};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::data::{Column, Input};
use crate::evaluate::of_column;
use crate::input;
use crate::options::{NonNegative, counting, policy};

/// A column, imported once. Nothing is copied and nothing is cached: each statistic reads the data
/// where it lies, which the column keeps alive.
///
/// Args:
///     data: One column: any Arrow object, NumPy array, buffer or list of numbers.
///
/// Examples:
///     >>> import colstats as cs
///     >>> column = cs.Column([1, 2, 3, None])
///     >>> column
///     <colstats.Column: int64, 4 rows>
///     >>> column.mean(), column.stddev(ddof=1), column.null_count
///     (2.0, 1.0, 1)
#[pyclass(name = "Column", module = "colstats", frozen)]
pub struct PyColumn(pub Column);

impl PyColumn {
    pub fn data(&self) -> &Column {
        &self.0
    }
}

#[pymethods]
impl PyColumn {
    #[new]
    #[pyo3(signature = (data, /))]
    fn new(data: &Bound<'_, PyAny>) -> PyResult<Self> {
        if let Ok(column) = data.cast::<Self>() {
            return Ok(Self(column.get().0.clone()));
        }
        match input::open(data)? {
            Input::Column(column) => Ok(Self(column)),
            Input::Table(_) => Err(PyTypeError::new_err(format!(
                "{} is a table, not one column: use colstats.Table",
                input::type_name(data)
            ))),
        }
    }

    /// The name of the column; empty if it has none.
    #[getter]
    fn name(&self) -> &str {
        &self.0.name
    }

    /// The Arrow type of the values, in words.
    #[getter]
    fn r#type(&self) -> String {
        self.0.kind.name()
    }

    /// How many values are null.
    #[getter]
    fn null_count(&self, py: Python<'_>) -> u64 {
        py.detach(|| self.0.fold(colstats::Need::Count).nulls())
    }

    /// How many pieces the column is stored in.
    #[getter]
    fn num_chunks(&self) -> usize {
        self.0.chunks.len()
    }

    /// How many rows there are, null or not.
    fn __len__(&self) -> usize {
        self.0.chunks.iter().map(Chunk::rows).sum()
    }

    fn __repr__(&self) -> String {
        let name = match self.0.name.as_str() {
            "" => String::new(),
            name => format!(" {name:?}"),
        };
        format!("<colstats.Column{name}: {}, {} rows>", self.0.kind.name(), self.0.rows())
    }

    /// Like `colstats.count`, for the column.
    #[pyo3(signature = (*, skip_nans=false))]
    fn count<'py>(&self, py: Python<'py>, skip_nans: bool) -> PyResult<Bound<'py, PyAny>> {
        of_column(py, &self.0, Statistic::Count, &counting(skip_nans))
    }

    /// Like `colstats.sum`, for the column.
    #[pyo3(
        signature = (*, skip_nulls=true, min_count=NonNegative(1), skip_nans=false),
        text_signature = "($self, *, skip_nulls=True, min_count=1, skip_nans=False)",
    )]
    fn sum<'py>(
        &self,
        py: Python<'py>,
        skip_nulls: bool,
        min_count: NonNegative,
        skip_nans: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let policy = policy(skip_nulls, skip_nans, min_count.0, 0);
        of_column(py, &self.0, Statistic::Sum, &policy)
    }

    /// Like `colstats.mean`, for the column.
    #[pyo3(
        signature = (*, skip_nulls=true, min_count=NonNegative(1), skip_nans=false),
        text_signature = "($self, *, skip_nulls=True, min_count=1, skip_nans=False)",
    )]
    fn mean<'py>(
        &self,
        py: Python<'py>,
        skip_nulls: bool,
        min_count: NonNegative,
        skip_nans: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let policy = policy(skip_nulls, skip_nans, min_count.0, 0);
        of_column(py, &self.0, Statistic::Mean, &policy)
    }

    /// Like `colstats.variance`, for the column.
    #[pyo3(
        signature = (*, ddof=NonNegative(0), skip_nulls=true, min_count=NonNegative(0), skip_nans=false),
        text_signature = "($self, *, ddof=0, skip_nulls=True, min_count=0, skip_nans=False)",
    )]
    fn variance<'py>(
        &self,
        py: Python<'py>,
        ddof: NonNegative,
        skip_nulls: bool,
        min_count: NonNegative,
        skip_nans: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let policy = policy(skip_nulls, skip_nans, min_count.0, ddof.0);
        of_column(py, &self.0, Statistic::Variance, &policy)
    }

    /// Like `colstats.stddev`, for the column.
    #[pyo3(
        signature = (*, ddof=NonNegative(0), skip_nulls=true, min_count=NonNegative(0), skip_nans=false),
        text_signature = "($self, *, ddof=0, skip_nulls=True, min_count=0, skip_nans=False)",
    )]
    fn stddev<'py>(
        &self,
        py: Python<'py>,
        ddof: NonNegative,
        skip_nulls: bool,
        min_count: NonNegative,
        skip_nans: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let policy = policy(skip_nulls, skip_nans, min_count.0, ddof.0);
        of_column(py, &self.0, Statistic::Stddev, &policy)
    }

    /// Like `colstats.min`, for the column.
    #[pyo3(
        signature = (*, skip_nulls=true, min_count=NonNegative(1), skip_nans=false),
        text_signature = "($self, *, skip_nulls=True, min_count=1, skip_nans=False)",
    )]
    fn min<'py>(
        &self,
        py: Python<'py>,
        skip_nulls: bool,
        min_count: NonNegative,
        skip_nans: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let policy = policy(skip_nulls, skip_nans, min_count.0, 0);
        of_column(py, &self.0, Statistic::Min, &policy)
    }

    /// Like `colstats.max`, for the column.
    #[pyo3(
        signature = (*, skip_nulls=true, min_count=NonNegative(1), skip_nans=false),
        text_signature = "($self, *, skip_nulls=True, min_count=1, skip_nans=False)",
    )]
    fn max<'py>(
        &self,
        py: Python<'py>,
        skip_nulls: bool,
        min_count: NonNegative,
        skip_nans: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let policy = policy(skip_nulls, skip_nans, min_count.0, 0);
        of_column(py, &self.0, Statistic::Max, &policy)
    }
}
