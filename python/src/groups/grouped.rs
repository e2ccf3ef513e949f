//! The states of groups, and how they are made of rows.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array};
use arrow_schema::{DataType, Field};
use colstats::internals::ErrorKind;
use colstats::internals::answers::collected::Answers;
use colstats::internals::columns::chunk::Chunk;
use colstats::internals::columns::plain::Plain;
use colstats::internals::groups::{GroupBy, GroupedStates, Grouping};
use colstats::internals::run::pool::num_threads;
use colstats::internals::states::column_type::ColumnType;
use colstats::internals::states::single::Whole;
use colstats::internals::states::wire;
use colstats::{Moments, Statistic};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

use super::merge::typed;
use crate::classes::rows::PyRows;
use crate::detach::detached;
use crate::error::unmergeable;
use crate::evaluate::{Promise, records, results_of_table};
use crate::input::data::{Column, Kind, Table};
use crate::memory::expect_memory;
use crate::names::quoted;
use crate::options::{Keywords, Selection};
use crate::output::{Records, Values};
use crate::states::typed::hollow;

/// A key column: groups are the rows that have the same keys.
#[derive(Clone, PartialEq)]
pub struct Key {
    pub name: String,
    pub of: DataType,
}

/// The names of columns that have states, and the types of these.
pub type Columns = Vec<(String, Option<ColumnType>)>;

/// Columns and their states, by column and group.
pub type States = (Columns, Vec<Vec<Whole>>);

/// The states of the groups of a table: complete ones, unless the type says what they gather.
pub struct Groups<const S: usize = 1, const E: usize = 1> {
    pub by: Vec<Key>,
    /// The columns that have states, without values.
    pub columns: Table,
    pub types: Vec<Option<ColumnType>>,
    pub grouped: GroupedStates<S, E>,
}

impl<const S: usize, const E: usize> Groups<S, E> {
    pub fn new(by: Vec<Key>, columns: Columns, grouped: GroupedStates<S, E>) -> Self {
        let (names, types): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
        let column =
            |(name, of): (String, &Option<ColumnType>)| hollow(name, &Moments::of_type(of.clone()));
        let columns = names.into_iter().zip(&types).map(column).collect();
        Self { by, columns: Table::new(columns, grouped.len()), types, grouped }
    }

    /// The key columns, which come first in results.
    pub fn key_columns(&self) -> (Vec<Field>, Vec<ArrayRef>) {
        let field = |key: &Key| Field::new(&key.name, key.of.clone(), true);
        (self.by.iter().map(field).collect(), self.grouped.keys().to_vec())
    }

    /// A statistic of the selected columns: a row for each group.
    pub fn ask<'py>(
        &self,
        py: Python<'py>,
        statistic: Statistic,
        keywords: &Keywords,
    ) -> PyResult<Bound<'py, PyAny>> {
        let columns = keywords.selection.of(&self.columns)?;
        let promised = results_of_table(&columns, statistic)?;
        let threads = keywords.threads.unwrap_or_else(num_threads);
        let answers = detached(py, || {
            let answers = columns.iter().filter_map(|column| {
                let all = &self.columns.columns;
                let place = all.iter().position(|other| other.name == column.name)?;
                let question = (statistic, column.data_type());
                Some(self.grouped.ask(place, question, &keywords.options, threads).into())
            });
            answers.collect::<Vec<_>>()
        })?;
        self.with_answers(py, statistic, promised, &answers)
    }

    /// Answers for each group, by columns, after the keys.
    pub fn with_answers<'py>(
        &self,
        py: Python<'py>,
        statistic: Statistic,
        mut promised: Vec<Promise>,
        answers: &[Answers],
    ) -> PyResult<Bound<'py, PyAny>> {
        // A column that is a key, too, would be there twice: its statistic gets another name.
        for Promise { name, .. } in &mut promised {
            if self.by.iter().any(|key| key.name == *name) {
                *name = format!("{name}_{}", statistic.name());
            }
        }
        let (fields, keys) = self.key_columns();
        let keys = fields.into_iter().zip(keys).map(|(field, keys)| Values::new(field, keys));
        let answers = records(statistic, promised, answers)?;
        PyRows::of(py, Records::new(keys.chain(answers.columns).collect()))
    }
}

impl Groups {
    /// The names and the types of the columns.
    pub fn named(&self) -> impl Iterator<Item = (&str, &Option<ColumnType>)> {
        self.columns.columns.iter().map(|column| column.name.as_str()).zip(&self.types)
    }

    /// The state of a group in a column.
    pub fn state(&self, column: usize, group: usize) -> Moments {
        typed(&self.types[column], &self.grouped.states(column)[group])
    }

