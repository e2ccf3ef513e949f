//! From a statistic and its options to a Python object: the path that all functions and methods of
//! the API share.

use arrow_schema::Field;
use colstats::answer::answer;
use colstats::arrays::to_array;
use colstats::{Moments, Policy, Statistic, Ticks};
use pyo3::prelude::*;

use crate::data::{Column, Input, Table};
use crate::error::{refused, refused_in_table};
use crate::input::type_name;
use crate::options::Selection;
use crate::output::{record_batch, to_python};

/// From so many rows on, other Python threads may run meanwhile: letting them costs as much as
/// adding up a few hundred values.
const WORTH_DETACHING: usize = 1 << 15;

/// The statistic of a column, or of the selected columns of a table.
pub fn of_input<'py>(
    source: &Bound<'py, PyAny>,
    input: &Input,
    statistic: Statistic,
    policy: &Policy,
    selection: &Selection,
) -> PyResult<Bound<'py, PyAny>> {
    match input {
        Input::Column(column) => {
            selection.expect_nothing()?;
            of_column(source, column, statistic, policy)
        }
        Input::Table(table) => of_table(source.py(), table, statistic, policy, selection),
    }
}

/// A Python number, datetime or `None`.
pub fn of_column<'py>(
    source: &Bound<'py, PyAny>,
    column: &Column,
    statistic: Statistic,
    policy: &Policy,
) -> PyResult<Bound<'py, PyAny>> {
    let py = source.py();
    let result = column.result_type(statistic);
    let result = result.map_err(|error| refused(&error, column, &type_name(source)))?;
    let moments = fold(py, column, statistic, policy);
    let ticks = Ticks::UpToMicroseconds;
    to_python(py, answer(statistic, column.data_type(), &moments, policy, ticks), &result)
}

/// A record batch of one row, with a column for each column.
pub fn of_table<'py>(
    py: Python<'py>,
    table: &Table,
    statistic: Statistic,
    policy: &Policy,
    selection: &Selection,
) -> PyResult<Bound<'py, PyAny>> {
    let columns = selection.of(table)?;
    // Refuse before any work is done.
    let results = columns.iter().map(|column| column.result_type(statistic));
    let results = results
        .zip(&columns)
        .map(|(result, column)| result.map_err(|error| refused_in_table(&error, column)));
    let results = results.collect::<PyResult<Vec<_>>>()?;

    let mut fields = Vec::with_capacity(columns.len());
    let mut arrays = Vec::with_capacity(columns.len());
    for (column, result) in columns.into_iter().zip(results) {
        let moments = fold(py, column, statistic, policy);
        let answer = answer(statistic, column.data_type(), &moments, policy, Ticks::Unit);
        let array = to_array(statistic, &result, &[answer]);
        arrays.push(array.map_err(|error| refused_in_table(&error, column))?);
        fields.push(Field::new(&column.name, result, true));
    }
    record_batch(py, fields, arrays)
}

fn fold(py: Python<'_>, column: &Column, statistic: Statistic, policy: &Policy) -> Moments {
    let need = statistic.need(policy);
    if column.rows() < WORTH_DETACHING {
        column.fold(need)
    } else {
        py.detach(|| column.fold(need))
    }
}
