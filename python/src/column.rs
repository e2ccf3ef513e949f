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
    ///
    /// >>> cs.Table(np.zeros((2, 2)))[1].name
    /// '1'
    #[getter]
    fn name(&self) -> &str {
        &self.0.name
    }

    /// The Arrow type of the values, in words.
    ///
    /// >>> cs.Column([0.5, 1.5]).type
    /// 'float64'
    #[getter]
    fn r#type(&self) -> String {
        self.0.kind.name()
    }

    /// How many values are null.
    ///
    /// >>> cs.Column([4, None, 6]).null_count
    /// 1
    #[getter]
    fn null_count(&self, py: Python<'_>) -> u64 {
        py.detach(|| self.0.fold(colstats::Need::Count).nulls())
    }

    /// How many pieces the column is stored in.
    ///
    /// >>> cs.Column([4, None, 6]).num_chunks
    /// 1
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

    /// Answer as `colstats.count` does.
    ///
    /// >>> cs.Column([4, None, 6]).count()
    /// 2
    #[pyo3(signature = (*, skip_nans=false))]
    fn count<'py>(&self, py: Python<'py>, skip_nans: bool) -> PyResult<Bound<'py, PyAny>> {
        of_column(py, &self.0, Statistic::Count, &counting(skip_nans))
    }

    /// Answer as `colstats.sum` does.
    ///
    /// >>> cs.Column([4, None, 6]).sum()
    /// 10
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

    /// Answer as `colstats.mean` does.
    ///
    /// >>> cs.Column([4, None, 6]).mean()
    /// 5.0
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

    /// Answer as `colstats.variance` does.
    ///
    /// >>> cs.Column([4, None, 6]).variance(ddof=1)
    /// 2.0
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

    /// Answer as `colstats.stddev` does.
    ///
    /// >>> cs.Column([4, None, 6]).stddev()
    /// 1.0
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

    /// Answer as `colstats.min` does.
    ///
    /// >>> cs.Column([4, None, 6]).min()
    /// 4
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

    /// Answer as `colstats.max` does.
    ///
    /// >>> cs.Column([4, None, 6]).max()
    /// 6
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
