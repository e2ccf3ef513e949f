//! The functions of two columns, and of all pairs in a table: `covariance` and `correlation`.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, StringArray};
use arrow_schema::{DataType, Field};
use colstats::internals::answers::pairs::PairStatistic;
use colstats::internals::columns::aligned::BadWeight;
use colstats::internals::columns::chunk::Chunk;
use colstats::internals::run::pool::num_threads;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyFloat;

use crate::classes::rows::PyRows;
use crate::classes::source::source;
use crate::detach::{detached, worth_detaching};
use crate::functions::weighted::Weights;
use crate::input::data::{Column, Input, Kind, Table};
use crate::names::{counted, listed, quoted, type_name};
use crate::options::{Keywords, Label, option_doc, read};
use crate::output::{Records, Values};

/// Defines a function of two columns or of a table: its name, its statistic, its options, and its documentation.
/// PyO3 takes one blank from a literal, as from a comment, and none from `concat!`, which indents the lines here.
macro_rules! pair_function {
    ($name:ident, $statistic:ident, ($($ddof:ident: $ddof_type:ty = $ddof_default:tt)?), $weights_doc:ident,
     $summary:literal, $more:literal, examples $($example:literal)*) => {
        #[doc = concat!($summary, "\n")]
        #[doc = $more]
        #[doc = "Args:"]
        #[doc = concat!("    x: A column, or a table, of whose numeric columns all pairs are taken.")]
        #[doc = concat!("    y: The other column, with as many rows.")]
        $(#[doc = option_doc!($ddof)])?
        #[doc = concat!("    skip_nulls: Whether to leave out rows in which either value is null. If not, one makes")]
        #[doc = concat!("        the result None.")]
        #[doc = concat!("    min_count: The result is None if fewer rows than this have both values.")]
        #[doc = concat!("    skip_nans: Whether to treat NaN as null. If not, a NaN makes the result NaN.")]
        #[doc = option_doc!($weights_doc)]
        #[doc = option_doc!(complete)]
        #[doc = option_doc!(columns)]
        #[doc = option_doc!(threads)]
        #[doc = "\nReturns:"]
        #[doc = concat!("    A float for two columns; for a table Rows, the matrix, with the names in ``column``.")]
        #[doc = "\nExamples:\n    >>> import colstats as cs"]
        $(#[doc = concat!("    ", $example)])*
        #[pyfunction]
        #[pyo3(signature = (
            x, y=None, /, *, $($ddof = $ddof_default,)? skip_nulls=true, min_count=0,
            skip_nans=false, weights=None, complete=false, columns=None, threads=None
        ))]
        #[allow(clippy::too_many_arguments)]
        pub fn $name<'py>(
            x: &Bound<'py, PyAny>,
            y: Option<&Bound<'py, PyAny>>,
            $(#[pyo3(from_py_with = read::$ddof)] $ddof: $ddof_type,)?
            #[pyo3(from_py_with = read::skip_nulls)] skip_nulls: bool,
            #[pyo3(from_py_with = read::min_count)] min_count: u64,
            #[pyo3(from_py_with = read::skip_nans)] skip_nans: bool,
            weights: Option<&Bound<'py, PyAny>>,
            #[pyo3(from_py_with = read::complete)] complete: bool,
            #[pyo3(from_py_with = read::columns)] columns: Option<Vec<Label>>,
            #[pyo3(from_py_with = read::threads)] threads: Option<usize>,
        ) -> PyResult<Bound<'py, PyAny>> {
            let keywords = Keywords::default()$(.$ddof($ddof))?.skip_nulls(skip_nulls);
            let keywords = keywords.min_count(min_count).skip_nans(skip_nans);
            let keywords = keywords.columns(columns).threads(threads);
            ask(PairStatistic::$statistic, x, y, weights, complete, &keywords)
        }
    };
}

pair_function! {
    covariance, Covariance, (ddof: u64 = 0), weights,
    "The covariance of two columns, or of all pairs of columns of a table.",
    "It is correctly rounded. That of a column with itself is its variance.\n",
    examples
    ">>> cs.covariance([1, 2, 3], [2, 4, 7], ddof=1)"
    "2.5"
}

pair_function! {
    correlation, Correlation, (), row_weights,
    "Pearson's coefficient of correlation of two columns, or of all pairs of columns of a table.",
    "It is correctly rounded from the unrounded ratio, so it lies in [-1, 1], and is exactly 1 for a\ncolumn with itself. With a constant column it is NaN.\n",
    examples
    ">>> cs.correlation([1, 2, 3], [2, 4, 6])"
    "1.0"
    ">>> cs.correlation({\"a\": [1, 2, 3], \"b\": [3, 1, 2]})[0][\"b\"]"
    "-0.5"
}

fn ask<'py>(
    statistic: PairStatistic,
    x: &Bound<'py, PyAny>,
    y: Option<&Bound<'py, PyAny>>,
    weights: Option<&Bound<'py, PyAny>>,
    is_complete: bool,
    keywords: &Keywords,
) -> PyResult<Bound<'py, PyAny>> {
    let Some(y) = y else {
        return match source(x)?.read_all()? {
            Input::Table(table) => {
                of_table(x.py(), statistic, &table, weights, is_complete, keywords)
            }
            Input::Column(_) => Err(PyTypeError::new_err(format!(
                "{} of one column: give another one, or a table",
                statistic.name()
            ))),
        };
    };
    keywords.selection.expect_nothing()?;
    let columns = [column(statistic, x, "x")?, column(statistic, y, "y")?];
    let rows = columns.each_ref().map(Column::rows);
    if rows[0] != rows[1] {
        return Err(PyValueError::new_err(format!(
            "x has {} and y has {}: they must be columns of the same rows",
            counted(rows[0], "row"),
            rows[1]
        )));
    }
    let weights = weights.map(|weights| Weights::of_rows(weights, rows[0], "x")).transpose()?;
    let asked = columns.each_ref().map(|column| (column.data_type(), column.chunks.as_slice()));
    let typed = weights.as_ref().map(Weights::typed);
    let threads = keywords.threads.unwrap_or_else(num_threads);
    let answer = match worth_detaching(2 * rows[0]) {
        false => statistic.of(asked, typed, &keywords.options, 1),
        true => detached(x.py(), || statistic.of(asked, typed, &keywords.options, threads))?,
    };
    let answer = answer.map_err(|bad| refused_weight(x.py(), weights.as_ref(), bad))?;
    Ok(match answer {
        Some(answer) => PyFloat::new(x.py(), answer).into_any(),
        None => x.py().None().into_bound(x.py()),
    })
}

