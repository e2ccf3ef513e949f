//! Sums of many groups at once: each value of a block is added to the sums of the group it belongs to.
//!
//! The kernels of [`slices`](super::slices) keep the sums of one group in registers. Here a value and the next
//! belong to different groups, whose sums are in memory. What can still be done by vectors is to cut the values: all
//! groups share the grids, so that eight values are cut at once, and what is left for each value is a single addition
//! of a vector of integers to the [sums](Slots) of its group.
//!
//! # Sums
//!
//! Values below `2^top` are cut into two slices on the grids `g1 = top - 41` and `g2 = g1 - 42`. The sum `t` of a value
//! and the middle of the binade whose doubles are `2^g` apart is a fixed-point number: its bits are those of the middle
//! plus the slice in units of `2^g`. So these bits are added as integers, which wrap, and the bits of the middle
//! are subtracted as often as there are values in the end. A slice has a magnitude of at most `2^41`, hence
//! [`MAX_VALUES`] of them fit 64 bits.
//!
//! A value fits if its second remainder is zero: if it is at least `2^(top - 31)`, or its lowest bits are zeros.
//!
//! # Sums of squares
//!
//! `p`, the square rounded, and `e`, its error, are doubles whose sum is the square: `p = RN(x*x)`, and
//! `e = x*x - p` is a fused multiply-add. Both are cut on the grids `2*top - 40 - 42*i`, `p` into four slices and `e`,
//! which is below the second of them, into three. The last grid is that of the square of `2^g2`, so nothing is left of a
//! value that fits. Slices of `p` and of `e` on one grid are added, which takes one bit more.
//!
//! # What does not fit
//!
//! Values that are too large or too fine, NaNs, infinities and -0.0, whose sum has a sign of its own, are left to the
//! caller, like nulls.

#[cfg(test)]
mod tests;

use std::ops::RangeInclusive;

use super::dispatch::{self, Isa, Level, Task};
use super::slices::{middle, power_of_two};
use super::vector::{MAX_LANES, Vector};

pub use super::vector::{Line, Pair};

/// Maximum number of values that the sums of one group can take.
pub const MAX_VALUES: u64 = 1 << 20;
/// The values of `top` for which no grid is below `2^-1074`, and no square overflows.
const TOPS: RangeInclusive<i32> = -400..=500;
/// How far values may exceed the largest of a sample, in powers of two.
const HEADROOM: i32 = 2;
/// How far most values may exceed their median, if some are out of reach.
const ABOVE_MEDIAN: i32 = 10;
/// Bits of a slice.
const BITS: i32 = 42;

/// The exponent of the grid of a slice of a value.
const fn grid(top: i32, slice: i32) -> i32 {
    top - 41 - BITS * slice
}

/// The exponent of the grid of a slice of a square.
const fn square_grid(top: i32, slice: i32) -> i32 {
    2 * top - 40 - BITS * slice
}

/// The sums of a group: the bits of the slices of all its values, added as integers that wrap.
pub trait Slots: Copy + Default + Send + Sync {
    /// The bits that each value adds to each word besides its slices.
    fn middles(top: i32) -> [u64; 8];
    /// The words.
    fn words(&self) -> &[u64];
    /// Adds the words of a value.
    fn add(&mut self, value: &Self);
    /// Cuts values into the words of each.
    fn cut<V: Vector>(x: V, slices: [V; 2], grids: &Grids<V>, rows: &mut [Self; MAX_LANES]);
}

/// Adds word by word.
#[inline(always)]
fn add_words<const N: usize>(sums: &mut [u64; N], words: [u64; N]) {
    for (sum, word) in sums.iter_mut().zip(words) {
        *sum = sum.wrapping_add(word);
    }
}

/// The two slices of a sum.
impl Slots for Pair {
    fn middles(top: i32) -> [u64; 8] {
        let [first, second] = [0, 1].map(|slice| middle(grid(top, slice)).to_bits());
        [first, second, 0, 0, 0, 0, 0, 0]
    }

    fn words(&self) -> &[u64] {
        &self.0
    }

    #[inline(always)]
    fn add(&mut self, value: &Self) {
        add_words(&mut self.0, value.0);
    }

    #[inline(always)]
    fn cut<V: Vector>(_: V, slices: [V; 2], _: &Grids<V>, rows: &mut [Self; MAX_LANES]) {
        V::store_pairs(slices, rows);
    }
}

