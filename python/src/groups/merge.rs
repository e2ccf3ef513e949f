//! Merging the groups of parts by their keys.

use std::borrow::Cow;

use arrow_schema::DataType;
use colstats::internals::groups::{GroupBy, joined_type};
use colstats::internals::run::pool::num_threads;
use colstats::internals::states::column_type::ColumnType;
use colstats::internals::states::single::Whole;
use colstats::internals::types;
use colstats::{Error, Moments, Statistic};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

use super::grouped::{Columns, Groups, Key, finish};
use crate::detach::detached;
use crate::error::unmergeable;
use crate::names::quoted;
use crate::states::missing::Missing;

/// The groups of all parts. There must be at least one; columns are in the order of the first that has them.
pub fn merge(py: Python<'_>, parts: &[(String, &Groups)], missing: Missing) -> PyResult<Groups> {
    let mut by = parts[0].1.by.clone();
    let mut columns = Columns::new();
    for (_, part) in parts {
        join_keys(&mut by, &part.by)?;
        join_columns(&mut columns, part)?;
    }
    let types = by.iter().map(|key| key.of.clone()).collect::<Vec<DataType>>();
    let mut whole = GroupBy::new(types, columns.len(), num_threads());
    for (name, part) in parts {
        let states =
            columns.iter().map(|(column, of)| states(py, (name, part), column, of, missing));
        let states = states.collect::<PyResult<Vec<_>>>()?;
        let states = states.iter().map(|states| &states[..]).collect::<Vec<_>>();
        let pushed = detached(py, || part.grouped.push_to(&mut whole, &states))?;
        pushed.map_err(|error| unmergeable(&error, ""))?;
        py.check_signals()?;
    }
    finish(py, by, columns, whole)
}

fn join_keys(whole: &mut [Key], part: &[Key]) -> PyResult<()> {
    let names = |keys: &[Key]| {
        keys.iter().map(|key| quoted(&key.name).to_string()).collect::<Vec<_>>().join(", ")
    };
    if !whole.iter().map(|key| &key.name).eq(part.iter().map(|key| &key.name)) {
        return Err(PyValueError::new_err(format!(
            "cannot merge groups by {} with groups by {}",
            names(whole),
            names(part)
        )));
    }
    for (ours, theirs) in whole.iter_mut().zip(part) {
        let joined = joined_type(&ours.of, &theirs.of);
        ours.of = joined.ok_or_else(|| {
            let [one, other] = [&ours.of, &theirs.of].map(types::name);
            PyTypeError::new_err(format!(
                "key {}: cannot merge groups by {one} values with groups by {other} values: \
                 cast one of them first",
                quoted(&ours.name)
            ))
        })?;
    }
    Ok(())
}

/// Adds the columns of a part to those of the whole.
fn join_columns(whole: &mut Columns, part: &Groups) -> PyResult<()> {
    for (name, theirs) in part.named() {
        match whole.iter_mut().find(|(known, _)| known == name) {
            Some((_, of)) if of == theirs => {}
            Some((_, of)) => *of = joined(of.as_ref(), theirs.as_ref(), name)?,
            None => whole.push((name.to_string(), theirs.clone())),
        }
    }
    Ok(())
}

/// The states of the groups of a part in a column, as those of a type; what it lacks may count as null.
fn states<'a>(
    py: Python<'_>,
    (part, groups): (&str, &'a Groups),
    column: &str,
    of: &Option<ColumnType>,
    missing: Missing,
) -> PyResult<Cow<'a, [Whole]>> {
    let Some(place) = groups.named().position(|(name, _)| name == column) else {
        let names = groups.columns.columns.iter().map(|column| column.name.as_str());
        // What is refused is refused as a whole; nulls are counted group by group.
        if !groups.grouped.is_empty() {
            missing.state(column, part, names, || Ok(0))?;
        }
        let nulls = |&size: &u64| {
            let mut state = Whole::default();
            state.add_counts(0, size);
            state
        };
        return Ok(groups.grouped.sizes().iter().map(nulls).collect());
    };
    if groups.types[place] == *of {
        return Ok(Cow::Borrowed(groups.grouped.states(place)));
    }
    let widened = detached(py, || {
        let states = groups.grouped.map(place, num_threads(), |state| {
            let state = typed(&groups.types[place], state).into_type(of.as_ref())?;
            Ok(Whole::from(state.into_parts().1))
        });
        states.into_iter().collect::<Result<Vec<_>, Error>>()
    })?;
    widened.map(Cow::Owned).map_err(|error| unmergeable(&error, column))
}

/// The state of a group as that of a column of a type.
pub fn typed(of: &Option<ColumnType>, state: &Whole) -> Moments {
    let of_type = |of: &ColumnType| Moments::of_column(of.clone(), state.to_accumulator());
    of.as_ref().map_or_else(Moments::new, of_type)
}

/// States of one column, one for each row, as those of one type, which joins all of theirs and another.
pub fn of_one_type(
    mut of: Option<ColumnType>,
    states: Vec<Moments>,
    column: &str,
) -> PyResult<(Option<ColumnType>, Vec<Whole>)> {
    for state in &states {
        // Nearly all states are of the same type.
        if state.of() != of.as_ref() {
            of = joined(of.as_ref(), state.of(), column)?;
        }
    }
    let compact = |state: Moments| {
        // The states of groups have minima and maxima, whatever is asked of them.
        state.expect_known(Statistic::Min).map_err(|error| unmergeable(&error, column))?;
        let state = state.into_type(of.as_ref()).map_err(|error| unmergeable(&error, column))?;
        Ok(Whole::from(state.into_parts().1))
    };
    let states = states.into_iter().map(compact).collect::<PyResult<_>>()?;
    Ok((of, states))
}

/// The type of merged states of two types.
pub fn joined(
    one: Option<&ColumnType>,
    other: Option<&ColumnType>,
    column: &str,
) -> PyResult<Option<ColumnType>> {
    ColumnType::joined(one, other).map_err(|error| unmergeable(&error, column))
}
