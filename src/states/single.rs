//! States that take one value at a time, for engines that hand over a state for every row.
//!
//! A database groups rows by itself: it keeps a piece of memory for each group and calls an aggregate
//! with, for each row, a value and the memory of its group. A kernel needs a slice of values, so it is of
//! no use where there are many groups. A [`Single`] adds a value in some thirty instructions to a *window*
//! of fixed width: the sum in 128 bits, the sum of squares in 256, in units of a power of two that suits the
//! first value. What does not fit (special values, exponents far from the others, sums that outgrow the
//! window) goes to an [`Accumulator`] on the heap. Where all rows of a block belong to one group, the kernels
//! are used after all, and add to that same accumulator.
//!
//! Both parts are exact, so their sum does not depend on which of them took a value.
//!
//! What a statistic does not need takes no memory: `S` is 1 if squares are summed, `E` is 1 if nulls are
//! counted and extremes kept. All fields are words of 64 bits, because databases align to no more than that.

use arrow_buffer::i256;

use crate::kernels::extremes::{Extreme, Extremes};
use crate::kernels::{Block, Element, Need, Sums};
use crate::states::accumulator::{Accumulator, Options};

/// The explicit bits of the significand of an `f64`.
const FRACTION_BITS: u32 = f64::MANTISSA_DIGITS - 1;
/// The largest distance between two exponents in a window; with it, a value takes at most
/// `53 + 63 = 116` bits, and its square 232.
const REACH: u64 = 63;
/// The exponents below that of the first value which a window includes, at least.
const BELOW: u16 = 16;
/// Windows begin at multiples of this, so that those of similar groups mostly agree and can be added limb by limb.
const STEP: u16 = 32;
/// The highest beginning of a window: it must not include the exponent of infinity, 2047.
const HIGHEST: u16 = 2046 - REACH as u16;
/// The window of no values; no exponent is within its reach.
const EMPTY: u16 = 0x8000;
/// The window of integers, whose unit is one.
const INTEGERS: u16 = 0x4000;

/// The exact state of a group that takes one value at a time.
#[derive(Clone, Debug)]
pub struct Single<const S: usize, const E: usize> {
    /// What does not fit the window.
    rest: Option<Box<Accumulator>>,
    /// The number of values in the window.
    valid: u64,
    /// The sum in units of the window: the limbs of an `i128`.
    first: [u64; 2],
    /// The sum of squares in units of the window squared: the limbs of two `u128`, the lower one first.
    second: [[u64; 4]; S],
    nulls: [u64; E],
    /// The least and the greatest rank of the values in the window.
    ranks: [[i64; 2]; E],
    /// The biased exponent of an `f64` at which the window begins, [`INTEGERS`], or [`EMPTY`].
    window: u16,
    /// Whether any value in the window is a number other than -0.0.
    has_other_than_negative_zero: bool,
    /// Whether the values in the window are floating-point numbers.
    is_float: bool,
    /// A word for the owner.
    pub tag: u32,
}

/// The sum and the sum of squares of a mean.
pub type SumOnly = Single<0, 0>;
/// The sum and the sum of squares of a standard deviation.
pub type WithSquares = Single<1, 0>;
/// Everything.
pub type Whole = Single<1, 1>;

impl<const S: usize, const E: usize> Default for Single<S, E> {
    fn default() -> Self {
        Self {
            rest: None,
            valid: 0,
            first: [0; 2],
            second: [[0; 4]; S],
            nulls: [0; E],
            ranks: [[i64::MAX, i64::MIN]; E],
            window: EMPTY,
            has_other_than_negative_zero: false,
            is_float: false,
            tag: 0,
        }
    }
}

/// A value that a [`Single`] takes.
pub trait Value: Copy {
    /// Adds the value to a state.
    fn add_to<const S: usize, const E: usize>(self, state: &mut Single<S, E>);
}

impl Value for f64 {
    #[inline(always)]
    fn add_to<const S: usize, const E: usize>(self, state: &mut Single<S, E>) {
        state.add_float(self);
    }
}

impl Value for f32 {
    /// The conversion is exact, and NaNs remain NaNs.
    #[inline(always)]
    fn add_to<const S: usize, const E: usize>(self, state: &mut Single<S, E>) {
        state.add_float(self.into());
    }
}

