//! Arrow arrays as plain Python objects, for pickle: as their buffers, since Python objects would lose
//! their types. A pickle may come from anywhere, so it is checked like all untrusted data.
//!
//! Equal arrays have equal buffers: these are as short as can be, and have zeros where there is a null, and in the bits
//! of the last byte that are not used. There is a validity bitmap only if there are nulls.

use arrow_array::cast::AsArray;
use arrow_array::types::{BinaryViewType, ByteViewType, StringViewType};
use arrow_array::{Array, ArrayRef, BooleanArray, GenericByteViewArray, make_array};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer};
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
    let bytes = |buffer: &[u8]| PyBytes::new(py, buffer);
    let nulls = array.nulls().filter(|nulls| nulls.null_count() > 0);
    let validity = nulls.map(|nulls| bytes(&bits(nulls.inner())));
    let width = match array.data_type() {
        DataType::FixedSizeBinary(width) => *width,
        _ => 0,
    };
    let buffers = buffers(array, nulls).iter().map(|buffer| bytes(buffer)).collect();
    (name.to_string(), types::name(array.data_type()), width, validity, buffers)
}

/// The buffers of values, which are the same for equal arrays.
fn buffers(array: &ArrayRef, nulls: Option<&NullBuffer>) -> Vec<Buffer> {
    match array.data_type() {
        DataType::Null => vec![],
        DataType::Boolean => vec![booleans(array.as_boolean(), nulls).into()],
        DataType::Utf8View => views(array.as_byte_view::<StringViewType>()),
        DataType::BinaryView => views(array.as_byte_view::<BinaryViewType>()),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Binary | DataType::LargeBinary => {
            // Nulls have no bytes, wherever keys come from.
            array.to_data().buffers().to_vec()
        }
        DataType::FixedSizeBinary(width) => vec![fixed(array, nulls, *width as usize).into()],
        other => vec![fixed(array, nulls, other.primitive_width().unwrap_or_default()).into()],
    }
}

fn booleans(array: &BooleanArray, nulls: Option<&NullBuffer>) -> Vec<u8> {
    let values = array.values();
    bits(&nulls.map_or_else(|| values.clone(), |nulls| values & nulls.inner()))
}

/// Eight to a byte, the first the lowest; those that are too many are 0.
fn bits(values: &BooleanBuffer) -> Vec<u8> {
    let mut bytes = vec![0; values.len().div_ceil(8)];
    values.set_indices().for_each(|at| bytes[at / 8] |= 1 << (at % 8));
    bytes
}

fn fixed(array: &ArrayRef, nulls: Option<&NullBuffer>, width: usize) -> Vec<u8> {
    let data = array.to_data();
    let mut bytes = data.buffers()[0].as_slice()[..width * array.len()].to_vec();
    let is_null = |at: &usize| nulls.is_some_and(|nulls| nulls.is_null(*at));
    (0..array.len()).filter(is_null).for_each(|at| bytes[width * at..][..width].fill(0));
    bytes
}

/// The views, and the bytes of the values that do not fit theirs, one after the other, in buffers as large as can be.
fn views<T: ByteViewType + ?Sized>(array: &GenericByteViewArray<T>) -> Vec<Buffer> {
    const INLINE: usize = 12;
    const PREFIX: usize = 4;
    let (mut views, mut buffers) = (Vec::with_capacity(16 * array.len()), Vec::<Vec<u8>>::new());
    for value in array.iter() {
        let value: &[u8] = value.map_or(&[], |value| value.as_ref());
        let mut view = [0; 16];
        view[..PREFIX].copy_from_slice(&(value.len() as u32).to_le_bytes());
        if value.len() <= INLINE {
            view[PREFIX..][..value.len()].copy_from_slice(value);
        } else {
            let is_full = |buffer: &Vec<u8>| buffer.len() + value.len() > i32::MAX as usize;
            if buffers.last().is_none_or(is_full) {
                buffers.push(vec![]);
            }
            let buffer = buffers.len() - 1;
            let place = [buffer as u32, buffers[buffer].len() as u32].map(u32::to_le_bytes);
            view[PREFIX..][..PREFIX].copy_from_slice(&value[..PREFIX]);
            view[2 * PREFIX..].copy_from_slice(place.as_flattened());
            buffers[buffer].extend_from_slice(value);
        }
        views.extend_from_slice(&view);
    }
    [views].into_iter().chain(buffers).map(Buffer::from).collect()
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
