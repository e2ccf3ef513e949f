//! The functions of the shape of a distribution: `skewness`, `kurtosis`, `sem` and `rms`.

use arrow_schema::{DataType, Field};
use colstats::internals::ErrorKind;
use colstats::internals::answers::arrow::to_array;
use colstats::internals::answers::collected::Answers;
use colstats::internals::answers::shape::Shape;
use colstats::internals::answers::statistic::{Ticks, fine_type};
use colstats::internals::run::pool::num_threads;
use colstats::internals::types::{Family, family};
use colstats::{Answer, Error, Statistic};
use pyo3::prelude::*;

use crate::classes::rows::PyRow;
use crate::classes::source::source;
use crate::detach::{detached, worth_detaching};
use crate::error::{refused, refused_in_table};
use crate::input::data::{Column, Input, Kind, Table};
use crate::names::type_name;
use crate::options::{Keywords, Label, option_doc};
use crate::output::{Records, Values, to_python};

/// Defines a function of a column, or of each column of a table: its name, its statistic, an option of its own, those
/// that it shares with others, and its documentation.
macro_rules! shape_function {
    ($name:ident, $shape:expr, ($($own:ident: $own_type:ty = $own_default:tt)?),
     ($($option:ident: $type:ty = $default:tt),*), $summary:literal, $more:literal,
     returns $returns:literal, examples $($example:literal)*) => {
        #[doc = concat!($summary, "\n")]
        #[doc = $more]
        #[doc = "Args:"]
        #[doc = option_doc!(data)]
        $(#[doc = option_doc!($own)])?
        $(#[doc = option_doc!($option)])*
        #[doc = option_doc!(columns)]
        #[doc = option_doc!(numeric_only)]
        #[doc = option_doc!(threads)]
        #[doc = concat!("\nReturns:\n    ", $returns, " for a column; for a table a Row of them.")]
        #[doc = "\nExamples:\n    >>> import colstats as cs"]
        $(#[doc = concat!("    ", $example)])*
        #[pyfunction]
        #[pyo3(signature = (
            data, /, *, $($own = $own_default,)? $($option = $default,)* columns=None,
            numeric_only=false, threads=None
        ))]
        #[allow(clippy::too_many_arguments)]
        pub fn $name<'py>(
            data: &Bound<'py, PyAny>,
            $(#[pyo3(from_py_with = $crate::options::read::$own)] $own: $own_type,)?
            $(#[pyo3(from_py_with = $crate::options::read::$option)] $option: $type,)*
            #[pyo3(from_py_with = $crate::options::read::columns)] columns: Option<Vec<Label>>,
            #[pyo3(from_py_with = $crate::options::read::numeric_only)] numeric_only: bool,
            #[pyo3(from_py_with = $crate::options::read::threads)] threads: Option<usize>,
        ) -> PyResult<Bound<'py, PyAny>> {
            let keywords = Keywords::default()$(.$option($option))*.columns(columns);
            let shape: fn($($own_type)?) -> Shape = $shape;
            ask(shape($($own)?), data, &keywords.numeric_only(numeric_only).threads(threads))
        }
    };
}

shape_function! {
    skewness, |is_biased| Shape::Skewness { is_biased }, (biased: bool = true),
    (skip_nulls: bool = true, min_count: u64 = 1, skip_nans: bool = false),
    "The skewness: the third standardized moment, correctly rounded.",
    "That of constant values is NaN.\n",
    returns "A float",
    examples
    ">>> cs.skewness([1, 2, 3]), cs.skewness([0, 0, 1])"
    "(0.0, 0.7071067811865476)"
}

shape_function! {
    kurtosis, |is_biased| Shape::Kurtosis { is_biased }, (biased: bool = true),
    (skip_nulls: bool = true, min_count: u64 = 1, skip_nans: bool = false),
    "The excess kurtosis: the fourth standardized moment less 3, correctly rounded.",
    "That of a normal distribution is 0, that of constant values NaN.\n",
    returns "A float",
    examples
    ">>> cs.kurtosis([1, 2, 3, 4, 5])"
    "-1.3"
}

shape_function! {
    sem, || Shape::StandardError, (),
    (ddof: u64 = 1, skip_nulls: bool = true, min_count: u64 = 0, skip_nans: bool = false),
    "The standard error of the mean, correctly rounded.",
    "It is the standard deviation divided by the root of the count.\n",
    returns "A float, or a duration for times,",
    examples
    ">>> cs.sem([1, 2, 3, 4, 5])"
    "0.7071067811865476"
}

shape_function! {
    rms, || Shape::RootMeanSquare, (),
    (skip_nulls: bool = true, min_count: u64 = 1, skip_nans: bool = false),
    "The root of the mean of the squares, correctly rounded.",
    "It is the standard deviation around zero.\n",
    returns "A float, or a duration for durations,",
    examples
    ">>> cs.rms([1.0, -7.0])"
    "5.0"
}

fn ask<'py>(
    shape: Shape,
    data: &Bound<'py, PyAny>,
    keywords: &Keywords,
) -> PyResult<Bound<'py, PyAny>> {
    let py = data.py();
    match source(data)?.read_all()? {
        Input::Column(column) => {
            keywords.selection.expect_nothing()?;
            let result = result_type(shape, &column);
            let result = result.map_err(|error| refused(&error, &column.name, &type_name(data)))?;
            let answer = answer(py, shape, &column, Ticks::Fine, keywords)?;
            to_python(py, answer, column.data_type(), &fine_type(Statistic::Stddev, result))
        }
        Input::Table(table) => of_table(py, shape, &table, keywords),
    }
}

fn of_table<'py>(
    py: Python<'py>,
    shape: Shape,
    table: &Table,
    keywords: &Keywords,
) -> PyResult<Bound<'py, PyAny>> {
    let columns = keywords.selection.of(table)?;
    // Refusals come before any work.
    let results = columns.iter().map(|column| {
        result_type(shape, column).map_err(|error| refused_in_table(&error, &column.name))
    });
    let results = results.collect::<PyResult<Vec<_>>>()?;
    let values = columns.into_iter().zip(results).map(|(column, result)| {
        let answer = answer(py, shape, column, Ticks::Unit, keywords)?;
        let array = to_array(Statistic::Stddev, &result, &Answers::from_iter([answer]));
        let array = array.map_err(|error| refused_in_table(&error, &column.name))?;
        Ok(Values::new(Field::new(&column.name, result, true), array))
    });
    PyRow::of(py, Records::new(values.collect::<PyResult<_>>()?))
}

fn result_type(shape: Shape, column: &Column) -> Result<DataType, Error> {
    let result = match &column.kind {
        Kind::Readable(data_type) => shape.result_type(data_type),
        _ => None,
    };
    result.ok_or_else(|| unsupported(shape, column))
}

/// Why a column of a type does not have the statistic.
fn unsupported(shape: Shape, column: &Column) -> Error {
    let because = match family(column.data_type()) {
        Family::Other => "they are not numbers",
        _ => "they are points in time",
    };
    ErrorKind::Unsupported { statistic: shape.name(), of: column.kind.name(), because }.into()
}

fn answer(
    py: Python<'_>,
    shape: Shape,
    column: &Column,
    ticks: Ticks,
    keywords: &Keywords,
) -> PyResult<Answer> {
    let (of, options) = (column.data_type(), &keywords.options);
    let ask = |threads| shape.of(of, &column.chunks, options, ticks, threads);
    if !worth_detaching(column.rows()) {
        return Ok(ask(1));
    }
    let threads = keywords.threads.unwrap_or_else(num_threads);
    detached(py, || ask(threads))
}