/// The two slices of a sum, and the four of a sum of squares. Two words are not used.
impl Slots for Line {
    fn middles(top: i32) -> [u64; 8] {
        let [first, second, ..] = Pair::middles(top);
        let [a, b, c, d] = [0, 1, 2, 3].map(|slice| middle(square_grid(top, slice)).to_bits());
        let twice = |bits: u64| bits.wrapping_mul(2);
        [first, second, a, twice(b), twice(c), twice(d), 0, 0]
    }

    fn words(&self) -> &[u64] {
        &self.0
    }

    #[inline(always)]
    fn add(&mut self, value: &Self) {
        add_words(&mut self.0, value.0);
    }

    #[inline(always)]
    fn cut<V: Vector>(x: V, slices: [V; 2], grids: &Grids<V>, rows: &mut [Self; MAX_LANES]) {
        let Grids { zero, ones, squares: [a, b, c, d], .. } = *grids;
        let [first, second] = slices;
        let p = x.multiply_add(x, zero);
        let e = x.multiply_add(x, zero.subtract(p));
        let (p1, rest) = slice(p, a, ones);
        let (p2, rest) = slice(rest, b, ones);
        let (p3, rest) = slice(rest, c, ones);
        let p4 = rest.add(d);
        let (e2, rest) = slice(e, b, ones);
        let (e3, rest) = slice(rest, c, ones);
        let e4 = rest.add(d);
        let (q2, q3, q4) = (p2.add_bits(e2), p3.add_bits(e3), p4.add_bits(e4));
        V::store_lines([first, second, p1, q2, q3, q4, zero, zero], rows);
    }
}

/// The slice on a grid, as the sum with its middle, and what is left of the value.
#[inline(always)]
fn slice<V: Vector>(x: V, middle: V, ones: V) -> (V, V) {
    let sum = x.add(middle);
    (sum, x.difference(sum.difference(middle, ones), ones))
}

/// The middles of all grids.
pub struct Grids<V> {
    zero: V,
    ones: V,
    limit: V,
    values: [V; 2],
    squares: [V; 4],
}

impl<V: Vector> Grids<V> {
    #[inline(always)]
    fn new(detected: V::Detected, top: i32) -> Self {
        let splat = |value| V::splat(detected, value);
        Self {
            zero: splat(0.0),
            ones: V::ones(detected),
            limit: splat(power_of_two(top)),
            values: [splat(middle(grid(top, 0))), splat(middle(grid(top, 1)))],
            squares: [
                splat(middle(square_grid(top, 0))),
                splat(middle(square_grid(top, 1))),
                splat(middle(square_grid(top, 2))),
                splat(middle(square_grid(top, 3))),
            ],
        }
    }

    /// The slices of values, and which of these fit.
    #[inline(always)]
    fn slices(&self, x: V) -> ([V; 2], u32) {
        let [first, second] = self.values;
        let (first, rest) = slice(x, first, self.ones);
        let sum = rest.add(second);
        let rounded = sum.difference(second, self.ones);
        ([first, sum], x.fitting(self.limit, rest, rounded))
    }
}

/// The `top` that suits most values like these, if there is one: a power of two above all of them, or well above their
/// median, if a few are far from the others.
pub fn top_for(values: impl Iterator<Item = f64>) -> Option<i32> {
    if Level::current().isa() == Isa::Portable {
        return None;
    }
    let mut spans = values.filter_map(span).collect::<Vec<_>>();
    let largest = spans.iter().map(|span| span.1).max()?;
    let middle = spans.len() / 2;
    let median = spans.select_nth_unstable_by_key(middle, |span| span.1).1.1;
    let suits = |top: i32| {
        let fits = |&&(low, high): &&(i32, i32)| low >= grid(top, 1) && high <= top;
        4 * spans.iter().filter(fits).count() >= 3 * spans.len()
    };
    let tops = [largest + HEADROOM, median + ABOVE_MEDIAN];
    tops.into_iter().find(|&top| TOPS.contains(&top) && suits(top))
}

/// The exponents of the lowest bit of a value, and of the power of two above it; none for zeros and what is not finite.
fn span(value: f64) -> Option<(i32, i32)> {
    if !value.is_normal() {
        return None;
    }
    let bits = value.to_bits();
    let exponent = (bits << 1 >> f64::MANTISSA_DIGITS) as i32 - 1022;
    let zeros = (bits | 1 << (f64::MANTISSA_DIGITS - 1)).trailing_zeros();
    Some((exponent - f64::MANTISSA_DIGITS as i32 + zeros as i32, exponent))
}