macro_rules! integers {
    ($($type:ty: $magnitude:expr;)*) => {$(
        impl Value for $type {
            #[inline(always)]
            fn add_to<const S: usize, const E: usize>(self, state: &mut Single<S, E>) {
                state.add_integer(self.into(), $magnitude(self));
            }
        }
    )*};
}

integers! {
    i8: |value: i8| value.unsigned_abs().into();
    i16: |value: i16| value.unsigned_abs().into();
    i32: |value: i32| value.unsigned_abs().into();
    i64: i64::unsigned_abs;
    u8: u64::from;
    u16: u64::from;
    u32: u64::from;
}

impl Value for u64 {
    #[inline(always)]
    fn add_to<const S: usize, const E: usize>(self, state: &mut Single<S, E>) {
        match i64::try_from(self) {
            Ok(value) => state.add_integer(value.into(), self),
            Err(_) => state.add_unusual(self),
        }
    }
}

impl Value for i128 {
    #[inline(always)]
    fn add_to<const S: usize, const E: usize>(self, state: &mut Single<S, E>) {
        match i64::try_from(self) {
            Ok(value) => state.add_integer(self, value.unsigned_abs()),
            Err(_) => state.add_unusual(self),
        }
    }
}

impl Value for u128 {
    /// # Panics
    /// If the state keeps extremes: those of larger integers than an `i128` are of another type than others.
    #[inline(always)]
    fn add_to<const S: usize, const E: usize>(self, state: &mut Single<S, E>) {
        assert!(E == 0, "a state of unsigned integers of 128 bits keeps no extremes");
        match i128::try_from(self) {
            Ok(value) => state.add(value),
            Err(_) => state.add_unusual(i256::from_parts(self, 0)),
        }
    }
}

impl<const S: usize, const E: usize> Single<S, E> {
    /// What this state gathers.
    pub const NEED: Need = match (S, E) {
        (0, 0) => Need::Sum,
        (_, 0) => Need::Squares,
        _ => Need::Everything,
    };

    /// Adds a value.
    #[inline(always)]
    pub fn add<T: Value>(&mut self, value: T) {
        value.add_to(self);
    }

    /// Adds a null.
    #[inline(always)]
    pub fn add_null(&mut self) {
        for nulls in &mut self.nulls {
            *nulls += 1;
        }
    }

    /// Adds the valid values among `rows` rows, by the kernels.
    pub fn add_block<T: Element>(&mut self, rows: usize, block: &Block<'_, T>) {
        self.rest_mut().update(rows, block, Self::NEED);
    }

    /// Adds rows whose values are only counted.
    pub fn add_counts(&mut self, valid: usize, nulls: usize) {
        self.rest_mut().update_counts(valid, nulls, Self::NEED);
    }

    /// Adds the state of other values of the same type.
    #[inline]
    pub fn merge(&mut self, other: &Self) {
        if let Some(rest) = &other.rest {
            self.rest_mut().merge(rest);
        }
        for (nulls, others) in self.nulls.iter_mut().zip(other.nulls) {
            *nulls += others;
        }
        if other.valid > 0 && !self.merge_window(other) {
            let window = other.window_to_accumulator();
            self.rest_mut().merge(&window);
        }
    }

    /// The same state as an accumulator.
    pub fn to_accumulator(&self) -> Accumulator {
        let mut whole = self.window_to_accumulator();
        if let [nulls] = self.nulls[..] {
            whole.update_counts(0, nulls as usize, Self::NEED);
        }
        if let Some(rest) = &self.rest {
            whole.merge(rest);
        }
        whole
    }

    /// The number of values, NaNs included.
    pub fn count(&self) -> u64 {
        let rest = self.rest.as_ref().map_or(0, |rest| rest.count(&Options::default()));
        self.valid + rest
    }

    #[inline(always)]
    fn add_float(&mut self, value: f64) {
        let bits = value.to_bits();
        let exponent = bits << 1 >> (FRACTION_BITS + 1);
        let shift = exponent.wrapping_sub(self.window.into());
        // No window begins at the exponent of zeros and subnormal numbers, 0.
        if shift > REACH || !self.add_finite(bits, shift as u32) {
            return self.add_unusual_float(value);
        }
        self.note(value.rank());
    }

