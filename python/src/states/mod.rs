//! Mergeable states: from columns, to answers, and between them.
//!
//! [`exchange`] is how tables of states enter and leave as Arrow, [`functions`] are `colstats.moments`
//! and `colstats.merge`, [`arguments`] is what methods take. The classes are in [`moments`](crate::classes::moments) and
//! [`moments_table`](crate::classes::moments_table).

pub mod exchange;

use std::collections::HashMap;

use arrow_schema::DataType;
use colstats::answer::answer;
use colstats::parallel::{self, num_threads};
use colstats::state::{MOST_ROWS, Type, Unmergeable};
use colstats::{Need, State, Statistic, Ticks, types};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

use crate::classes::column::PyColumn;
use crate::classes::table::PyTable;
use crate::detach::{detached, worth_detaching};
use crate::error::{refused, refused_in_table};
use crate::evaluate::{PIECE, batch, results_of_table, selected};
use crate::input::data::{Chunks, Column, Input, Kind, Table};
use crate::input::{self, Opened};
use crate::names::{quoted, type_name};
use crate::options::{Keywords, Selection};
use crate::output::to_python;

/// The type that the state of a column has: that of its values, however they are encoded.
pub fn type_of(column: &Column) -> Type {
    Type::named(match &column.kind {
        Kind::Readable(data_type) => types::name(types::plain(data_type)),
        Kind::Unreadable(name) | Kind::Unknown(name) => name.clone(),
    })
}

/// The states of columns that can at least be counted.
fn collect(py: Python<'_>, columns: &[&Column], threads: Option<usize>) -> PyResult<Vec<State>> {
    let chunks = columns.iter().map(|column| (column.chunks.as_slice(), Need::Everything));
    let chunks = chunks.collect::<Vec<_>>();
    let rows = columns.iter().map(|column| column.rows()).fold(0, usize::saturating_add);
    let moments = if worth_detaching(rows) {
        let threads = threads.unwrap_or_else(num_threads);
        detached(py, || parallel::fold(&chunks, threads))?
    } else {
        parallel::fold(&chunks, 1)
    };
    let typed = columns.iter().zip(moments);
    Ok(typed.map(|(column, moments)| State::of_column(type_of(column), moments)).collect())
}

/// A statistic of a state: a Python number, datetime or `None`.
pub fn of_state<'py>(
    source: &Bound<'py, PyAny>,
    state: &State,
    statistic: Statistic,
    keywords: &Keywords,
) -> PyResult<Bound<'py, PyAny>> {
    let column = hollow(String::new(), state);
    let result = column.result_type(statistic);
    let result = result.map_err(|error| refused(&error, &column.name, &type_name(source)))?;
    let (policy, ticks) = (&keywords.policy, Ticks::UpToMicroseconds);
    let answer = answer(statistic, column.data_type(), state.moments(), policy, ticks);
    to_python(source.py(), answer, column.data_type(), &result)
}

/// A column that says what it is and has no values: they are told by a state.
pub fn hollow(name: String, state: &State) -> Column {
    let kind = match state.of().map(|of| (of, of.data_type())) {
        None => Kind::Readable(DataType::Null),
        Some((_, Some(data_type))) => Kind::Readable(data_type.clone()),
        Some((of, None)) => Kind::Unreadable(of.name().into()),
    };
    Column { name, kind, chunks: Chunks::new(), text: None }
}

/// The exception for states that do not merge.
pub fn unmergeable(error: &Unmergeable, column: &str) -> PyErr {
    let message = match column {
        "" => error.to_string(),
        name => format!("column {}: {error}", quoted(name)),
    };
    match error {
        Unmergeable::Types { .. } => PyTypeError::new_err(message),
        Unmergeable::TooManyRows => PyValueError::new_err(message),
    }
}

/// States of columns that each have a name of their own, in order.
pub struct States {
    /// Columns without values, by which states are selected.
    pub columns: Table,
    states: Vec<State>,
    positions: HashMap<String, usize>,
}