/// Values with the group of each, and which of them are valid: a bit for each, the lowest first.
#[derive(Clone, Copy)]
pub struct Values<'a> {
    /// The values.
    pub values: &'a [f64],
    /// As many groups.
    pub groups: &'a [u32],
    /// As many bits, if any value is not valid.
    pub validity: Option<&'a [u8]>,
}

/// Adds values to the sums of their groups, on the grids below `2^top`. The positions of those that are null or do
/// not fit are appended to `others`.
pub fn add<W: Slots>(top: i32, values: Values<'_>, sums: &mut [W], others: &mut Vec<u32>) {
    let level = Level::current();
    if level.isa() == Isa::Portable {
        return others.extend(0..values.values.len() as u32); // the environment has changed
    }
    dispatch::run(level, Add { top, values, sums, others });
}

struct Add<'a, W> {
    top: i32,
    values: Values<'a>,
    sums: &'a mut [W],
    others: &'a mut Vec<u32>,
}

impl<W: Slots> Task for Add<'_, W> {
    #[inline(always)]
    fn run<V: Vector>(self, detected: V::Detected) {
        let Self { top, values: Values { values, groups, validity }, sums, others } = self;
        let grids = Grids::<V>::new(detected, top);
        let all = (1u32 << V::LANES) - 1;
        let mut rows = [W::default(); MAX_LANES];
        let mut start = 0;
        while start < values.len() {
            let left = values.len() - start;
            let (x, there) = if left >= V::LANES {
                (V::load(detected, &values[start..]), all)
            } else {
                let mut rest = [0.0; MAX_LANES];
                rest[..left].copy_from_slice(&values[start..]);
                (V::load(detected, &rest), (1 << left) - 1)
            };
            let valid = match validity {
                None => there,
                Some(bytes) => u32::from(bytes[start / 8]) >> (start % 8) & there,
            };
            let (slices, fitting) = grids.slices(x);
            W::cut(x, slices, &grids, &mut rows);
            if fitting & valid != all {
                leave_out(start, there & !(fitting & valid), &mut rows, others);
            }
            if left >= V::LANES {
                for (&group, row) in groups[start..start + V::LANES].iter().zip(&rows) {
                    sums[group as usize].add(row);
                }
            } else {
                for (&group, row) in groups[start..].iter().zip(&rows) {
                    sums[group as usize].add(row);
                }
            }
            start += V::LANES;
        }
    }
}

/// Leaves out the rows whose bits are set, and appends their positions to `others`.
#[inline(always)]
fn leave_out<W: Slots>(
    start: usize,
    mut bits: u32,
    rows: &mut [W; MAX_LANES],
    others: &mut Vec<u32>,
) {
    while bits != 0 {
        let row = bits.trailing_zeros();
        rows[row as usize] = W::default();
        others.push(start as u32 + row);
        bits &= bits - 1;
    }
}

/// What the sums of a group of `count` values are.
pub struct Totals {
    /// The exponent of the unit of the sum; that of the sum of squares is twice as large.
    pub exponent: i32,
    /// The sum.
    pub first: i128,
    /// The lower and the upper half of the sum of squares.
    pub second: [u128; 2],
}

impl Totals {
    /// Reads the sums of a group of `count` values on the grids below `2^top`.
    pub fn new<W: Slots>(sums: &W, top: i32, count: u64) -> Self {
        let (words, middles) = (sums.words(), W::middles(top));
        let slice = |word: usize| match words.get(word) {
            Some(bits) => i128::from(bits.wrapping_sub(middles[word].wrapping_mul(count)) as i64),
            None => 0,
        };
        let first = (slice(0) << BITS) + slice(1);
        let (high, low) = ((slice(2) << BITS) + slice(3), (slice(4) << BITS) + slice(5));
        // high * 2^84 + low, which is not negative.
        let shift = 2 * BITS as u32;
        let (lower, carry) = ((high as u128) << shift).overflowing_add(low as u128);
        let upper = (high >> (u128::BITS - shift)) + (low >> 127) + i128::from(carry);
        Self { exponent: grid(top, 1), first, second: [lower, upper as u128] }
    }
}
