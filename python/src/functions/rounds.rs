//! For `colstats.distributed`: quantiles of tables that no single process holds, in rounds of counts.
//!
//! [`tally`] counts the values of a partition in the spans that a round asks for, [`tallied`] adds such counts up, and
//! [`quantile_step`] makes the request of the next round of them, or the answer. All three exchange tables of one
//! column of bytes, as engines ship tables.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, BinaryArray};
use arrow_schema::{DataType, Field};
use colstats::Answer;
use colstats::internals::answers::arrow::to_array;
use colstats::internals::answers::collected::Answers;
use colstats::internals::answers::order::Interpolation;
use colstats::internals::answers::question::Question;
use colstats::internals::answers::rounds::wire::{
    ColumnTally, decode_request, decode_tally, encode_request, encode_tally,
};
use colstats::internals::answers::rounds::{Narrowed, Span, count, narrowed, whole};
use colstats::internals::answers::statistic::Ticks;
use colstats::internals::answers::text::for_each_text;
use colstats::internals::states::column_type::ColumnType;
use colstats::internals::types;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

use super::order::{Asked, Shares, interpolation_of, shares};
use crate::classes::source::source;
use crate::detach::detached;
use crate::error::refused_in_table;
use crate::evaluate::selected;
use crate::input::data::{Column, Input};
use crate::names::{quoted, type_name};
use crate::options::{Keywords, Label, Selection, read};
use crate::output::{self, Values};
use crate::text::text_type;

/// The name of the column of bytes.
const TALLY: &str = "colstats_tally";

/// Counts the values of a partition: in the spans of a request, or for the first round without one.
#[pyfunction(name = "_tally")]
#[pyo3(
    signature = (data, name, request=None, *, interpolation=Interpolation::Linear, columns=None, numeric_only=false),
    text_signature = "(data, name, request=None, *, interpolation='linear', columns=None, numeric_only=False)"
)]
pub fn tally<'py>(
    data: &Bound<'py, PyAny>,
    name: &str,
    request: Option<&[u8]>,
    #[pyo3(from_py_with = interpolation_of)] interpolation: Interpolation,
    #[pyo3(from_py_with = read::columns)] columns: Option<Vec<Label>>,
    #[pyo3(from_py_with = read::numeric_only)] numeric_only: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let (py, selection) = (data.py(), Selection { columns, numeric_only });
    let request = request.map(request_of).transpose()?;
    let asked = Asked::new(name, Shares::none(), interpolation);
    let mut all: Option<Vec<ColumnTally>> = None;
    source(data)?.for_each_batch(|batch| {
        let columns = selected(batch, &selection)?;
        let spans = spans_of(&columns, &asked, request.as_deref())?;
        let counted = detached(py, || {
            let counted = columns.iter().zip(&spans).map(|(column, spans)| ColumnTally {
                name: column.name.clone(),
                of: types::name(types::plain(column.data_type())),
                counted: count(column.data_type(), &column.chunks, spans),
            });
            counted.collect::<Vec<_>>()
        })?;
        match &mut all {
            None => all = Some(counted),
            Some(all) => merge(all, counted)?,
        }
        Ok(())
    })?;
    table_of(py, &all.unwrap_or_default())
}

/// Adds up what was counted of partitions, in tables of one or more rows.
#[pyfunction(name = "_tallied")]
#[pyo3(signature = (tables, /))]
pub fn tallied<'py>(tables: &Bound<'py, PyList>) -> PyResult<Bound<'py, PyAny>> {
    table_of(tables.py(), &sum_of(tables)?)
}

/// The answer, or the bytes of the request for the next round, given what was counted in this one.
#[pyfunction(name = "_quantile_step")]
#[pyo3(
    signature = (
        tables, name, q, request=None, *, interpolation=Interpolation::Linear, skip_nulls=true, min_count=1,
        skip_nans=false
    ),
    text_signature = "(tables, name, q, request=None, *, interpolation='linear', skip_nulls=True, min_count=1, \
        skip_nans=False)"
)]
#[allow(clippy::too_many_arguments)]
pub fn quantile_step<'py>(
    tables: &Bound<'py, PyList>,
    name: &str,
    #[pyo3(from_py_with = shares)] q: Shares,
    request: Option<&[u8]>,
    #[pyo3(from_py_with = interpolation_of)] interpolation: Interpolation,
    #[pyo3(from_py_with = read::skip_nulls)] skip_nulls: bool,
    #[pyo3(from_py_with = read::min_count)] min_count: u64,
    #[pyo3(from_py_with = read::skip_nans)] skip_nans: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let py = tables.py();
    let keywords = Keywords::default().skip_nulls(skip_nulls).min_count(min_count);
    let options = keywords.skip_nans(skip_nans).options;
    let request = request.map(request_of).transpose()?;
    let asked = Asked::new(name, q, interpolation);
    let tallies = sum_of(tables)?;
    if let Some(request) = &request
        && request.len() != tallies.len()
    {
        return Err(changed());
    }
    let (mut next, mut values, mut is_over) = (vec![], vec![], true);
    for (index, tally) in tallies.iter().enumerate() {
        let of = type_of(tally)?;
        let spans = match &request {
            Some(request) => request[index].clone(),
            None => Vec::from_iter(whole(&of)),
        };
        let statistic = interpolation.like();
        let question = Question { statistic, of: &of, options: &options, ticks: Ticks::Unit };
        let shares = asked.shares.all();
        let narrowed = narrowed(&question, &spans, &tally.counted, shares, interpolation);
        let Narrowed { spans, answers } = narrowed.ok_or_else(changed)?;
        next.push(spans);
        match answers {
            Some(answers) => values.push(column_of(&asked, tally, &of, answers)?),
            None => is_over = false,
        }
    }
    match is_over {
        true => asked.rows_of(py, values),
        false => Ok(PyBytes::new(py, &encode_request(&next)).into_any()),
    }
}