/// The error for a weight that is none.
fn refused_weight(py: Python<'_>, weights: Option<&Weights>, bad: BadWeight) -> PyErr {
    weights.expect("only weights are refused").refused(py, bad)
}

/// The column that an argument is.
fn column(statistic: PairStatistic, data: &Bound<'_, PyAny>, argument: &str) -> PyResult<Column> {
    let column = match source(data)?.read_all()? {
        Input::Column(column) => column,
        Input::Table(_) => {
            return Err(PyTypeError::new_err(format!(
                "{argument} is a table ({}), not one column: {}(table) takes all pairs of its columns",
                type_name(data),
                statistic.name()
            )));
        }
    };
    match has(statistic, &column) {
        true => Ok(column),
        false => Err(PyTypeError::new_err(format!(
            "{argument} is {}: {} needs {}",
            column.kind.name(),
            statistic.name(),
            needed(statistic)
        ))),
    }
}

/// Whether a column has the statistic with another one.
fn has(statistic: PairStatistic, column: &Column) -> bool {
    matches!(&column.kind, Kind::Readable(data_type) if statistic.is_of(data_type))
}

/// What columns must be.
fn needed(statistic: PairStatistic) -> &'static str {
    match statistic {
        PairStatistic::Covariance => "numbers",
        PairStatistic::Correlation => "numbers or times",
    }
}

/// The matrix of a table: of all its columns of numbers, or of those that are named.
fn of_table<'py>(
    py: Python<'py>,
    statistic: PairStatistic,
    table: &Table,
    weights: Option<&Bound<'py, PyAny>>,
    is_complete: bool,
    keywords: &Keywords,
) -> PyResult<Bound<'py, PyAny>> {
    let named = keywords.selection.columns.is_some();
    let (weights, selected) = match weights {
        None => (None, keywords.selection.of(table)?),
        Some(weights) => {
            let (weights, selected) = Weights::of_table(weights, table, keywords)?;
            (Some(weights), selected)
        }
    };
    if named && let Some(other) = selected.iter().find(|column| !has(statistic, column)) {
        return Err(PyTypeError::new_err(format!(
            "column {} is {}: {} needs {}",
            quoted(&other.name),
            other.kind.name(),
            statistic.name(),
            needed(statistic)
        )));
    }
    let columns = selected.iter().copied().filter(|column| named || column.is_numeric());
    let columns = columns.collect::<Vec<_>>();
    if columns.len() < 2 {
        let among = match selected.as_slice() {
            [] => String::new(),
            some => format!(" among {}", listed(some.iter().map(|column| column.name.as_str()))),
        };
        let verb = if columns.len() == 1 { "is" } else { "are" };
        return Err(PyTypeError::new_err(format!(
            "a matrix needs two columns of numbers, and there {verb} {}{among}",
            columns.len()
        )));
    }
    expect_few(columns.len())?;
    let asked = columns.iter().map(|column| (column.data_type(), column.chunks.as_slice()));
    let asked = asked.collect::<Vec<(&DataType, &[Chunk])>>();
    let threads = keywords.threads.unwrap_or_else(num_threads);
    let (typed, options) = (weights.as_ref().map(Weights::typed), &keywords.options);
    let matrix = detached(py, || statistic.matrix(&asked, typed, is_complete, options, threads))?;
    let matrix = matrix.map_err(|bad| refused_weight(py, weights.as_ref(), bad))?;
    matrix_of(py, columns.iter().map(|column| column.name.as_str()), &matrix)
}

/// A symmetric matrix with the names of its columns, which are those of its rows.
pub fn matrix_of<'py, 'a>(
    py: Python<'py>,
    names: impl ExactSizeIterator<Item = &'a str> + Clone,
    matrix: &[Option<f64>],
) -> PyResult<Bound<'py, PyAny>> {
    let labels: ArrayRef = Arc::new(StringArray::from_iter_values(names.clone()));
    let mut values = vec![Values::new(Field::new("column", DataType::Utf8, false), labels)];
    let size = names.len();
    for (name, row) in names.zip(matrix.chunks(size.max(1))) {
        // The matrix is symmetric: its rows are its columns.
        let array: ArrayRef = Arc::new(Float64Array::from(row.to_vec()));
        values.push(Values::new(Field::new(name, DataType::Float64, true), array));
    }
    PyRows::of(py, Records::new(values))
}

/// Refuses more columns than a matrix has room for.
pub fn expect_few(columns: usize) -> PyResult<()> {
    /// Their pairs have 80 million sums, of about 200 bytes.
    const MAX_COLUMNS: usize = 1 << 12;
    if columns <= MAX_COLUMNS {
        return Ok(());
    }
    Err(PyValueError::new_err(format!(
        "a matrix of {columns} columns is too large: at most {MAX_COLUMNS}; choose some with columns=[...]"
    )))
}
