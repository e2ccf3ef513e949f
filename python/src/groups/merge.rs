//! Merging the groups of parts by their keys.

use arrow_schema::DataType;
use colstats::Moments;
use colstats::internals::groups::{GroupBy, joined_type};
use colstats::internals::run::pool::num_threads;
use colstats::internals::states::column_type::ColumnType;
use colstats::internals::types;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

use super::grouped::{Columns, Groups, Key, finish};
use crate::detach::detached;
use crate::error::unmergeable;
use crate::names::quoted;

/// The groups of all parts. There must be at least one; columns are in the order of the first.
pub fn merge(py: Python<'_>, parts: &[&Groups]) -> PyResult<Groups> {
    let first = parts[0];
    let mut by = first.by.clone();
    let mut columns =
        first.named().map(|(name, of)| (name.to_string(), of.clone())).collect::<Vec<_>>();
    let mut orders = vec![];
    for part in parts {
        join_keys(&mut by, &part.by)?;
        orders.push(join_columns(&mut columns, part)?);
    }
    let types = by.iter().map(|key| key.of.clone()).collect::<Vec<DataType>>();
    let mut whole = GroupBy::new(types, columns.len(), num_threads());
    for (part, order) in parts.iter().zip(&orders) {
        let pushed = detached(py, || part.grouped.push_to(&mut whole, order))?;
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

/// The position of each column in a part, which must have the same columns.
fn join_columns(whole: &mut Columns, part: &Groups) -> PyResult<Vec<usize>> {
    let only = |name: &str| {
        PyValueError::new_err(format!(
            "column {} has states in some of the parts only: choose the same columns in each",
            quoted(name)
        ))
    };
    if let Some((name, _)) =
        part.named().find(|(name, _)| !whole.iter().any(|(own, _)| own == name))
    {
        return Err(only(name));
    }
    let place = |(name, of): &mut (String, Option<ColumnType>)| {
        let place = part.named().position(|(other, _)| other == name);
        let place = place.ok_or_else(|| only(name))?;
        *of = joined(of.take(), part.types[place].clone(), name)?;
        Ok(place)
    };
    whole.iter_mut().map(place).collect()
}

/// The type of merged states of two types.
pub fn joined(
    one: Option<ColumnType>,
    other: Option<ColumnType>,
    column: &str,
) -> PyResult<Option<ColumnType>> {
    let mut state = Moments::of_type(one);
    state.merge(&Moments::of_type(other)).map_err(|error| unmergeable(&error, column))?;
    Ok(state.into_parts().0)
}
