//! Exact sums by floating-point instructions: every value is cut into *slices* on fixed grids.
//!
//! # One slice
//!
//! Let `g` be an exponent and let an accumulator `S` start at `1.5 * 2^(g + 52)`. For a value `x`:
//!
//! ```text
//! t = S + x;   h = t - S;   r = x - h;   S = t
//! ```
//!
//! While `S` and `t` stay in the binade `[2^(g+52), 2^(g+53))`, whose doubles are the multiples of
//! `2^g`, `h` is exact: it is `x` rounded to the grid of multiples of `2^g`. `r` is the rounding error of an
//! addition, hence a double, and `|r| <= 2^(g-1)`. The accumulator is a fixed-point number: the difference
//! between its bits and those it started with is the sum of all `h` in units of `2^g`. Nothing is converted.
//!
//! The remainders `r` are cut on a finer grid, and so on. If the remainder after the last slice is zero
//! for every value, the sums of the slices add up to the sum of the values.
//!
//! # Sums
//!
//! `N` slices of 43 bits, `g0 = top - 42` and `g(i+1) = g(i) - 43`, for values below `2^top`. After 512
//! additions an accumulator has moved by at most `512 * 2^42 = 2^51` units: it has not left its
//! binade. That the values are below `2^top` is checked: the exponent bits of the accumulator are compared
//! after every addition. `|r| <= 2^(g(i)-1) = 2^(g(i+1)+42)` bounds every further slice without a check.
//!
//! The differences `h` and `r` are exact, so a fused multiply-add by one computes the same bits as a subtraction.
//! Processors with pipes of their own for either kind of instruction run both at once
//! (`Vector::difference`).
//!
//! # Sums of squares
//!
//! `N` slices of 24 bits, `g0 = top - 22` and `g(i+1) = g(i) - 24`. The square of a value is the sum
//! of the products of its slices, two by two; each product is a multiple of `2^(gi + gj)`, and they
//! are accumulated by fused multiply-add. In units of its grid the first slice of a value is at most
//! `2^22`, the others at most `2^23` (half a unit of the grid before), so 128 products are at most
//! `2^53`: every addition is exact.
//!
//! That values are below `2^top` need not be checked one by one. The sum of the squares of the first
//! slices has no negative terms, and rounding is monotone. So if it ends below `2^53` units, it never reached
//! `2^53`, and all its terms and partial sums were exact integers: the first slices have a sum of squares
//! below `2^53`. By the Cauchy-Schwarz inequality the sum of their magnitudes is below
//! `sqrt(128 * 2^53) = 2^30` units, which keeps their accumulator in its binade, and the sum of their
//! products with another slice, 128 of them, stays within `sqrt(2^53 * 128 * 2^46) = 2^53`. Infinities and
//! NaNs fail the comparison.
//!
//! # Exception flags
//!
//! Processors have a sticky *inexact* flag. Where the addition `S + x` can be done without raising it, as
//! with AVX-512, nothing need be checked value by value: if the flag is still down in the end, no other
//! operation rounded. Then `h` and `r` are exact, so `S + x = t + r` whether or not `S` left its binade;
//! it must be there in the end, when its bits are read. And the last slice need not be cut: the remainders
//! are added as they are, and an addition rounds if one of them is finer than its grid.
//!
//! # Sums to within a slack
//!
//! A correctly rounded mean seldom needs all digits of the sum. So the remainders may be added to the last slice as
//! they are, rounded or not: each addition is off by half a unit of the last grid at most. That the values are below
//! `2^top` is then checked after every addition, on every processor, because a raised flag no longer tells.
//!
//! # Blocks
//!
//! A block of up to 512 steps of each chain, or of 128 steps where products are summed, either passes its checks or leaves no trace. The code is generic over a
//! `Vector` and compiled for each instruction set by [`dispatch`](super::dispatch). It relies on
//! round-to-nearest without flush-to-zero, which is checked there, and on limits of `top`: where slices are summed, no
//! grid is below `2^-1074`, and no accumulator overflows; where products are, none of them is subnormal or overflows.

#![expect(
    clippy::needless_range_loop,
    reason = "iterators are not always unrolled, which keeps vectors in memory"
)]

use std::ops::RangeInclusive;

use super::formats::Ieee;
use super::vector::{Vector, Watch, all_bits};