impl States {
    /// States of the same name are merged; the order is that of first appearance.
    pub fn merged(named: impl IntoIterator<Item = (String, State)>) -> PyResult<Self> {
        let mut states: Vec<State> = vec![];
        let mut positions = HashMap::new();
        for (name, state) in named {
            match positions.get(&name) {
                Some(&position) => {
                    let known: &mut State = &mut states[position];
                    known.merge(&state).map_err(|error| unmergeable(&error, &name))?;
                }
                None => {
                    positions.insert(name, states.len());
                    states.push(state);
                }
            }
        }
        let mut names = positions.iter().collect::<Vec<_>>();
        names.sort_unstable_by_key(|&(_, &position)| position);
        let columns =
            names.iter().zip(&states).map(|((name, _), state)| hollow((*name).clone(), state));
        let columns = Table { columns: columns.collect(), rows: 0 };
        Ok(Self { columns, states, positions })
    }

    /// The names and the states, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &State)> {
        self.columns.columns.iter().map(|column| column.name.as_str()).zip(&self.states)
    }

    /// The state of a column of this name.
    pub fn get(&self, name: &str) -> Option<&State> {
        self.positions.get(name).map(|&position| &self.states[position])
    }

    /// A statistic of the selected columns: a record batch of one row.
    pub fn ask<'py>(
        &self,
        py: Python<'py>,
        statistic: Statistic,
        keywords: &Keywords,
    ) -> PyResult<Bound<'py, PyAny>> {
        let columns = keywords.selection.of(&self.columns)?;
        let promised = results_of_table(&columns, statistic)?;
        let answers = columns.iter().filter_map(|column| {
            let moments = self.get(&column.name)?.moments();
            Some(vec![answer(
                statistic,
                column.data_type(),
                moments,
                &keywords.policy,
                Ticks::Unit,
            )])
        });
        batch(py, statistic, promised, &answers.collect::<Vec<_>>())
    }
}

/// The names and states of the columns of some data, in order.
pub struct Gathered {
    pub is_table: bool,
    pub named: Vec<(String, State)>,
}

/// Gathers the states of a column, or of the selected columns of a table, which a check
/// lets pass, being told whether they are of a table. A stream is read piece by piece, and never held.
pub fn gather(
    data: &Bound<'_, PyAny>,
    selection: &Selection,
    threads: Option<usize>,
    check: impl Fn(&[&Column], bool) -> PyResult<()>,
) -> PyResult<Gathered> {
    let of_columns = |columns: &[&Column], is_table: bool| {
        if !is_table {
            selection.expect_nothing()?;
        }
        check(columns, is_table)?;
        for column in columns {
            expect_countable(column.rows(), &column.name)?;
            let countable = column.result_type(Statistic::Count);
            countable.map_err(|error| match is_table {
                true => refused_in_table(&error, &column.name),
                false => refused(&error, &column.name, &type_name(data)),
            })?;
        }
        let names = columns.iter().map(|column| column.name.clone());
        let named = names.zip(collect(data.py(), columns, threads)?).collect();
        Ok(Gathered { is_table, named })
    };
    let of_input =
        |input: &Input| of_columns(&selected(input, selection)?, matches!(input, Input::Table(_)));
    // Our own classes need no door.
    if let Ok(column) = data.cast::<PyColumn>() {
        return of_columns(&[column.get().data()], false);
    }
    if let Ok(table) = data.cast::<PyTable>() {
        return of_columns(&selection.of(table.get().data())?, true);
    }
    let mut pieces = match input::begin(data)? {
        Opened::Whole(input) => return of_input(&input),
        Opened::Stream(pieces) => pieces,
    };
    let mut whole = of_input(&pieces.read(PIECE)?)?;
    while !pieces.is_over() {
        let part = of_input(&pieces.read(PIECE)?)?;
        for ((name, state), (_, part)) in whole.named.iter_mut().zip(&part.named) {
            state.merge(part).map_err(|error| unmergeable(&error, name))?;
        }
    }
    Ok(whole)
}

/// Refuses more rows than states count; without a state, answers have no such bound.
pub fn expect_countable(rows: usize, column: &str) -> PyResult<()> {
    if rows as u64 <= MOST_ROWS {
        return Ok(());
    }
    let column = if column.is_empty() { "" } else { &format!("column {}: ", quoted(column)) };
    Err(PyValueError::new_err(format!(
        "{column}{rows} rows are more than the 2^53 that a state counts: \
         ask for each statistic by its function"
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
