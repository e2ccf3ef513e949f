//! Memory that NumPy can describe and Arrow cannot: values at a stride, unaligned, in the other byte
//! order, or with a separate mask of bytes.
//!
//! Only one block is copied at a time: its values are gathered, byte-swapped and compacted in the L1
//! cache, and the kernels see dense slices.

use std::sync::Arc;

use arrow_array::types::ArrowPrimitiveType;
use arrow_array::{ArrayRef, BooleanArray, PrimitiveArray};
use arrow_buffer::{Buffer, NullBuffer};
use arrow_schema::DataType;

use super::primitive::with_primitive;
use crate::kernels::{BLOCK, Block, Blocks, ByteOrder, Element, Need};
use crate::states::accumulator::Accumulator;

/// `len` values of one type, each `stride` bytes after the one before.
#[derive(Clone, Debug)]
pub struct Strided {
    layout: Layout,
    data_type: DataType,
    order: ByteOrder,
    lowest: Lowest,
    missing: Missing,
}

/// What the lowest 64-bit integer stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lowest {
    /// A value like any other.
    Value,
    /// NumPy's NaT ("not a time"): a null.
    NotATime,
}

/// Which values are null.
#[derive(Clone, Debug)]
pub enum Missing {
    /// None.
    Nothing,
    /// Those whose mask byte is not zero.
    Masked(Layout),
    /// Those whose bit in a validity bitmap is not set.
    Null(NullBuffer),
}

/// Where the values lie.
#[derive(Clone, Debug)]
pub struct Layout {
    bytes: Buffer,
    /// The offset of the first value, in bytes.
    first: usize,
    stride: isize,
    width: usize,
    len: usize,
}

impl Layout {
    /// `len` values of `width` bytes in a buffer; `None` if one of them would be out of bounds.
    pub fn new(
        bytes: Buffer,
        first: usize,
        stride: isize,
        width: usize,
        len: usize,
    ) -> Option<Self> {
        let inside = |at: usize| at.checked_add(width).is_some_and(|end| end <= bytes.len());
        if len > 0 {
            let reach = isize::try_from(len - 1).ok()?.checked_mul(stride)?;
            let last = first.checked_add_signed(reach)?;
            (inside(first) && inside(last)).then_some(())?;
        }
        Some(Self { bytes, first, stride, width, len })
    }

    fn slice(&self, start: usize, len: usize) -> Self {
        assert!(
            start.checked_add(len).is_some_and(|end| end <= self.len),
            "the slice is in bounds"
        );
        let first = self.first.wrapping_add_signed(start as isize * self.stride);
        Self { first, len, ..self.clone() }
    }

    fn rows(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len as isize).map(|row| {
            let at = self.first.wrapping_add_signed(row * self.stride);
            &self.bytes[at..at + self.width]
        })
    }
}

impl Strided {
    /// Values of a type that are all valid.
    pub fn new(layout: Layout, data_type: DataType, order: ByteOrder) -> Self {
        Self { layout, data_type, order, lowest: Lowest::Value, missing: Missing::Nothing }
    }

    /// The same values, some of them null.
    ///
    /// # Panics
    /// If the mask is not as long as the values.
    pub fn with_missing(self, missing: Missing) -> Self {
        let covered = match &missing {
            Missing::Nothing => self.layout.len,
            Missing::Masked(mask) => mask.len,
            Missing::Null(validity) => validity.len(),
        };
        assert_eq!(covered, self.layout.len, "a mask covers every value");
        Self { missing, ..self }
    }

    /// The same values, with those that are not selected made null.
    pub fn masked(&self, selected: &NullBuffer) -> Self {
        let validity = NullBuffer::union(self.validity().as_ref(), Some(selected));
        self.clone().with_missing(validity.map_or(Missing::Nothing, Missing::Null))
    }

    fn validity(&self) -> Option<NullBuffer> {
        let missing = match &self.missing {
            Missing::Nothing => None,
            Missing::Masked(mask) => Some(mask.rows().map(|byte| byte[0] == 0).collect()),
            Missing::Null(validity) => Some(validity.clone()),
        };
        let is_time = |bytes: &[u8]| i64::from_bytes(bytes, self.order) != i64::MIN;
        let times = match self.lowest {
            Lowest::Value => None,
            Lowest::NotATime => Some(self.layout.rows().map(is_time).collect()),
        };
        NullBuffer::union(missing.as_ref(), times.as_ref())
    }

