//! The classes `Rows` and `Row`: results with several columns. They hold Arrow arrays, and make
//! Python values of them on access.

use std::sync::{Arc, OnceLock};

use arrow_schema::Field;
use pyo3::exceptions::{PyIndexError, PyKeyError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyIterator, PyList, PyString};

use crate::names::{listed, quoted, type_name};
use crate::output::{Floats, Records, Values, buffers};

/// Results with several columns: a row for each window of ``per=``, or for each group of ``by=``.
///
/// It is an Arrow table: ``pyarrow.table``, ``polars.DataFrame``, duckdb and other libraries take it
/// as it is, and so do ``pandas.DataFrame`` and ``numpy.asarray``. An index is the position of a row,
/// which is a dict, or the name of a column, which is a list. All values are Python's, and exact.
///
/// Examples:
///     >>> import colstats as cs
///     >>> rows = cs.mean(cs.Table(np.array([[1.0, 10.0], [2.0, 30.0], [6.0, 50.0]])), per=2)
///     >>> rows
///     <colstats.Rows: 2 rows of 2 columns>
///       0     1
///     1.5  20.0
///     6.0  50.0
///     >>> rows[0], rows["1"], len(rows)
///     ({'0': 1.5, '1': 20.0}, [20.0, 50.0], 2)
#[pyclass(name = "Rows", module = "colstats", frozen, subclass)]
pub struct PyRows {
    /// Made of the floats, if there are any, when they are needed.
    records: OnceLock<Arc<Records>>,
    floats: Option<Floats>,
    /// What NumPy sees.
    numpy: PyOnceLock<Py<PyAny>>,
}

/// The results for a table: one value for each column, by its name.
///
/// A Row is Rows of which there is one. Its index is the name of a column, and ``dict(row)`` works.
///
/// Examples:
///     >>> import colstats as cs
///     >>> row = cs.sum(cs.Table(np.array([[1.5, 10.0], [2.5, 30.0]])))
///     >>> row
///     <colstats.Row: 2 columns>
///     0   4.0
///     1  40.0
///     >>> row["1"], row.to_dict(), np.asarray(row)
///     (40.0, {'0': 4.0, '1': 40.0}, array([ 4., 40.]))
#[pyclass(name = "Row", module = "colstats", frozen, extends = PyRows)]
pub struct PyRow;

/// A column for pickle: whether it has sums of integers, and its buffers.
type Part<'py> = (bool, buffers::Column<'py>);
/// Whether it is a row, how many there are, and the columns.
type Parts<'py> = (bool, usize, Vec<Part<'py>>);

impl From<Records> for PyRows {
    fn from(records: Records) -> Self {
        Self { records: OnceLock::from(Arc::new(records)), floats: None, numpy: PyOnceLock::new() }
    }
}

impl From<Floats> for PyRows {
    fn from(floats: Floats) -> Self {
        Self { records: OnceLock::new(), floats: Some(floats), numpy: PyOnceLock::new() }
    }
}