/// Maximum number of additions to one accumulator between two readings, where products of slices are summed.
pub(crate) const STEPS: usize = 128;
/// The same where slices are summed.
pub(crate) const SUM_STEPS: usize = 512;

/// Maximum number of steps between two readings, where slices are summed: those of all chains. Reading the accumulators
/// and the flags takes as long as about 400 additions of a value; with 128 steps, a sum took 1.6 times as long as a
/// bare one on Zen 4.
#[inline(always)]
pub(crate) const fn sum_steps<V: Vector>() -> usize {
    let chains = if V::HAS_FOUR_CHAINS { 4 } else { 2 };
    // The last steps go to the first chain, and the rest to the second.
    chains * (SUM_STEPS - 4)
}

/// The values of `top` for which the proofs hold, where products of slices are summed.
pub(crate) const SQUARE_TOPS: RangeInclusive<i32> = -360..=500;

/// The values of `top` for which the proofs hold, where that many slices are summed.
pub(crate) const fn sum_tops(slices: usize) -> RangeInclusive<i32> {
    -1074 + SUM_BITS * slices as i32 - 1..=1012
}

/// Bits of a slice, where slices are summed.
const SUM_BITS: i32 = 43;
/// Bits of a slice, where products of slices are summed.
const SQUARE_BITS: i32 = 24;

/// The exponent of the grid of a slice, where slices are summed.
#[inline]
pub(crate) fn sum_grid(top: i32, slice: usize) -> i32 {
    top + 1 - SUM_BITS * (slice as i32 + 1)
}

/// The exponent of the grid of a slice, where products of slices are summed.
#[inline]
pub(crate) fn square_grid(top: i32, slice: usize) -> i32 {
    top - 22 - SQUARE_BITS * slice as i32
}

/// What was left out of the lanes that were loaded.
#[derive(Clone, Copy, Default)]
pub(crate) struct LeftOut {
    pub(crate) nans: u32,
    /// The number of infinities, and of the negative ones among them.
    pub(crate) infinities: u32,
    pub(crate) negative_infinities: u32,
}

/// The most slices that values are worth.
#[derive(Clone, Copy)]
pub(crate) struct MaxSlices {
    pub(crate) sums: usize,
    pub(crate) squares: usize,
}

impl MaxSlices {
    /// Those of a floating-point type.
    pub(crate) const fn of<T: Ieee>() -> Self {
        match T::FRACTION_BITS {
            ..=10 => Self { sums: 2, squares: 2 },   // all 40 bits
            11..=23 => Self { sums: 6, squares: 4 }, // 258 of 277 bits, 94
            _ => Self { sums: 12, squares: MAX_SQUARE_SLICES }, // 516 bits, 142
        }
    }
}

/// Values that are loaded a vector at a time, padded with zeros.
pub(crate) trait Lanes<V: Vector> {
    /// The most slices that the values are worth, where slices are summed, and where their products are: kernels of
    /// more are not compiled. Values that fit none of them are left to integers.
    const MAX_SLICES: MaxSlices;

    /// The number of full vectors; with the rest, at most [`STEPS`], or [`sum_steps`] where slices are summed.
    fn steps(&self) -> usize;
    /// The vector of one step. The caller keeps account of what was left out, so that it does so in registers.
    fn load(&self, detected: V::Detected, step: usize, left_out: &mut LeftOut) -> V;
    /// The values that do not fill a vector, padded with zeros.
    #[inline(always)]
    fn load_rest(&self, _: V::Detected, _: &mut LeftOut) -> Option<V> {
        None
    }
    /// The vectors of four steps, of which only the last is checked to be there.
    #[inline(always)]
    fn load_four(&self, detected: V::Detected, step: usize, left_out: &mut LeftOut) -> [V; 4] {
        let a = self.load(detected, step, left_out);
        let b = self.load(detected, step + 1, left_out);
        let c = self.load(detected, step + 2, left_out);
        let d = self.load(detected, step + 3, left_out);
        [a, b, c, d]
    }
}

/// The sums of slices in units of their grids.
pub(crate) struct Slices<const N: usize> {
    pub(crate) units: [i64; N],
    /// Whether no remainder was rounded to the last grid.
    pub(crate) is_exact: bool,
    pub(crate) left_out: LeftOut,
}

