//! From a table, or a stream of them, to the states of its groups.

use arrow_schema::DataType;
use colstats::Statistic;
use colstats::internals::columns::chunk::Chunk;
use colstats::internals::groups::Grouping;
use colstats::internals::run::pool::num_threads;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

use super::grouped::{Columns, Groups, Key, finish, key_of};
use crate::detach::detached;
use crate::error::refused_in_table;
use crate::input::data::{Column, InputRef, Table};
use crate::input::source::Source;
use crate::memory::expect_memory;
use crate::names::{quoted, type_name};
use crate::options::{Label, Selection};
use crate::states::accumulate::{Uncountable, expect_countable, expect_different_names};
use crate::states::typed::type_of;

/// The key columns of a table, and the columns that have states.
pub struct Roles<'a> {
    pub keys: Vec<&'a Column>,
    pub values: Vec<&'a Column>,
    /// The values, and the columns that would be among them if they could be counted.
    all: Vec<&'a Column>,
}

impl<'a> Roles<'a> {
    /// Keys have no states unless they are named in `columns=`.
    pub fn of(
        table: &'a Table,
        by: &[Label],
        selection: &Selection,
        uncountable: Uncountable,
    ) -> PyResult<Self> {
        let keys = by.iter().map(|label| label.find(table)).collect::<PyResult<Vec<_>>>()?;
        let is_key = |column: &&Column| keys.iter().any(|key| std::ptr::eq(*key, *column));
        let mut all = selection.of(table)?;
        if selection.columns.is_none() {
            all.retain(|column| !is_key(column));
        }
        let mut values = all.clone();
        if uncountable == Uncountable::Noted {
            values.retain(|column| is_countable(column));
        }
        Ok(Self { keys, values, all })
    }

    /// Leaves out a column that is no value.
    pub fn leave_out(&mut self, column: &Column) {
        for columns in [&mut self.values, &mut self.all] {
            columns.retain(|other| !std::ptr::eq(*other, column));
        }
    }

    /// Names must be unique, also among the columns of the exported table.
    pub fn check(&self) -> PyResult<()> {
        expect_different_names(&self.all, true)?;
        for (i, key) in self.keys.iter().enumerate() {
            let name = &key.name;
            if self.keys[..i].iter().any(|other| other.name == *name) {
                let message = format!("by names the column {} twice", quoted(name));
                return Err(PyValueError::new_err(message));
            }
            let clashing = |column: &&&Column| super::exchange::state_name(&column.name) == *name;
            if let Some(column) = self.values.iter().find(clashing) {
                return Err(PyValueError::new_err(format!(
                    "the key {} clashes with the state column of {}: rename it, or choose other \
                     columns with columns=[...]",
                    quoted(name),
                    quoted(&column.name)
                )));
            }
            if super::exchange::has_states(key) {
                return Err(PyValueError::new_err(format!(
                    "the key {} would be taken for states where it is read back: bytes of this name \
                     are states; rename it",
                    quoted(name)
                )));
            }
        }
        for column in &self.values {
            let countable = column.result_type(Statistic::Count);
            countable.map_err(|error| refused_in_table(&error, &column.name))?;
        }
        Ok(())
    }
}

/// The groups of the rows so far.
struct Growing<const S: usize, const E: usize> {
    by: Vec<Key>,
    columns: Columns,
    groups: Grouping<S, E>,
}

impl<const S: usize, const E: usize> Growing<S, E> {
    fn new(roles: &Roles<'_>, types: Vec<DataType>, threads: usize) -> Self {
        let names = roles.keys.iter().map(|key| key.name.clone());
        let by = names.zip(&types).map(|(name, of)| Key { name, of: of.clone() }).collect();
        let column = |column: &&Column| (column.name.clone(), Some(type_of(column)));
        let columns = roles.values.iter().map(column).collect::<Vec<_>>();
        let groups = Grouping::new(types, columns.len(), threads);
        Self { by, columns, groups }
    }

    fn finish(self, py: Python<'_>) -> PyResult<Groups<S, E>> {
        finish(py, self.by, self.columns, self.groups)
    }
}

/// Adds rows to groups, a limited number at a time, and polls for signals in between.
pub fn push_rows<const S: usize, const E: usize>(
    py: Python<'_>,
    groups: &mut Grouping<S, E>,
    keys: &[Vec<Chunk>],
    values: &[&Column],
    rows: usize,
) -> PyResult<()> {
    let keys = keys.iter().map(Vec::as_slice).collect::<Vec<_>>();
    let values = values.iter().map(|column| column.chunks.as_slice()).collect::<Vec<_>>();
    let mut start = 0;
    while start < rows {
        let end = rows.min(start + groups.batch_rows());
        expect_memory(groups.bytes_for(end - start), || {
            format!("for the keys and states of {} more rows", end - start)
        })?;
        detached(py, || groups.push(&keys, &values, start..end))?;
        py.check_signals()?;
        start = end;
    }
    Ok(())
}

/// The name of a column, and its type if it has no states because it cannot be counted.
pub type Named = (String, Option<String>);

fn is_countable(column: &Column) -> bool {
    column.result_type(Statistic::Count).is_ok()
}

fn named_of(column: &Column) -> Named {
    (column.name.clone(), (!is_countable(column)).then(|| column.kind.name()))
}

/// Accumulates the states of groups, which gather what their type says. A check sees the columns that will have
/// states first. A stream is read batch by batch, and never held.
pub fn accumulate<'py, const S: usize, const E: usize>(
    data: &Bound<'py, PyAny>,
    source: Source<'_, 'py>,
    by: &[Label],
    selection: &Selection,
    threads: Option<usize>,
    uncountable: Uncountable,
    check: impl Fn(&[&Column]) -> PyResult<()>,
) -> PyResult<(Groups<S, E>, Vec<Named>)> {
    let threads = threads.unwrap_or_else(num_threads);
    let (mut growing, mut named) = (None, vec![]);
    source.for_each_batch(|input| {
        let InputRef::Table(table) = input else {
            return Err(one_column(data));
        };
        let roles = Roles::of(table, by, selection, uncountable)?;
        if growing.is_none() {
            roles.check()?;
            check(&roles.values)?;
            named = roles.all.iter().map(|column| named_of(column)).collect();
        }
        let keys = roles.keys.iter().map(|column| key_of(column, data));
        let (types, keys): (Vec<_>, Vec<_>) =
            keys.collect::<PyResult<Vec<_>>>()?.into_iter().unzip();
        expect_countable(table.rows, "")?;
        let growing = growing.get_or_insert_with(|| Growing::new(&roles, types, threads));
        push_rows(data.py(), &mut growing.groups, &keys, &roles.values, table.rows)
    })?;
    let growing: Growing<S, E> = growing.ok_or_else(|| one_column(data))?;
    Ok((growing.finish(data.py())?, named))
}

/// The refusal of what has no rows with keys.
pub fn one_column(data: &Bound<'_, PyAny>) -> PyErr {
    PyTypeError::new_err(format!(
        "{} is one column: by= groups the rows of a table",
        type_name(data)
    ))
}