    /// A contiguous copy of the values.
    ///
    /// # Panics
    /// If they are neither plain numbers nor booleans of one byte.
    pub fn copied(&self) -> ArrayRef {
        if self.data_type == DataType::Boolean {
            let bits = self.layout.rows().map(|bytes| bytes[0] != 0).collect();
            return Arc::new(BooleanArray::new(bits, self.validity()));
        }
        with_primitive!(&self.data_type, P => {
            type Native = <P as ArrowPrimitiveType>::Native;
            let values = self.layout.rows().map(|bytes| Native::from_bytes(bytes, self.order));
            let array = PrimitiveArray::<P>::new(values.collect(), self.validity());
            Arc::new(array.with_data_type(self.data_type.clone()))
        }, _ => panic!("{} values are not plain numbers", self.data_type))
    }

    /// The same values, with this meaning of the lowest integer.
    pub fn with_lowest(self, lowest: Lowest) -> Self {
        Self { lowest, ..self }
    }

    /// The number of values, null or not.
    pub fn len(&self) -> usize {
        self.layout.len
    }

    /// `len` of the values, from `start` on.
    ///
    /// # Panics
    /// If there are fewer.
    pub fn slice(&self, start: usize, len: usize) -> Self {
        let missing = match &self.missing {
            Missing::Nothing => Missing::Nothing,
            Missing::Masked(mask) => Missing::Masked(mask.slice(start, len)),
            Missing::Null(validity) => Missing::Null(validity.slice(start, len)),
        };
        Self { layout: self.layout.slice(start, len), missing, ..self.clone() }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The type of the values.
    pub fn data_type(&self) -> &DataType {
        &self.data_type
    }

    /// Adds the values to a state, gathering what is needed.
    ///
    /// # Panics
    /// If they are neither plain numbers nor booleans of one byte.
    pub fn fold(&self, need: Need, accumulator: &mut Accumulator) {
        let rows = self.len();
        with_primitive!(&self.data_type, P => {
            accumulator.update(rows, &self.read::<<P as ArrowPrimitiveType>::Native>(), need);
        }, _ => match &self.data_type {
            DataType::Boolean => accumulator.update(rows, &self.read_bytes_as_bits(), need),
            other => unreachable!("no strided values are made of type {other}"),
        })
    }

    /// The values read as `T`, which must be the native type of [`Self::data_type`].
    fn read<T: Element>(&self) -> impl Blocks<T> {
        Gathered { of: self, decode: T::from_bytes }
    }

    /// Booleans of one byte each, as 0 and 1.
    fn read_bytes_as_bits(&self) -> impl Blocks<u8> {
        Gathered { of: self, decode: |bytes: &[u8], _| u8::from(bytes[0] != 0) }
    }
}

/// Strided values as dense blocks.
struct Gathered<'a, Decode> {
    of: &'a Strided,
    decode: Decode,
}

