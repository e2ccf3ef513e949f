//! From data to the states of its columns.

use std::collections::HashMap;

use colstats::internals::kernels::Need;
use colstats::internals::run::fold::fold;
use colstats::internals::run::pool::num_threads;
use colstats::internals::states::moments::MAX_ROWS;
use colstats::{Moments, Statistic};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::typed::type_of;
use crate::detach::{detached, worth_detaching};
use crate::error::{refused, refused_in_table, unmergeable};
use crate::evaluate::selected;
use crate::input::data::{Column, InputRef};
use crate::input::source::Source;
use crate::names::{quoted, type_name};
use crate::options::Selection;

/// The names and states of the columns of some data, in order.
#[derive(Default)]
pub struct Accumulated {
    pub is_table: bool,
    pub named: Vec<(String, Moments)>,
    /// The positions of columns of which not even the nulls are known. Their states have a type,
    /// and must not be asked for more.
    pub uncountable: Vec<usize>,
}

/// What becomes of a column of which not even the nulls are known.
#[derive(Clone, Copy, PartialEq)]
pub enum Uncountable {
    Refused,
    Noted,
}

/// Accumulates the states of a column, or of the selected columns of a table. A check sees the
/// columns first, and whether they are of a table. A stream is read batch by batch, and never held.
pub fn accumulate<'py>(
    data: &Bound<'py, PyAny>,
    source: Source<'_, 'py>,
    selection: &Selection,
    threads: Option<usize>,
    uncountable: Uncountable,
    check: impl Fn(&[&Column], bool) -> PyResult<()>,
) -> PyResult<Accumulated> {
    let of_batch = |input: InputRef<'_>| -> PyResult<Accumulated> {
        let is_table = matches!(input, InputRef::Table(_));
        if !is_table {
            selection.expect_nothing()?;
        }
        let columns = selected(input, selection)?;
        check(&columns, is_table)?;
        let mut noted = vec![];
        for (position, column) in columns.iter().enumerate() {
            expect_countable(column.rows(), &column.name)?;
            match column.result_type(Statistic::Count) {
                Ok(_) => {}
                Err(_) if uncountable == Uncountable::Noted => noted.push(position),
                Err(error) if is_table => return Err(refused_in_table(&error, &column.name)),
                Err(error) => return Err(refused(&error, &column.name, &type_name(data))),
            }
        }
        let names = columns.iter().map(|column| column.name.clone());
        let named = names.zip(states_of(data.py(), &columns, threads)?).collect();
        Ok(Accumulated { is_table, named, uncountable: noted })
    };
    let mut whole: Option<Accumulated> = None;
    source.for_each_batch(|input| {
        let batch = of_batch(input)?;
        let Some(whole) = &mut whole else {
            whole = Some(batch);
            return Ok(());
        };
        for ((name, state), (_, part)) in whole.named.iter_mut().zip(&batch.named) {
            state.merge(part).map_err(|error| unmergeable(&error, name))?;
        }
        Ok(())
    })?;
    Ok(whole.unwrap_or_default())
}

/// Refuses more rows than a state can count. Statistics without a state have no such bound.
pub fn expect_countable(rows: usize, column: &str) -> PyResult<()> {
    if rows as u64 <= MAX_ROWS {
        return Ok(());
    }
    let column = if column.is_empty() { "" } else { &format!("column {}: ", quoted(column)) };
    Err(PyValueError::new_err(format!(
        "{column}{rows} rows are more than the 2^53 that a state counts: \
         compute each statistic by its function"
    )))
}

/// Refuses columns of the same name.
pub fn expect_different_names(columns: &[&Column], _is_table: bool) -> PyResult<()> {
    let mut seen = HashMap::new();
    for (position, column) in columns.iter().enumerate() {
        if let Some(first) = seen.insert(column.name.as_str(), position) {
            return Err(PyValueError::new_err(format!(
                "the name {} is not unique: it names the columns {first} and {position}, and \
                 states are kept by name; choose with columns=[...]",
                quoted(&column.name)
            )));
        }
    }
    Ok(())
}

/// The states of columns that can at least be counted.
fn states_of(
    py: Python<'_>,
    columns: &[&Column],
    threads: Option<usize>,
) -> PyResult<Vec<Moments>> {
    let chunks = columns.iter().map(|column| (column.chunks.as_slice(), Need::Everything));
    let chunks = chunks.collect::<Vec<_>>();
    let rows = columns.iter().map(|column| column.rows()).fold(0, usize::saturating_add);
    let accumulators = if worth_detaching(rows) {
        let threads = threads.unwrap_or_else(num_threads);
        detached(py, || fold(&chunks, threads))?
    } else {
        fold(&chunks, 1)
    };
    let typed = columns.iter().zip(accumulators);
    Ok(typed.map(|(column, sums)| Moments::of_column(type_of(column), sums)).collect())
}