/// The sums of `N` slices; `None` if a value does not fit. The remainders of values may be rounded to the last grid if
/// `NEAR`.
#[inline(always)]
pub(crate) fn sums<V: Vector, const N: usize, const NEAR: bool>(
    detected: V::Detected,
    values: &impl Lanes<V>,
    top: i32,
) -> Option<Slices<N>> {
    let watch = V::Watch::start();
    let mut start = [0.0; N];
    for (slice, start) in start.iter_mut().enumerate() {
        *start = middle(sum_grid(top, slice));
    }
    // Several chains of additions hide the latency that a single one would wait for. They are variables rather than
    // an array, which the compiler would keep in memory.
    let mut first = Chain::<V, N, NEAR>::start(detected, start);
    let mut second = Chain::<V, N, NEAR>::start(detected, start);
    let mut third = Chain::<V, N, NEAR>::start(detected, start);
    let mut fourth = Chain::<V, N, NEAR>::start(detected, start);
    let ones = V::ones(detected);
    let steps = values.steps();
    let mut left_out = LeftOut::default();
    let mut step = 0;
    if V::HAS_FOUR_CHAINS {
        while step + 4 <= steps {
            let [a, b, c, d] = values.load_four(detected, step, &mut left_out);
            first.add(a, ones);
            second.add(b, ones);
            third.add(c, ones);
            fourth.add(d, ones);
            step += 4;
        }
    }
    while !V::HAS_FOUR_CHAINS && step + 4 <= steps {
        let [a, b, c, d] = values.load_four(detected, step, &mut left_out);
        first.add(a, ones);
        second.add(b, ones);
        first.add(c, ones);
        second.add(d, ones);
        step += 4;
    }
    while step < steps {
        first.add(values.load(detected, step, &mut left_out), ones);
        step += 1;
    }
    if let Some(rest) = values.load_rest(detected, &mut left_out) {
        second.add(rest, ones);
    }
    first.settle(detected, start);
    second.settle(detected, start);
    if V::HAS_FOUR_CHAINS {
        third.settle(detected, start);
        fourth.settle(detected, start);
    }
    let has_rounded = if V::Watch::EXISTS { watch.has_rounded() } else { NEAR };
    if has_rounded && !NEAR {
        return None;
    }
    first.join(&second);
    let mut chains = 2;
    if V::HAS_FOUR_CHAINS {
        third.join(&fourth);
        first.join(&third);
        chains = 4;
    }
    let units = first.moved(start, chains * V::LANES as u64)?;
    Some(Slices { units, is_exact: !has_rounded, left_out })
}

/// One chain of a sum: an accumulator for each slice, and the bits that show whether all values fitted.
struct Chain<V, const N: usize, const NEAR: bool> {
    slices: [V; N],
    start: V,
    outside: V,
    remainder: V,
}

impl<V: Vector, const N: usize, const NEAR: bool> Chain<V, N, NEAR> {
    #[inline(always)]
    fn start(detected: V::Detected, start: [f64; N]) -> Self {
        let zero = V::splat(detected, 0.0);
        let mut slices = [zero; N];
        for (slice, start) in slices.iter_mut().zip(start) {
            *slice = V::Watch::pin(V::splat(detected, start));
        }
        Self { slices, start: V::splat(detected, start[0]), outside: zero, remainder: zero }
    }

    #[inline(always)]
    fn add(&mut self, x: V, ones: V) {
        let mut r = x;
        for i in 0..N {
            if (V::Watch::EXISTS || NEAR) && i == N - 1 {
                self.slices[i] = self.slices[i].add(r);
            } else {
                r = cut_by_pipes(&mut self.slices[i], r, ones).1;
            }
        }
        if !V::Watch::EXISTS || NEAR {
            self.outside = self.outside.or_difference(self.slices[0], self.start);
        }
        if !V::Watch::EXISTS && !NEAR {
            self.remainder = self.remainder.or(r);
        }
    }

    /// Ends the additions: the accumulators are computed at this point of the program, and must be in their binades.
    #[inline(always)]
    fn settle(&mut self, detected: V::Detected, start: [f64; N]) {
        for i in 0..N {
            self.slices[i] = V::Watch::pin(self.slices[i]);
            self.outside = self.outside.or_difference(self.slices[i], V::splat(detected, start[i]));
        }
    }

    /// Adds another chain, bit patterns as integers.
    #[inline(always)]
    fn join(&mut self, other: &Self) {
        for i in 0..N {
            self.slices[i] = self.slices[i].add_bits(other.slices[i]);
        }
        self.outside = self.outside.or(other.outside);
        self.remainder = self.remainder.or(other.remainder);
    }

