//! The bytes by which a group is known on disk: its bucket of time, and the values of its keys.
//!
//! The form is that of a file, so it never changes: a bucket takes [`BUCKET_BYTES`] bytes, in the order of time; each
//! key is the byte 0 if it is null, or the byte 1 and the value: numbers in as many bytes as their type has,
//! little-endian; booleans and fixed-size bytes as they are; text and bytes after their length in 4 bytes,
//! little-endian. Values come from the core's groups, which have one representation for keys that are equal, such as
//! one NaN. Layouts of text have the same bytes, as have layouts of bytes.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{
    Array, ArrayRef, BinaryArray, BinaryViewArray, BooleanArray, LargeBinaryArray,
    LargeStringArray, NullArray, StringArray, StringViewArray, make_array,
};
use arrow_buffer::{Buffer, NullBuffer};
use arrow_data::ArrayData;
use arrow_schema::DataType;

use crate::refusal::{Kind, Refusal, Result};

/// The bytes of a bucket.
pub const BUCKET_BYTES: usize = 9;

/// A bucket of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bucket {
    /// That of a number.
    Number(i64),
    /// That of rows without a time.
    Null,
    /// Of a dataset without time.
    All,
}

impl Bucket {
    /// Its bytes, whose order is that of time.
    pub fn bytes(self) -> [u8; BUCKET_BYTES] {
        let mut bytes = [0; BUCKET_BYTES];
        match self {
            // The flipped sign puts numbers below zero first.
            Self::Number(number) => {
                bytes[1..].copy_from_slice(&(number as u64 ^ 1 << 63).to_be_bytes());
            }
            Self::Null => bytes[0] = 1,
            Self::All => bytes[0] = 2,
        }
        bytes
    }

    /// The bucket of these bytes.
    pub fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let number = bytes.get(1..BUCKET_BYTES)?.try_into().ok().map(u64::from_be_bytes)?;
        match (bytes[0], number) {
            (0, number) => Some(Self::Number((number ^ 1 << 63) as i64)),
            (1, 0) => Some(Self::Null),
            (2, 0) => Some(Self::All),
            _ => None,
        }
    }
}

/// The values of a column of keys, row by row.
enum Cells<'a> {
    Nulls,
    Bits(&'a BooleanArray),
    /// Values of a width, from the first row on, and which are valid.
    Fixed(Buffer, usize, Option<NullBuffer>),
    Text(Box<dyn Fn(usize) -> Option<&'a [u8]> + 'a>),
}