impl PyRows {
    pub fn of(py: Python<'_>, records: Records) -> PyResult<Bound<'_, PyAny>> {
        Ok(Bound::new(py, Self::from(records))?.into_any())
    }

    fn records(&self) -> &Arc<Records> {
        self.records.get_or_init(|| {
            let made = self.floats.as_ref().map(Floats::to_records);
            Arc::new(made.unwrap_or_else(|| unreachable!("there are records, or floats")))
        })
    }

    /// The position of the column with a name.
    fn find(&self, py: Python<'_>, name: &str) -> PyResult<usize> {
        let mut found = self.records().names().enumerate().filter(|(_, other)| *other == name);
        match (found.next(), found.next()) {
            (Some((place, _)), None) => Ok(place),
            (Some(_), Some(_)) => Err(PyKeyError::new_err(format!(
                "several columns are named {}: as Arrow, they have positions",
                quoted(name)
            ))),
            (None, _) => Err(self.no_column(py, name)?),
        }
    }

    fn no_column(&self, py: Python<'_>, name: &str) -> PyResult<PyErr> {
        let names = self.records().names().collect::<Vec<_>>();
        let close = py.import("difflib")?.getattr("get_close_matches")?;
        let close = close.call1((name, PyList::new(py, &names)?, 1))?.extract::<Vec<String>>()?;
        let advice = close.first().map(|close| format!("did you mean {}? ", quoted(close)));
        Ok(PyKeyError::new_err(format!(
            "no column {}; {}there are: {}",
            quoted(name),
            advice.unwrap_or_default(),
            listed(names.into_iter())
        )))
    }

    /// The position of a row, which may be counted from the end.
    fn place(&self, position: isize) -> PyResult<usize> {
        let count = self.records().rows;
        let place =
            if position < 0 { position.checked_add_unsigned(count) } else { Some(position) };
        let place = place.and_then(|place| usize::try_from(place).ok());
        place.filter(|&place| place < count).ok_or_else(|| {
            PyIndexError::new_err(format!("no row at position {position}: there are {count}"))
        })
    }

    /// The values of a row, in the order of the columns.
    fn values<'py>(&self, py: Python<'py>, row: usize) -> PyResult<Bound<'py, PyList>> {
        let values = self.records().columns.iter().map(|column| {
            column.get(py, row).map_err(|error| in_column(py, error, column.field.name()))
        });
        PyList::new(py, values.collect::<PyResult<Vec<_>>>()?)
    }

    fn row<'py>(&self, py: Python<'py>, row: usize) -> PyResult<Bound<'py, PyDict>> {
        self.expect_unique()?;
        let dict = PyDict::new(py);
        for (name, value) in self.records().names().zip(self.values(py, row)?) {
            dict.set_item(name, value)?;
        }
        Ok(dict)
    }

    /// The values of a column.
    fn column<'py>(&self, py: Python<'py>, place: usize) -> PyResult<Bound<'py, PyList>> {
        let column = &self.records().columns[place];
        let values = (0..self.records().rows).map(|row| column.get(py, row));
        let values = values.collect::<PyResult<Vec<_>>>();
        PyList::new(py, values.map_err(|error| in_column(py, error, column.field.name()))?)
    }

    /// Refuses names that would replace each other in a dict.
    fn expect_unique(&self) -> PyResult<()> {
        let mut names = self.records().names().collect::<Vec<_>>();
        names.sort_unstable();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            None => Ok(()),
            Some(pair) => Err(PyValueError::new_err(format!(
                "several columns are named {}, which a dict cannot hold: export it to Arrow",
                quoted(pair[0])
            ))),
        }
    }

    /// The name of the class, and how much there is.
    fn head(&self) -> String {
        let counted = |count, what| match count {
            1 => format!("1 {what}"),
            _ => format!("{count} {what}s"),
        };
        let columns = counted(self.records().columns.len(), "column");
        format!("<colstats.Rows: {} of {columns}>", counted(self.records().rows, "row"))
    }
}

impl PyRow {
    /// A row; the records must have one.
    pub fn of(py: Python<'_>, records: Records) -> PyResult<Bound<'_, PyAny>> {
        Self::of_rows(py, records.into())
    }

    /// A row of floats.
    pub fn of_floats(py: Python<'_>, floats: Floats) -> PyResult<Bound<'_, PyAny>> {
        Self::of_rows(py, floats.into())
    }

    fn of_rows(py: Python<'_>, rows: PyRows) -> PyResult<Bound<'_, PyAny>> {
        let base = PyClassInitializer::from(rows);
        Ok(Bound::new(py, base.add_subclass(Self))?.into_any())
    }
}

/// An exception about a value, with the name of its column.
fn in_column(py: Python<'_>, error: PyErr, name: &str) -> PyErr {
    match error.is_instance_of::<PyValueError>(py) {
        true => PyValueError::new_err(format!("column {}: {}", quoted(name), error.value(py))),
        false => error,
    }
}

/// A function of the Python package that shows results.
fn show<'py>(rows: &Bound<'py, PyRows>, function: &str) -> PyResult<Bound<'py, PyAny>> {
    rows.py().import("colstats.results")?.getattr(function)?.call1((rows,))
}

#[pymethods]
impl PyRows {
    /// The names of the columns, in order.
    ///
    /// >>> cs.mean(cs.Table(np.zeros((3, 2)))).column_names
    /// ['0', '1']
    #[getter]
    fn column_names(&self) -> Vec<&str> {
        self.records().names().collect()
    }

    /// How many rows there are.
    fn __len__(&self) -> usize {
        self.records().rows
    }

    /// A row by its position, as a dict; or the values of a column by its name, as a list.
    fn __getitem__<'py>(
        &self,
        py: Python<'py>,
        label: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if let Ok(name) = label.cast::<PyString>() {
            return Ok(self.column(py, self.find(py, name.to_str()?)?)?.into_any());
        }
        let position = label.extract::<isize>().map_err(|_| not_a_label(label))?;
        Ok(self.row(py, self.place(position)?)?.into_any())
    }

