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

mod packed;
mod quick;
#[cfg(test)]
mod tests;
mod values;
mod wide;

use crate::kernels::extremes::{Extreme, Extremes};
use crate::kernels::{Block, Element, Need, Sums};
use crate::states::accumulator::{Accumulator, Options};
use wide::{doubly_shifted, limbs, limbs_of, plus, shifted, signed};

pub use values::Value;

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
        if !value.offer_to(self) {
            value.force_into(self);
        }
    }

    /// Adds a value to the window; whether it fits. If not, nothing has changed.
    #[inline(always)]
    pub fn offer<T: Value>(&mut self, value: T) -> bool {
        value.offer_to(self)
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
        self.add_by(|rest, need| rest.update(rows, block, need));
    }

    /// Adds values by a function that adds them to an accumulator, gathering what is needed.
    pub fn add_by(&mut self, add: impl FnOnce(&mut Accumulator, Need)) {
        add(self.rest_mut(), Self::NEED);
    }

    /// Adds rows whose values are only counted.
    pub fn add_counts(&mut self, valid: u64, nulls: u64) {
        match &mut self.nulls[..] {
            [ours] => {
                *ours += nulls;
                self.valid += valid;
            }
            _ => self.rest_mut().update_counts(valid as usize, nulls as usize, Self::NEED),
        }
    }

    /// Whether nothing is on the heap.
    pub fn is_flat(&self) -> bool {
        self.rest.is_none()
    }

    /// Reads a word of each cache line of the state, to bring them into the cache.
    #[inline(always)]
    pub fn touch(&self) -> u64 {
        let second = self.second.iter().fold(0, |all, limbs| all ^ limbs[0] ^ limbs[3]);
        let ranks = self.ranks.iter().fold(0, |all, [least, _]| all ^ *least as u64);
        self.valid ^ self.first[0] ^ second ^ ranks ^ u64::from(self.window)
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

    /// The number of rows, as far as nulls are counted.
    pub fn rows(&self) -> u64 {
        let rest = self.rest.as_ref().map_or(0, |rest| rest.nulls());
        self.count() + self.nulls.iter().sum::<u64>() + rest
    }

    /// The number of values, NaNs included.
    pub fn count(&self) -> u64 {
        let rest = self.rest.as_ref().map_or(0, |rest| rest.count(&Options::default()));
        self.valid + rest
    }

    #[inline(always)]
    fn offer_float(&mut self, value: f64) -> bool {
        let bits = value.to_bits();
        let exponent = bits << 1 >> (FRACTION_BITS + 1);
        let shift = exponent.wrapping_sub(self.window.into());
        // No window begins at the exponent of zeros and subnormal numbers, 0.
        if shift > REACH || !self.add_finite(bits, shift as u32) {
            return self.offer_unusual_float(value);
        }
        self.note(value.rank());
        true
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
    fn offer_unusual_float(&mut self, value: f64) -> bool {
        let bits = value.to_bits();
        let exponent = (bits << 1 >> (FRACTION_BITS + 1)) as u16;
        if value == 0.0 {
            self.is_float = true;
            self.valid += 1;
            self.has_other_than_negative_zero |= bits == 0;
            self.note(value.rank());
            return true;
        }
        if !value.is_normal() {
            return false;
        }
        if self.window != EMPTY && u64::from(exponent.wrapping_sub(self.window)) <= REACH {
            self.flush(); // the window is full
        }
        if self.window != EMPTY {
            return false;
        }
        self.is_float = true;
        self.has_other_than_negative_zero = true;
        self.window = ((exponent - 1).saturating_sub(BELOW) / STEP * STEP + 1).min(HIGHEST);
        self.add_finite(bits, (exponent - self.window).into());
        self.note(value.rank());
        true
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
            // Values that are only counted have no rank.
            [[least, greatest]] if least <= greatest => {
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
