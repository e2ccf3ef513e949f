//! The answer for a short piece of floating-point numbers, by the sums that hold them.

use std::cell::Cell;
use std::ops::RangeInclusive;

use super::chains::{near_sum, sums, watched_sum, watched_sums};
use super::{Short, ShortResult};
use crate::exact::Form;
use crate::exact::double_double::DoubleDouble;
use crate::kernels::formats::{Ieee, magnitude, negative_zero, top_of};
use crate::kernels::slices::{SUM_STEPS, sum_steps};
use crate::kernels::vector::{Vector, Watch};

/// Maximum number of values where a spread is asked.
const SPREAD_MAX_LEN: usize = 1 << 11;
/// Minimum number of values for sums that are watched by a flag: reading it takes as long as 100 values or so.
const WATCHED_MIN_LEN: usize = 128;
/// The exponents of largest values, where a sum is asked, and where a spread is.
const SUM_TOPS: RangeInclusive<i32> = -800..=1000;
const SPREAD_TOPS: RangeInclusive<i32> = -400..=450;
/// Bits of room for the root of the sum of squares in a lane, of up to 2^7 values with AVX-512.
const SPREAD_ROOM: i32 = 4;

thread_local! {
    /// What the last piece on this thread tells the next.
    static HINT: Cell<Hint> = const { Cell::new(Hint { top: None, is_wide: false, spread_top: None }) };
}

/// What a piece tells the next one: it affects the time of an answer, never its bits.
#[derive(Clone, Copy)]
struct Hint {
    /// An exponent that values are likely to be below as powers of two.
    top: Option<i32>,
    /// The same where a spread is asked, with room for the sum of the squares in a lane.
    spread_top: Option<i32>,
    /// Whether two slices are likely not to hold the values.
    is_wide: bool,
}

/// The answer for floating-point numbers.
#[inline(always)]
pub(in crate::kernels) fn of_floats<T: Ieee, V: Vector>(
    detected: V::Detected,
    values: &[T],
    short: Short,
) -> Option<f64> {
    let is_spread = matches!(short.result, ShortResult::Spread { .. });
    if is_spread && values.len() > SPREAD_MAX_LEN {
        return None;
    }
    let answer = match short.result {
        ShortResult::Spread { form, ddof } => spread::<T, V>(detected, values, form, ddof),
        ShortResult::Sum => total::<T, V>(detected, values, 1),
        ShortResult::Mean => total::<T, V>(detected, values, values.len()),
    };
    let has_nan = || values.iter().fold(false, |any, value| any | value.is_nan());
    if answer.is_none() && short.nan_settles && has_nan() { Some(f64::NAN) } else { answer }
}

/// The sum divided by a count.
#[inline(always)]
fn total<T: Ieee, V: Vector>(detected: V::Detected, values: &[T], count: usize) -> Option<f64> {
    let sum = sum::<T, V>(detected, values)?;
    if sum.is_zero() {
        // Nearly always decided by the first value.
        let is_negative = values.iter().all(|value| value.bits() == negative_zero::<T>());
        return Some(if is_negative { -0.0 } else { 0.0 });
    }
    sum.mean(count)
}

/// The variance or its root.
#[inline(always)]
fn spread<T: Ieee, V: Vector>(
    detected: V::Detected,
    values: &[T],
    form: Form,
    ddof: u64,
) -> Option<f64> {
    let is_hinted = values.len() >= WATCHED_MIN_LEN;
    if is_hinted
        && let Some(top) = HINT.get().spread_top
        && let Some((sum, squares)) = watched_sums::<T, V>(detected, values, top)
        && let Some(answer) = sum.spread(squares, form, values.len(), ddof)
    {
        return Some(answer);
    }
    if is_constant(values) {
        return Some(0.0);
    }
    // Zeros of both signs have none.
    let Some(top) = top(values) else {
        return Some(0.0);
    };
    if !SPREAD_TOPS.contains(&top) {
        return None;
    }
    if is_hinted {
        let spread_top = Some(top + SPREAD_ROOM).filter(|top| SPREAD_TOPS.contains(top));
        HINT.set(Hint { spread_top, ..HINT.get() });
    }
    let (sum, squares) = sums::<T, V>(detected, values, top)?;
    sum.spread(squares, form, values.len(), ddof)
}

/// Whether all values are the same number.
#[inline(always)]
fn is_constant<T: Ieee>(values: &[T]) -> bool {
    let first = values[0].bits();
    let is_first = |value: &T| value.bits() == first;
    magnitude(values[0]) < T::INFINITY_BITS && values.iter().all(is_first)
}

/// An exponent that all values are below as powers of two; `None` if they are zeros. That of special values is out of
/// all ranges.
#[inline(always)]
pub(super) fn top<T: Ieee>(values: &[T]) -> Option<i32> {
    let mut largest = 0;
    for &value in values {
        largest = largest.max(magnitude(value));
    }
    (largest > 0).then(|| top_of::<T>(largest))
}

/// The sum.
#[inline(always)]
fn sum<T: Ieee, V: Vector>(detected: V::Detected, values: &[T]) -> Option<DoubleDouble> {
    let is_near = values.len() <= 2 * SUM_STEPS * V::LANES;
    let fits = (WATCHED_MIN_LEN..=sum_steps::<V>() * V::LANES).contains(&values.len());
    let is_watched = V::Watch::EXISTS && fits;
    if is_watched && let Some(sum) = hinted_sum::<T, V>(detected, values, is_near) {
        return Some(sum);
    }
    let top = match top(values) {
        None => return Some(DoubleDouble::ZERO),
        Some(top) if SUM_TOPS.contains(&top) => top,
        Some(_) => return None,
    };
    let is_wide = HINT.get().is_wide && is_near;
    let mut sum = None;
    if is_watched && !is_wide {
        sum = watched_sum::<T, V>(detected, values, top);
    }
    // No closures here: they are not compiled for the instruction set.
    if sum.is_none() && is_near {
        sum = Some(near_sum::<T, V>(detected, values, top));
    }
    if is_watched {
        let is_wide = !matches!(sum, Some(sum) if sum.is_exact());
        // One bit of room for the pieces that follow.
        HINT.set(Hint { top: Some(top + 1), is_wide, ..HINT.get() });
    }
    sum
}

/// The sum by the hint, if that is right.
#[inline(always)]
fn hinted_sum<T: Ieee, V: Vector>(
    detected: V::Detected,
    values: &[T],
    is_near: bool,
) -> Option<DoubleDouble> {
    match HINT.get() {
        Hint { top: Some(top), is_wide, .. } if !(is_wide && is_near) => {
            watched_sum::<T, V>(detected, values, top)
        }
        _ => None,
    }
}
