//! Sums of floating-point numbers by integer arithmetic, a block at a time.
//!
//! Take a block whose powers lie within 63 of the lowest one, `base`. In units of
//! `2^(LOWEST + base)` each value is an integer below `2^(53 + 63) = 2^116`, and its square is below `2^232`.
//! A block has at most `2^10` values, so their sum fits an `i128`, and the sum of their squares fits
//! 256 bits: the whole block is summed without a carry into the wide integers, which are touched once.
//!
//! Blocks with powers further apart are rare. Short ones are added value by value; long ones go to
//! the [`buckets`](super::buckets).

use super::block::BLOCK;
use super::buckets::Buckets;
use super::element::Need;
use super::formats::{Ieee, Parts, magnitude, negative_zero, parts, power_of, take_finite};
use super::sums::Sums;

/// The largest distance between two powers of a block that is added at once; also a mask of shifts.
const WINDOW: u64 = 63;
/// Minimum length, in values, for the buckets: shorter blocks are added value by value, because filling and
/// emptying the 2,047 buckets of doubles would cost more.
const BUCKETS_MIN_LEN: usize = 129;

/// What one pass over a block finds out.
pub(crate) struct Scan {
    /// The smallest nonzero magnitude minus one; `u64::MAX` if all are zero.
    pub smallest_less_one: u64,
    /// The largest magnitude.
    pub largest: u64,
    /// Whether any value is not -0.0.
    pub has_other_than_negative_zero: bool,
}

/// Scans a block; inlined, so that it is compiled for the instruction set of its caller.
#[inline(always)]
pub(crate) fn scan<T: Ieee>(block: &[T]) -> Scan {
    let (mut smallest_less_one, mut largest, mut others) = (u64::MAX, 0, 0);
    for &value in block {
        let magnitude = magnitude(value);
        smallest_less_one = smallest_less_one.min(magnitude.wrapping_sub(1));
        largest = largest.max(magnitude);
        others |= value.bits() ^ negative_zero::<T>();
    }
    Scan { smallest_less_one, largest, has_other_than_negative_zero: others != 0 }
}

/// The kernel of floating-point numbers by integer arithmetic.
pub(crate) struct Window<T: Ieee> {
    need: Need,
    buckets: Option<Buckets<T>>,
}

impl<T: Ieee> Window<T> {
    /// An empty one, which computes the sum of squares only if it is needed.
    pub(crate) fn new(need: Need) -> Self {
        Self { need, buckets: None }
    }

    /// Adds any number of values.
    pub(crate) fn update(&mut self, values: &[T], sums: &mut Sums) {
        for block in values.chunks(BLOCK) {
            self.add_block(block, sums);
        }
    }

    /// Adds what the buckets still hold.
    pub(crate) fn finish(self, sums: &mut Sums) {
        if let Some(buckets) = self.buckets {
            buckets.finish(sums);
        }
    }

    fn add_block(&mut self, block: &[T], sums: &mut Sums) {
        let scan = scan(block);
        if scan.largest >= T::INFINITY_BITS {
            return self.add_without_specials(block, sums);
        }
        sums.has_other_than_negative_zero |= scan.has_other_than_negative_zero;
        if scan.largest == 0 {
            return; // zeros add nothing
        }
        let base = power_of::<T>(scan.smallest_less_one + 1);
        if power_of::<T>(scan.largest) - base > WINDOW {
            self.add_scattered(block, sums);
        } else if self.need.has_squares() {
            add_window::<T, true>(block, base, sums);
        } else {
            add_window::<T, false>(block, base, sums);
        }
    }

    #[cold]
    fn add_without_specials(&mut self, block: &[T], sums: &mut Sums) {
        let mut finite = [T::default(); BLOCK];
        let length = take_finite(block, &mut finite, sums);
        self.add_block(&finite[..length], sums);
    }

    /// Adds a block whose powers are too far apart for a window.
    #[cold]
    fn add_scattered(&mut self, block: &[T], sums: &mut Sums) {
        if block.len() >= BUCKETS_MIN_LEN {
            let buckets = self.buckets.get_or_insert_with(|| Buckets::new(self.need));
            return buckets.update(block, sums);
        }
        for &value in block {
            let Parts { negative, significand, power } = parts(value);
            let (signed, exponent) =
                (signed(negative, significand.into()), T::LOWEST + power as i32);
            sums.first.add(signed, exponent);
            if self.need.has_squares() {
                sums.second.add(signed * signed, 2 * exponent);
            }
        }
    }
}

#[inline]
fn signed(negative: bool, magnitude: u128) -> i128 {
    let sign = -i128::from(negative);
    (magnitude as i128 ^ sign) - sign
}

/// Adds a block whose powers lie in `base..=base + WINDOW`; those of zeros may be anything.
fn add_window<T: Ieee, const SQUARES: bool>(block: &[T], base: u64, sums: &mut Sums) {
    let mut sum = 0i128;
    let (mut low, mut high) = (0u128, 0u128);
    for &value in block {
        let Parts { negative, significand, power } = parts(value);
        let shift = power.wrapping_sub(base) as u32 & WINDOW as u32; // arbitrary for a zero
        sum += signed(negative, u128::from(significand) << shift);
        if SQUARES {
            let square = u128::from(significand) * u128::from(significand);
            let (added, carry) = low.overflowing_add(square << (2 * shift));
            low = added;
            high += ((square >> 1) >> (127 - 2 * shift)) + u128::from(carry);
        }
    }
    let exponent = T::LOWEST + base as i32;
    sums.first.add(sum, exponent);
    if SQUARES {
        let digits = [low as u64, (low >> 64) as u64, high as u64, (high >> 64) as u64];
        sums.second.add_digits(&digits, 2 * exponent);
    }
}
