//! The class `Table`: columns of one length, imported once.

use colstats::Statistic;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyIterator, PyList};

use crate::classes::column::PyColumn;
use crate::classes::statistics::statistics;
use crate::evaluate::of_table;
use crate::functions::states::moments_of;
use crate::groups::ask::of_groups;
use crate::input;
use crate::input::data::{Input, InputRef, Table};
use crate::input::source::Source;
use crate::names::{counted, type_name};
use crate::options::{Keywords, Label, Selection, read};
use crate::summary::{by_function, describe};

/// A table, imported once. Nothing is copied and no result is cached. Statistics are a Row, with a
/// value for each column of the table.
///
/// Args:
///     data: A table: any Arrow object with columns, a NumPy array of two dimensions or with fields,
///         a dict of columns by name, or an iterable of batches.
///
/// Examples:
///     >>> import colstats as cs
///     >>> import numpy as np
///     >>> table = cs.Table(np.array([[1.0, 10.0], [3.0, 30.0]]))
///     >>> table
///     <colstats.Table: 2 columns, 2 rows>
///     >>> table["0"].mean(), table[-1].mean()
///     (2.0, 20.0)
///     >>> table.column_names, "1" in table
///     (['0', '1'], True)
#[pyclass(name = "Table", module = "colstats", frozen)]
pub struct PyTable(pub Table);

impl PyTable {
    pub fn data(&self) -> &Table {
        &self.0
    }

    fn ask<'py>(
        this: &Bound<'py, Self>,
        statistic: Statistic,
        keywords: &Keywords,
    ) -> PyResult<Bound<'py, PyAny>> {
        let table = &this.get().0;
        match &keywords.by {
            None => of_table(this.py(), table, statistic, keywords),
            Some(by) => {
                let source = Source::Held(InputRef::Table(table));
                of_groups(this.as_any(), source, by, statistic, keywords)
            }
        }
    }
}

