//! From a statistic and its options to a Python object: the path that all functions and methods of
//! the API share.
//!
//! Data in memory is read as a whole; a stream is folded batch by batch, and never held.

use std::iter;
use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_schema::{DataType, Field};
use colstats::internals::answers::arrow::to_array;
use colstats::internals::answers::collected::Answers;
use colstats::internals::answers::column::ask_all;
use colstats::internals::answers::question::Question;
use colstats::internals::answers::rolling::Rolling;
use colstats::internals::answers::row_major;
use colstats::internals::answers::statistic::{Ticks, fine_type, result_type};
use colstats::internals::answers::stream::{Incremental, Inquiry};
use colstats::internals::answers::windows::Per;
use colstats::internals::columns::chunk::Chunk;
use colstats::internals::columns::row_major::RowMajor;
use colstats::internals::run::pool::num_threads;
use colstats::internals::types::{Family, family};
use colstats::{Answer, Statistic};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyFloat;

use crate::classes::rows::{PyRow, PyRows};
use crate::detach::{detached, worth_detaching};
use crate::error::{refused, refused_in_table};
use crate::input::data::{Column, Input, InputRef, Table};
use crate::input::items::Items;
use crate::input::source::Source;
use crate::memory::expect_memory;
use crate::names::type_name;
use crate::options::{Keywords, Selection};
use crate::output::{self, Floats, Records, Values, to_python};
use crate::text::{TextExtremes, Whose};
use crate::windows::{Clock, Plan, columns_of};

/// The most results of `per=` for a column.
const MAX_RESULTS: usize = 1 << 28;

/// The statistic of a column, or of the selected columns of a table, wherever they come from.
pub fn of_source<'py>(
    data: &Bound<'py, PyAny>,
    source: Source<'_, 'py>,
    statistic: Statistic,
    keywords: &Keywords,
) -> PyResult<Bound<'py, PyAny>> {
    match source {
        Source::Held(input) => of_input(data, input, statistic, keywords),
        Source::Whole(input) => of_input(data, input.as_ref(), statistic, keywords),
        Source::RowMajor(table) => match keywords.asks_once_of_all() {
            true => of_row_major(data.py(), &table, statistic, keywords),
            false => of_table(data.py(), &Table::of(*table), statistic, keywords),
        },
        Source::Stream(mut batches) => {
            let first = batches.read_batch()?;
            match batches.is_over() {
                true => of_input(data, first.as_ref(), statistic, keywords),
                false => of_stream(data, first, batches, statistic, keywords),
            }
        }
        Source::Items(items) => of_items(data, *items, statistic, keywords),
    }
}

#[cold]
fn of_items<'py>(
    data: &Bound<'py, PyAny>,
    mut items: Items<'py>,
    statistic: Statistic,
    keywords: &Keywords,
) -> PyResult<Bound<'py, PyAny>> {
    let first = items.read_first()?;
    of_stream(data, first, items, statistic, keywords)
}

fn of_input<'py>(
    data: &Bound<'py, PyAny>,
    input: InputRef<'_>,
    statistic: Statistic,
    keywords: &Keywords,
) -> PyResult<Bound<'py, PyAny>> {
    match input {
        InputRef::Column(column) => {
            keywords.selection.expect_nothing()?;
            of_column(data, column, statistic, keywords)
        }
        InputRef::Table(table) => {
            of_table_of(data.py(), &|| type_name(data), table, statistic, keywords)
        }
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
    let result = match result_of_column(source, column, statistic) {
        Ok(result) => result,
        Err(refusal) => return of_text(source, column, statistic, keywords, refusal),
    };
    if keywords.windows.is_some() {
        return of_column_in_windows(source, column, statistic, keywords, result);
    }
    // The fast path for short columns.
    let (of, options) = (column.data_type(), &keywords.options);
    let question = Question { statistic, of, options, ticks: Ticks::Fine };
    let answer = if worth_detaching(column.rows()) {
        let asked = [(question, column.chunks.as_slice())];
        detached(py, || ask_all(&asked, threads(keywords)))?.swap_remove(0)
    } else {
        question.ask(&column.chunks[..])
    };
    match answer {
        Answer::Float(value) => Ok(PyFloat::new(py, value).into_any()),
        answer => to_python(py, answer, of, &fine_type(statistic, result)),
    }
}

