//! The answer for a short piece of floating-point numbers, by the sums that hold them.

use std::cell::Cell;
use std::ops::RangeInclusive;

use super::chains::{near_sum, sums, watched_sum, watched_sums};
use super::copies::Copied;
use super::{Short, ShortResult};
use crate::exact::Form;
use crate::exact::double_double::DoubleDouble;
use crate::kernels::formats::{Ieee, magnitude, negative_zero, top_of};
use crate::kernels::slices::{SUM_STEPS, power_of_two, sum_steps};
use crate::kernels::vector::{Attempt, Vector, Watch};

/// Maximum number of values where a spread is asked.
const SPREAD_MAX_LEN: usize = 1 << 11;
/// Minimum number of values for sums that are watched by a flag: reading it takes as long as 100 values or so.
const WATCHED_MIN_LEN: usize = 128;
/// The exponents of largest values, where a sum is asked, and where a spread is.
const SUM_TOPS: RangeInclusive<i32> = -800..=1000;
const SPREAD_TOPS: RangeInclusive<i32> = -400..=450;
/// The largest magnitude of a power of two that values are multiplied by.
const MAX_POWER: i32 = 1000;
/// Bits of room for the root of the sum of squares in a lane, of up to 2^7 values with AVX-512.
const SPREAD_ROOM: i32 = 4;

thread_local! {
    /// What the last piece on this thread tells the next.
    static HINT: Cell<Hint> = const { Cell::new(NO_HINT) };
}

const NO_HINT: Hint = Hint { top: None, is_wide: false, spread_top: None, is_offset: false };

/// What a piece tells the next one: it affects the time of an answer, never its bits.
#[derive(Clone, Copy)]
struct Hint {
    /// An exponent that values are likely to be below as powers of two.
    top: Option<i32>,
    /// The same where a spread is asked, with room for the sum of the squares in a lane.
    spread_top: Option<i32>,
    /// Whether two slices are likely not to hold the values.
    is_wide: bool,
    /// Whether the squares are likely to cancel.
    is_offset: bool,
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
    if answer.is_some() {
        return answer;
    }
    let largest = largest(values);
    if largest >= T::INFINITY_BITS {
        return of_specials(values, short);
    }
    let top = top_of::<T>(largest);
    let tops = if is_spread { SPREAD_TOPS } else { SUM_TOPS };
    if !T::IS_DOUBLE || largest == 0 || tops.contains(&top) {
        return None;
    }
    let mut remote = Remote { values, result: short.result, top, answer: None };
    V::attempt(detected, &mut remote);
    remote.answer
}

/// The answer for values of which some are infinite or NaNs.
#[inline(always)]
fn of_specials<T: Ieee>(values: &[T], short: Short) -> Option<f64> {
    let (mut has_nan, mut positive, mut negative) = (false, false, false);
    for &value in values {
        let is_infinite = magnitude(value) == T::INFINITY_BITS;
        let is_positive = value.bits() == T::INFINITY_BITS;
        has_nan |= magnitude(value) > T::INFINITY_BITS;
        positive |= is_positive;
        negative |= is_infinite & !is_positive;
    }
    if has_nan && !short.nan_settles {
        return None;
    }
    let is_spread = matches!(short.result, ShortResult::Spread { .. });
    Some(match (positive, negative) {
        _ if has_nan || is_spread => f64::NAN,
        (true, false) => f64::INFINITY,
        (false, true) => f64::NEG_INFINITY,
        _ => f64::NAN,
    })
}

/// The answer for doubles that are too large or too small for the others, from values near one.
struct Remote<'a, T> {
    values: &'a [T],
    result: ShortResult,
    /// The values are below two to this power.
    top: i32,
    answer: Option<f64>,
}

impl<T: Ieee, V: Vector> Attempt<V> for &mut Remote<'_, T> {
    #[inline(always)]
    fn run(self, detected: V::Detected) -> bool {
        let Remote { values, result, top, .. } = *self;
        // A power of two that is a normal double, and whose inverse is one.
        let power = top.clamp(-MAX_POWER, MAX_POWER);
        let (count, top) = (values.len(), top - power);
        let (copy, is_exact) = Copied::scaled::<T, V>(detected, values, -power);
        let answer = match result {
            ShortResult::Spread { form, ddof } => {
                match sums::<f64, V>(detected, copy.values(), top) {
                    Some((sum, squares)) => sum.spread(squares, form, count, ddof),
                    None => None,
                }
            }
            _ if count > near_max_len::<V>() => return false,
            result => {
                let count = if matches!(result, ShortResult::Mean) { count } else { 1 };
                let sum = near_sum::<f64, V>(detected, copy.values(), top);
                // Without remainders it would pass for exact, although values may have been rounded to zero.
                let sum = if is_exact { sum } else { sum.inexact() };
                sum.mean(count)
            }
        };
        let Some(mut answer) = answer else {
            return false;
        };
        answer *= power_of_two(power);
        if matches!(result, ShortResult::Spread { form: Form::Quotient, .. }) {
            answer *= power_of_two(power);
        }
        // A subnormal answer would be rounded twice.
        if answer.is_normal() {
            self.answer = Some(answer);
        }
        answer.is_normal()
    }
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
    if HINT.get().is_offset
        && let Some(answer) = offset_spread::<T, V>(detected, values, form, ddof)
    {
        return Some(answer);
    }
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
    if let Some((sum, squares)) = sums::<T, V>(detected, values, top)
        && let Some(answer) = sum.spread(squares, form, values.len(), ddof)
    {
        return Some(answer);
    }
    offset_spread::<T, V>(detected, values, form, ddof)
}

/// The same where the squares nearly cancel.
#[inline(always)]
fn offset_spread<T: Ieee, V: Vector>(
    detected: V::Detected,
    values: &[T],
    form: Form,
    ddof: u64,
) -> Option<f64> {
    let mut offset = Offset { values, form, ddof, answer: None };
    let is_offset = V::attempt(detected, &mut offset);
    HINT.set(Hint { is_offset, ..HINT.get() });
    offset.answer
}

/// The spread of values whose squares nearly cancel: that of the differences from the first one.
struct Offset<'a, T> {
    values: &'a [T],
    form: Form,
    ddof: u64,
    answer: Option<f64>,
}

impl<T: Ieee, V: Vector> Attempt<V> for &mut Offset<'_, T> {
    #[inline(always)]
    fn run(self, detected: V::Detected) -> bool {
        if let Some(copy) = Copied::moved::<T, V>(detected, self.values)
            && let Some(top) = top(copy.values())
            && SPREAD_TOPS.contains(&top)
            && let Some((sum, squares)) = sums::<f64, V>(detected, copy.values(), top)
        {
            self.answer = sum.spread(squares, self.form, self.values.len(), self.ddof);
        }
        self.answer.is_some()
    }
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
    let largest = largest(values);
    (largest > 0).then(|| top_of::<T>(largest))
}

/// The largest magnitude.
#[inline(always)]
fn largest<T: Ieee>(values: &[T]) -> u64 {
    let mut largest = 0;
    for &value in values {
        largest = largest.max(magnitude(value));
    }
    largest
}

/// The sum.
#[inline(always)]
fn sum<T: Ieee, V: Vector>(detected: V::Detected, values: &[T]) -> Option<DoubleDouble> {
    let is_near = values.len() <= near_max_len::<V>();
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

/// Maximum number of values for [`near_sum`].
#[inline(always)]
const fn near_max_len<V: Vector>() -> usize {
    2 * SUM_STEPS * V::LANES
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
