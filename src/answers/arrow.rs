//! Answers as Arrow arrays of the promised type.

use std::sync::Arc;

use arrow_array::types::ArrowPrimitiveType;
use arrow_array::{ArrayRef, BooleanArray, Float64Array, NullArray, PrimitiveArray};
use arrow_buffer::{BooleanBufferBuilder, NullBuffer, i256};
use arrow_schema::DataType;
use half::f16;

use crate::answers::collected::Answers;
use crate::answers::statistic::{Answer, Statistic};
use crate::columns::primitive::with_primitive;
use crate::error::{Error, ErrorKind};
use crate::types;

/// An array of answers, one per row.
///
/// # Errors
/// If an answer does not fit the type.
pub fn to_array(
    statistic: Statistic,
    data_type: &DataType,
    answers: &Answers,
) -> Result<ArrayRef, Error> {
    if let (DataType::Float64, Some((values, nulls))) = (data_type, answers.as_floats()) {
        let validity = (!nulls.is_empty()).then(|| all_but(nulls, values.len()));
        return Ok(Arc::new(Float64Array::new(values.to_vec().into(), validity)));
    }
    let too_large = || -> Error {
        ErrorKind::TooLarge { statistic: statistic.name(), to: types::name(data_type) }.into()
    };
    if !answers.iter().all(|answer| has_digits_for(data_type, answer)) {
        return Err(too_large());
    }
    with_primitive!(data_type, P => {
        let array = primitive::<P>(answers).ok_or_else(too_large)?;
        Ok(Arc::new(array.with_data_type(data_type.clone())))
    }, _ => match data_type {
        DataType::Boolean => {
            let bits = answers.iter().map(i128::from_answer);
            Ok(Arc::new(bits.map(|bit| bit.flatten().map(|bit| bit != 0)).collect::<BooleanArray>()))
        }
        // A column of type null has no other value.
        _ => Ok(Arc::new(NullArray::new(answers.len()))),
    })
}

/// Bits for all positions but some.
fn all_but(nulls: &[usize], length: usize) -> NullBuffer {
    let mut validity = BooleanBufferBuilder::new(length);
    validity.append_n(length, true);
    nulls.iter().for_each(|&at| validity.set_bit(at, false));
    NullBuffer::new(validity.finish())
}

/// Whether an answer fits the precision of a decimal type; always so for other types.
fn has_digits_for(data_type: &DataType, answer: Answer) -> bool {
    let (DataType::Decimal32(precision, _)
    | DataType::Decimal64(precision, _)
    | DataType::Decimal128(precision, _)
    | DataType::Decimal256(precision, _)) = data_type
    else {
        return true;
    };
    let bound = i256::from_i128(10).checked_pow(u32::from(*precision));
    match (i256::from_answer(answer), bound) {
        (Some(Some(value)), Some(bound)) => value < bound && -bound < value,
        (fits, _) => fits.is_some(),
    }
}

/// `None` if an answer does not fit the type.
fn primitive<P: ArrowPrimitiveType<Native: FromAnswer>>(
    answers: &Answers,
) -> Option<PrimitiveArray<P>> {
    answers.iter().map(P::Native::from_answer).collect()
}

/// A native value that holds an answer: `None` if it is too large, `Some(None)` for null.
trait FromAnswer: Sized {
    fn from_answer(answer: Answer) -> Option<Option<Self>>;
}

macro_rules! integers_from_answers {
    ($($type:ty),*) => {$(
        impl FromAnswer for $type {
            fn from_answer(answer: Answer) -> Option<Option<Self>> {
                match answer {
                    Answer::Integer(value) => Some(Some(Self::try_from(value).ok()?)),
                    Answer::Wide(_) => None,
                    Answer::Null | Answer::Float(_) => Some(None),
                }
            }
        }
    )*};
}

integers_from_answers!(i8, i16, i32, i64, i128, u8, u16, u32, u64);

impl FromAnswer for i256 {
    fn from_answer(answer: Answer) -> Option<Option<Self>> {
        match answer {
            Answer::Integer(value) => Some(Some(Self::from_i128(value))),
            Answer::Wide([a, b, c, d, beyond]) => {
                let low = u128::from(b) << 64 | u128::from(a);
                let high = (u128::from(d) << 64 | u128::from(c)) as i128;
                // The limb beyond must repeat the sign.
                (beyond == (high >> 127) as u64).then(|| Some(Self::from_parts(low, high)))
            }
            Answer::Null | Answer::Float(_) => Some(None),
        }
    }
}

/// Narrower floats only hold minima and maxima of columns of their own type, so nothing is rounded.
macro_rules! floats_from_answers {
    ($($type:ty: $narrow:expr),*) => {$(
        impl FromAnswer for $type {
            fn from_answer(answer: Answer) -> Option<Option<Self>> {
                match answer {
                    Answer::Float(value) => Some(Some($narrow(value))),
                    Answer::Null | Answer::Integer(_) | Answer::Wide(_) => Some(None),
                }
            }
        }
    )*};
}

floats_from_answers!(f64: |value| value, f32: |value| value as f32, f16: f16::from_f64);
