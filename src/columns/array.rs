//! Arrow arrays whose values can be read, without an encoding: numbers, times, booleans and nulls.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{ArrowPrimitiveType, Date32Type, Int64Type, UInt8Type};
use arrow_array::{Array, ArrayRef, BooleanArray, Float64Array, PrimitiveArray};
use arrow_buffer::{BooleanBuffer, BooleanBufferBuilder, NullBuffer};
use arrow_schema::DataType;

use super::opaque::fold_validity;
use super::primitive::with_primitive;
use super::values::Values;
use crate::columns::chunk::Chunk;
use crate::kernels::mask::{Mask, compact_into};
use crate::kernels::monomials::parts;
use crate::kernels::short::{self, Short};
use crate::kernels::{Block, Blocks, Element, Need};
use crate::states::accumulator::Accumulator;

/// Adds the values of an array to a state.
#[inline]
pub(super) fn fold(array: &ArrayRef, need: Need, accumulator: &mut Accumulator) {
    let rows = array.len();
    with_primitive!(array.data_type(), P => {
        accumulator.update(rows, &block(array.as_primitive::<P>()), need);
    }, _ => match array.data_type() {
        DataType::Boolean => {
            let array = array.as_boolean();
            fold_bits(array.values(), array.nulls(), accumulator);
        }
        DataType::Null => accumulator.update_counts(0, rows, need),
        _ => fold_validity(rows, array.logical_nulls().as_ref(), need, accumulator),
    })
}

/// Adds the values of neighbouring chunks to a state, as far as they are arrays of the type of the first: one kernel sums
/// them all, as if they were one array. Returns the number of chunks that were added.
pub(super) fn fold_neighbours(
    chunks: &[Chunk],
    need: Need,
    accumulator: &mut Accumulator,
) -> usize {
    let Some(first) = chunks.first().and_then(Chunk::as_array) else {
        return 0;
    };
    with_primitive!(first.data_type(), P => {
        let arrays = chunks.iter().map_while(|chunk| chunk.as_array()?.as_primitive_opt::<P>());
        let rows = arrays.clone().map(Array::len).sum();
        accumulator.update(rows, &Neighbours(arrays.clone()), need);
        arrays.count()
    }, _ => 0)
}

/// Arrays that are read as one. Short ones are copied together, because each block has costs of its own.
struct Neighbours<I>(I);

/// Maximum number of values of a block that is copied. Copies take 0.05 ns for a value; a block of its own takes 40 ns.
const COPIED_MAX_LEN: usize = 512;

impl<'a, P: ArrowPrimitiveType, I> Blocks<P::Native> for Neighbours<I>
where
    P::Native: Element,
    I: Iterator<Item = &'a PrimitiveArray<P>> + Clone,
{
    fn for_each_block(&self, mut visit: impl FnMut(Block<'_, P::Native>)) {
        let mut copied = [P::Native::default(); 4 * COPIED_MAX_LEN];
        let mut length = 0;
        for block in self.0.clone().map(block) {
            let (Block::Dense(values) | Block::Masked(values, _)) = block;
            if values.len() > COPIED_MAX_LEN {
                visit(block);
                continue;
            }
            if length + values.len() > copied.len() {
                visit(Block::Dense(&copied[..length]));
                length = 0;
            }
            let free = &mut copied[length..length + values.len()];
            match block {
                Block::Dense(values) => {
                    free.copy_from_slice(values);
                    length += values.len();
                }
                Block::Masked(values, mask) => length += compact_into(values, mask, free),
            }
        }
        visit(Block::Dense(&copied[..length]));
    }
}

/// The values of an array, and which of them count.
pub(crate) fn block<P: ArrowPrimitiveType>(array: &PrimitiveArray<P>) -> Block<'_, P::Native> {
    match array.nulls().filter(|nulls| nulls.null_count() > 0) {
        None => Block::Dense(array.values()),
        Some(nulls) => Block::Masked(array.values(), mask(nulls.inner())),
    }
}

/// Adds some of the values to a state: for numbers without the allocation that a slice takes.
pub(crate) fn fold_rows(
    array: &ArrayRef,
    rows: Range<usize>,
    need: Need,
    accumulator: &mut Accumulator,
) {
    let (start, length) = (rows.start, rows.len());
    with_primitive!(array.data_type(), P => {
        let array = array.as_primitive::<P>();
        let values: &[<P as ArrowPrimitiveType>::Native] = &array.values()[rows];
        let nulls = array.nulls().filter(|nulls| nulls.null_count() > 0).map(NullBuffer::inner);
        let mask = nulls.map(|bits| Mask::new(bits.values(), bits.offset() + start, length));
        match mask {
            None => accumulator.update(length, &Block::Dense(values), need),
            Some(mask) => accumulator.update(length, &Block::Masked(values, mask), need),
        }
    }, _ => fold(&array.slice(start, length), need, accumulator))
}

/// Calls a function with the answer for each range of rows, or with `None`, if it takes a state. False if all do.
#[inline]
pub(crate) fn answer_each(
    array: &ArrayRef,
    ranges: impl Iterator<Item = Range<usize>>,
    short: Short,
    take: impl FnMut(Option<f64>),
) -> bool {
    let nulls = array.nulls().filter(|nulls| nulls.null_count() > 0);
    if nulls.is_some() && !short.skips_nulls {
        return false;
    }
    let validity = nulls.map(|nulls| mask(nulls.inner()));
    with_primitive!(array.data_type(), P => {
        short::answer_each(array.as_primitive::<P>().values(), validity, ranges, short, take);
        true
    }, _ => false)
}

