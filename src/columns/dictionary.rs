//! Columns that name their values by keys.
//!
//! Values are gathered block by block in the first cache, and added as if they had been there in
//! the first place; those that no row names are never looked at. A row is null if its key is null or
//! the value it names is. Where the values have nulls, that is found out once, when the chunk is
//! made: one bit a row is the only new memory. Keys that lead nowhere are refused then as well.

use arrow_array::cast::AsArray;
use arrow_array::types::{ArrowPrimitiveType, UInt8Type};
use arrow_array::{Array, ArrayRef, NullArray, PrimitiveArray, downcast_integer_array};
use arrow_buffer::{ArrowNativeType, BooleanBuffer, NullBuffer, ScalarBuffer};
use arrow_schema::DataType;
use std::sync::Arc;

use crate::columns::chunk::{Chunk, Opaque, fold_validity, mask};
use crate::error::BadEncoding;
use crate::kernels::gather::{Key, gather, greatest};
use crate::kernels::{BLOCK, Block, Blocks, Element, Need};
use crate::states::accumulator::Moments;
use crate::types::with_primitive;

/// Rows that name plain values by keys.
#[derive(Clone, Debug)]
pub struct Dictionary {
    keys: Keys,
    /// Which rows are not null, in their key and in their value.
    validity: Option<NullBuffer>,
    values: ArrayRef,
}

/// The places of values, by the width of the keys; what is signed is never negative but under nulls.
#[derive(Clone, Debug)]
enum Keys {
    U8(ScalarBuffer<u8>),
    U16(ScalarBuffer<u16>),
    U32(ScalarBuffer<u32>),
    U64(ScalarBuffer<u64>),
}

/// Evaluates `$body` with `$keys` bound to the buffer of keys, whatever their width.
macro_rules! with_keys {
    ($these:expr, $keys:ident => $body:expr) => {
        match $these {
            Keys::U8($keys) => $body,
            Keys::U16($keys) => $body,
            Keys::U32($keys) => $body,
            Keys::U64($keys) => $body,
        }
    };
}

impl Dictionary {
    /// Rows that name values by an array of integers of any width. If the values cannot be looked
    /// at, neither can the rows.
    ///
    /// # Panics
    /// If the keys are no integers, or the values not one array.
    pub fn chunk(keys: &dyn Array, values: Chunk) -> Result<Chunk, BadEncoding> {
        let (values, present) = match values {
            // Of values that are nothing but nulls there may be any number: none is looked at.
            Chunk::Array(values) if *values.data_type() == DataType::Null => (Some(values), None),
            Chunk::Array(values) => (Some(plain_numbers(&values)), values.logical_nulls()),
            Chunk::Opaque(Opaque { validity, .. }) if validity.is_none() => (None, None),
            Chunk::Opaque(Opaque { validity, .. }) => (None, validity),
            other => unreachable!("the values of a dictionary are one array, not {other:?}"),
        };
        let (rows, places) = (keys.len(), Keys::of(keys));
        let count = values.as_ref().map(Array::len).or(present.as_ref().map(NullBuffer::len));
        if let Some(count) = count {
            places.check(keys.nulls(), count)?;
        }
        let present = present.filter(|present| present.null_count() > 0);
        let is_null = |values: &ArrayRef| *values.data_type() == DataType::Null;
        let validity = match present {
            None if values.as_ref().is_some_and(is_null) => Some(NullBuffer::new_null(rows)),
            None => keys.nulls().cloned(),
            Some(present) => Some(places.validity(keys.nulls(), &present)),
        };
        Ok(match values {
            Some(values) => Chunk::Dictionary(Box::new(Self { keys: places, validity, values })),
            None => Chunk::Opaque(Opaque { rows, validity }),
        })
    }