impl<Decode> Gathered<'_, Decode> {
    /// Visits the values, none of which is missing.
    fn gather_all<T: Element>(&self, mut visit: impl FnMut(Block<'_, T>))
    where
        Decode: Fn(&[u8], ByteOrder) -> T,
    {
        let Strided { layout, order, .. } = self.of;
        let Layout { bytes, first, stride, width, len } = layout;
        // A constant, unlike the width.
        let size = size_of::<T>();
        assert_eq!(*width, size, "values have the width of their type");
        let mut block = [T::default(); BLOCK];
        for start in (0..*len).step_by(BLOCK) {
            let block = &mut block[..BLOCK.min(len - start)];
            let mut at = first.wrapping_add_signed(start as isize * stride);
            for value in block.iter_mut() {
                *value = (self.decode)(&bytes[at..][..size], *order);
                at = at.wrapping_add_signed(*stride);
            }
            visit(Block::Dense(block));
        }
    }

    /// Visits the values, except those that are `missing`.
    fn gather<T: Element>(
        &self,
        missing: impl Iterator<Item = bool>,
        mut visit: impl FnMut(Block<'_, T>),
    ) where
        Decode: Fn(&[u8], ByteOrder) -> T,
    {
        let Strided { layout, order, lowest, .. } = self.of;
        let is_null = |bytes: &[u8]| match lowest {
            Lowest::Value => false,
            Lowest::NotATime => i64::from_bytes(bytes, *order) == i64::MIN,
        };
        let mut block = [T::default(); BLOCK];
        let mut length = 0;
        for (bytes, missing) in layout.rows().zip(missing) {
            block[length] = (self.decode)(bytes, *order);
            length += usize::from(!(missing || is_null(bytes)));
            if length == BLOCK {
                visit(Block::Dense(&block));
                length = 0;
            }
        }
        visit(Block::Dense(&block[..length]));
    }
}

impl<T: Element, Decode: Fn(&[u8], ByteOrder) -> T> Blocks<T> for Gathered<'_, Decode> {
    fn for_each_block(&self, visit: impl FnMut(Block<'_, T>)) {
        match &self.of.missing {
            Missing::Nothing if self.of.lowest == Lowest::Value => self.gather_all(visit),
            Missing::Nothing => self.gather(std::iter::repeat(false), visit),
            Missing::Masked(mask) => self.gather(mask.rows().map(|byte| byte[0] != 0), visit),
            Missing::Null(validity) => self.gather(validity.iter().map(|valid| !valid), visit),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(
        bytes: &[u8],
        first: usize,
        stride: isize,
        width: usize,
        len: usize,
    ) -> Option<Layout> {
        Layout::new(Buffer::from(bytes), first, stride, width, len)
    }

    fn values<T: Element>(blocks: &impl Blocks<T>) -> Vec<T> {
        let mut values = vec![];
        blocks
            .for_each_block(|block| block.for_each_dense(|dense| values.extend_from_slice(dense)));
        values
    }

    #[test]
    fn strides_go_forwards_backwards_and_nowhere() {
        let bytes = [1, 0, 2, 0, 3, 0, 4, 0];
        let read = |first, stride, len| {
            let layout = layout(&bytes, first, stride, 2, len).expect("in bounds");
            let strided = Strided::new(layout, DataType::Int16, ByteOrder::Native);
            values(&strided.read::<i16>())
        };
        assert_eq!(read(0, 4, 2), [1, 3]);
        assert_eq!(read(6, -2, 4), [4, 3, 2, 1]);
        assert_eq!(read(2, 0, 3), [2, 2, 2]);
        assert_eq!(read(1, 3, 2), [0x200, 3], "unaligned");
    }

    #[test]
    fn the_other_byte_order() {
        let bytes = 1.5f64.to_bits().swap_bytes().to_ne_bytes();
        let layout = layout(&bytes, 0, 8, 8, 1).expect("in bounds");
        let strided = Strided::new(layout, DataType::Float64, ByteOrder::Swapped);
        assert_eq!(values(&strided.read::<f64>()), [1.5]);
    }

    #[test]
    fn masked_values_and_missing_times_are_null() {
        let mask = || Missing::Masked(layout(&[0, 1, 0], 0, 1, 1, 3).expect("in bounds"));
        let bytes = layout(&[7, 8, 9], 0, 1, 1, 3).expect("in bounds");
        let masked = Strided::new(bytes, DataType::UInt8, ByteOrder::Native).with_missing(mask());
        assert_eq!(values(&masked.read::<u8>()), [7, 9]);

        let ticks = [5i64, -5, i64::MIN].map(i64::to_ne_bytes).concat();
        let ticks = layout(&ticks, 0, 8, 8, 3).expect("in bounds");
        let times = Strided::new(ticks, DataType::Int64, ByteOrder::Native);
        let times = times.with_lowest(Lowest::NotATime);
        assert_eq!(values(&times.read::<i64>()), [5, -5]);
        assert_eq!(values(&times.with_missing(mask()).read::<i64>()), [5]);
    }

    #[test]
    fn layouts_out_of_bounds_are_refused() {
        let bytes = [0u8; 16];
        assert!(layout(&bytes, 0, 8, 8, 2).is_some());
        assert!(layout(&bytes, 0, 8, 8, 3).is_none());
        assert!(layout(&bytes, 1, 8, 8, 2).is_none());
        assert!(layout(&bytes, 0, -8, 8, 2).is_none());
        assert!(layout(&bytes, 8, -8, 8, 2).is_some());
        assert!(layout(&bytes, 0, isize::MAX, 8, 3).is_none());
        assert!(layout(&bytes, usize::MAX, 1, 8, 1).is_none());
        assert!(layout(&[], 0, 8, 8, 0).is_some());
    }
}