    /// Whether the keys and the states are the same. Both have as many groups, of the same columns.
    pub fn is_same(&self, other: &Self) -> bool {
        let (ours, theirs) = (&self.grouped, &other.grouped);
        let bytes = |groups: &Self, column, group| wire::encode(&groups.state(column, group));
        let same_states = |column| {
            let mut all = 0..ours.len();
            all.all(|group| bytes(self, column, group) == bytes(other, column, group))
        };
        let keys = ours.keys().iter().zip(theirs.keys());
        keys.into_iter().all(|(one, other)| one.to_data() == other.to_data())
            && ours.sizes() == theirs.sizes()
            && (0..self.types.len()).all(same_states)
    }

    /// The key columns, and the number of rows of each group.
    pub fn sizes(&self) -> (Vec<Field>, Vec<ArrayRef>) {
        let (mut fields, mut arrays) = self.key_columns();
        let is_taken = self.by.iter().any(|key| key.name == "rows");
        let name = if is_taken { "rows_count" } else { "rows" };
        let sizes = self.grouped.sizes().iter().map(|&size| size as i64); // at most 2^53
        fields.push(Field::new(name, DataType::Int64, false));
        arrays.push(Arc::new(sizes.collect::<Int64Array>()));
        (fields, arrays)
    }

    /// The same groups, with the states of the selected columns.
    pub fn selected(&self, selection: &Selection) -> PyResult<Self> {
        let selected = selection.of(&self.columns)?;
        let place = |column: &&Column| {
            let is_it = |other: &Column| other.name == column.name;
            self.columns.columns.iter().position(is_it).unwrap_or_default()
        };
        let places = selected.iter().map(place).collect::<Vec<_>>();
        let column =
            |&place: &usize| (self.columns.columns[place].name.clone(), self.types[place].clone());
        let columns = places.iter().map(column).collect();
        Ok(Self::new(self.by.clone(), columns, self.grouped.select(&places)))
    }
}

/// The type of a key column, and its chunks, with text that can be read.
pub fn key_of(column: &Column, source: &Bound<'_, PyAny>) -> PyResult<(DataType, Vec<Chunk>)> {
    comparable(column, source)?.ok_or_else(|| {
        PyTypeError::new_err(format!(
            "column {}: cannot group by {} values; keys are numbers, bools, times, text and bytes",
            quoted(&column.name),
            column.kind.name()
        ))
    })
}

/// The type and the chunks of a column whose values can be compared.
pub fn comparable(
    column: &Column,
    source: &Bound<'_, PyAny>,
) -> PyResult<Option<(DataType, Vec<Chunk>)>> {
    if let Kind::Readable(data_type) = &column.kind {
        let of = colstats::internals::groups::key_type(data_type);
        return Ok(of.map(|of| (of, column.chunks.to_vec())));
    }
    let Some(text) = &column.text else {
        return Ok(None);
    };
    let arrays = text.read().map_err(|malformed| malformed.in_column(&column.name).of(source))?;
    let chunks = arrays.into_iter().map(|array| Plain::Array(array).into()).collect();
    Ok(Some((text.values_type().clone(), chunks)))
}

/// The groups of all rows that were added. Fails if text keys turn out not to be text.
pub fn finish<const S: usize, const E: usize>(
    py: Python<'_>,
    by: Vec<Key>,
    columns: Columns,
    groups: Grouping<S, E>,
) -> PyResult<Groups<S, E>> {
    let name = |key: usize| format!("key {}", quoted(&by[key].name));
    let grouped = sorted(py, groups, name)?;
    Ok(Groups::new(by, columns, grouped))
}

/// The groups by their keys. Fails if text turns out not to be text, and names what it belongs to.
pub fn sorted<const S: usize, const E: usize>(
    py: Python<'_>,
    groups: Grouping<S, E>,
    name: impl Fn(usize) -> String,
) -> PyResult<GroupedStates<S, E>> {
    expect_memory(groups.bytes_for(0), || "to sort the groups".to_string())?;
    py.detach(|| groups.finish()).map_err(|error| unsorted(&error, name))
}

/// The error of groups that cannot be sorted, which names what text belongs to that is none.
pub fn unsorted(error: &colstats::Error, name: impl Fn(usize) -> String) -> PyErr {
    match *error.kind() {
        ErrorKind::NotText { column } => PyValueError::new_err(format!(
            "{}: text that is not UTF-8, or more of it than its type holds",
            name(column)
        )),
        _ => unmergeable(error, ""),
    }
}

/// The groups of rows that have a state in each column, and that are groups of these sizes.
pub fn regroup(
    py: Python<'_>,
    by: Vec<Key>,
    keys: &[Vec<Chunk>],
    (columns, states): States,
    sizes: &[u64],
) -> PyResult<Groups> {
    let types = by.iter().map(|key| key.of.clone()).collect();
    let mut groups = GroupBy::new(types, columns.len(), num_threads());
    let keys = keys.iter().map(Vec::as_slice).collect::<Vec<_>>();
    let states = states.iter().map(Vec::as_slice).collect::<Vec<_>>();
    let pushed = detached(py, || groups.push_states(&keys, &states, sizes))?;
    pushed.map_err(|error| unmergeable(&error, ""))?;
    finish(py, by, columns, groups)
}