impl<'a> Cells<'a> {
    fn of(array: &'a ArrayRef) -> Option<Self> {
        macro_rules! texts {
            ($array:expr, $bytes:expr) => {{
                let array = $array;
                Self::Text(Box::new(move |row| {
                    array.is_valid(row).then(|| $bytes(array.value(row)))
                }))
            }};
        }
        Some(match array.data_type() {
            DataType::Null => Self::Nulls,
            DataType::Boolean => Self::Bits(array.as_boolean()),
            DataType::Utf8 => texts!(array.as_string::<i32>(), str::as_bytes),
            DataType::LargeUtf8 => texts!(array.as_string::<i64>(), str::as_bytes),
            DataType::Utf8View => texts!(array.as_string_view(), str::as_bytes),
            DataType::Binary => texts!(array.as_binary::<i32>(), |bytes: &'a [u8]| bytes),
            DataType::LargeBinary => texts!(array.as_binary::<i64>(), |bytes: &'a [u8]| bytes),
            DataType::BinaryView => texts!(array.as_binary_view(), |bytes: &'a [u8]| bytes),
            of => {
                let (width, data) = (width(of)?, array.to_data());
                let values = data.buffers().first()?.slice(data.offset() * width);
                Self::Fixed(values, width, array.nulls().cloned())
            }
        })
    }

    fn put(&self, row: usize, bytes: &mut Vec<u8>) {
        match self {
            Self::Nulls => bytes.push(0),
            Self::Bits(bits) if bits.is_null(row) => bytes.push(0),
            Self::Bits(bits) => bytes.extend([1, u8::from(bits.value(row))]),
            Self::Fixed(.., Some(validity)) if validity.is_null(row) => bytes.push(0),
            Self::Fixed(values, width, _) => {
                bytes.push(1);
                bytes.extend_from_slice(&values[row * width..][..*width]);
            }
            Self::Text(value) => match value(row) {
                None => bytes.push(0),
                Some(text) => {
                    bytes.push(1);
                    bytes.extend_from_slice(&(text.len() as u32).to_le_bytes());
                    bytes.extend_from_slice(text);
                }
            },
        }
    }
}

/// The bytes of a value of a type, if all its values have as many.
fn width(of: &DataType) -> Option<usize> {
    match of {
        DataType::FixedSizeBinary(width) => usize::try_from(*width).ok(),
        of => of.primitive_width(),
    }
}

/// The bytes of the keys of each row, appended to those that are there.
pub fn put_keys(columns: &[ArrayRef], rows: &mut [Vec<u8>]) -> Result<()> {
    for column in columns {
        let cells = Cells::of(column).ok_or_else(|| {
            Refusal::invalid(format!("cannot group by {} values", column.data_type()))
        })?;
        rows.iter_mut().enumerate().for_each(|(row, bytes)| cells.put(row, bytes));
    }
    Ok(())
}

/// The keys that have been put into bytes, as columns of these types.
pub fn take_keys(types: &[DataType], rows: &[&[u8]]) -> Result<Vec<ArrayRef>> {
    let mut rests = rows.to_vec();
    let columns = types.iter().map(|of| take_column(of, &mut rests).ok_or_else(damaged));
    let columns = columns.collect::<Result<Vec<_>>>()?;
    match rests.iter().all(|rest| rest.is_empty()) {
        true => Ok(columns),
        false => Err(damaged()),
    }
}

fn damaged() -> Refusal {
    Refusal::new(Kind::Damaged, "the keys of a group are damaged")
}

/// Takes a number of bytes off the front.
fn take<'a>(rest: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(count)?;
    *rest = left;
    Some(taken)
}

fn take_column(of: &DataType, rests: &mut [&[u8]]) -> Option<ArrayRef> {
    let is_text = of.is_string() || of.is_binary() && width(of).is_none();
    let width = match of {
        DataType::Null => Some(0),
        DataType::Boolean => Some(1),
        _ if is_text => None,
        of => Some(width(of)?),
    };
    let values = rests.iter_mut().map(|rest| match take(rest, 1)? {
        [0] => Some(None),
        [1] => {
            let length = match width {
                Some(width) => width,
                None => u32::from_le_bytes(take(rest, 4)?.try_into().ok()?) as usize,
            };
            Some(Some(take(rest, length)?))
        }
        _ => None,
    });
    column(of, values.collect::<Option<Vec<_>>>()?)
}

/// A column of values that are given by their bytes; none if they are not of the type.
fn column(of: &DataType, values: Vec<Option<&[u8]>>) -> Option<ArrayRef> {
    let texts = || {
        let text = |value: &Option<&[u8]>| match value {
            None => Some(None),
            Some(bytes) => str::from_utf8(bytes).ok().map(|text| Some(text.to_string())),
        };
        values.iter().map(text).collect::<Option<Vec<_>>>()
    };
    Some(match of {
        DataType::Null => {
            values.iter().all(Option::is_none).then(|| Arc::new(NullArray::new(values.len())))?
        }
        DataType::Boolean => {
            let bits = values.iter().map(|value| value.map(|bytes| bytes[0] != 0));
            Arc::new(bits.collect::<BooleanArray>())
        }
        DataType::Utf8 => Arc::new(StringArray::from(texts()?)),
        DataType::LargeUtf8 => Arc::new(LargeStringArray::from(texts()?)),
        DataType::Utf8View => Arc::new(texts()?.into_iter().collect::<StringViewArray>()),
        DataType::Binary => Arc::new(values.into_iter().collect::<BinaryArray>()),
        DataType::LargeBinary => Arc::new(values.into_iter().collect::<LargeBinaryArray>()),
        DataType::BinaryView => Arc::new(values.into_iter().collect::<BinaryViewArray>()),
        of => {
            let width = width(of)?;
            let mut bytes = Vec::with_capacity(values.len() * width);
            for value in &values {
                match value {
                    Some(value) => bytes.extend_from_slice(value),
                    None => bytes.resize(bytes.len() + width, 0),
                }
            }
            let validity = values.iter().map(Option::is_some).collect::<NullBuffer>();
            let data = ArrayData::builder(of.clone())
                .len(values.len())
                .add_buffer(Buffer::from(bytes))
                .nulls(Some(validity))
                .align_buffers(true);
            make_array(data.build().ok()?)
        }
    })
}