    /// Adds a number in the window, given by its bits; nothing has changed if the sums do not fit.
    #[inline(always)]
    fn add_finite(&mut self, bits: u64, shift: u32) -> bool {
        let hidden = 1 << FRACTION_BITS;
        let significand = bits & (hidden - 1) | hidden;
        // In two limbs, whose products take fewer instructions than shifting a square of 106 bits.
        let (low, high) = (significand << shift, (significand >> 1) >> (REACH as u32 - shift));
        let sign = -i128::from(bits >> 63);
        let value = (signed([low, high]) ^ sign) - sign;
        let (low, high) = (u128::from(low), u128::from(high));
        let twice = (low * high) << 1; // below 2^117
        let (low, carry) = (low * low).overflowing_add(twice << 64);
        let high = high * high + (twice >> 64) + u128::from(carry);
        self.add_digits(value, low, high)
    }

    #[inline(always)]
    fn add_integer(&mut self, value: i128, magnitude: u64) {
        if self.window != INTEGERS {
            self.window = INTEGERS;
            self.has_other_than_negative_zero = true;
        }
        // Fewer than 2^63 values of 64 bits always fit.
        self.add_digits(value, u128::from(magnitude) * u128::from(magnitude), 0);
        self.note(value as i64);
    }

    /// Adds to the sums of the window, and counts a value; nothing has changed if they do not fit.
    #[inline(always)]
    fn add_digits(&mut self, value: i128, low: u128, high: u128) -> bool {
        let Some(first) = signed(self.first).checked_add(value) else { return false };
        if let [second] = &mut self.second[..] {
            let Some(sum) = plus(*second, [low, high]) else { return false };
            *second = sum;
        }
        self.first = limbs(first as u128);
        self.valid += 1;
        true
    }

    /// Notes the rank of a value in the window.
    #[inline(always)]
    fn note(&mut self, rank: i64) {
        for [least, greatest] in &mut self.ranks {
            *least = rank.min(*least);
            *greatest = rank.max(*greatest);
        }
    }

    #[cold]
    #[inline(never)]
    fn add_unusual_float(&mut self, value: f64) {
        let bits = value.to_bits();
        let exponent = (bits << 1 >> (FRACTION_BITS + 1)) as u16;
        self.is_float = true;
        if value == 0.0 {
            self.valid += 1;
            self.has_other_than_negative_zero |= bits == 0;
            return self.note(value.rank());
        }
        if !value.is_normal() {
            return self.add_unusual(value);
        }
        if self.window != EMPTY && u64::from(exponent.wrapping_sub(self.window)) <= REACH {
            self.flush(); // the window is full
        }
        if self.window != EMPTY {
            return self.add_unusual(value);
        }
        self.has_other_than_negative_zero = true;
        self.window = ((exponent - 1).saturating_sub(BELOW) / STEP * STEP + 1).min(HIGHEST);
        self.add_finite(bits, (exponent - self.window).into());
        self.note(value.rank());
    }

    /// Adds a value that does not fit the window.
    #[cold]
    #[inline(never)]
    fn add_unusual<T: Element>(&mut self, value: T) {
        self.rest_mut().update(1, &Block::Dense(&[value]), Self::NEED);
    }

    fn rest_mut(&mut self) -> &mut Accumulator {
        self.rest.get_or_insert_default()
    }

    /// Moves what the window holds to the rest.
    fn flush(&mut self) {
        let window = self.window_to_accumulator();
        self.rest_mut().merge(&window);
        *self = Self {
            rest: self.rest.take(),
            nulls: self.nulls,
            is_float: self.is_float,
            tag: self.tag,
            ..Self::default()
        };
    }