    /// By how much the accumulators of joined chains have moved, unless a value did not fit.
    #[inline(always)]
    fn moved(&self, start: [f64; N], lanes: u64) -> Option<[i64; N]> {
        if all_bits(self.outside) >> 52 != 0 || !is_zero(self.remainder) {
            return None;
        }
        let mut moved = [0; N];
        for i in 0..N {
            let before = start[i].to_bits().wrapping_mul(lanes);
            moved[i] = self.slices[i].total_of_bits().wrapping_sub(before) as i64;
        }
        Some(moved)
    }
}

/// The largest number of slices whose products are summed.
pub(crate) const MAX_SQUARE_SLICES: usize = 6;
/// The number of their products.
pub(crate) const MAX_PAIRS: usize = MAX_SQUARE_SLICES * (MAX_SQUARE_SLICES + 1) / 2;

/// The pairs of slices, each once, those of fewer slices first.
pub(crate) const PAIRS: [(usize, usize); MAX_PAIRS] = {
    let mut pairs = [(0, 0); MAX_PAIRS];
    let (mut pair, mut b) = (0, 0);
    while b < MAX_SQUARE_SLICES {
        let mut a = 0;
        while a <= b {
            pairs[pair] = (a, b);
            (pair, a) = (pair + 1, a + 1);
        }
        b += 1;
    }
    pairs
};

/// The sums of slices, and of the products of two of them, in units of their grids.
pub(crate) struct Products {
    /// One for each slice; zero beyond the last.
    pub(crate) sums: [i64; MAX_SQUARE_SLICES],
    /// In the order of [`PAIRS`].
    pub(crate) products: [i64; MAX_PAIRS],
    pub(crate) left_out: LeftOut,
}

/// The sums of `N` slices and of all their products; `None` if a value does not fit.
#[inline(always)]
pub(crate) fn squares<V: Vector, const N: usize>(
    detected: V::Detected,
    values: &impl Lanes<V>,
    top: i32,
) -> Option<Products> {
    let watch = V::Watch::start();
    let mut first = ProductChain::<V, N>::start(detected, top);
    let mut second = ProductChain::<V, N>::start(detected, top);
    let ones = V::ones(detected);
    let steps = values.steps();
    let mut left_out = LeftOut::default();
    let mut step = 0;
    // More slices have additions enough to hide the latency, and need the registers.
    if N == 2 && V::HAS_FOUR_CHAINS {
        while step + 2 <= steps {
            first.add(values.load(detected, step, &mut left_out), ones);
            second.add(values.load(detected, step + 1, &mut left_out), ones);
            step += 2;
        }
    }
    while step < steps {
        first.add(values.load(detected, step, &mut left_out), ones);
        step += 1;
    }
    if let Some(rest) = values.load_rest(detected, &mut left_out) {
        first.add(rest, ones);
    }
    first.settle();
    second.settle();
    if V::Watch::EXISTS && watch.has_rounded() {
        return None;
    }
    first.join(&second);
    let totals = first.totals(detected, top)?;
    Some(Products { left_out, ..totals })
}

/// One chain of a sum of squares.
struct ProductChain<V, const N: usize> {
    sums: [V; N],
    /// Those of `N` slices.
    products: [V; MAX_PAIRS],
    remainder: V,
}

impl<V: Vector, const N: usize> ProductChain<V, N> {
    const PAIRS: usize = N * (N + 1) / 2;

    #[inline(always)]
    fn start(detected: V::Detected, top: i32) -> Self {
        let zero = V::splat(detected, 0.0);
        let mut sums = [zero; N];
        for (slice, sum) in sums.iter_mut().enumerate() {
            *sum = V::Watch::pin(V::splat(detected, middle(square_grid(top, slice))));
        }
        Self { sums, products: [zero; MAX_PAIRS], remainder: zero }
    }

    #[inline(always)]
    fn add(&mut self, x: V, ones: V) {
        let mut r = x;
        let mut slices = [x; N];
        for i in 0..N {
            if V::Watch::EXISTS && i == N - 1 {
                slices[i] = r;
                self.sums[i] = self.sums[i].add(r);
            } else {
                (slices[i], r) = cut_by_pipes(&mut self.sums[i], r, ones);
            }
        }
        if !V::Watch::EXISTS {
            self.remainder = self.remainder.or(r);
        }
        for pair in 0..Self::PAIRS {
            let (a, b) = PAIRS[pair];
            self.products[pair] = slices[a].multiply_add(slices[b], self.products[pair]);
        }
    }

