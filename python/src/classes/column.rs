//! The class `Column`: data that is imported once, for many statistics.

use colstats::Statistic;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::classes::statistics::statistics;
use crate::evaluate::of_column;
use crate::functions::states::moments_of;
use crate::input;
use crate::input::data::{Column, Input};
use crate::names::{counted, quoted, type_name};
use crate::options::{Keywords, Selection, read};
use crate::summary::{by_function, describe};

/// A column, imported once. Nothing is copied and no result is cached: each statistic reads the
/// data in place, and the column keeps it alive.
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

    fn ask<'py>(
        this: &Bound<'py, Self>,
        statistic: Statistic,
        keywords: &Keywords,
    ) -> PyResult<Bound<'py, PyAny>> {
        of_column(this.as_any(), &this.get().0, statistic, keywords)
    }
}

statistics! {
    methods rows PyColumn()(per, step, align, on, threads)
    each ""
    example "cs.Column([4.0, None, 6.0])" "" "" ""
    own {
        #[new]
        #[pyo3(signature = (data, /))]
        fn new(data: &Bound<'_, PyAny>) -> PyResult<Self> {
            if let Ok(column) = data.cast::<Self>() {
                return Ok(Self(column.get().0.clone()));
            }
            match input::open(data)?.read_all()? {
                Input::Column(column) => Ok(Self(column)),
                Input::Table(_) => Err(PyTypeError::new_err(format!(
                    "{} is a table, not one column: use colstats.Table",
                    type_name(data)
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
        fn null_count(this: &Bound<'_, Self>) -> PyResult<usize> {
            let rows = this.get().0.rows();
            let count = Self::ask(this, Statistic::Count, &Keywords::default())?;
            Ok(rows - count.extract::<usize>()?)
        }

        /// How many chunks the column consists of.
        ///
        /// >>> cs.Column([4, None, 6]).num_chunks
        /// 1
        #[getter]
        fn num_chunks(&self) -> usize {
            self.0.chunks.len()
        }

        /// How many rows there are, null or not.
        fn __len__(&self) -> usize {
            self.0.rows()
        }

        fn __repr__(&self) -> String {
            let name = match self.0.name.as_str() {
                "" => String::new(),
                name => format!(" {}", quoted(name)),
            };
            let rows = counted(self.0.rows(), "row");
            format!("<colstats.Column{name}: {}, {rows}>", self.0.kind.name())
        }

        /// The state of the column, which can be merged: see `colstats.moments`.
        ///
        /// >>> cs.Column([4, None, 6]).moments()
        /// <colstats.Moments: int64, 3 rows>
        #[pyo3(signature = (*, threads=None))]
        fn moments<'py>(
            this: &Bound<'py, Self>,
            #[pyo3(from_py_with = read::threads)] threads: Option<usize>,
        ) -> PyResult<Bound<'py, PyAny>> {
            moments_of(this.as_any(), None, &Selection::default(), threads)
        }

        /// All statistics of the column: see `colstats.describe`.
        ///
        /// >>> cs.Column([4, None, 6]).describe()[0]["mean"]
        /// 5.0
        #[pyo3(
            signature = (**options),
            text_signature = "($self, *, ddof=0, skip_nulls=True, skip_nans=False, quantiles=None, shape=False, \
                threads=None)"
        )]
        fn describe<'py>(
            this: &Bound<'py, Self>,
            options: Option<&Bound<'py, PyDict>>,
        ) -> PyResult<Bound<'py, PyAny>> {
            describe(this.as_any(), options)
        }

        /// Fit a line to another column, by this one: see `colstats.linear_fit`.
        ///
        /// >>> cs.Column([0, 1, 2]).linear_fit([1, 3, 5])["slope"]
        /// 2.0
        #[pyo3(
            signature = (y, /, **options),
            text_signature = "($self, y, /, *, intercept=True, skip_nulls=True, skip_nans=False, weights=None, \
                threads=None)"
        )]
        fn linear_fit<'py>(
            this: &Bound<'py, Self>,
            y: &Bound<'py, PyAny>,
            options: Option<&Bound<'py, PyDict>>,
        ) -> PyResult<Bound<'py, PyAny>> {
            by_function(this.as_any(), "linear_fit", Some(y), options)
        }

        /// The covariance with another column: see `colstats.covariance`.
        ///
        /// >>> cs.Column([1, 2, 3]).covariance([2, 4, 7], ddof=1)
        /// 2.5
        #[pyo3(
            signature = (other, /, **options),
            text_signature = "($self, other, /, *, ddof=0, skip_nulls=True, min_count=0, skip_nans=False, weights=None, threads=None)"
        )]
        fn covariance<'py>(
            this: &Bound<'py, Self>,
            other: &Bound<'py, PyAny>,
            options: Option<&Bound<'py, PyDict>>,
        ) -> PyResult<Bound<'py, PyAny>> {
            by_function(this.as_any(), "covariance", Some(other), options)
        }

        /// Pearson's coefficient of correlation with another column: see `colstats.correlation`.
        ///
        /// >>> cs.Column([1, 2, 3]).correlation([2, 4, 6])
        /// 1.0
        #[pyo3(
            signature = (other, /, **options),
            text_signature = "($self, other, /, *, skip_nulls=True, min_count=0, skip_nans=False, weights=None, threads=None)"
        )]
        fn correlation<'py>(
            this: &Bound<'py, Self>,
            other: &Bound<'py, PyAny>,
            options: Option<&Bound<'py, PyDict>>,
        ) -> PyResult<Bound<'py, PyAny>> {
            by_function(this.as_any(), "correlation", Some(other), options)
        }

        /// The median: see `colstats.median`.
        ///
        /// >>> cs.Column([4, None, 6]).median()
        /// 5.0
        #[pyo3(
            signature = (**options),
            text_signature = "($self, *, skip_nulls=True, min_count=1, skip_nans=False, threads=None)"
        )]
        fn median<'py>(
            this: &Bound<'py, Self>,
            options: Option<&Bound<'py, PyDict>>,
        ) -> PyResult<Bound<'py, PyAny>> {
            by_function(this.as_any(), "median", None, options)
        }

        /// A quantile, or a list of them: see `colstats.quantile`.
        ///
        /// >>> cs.Column([4, None, 6]).quantile(0.25)
        /// 4.5
        #[pyo3(
            signature = (q, /, **options),
            text_signature = "($self, q, /, *, interpolation=\"linear\", skip_nulls=True, min_count=1, skip_nans=False, threads=None)"
        )]
        fn quantile<'py>(
            this: &Bound<'py, Self>,
            q: &Bound<'py, PyAny>,
            options: Option<&Bound<'py, PyDict>>,
        ) -> PyResult<Bound<'py, PyAny>> {
            by_function(this.as_any(), "quantile", Some(q), options)
        }

        /// The number of different values: see `colstats.n_unique`.
        ///
        /// >>> cs.Column([4, None, 4]).n_unique()
        /// 1
        #[pyo3(
            signature = (**options),
            text_signature = "($self, *, skip_nans=False, threads=None)"
        )]
        fn n_unique<'py>(
            this: &Bound<'py, Self>,
            options: Option<&Bound<'py, PyDict>>,
        ) -> PyResult<Bound<'py, PyAny>> {
            by_function(this.as_any(), "n_unique", None, options)
        }

        /// The most frequent value: see `colstats.mode`.
        ///
        /// >>> cs.Column([4, None, 4]).mode()
        /// 4
        #[pyo3(
            signature = (**options),
            text_signature = "($self, *, skip_nulls=True, min_count=1, skip_nans=False, threads=None)"
        )]
        fn mode<'py>(
            this: &Bound<'py, Self>,
            options: Option<&Bound<'py, PyDict>>,
        ) -> PyResult<Bound<'py, PyAny>> {
            by_function(this.as_any(), "mode", None, options)
        }

        /// The skewness: see `colstats.skewness`.
        ///
        /// >>> cs.Column([0, 0, 1]).skewness()
        /// 0.7071067811865476
        #[pyo3(
            signature = (**options),
            text_signature = "($self, *, biased=True, skip_nulls=True, min_count=1, skip_nans=False, threads=None)"
        )]
        fn skewness<'py>(
            this: &Bound<'py, Self>,
            options: Option<&Bound<'py, PyDict>>,
        ) -> PyResult<Bound<'py, PyAny>> {
            by_function(this.as_any(), "skewness", None, options)
        }

        /// The excess kurtosis: see `colstats.kurtosis`.
        ///
        /// >>> cs.Column([1, 2, 3, 4, 5]).kurtosis()
        /// -1.3
        #[pyo3(
            signature = (**options),
            text_signature = "($self, *, biased=True, skip_nulls=True, min_count=1, skip_nans=False, threads=None)"
        )]
        fn kurtosis<'py>(
            this: &Bound<'py, Self>,
            options: Option<&Bound<'py, PyDict>>,
        ) -> PyResult<Bound<'py, PyAny>> {
            by_function(this.as_any(), "kurtosis", None, options)
        }

        /// The standard error of the mean: see `colstats.sem`.
        ///
        /// >>> cs.Column([1, 2, 3, 4, 5]).sem()
        /// 0.7071067811865476
        #[pyo3(
            signature = (**options),
            text_signature = "($self, *, ddof=1, skip_nulls=True, min_count=0, skip_nans=False, threads=None)"
        )]
        fn sem<'py>(
            this: &Bound<'py, Self>,
            options: Option<&Bound<'py, PyDict>>,
        ) -> PyResult<Bound<'py, PyAny>> {
            by_function(this.as_any(), "sem", None, options)
        }

        /// The root of the mean of the squares: see `colstats.rms`.
        ///
        /// >>> cs.Column([1.0, -7.0]).rms()
        /// 5.0
        #[pyo3(
            signature = (**options),
            text_signature = "($self, *, skip_nulls=True, min_count=1, skip_nans=False, threads=None)"
        )]
        fn rms<'py>(
            this: &Bound<'py, Self>,
            options: Option<&Bound<'py, PyDict>>,
        ) -> PyResult<Bound<'py, PyAny>> {
            by_function(this.as_any(), "rms", None, options)
        }
    }
}