    /// Whether there is a column of this name.
    fn __contains__(&self, name: &Bound<'_, PyAny>) -> bool {
        name.extract::<&str>().is_ok_and(|name| self.records().names().any(|other| other == name))
    }

    /// The rows as dicts, one by one.
    fn __iter__<'py>(this: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let builtins = this.py().import("builtins")?;
        let positions = builtins.getattr("range")?.call1((this.get().records().rows,))?;
        let row = this.py().get_type::<Self>().getattr("_row")?;
        let each = this.py().import("functools")?.getattr("partial")?.call1((row, this))?;
        builtins.getattr("map")?.call1((each, positions))
    }

    /// A row as a dict.
    #[pyo3(signature = (position, /))]
    fn _row<'py>(&self, py: Python<'py>, position: isize) -> PyResult<Bound<'py, PyDict>> {
        self.row(py, self.place(position)?)
    }

    /// The values of a row, in the order of the columns, whose names may not be unique.
    #[pyo3(signature = (position, /))]
    fn _exact<'py>(&self, py: Python<'py>, position: isize) -> PyResult<Bound<'py, PyList>> {
        self.values(py, self.place(position)?)
    }

    /// The same to be shown: what Python cannot hold is the exception that says why.
    #[pyo3(signature = (position, /))]
    fn _values<'py>(&self, py: Python<'py>, position: isize) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let place = self.place(position)?;
        let value = |column: &Values| match column.get(py, place) {
            // A time out of range, or in a zone that is unknown here.
            Err(error)
                if error.is_instance_of::<PyValueError>(py)
                    || error.is_instance_of::<PyKeyError>(py) =>
            {
                Ok(error.value(py).clone().into_any())
            }
            value => value,
        };
        self.records().columns.iter().map(value).collect()
    }

    /// The values of each column, by its name.
    ///
    /// >>> cs.mean(cs.Table(np.array([[1.0], [2.0]])), per=1).to_dict()
    /// {'0': [1.0, 2.0]}
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.expect_unique()?;
        let dict = PyDict::new(py);
        for (place, name) in self.records().names().enumerate() {
            dict.set_item(name, self.column(py, place)?)?;
        }
        Ok(dict)
    }

    /// The rows as dicts.
    ///
    /// >>> cs.mean(cs.Table(np.array([[1.0], [2.0]])), per=1).to_list()
    /// [{'0': 1.0}, {'0': 2.0}]
    fn to_list<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        (0..self.records().rows).map(|row| self.row(py, row)).collect()
    }

    /// Whether names, types and values are the same, to the bit; or as Python values, if the other is
    /// what `to_dict` or `to_list` return.
    fn __eq__<'py>(
        this: &Bound<'py, Self>,
        other: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = this.py();
        if let Ok(other) = other.cast::<Self>() {
            let same = this.is_instance_of::<PyRow>() == other.is_instance_of::<PyRow>()
                && this.get().records().is_same(other.get().records());
            return Ok(same.into_pyobject(py)?.to_owned().into_any());
        }
        let plain = match (other.is_instance_of::<PyDict>(), other.is_instance_of::<PyList>()) {
            (true, _) => this.call_method0("to_dict")?,
            (_, true) => this.call_method0("to_list")?,
            _ => return Ok(py.NotImplemented().into_bound(py)),
        };
        plain.rich_compare(other, pyo3::basic::CompareOp::Eq)
    }

    fn __str__<'py>(this: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        show(this, "text_of_rows")
    }

    fn __repr__(this: &Bound<'_, Self>) -> PyResult<String> {
        Ok(format!("{}\n{}", this.get().head(), this.str()?).trim_end().to_string())
    }

    fn _repr_html_<'py>(this: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        show(this, "html_of_rows")
    }

    fn __reduce__<'py>(this: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, Parts<'py>)> {
        let records = this.get().records();
        let part = |column: &Values| {
            let buffers = buffers::take_apart(this.py(), column.field.name(), &column.array);
            (column.integers, buffers)
        };
        let parts = records.columns.iter().map(part).collect();
        let restore = this.py().get_type::<Self>().getattr("_restore")?;
        Ok((restore, (this.is_instance_of::<PyRow>(), records.rows, parts)))
    }

    /// For pickle: what `__reduce__` returns, put together again.
    #[staticmethod]
    #[pyo3(signature = (is_row, count, parts, /))]
    fn _restore<'py>(
        py: Python<'py>,
        is_row: bool,
        count: usize,
        parts: Vec<Part<'py>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let damaged = |what| PyValueError::new_err(format!("this is not a pickle of rows: {what}"));
        let columns = parts.into_iter().map(|(integers, column)| {
            let (name, array) = buffers::put_together(count, column).map_err(damaged)?;
            let field = Field::new(name, array.data_type().clone(), true);
            Ok(Values { field, array, integers })
        });
        let records = Records { columns: columns.collect::<PyResult<_>>()?, rows: count };
        match (is_row, count) {
            (true, 1) => PyRow::of(py, records),
            (true, _) => Err(damaged(format!("{count} of them in one"))),
            (false, _) => PyRows::of(py, records),
        }
    }

    /// For NumPy: numbers if all values are numbers of a type, otherwise Python objects.
    #[getter]
    fn __array_interface__<'py>(this: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let numpy = &this.get().numpy;
        let array = match numpy.get(this.py()) {
            Some(array) => array,
            None => {
                let array = show(this, "array_of_rows")?.unbind();
                numpy.get_or_init(this.py(), || array)
            }
        };
        array.bind(this.py()).getattr("__array_interface__")
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.records().schema(py)
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.records().array(py, requested_schema)
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.records().stream(py, requested_schema)
    }
}

