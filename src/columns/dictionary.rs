//! Dictionary-encoded columns: rows refer to values by keys.
//!
//! Values are gathered block by block into the L1 cache and added like those of any other column;
//! values that no row refers to are never read. A row is null if its key or its value is. If any value
//! is null, the validity of the rows is computed once, when the chunk is made: one bit per row is the
//! only new memory. Keys out of range are refused at the same time.

use arrow_array::cast::AsArray;
use arrow_array::types::ArrowPrimitiveType;
use arrow_array::{Array, ArrayRef, NullArray, PrimitiveArray, downcast_integer_array};
use arrow_buffer::{ArrowNativeType, BooleanBuffer, NullBuffer, ScalarBuffer};
use arrow_schema::DataType;
use std::sync::Arc;

use super::array::{self, mask};
use super::opaque::{Opaque, fold_validity};
use super::primitive::with_primitive;
use crate::error::{Error, ErrorKind};
use crate::kernels::gather::{Key, gather, greatest};
use crate::kernels::{BLOCK, Block, Blocks, Element, Need};
use crate::states::accumulator::Accumulator;

/// Rows that refer to the values of an array by keys.
#[derive(Clone, Debug)]
pub struct Dictionary {
    keys: Keys,
    /// Which rows have a key and a value that are not null.
    validity: Option<NullBuffer>,
    values: ArrayRef,
}

/// The positions of values, by key width. Signed keys are read as unsigned: only those under nulls may
/// be negative.
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
    /// Rows that refer to values by an array of integers of any width.
    ///
    /// # Panics
    /// If the keys are not integers.
    pub fn new(keys: &dyn Array, values: &ArrayRef) -> Result<Self, Error> {
        let positions = Keys::of(keys);
        let validity = match values.data_type() {
            // An array of type null may have any length: there are no values to read.
            DataType::Null => {
                positions.check(keys.nulls(), values.len())?;
                Some(NullBuffer::new_null(keys.len()))
            }
            _ => positions.validity_of(keys.nulls(), values.len(), values.logical_nulls())?,
        };
        Ok(Self { keys: positions, validity, values: array::numbers(values) })
    }

    /// Rows that refer to values which are not read: the rows are not read either.
    ///
    /// # Panics
    /// If the keys are not integers.
    pub fn opaque(keys: &dyn Array, values: Opaque) -> Result<Opaque, Error> {
        let validity = match values.validity {
            // No value is null, so the keys do not matter, not even whether they are in range.
            None => keys.nulls().cloned(),
            present => Keys::of(keys).validity_of(keys.nulls(), values.rows, present)?,
        };
        Ok(Opaque { rows: keys.len(), validity })
    }

    /// The number of rows, null or not.
    pub fn len(&self) -> usize {
        with_keys!(&self.keys, keys => keys.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// `len` of the rows, from `start` on.
    ///
    /// # Panics
    /// If there are fewer.
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

    /// The value of each row, copied; booleans as 0 and 1.
    pub fn decoded(&self) -> ArrayRef {
        let rows = self.len();
        with_primitive!(self.values.data_type(), P => {
            let values = self.values.as_primitive::<P>().values();
            let mut decoded = vec![<P as ArrowPrimitiveType>::Native::default(); rows];
            if !values.is_empty() {
                with_keys!(&self.keys, keys => gather(values, keys, &mut decoded));
            }
            let array = PrimitiveArray::<P>::new(decoded.into(), self.validity.clone());
            Arc::new(array.with_data_type(self.values.data_type().clone()))
        }, _ => Arc::new(NullArray::new(rows)))
    }

    /// The same rows, with those that are not selected made null.
    pub fn masked(&self, selected: &NullBuffer) -> Self {
        let validity = NullBuffer::union(self.validity.as_ref(), Some(selected));
        Self { validity, ..self.clone() }
    }

    /// Adds the values to a state, gathering what is needed.
    pub fn fold(&self, need: Need, accumulator: &mut Accumulator) {
        let (rows, validity) = (self.len(), self.validity.as_ref());
        let validity = validity.filter(|validity| validity.null_count() > 0);
        let nothing = validity.is_some_and(|validity| validity.null_count() == rows);
        if need == Need::Count || nothing || rows == 0 {
            return fold_validity(rows, validity, need, accumulator);
        }
        with_primitive!(self.values.data_type(), P => {
            let values = self.values.as_primitive::<P>().values();
            with_keys!(&self.keys, keys => {
                accumulator.update(rows, &Gathered { keys, validity, values }, need);
            });
        }, _ => fold_validity(rows, validity, need, accumulator));
    }
}

impl Keys {
    fn of(keys: &dyn Array) -> Self {
        /// The same bits read as unsigned.
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
            other => panic!("keys must be integers, not {other}")
        )
    }

    /// Checks that the keys of all valid rows are below the number of values.
    fn check(&self, validity: Option<&NullBuffer>, values: usize) -> Result<(), Error> {
        let beyond = |key: usize| key >= values;
        let out_of_range = with_keys!(self, keys => {
            // Finding the greatest key is fast, and nearly always sufficient.
            let suspicious = !keys.is_empty() && beyond(greatest(keys));
            let is_valid = |row| validity.is_none_or(|validity| validity.is_valid(row));
            let mut rows = (0..keys.len()).filter(|_| suspicious);
            rows.find(|&row| is_valid(row) && beyond(keys[row].place()))
        });
        match out_of_range {
            None => Ok(()),
            Some(row) => Err(ErrorKind::KeyOutOfRange { row, values }.into()),
        }
    }

    /// Which rows are valid and refer to one of `values` values that is present.
    fn validity_of(
        &self,
        validity: Option<&NullBuffer>,
        values: usize,
        present: Option<NullBuffer>,
    ) -> Result<Option<NullBuffer>, Error> {
        self.check(validity, values)?;
        let Some(present) = present.filter(|present| present.null_count() > 0) else {
            return Ok(validity.cloned());
        };
        let is_valid = |row| validity.is_none_or(|validity| validity.is_valid(row));
        let both = with_keys!(self, keys => BooleanBuffer::collect_bool(keys.len(), |row| {
            is_valid(row) && present.is_valid(keys[row].place())
        }));
        Ok(Some(NullBuffer::new(both)))
    }
}

/// The value of each row, as blocks.
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