/// The extreme of a column that has no numbers, if it is text; else the refusal.
#[cold]
#[inline(never)]
fn of_text<'py>(
    source: &Bound<'py, PyAny>,
    column: &Column,
    statistic: Statistic,
    keywords: &Keywords,
    refusal: PyErr,
) -> PyResult<Bound<'py, PyAny>> {
    let mut texts = TextExtremes::new(&[column], statistic);
    if texts.result(0).is_none() || keywords.windows.is_some() {
        return Err(refusal);
    }
    texts.push(source.py(), &|| type_name(source), &[column])?;
    only_text(source.py(), &texts, keywords)
}

/// The extreme of one column, which is text.
fn only_text<'py>(
    py: Python<'py>,
    texts: &TextExtremes,
    keywords: &Keywords,
) -> PyResult<Bound<'py, PyAny>> {
    match &texts.arrays(&keywords.options)?[..] {
        [Some(array)] => output::element(py, array, 0),
        _ => Ok(py.None().into_bound(py)),
    }
}

/// Apart, so that usual calls need little of the stack.
#[cold]
#[inline(never)]
fn of_column_in_windows<'py>(
    source: &Bound<'py, PyAny>,
    column: &Column,
    statistic: Statistic,
    keywords: &Keywords,
    result: DataType,
) -> PyResult<Bound<'py, PyAny>> {
    let data = InputRef::Column(column);
    let answers = ask_each(source.py(), data, &[column], statistic, keywords)?.swap_remove(0);
    array(source, statistic, &column.name, result, &answers)
}

/// A `Row`, with a value for each column; with `per=`, `Rows`, one for each chunk or window.
pub fn of_table<'py>(
    py: Python<'py>,
    table: &Table,
    statistic: Statistic,
    keywords: &Keywords,
) -> PyResult<Bound<'py, PyAny>> {
    of_table_of(py, &|| "colstats.Table".into(), table, statistic, keywords)
}

/// The same for a table of an object, whose type may have to be named.
fn of_table_of<'py>(
    py: Python<'py>,
    whose: Whose<'_>,
    table: &Table,
    statistic: Statistic,
    keywords: &Keywords,
) -> PyResult<Bound<'py, PyAny>> {
    if let Some(row_major) = table.row_major()
        && keywords.asks_once_of_all()
    {
        return of_row_major(py, row_major, statistic, keywords);
    }
    let columns = columns_of(keywords, table)?;
    // Refusals come before any work.
    let mut texts = texts_of(&columns, statistic, keywords);
    let promised = promises(&columns, statistic, &texts)?;
    if keywords.windows.is_some() {
        let data = InputRef::Table(table);
        let answers = ask_each(py, data, &columns, statistic, keywords)?;
        return PyRows::of(py, records(statistic, promised, &answers)?);
    }
    let inquiry = inquiry(statistic, keywords);
    let asked =
        columns.iter().map(|column| (inquiry.about(column.data_type()), column.chunks.as_slice()));
    let answers = ask(py, &asked.collect::<Vec<_>>(), inquiry.threads)?;
    texts.push(py, whose, &columns)?;
    row(py, statistic, promised, answers.into(), &texts.arrays(&keywords.options)?)
}

