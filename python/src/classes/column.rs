//! The class `Column`: imported once, asked often.

use colstats::{Chunk, Statistic};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::classes::table::PyTable;
use crate::evaluate::of_column;
use crate::input;
use crate::input::data::{Column, Input};
use crate::names::{quoted, type_name};
use crate::options::{NonNegative, Options, Piece, Threads};
use crate::summary::describe;

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
        if !data.is_instance_of::<PyTable>()
            && let Input::Column(column) = input::open(data)?
        {
            return Ok(Self(column));
        }
        Err(PyTypeError::new_err(format!(
            "{} is a table, not one column: use colstats.Table",
            type_name(data)
        )))
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
    fn null_count(this: &Bound<'_, Self>) -> PyResult<usize> {
        let rows = this.get().0.rows();
        let count = of_column(
            this.as_any(),
            &this.get().0,
            Statistic::Count,
            &Options::counting(false, None),
        )?;
        Ok(rows - count.extract::<usize>()?)
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
            name => format!(" {}", quoted(name)),
        };
        format!("<colstats.Column{name}: {}, {} rows>", self.0.kind.name(), self.0.rows())
    }

    /// Answer as `colstats.count` does.
    ///
    /// >>> cs.Column([4, None, 6]).count()
    /// 2
    #[pyo3(signature = (*, skip_nans=false, per=None, threads=None))]
    fn count<'py>(
        this: &Bound<'py, Self>,
        skip_nans: bool,
        per: Option<Piece>,
        threads: Option<Threads>,
    ) -> PyResult<Bound<'py, PyAny>> {
        of_column(
            this.as_any(),
            &this.get().0,
            Statistic::Count,
            &Options::counting(skip_nans, threads).per(per),
        )
    }

    /// Answer as `colstats.sum` does.
    ///
    /// >>> cs.Column([4, None, 6]).sum()
    /// 10
    #[pyo3(
        signature = (*, skip_nulls=true, min_count=NonNegative(1), skip_nans=false, per=None, threads=None),
        text_signature = "($self, *, skip_nulls=True, min_count=1, skip_nans=False, per=None, threads=None)",
    )]
    fn sum<'py>(
        this: &Bound<'py, Self>,
        skip_nulls: bool,
        min_count: NonNegative,
        skip_nans: bool,
        per: Option<Piece>,
        threads: Option<Threads>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let options =
            Options::new(skip_nulls, skip_nans, min_count, NonNegative(0), threads).per(per);
        of_column(this.as_any(), &this.get().0, Statistic::Sum, &options)
    }

    /// Answer as `colstats.mean` does.
    ///
    /// >>> cs.Column([4, None, 6]).mean()
    /// 5.0
    #[pyo3(
        signature = (*, skip_nulls=true, min_count=NonNegative(1), skip_nans=false, per=None, threads=None),
        text_signature = "($self, *, skip_nulls=True, min_count=1, skip_nans=False, per=None, threads=None)",
    )]
    fn mean<'py>(
        this: &Bound<'py, Self>,
        skip_nulls: bool,
        min_count: NonNegative,
        skip_nans: bool,
        per: Option<Piece>,
        threads: Option<Threads>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let options =
            Options::new(skip_nulls, skip_nans, min_count, NonNegative(0), threads).per(per);
        of_column(this.as_any(), &this.get().0, Statistic::Mean, &options)
    }

    /// Answer as `colstats.variance` does.
    ///
    /// >>> cs.Column([4, None, 6]).variance(ddof=1)
    /// 2.0
    #[pyo3(
        signature = (*, ddof=NonNegative(0), skip_nulls=true, min_count=NonNegative(0), skip_nans=false, per=None, threads=None),
        text_signature = "($self, *, ddof=0, skip_nulls=True, min_count=0, skip_nans=False, per=None, threads=None)",
    )]
    fn variance<'py>(
        this: &Bound<'py, Self>,
        ddof: NonNegative,
        skip_nulls: bool,
        min_count: NonNegative,
        skip_nans: bool,
        per: Option<Piece>,
        threads: Option<Threads>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let options = Options::new(skip_nulls, skip_nans, min_count, ddof, threads).per(per);
        of_column(this.as_any(), &this.get().0, Statistic::Variance, &options)
    }

    /// Answer as `colstats.stddev` does.
    ///
    /// >>> cs.Column([4, None, 6]).stddev()
    /// 1.0
    #[pyo3(
        signature = (*, ddof=NonNegative(0), skip_nulls=true, min_count=NonNegative(0), skip_nans=false, per=None, threads=None),
        text_signature = "($self, *, ddof=0, skip_nulls=True, min_count=0, skip_nans=False, per=None, threads=None)",
    )]
    fn stddev<'py>(
        this: &Bound<'py, Self>,
        ddof: NonNegative,
        skip_nulls: bool,
        min_count: NonNegative,
        skip_nans: bool,
        per: Option<Piece>,
        threads: Option<Threads>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let options = Options::new(skip_nulls, skip_nans, min_count, ddof, threads).per(per);
        of_column(this.as_any(), &this.get().0, Statistic::Stddev, &options)
    }

    /// Answer as `colstats.min` does.
    ///
    /// >>> cs.Column([4, None, 6]).min()
    /// 4
    #[pyo3(
        signature = (*, skip_nulls=true, min_count=NonNegative(1), skip_nans=false, per=None, threads=None),
        text_signature = "($self, *, skip_nulls=True, min_count=1, skip_nans=False, per=None, threads=None)",
    )]
    fn min<'py>(
        this: &Bound<'py, Self>,
        skip_nulls: bool,
        min_count: NonNegative,
        skip_nans: bool,
        per: Option<Piece>,
        threads: Option<Threads>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let options =
            Options::new(skip_nulls, skip_nans, min_count, NonNegative(0), threads).per(per);
        of_column(this.as_any(), &this.get().0, Statistic::Min, &options)
    }

    /// Answer as `colstats.max` does.
    ///
    /// >>> cs.Column([4, None, 6]).max()
    /// 6
    #[pyo3(
        signature = (*, skip_nulls=true, min_count=NonNegative(1), skip_nans=false, per=None, threads=None),
        text_signature = "($self, *, skip_nulls=True, min_count=1, skip_nans=False, per=None, threads=None)",
    )]
    fn max<'py>(
        this: &Bound<'py, Self>,
        skip_nulls: bool,
        min_count: NonNegative,
        skip_nans: bool,
        per: Option<Piece>,
        threads: Option<Threads>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let options =
            Options::new(skip_nulls, skip_nans, min_count, NonNegative(0), threads).per(per);
        of_column(this.as_any(), &this.get().0, Statistic::Max, &options)
    }

    /// Describe as `colstats.describe` does.
    ///
    /// >>> cs.Column([4, None, 6]).describe()[0]["mean"]
    /// 5.0
    #[pyo3(signature = (**options), text_signature = "($self, *, ddof=0, skip_nulls=True, skip_nans=False, threads=None)")]
    fn describe<'py>(
        this: &Bound<'py, Self>,
        options: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        describe(this.as_any(), options)
    }
}
