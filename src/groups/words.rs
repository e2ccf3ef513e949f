//! Keys of up to 64 bits as words: integers without a sign that are ordered as the keys are.
//!
//! A word is hashed, compared and sorted in a few instructions, where bytes take a function call. All NaNs
//! are one word, above that of infinity, and so are both zeros. What a null has as its word is arbitrary.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float16Type, Float32Type, Float64Type};
use arrow_array::{Array, ArrayRef, BooleanArray};
use arrow_buffer::{ArrowNativeType, Buffer, NullBuffer, ScalarBuffer};
use arrow_schema::DataType;

use crate::columns::plain::Plain;
use crate::kernels::floats::Ieee;

/// The highest bit, which separates the signs.
const SIGN: u64 = 1 << 63;

/// Whether keys of a type are words.
pub fn are_words(of: &DataType) -> bool {
    of.is_integer()
        || of.is_floating()
        || of.is_temporal() && of.primitive_width().is_some_and(|width| width <= 8)
        || matches!(of, DataType::Boolean | DataType::Decimal32(..) | DataType::Decimal64(..))
}

/// The words of keys of a type of words.
pub fn words(array: &ArrayRef) -> Vec<u64> {
    match array.data_type() {
        DataType::Boolean => array.as_boolean().values().iter().map(u64::from).collect(),
        DataType::Float64 => float_words(array.as_primitive::<Float64Type>().values()),
        DataType::Float32 => float_words(array.as_primitive::<Float32Type>().values()),
        DataType::Float16 => float_words(array.as_primitive::<Float16Type>().values()),
        of => match (of.primitive_width(), of.is_unsigned_integer()) {
            (Some(1), true) => integer_words::<u8>(array),
            (Some(2), true) => integer_words::<u16>(array),
            (Some(4), true) => integer_words::<u32>(array),
            (_, true) => integer_words::<u64>(array),
            (Some(1), _) => integer_words::<i8>(array),
            (Some(2), _) => integer_words::<i16>(array),
            (Some(4), _) => integer_words::<i32>(array),
            _ => integer_words::<i64>(array),
        },
    }
}

/// The keys of a type that have these words.
pub fn keys(of: &DataType, words: &[u64], validity: Option<NullBuffer>) -> ArrayRef {
    let buffer = match (of, of.primitive_width(), of.is_unsigned_integer()) {
        (DataType::Boolean, ..) => {
            let bits = words.iter().map(|&word| word != 0).collect();
            return Arc::new(BooleanArray::new(bits, validity));
        }
        (DataType::Float64, ..) => floats::<f64>(words),
        (DataType::Float32, ..) => floats::<f32>(words),
        (DataType::Float16, ..) => floats::<half::f16>(words),
        (_, Some(1), true) => integers::<u8>(words),
        (_, Some(2), true) => integers::<u16>(words),
        (_, Some(4), true) => integers::<u32>(words),
        (_, _, true) => integers::<u64>(words),
        (_, Some(1), _) => integers::<i8>(words),
        (_, Some(2), _) => integers::<i16>(words),
        (_, Some(4), _) => integers::<i32>(words),
        _ => integers::<i64>(words),
    };
    match Plain::numbers(of, buffer, words.len(), validity) {
        Plain::Array(array) => array,
        _ => unreachable!("the buffer is aligned"),
    }
}

/// An integer that is a word.
trait Word: ArrowNativeType {
    fn to_word(self) -> u64;
    fn from_word(word: u64) -> Self;
}

macro_rules! words {
    ($($type:ty: $sign:expr;)*) => {$(
        impl Word for $type {
            #[inline(always)]
            fn to_word(self) -> u64 {
                self as i64 as u64 ^ $sign
            }

            #[inline(always)]
            fn from_word(word: u64) -> Self {
                (word ^ $sign) as $type
            }
        }
    )*};
}

words! {
    i8: SIGN;
    i16: SIGN;
    i32: SIGN;
    i64: SIGN;
    u8: 0;
    u16: 0;
    u32: 0;
    u64: 0;
}

/// Types of the same width and sign are read as one, whatever they mean.
fn integer_words<W: Word>(array: &ArrayRef) -> Vec<u64> {
    let data = array.to_data();
    let values = ScalarBuffer::<W>::new(data.buffers()[0].clone(), data.offset(), data.len());
    values.iter().map(|value| value.to_word()).collect()
}

fn integers<W: Word>(words: &[u64]) -> Buffer {
    words.iter().map(|&word| W::from_word(word)).collect::<Vec<_>>().into()
}

/// Floats are compared by their bits, so that flush-to-zero has no effect.
fn float_words<T: Ieee<Rank: Word>>(values: &[T]) -> Vec<u64> {
    let one_of_each = |value: T| match value {
        nan if nan.is_nan() => T::NOT_A_NUMBER,
        value if value.is_zero() => T::default(),
        value => value,
    };
    values.iter().map(|&value| one_of_each(value).rank().to_word()).collect()
}

fn floats<T: Ieee<Rank: Word> + ArrowNativeType>(words: &[u64]) -> Buffer {
    words.iter().map(|&word| T::from_rank(T::Rank::from_word(word))).collect::<Vec<_>>().into()
}