/// The same for all columns of a table in row-major order.
fn of_row_major<'py>(
    py: Python<'py>,
    table: &RowMajor,
    statistic: Statistic,
    keywords: &Keywords,
) -> PyResult<Bound<'py, PyAny>> {
    let of = table.data_type();
    let result = result_type(statistic, of).map_err(|error| refused_in_table(&error, "0"))?;
    let inquiry = inquiry(statistic, keywords);
    let question = inquiry.about(of);
    let answers = match worth_detaching(table.rows().saturating_mul(table.columns())) {
        false => row_major::ask_all(&question, table, 1),
        true => detached(py, || row_major::ask_all(&question, table, inquiry.threads))?,
    };
    if result == DataType::Float64 {
        return PyRow::of_floats(py, Floats::numbered(answers));
    }
    let promise = |index: usize| Promise {
        name: index.to_string(),
        result: result.clone(),
        integers: statistic == Statistic::Sum,
    };
    row(py, statistic, (0..table.columns()).map(promise).collect(), answers, &[])
}

/// A row of answers, of which Arrow arrays are made when they are needed, if nothing can go wrong then.
fn row<'py>(
    py: Python<'py>,
    statistic: Statistic,
    promised: Vec<Promise>,
    answers: Answers,
    texts: &[Option<ArrayRef>],
) -> PyResult<Bound<'py, PyAny>> {
    if promised.iter().all(|promise| promise.result == DataType::Float64) {
        let names = promised.into_iter().map(|promise| promise.name).collect();
        return PyRow::of_floats(py, Floats::named(names, answers));
    }
    let answers = answers.iter().map(|answer| Answers::from_iter([answer])).collect::<Vec<_>>();
    PyRow::of(py, records_and_texts(statistic, promised, &answers, texts)?)
}

/// The same for a stream of which the first batch has been read.
#[inline(never)]
fn of_stream<'py>(
    data: &Bound<'py, PyAny>,
    first: Input,
    rest: impl Iterator<Item = PyResult<Input>>,
    statistic: Statistic,
    keywords: &Keywords,
) -> PyResult<Bound<'py, PyAny>> {
    let py = data.py();
    let mut inquiry = inquiry(statistic, keywords);
    let mut clock = None;
    if let Some(plan) = Plan::of(py, keywords, first.as_ref())? {
        (inquiry.per, inquiry.options) = (Some(plan.per), plan.options);
        clock = plan.clock;
    }
    let is_one = inquiry.per.is_none();
    let mut texts = texts_of(&asked_of(first.as_ref(), keywords)?, statistic, keywords);
    let fold = |first, inquiry, texts| fold(data, first, rest, (inquiry, texts), keywords, clock);
    match &first {
        Input::Column(column) => {
            keywords.selection.expect_nothing()?;
            let (name, of) = (column.name.clone(), column.data_type().clone());
            if texts.result(0).is_some() {
                fold(first, inquiry, &mut texts)?;
                return only_text(py, &texts, keywords);
            }
            let result = result_of_column(data, column, statistic)?;
            if !is_one {
                let answers = fold(first, inquiry, &mut texts)?;
                return array(data, statistic, &name, result, &answers[0]);
            }
            let inquiry = Inquiry { ticks: Ticks::Fine, ..inquiry };
            let answers = fold(first, inquiry, &mut texts)?;
            to_python(py, answers[0].get(0), &of, &fine_type(statistic, result))
        }
        Input::Table(table) => {
            let promised = promises(&columns_of(keywords, table)?, statistic, &texts)?;
            let answers = fold(first, inquiry, &mut texts)?;
            let texts = texts.arrays(&keywords.options)?;
            rows(py, is_one, records_and_texts(statistic, promised, &answers, &texts)?)
        }
    }
}