fn fold_bits(values: &BooleanBuffer, nulls: Option<&NullBuffer>, accumulator: &mut Accumulator) {
    let rows = values.len();
    let (valid, ones) = match nulls {
        None => (rows, mask(values).count_ones()),
        Some(nulls) => {
            let both = mask(values).words().zip(mask(nulls.inner()).words());
            let ones = both.map(|(value, valid)| (value & valid).count_ones() as usize).sum();
            (rows - nulls.null_count(), ones)
        }
    };
    accumulator.update_bits(rows, valid, ones);
}

/// The same array, with the rows that are not selected made null.
pub(super) fn masked(array: &ArrayRef, selected: &NullBuffer) -> ArrayRef {
    let validity = NullBuffer::union(array.nulls(), Some(selected));
    with_primitive!(array.data_type(), P => {
        let values = array.as_primitive::<P>().values().clone();
        let masked = PrimitiveArray::<P>::new(values, validity);
        Arc::new(masked.with_data_type(array.data_type().clone()))
    }, _ => match array.as_boolean_opt() {
        Some(bits) => Arc::new(BooleanArray::new(bits.values().clone(), validity)),
        None => Arc::clone(array), // nothing but nulls
    })
}

/// The same array with booleans as the numbers 0 and 1, which kernels can read.
pub(crate) fn numbers(array: &ArrayRef) -> ArrayRef {
    match array.as_boolean_opt() {
        None => Arc::clone(array),
        Some(bits) => {
            let numbers = bits.values().iter().map(u8::from).collect();
            Arc::new(PrimitiveArray::<UInt8Type>::new(numbers, bits.nulls().cloned()))
        }
    }
}

/// The same numbers as doubles, if each is one.
#[cfg(feature = "groups")]
pub(crate) fn doubles(array: ArrayRef) -> ArrayRef {
    if *array.data_type() == DataType::Float64 {
        return array;
    }
    let mut parts = with_primitive!(array.data_type(), P => {
        parts::of(array.as_primitive::<P>().values())
    }, _ => return array);
    match parts.len() {
        1 => Arc::new(Float64Array::new(parts.swap_remove(0).into(), array.nulls().cloned())),
        _ => array,
    }
}

/// Whether a column of dates has chunks whose days lie in 64 bits, as those of NumPy do.
pub(crate) fn has_long_days(chunks: &[Chunk]) -> bool {
    chunks.iter().any(|chunk| match chunk.slice(0, chunk.rows().min(1)).decoded() {
        Values::Array(array) => *array.data_type() == DataType::Int64,
        Values::Opaque(_) => false,
    })
}

/// Days in 64 bits, and other arrays as they are.
pub(crate) fn long_days(array: ArrayRef) -> ArrayRef {
    match array.as_primitive_opt::<Date32Type>() {
        Some(days) => Arc::new(days.unary::<_, Int64Type>(i64::from)),
        None => array,
    }
}

/// All rows in one array of numbers, copied if they are not in one already. Rows whose values cannot be read are numbers
/// of no meaning.
pub(crate) fn flat(chunks: &[Chunk]) -> ArrayRef {
    let arrays = chunks.iter().map(|chunk| match chunk.decoded() {
        Values::Array(array) if *array.data_type() == DataType::Null => {
            placeholders(array.len(), Some(NullBuffer::new_null(array.len())))
        }
        Values::Array(array) => numbers(&array),
        Values::Opaque(opaque) => placeholders(opaque.rows, opaque.validity),
    });
    let arrays = arrays.collect::<Vec<_>>();
    match &arrays[..] {
        [] => placeholders(0, None),
        [array] => Arc::clone(array),
        [first, ..] => with_primitive!(first.data_type(), P => {
            let arrays = arrays.iter().map(|array| array.as_primitive::<P>());
            Arc::new(joined(&arrays.collect::<Vec<_>>()))
        }, _ => unreachable!("they are numbers")),
    }
}

/// Numbers of which only the validity has a meaning.
fn placeholders(rows: usize, validity: Option<NullBuffer>) -> ArrayRef {
    Arc::new(PrimitiveArray::<UInt8Type>::new(vec![0; rows].into(), validity))
}

fn joined<P: ArrowPrimitiveType>(arrays: &[&PrimitiveArray<P>]) -> PrimitiveArray<P> {
    let rows = arrays.iter().map(|array| array.len()).sum();
    let mut values = Vec::with_capacity(rows);
    arrays.iter().for_each(|array| values.extend_from_slice(array.values()));
    let has_nulls = arrays.iter().any(|array| array.null_count() > 0);
    let validity = has_nulls.then(|| {
        let mut bits = BooleanBufferBuilder::new(rows);
        for array in arrays {
            match array.nulls() {
                Some(nulls) => bits.append_buffer(nulls.inner()),
                None => bits.append_n(array.len(), true),
            }
        }
        NullBuffer::new(bits.finish())
    });
    PrimitiveArray::new(values.into(), validity)
}

/// A bitmap as kernels see it.
pub(super) fn mask(bits: &BooleanBuffer) -> Mask<'_> {
    Mask::new(bits.values(), bits.offset(), bits.len())
}
