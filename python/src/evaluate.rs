//! From a statistic and its options to a Python object: the path that all functions and methods of
//! the API share.

use arrow_schema::Field;
use colstats::arrays::to_array;
use colstats::parallel::num_threads;
use colstats::question::ask_all;
use colstats::{Answer, Chunk, Question, Statistic, Ticks};
use pyo3::prelude::*;

use crate::data::{Column, Input, Table};
use crate::error::{refused, refused_in_table};
use crate::input::type_name;
use crate::options::{Options, Selection};
use crate::output::{record_batch, to_python};

/// From so many rows on, other Python threads may run meanwhile: letting them costs as much as
/// adding up a few hundred values.
const WORTH_DETACHING: usize = 1 << 15;

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
    let question = question(column, statistic, options, Ticks::UpToMicroseconds);
    let answer = match column.rows() {
        // A short column is spared all ceremony.
        ..WORTH_DETACHING => question.ask(&column.chunks),
        _ => ask(py, &[(question, &column.chunks)], options).swap_remove(0),
    };
    to_python(py, answer, column.data_type(), &result)
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
    let results = columns.iter().map(|column| column.result_type(statistic));
    let results = results
        .zip(&columns)
        .map(|(result, column)| result.map_err(|error| refused_in_table(&error, column)));
    let results = results.collect::<PyResult<Vec<_>>>()?;

    let mut fields = Vec::with_capacity(columns.len());
    let mut arrays = Vec::with_capacity(columns.len());
    let asked = columns.iter().map(|column| {
        (question(column, statistic, options, Ticks::Unit), column.chunks.as_slice())
    });
    let answers = ask(py, &asked.collect::<Vec<_>>(), options);
    for ((column, result), answer) in columns.into_iter().zip(results).zip(answers) {
        let array = to_array(statistic, &result, &[answer]);
        arrays.push(array.map_err(|error| refused_in_table(&error, column))?);
        fields.push(Field::new(&column.name, result, true));
    }
    record_batch(py, fields, arrays)
}

fn question<'a>(
    column: &'a Column,
    statistic: Statistic,
    options: &'a Options,
    ticks: Ticks,
) -> Question<'a> {
    Question { statistic, of: column.data_type(), policy: &options.policy, ticks }
}

/// The answers for columns. The interpreter is let go if there is enough to do, once.
fn ask(py: Python<'_>, asked: &[(Question<'_>, &[Chunk])], options: &Options) -> Vec<Answer> {
    let chunks = asked.iter().flat_map(|(_, chunks)| chunks.iter());
    if chunks.map(Chunk::rows).sum::<usize>() < WORTH_DETACHING {
        return ask_all(asked, 1);
    }
    let threads = options.threads.unwrap_or_else(num_threads);
    py.detach(|| ask_all(asked, threads))
}
