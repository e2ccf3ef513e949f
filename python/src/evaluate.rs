//! From a statistic and its options to a Python object: the path that all functions and methods of
//! the API share.
//!
//! What lies in memory is asked as a whole; a stream is folded piece by piece, and never held.

use arrow_array::ArrayRef;
use arrow_schema::{DataType, Field};
use colstats::arrays::to_array;
use colstats::parallel::num_threads;
use colstats::question::ask_all;
use colstats::{Answer, Chunk, Incremental, Inquiry, Per, Question, Statistic, Ticks};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::detach::{detached, worth_detaching};
use crate::error::{refused, refused_in_table};
use crate::input::Pieces;
use crate::input::data::{Column, Input, Table};
use crate::memory::expect_memory;
use crate::names::type_name;
use crate::options::{Keywords, Selection};
use crate::output::{self, to_python};

/// So many values of a stream are held at a time, or one batch if that has more.
pub const PIECE: usize = 1 << 22;
/// A column of answers may have so many.
const MOST_ANSWERS: usize = 1 << 28;

/// The statistic of a column, or of the selected columns of a table.
pub fn of_input<'py>(
    source: &Bound<'py, PyAny>,
    input: &Input,
    statistic: Statistic,
    keywords: &Keywords,
) -> PyResult<Bound<'py, PyAny>> {
    match input {
        Input::Column(column) => {
            keywords.selection.expect_nothing()?;
            of_column(source, column, statistic, keywords)
        }
        Input::Table(table) => of_table(source.py(), table, statistic, keywords),
    }
}

/// A Python number, datetime or `None`; with `per=` an array.
pub fn of_column<'py>(
    source: &Bound<'py, PyAny>,
    column: &Column,
    statistic: Statistic,
    keywords: &Keywords,
) -> PyResult<Bound<'py, PyAny>> {
    let py = source.py();
    let result = result_of_column(source, column, statistic)?;
    if keywords.per.is_some() {
        let answers = ask_each(py, inquiry(statistic, keywords), &[column])?.swap_remove(0);
        return array(source, statistic, &column.name, result, &answers);
    }
    // A short column is spared all ceremony.
    let (of, policy) = (column.data_type(), &keywords.policy);
    let question = Question { statistic, of, policy, ticks: Ticks::UpToMicroseconds };
    let answer = if worth_detaching(column.rows()) {
        let asked = [(question, column.chunks.as_slice())];
        detached(py, || ask_all(&asked, threads(keywords)))?.swap_remove(0)
    } else {
        question.ask(&column.chunks)
    };
    to_python(py, answer, of, &result)
}

/// A record batch of one row, with a column for each column; with `per=`, a row for each piece.
pub fn of_table<'py>(
    py: Python<'py>,
    table: &Table,
    statistic: Statistic,
    keywords: &Keywords,
) -> PyResult<Bound<'py, PyAny>> {
    let columns = keywords.selection.of(table)?;
    // Refuse before any work is done.
    let promised = results_of_table(&columns, statistic)?;
    let inquiry = inquiry(statistic, keywords);
    let answers = if keywords.per.is_some() {
        ask_each(py, inquiry, &columns)?
    } else {
        let asked = columns
            .iter()
            .map(|column| (inquiry.about(column.data_type()), column.chunks.as_slice()));
        let answers = ask(py, &asked.collect::<Vec<_>>(), inquiry.threads)?;
        answers.into_iter().map(|answer| vec![answer]).collect()
    };
    batch(py, statistic, promised, &answers)
}

/// What [`of_input`] gives, of a stream that has not been read.
pub fn of_stream<'py>(
    mut pieces: Pieces<'py>,
    statistic: Statistic,
    keywords: &Keywords,
) -> PyResult<Bound<'py, PyAny>> {
    let source = pieces.object().clone();
    let first = pieces.read(PIECE)?;
    if pieces.is_over() {
        return of_input(&source, &first, statistic, keywords);
    }
    let py = source.py();
    let inquiry = inquiry(statistic, keywords);
    match &first {
        Input::Column(column) => {
            keywords.selection.expect_nothing()?;
            let (name, of) = (column.name.clone(), column.data_type().clone());
            let result = result_of_column(&source, column, statistic)?;
            if keywords.per.is_some() {
                let answers = fold(pieces, first, inquiry, &keywords.selection)?;
                return array(&source, statistic, &name, result, &answers[0]);
            }
            let inquiry = Inquiry { ticks: Ticks::UpToMicroseconds, ..inquiry };
            let answers = fold(pieces, first, inquiry, &keywords.selection)?;
            to_python(py, answers[0][0], &of, &result)
        }
        Input::Table(table) => {
            let promised = results_of_table(&keywords.selection.of(table)?, statistic)?;
            let answers = fold(pieces, first, inquiry, &keywords.selection)?;
            batch(py, statistic, promised, &answers)
        }
    }
}

/// The answers for each column of a stream, after its first piece has been read.
fn fold(
    mut pieces: Pieces<'_>,
    first: Input,
    inquiry: Inquiry,
    selection: &Selection,
) -> PyResult<Vec<Vec<Answer>>> {
    let py = pieces.object().py();
    let mut answers = Incremental::new(inquiry, types(&selected(&first, selection)?));
    let mut piece = first;
    loop {
        let columns = selected(&piece, selection)?;
        expect_room(&inquiry, pieces.rows(), columns.len())?;
        let chunks = columns.iter().map(|column| column.chunks.as_slice()).collect::<Vec<_>>();
        detached(py, || answers.push(&chunks))?;
        if pieces.is_over() {
            return detached(py, || answers.finish());
        }
        // What was folded is let go before the next piece comes.
        drop(chunks);
        drop(columns);
        drop(piece);
        piece = pieces.read(PIECE)?;
    }
}