/// The answers for each column of a stream. Each batch is dropped before the next is read.
fn fold(
    data: &Bound<'_, PyAny>,
    first: Input,
    rest: impl Iterator<Item = PyResult<Input>>,
    (inquiry, texts): (Inquiry, &mut TextExtremes),
    keywords: &Keywords,
    mut clock: Option<Clock>,
) -> PyResult<Vec<Answers>> {
    let py = data.py();
    let types = types(&asked_of(first.as_ref(), keywords)?);
    let (mut answers, mut rows) = (Incremental::new(inquiry, types), 0);
    for batch in iter::once(Ok(first)).chain(rest) {
        let batch = batch?;
        rows += batch.as_ref().rows(); // all rows of a stream are few enough to be counted
        let columns = asked_of(batch.as_ref(), keywords)?;
        expect_room(&inquiry, rows, columns.len())?;
        let times = clock.as_mut().map(|clock| clock.next(keywords, batch.as_ref())).transpose()?;
        let chunks = columns.iter().map(|column| column.chunks.as_slice()).collect::<Vec<_>>();
        detached(py, || answers.push_at(&chunks, times.as_deref()))?;
        texts.push(py, &|| type_name(data), &columns)?;
    }
    clock.map_or(Ok(()), |clock| clock.expect_end())?;
    detached(py, || answers.finish())
}

/// The columns to be read: one, or those selected of a table.
pub fn selected<'a>(input: InputRef<'a>, selection: &Selection) -> PyResult<Vec<&'a Column>> {
    match input {
        InputRef::Column(column) => Ok(vec![column]),
        InputRef::Table(table) => selection.of(table),
    }
}

/// The columns that get results.
fn asked_of<'a>(input: InputRef<'a>, keywords: &Keywords) -> PyResult<Vec<&'a Column>> {
    match input {
        InputRef::Column(column) => Ok(vec![column]),
        InputRef::Table(table) => columns_of(keywords, table),
    }
}

fn types(columns: &[&Column]) -> Vec<DataType> {
    columns.iter().map(|column| column.data_type().clone()).collect()
}

fn inquiry(statistic: Statistic, keywords: &Keywords) -> Inquiry {
    Inquiry {
        statistic,
        options: keywords.options,
        ticks: Ticks::Unit,
        per: None,
        threads: threads(keywords),
    }
}

fn threads(keywords: &Keywords) -> usize {
    keywords.threads.unwrap_or_else(num_threads)
}

/// The answers for columns. The GIL is released once, if there is enough to do.
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

/// The answers for each chunk or window of columns.
fn ask_each(
    py: Python<'_>,
    data: InputRef<'_>,
    columns: &[&Column],
    statistic: Statistic,
    keywords: &Keywords,
) -> PyResult<Vec<Answers>> {
    let mut inquiry = inquiry(statistic, keywords);
    let Some(Plan { per, clock, options }) = Plan::of(py, keywords, data)? else {
        return Ok(vec![]); // there are windows
    };
    (inquiry.per, inquiry.options) = (Some(per), options);
    expect_room(&inquiry, data.rows(), columns.len())?;
    let times = match clock {
        None => None,
        Some(mut clock) => {
            let times = clock.next(keywords, data)?;
            clock.expect_end()?;
            Some(times)
        }
    };
    let types = types(columns);
    let chunks = columns.iter().map(|column| column.chunks.as_slice()).collect::<Vec<_>>();
    detached(py, || {
        let mut answers = Incremental::new(inquiry, types);
        answers.push_at(&chunks, times.as_deref());
        answers.finish()
    })
}

