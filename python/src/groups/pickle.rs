//! Groups as plain Python objects, for pickle.
//!
//! Keys are pickled as their [buffers], and states in their serialized form. A pickle may come from
//! anywhere, so it is checked like all untrusted data.

use std::sync::Arc;

use arrow_array::Array;
use colstats::Moments;
use colstats::internals::columns::plain::Plain;
use colstats::internals::states::wire;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::exchange::{NO_COLUMN, with_sizes};
use super::grouped::{Groups, Key, regroup};
use super::merge::of_one_type;
use crate::output::buffers;
use crate::states::missing::nulls;

pub use crate::output::buffers::Column as Keys;

/// A column of states: its name, the state of no values of its type, and those of the groups.
pub type States<'py> = (String, Bound<'py, PyBytes>, Vec<Bound<'py, PyBytes>>);
/// How many groups there are, and of what.
pub type Parts<'py> = (usize, Vec<Keys<'py>>, Vec<States<'py>>);

/// The parts of groups.
pub fn take_apart<'py>(py: Python<'py>, groups: &Groups) -> Parts<'py> {
    let keys = groups.by.iter().zip(groups.grouped.keys());
    let keys = keys.map(|(key, array)| buffers::take_apart(py, &key.name, array)).collect();
    let count = groups.grouped.len();
    let encode = |state: &Moments| PyBytes::new(py, &wire::encode(state));
    let states = groups.named().enumerate().map(|(column, (name, of))| {
        let states = (0..count).map(|group| encode(&groups.state(column, group))).collect();
        (name.to_string(), encode(&Moments::of_type(of.clone())), states)
    });
    let mut states = states.collect::<Vec<_>>();
    if states.is_empty() {
        let sizes = groups.grouped.sizes().iter().map(|&size| encode(&nulls(size))).collect();
        states.push((NO_COLUMN.to_string(), encode(&nulls(0)), sizes));
    }
    (count, keys, states)
}

/// The groups that were taken apart.
pub fn put_together(py: Python<'_>, (count, keys, states): Parts<'_>) -> PyResult<Groups> {
    let damaged =
        |what: String| PyValueError::new_err(format!("this is not a pickle of groups: {what}"));
    let (mut by, mut arrays) = (vec![], vec![]);
    for column in keys {
        let (name, array) = buffers::put_together(count, column).map_err(damaged)?;
        by.push(Key { name, of: array.data_type().clone() });
        arrays.push(array);
    }
    let are_named_once = |mut names: Vec<&str>| {
        names.sort_unstable();
        names.windows(2).all(|pair| pair[0] != pair[1])
    };
    if by.is_empty() || !are_named_once(by.iter().map(|key| key.name.as_str()).collect()) {
        return Err(damaged("it has no keys, or two of one name".into()));
    }
    if !are_named_once(states.iter().map(|(name, ..)| name.as_str()).collect()) {
        return Err(damaged("it has two columns of one name".into()));
    }
    // Different groups have different keys, which take some memory.
    if count > 1 && arrays.iter().all(|array| array.get_buffer_memory_size() == 0) {
        return Err(damaged(format!("{count} groups by keys of no bytes")));
    }
    let (mut columns, mut all) = (vec![], vec![]);
    for (name, empty, states) in states {
        if states.len() != count {
            return Err(damaged(format!("{} states of {count} groups", states.len())));
        }
        let decode = |bytes: &Bound<'_, PyBytes>| {
            wire::decode(bytes.as_bytes()).map_err(|invalid| damaged(invalid.to_string()))
        };
        let empty = decode(&empty)?;
        if empty.rows() > 0 {
            return Err(damaged(format!("{} rows that are in no group", empty.rows())));
        }
        let of = empty.into_parts().0;
        let decoded = states.iter().map(decode).collect::<PyResult<Vec<_>>>()?;
        let (of, states) = of_one_type(of, decoded, &name)?;
        columns.push((name, of));
        all.push(states);
    }
    let keys = arrays.into_iter().map(|array| vec![Plain::Array(Arc::clone(&array)).into()]);
    let (columns, sizes) = with_sizes(columns, all).map_err(damaged)?;
    if sizes.len() != count {
        return Err(damaged(format!("the sizes of {} of {count} groups", sizes.len())));
    }
    regroup(py, by, &keys.collect::<Vec<_>>(), columns, &sizes)
}