statistics! {
    methods rows PyTable(numeric_only: bool = false)(by, per, step, align, on, columns, threads)
    each ", for each column"
    example
        "cs.Table(np.array([[4.0], [6.0]]))" ".to_dict()"
        "{'0': " "}"
    own {
        #[new]
        #[pyo3(signature = (data, /))]
        fn new(data: &Bound<'_, PyAny>) -> PyResult<Self> {
            if let Ok(table) = data.cast::<Self>() {
                return Ok(Self(table.get().0.clone()));
            }
            match input::open(data)?.read_all()? {
                Input::Table(table) => Ok(Self(table)),
                Input::Column(_) => Err(PyTypeError::new_err(format!(
                    "{} is one column, not a table: use colstats.Column",
                    type_name(data)
                ))),
            }
        }

        /// The names of the columns, in order.
        ///
        /// >>> cs.Table(np.zeros((3, 2))).column_names
        /// ['0', '1']
        #[getter]
        fn column_names(&self) -> Vec<&str> {
            self.0.columns.iter().map(|column| column.name.as_str()).collect()
        }

        /// How many columns there are.
        ///
        /// >>> cs.Table(np.zeros((3, 2))).num_columns
        /// 2
        #[getter]
        fn num_columns(&self) -> usize {
            self.0.columns.len()
        }

        /// How many rows there are.
        fn __len__(&self) -> usize {
            self.0.rows
        }

        /// A column by its name or its position.
        fn __getitem__(&self, label: Label) -> PyResult<PyColumn> {
            Ok(PyColumn(label.find(&self.0)?.clone()))
        }

        /// Whether there is a column of a name.
        fn __contains__(&self, name: &Bound<'_, PyAny>) -> bool {
            let Ok(name) = name.extract::<&str>() else {
                return false;
            };
            self.0.columns.iter().any(|column| column.name == name)
        }

        /// The names of the columns, one by one.
        fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
            PyList::new(py, self.column_names())?.try_iter()
        }

        fn __repr__(&self) -> String {
            let columns = counted(self.0.columns.len(), "column");
            format!("<colstats.Table: {columns}, {}>", counted(self.0.rows, "row"))
        }

        /// The states of the columns, or of groups of rows: see `colstats.moments`.
        ///
        /// >>> cs.Table(np.array([[1.0, 2.0], [3.0, 4.0]])).moments()["1"].max()
        /// 4.0
        #[pyo3(signature = (*, by=None, columns=None, numeric_only=false, threads=None))]
        fn moments<'py>(
            this: &Bound<'py, Self>,
            #[pyo3(from_py_with = read::by)] by: Option<Vec<Label>>,
            #[pyo3(from_py_with = read::columns)] columns: Option<Vec<Label>>,
            #[pyo3(from_py_with = read::numeric_only)] numeric_only: bool,
            #[pyo3(from_py_with = read::threads)] threads: Option<usize>,
        ) -> PyResult<Bound<'py, PyAny>> {
            let selection = Selection { columns, numeric_only };
            moments_of(this.as_any(), by.as_deref(), &selection, threads)
        }

        /// All statistics of each column: see `colstats.describe`.
        ///
        /// >>> cs.Table(np.array([[1.0, 2.0], [3.0, 4.0]])).describe()["1"]["max"]
        /// 4.0
        #[pyo3(
            signature = (**options),
            text_signature = "($self, *, by=None, ddof=0, skip_nulls=True, skip_nans=False, \
                columns=None, numeric_only=False, quantiles=None, shape=False, threads=None)"
        )]
        fn describe<'py>(
            this: &Bound<'py, Self>,
            options: Option<&Bound<'py, PyDict>>,
        ) -> PyResult<Bound<'py, PyAny>> {
            describe(this.as_any(), options)
        }

        /// Fit a column to others by least squares: see `colstats.ols`.
        ///
        /// >>> cs.Table({"a": [0, 1, 2], "y": [1, 3, 5]}).ols(y="y", x="a")["a"]
        /// 2.0
        #[pyo3(
            signature = (**options),
            text_signature = "($self, *, y, x, degree=1, intercept=True, skip_nulls=True, skip_nans=False, weights=None, threads=None)"
        )]
        fn ols<'py>(
            this: &Bound<'py, Self>,
            options: Option<&Bound<'py, PyDict>>,
        ) -> PyResult<Bound<'py, PyAny>> {
            by_function(this.as_any(), "ols", None, options)
        }

        /// The covariance of all pairs of columns: see `colstats.covariance`.
        ///
        /// >>> cs.Table(np.array([[1.0, 1.0], [2.0, 1.0], [3.0, 4.0]])).covariance(ddof=1)[0]["1"]
        /// 1.5
        #[pyo3(
            signature = (**options),
            text_signature = "($self, *, ddof=0, skip_nulls=True, min_count=0, skip_nans=False, weights=None, complete=False, columns=None, threads=None)"
        )]
        fn covariance<'py>(
            this: &Bound<'py, Self>,
            options: Option<&Bound<'py, PyDict>>,
        ) -> PyResult<Bound<'py, PyAny>> {
            by_function(this.as_any(), "covariance", None, options)
        }

        /// Pearson's coefficient of correlation of all pairs of columns: see `colstats.correlation`.
        ///
        /// >>> cs.Table(np.array([[1.0, 1.0], [2.0, 1.0], [3.0, 4.0]])).correlation()["column"]
        /// ['0', '1']
        #[pyo3(
            signature = (**options),
            text_signature = "($self, *, skip_nulls=True, min_count=0, skip_nans=False, weights=None, complete=False, columns=None, threads=None)"
        )]
        fn correlation<'py>(
            this: &Bound<'py, Self>,
            options: Option<&Bound<'py, PyDict>>,
        ) -> PyResult<Bound<'py, PyAny>> {
            by_function(this.as_any(), "correlation", None, options)
        }

        /// The median of each column: see `colstats.median`.
        ///
        /// >>> cs.Table(np.array([[1.0, 1.0], [2.0, 1.0], [3.0, 4.0]])).median()["0"]
        /// 2.0
        #[pyo3(
            signature = (**options),
            text_signature = "($self, *, skip_nulls=True, min_count=1, skip_nans=False, columns=None, numeric_only=False, threads=None)"
        )]
        fn median<'py>(
            this: &Bound<'py, Self>,
            options: Option<&Bound<'py, PyDict>>,
        ) -> PyResult<Bound<'py, PyAny>> {
            by_function(this.as_any(), "median", None, options)
        }

        /// A quantile of each column, or several: see `colstats.quantile`.
        ///
        /// >>> cs.Table(np.array([[1.0, 1.0], [2.0, 1.0], [3.0, 4.0]])).quantile(0.5)["0"]
        /// 2.0
        #[pyo3(
            signature = (q, /, **options),
            text_signature = "($self, q, /, *, interpolation=\"linear\", skip_nulls=True, min_count=1, skip_nans=False, columns=None, numeric_only=False, threads=None)"
        )]
        fn quantile<'py>(
            this: &Bound<'py, Self>,
            q: &Bound<'py, PyAny>,
            options: Option<&Bound<'py, PyDict>>,
        ) -> PyResult<Bound<'py, PyAny>> {
            by_function(this.as_any(), "quantile", Some(q), options)
        }

        /// The number of different values of each column: see `colstats.n_unique`.
        ///
        /// >>> cs.Table(np.array([[1.0, 1.0], [2.0, 1.0], [3.0, 4.0]])).n_unique()["1"]
        /// 2
        #[pyo3(
            signature = (**options),
            text_signature = "($self, *, skip_nans=False, columns=None, numeric_only=False, threads=None)"
        )]
        fn n_unique<'py>(
            this: &Bound<'py, Self>,
            options: Option<&Bound<'py, PyDict>>,
        ) -> PyResult<Bound<'py, PyAny>> {
            by_function(this.as_any(), "n_unique", None, options)
        }

        /// The most frequent value of each column: see `colstats.mode`.
        ///
        /// >>> cs.Table(np.array([[1.0, 1.0], [2.0, 1.0], [3.0, 4.0]])).mode()["1"]
        /// 1.0
        #[pyo3(
            signature = (**options),
            text_signature = "($self, *, skip_nulls=True, min_count=1, skip_nans=False, columns=None, numeric_only=False, threads=None)"
        )]
        fn mode<'py>(
            this: &Bound<'py, Self>,
            options: Option<&Bound<'py, PyDict>>,
        ) -> PyResult<Bound<'py, PyAny>> {
            by_function(this.as_any(), "mode", None, options)
        }

        /// The skewness of each column: see `colstats.skewness`.
        ///
        /// >>> cs.Table(np.array([[1.0, 1.0], [2.0, 1.0], [3.0, 4.0]])).skewness()["0"]
        /// 0.0
        #[pyo3(
            signature = (**options),
            text_signature = "($self, *, biased=True, skip_nulls=True, min_count=1, skip_nans=False, columns=None, numeric_only=False, threads=None)"
        )]
        fn skewness<'py>(
            this: &Bound<'py, Self>,
            options: Option<&Bound<'py, PyDict>>,
        ) -> PyResult<Bound<'py, PyAny>> {
            by_function(this.as_any(), "skewness", None, options)
        }

        /// The excess kurtosis of each column: see `colstats.kurtosis`.
        ///
        /// >>> cs.Table(np.array([[1.0, 1.0], [2.0, 1.0], [3.0, 4.0]])).kurtosis()["0"]
        /// -1.5
        #[pyo3(
            signature = (**options),
            text_signature = "($self, *, biased=True, skip_nulls=True, min_count=1, skip_nans=False, columns=None, numeric_only=False, threads=None)"
        )]
        fn kurtosis<'py>(
            this: &Bound<'py, Self>,
            options: Option<&Bound<'py, PyDict>>,
        ) -> PyResult<Bound<'py, PyAny>> {
            by_function(this.as_any(), "kurtosis", None, options)
        }

        /// The standard error of the mean of each column: see `colstats.sem`.
        ///
        /// >>> cs.Table(np.array([[1.0, 1.0], [2.0, 1.0], [3.0, 4.0]])).sem()["0"]
        /// 0.5773502691896257
        #[pyo3(
            signature = (**options),
            text_signature = "($self, *, ddof=1, skip_nulls=True, min_count=0, skip_nans=False, columns=None, numeric_only=False, threads=None)"
        )]
        fn sem<'py>(
            this: &Bound<'py, Self>,
            options: Option<&Bound<'py, PyDict>>,
        ) -> PyResult<Bound<'py, PyAny>> {
            by_function(this.as_any(), "sem", None, options)
        }

        /// The root of the mean of the squares of each column: see `colstats.rms`.
        ///
        /// >>> cs.Table(np.array([[1.0, 1.0], [2.0, 1.0], [3.0, 4.0]])).rms()["0"]
        /// 2.160246899469287
        #[pyo3(
            signature = (**options),
            text_signature = "($self, *, skip_nulls=True, min_count=1, skip_nans=False, columns=None, numeric_only=False, threads=None)"
        )]
        fn rms<'py>(
            this: &Bound<'py, Self>,
            options: Option<&Bound<'py, PyDict>>,
        ) -> PyResult<Bound<'py, PyAny>> {
            by_function(this.as_any(), "rms", None, options)
        }
    }
}
