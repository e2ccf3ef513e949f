//! The states of the columns of a table, by name.

use std::collections::HashMap;
use std::sync::Arc;

use colstats::internals::answers::collected::Answers;
use colstats::internals::answers::statistic::{Ticks, answer};
use colstats::{Moments, Statistic};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::missing::Missing;
use super::typed::hollow;
use crate::classes::rows::PyRow;
use crate::error::{refused_in_table, unmergeable};
use crate::evaluate::{records, results_of_table};
use crate::input::data::Table;
use crate::names::quoted;
use crate::options::Keywords;

/// States of columns with different names, in order.
pub struct States {
    /// Columns without values, from which states are selected.
    pub columns: Table,
    states: Vec<Moments>,
    positions: HashMap<String, usize>,
}

impl States {
    /// The states of one table. States of the same name are merged; the order is that of first appearance.
    ///
    /// # Errors
    /// Besides those of merging: if some of the names come more often than others, and have more rows.
    pub fn of_table(named: impl IntoIterator<Item = (String, Moments)>) -> PyResult<Self> {
        let mut parts: HashMap<String, usize> = HashMap::new();
        let named = named.into_iter().inspect(|(name, _)| {
            *parts.entry(name.clone()).or_default() += 1;
        });
        let whole = Self::joined(named.collect::<Vec<_>>())?;
        let all = parts.values().max().copied().unwrap_or(0);
        let rows = whole.states.iter().map(Moments::rows).max().unwrap_or(0);
        for (name, state) in whole.iter() {
            if parts[name] < all && state.rows() < rows {
                return Err(PyValueError::new_err(format!(
                    "column {} is missing from some parts of this table: it has {} rows, others have \
                     {rows}; merge the parts one by one, as in merge(*parts, missing=\"null\")",
                    quoted(name),
                    state.rows()
                )));
            }
        }
        Ok(whole)
    }

    /// The states of a whole of which these are the parts, each with its name for messages.
    ///
    /// # Errors
    /// Besides those of merging: if a part lacks a column, unless such columns count as null.
    pub fn merged(parts: &[(String, Arc<Self>)], missing: Missing) -> PyResult<Self> {
        let mut whole = Self::joined(parts.iter().flat_map(|(_, part)| part.rows()))?;
        for (name, part) in parts {
            let rows = part.states.iter().map(Moments::rows).max().unwrap_or(0);
            if rows == 0 {
                continue;
            }
            let columns = whole.columns.columns.iter().zip(&mut whole.states);
            for (column, state) in columns.filter(|(column, _)| part.get(&column.name).is_none()) {
                let expect_even = || part.expect_even(name, &column.name, rows);
                let nulls = missing.state(&column.name, name, part.names(), expect_even)?;
                state.merge(&nulls).map_err(|error| unmergeable(&error, &column.name))?;
            }
        }
        Ok(whole)
    }

    /// The states of columns, of which some may have fewer rows than others: those of the same name are
    /// merged.
    pub fn joined(named: impl IntoIterator<Item = (String, Moments)>) -> PyResult<Self> {
        let mut states: Vec<Moments> = vec![];
        let mut positions = HashMap::new();
        for (name, state) in named {
            match positions.get(&name) {
                Some(&position) => {
                    let known: &mut Moments = &mut states[position];
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
        let columns = Table::new(columns.collect(), 0);
        Ok(Self { columns, states, positions })
    }

    /// The number of rows of the table, which all of its columns must have for nulls to be counted.
    fn expect_even(&self, part: &str, missing: &str, rows: u64) -> PyResult<u64> {
        match self.iter().find(|(_, state)| state.rows() < rows) {
            None => Ok(rows),
            Some((name, state)) => Err(PyValueError::new_err(format!(
                "column {} is missing from {part}, whose number of rows is unknown: column {} has {}, \
                 others have {rows}",
                quoted(missing),
                quoted(name),
                state.rows()
            ))),
        }
    }

    /// The names of the columns, in order.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.columns.columns.iter().map(|column| column.name.as_str())
    }

    /// Copies of the names and the states, in order.
    pub fn rows(&self) -> impl Iterator<Item = (String, Moments)> {
        self.iter().map(|(name, state)| (name.to_string(), state.clone()))
    }

    /// The names and the states, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Moments)> {
        self.columns.columns.iter().map(|column| column.name.as_str()).zip(&self.states)
    }

    /// The state of a column of this name.
    pub fn get(&self, name: &str) -> Option<&Moments> {
        self.positions.get(name).map(|&position| &self.states[position])
    }

    /// A statistic of the selected columns: a `Row`.
    pub fn ask<'py>(
        &self,
        py: Python<'py>,
        statistic: Statistic,
        keywords: &Keywords,
    ) -> PyResult<Bound<'py, PyAny>> {
        let columns = keywords.selection.of(&self.columns)?;
        let promised = results_of_table(&columns, statistic)?;
        for column in &columns {
            let expect = self.get(&column.name).map_or(Ok(()), |it| it.expect_known(statistic));
            expect.map_err(|error| refused_in_table(&error, &column.name))?;
        }
        let answers = columns.iter().filter_map(|column| {
            let accumulator = self.get(&column.name)?.accumulator();
            let (of, options) = (column.data_type(), &keywords.options);
            Some(Answers::from_iter([answer(statistic, of, accumulator, options, Ticks::Unit)]))
        });
        PyRow::of(py, records(statistic, promised, &answers.collect::<Vec<_>>())?)
    }
}
