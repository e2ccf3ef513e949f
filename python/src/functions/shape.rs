//! The functions of the shape of a distribution: `skewness`, `kurtosis`, `sem` and `rms`.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array};
use arrow_schema::{DataType, Field};
use colstats::Error;
use colstats::internals::ErrorKind;
use colstats::internals::answers::shape::Shape;
use colstats::internals::run::pool::num_threads;
use colstats::internals::types::{Family, family};
use pyo3::prelude::*;
use pyo3::types::PyFloat;

use crate::classes::rows::PyRow;
use crate::classes::source::source;
use crate::detach::{detached, worth_detaching};
use crate::error::{refused, refused_in_table};
use crate::input::data::{Column, Input, Kind, Table};
use crate::names::type_name;
use crate::options::{Keywords, Label};
use crate::output::{Records, Values};

/// Defines a function of a column, or of each column of a table.
macro_rules! shape_function {
    ($name:ident, $shape:expr, ($($own:ident: $own_type:ty = $own_default:tt)?),
     ($($option:ident: $type:ty = $default:tt),*), $($doc:literal)*) => {
        $(#[doc = $doc])*
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
    "The skewness: the third standardized moment, correctly rounded.\n"
    "That of constant values is NaN.\n"
    "Args:"
    "    data: A column or a table: any Arrow object, NumPy array, buffer, dict of columns, or iterable"
    "       of numbers, arrays or batches."
    "    biased: Whether it is that of the values as they are, as SciPy and pyarrow have it by default;"
    "        if not, it estimates that of the population, as pandas does, and takes three values."
    "    skip_nulls: Whether to leave nulls out. If not, one null makes the result None."
    "    min_count: The result is None if there are fewer values than this."
    "    skip_nans: Whether to treat NaN as null. If not, a NaN makes the result NaN."
    "    columns: Of a table, the names (or positions) of the columns to use."
    "    numeric_only: Of a table, whether to leave out columns that do not hold numbers."
    "    threads: The number of threads to use at most; by default as ``set_num_threads`` says."
    "\nReturns:"
    "    A float for a column; for a table a Row of them."
    "\nExamples:"
    "    >>> import colstats as cs"
    "    >>> cs.skewness([1, 2, 3]), cs.skewness([0, 0, 1])"
    "    (0.0, 0.7071067811865476)"
}

shape_function! {
    kurtosis, |is_biased| Shape::Kurtosis { is_biased }, (biased: bool = true),
    (skip_nulls: bool = true, min_count: u64 = 1, skip_nans: bool = false),
    "The excess kurtosis: the fourth standardized moment less 3, correctly rounded.\n"
    "That of a normal distribution is 0, that of constant values NaN.\n"
    "Args:"
    "    data: A column or a table: any Arrow object, NumPy array, buffer, dict of columns, or iterable"
    "       of numbers, arrays or batches."
    "    biased: Whether it is that of the values as they are, as SciPy and pyarrow have it by default;"
    "        if not, it estimates that of the population, as pandas does, and takes four values."
    "    skip_nulls: Whether to leave nulls out. If not, one null makes the result None."
    "    min_count: The result is None if there are fewer values than this."
    "    skip_nans: Whether to treat NaN as null. If not, a NaN makes the result NaN."
    "    columns: Of a table, the names (or positions) of the columns to use."
    "    numeric_only: Of a table, whether to leave out columns that do not hold numbers."
    "    threads: The number of threads to use at most; by default as ``set_num_threads`` says."
    "\nReturns:"
    "    A float for a column; for a table a Row of them."
    "\nExamples:"
    "    >>> import colstats as cs"
    "    >>> cs.kurtosis([1, 2, 3, 4, 5])"
    "    -1.3"
}

shape_function! {
    sem, || Shape::StandardError, (),
    (ddof: u64 = 1, skip_nulls: bool = true, min_count: u64 = 0, skip_nans: bool = false),
    "The standard error of the mean, correctly rounded.\n"
    "Args:"
    "    data: A column or a table: any Arrow object, NumPy array, buffer, dict of columns, or iterable"
    "       of numbers, arrays or batches."
    "    ddof: Delta degrees of freedom of the standard deviation, 1 by default."
    "    skip_nulls: Whether to leave nulls out. If not, one null makes the result None."
    "    min_count: The result is None if there are fewer values than this."
    "    skip_nans: Whether to treat NaN as null. If not, a NaN makes the result NaN."
    "    columns: Of a table, the names (or positions) of the columns to use."
    "    numeric_only: Of a table, whether to leave out columns that do not hold numbers."
    "    threads: The number of threads to use at most; by default as ``set_num_threads`` says."
    "\nReturns:"
    "    A float for a column; for a table a Row of them."
    "\nExamples:"
    "    >>> import colstats as cs"
    "    >>> cs.sem([1, 2, 3, 4, 5])"
    "    0.7071067811865476"
}

shape_function! {
    rms, || Shape::RootMeanSquare, (),
    (skip_nulls: bool = true, min_count: u64 = 1, skip_nans: bool = false),
    "The root of the mean of the squares, correctly rounded.\n"
    "Args:"
    "    data: A column or a table: any Arrow object, NumPy array, buffer, dict of columns, or iterable"
    "       of numbers, arrays or batches."
    "    skip_nulls: Whether to leave nulls out. If not, one null makes the result None."
    "    min_count: The result is None if there are fewer values than this."
    "    skip_nans: Whether to treat NaN as null. If not, a NaN makes the result NaN."
    "    columns: Of a table, the names (or positions) of the columns to use."
    "    numeric_only: Of a table, whether to leave out columns that do not hold numbers."
    "    threads: The number of threads to use at most; by default as ``set_num_threads`` says."
    "\nReturns:"
    "    A float for a column; for a table a Row of them."
    "\nExamples:"
    "    >>> import colstats as cs"
    "    >>> cs.rms([1.0, -7.0])"
    "    5.0"
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
            if !has(shape, &column) {
                return Err(refused(&unsupported(shape, &column), &column.name, &type_name(data)));
            }
            Ok(match answer(py, shape, &column, keywords)? {
                Some(answer) => PyFloat::new(py, answer).into_any(),
                None => py.None().into_bound(py),
            })
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
    if let Some(other) = columns.iter().find(|column| !has(shape, column)) {
        return Err(refused_in_table(&unsupported(shape, other), &other.name));
    }
    let values = columns.into_iter().map(|column| {
        let array: ArrayRef =
            Arc::new(Float64Array::from(vec![answer(py, shape, column, keywords)?]));
        Ok(Values::new(Field::new(&column.name, DataType::Float64, true), array))
    });
    PyRow::of(py, Records::new(values.collect::<PyResult<_>>()?))
}

fn has(shape: Shape, column: &Column) -> bool {
    matches!(&column.kind, Kind::Readable(data_type) if shape.is_of(data_type))
}

/// Why a column of a type does not have the statistic.
fn unsupported(shape: Shape, column: &Column) -> Error {
    let because = match family(column.data_type()) {
        Family::Other => "they are not numbers, and can only be counted",
        _ => "they are times",
    };
    ErrorKind::Unsupported { statistic: shape.name(), of: column.kind.name(), because }.into()
}

fn answer(
    py: Python<'_>,
    shape: Shape,
    column: &Column,
    keywords: &Keywords,
) -> PyResult<Option<f64>> {
    let ask = |threads| shape.of(column.data_type(), &column.chunks, &keywords.options, threads);
    if !worth_detaching(column.rows()) {
        return Ok(ask(1));
    }
    let threads = keywords.threads.unwrap_or_else(num_threads);
    detached(py, || ask(threads))
}
