//! Answers for short pieces of a column, such as windows, chunks and short columns, without a state for each.
//!
//! A state costs 200 ns to make, to read, and to divide, which is more than to add a thousand values. Here a piece
//! is read twice, while it is in the first-level cache: for its largest magnitude, and then to cut its values on
//! grids that fit it, as [`slices`](super::slices) explains. The remainders after the last slice are added in
//! floating point, with a bounded error, and the sums go straight into
//! `exact/double_double.rs`. What this cannot decide is left to the caller: infinities, extreme
//! exponents, ties, and sums that cancel.
//!
//! * `floats`: which of the sums of `chains` are tried, and what they are divided into.
//! * `copies`: pieces are multiplied by a power of two, or moved, where their sums are not held otherwise.

mod chains;
mod copies;
mod floats;

use std::ops::Range;

use super::dispatch::{self, Isa, Level, Task};
use super::element::Element;
use super::integers::Squares;
use super::mask::{Mask, compact_into};
use super::vector::Vector;
use crate::exact::Form;
use crate::exact::double_double::DoubleDouble;

pub(super) use floats::of_floats;

/// Maximum number of values of a short piece. A longer one is worth a state.
const MAX_LEN: usize = 1 << 14;
/// The same where values are left out.
const COMPACTED_MAX_LEN: usize = 1 << 10;

/// A question about short pieces.
#[derive(Clone, Copy, Debug)]
pub struct Short {
    /// What is asked.
    pub result: ShortResult,
    /// Pieces with fewer values are left to the caller.
    pub min_len: usize,
    /// Whether nulls are left out; otherwise, a piece with one is left to the caller.
    pub skips_nulls: bool,
    /// Whether a NaN makes the result one; otherwise it counts as a null.
    pub nan_settles: bool,
}

/// What is asked: results that are doubles.
#[derive(Clone, Copy, Debug)]
pub enum ShortResult {
    /// The sum.
    Sum,
    /// The mean.
    Mean,
    /// The variance or its root.
    Spread {
        /// Which of them.
        form: Form,
        /// Degrees of freedom.
        ddof: u64,
    },
}

/// Calls a function with the answer for each piece of a slice, or with `None`, if it takes another way.
pub(crate) fn answer_each<T: Element>(
    values: &[T],
    validity: Option<Mask<'_>>,
    pieces: impl Iterator<Item = Range<usize>>,
    short: Short,
    mut take: impl FnMut(Option<f64>),
) {
    match Level::current() {
        Level::Portable => pieces.for_each(|_| take(None)),
        level => dispatch::run(level, AnswerEach { values, validity, pieces, short, take }),
    }
}

/// The answer for one piece by an instruction set, or `None`, if it takes another way.
///
/// # Panics
/// If this processor does not have the instruction set.
pub fn answer_on<T: Element>(isa: Isa, values: &[T], short: Short) -> Option<f64> {
    let level = Level::on(isa);
    assert!(level.is_some(), "{isa:?} was not detected");
    let mut answer = None;
    let (pieces, take) = (std::iter::once(0..values.len()), |it| answer = it);
    dispatch::run(level?, AnswerEach { values, validity: None, pieces, short, take });
    answer
}

struct AnswerEach<'a, T, I, F> {
    values: &'a [T],
    validity: Option<Mask<'a>>,
    pieces: I,
    short: Short,
    take: F,
}

impl<T: Element, I: Iterator<Item = Range<usize>>, F: FnMut(Option<f64>)> Task
    for AnswerEach<'_, T, I, F>
{
    #[inline(always)]
    fn run<V: Vector>(mut self, detected: V::Detected) {
        let short = self.short;
        for piece in self.pieces {
            let values = &self.values[piece.clone()];
            let answer = match self.validity {
                None => of_dense::<T, V>(detected, values, short),
                Some(mask) => {
                    let mask = mask.slice(piece.start, piece.len());
                    of_masked::<T, V>(detected, values, mask, short)
                }
            };
            (self.take)(answer);
        }
    }
}

/// The answer for values that are all valid.
#[inline(always)]
fn of_dense<T: Element, V: Vector>(
    detected: V::Detected,
    values: &[T],
    short: Short,
) -> Option<f64> {
    if !(short.min_len..=MAX_LEN).contains(&values.len()) {
        return None;
    }
    let answer = T::short::<V>(detected, values, short);
    let skips_nans = short.skips_nulls && !short.nan_settles;
    if answer.is_some() || !skips_nans || values.len() > COMPACTED_MAX_LEN {
        return answer;
    }
    // A NaN may be all that is in the way.
    let mut numbers = [T::default(); COMPACTED_MAX_LEN];
    let mut count = 0;
    for &value in values {
        numbers[count] = value;
        count += usize::from(!value.is_nan());
    }
    let has_nans = count < values.len() && count >= short.min_len;
    if has_nans { T::short::<V>(detected, &numbers[..count], short) } else { None }
}

/// The answer for values of which some are null.
#[inline(always)]
fn of_masked<T: Element, V: Vector>(
    detected: V::Detected,
    values: &[T],
    mask: Mask<'_>,
    short: Short,
) -> Option<f64> {
    if values.len() > COMPACTED_MAX_LEN {
        return None;
    }
    let mut valid = [T::default(); COMPACTED_MAX_LEN];
    let count = compact_into(values, mask, &mut valid);
    let is_enough = count >= short.min_len;
    if is_enough { T::short::<V>(detected, &valid[..count], short) } else { None }
}

/// The answer for integers, given their sum, and the sum of their squares.
#[inline(always)]
pub(super) fn of_integers(
    len: usize,
    sum: i128,
    squares: impl FnOnce() -> Squares,
    short: Short,
) -> Option<f64> {
    let sum = DoubleDouble::of_integer(sum)?;
    match short.result {
        ShortResult::Mean if sum.is_zero() => Some(0.0),
        ShortResult::Mean => sum.mean(len),
        ShortResult::Sum => None, // an integer
        ShortResult::Spread { form, ddof } => {
            let Squares { low, high } = squares();
            sum.spread(DoubleDouble::of_natural(low, high)?, form, len, ddof)
        }
    }
}