    /// How many rows there are, null or not.
    pub fn len(&self) -> usize {
        with_keys!(&self.keys, keys => keys.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// `len` of the rows, from the one at `start` on.
    ///
    /// # Panics
    /// If there are not so many.
    pub fn slice(&self, start: usize, len: usize) -> Self {
        let keys = match &self.keys {
            Keys::U8(keys) => Keys::U8(keys.slice(start, len)),
            Keys::U16(keys) => Keys::U16(keys.slice(start, len)),
            Keys::U32(keys) => Keys::U32(keys.slice(start, len)),
            Keys::U64(keys) => Keys::U64(keys.slice(start, len)),
        };
        let validity = self.validity.as_ref().map(|validity| validity.slice(start, len));
        Self { keys, validity, values: Arc::clone(&self.values) }
    }

    /// The values of all rows, one after the other; booleans as 0 and 1.
    pub fn written_out(&self) -> ArrayRef {
        let rows = self.len();
        with_primitive!(self.values.data_type(), P => {
            let values = self.values.as_primitive::<P>().values();
            let mut written = vec![<P as ArrowPrimitiveType>::Native::default(); rows];
            if !values.is_empty() {
                with_keys!(&self.keys, keys => gather(values, keys, &mut written));
            }
            let array = PrimitiveArray::<P>::new(written.into(), self.validity.clone());
            Arc::new(array.with_data_type(self.values.data_type().clone()))
        }, _ => Arc::new(NullArray::new(rows)))
    }

    /// The same rows, of which only the selected ones are not null.
    pub fn masked(&self, selected: &NullBuffer) -> Self {
        let validity = NullBuffer::union(self.validity.as_ref(), Some(selected));
        Self { validity, ..self.clone() }
    }

    /// Adds the values to a state, finding out what is needed.
    pub fn fold(&self, need: Need, moments: &mut Moments) {
        let (rows, validity) = (self.len(), self.validity.as_ref());
        let validity = validity.filter(|validity| validity.null_count() > 0);
        let nothing = validity.is_some_and(|validity| validity.null_count() == rows);
        if need == Need::Count || nothing || rows == 0 {
            return fold_validity(rows, validity, need, moments);
        }
        with_primitive!(self.values.data_type(), P => {
            let values = self.values.as_primitive::<P>().values();
            with_keys!(&self.keys, keys => {
                moments.update(rows, &Gathered { keys, validity, values }, need);
            });
        }, _ => fold_validity(rows, validity, need, moments));
    }
}

impl Keys {
    fn of(keys: &dyn Array) -> Self {
        /// The same bits without their sign.
        fn unsigned<P: ArrowPrimitiveType, K: ArrowNativeType>(
            keys: &PrimitiveArray<P>,
        ) -> ScalarBuffer<K> {
            ScalarBuffer::new(keys.values().inner().clone(), 0, keys.len())
        }
        downcast_integer_array!(
            keys => match keys.data_type().primitive_width() {
                Some(1) => Self::U8(unsigned(keys)),
                Some(2) => Self::U16(unsigned(keys)),
                Some(4) => Self::U32(unsigned(keys)),
                _ => Self::U64(unsigned(keys)),
            },
            other => panic!("keys are integers, not {other}")
        )
    }

    /// Whether the keys of all valid rows lead to one of so many values.
    fn check(&self, validity: Option<&NullBuffer>, values: usize) -> Result<(), BadEncoding> {
        let beyond = |key: usize| key >= values;
        let out_of_range = with_keys!(self, keys => {
            // A look at all of them is fast, and nearly always enough.
            let suspicious = !keys.is_empty() && beyond(greatest(keys));
            let is_valid = |row| validity.is_none_or(|validity| validity.is_valid(row));
            let mut rows = (0..keys.len()).filter(|_| suspicious);
            rows.find(|&row| is_valid(row) && beyond(keys[row].place()))
        });
        match out_of_range {
            None => Ok(()),
            Some(row) => Err(BadEncoding::KeyOutOfRange { row, values }),
        }
    }

    /// Which rows are valid and name a value that is present.
    fn validity(&self, validity: Option<&NullBuffer>, present: &NullBuffer) -> NullBuffer {
        let is_valid = |row| validity.is_none_or(|validity| validity.is_valid(row));
        with_keys!(self, keys => NullBuffer::new(BooleanBuffer::collect_bool(keys.len(), |row| {
            is_valid(row) && present.is_valid(keys[row].place())
        })))
    }
}

/// Booleans as 0 and 1; others as they are.
pub(crate) fn plain_numbers(values: &ArrayRef) -> ArrayRef {
    match values.as_boolean_opt() {
        None => Arc::clone(values),
        Some(bits) => {
            let numbers = bits.values().iter().map(u8::from).collect();
            Arc::new(PrimitiveArray::<UInt8Type>::new(numbers, bits.nulls().cloned()))
        }
    }
}

/// The values of rows, as blocks.
struct Gathered<'a, K: ArrowNativeType, T> {
    keys: &'a ScalarBuffer<K>,
    validity: Option<&'a NullBuffer>,
    values: &'a [T],
}

impl<K: Key + ArrowNativeType, T: Element> Blocks<T> for Gathered<'_, K, T> {
    fn for_each_block(&self, mut visit: impl FnMut(Block<'_, T>)) {
        let mut block = [T::default(); BLOCK];
        for (i, keys) in self.keys.chunks(BLOCK).enumerate() {
            let block = &mut block[..keys.len()];
            gather(self.values, keys, block);
            visit(match self.validity {
                None => Block::Dense(block),
                Some(validity) => {
                    Block::Masked(block, mask(validity.inner()).slice(i * BLOCK, keys.len()))
                }
            });
        }
    }
}