    /// Adds the window of another state to this one, if it fits; otherwise nothing has changed.
    #[inline]
    fn merge_window(&mut self, other: &Self) -> bool {
        // A window of nothing but zeros has no exponent of its own.
        let (ours, theirs) = match (self.window, other.window) {
            (ours, EMPTY) => (ours, ours),
            (EMPTY, theirs) => (theirs, theirs),
            both => both,
        };
        let window = ours.min(theirs);
        let (ours, theirs) = (u32::from(ours - window), u32::from(theirs - window));
        let sums = shifted(signed(self.first), ours).zip(shifted(signed(other.first), theirs));
        let Some(first) = sums.and_then(|(a, b)| a.checked_add(b)) else { return false };
        let mut second = self.second;
        for (sum, addend) in second.iter_mut().zip(other.second) {
            let sums = doubly_shifted(*sum, ours).zip(doubly_shifted(addend, theirs));
            let Some(joined) = sums.and_then(|(a, b)| plus(limbs_of(a), b)) else { return false };
            *sum = joined;
        }
        for ([least, greatest], [lower, higher]) in self.ranks.iter_mut().zip(other.ranks) {
            *least = lower.min(*least);
            *greatest = higher.max(*greatest);
        }
        (self.first, self.second, self.window) = (limbs(first as u128), second, window);
        self.valid += other.valid;
        self.has_other_than_negative_zero |= other.has_other_than_negative_zero;
        self.is_float |= other.is_float;
        true
    }

    fn window_to_accumulator(&self) -> Accumulator {
        let mut sums = Sums {
            has_other_than_negative_zero: self.has_other_than_negative_zero,
            ..Sums::default()
        };
        let exponent = self.exponent();
        sums.first.add(signed(self.first), exponent);
        if let [[a, b, c, d]] = self.second[..]
            && [a, b, c, d] != [0; 4]
        {
            sums.second.add_digits(&[a, b, c, d, 0], 2 * exponent); // never negative
        }
        let extreme = |rank: i64| match self.is_float {
            true => Extreme::Float(f64::from_rank(rank)),
            false => Extreme::Integer(rank.into()),
        };
        let extremes = match self.ranks[..] {
            [[least, greatest]] if self.valid > 0 => {
                Some(Extremes { min: extreme(least), max: extreme(greatest) })
            }
            _ => None,
        };
        Accumulator::from_parts(self.valid, 0, sums, extremes).only(Self::NEED)
    }

    /// The exponent of the unit of the window.
    fn exponent(&self) -> i32 {
        match self.window {
            EMPTY | INTEGERS => 0,
            biased => i32::from(biased) + f64::MIN_EXP - 1 - f64::MANTISSA_DIGITS as i32,
        }
    }
}

#[inline(always)]
fn signed([low, high]: [u64; 2]) -> i128 {
    (u128::from(low) | u128::from(high) << 64) as i128
}

#[inline(always)]
fn limbs(number: u128) -> [u64; 2] {
    [number as u64, (number >> 64) as u64]
}

#[inline(always)]
fn limbs_of([low, high]: [u128; 2]) -> [u64; 4] {
    let ([a, b], [c, d]) = (limbs(low), limbs(high));
    [a, b, c, d]
}

#[inline(always)]
fn halves([a, b, c, d]: [u64; 4]) -> [u128; 2] {
    [signed([a, b]) as u128, signed([c, d]) as u128]
}

/// The sum of two numbers of 256 bits, if it fits.
#[inline(always)]
fn plus(sum: [u64; 4], [low, high]: [u128; 2]) -> Option<[u64; 4]> {
    let [a, b] = halves(sum);
    let (low, carry) = a.overflowing_add(low);
    // A high half is below 2^104, so the carry cannot overflow by itself.
    let (high, overflow) = b.overflowing_add(high + u128::from(carry));
    (!overflow).then(|| limbs_of([low, high]))
}

/// `value * 2^shift`, if it fits.
#[inline]
fn shifted(value: i128, shift: u32) -> Option<i128> {
    if shift == 0 {
        return Some(value);
    }
    let shifted = value.checked_shl(shift)?;
    (shifted >> shift == value).then_some(shifted)
}