/// Refuses to compute more results than there is memory for: a few runs may stand for any number of
/// rows.
fn expect_room(inquiry: &Inquiry, rows: usize, columns: usize) -> PyResult<()> {
    /// A result takes memory three times: as itself, while results are put together, and in Arrow.
    const BYTES: usize = 3 * size_of::<Answer>();

    /// Rows that slide are copied where they have an encoding.
    const ROW_BYTES: usize = 2 * size_of::<i64>();

    let (count, window, row_bytes) = match inquiry.per {
        None | Some(Per::Chunk) => return Ok(()),
        Some(Per::Rows(window)) => (rows / window, window.to_string(), 0),
        Some(Per::Rolling(Rolling::Steps { rows: window, step })) => {
            let copied = if window.get() / step > 1 { ROW_BYTES } else { 0 };
            (rows / step, format!("{window}, step={step}"), copied)
        }
        Some(Per::Rolling(Rolling::Trailing(window))) => {
            (rows, format!("{window}, align=\"row\""), ROW_BYTES)
        }
        Some(Per::Rolling(Rolling::Cumulative)) => (rows, "\"cumulative\"".into(), ROW_BYTES),
        Some(Per::Rolling(Rolling::Period(_))) => (rows, "a period".into(), ROW_BYTES),
    };
    if count > MAX_RESULTS {
        return Err(PyValueError::new_err(format!(
            "per={window} would give {count} results for a column, more than {MAX_RESULTS}: \
             ask for more rows at a time"
        )));
    }
    let bytes = (count * BYTES).saturating_add(rows.saturating_mul(row_bytes));
    expect_memory(bytes.saturating_mul(columns), || {
        format!("for {count} results for each column: ask for more rows at a time")
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

/// What a statistic of a column will be.
pub struct Promise {
    pub name: String,
    /// The type of the result in Arrow.
    pub result: DataType,
    /// Whether it is a sum of integers.
    integers: bool,
}

/// What a statistic of columns will be, or the refusal of one: text has none.
pub fn results_of_table(columns: &[&Column], statistic: Statistic) -> PyResult<Vec<Promise>> {
    promises(columns, statistic, &TextExtremes::none())
}

/// The columns whose extremes are asked of their text: those of whole columns.
fn texts_of(columns: &[&Column], statistic: Statistic, keywords: &Keywords) -> TextExtremes {
    match keywords.windows {
        None => TextExtremes::new(columns, statistic),
        Some(_) => TextExtremes::none(),
    }
}

/// What a statistic of columns will be, some of which may be text.
fn promises(
    columns: &[&Column],
    statistic: Statistic,
    texts: &TextExtremes,
) -> PyResult<Vec<Promise>> {
    let result = |(index, column): (usize, &&Column)| {
        let result = match texts.result(index) {
            Some(of) => Ok(of.clone()),
            None => column.result_type(statistic),
        };
        let result = result.map_err(|error| refused_in_table(&error, &column.name))?;
        let integers = statistic == Statistic::Sum && family(column.data_type()) != Family::Decimal;
        Ok(Promise { name: column.name.clone(), result, integers })
    };
    columns.iter().enumerate().map(result).collect()
}

fn array<'py>(
    source: &Bound<'py, PyAny>,
    statistic: Statistic,
    name: &str,
    result: DataType,
    answers: &Answers,
) -> PyResult<Bound<'py, PyAny>> {
    let array = to_array(statistic, &result, answers);
    let array = array.map_err(|error| refused(&error, name, &type_name(source)))?;
    output::array(source.py(), Field::new(name, result, true), &array)
}

/// Answers for each column as an array.
pub fn records(
    statistic: Statistic,
    promised: Vec<Promise>,
    answers: &[Answers],
) -> PyResult<Records> {
    records_and_texts(statistic, promised, answers, &[])
}

/// The same, with arrays for those columns that are text.
fn records_and_texts(
    statistic: Statistic,
    promised: Vec<Promise>,
    answers: &[Answers],
    texts: &[Option<ArrayRef>],
) -> PyResult<Records> {
    let columns = promised.into_iter().zip(answers).enumerate();
    let columns = columns.map(|(index, (promise, answers))| {
        let array = match texts.get(index) {
            Some(Some(text)) => Ok(Arc::clone(text)),
            _ => to_array(statistic, &promise.result, answers),
        };
        let array = array.map_err(|error| refused_in_table(&error, &promise.name))?;
        let field = Field::new(promise.name, promise.result, true);
        Ok(Values { field, array, integers: promise.integers })
    });
    columns.collect::<PyResult<_>>().map(Records::new)
}

/// Results of one row, or of any number of them.
fn rows(py: Python<'_>, is_one: bool, records: Records) -> PyResult<Bound<'_, PyAny>> {
    if is_one { PyRow::of(py, records) } else { PyRows::of(py, records) }
}
