//! Groups by their keys, as Python values.
//!
//! Groups are sorted by key, so a group is found by binary search: a few keys become Python values and are
//! compared as Python compares them, with nulls last and NaN, which is one key, before them. So a key is found
//! by every value that is equal to it: 1 by 1.0, a Decimal by an int, a time by one in another unit.

use std::cmp::Ordering;

use pyo3::exceptions::{PyIndexError, PyKeyError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use super::grouped::Groups;
use crate::names::type_name;
use crate::output::element;

/// The key of a group: a value, or a tuple of several.
pub fn key<'py>(py: Python<'py>, groups: &Groups, group: usize) -> PyResult<Bound<'py, PyAny>> {
    match groups.grouped.keys() {
        [keys] => element(py, keys, group),
        keys => {
            let values = keys.iter().map(|keys| element(py, keys, group));
            Ok(PyTuple::new(py, values.collect::<PyResult<Vec<_>>>()?)?.into_any())
        }
    }
}

/// The group with a key; none if there is no such group, or the key is not comparable with those that are.
pub fn find(groups: &Groups, key: &Bound<'_, PyAny>) -> PyResult<Option<usize>> {
    let Some(parts) = parts(groups, key)? else {
        return Ok(None);
    };
    match search(groups, &parts) {
        Ok(found) => Ok(found.ok()),
        Err(error) if error.is_instance_of::<PyTypeError>(key.py()) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The exception for a key that no group has; it shows keys that are close to it.
pub fn no_group(groups: &Groups, key: &Bound<'_, PyAny>) -> PyErr {
    describe(groups, key).map_or_else(|error| error, PyKeyError::new_err)
}

/// The values of a key, one for each key column.
fn parts<'py>(
    groups: &Groups,
    key: &Bound<'py, PyAny>,
) -> PyResult<Option<Vec<Bound<'py, PyAny>>>> {
    let Ok(tuple) = key.cast::<PyTuple>() else {
        return Ok((groups.by.len() == 1).then(|| vec![key.clone()]));
    };
    let is_whole = tuple.len() == groups.by.len();
    Ok(is_whole.then(|| tuple.iter().collect()))
}

/// The position of a key among those of the groups, or the one at which it would be.
fn search(groups: &Groups, key: &[Bound<'_, PyAny>]) -> PyResult<Result<usize, usize>> {
    let (mut start, mut end) = (0, groups.grouped.len());
    while start < end {
        let middle = start + (end - start) / 2;
        match compare(groups, middle, key)? {
            Ordering::Equal => return Ok(Ok(middle)),
            Ordering::Less => start = middle + 1,
            Ordering::Greater => end = middle,
        }
    }
    Ok(Err(start))
}

/// Compares the key of a group with another, column by column.
fn compare(groups: &Groups, group: usize, key: &[Bound<'_, PyAny>]) -> PyResult<Ordering> {
    for (keys, theirs) in groups.grouped.keys().iter().zip(key) {
        let ours = element(theirs.py(), keys, group)?;
        let order = match rank(&ours)?.cmp(&rank(theirs)?) {
            Ordering::Equal if rank(&ours)? > 0 => Ordering::Equal, // both are null, or NaN
            Ordering::Equal if ours.eq(theirs)? => Ordering::Equal,
            Ordering::Equal if ours.lt(theirs)? => Ordering::Less,
            Ordering::Equal => Ordering::Greater,
            order => order,
        };
        if order != Ordering::Equal {
            return Ok(order);
        }
    }
    Ok(Ordering::Equal)
}

/// Values come first, then NaN, then null.
fn rank(value: &Bound<'_, PyAny>) -> PyResult<u8> {
    if value.is_none() {
        return Ok(2);
    }
    // What is not equal to itself is NaN, of whatever type.
    Ok(u8::from(!value.eq(value)?))
}

fn describe(groups: &Groups, key: &Bound<'_, PyAny>) -> PyResult<String> {
    /// How many keys are shown.
    const SHOWN: usize = 6;
    let py = key.py();
    // As Python quotes them: the message of a KeyError is shown as Python shows a text.
    let names = groups.by.iter().map(|key| Ok(PyString::new(py, &key.name).repr()?.to_string()));
    let names = names.collect::<PyResult<Vec<_>>>()?;
    let head = format!("no group {}", key.repr()?);
    let count = groups.grouped.len();
    let Some(parts) = parts(groups, key)? else {
        let names = names.join(", ");
        return Ok(match groups.by.len() {
            1 => format!("{head}: a key is one value, of {names}"),
            several => format!("{head}: a key is a tuple of {several} values, of {names}"),
        });
    };
    if count == 0 {
        return Ok(format!("{head}: there are none"));
    }
    let shown = |groups_shown: std::ops::Range<usize>| -> PyResult<String> {
        let keys = groups_shown.map(|group| key_text(py, groups, group));
        Ok(keys.collect::<PyResult<Vec<_>>>()?.join(", "))
    };
    match search(groups, &parts) {
        _ if count <= SHOWN => Ok(format!("{head}; there are: {}", shown(0..count)?)),
        Ok(place) => {
            let place = place.unwrap_or_else(|place| place);
            let start = place.saturating_sub(SHOWN / 2).min(count - SHOWN);
            let close = shown(start..start + SHOWN)?;
            Ok(format!("{head}; the closest of {count} are: {close}"))
        }
        Err(_) => {
            let first = shown(0..SHOWN)?;
            let of = type_name(key);
            Ok(format!("{head}, a key of another type ({of}); the first of {count} are: {first}"))
        }
    }
}

fn key_text(py: Python<'_>, groups: &Groups, group: usize) -> PyResult<String> {
    Ok(key(py, groups, group)?.repr()?.to_string())
}

/// The place of a group by its position, which may count from the end.
pub fn place(groups: &Groups, position: isize) -> PyResult<usize> {
    let count = groups.grouped.len();
    let index = if position < 0 { position.checked_add_unsigned(count) } else { Some(position) };
    let index = index.and_then(|index| usize::try_from(index).ok());
    index.filter(|&index| index < count).ok_or_else(|| {
        PyIndexError::new_err(format!("no group at position {position}: there are {count}"))
    })
}
