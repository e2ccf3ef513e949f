//! Text and bytes, which are read for their order, for keys of groups and for tables of states only.
//!
//! When a column comes in, its text is not read: a [`Held`] array says where it is. If it is read
//! later, offsets and views are followed, so each is checked first: offsets must not decrease, and
//! views must lie in their buffer. Text is returned as bytes; whether it is UTF-8 is checked where
//! text is made of it.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowDictionaryKeyType, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{
    Array, ArrayRef, BinaryViewArray, DictionaryArray, FixedSizeBinaryArray, GenericBinaryArray,
    OffsetSizeTrait, new_empty_array,
};
use arrow_buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::DataType;

use super::abi::ArrowArray;
use super::encoded::array;
use super::schema::{Field, Layout};
use super::values::{Rows, Values, joined, part};
use crate::input::data::{Column, Text};
use crate::input::malformed::Malformed;

/// The text of a column, chunk by chunk.
pub struct HeldText {
    /// The type of the values.
    of: DataType,
    /// In a dictionary, the type of the keys.
    keys: Option<DataType>,
    held: Vec<Held>,
}

/// The texts of those columns of a table that have any, each with the position of its column.
pub struct Texts(Vec<(usize, HeldText)>);

impl Texts {
    /// The texts of the columns of fields, no chunks yet.
    pub fn new(fields: &[Field]) -> Self {
        let texts = fields.iter().map(|field| HeldText::of(&field.layout)).enumerate();
        Self(texts.filter_map(|(column, text)| Some((column, text?))).collect())
    }

    /// The text of a column, if it has any.
    pub fn of(&mut self, column: usize) -> Option<&mut HeldText> {
        let index = self.0.binary_search_by_key(&column, |&(position, _)| position).ok()?;
        Some(&mut self.0[index].1)
    }

    /// Gives each text to its column.
    pub fn attach(self, columns: &mut [Column]) {
        for (column, text) in self.0 {
            columns[column].text = Some(Arc::new(text));
        }
    }
}

/// An array that can be read later.
struct Held {
    owner: Arc<ArrowArray>,
    /// Which of the children it is; `None` for the array itself.
    child: Option<usize>,
    rows: Rows,
    parent: Option<NullBuffer>,
}

impl HeldText {
    /// The text of a column of a layout, if it has any; no chunks yet.
    pub fn of(layout: &Layout) -> Option<Self> {
        let text = |of: &DataType, keys| Self { of: of.clone(), keys, held: vec![] };
        match layout {
            Layout::Text(of) => Some(text(of, None)),
            Layout::Dictionary { keys, values } => match &values.layout {
                Layout::Text(of) => Some(text(of, Some(keys.clone()))),
                _ => None,
            },
            _ => None,
        }
    }

    /// Remembers the next chunk.
    pub fn hold(
        &mut self,
        owner: &Arc<ArrowArray>,
        child: Option<usize>,
        rows: Rows,
        parent: Option<&NullBuffer>,
    ) {
        let (owner, parent) = (Arc::clone(owner), parent.cloned());
        self.held.push(Held { owner, child, rows, parent });
    }

    fn read_one(&self, held: &Held) -> Result<ArrayRef, Malformed> {
        let Held { owner, child, rows, parent } = held;
        let values = part(owner, *child)?;
        let validity = joined(values.validity(*rows)?, parent.as_ref())?;
        let Some(keys) = &self.keys else {
            return values.import_text(&self.of, *rows, validity);
        };
        let keys = array(values.import_plain(keys, *rows, validity)?)?;
        let named = values.other(values.array.dictionary, "dictionary")?;
        let named_rows = Rows::of(named.array)?;
        let named = named.import_text(&self.of, named_rows, named.validity(named_rows)?)?;
        dictionary(&keys, named)
    }
}

impl Text for HeldText {
    fn values_type(&self) -> &DataType {
        &self.of
    }

    fn data_type(&self) -> DataType {
        match &self.keys {
            None => self.of.clone(),
            Some(keys) => DataType::Dictionary(keys.clone().into(), self.of.clone().into()),
        }
    }

    fn read(&self) -> Result<Vec<ArrayRef>, Malformed> {
        self.held.iter().map(|held| self.read_one(held)).collect()
    }
}

/// Keys of any width, and the values that they name.
fn dictionary(keys: &ArrayRef, values: ArrayRef) -> Result<ArrayRef, Malformed> {
    fn of<K: ArrowDictionaryKeyType>(
        keys: &ArrayRef,
        values: ArrayRef,
    ) -> Result<ArrayRef, Malformed> {
        let dictionary = DictionaryArray::<K>::try_new(keys.as_primitive().clone(), values);
        let dictionary = dictionary.map_err(|error| Malformed::new(error.to_string()))?;
        Ok(Arc::new(dictionary))
    }
    match keys.data_type() {
        DataType::Int8 => of::<Int8Type>(keys, values),
        DataType::Int16 => of::<Int16Type>(keys, values),
        DataType::Int32 => of::<Int32Type>(keys, values),
        DataType::Int64 => of::<Int64Type>(keys, values),
        DataType::UInt8 => of::<UInt8Type>(keys, values),
        DataType::UInt16 => of::<UInt16Type>(keys, values),
        DataType::UInt32 => of::<UInt32Type>(keys, values),
        _ => of::<UInt64Type>(keys, values),
    }
}

