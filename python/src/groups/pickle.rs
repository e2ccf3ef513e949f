//! Groups as plain Python objects, for pickle.
//!
//! Keys are pickled as their buffers, since Python objects would lose their types, and states in
//! their serialized form. A pickle may come from anywhere, so it is checked like all untrusted
//! data.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, make_array};
use arrow_buffer::Buffer;
use arrow_data::ArrayData;
use arrow_schema::DataType;
use colstats::Moments;
use colstats::internals::columns::plain::Plain;
use colstats::internals::states::wire;
use colstats::internals::types;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::exchange::{NO_COLUMN, with_sizes};
use super::grouped::{Groups, Key, regroup};
use super::merge::of_one_type;
use crate::states::missing::nulls;

/// A column of keys: its name, its type and the width of that, and its validity and other buffers.
pub type Keys<'py> = (String, String, i32, Option<Bound<'py, PyBytes>>, Vec<Bound<'py, PyBytes>>);
/// A column of states: its name, the state of no values of its type, and those of the groups.
pub type States<'py> = (String, Bound<'py, PyBytes>, Vec<Bound<'py, PyBytes>>);
/// How many groups there are, and of what.
pub type Parts<'py> = (usize, Vec<Keys<'py>>, Vec<States<'py>>);

const BYTES: [DataType; 6] = [
    DataType::Utf8,
    DataType::LargeUtf8,
    DataType::Utf8View,
    DataType::Binary,
    DataType::LargeBinary,
    DataType::BinaryView,
];

/// The parts of groups.
pub fn take_apart<'py>(py: Python<'py>, groups: &Groups) -> Parts<'py> {
    let keys = groups.by.iter().zip(groups.grouped.keys());
    let keys = keys.map(|(key, array)| keys_apart(py, key, array)).collect();
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

fn keys_apart<'py>(py: Python<'py>, key: &Key, array: &ArrayRef) -> Keys<'py> {
    let data = array.to_data();
    let bytes = |buffer: &Buffer| PyBytes::new(py, buffer.as_slice());
    let validity = data.nulls().map(|nulls| bytes(&nulls.inner().sliced()));
    let width = match key.of {
        DataType::FixedSizeBinary(width) => width,
        _ => 0,
    };
    let buffers = data.buffers().iter().map(bytes).collect();
    (key.name.clone(), types::name(&key.of), width, validity, buffers)
}

/// The groups that were taken apart.
pub fn put_together(py: Python<'_>, (count, keys, states): Parts<'_>) -> PyResult<Groups> {
    let damaged =
        |what: String| PyValueError::new_err(format!("this is not a pickle of groups: {what}"));
    let (mut by, mut arrays) = (vec![], vec![]);
    for (name, of, width, validity, buffers) in keys {
        let of = type_of(&of, width).ok_or_else(|| damaged(format!("keys of type {of:?}")))?;
        let buffer = |bytes: &Bound<'_, PyBytes>| Buffer::from_slice_ref(bytes.as_bytes());
        let data = ArrayData::builder(of.clone())
            .len(count)
            .null_bit_buffer(validity.as_ref().map(buffer))
            .buffers(buffers.iter().map(buffer).collect())
            .align_buffers(true)
            .build();
        arrays.push(make_array(data.map_err(|error| damaged(error.to_string()))?));
        by.push(Key { name, of });
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
        let of = decode(&empty)?.into_parts().0;
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

fn type_of(name: &str, width: i32) -> Option<DataType> {
    if name == types::name(&DataType::FixedSizeBinary(width)) {
        return (width >= 0).then_some(DataType::FixedSizeBinary(width));
    }
    types::parse(name).or_else(|| BYTES.into_iter().find(|of| types::name(of) == name))
}
