//! Arrow arrays whose values can be read, without an encoding: numbers, times, booleans and nulls.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{ArrowPrimitiveType, UInt8Type};
use arrow_array::{Array, ArrayRef, BooleanArray, PrimitiveArray};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use arrow_schema::DataType;

use super::opaque::fold_validity;
use super::primitive::with_primitive;
use crate::kernels::mask::Mask;
use crate::kernels::{Block, Need};
use crate::states::accumulator::Accumulator;

/// Adds the values of an array to a state.
#[inline]
pub(super) fn fold(array: &ArrayRef, need: Need, accumulator: &mut Accumulator) {
    let rows = array.len();
    with_primitive!(array.data_type(), P => {
        let array = array.as_primitive::<P>();
        let values: &[<P as ArrowPrimitiveType>::Native] = array.values();
        match array.nulls().filter(|nulls| nulls.null_count() > 0) {
            None => accumulator.update(rows, &Block::Dense(values), need),
            Some(nulls) => {
                accumulator.update(rows, &Block::Masked(values, mask(nulls.inner())), need);
            }
        }
    }, _ => match array.data_type() {
        DataType::Boolean => {
            let array = array.as_boolean();
            fold_bits(array.values(), array.nulls(), accumulator);
        }
        DataType::Null => accumulator.update_counts(0, rows, need),
        _ => fold_validity(rows, array.logical_nulls().as_ref(), need, accumulator),
    })
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

/// A bitmap as kernels see it.
pub(super) fn mask(bits: &BooleanBuffer) -> Mask<'_> {
    Mask::new(bits.values(), bits.offset(), bits.len())
}