impl Values<'_> {
    /// Text or bytes, as bytes.
    fn import_text(
        &self,
        of: &DataType,
        rows: Rows,
        validity: Option<NullBuffer>,
    ) -> Result<ArrayRef, Malformed> {
        match of {
            DataType::Utf8 | DataType::Binary => self.by_offsets::<i32>(rows, validity),
            DataType::LargeUtf8 | DataType::LargeBinary => self.by_offsets::<i64>(rows, validity),
            DataType::Utf8View | DataType::BinaryView => self.by_views(rows, validity),
            &DataType::FixedSizeBinary(width) => {
                self.expect_buffers(2)?;
                let bytes = width.unsigned_abs() as usize;
                // Values of no bytes need no memory.
                let values = match bytes {
                    0 => Buffer::default(),
                    // An offset that is too large makes the end too large as well.
                    _ => self.bytes(1, rows, 8 * bytes, rows.offset.saturating_mul(bytes))?,
                };
                let array =
                    FixedSizeBinaryArray::try_new_with_len(width, values, validity, rows.length);
                let array = array.map_err(|error| Malformed::new(error.to_string()))?;
                Ok(Arc::new(array))
            }
            other => unreachable!("{other} values are not text"),
        }
    }

    /// Values one after the other, each from its offset to the next.
    fn by_offsets<O: OffsetSizeTrait>(
        &self,
        rows: Rows,
        validity: Option<NullBuffer>,
    ) -> Result<ArrayRef, Malformed> {
        self.expect_buffers(3)?;
        if rows.length == 0 {
            return Ok(new_empty_array(&GenericBinaryArray::<O>::DATA_TYPE));
        }
        let fences = Rows { offset: rows.offset, length: rows.length + 1 };
        let width = size_of::<O>();
        let offsets = self.bytes(1, fences, 8 * width, rows.offset.saturating_mul(width))?;
        let offsets = ScalarBuffer::<O>::new(aligned::<O>(offsets)?, 0, fences.length);
        if offsets[0] < O::default() || offsets.windows(2).any(|pair| pair[0] > pair[1]) {
            return Err(Malformed::new("offsets that decrease, or are negative"));
        }
        let end = offsets[rows.length].as_usize();
        let data = self.bytes(2, Rows { offset: 0, length: end }, 8, 0)?;
        let array = GenericBinaryArray::<O>::try_new(OffsetBuffer::new(offsets), data, validity);
        Ok(Arc::new(array.map_err(|error| Malformed::new(error.to_string()))?))
    }

    /// Values of up to twelve bytes in their views, others in one of several buffers.
    fn by_views(&self, rows: Rows, validity: Option<NullBuffer>) -> Result<ArrayRef, Malformed> {
        const FIXED: i64 = 3; // validity, views, and the lengths of the buffers between them
        let count = usize::try_from(self.array.n_buffers - FIXED);
        let count = count.map_err(|_| Malformed::new("fewer buffers than views have"))?;
        let all = Rows { offset: 0, length: count };
        let lengths = aligned::<i64>(self.bytes(count + 2, all, 64, 0)?)?;
        let lengths = ScalarBuffer::<i64>::new(lengths, 0, count);
        let buffers = lengths.iter().enumerate().map(|(i, &length)| {
            let length = usize::try_from(length);
            let length = length.map_err(|_| Malformed::new("a buffer of negative length"))?;
            self.bytes(2 + i, Rows { offset: 0, length }, 8, 0)
        });
        let buffers = buffers.collect::<Result<Vec<_>, _>>()?;
        let views = aligned::<u128>(self.bytes(1, rows, 128, rows.offset.saturating_mul(16))?)?;
        let mut views = ScalarBuffer::<u128>::new(views, 0, rows.length);
        if let Some(validity) = &validity {
            Malformed::expect_memory(views.inner().len(), "a copy of its views")?;
            // The view of a null may point anywhere.
            let kept =
                views.iter().zip(validity).map(|(&view, valid)| if valid { view } else { 0 });
            views = kept.collect();
        }
        let array = BinaryViewArray::try_new(views, buffers, validity);
        Ok(Arc::new(array.map_err(|_| Malformed::new("a view outside its buffer"))?))
    }
}

/// The same bytes: a copy, if they are not aligned for a type.
pub fn aligned<T>(buffer: Buffer) -> Result<Buffer, Malformed> {
    if buffer.as_ptr().cast::<T>().is_aligned() {
        return Ok(buffer);
    }
    Malformed::expect_memory(buffer.len(), "a copy of a buffer that is not aligned")?;
    Ok(Buffer::from_slice_ref(buffer.as_slice()))
}