/// The columns that are asked: one, or those selected of a table.
pub fn selected<'a>(input: &'a Input, selection: &Selection) -> PyResult<Vec<&'a Column>> {
    match input {
        Input::Column(column) => Ok(vec![column]),
        Input::Table(table) => selection.of(table),
    }
}

fn types(columns: &[&Column]) -> Vec<DataType> {
    columns.iter().map(|column| column.data_type().clone()).collect()
}

fn inquiry(statistic: Statistic, keywords: &Keywords) -> Inquiry {
    Inquiry {
        statistic,
        policy: keywords.policy,
        ticks: Ticks::Unit,
        per: keywords.per,
        threads: threads(keywords),
    }
}

fn threads(keywords: &Keywords) -> usize {
    keywords.threads.unwrap_or_else(num_threads)
}

/// The answers for columns. The interpreter is let go if there is enough to do, once.
fn ask(
    py: Python<'_>,
    asked: &[(Question<'_>, &[Chunk])],
    threads: usize,
) -> PyResult<Vec<Answer>> {
    let chunks = asked.iter().flat_map(|(_, chunks)| chunks.iter());
    if !worth_detaching(chunks.map(Chunk::rows).fold(0, usize::saturating_add)) {
        return Ok(ask_all(asked, 1));
    }
    detached(py, || ask_all(asked, threads))
}

/// The answers for each piece of columns.
fn ask_each(py: Python<'_>, inquiry: Inquiry, columns: &[&Column]) -> PyResult<Vec<Vec<Answer>>> {
    let rows = columns.iter().map(|column| column.rows()).max().unwrap_or(0);
    expect_room(&inquiry, rows, columns.len())?;
    let types = types(columns);
    let chunks = columns.iter().map(|column| column.chunks.as_slice()).collect::<Vec<_>>();
    detached(py, || {
        let mut answers = Incremental::new(inquiry, types);
        answers.push(&chunks);
        answers.finish()
    })
}

/// Refuses to give more answers than there is memory for: runs may stand for any number of rows.
fn expect_room(inquiry: &Inquiry, rows: usize, columns: usize) -> PyResult<()> {
    /// An answer, once as such, once while answers are brought together, and once in Arrow.
    const BYTES: usize = 3 * size_of::<Answer>();

    let Some(Per::Rows(window)) = inquiry.per else {
        return Ok(());
    };
    let count = rows / window;
    if count > MOST_ANSWERS {
        return Err(PyValueError::new_err(format!(
            "per={window} would give {count} answers for a column, more than {MOST_ANSWERS}: \
             ask for more rows at a time"
        )));
    }
    expect_memory((count * BYTES).saturating_mul(columns), || {
        format!("for {count} answers for each column: ask for more rows at a time")
    })
}

#[inline]
fn result_of_column(
    source: &Bound<'_, PyAny>,
    column: &Column,
    statistic: Statistic,
) -> PyResult<DataType> {
    let result = column.result_type(statistic);
    result.map_err(|error| refused(&error, &column.name, &type_name(source)))
}

/// The names of columns, and the types that a statistic of them has.
pub fn results_of_table(
    columns: &[&Column],
    statistic: Statistic,
) -> PyResult<Vec<(String, DataType)>> {
    let result = |column: &&Column| {
        let result = column.result_type(statistic);
        let result = result.map_err(|error| refused_in_table(&error, &column.name))?;
        Ok((column.name.clone(), result))
    };
    columns.iter().map(result).collect()
}

fn array<'py>(
    source: &Bound<'py, PyAny>,
    statistic: Statistic,
    name: &str,
    result: DataType,
    answers: &[Answer],
) -> PyResult<Bound<'py, PyAny>> {
    let array = to_array(statistic, &result, answers);
    let array = array.map_err(|error| refused(&error, name, &type_name(source)))?;
    output::array(source.py(), Field::new(name, result, true), &array)
}

/// Answers for each column as a record batch.
pub fn batch<'py>(
    py: Python<'py>,
    statistic: Statistic,
    promised: Vec<(String, DataType)>,
    answers: &[Vec<Answer>],
) -> PyResult<Bound<'py, PyAny>> {
    let (fields, arrays) = arrays(statistic, promised, answers)?;
    output::record_batch(py, fields, arrays)
}

/// Answers for each column as an array, and what it is.
pub fn arrays(
    statistic: Statistic,
    promised: Vec<(String, DataType)>,
    answers: &[Vec<Answer>],
) -> PyResult<(Vec<Field>, Vec<ArrayRef>)> {
    let mut fields = Vec::with_capacity(promised.len());
    let mut arrays = Vec::with_capacity(promised.len());
    for ((name, result), answers) in promised.into_iter().zip(answers) {
        let array = to_array(statistic, &result, answers);
        arrays.push(array.map_err(|error| refused_in_table(&error, &name))?);
        fields.push(Field::new(name, result, true));
    }
    Ok((fields, arrays))
}