#[pymethods]
impl PyRow {
    /// The value of a column by its name.
    fn __getitem__<'py>(
        this: &Bound<'py, Self>,
        label: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (py, rows) = (this.py(), this.as_super().get());
        let Ok(name) = label.cast::<PyString>() else {
            let position = label.extract::<isize>().map_err(|_| not_a_label(label))?;
            return Ok(rows.row(py, rows.place(position)?)?.into_any());
        };
        let column = &rows.records().columns[rows.find(py, name.to_str()?)?];
        column.get(py, 0).map_err(|error| in_column(py, error, column.field.name()))
    }

    /// The names of the columns, so that ``dict(row)`` and ``**row`` work.
    ///
    /// >>> dict(cs.mean(cs.Table(np.ones((3, 2)))))
    /// {'0': 1.0, '1': 1.0}
    fn keys<'py>(this: &Bound<'py, Self>) -> PyResult<Bound<'py, PyList>> {
        PyList::new(this.py(), this.as_super().get().records().names())
    }

    /// The values, in the order of the columns.
    ///
    /// >>> cs.mean(cs.Table(np.ones((3, 2)))).values()
    /// [1.0, 1.0]
    fn values<'py>(this: &Bound<'py, Self>) -> PyResult<Bound<'py, PyList>> {
        this.as_super().get().values(this.py(), 0)
    }

    /// The names and the values of the columns.
    ///
    /// >>> list(cs.mean(cs.Table(np.ones((3, 2)))).items())
    /// [('0', 1.0), ('1', 1.0)]
    fn items<'py>(this: &Bound<'py, Self>) -> PyResult<Bound<'py, PyIterator>> {
        let zip = this.py().import("builtins")?.getattr("zip")?;
        zip.call1((Self::keys(this)?, Self::values(this)?))?.try_iter()
    }

    /// The values by the names of their columns.
    ///
    /// >>> cs.mean(cs.Table(np.ones((3, 2)))).to_dict()
    /// {'0': 1.0, '1': 1.0}
    fn to_dict<'py>(this: &Bound<'py, Self>) -> PyResult<Bound<'py, PyDict>> {
        this.as_super().get().row(this.py(), 0)
    }

    fn __str__<'py>(this: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        show(this.as_super(), "text_of_row")
    }

    fn __repr__(this: &Bound<'_, Self>) -> PyResult<String> {
        let count = this.as_super().get().records().columns.len();
        let columns = if count == 1 { "column" } else { "columns" };
        Ok(format!("<colstats.Row: {count} {columns}>\n{}", this.str()?).trim_end().to_string())
    }

    fn _repr_html_<'py>(this: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        show(this.as_super(), "html_of_row")
    }
}

fn not_a_label(label: &Bound<'_, PyAny>) -> PyErr {
    PyTypeError::new_err(format!(
        "an index is the name of a column or the position of a row, not {}",
        type_name(label)
    ))
}
