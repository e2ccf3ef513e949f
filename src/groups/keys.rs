//! Keys: which types they may have, when two of them are equal, and how several columns of them become bytes.
//!
//! Keys of several columns are compared in the row format of [arrow-row](arrow_row): byte by byte, which is the
//! order of their values, column by column, with nulls last. Keys with different bits that users take as equal
//! are made the same first: all NaNs are one key, and so are -0.0 and 0.0. Dictionaries and runs are
//! decoded. Text of any layout is compared as bytes until it is returned. So keys of different producers
//! match.

use std::sync::Arc;

use crate::error::{Error, ErrorKind};
use crate::kernels::Element;
use crate::kernels::floats::Ieee;
use crate::states::column_type::wider_number;
use crate::types;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{
    Array, ArrayRef, BinaryViewArray, BooleanArray, GenericBinaryArray, GenericStringArray,
    OffsetSizeTrait, PrimitiveArray, new_null_array,
};
use arrow_buffer::{NullBufferBuilder, OffsetBuffer};
use arrow_row::{RowConverter, Rows, SortField};
use arrow_schema::{ArrowError, DataType, SortOptions};

const ORDER: SortOptions = SortOptions { descending: false, nulls_first: false };

/// The type that a column has as a key: that of its decoded values. None if values of the type cannot
/// be keys.
pub fn key_type(of: &DataType) -> Option<DataType> {
    let plain = types::plain(of);
    let is_key = types::is_readable(plain)
        || is_text(plain)
        || is_bytes(plain)
        || matches!(plain, DataType::FixedSizeBinary(_));
    is_key.then(|| plain.clone())
}

/// The common type of keys of two types, if they can match. Text of two layouts becomes large text;
/// integers and floats take the wider type; a column of nulls takes the type of the other. Units of time and
/// digits of decimals must be the same: keys that do not fit another unit could only be refused as a whole.
pub fn joined_type(one: &DataType, other: &DataType) -> Option<DataType> {
    match (one, other) {
        (one, other) if one == other => Some(one.clone()),
        (DataType::Null, other) | (other, DataType::Null) => Some(other.clone()),
        (one, other) if is_text(one) && is_text(other) => Some(DataType::LargeUtf8),
        (one, other) if is_bytes(one) && is_bytes(other) => Some(DataType::LargeBinary),
        (one, other) => {
            let wider = wider_number(one, other)?;
            let is_same_kind = [one, other].iter().all(|of| of.is_integer() == wider.is_integer());
            (is_same_kind && (wider.is_integer() || wider.is_floating())).then_some(wider)
        }
    }
}

/// Whether keys of a type are bytes, as they are.
pub fn are_bytes(of: &DataType) -> bool {
    is_text(of) || is_bytes(of)
}

fn is_text(of: &DataType) -> bool {
    matches!(of, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

fn is_bytes(of: &DataType) -> bool {
    matches!(of, DataType::Binary | DataType::LargeBinary | DataType::BinaryView)
}

/// Encodes columns of keys of these types as rows; text may come as bytes.
pub fn encode(types: &[DataType], columns: Vec<ArrayRef>) -> Rows {
    let columns = types.iter().zip(columns).map(|(of, array)| canonical(of, array));
    let columns = columns.collect::<Vec<_>>();
    let rows = converter(columns.iter().map(|column| column.data_type()))
        .and_then(|converter| converter.convert_columns(&columns));
    rows.expect("these are types of keys")
}

/// Decodes rows into columns of keys; an error if bytes are not text that the type can hold.
pub fn decode<'a>(
    types: &[DataType],
    keys: impl Iterator<Item = &'a [u8]>,
) -> Result<Vec<ArrayRef>, Error> {
    let bytes = types.iter().map(as_bytes).collect::<Vec<_>>();
    let columns = converter(bytes.iter()).and_then(|converter| {
        let parser = converter.parser();
        converter.convert_rows(keys.map(|key| parser.parse(key)))
    });
    let columns = columns.expect("these are rows of such keys");
    let texts = types.iter().zip(columns).enumerate();
    texts.map(|(column, (of, array))| as_text(of, array, column)).collect()
}

/// A column of keys of text or bytes; an error if bytes are not text, or more than the type can hold.
pub fn of_bytes<'a>(
    of: &DataType,
    keys: impl ExactSizeIterator<Item = Option<&'a [u8]>>,
) -> Result<ArrayRef, Error> {
    fn build<'a, O: OffsetSizeTrait>(
        keys: impl ExactSizeIterator<Item = Option<&'a [u8]>>,
    ) -> Option<ArrayRef> {
        let mut offsets = vec![O::usize_as(0)];
        let (mut bytes, mut validity) = (vec![], NullBufferBuilder::new(keys.len()));
        for key in keys {
            bytes.extend_from_slice(key.unwrap_or_default());
            offsets.push(O::from_usize(bytes.len())?);
            validity.append(key.is_some());
        }
        let offsets = OffsetBuffer::new(offsets.into());
        Some(Arc::new(GenericBinaryArray::<O>::new(offsets, bytes.into(), validity.finish())))
    }
    let array = match of {
        DataType::Utf8 | DataType::Binary => build::<i32>(keys),
        DataType::LargeUtf8 | DataType::LargeBinary => build::<i64>(keys),
        _ => Some(Arc::new(keys.collect::<BinaryViewArray>()) as ArrayRef),
    };
    as_text(of, array.ok_or(ErrorKind::NotText { column: 0 })?, 0)
}

