//! The states of the columns of a table, by name.

use std::collections::HashMap;

use colstats::internals::answers::statistic::{Ticks, answer};
use colstats::{Moments, Statistic};
use pyo3::prelude::*;

use super::typed::hollow;
use crate::classes::rows::PyRow;
use crate::error::unmergeable;
use crate::evaluate::{records, results_of_table};
use crate::input::data::Table;
use crate::options::Keywords;

/// States of columns with different names, in order.
pub struct States {
    /// Columns without values, from which states are selected.
    pub columns: Table,
    states: Vec<Moments>,
    positions: HashMap<String, usize>,
}

impl States {
    /// States of the same name are merged; the order is that of first appearance.
    pub fn merged(named: impl IntoIterator<Item = (String, Moments)>) -> PyResult<Self> {
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
        let columns = Table { columns: columns.collect(), rows: 0 };
        Ok(Self { columns, states, positions })
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
        let answers = columns.iter().filter_map(|column| {
            let accumulator = self.get(&column.name)?.accumulator();
            Some(vec![answer(
                statistic,
                column.data_type(),
                accumulator,
                &keywords.options,
                Ticks::Unit,
            )])
        });
        PyRow::of(py, records(statistic, promised, &answers.collect::<Vec<_>>())?)
    }
}
