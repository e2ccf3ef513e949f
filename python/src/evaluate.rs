//! From a statistic and its options to a Python object: the path that all functions and methods of
//! the API share.

use arrow_schema::{DataType, Field};
use colstats::answer::answer;
use colstats::arrays::to_array;
use colstats::parallel::{self, fold_chunks, num_threads};
use colstats::{Answer, Moments, Statistic, Ticks};
use pyo3::prelude::*;

use crate::data::{Column, Input, Table};
use crate::error::{refused, refused_in_table};
use crate::input::type_name;
use crate::options::{Options, Selection};
use crate::output::{record_batch, to_python};

/// From so many rows on, other Python threads may run meanwhile: letting them costs as much as
/// adding up a few hundred values.
pub const WORTH_DETACHING: usize = 1 << 15;

/// The statistic of a column, or of the selected columns of a table.
pub fn of_input<'py>(
    source: &Bound<'py, PyAny>,
    input: &Input,
    statistic: Statistic,
    options: &Options,
    selection: &Selection,
) -> PyResult<Bound<'py, PyAny>> {
    match input {
        Input::Column(column) => {
            selection.expect_nothing()?;
            of_column(source, column, statistic, options)
        }
        Input::Table(table) => of_table(source.py(), table, statistic, options, selection),
    }
}

/// A Python number, datetime or `None`.
pub fn of_column<'py>(
    source: &Bound<'py, PyAny>,
    column: &Column,
    statistic: Statistic,
    options: &Options,
) -> PyResult<Bound<'py, PyAny>> {
    let py = source.py();
    let result = column.result_type(statistic);
    let result = result.map_err(|error| refused(&error, column, &type_name(source)))?;
    let (policy, ticks) = (&options.policy, Ticks::UpToMicroseconds);
    let moments = match column.rows() {
        // A short column is spared all ceremony.
        ..WORTH_DETACHING => fold_chunks(&column.chunks, statistic.need(policy)),
        _ => fold(py, &[column], statistic, options).swap_remove(0),
    };
    to_python(py, answer(statistic, column.data_type(), &moments, policy, ticks), &result)
}

/// A record batch of one row, with a column for each column.
pub fn of_table<'py>(
    py: Python<'py>,
    table: &Table,
    statistic: Statistic,
    options: &Options,
    selection: &Selection,
) -> PyResult<Bound<'py, PyAny>> {
    let columns = selection.of(table)?;
    // Refuse before any work is done.
    let results = result_types(&columns, statistic)?;
    let states = fold(py, &columns, statistic, options);
    let answers = columns.iter().zip(&states).map(|(column, moments)| {
        answer(statistic, column.data_type(), moments, &options.policy, Ticks::Unit)
    });
    one_row(py, statistic, &columns, results, answers)
}

/// The types of a statistic of columns of a table, or why one of them has none.
pub fn result_types(columns: &[&Column], statistic: Statistic) -> PyResult<Vec<DataType>> {
    let result = |column: &&Column| {
        column.result_type(statistic).map_err(|error| refused_in_table(&error, column))
    };
    columns.iter().map(result).collect()
}

/// The answers for columns, one each, as a record batch.
pub fn one_row<'py>(
    py: Python<'py>,
    statistic: Statistic,
    columns: &[&Column],
    results: Vec<DataType>,
    answers: impl Iterator<Item = Answer>,
) -> PyResult<Bound<'py, PyAny>> {
    let mut fields = Vec::with_capacity(columns.len());
    let mut arrays = Vec::with_capacity(columns.len());
    for ((column, result), answer) in columns.iter().zip(results).zip(answers) {
        let array = to_array(statistic, &result, &[answer]);
        arrays.push(array.map_err(|error| refused_in_table(&error, column))?);
        fields.push(Field::new(&column.name, result, true));
    }
    record_batch(py, fields, arrays)
}

/// The states of columns. The interpreter is let go if there is enough to do, once.
fn fold(
    py: Python<'_>,
    columns: &[&Column],
    statistic: Statistic,
    options: &Options,
) -> Vec<Moments> {
    let need = statistic.need(&options.policy);
    let chunks = columns.iter().map(|column| column.chunks.as_slice()).collect::<Vec<_>>();
    let threads = options.threads.unwrap_or_else(num_threads);
    if columns.iter().map(|column| column.rows()).sum::<usize>() < WORTH_DETACHING {
        return parallel::fold(&chunks, need, 1);
    }
    py.detach(|| parallel::fold(&chunks, need, threads))
}