    /// Ends the additions: the accumulators are computed at this point of the program.
    #[inline(always)]
    fn settle(&mut self) {
        for i in 0..N {
            self.sums[i] = V::Watch::pin(self.sums[i]);
        }
        for pair in 0..Self::PAIRS {
            self.products[pair] = V::Watch::pin(self.products[pair]);
        }
    }

    /// Adds another chain: the sums of slices as bit patterns, those of products as numbers, which must be checked.
    #[inline(always)]
    fn join(&mut self, other: &Self) {
        for i in 0..N {
            self.sums[i] = self.sums[i].add_bits(other.sums[i]);
        }
        for pair in 0..Self::PAIRS {
            self.products[pair] = self.products[pair].add(other.products[pair]);
        }
        self.remainder = self.remainder.or(other.remainder);
    }

    /// What two joined chains hold, unless a value did not fit.
    #[inline(always)]
    fn totals(&self, detected: V::Detected, top: i32) -> Option<Products> {
        let limit = power_of_two(53 + 2 * square_grid(top, 0));
        if !is_below(self.products[0], limit) || !is_zero(self.remainder) {
            return None;
        }
        let zero = V::splat(detected, 0.0);
        let mut totals = Products {
            sums: [0; MAX_SQUARE_SLICES],
            products: [0; MAX_PAIRS],
            left_out: LeftOut::default(),
        };
        for slice in 0..N {
            let before =
                middle(square_grid(top, slice)).to_bits().wrapping_mul(2 * V::LANES as u64);
            totals.sums[slice] = self.sums[slice].total_of_bits().wrapping_sub(before) as i64;
        }
        for pair in 0..Self::PAIRS {
            let (a, b) = PAIRS[pair];
            let unit = power_of_two(-square_grid(top, a) - square_grid(top, b));
            totals.products[pair] =
                units(self.products[pair].multiply_add(V::splat(detected, unit), zero));
        }
        Some(totals)
    }
}

/// Cuts one slice: the values rounded to the grid, and the remainders.
#[inline(always)]
pub(crate) fn cut<V: Vector>(accumulator: &mut V, x: V) -> (V, V) {
    let sum = accumulator.add_quietly(x);
    let h = sum.subtract(*accumulator);
    *accumulator = sum;
    (h, x.subtract(h))
}

/// The same, with differences in the pipes of the multipliers.
#[inline(always)]
pub(crate) fn cut_by_pipes<V: Vector>(accumulator: &mut V, x: V, ones: V) -> (V, V) {
    let sum = accumulator.add_quietly(x);
    let h = sum.difference(*accumulator, ones);
    *accumulator = sum;
    (h, x.difference(h, ones))
}

/// The start of an accumulator: the middle of the binade whose doubles are `2^grid` apart.
#[inline(always)]
pub(crate) fn middle(grid: i32) -> f64 {
    1.5 * power_of_two(grid + 52)
}

#[inline(always)]
pub(crate) fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(((exponent + 1023) as u64) << 52)
}

/// Whether all lanes are zero, of either sign.
#[inline(always)]
fn is_zero<V: Vector>(vector: V) -> bool {
    all_bits(vector) << 1 == 0
}

/// Whether every lane is below a limit; a NaN is not.
#[inline(always)]
pub(crate) fn is_below<V: Vector>(vector: V, limit: f64) -> bool {
    let mut is_below = true;
    for lane in &vector.lanes()[..V::LANES] {
        is_below &= *lane < limit;
    }
    is_below
}

/// By how much the accumulators have moved in total, in units of their grid.
#[inline(always)]
pub(crate) fn moved<V: Vector>(accumulators: V, start: f64) -> i64 {
    let mut total = 0;
    for lane in &accumulators.lanes()[..V::LANES] {
        total += (lane.to_bits() as i64).wrapping_sub(start.to_bits() as i64);
    }
    total
}

/// The sum of all lanes, which must be integers of at most 2^53.
#[inline(always)]
pub(crate) fn units<V: Vector>(vector: V) -> i64 {
    let mut total = 0;
    for integer in vector.integers() {
        total += integer;
    }
    total
}