fn converter<'a>(types: impl Iterator<Item = &'a DataType>) -> Result<RowConverter, ArrowError> {
    let field = |of: &DataType| SortField::new_with_options(of.clone(), ORDER);
    RowConverter::new(types.map(field).collect())
}

/// The same keys, with one representation for equal values.
pub fn canonical(of: &DataType, array: ArrayRef) -> ArrayRef {
    let array = if array.data_type() == of { array } else { as_wider_number(of, array) };
    match (array.data_type(), of) {
        (DataType::Null, of) => new_null_array(&as_bytes(of), array.len()),
        (DataType::Float64, _) => canonical_floats::<Float64Type>(&array),
        (DataType::Float32, _) => canonical_floats::<Float32Type>(&array),
        (DataType::Float16, _) => canonical_floats::<Float16Type>(&array),
        // Booleans that were encoded.
        (DataType::UInt8, DataType::Boolean) => {
            let numbers = array.as_primitive::<UInt8Type>();
            let bits = numbers.values().iter().map(|&number| number != 0).collect();
            Arc::new(BooleanArray::new(bits, numbers.nulls().cloned()))
        }
        _ => array,
    }
}

/// Numbers as those of a wider type; other keys as they are.
fn as_wider_number(of: &DataType, array: ArrayRef) -> ArrayRef {
    use DataType::{Float16, Float32, Float64};
    match (array.data_type(), of) {
        (Float16, Float32) => cast::<Float16Type, Float32Type>(&array, f32::from),
        (Float16, Float64) => cast::<Float16Type, Float64Type>(&array, f64::from),
        (Float32, Float64) => cast::<Float32Type, Float64Type>(&array, f64::from),
        (narrow, wide) if narrow.is_integer() && wide.is_integer() => {
            as_wider_integer(wide, &array)
        }
        _ => array,
    }
}

/// Integers as those of a wider type, by way of the widest that can be widened.
fn as_wider_integer(of: &DataType, array: &ArrayRef) -> ArrayRef {
    let wide = match array.data_type() {
        DataType::Int8 => cast::<Int8Type, Int64Type>(array, i64::from),
        DataType::Int16 => cast::<Int16Type, Int64Type>(array, i64::from),
        DataType::Int32 => cast::<Int32Type, Int64Type>(array, i64::from),
        DataType::UInt8 => cast::<UInt8Type, Int64Type>(array, i64::from),
        DataType::UInt16 => cast::<UInt16Type, Int64Type>(array, i64::from),
        DataType::UInt32 => cast::<UInt32Type, Int64Type>(array, i64::from),
        _ => return Arc::clone(array), // nothing is wider
    };
    match of {
        DataType::Int16 => cast::<Int64Type, Int16Type>(&wide, |value| value as i16),
        DataType::Int32 => cast::<Int64Type, Int32Type>(&wide, |value| value as i32),
        DataType::UInt16 => cast::<Int64Type, UInt16Type>(&wide, |value| value as u16),
        DataType::UInt32 => cast::<Int64Type, UInt32Type>(&wide, |value| value as u32),
        DataType::UInt64 => cast::<Int64Type, UInt64Type>(&wide, |value| value as u64),
        _ => wide,
    }
}

fn cast<From: ArrowPrimitiveType, To: ArrowPrimitiveType>(
    array: &ArrayRef,
    convert: impl Fn(From::Native) -> To::Native,
) -> ArrayRef {
    let converted: PrimitiveArray<To> = array.as_primitive::<From>().unary(convert);
    Arc::new(converted)
}

/// Floats are compared by their bits, so that flush-to-zero has no effect.
fn canonical_floats<P: ArrowPrimitiveType<Native: Ieee>>(array: &ArrayRef) -> ArrayRef {
    let one_of_each = |value: P::Native| match value {
        nan if nan.is_nan() => P::Native::NOT_A_NUMBER,
        value if value.is_zero() => P::Native::default(),
        value => value,
    };
    let canonical: PrimitiveArray<P> = array.as_primitive::<P>().unary(one_of_each);
    Arc::new(canonical)
}

/// The type as which keys are encoded in rows: bytes for text.
fn as_bytes(of: &DataType) -> DataType {
    match of {
        DataType::Utf8 => DataType::Binary,
        DataType::LargeUtf8 => DataType::LargeBinary,
        DataType::Utf8View => DataType::BinaryView,
        other => other.clone(),
    }
}

/// Bytes as text.
fn as_text(of: &DataType, array: ArrayRef, column: usize) -> Result<ArrayRef, Error> {
    fn text<O: OffsetSizeTrait>(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
        let text = GenericStringArray::<O>::try_from_binary(array.as_binary::<O>().clone())?;
        Ok(Arc::new(text))
    }
    let text = match of {
        DataType::Utf8 => text::<i32>(&array),
        DataType::LargeUtf8 => text::<i64>(&array),
        DataType::Utf8View => {
            let bytes: &BinaryViewArray = array.as_binary_view();
            bytes.clone().to_string_view().map(|text| -> ArrayRef { Arc::new(text) })
        }
        _ => Ok(array),
    };
    text.map_err(|_| ErrorKind::NotText { column }.into())
}
