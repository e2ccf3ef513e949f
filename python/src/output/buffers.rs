//! Arrow arrays as plain Python objects, for pickle: as their buffers, since Python objects would lose
//! their types. A pickle may come from anywhere, so it is checked like all untrusted data.

use arrow_array::{Array, ArrayRef, make_array};
use arrow_buffer::Buffer;
use arrow_data::ArrayData;
use arrow_schema::DataType;
use colstats::internals::types;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// A column: its name, its type and the width of that, and its validity and other buffers.
pub type Column<'py> = (String, String, i32, Option<Bound<'py, PyBytes>>, Vec<Bound<'py, PyBytes>>);

const BYTES: [DataType; 6] = [
    DataType::Utf8,
    DataType::LargeUtf8,
    DataType::Utf8View,
    DataType::Binary,
    DataType::LargeBinary,
    DataType::BinaryView,
];

/// The parts of a column, which must not be a slice.
pub fn take_apart<'py>(py: Python<'py>, name: &str, array: &ArrayRef) -> Column<'py> {
    let data = array.to_data();
    let bytes = |buffer: &Buffer| PyBytes::new(py, buffer.as_slice());
    let validity = data.nulls().map(|nulls| bytes(&nulls.inner().sliced()));
    let width = match data.data_type() {
        DataType::FixedSizeBinary(width) => *width,
        _ => 0,
    };
    let buffers = data.buffers().iter().map(bytes).collect();
    (name.to_string(), types::name(data.data_type()), width, validity, buffers)
}

/// The name and the array that were taken apart, or what is wrong with the parts.
pub fn put_together(count: usize, column: Column<'_>) -> Result<(String, ArrayRef), String> {
    let (name, of, width, validity, buffers) = column;
    let of = type_of(&of, width).ok_or_else(|| format!("a column of type {of:?}"))?;
    let buffer = |bytes: &Bound<'_, PyBytes>| Buffer::from_slice_ref(bytes.as_bytes());
    let data = ArrayData::builder(of)
        .len(count)
        .null_bit_buffer(validity.as_ref().map(buffer))
        .buffers(buffers.iter().map(buffer).collect())
        .align_buffers(true)
        .build();
    Ok((name, make_array(data.map_err(|error| error.to_string())?)))
}

fn type_of(name: &str, width: i32) -> Option<DataType> {
    if name == types::name(&DataType::FixedSizeBinary(width)) {
        return (width >= 0).then_some(DataType::FixedSizeBinary(width));
    }
    types::parse(name).or_else(|| BYTES.into_iter().find(|of| types::name(of) == name))
}