/// `number * 2^(2 * shift)`, if it fits.
#[inline]
fn doubly_shifted(number: [u64; 4], shift: u32) -> Option<[u128; 2]> {
    let [low, high] = halves(number);
    match 2 * shift {
        0 => Some([low, high]),
        by @ 1..128 if high >> (128 - by) == 0 => Some([low << by, high << by | low >> (128 - by)]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn expected<T: Element>(values: &[T], need: Need) -> Accumulator {
        let mut accumulator = Accumulator::new();
        accumulator.update(values.len(), &Block::Dense(values), need);
        accumulator
    }

    fn gathered<const S: usize, const E: usize, T: Value>(values: &[T]) -> Single<S, E> {
        let mut state = Single::default();
        values.iter().for_each(|&value| state.add(value));
        state
    }

    /// Checks all widths of a state, in one piece and merged out of two, against the kernels.
    fn check<T: Value + Element>(values: &[T], cut: usize) {
        check_width::<0, 0, T>(values, cut);
        check_width::<1, 0, T>(values, cut);
        check_width::<1, 1, T>(values, cut);
    }

    fn check_width<const S: usize, const E: usize, T: Value + Element>(values: &[T], cut: usize) {
        let expected = expected(values, Single::<S, E>::NEED);
        let state = gathered::<S, E, T>(values);
        assert_eq!(state.to_accumulator(), expected);
        assert_eq!(state.count(), values.len() as u64);
        let (one, other) = values.split_at(cut.min(values.len()));
        let mut merged = gathered::<S, E, T>(one);
        merged.merge(&gathered(other));
        assert_eq!(merged.to_accumulator(), expected);
        let mut by_kernel = gathered::<S, E, T>(one);
        by_kernel.add_block(other.len(), &Block::Dense(other));
        assert_eq!(by_kernel.to_accumulator(), expected);
    }

    #[test]
    fn states_are_small_and_aligned_to_words() {
        let sizes = [size_of::<SumOnly>(), size_of::<WithSquares>(), size_of::<Whole>()];
        assert_eq!(sizes, [40, 72, 96]);
        assert_eq!(align_of::<Whole>(), 8);
    }

    #[test]
    fn usual_values_need_no_heap() {
        let values = (1..1000).map(|i| 1e3 / f64::from(i) - 7.5).collect::<Vec<_>>();
        assert!(gathered::<1, 1, _>(&values).rest.is_none());
        assert!(gathered::<1, 1, _>(&[1u64, 1 << 62]).rest.is_none());
        assert!(gathered::<1, 1, _>(&[0.0, -0.0]).rest.is_none());
    }

    #[test]
    fn windows_that_are_full_are_emptied() {
        let mut values = vec![1.0; 3];
        values.extend([1.5 * 2f64.powi(46); 3000]);
        values.extend([-1.5 * 2f64.powi(46); 2000]);
        check(&values, 10);
        check(&[[1e300; 5000], [-1e300; 5000]].concat(), 1000);
        check(&[i64::MIN; 5000], 1000);
    }

    #[test]
    fn zeros_and_special_values() {
        let special = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0, 5e-324, f64::MAX];
        for &a in &special {
            check(&[a], 0);
            check(&[-0.0, a], 1);
            for &b in &special {
                check(&[a, b, 1.0], 1);
                check(&[1.0, a, b], 2);
            }
        }
    }

    #[test]
    fn nulls_are_counted() {
        let mut state = gathered::<1, 1, _>(&[1.0]);
        state.add_null();
        state.add_counts(0, 2);
        assert_eq!((state.to_accumulator().nulls(), state.count()), (3, 1));
    }

    proptest! {
        #[test]
        fn floats_are_added_as_the_kernels_do(
            values in prop::collection::vec((any::<f64>(), -60i32..60, any::<bool>()), 0..80),
            cut in 0usize..80,
        ) {
            let tame = |(value, exponent, is_tame): (f64, i32, bool)| match is_tame {
                true => (value % 1.0) * 2f64.powi(exponent),
                false => value,
            };
            let values = values.into_iter().map(tame).collect::<Vec<_>>();
            check(&values, cut);
            check(&values.iter().map(|&value| value as f32).collect::<Vec<_>>(), cut);
        }

        #[test]
        fn integers_are_added_as_the_kernels_do(
            values in prop::collection::vec((any::<i128>(), 0u32..128), 0..60),
            cut in 0usize..60,
        ) {
            let values = values.into_iter().map(|(value, by)| value >> by).collect::<Vec<_>>();
            check(&values, cut);
            check(&values.iter().map(|&value| value as i64).collect::<Vec<_>>(), cut);
            check(&values.iter().map(|&value| value as u64).collect::<Vec<_>>(), cut);
            check(&values.iter().map(|&value| value as i8).collect::<Vec<_>>(), cut);
            check(&values.iter().map(|&value| value as u32).collect::<Vec<_>>(), cut);
        }
    }
}