/// The spans of each column: those of the request, or all values. Refusals come before any work.
fn spans_of(
    columns: &[&Column],
    asked: &Asked,
    request: Option<&[Vec<Span>]>,
) -> PyResult<Vec<Vec<Span>>> {
    for column in columns {
        let result = asked.result_type(column);
        result.map_err(|error| refused_in_table(&error, &column.name))?;
        if text_type(column).is_some() {
            return Err(PyTypeError::new_err(format!(
                "column {}: quantiles of text need all of it in one process, as colstats.quantile does \
                 (leave it out with columns=[...] or numeric_only=True)",
                quoted(&column.name)
            )));
        }
    }
    match request {
        None => {
            Ok(columns.iter().map(|column| Vec::from_iter(whole(column.data_type()))).collect())
        }
        Some(request) if request.len() == columns.len() => Ok(request.to_vec()),
        Some(_) => Err(changed()),
    }
}

/// All that was counted, added up.
fn sum_of(tables: &Bound<'_, PyList>) -> PyResult<Vec<ColumnTally>> {
    let mut all: Option<Vec<ColumnTally>> = None;
    for table in tables.iter() {
        let not_a_tally = || {
            let name = type_name(&table);
            PyValueError::new_err(format!("{name} is not what a round has counted"))
        };
        let Input::Table(read) = source(&table)?.read_all()? else { return Err(not_a_tally()) };
        let column = read.columns.iter().find(|column| column.name == TALLY);
        let text = column.and_then(|column| column.text.as_ref()).ok_or_else(not_a_tally)?;
        let arrays = text.read().map_err(|malformed| malformed.of(&table))?;
        let mut tallies = vec![];
        arrays
            .iter()
            .for_each(|array| for_each_text(array, |bytes, _| tallies.push(decode_tally(bytes))));
        for tally in tallies {
            let tally = tally.ok_or_else(not_a_tally)?;
            match &mut all {
                None => all = Some(tally),
                Some(all) => merge(all, tally)?,
            }
        }
    }
    Ok(all.unwrap_or_default())
}

/// Adds what was counted of other rows of the same columns.
fn merge(all: &mut [ColumnTally], other: Vec<ColumnTally>) -> PyResult<()> {
    const NULLS: &str = "null";
    if all.len() != other.len() || all.iter().zip(&other).any(|(one, other)| one.name != other.name)
    {
        return Err(PyValueError::new_err(
            "partitions have different columns: select those that all have, with columns=[...]",
        ));
    }
    for (ours, mut theirs) in all.iter_mut().zip(other) {
        // A column of nulls may be of any type.
        if ours.of == NULLS {
            std::mem::swap(ours, &mut theirs);
        }
        if theirs.of == NULLS {
            ours.counted.nulls = ours.counted.nulls.saturating_add(theirs.counted.nulls);
            continue;
        }
        if ours.of != theirs.of {
            return Err(PyTypeError::new_err(format!(
                "column {}: {} values in some partitions, and {} in others: cast it to one type in all of them",
                quoted(&ours.name),
                ours.of,
                theirs.of
            )));
        }
        if !ours.counted.merge(theirs.counted) {
            return Err(changed());
        }
    }
    Ok(())
}

fn request_of(bytes: &[u8]) -> PyResult<Vec<Vec<Span>>> {
    let request = decode_request(bytes);
    request.ok_or_else(|| PyValueError::new_err("these bytes are not the request of a round"))
}

fn type_of(tally: &ColumnTally) -> PyResult<DataType> {
    let of = ColumnType::named(&tally.of).data_type().cloned();
    of.ok_or_else(|| PyValueError::new_err(format!("there is no order of {} values", tally.of)))
}

/// The answers about a column.
fn column_of(
    asked: &Asked,
    tally: &ColumnTally,
    of: &DataType,
    answers: Vec<Answer>,
) -> PyResult<Values> {
    let refused = |error| refused_in_table(&error, &tally.name);
    let result = asked.result_type_of(of).map_err(refused)?;
    let statistic = asked.interpolation.like();
    let array = to_array(statistic, &result, &Answers::from_iter(answers)).map_err(refused)?;
    Ok(Values::new(Field::new(&tally.name, result, true), array))
}

/// A table with what was counted.
fn table_of<'py>(py: Python<'py>, tallies: &[ColumnTally]) -> PyResult<Bound<'py, PyAny>> {
    let bytes = encode_tally(tallies);
    if bytes.len() > i32::MAX as usize {
        return Err(PyValueError::new_err(
            "the counts of so many columns are too large: select fewer with columns=[...]",
        ));
    }
    let array: ArrayRef = Arc::new(BinaryArray::from(vec![bytes.as_slice()]));
    let field = Field::new(TALLY, array.data_type().clone(), true);
    output::record_batch(py, vec![field], vec![array])
}

fn changed() -> PyErr {
    PyValueError::new_err(
        "the values are not the same in each round: cache or persist the table, so that it is not computed anew",
    )
}
