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
//! `N` slices of 45 bits, `g0 = top - 44` and `g(i+1) = g(i) - 45`, for values below `2^top`. After 128
//! additions an accumulator has moved by at most `128 * 2^44 = 2^51` units: it has not left its
//! binade. That the values are below `2^top` is checked: the exponent bits of the accumulator are compared
//! after every addition. `|r| <= 2^(g(i)-1) = 2^(g(i+1)+44)` bounds every further slice without a check.
//!
//! The differences `h` and `r` are exact, so a fused multiply-add by one computes the same bits as a subtraction.
//! Processors with pipes of their own for either kind of instruction run both at once
//! ([`Vector::difference`]).
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
//! # Blocks
//!
//! A block of up to 128 steps either passes its checks or leaves no trace. The code is generic over a
//! `Vector` and compiled for each instruction set by [`dispatch`](super::dispatch). It relies on
//! round-to-nearest without flush-to-zero, which is checked there, and on `-400 <= top <= 500`, where no
//! product of slices is subnormal and none overflows.

use std::ops::RangeInclusive;

use super::vector::{Vector, Watch, all_bits};

/// Maximum number of additions to one accumulator between two readings.
pub(crate) const STEPS: usize = 128;
/// The values of `top` for which the proofs hold.
pub(crate) const TOPS: RangeInclusive<i32> = -400..=500;

/// Bits of a slice, where slices are summed.
const SUM_BITS: i32 = 45;
/// Bits of a slice, where products of slices are summed.
const SQUARE_BITS: i32 = 24;

/// The exponent of the grid of a slice, where slices are summed.
pub(crate) fn sum_grid(top: i32, slice: usize) -> i32 {
    top - 44 - SUM_BITS * slice as i32
}

/// The exponent of the grid of a slice, where products of slices are summed.
pub(crate) fn square_grid(top: i32, slice: usize) -> i32 {
    top - 22 - SQUARE_BITS * slice as i32
}

/// Values that are loaded a vector at a time, padded with zeros.
pub(crate) trait Lanes<V: Vector> {
    /// The number of vectors; at most [`STEPS`].
    fn steps(&self) -> usize;
    /// The vector of one step.
    fn load(&self, detected: V::Detected, step: usize) -> V;
}

/// The sums of `N` slices in units of their grids; `None` if a value does not fit.
#[inline(always)]
pub(crate) fn sums<V: Vector, const N: usize>(
    detected: V::Detected,
    values: &impl Lanes<V>,
    top: i32,
) -> Option<[i64; N]> {
    let watch = V::Watch::start();
    let start: [f64; N] = std::array::from_fn(|slice| start(sum_grid(top, slice)));
    // Several chains of additions hide the latency that a single one would wait for.
    let chain = || Chain::start(detected, start);
    let (mut first, mut second, mut third, mut fourth) = (chain(), chain(), chain(), chain());
    let ones = V::ones(detected);
    let steps = values.steps();
    let mut step = 0;
    if V::HAS_FOUR_CHAINS {
        while step + 4 <= steps {
            first.add(values.load(detected, step), ones);
            second.add(values.load(detected, step + 1), ones);
            third.add(values.load(detected, step + 2), ones);
            fourth.add(values.load(detected, step + 3), ones);
            step += 4;
        }
    }
    while step + 2 <= steps {
        first.add(values.load(detected, step), ones);
        second.add(values.load(detected, step + 1), ones);
        step += 2;
    }
    if step < steps {
        first.add(values.load(detected, step), ones);
    }
    first.settle(detected, start);
    second.settle(detected, start);
    if V::HAS_FOUR_CHAINS {
        third.settle(detected, start);
        fourth.settle(detected, start);
    }
    if V::Watch::EXISTS && watch.has_rounded() {
        return None;
    }
    first.join(&second);
    let mut chains = 2;
    if V::HAS_FOUR_CHAINS {
        third.join(&fourth);
        first.join(&third);
        chains = 4;
    }
    first.totals(start, chains * V::LANES as u64)
}

/// One chain of a sum: an accumulator for each slice, and the bits that show whether all values fitted.
struct Chain<V, const N: usize> {
    slices: [V; N],
    start: V,
    outside: V,
    remainder: V,
}

impl<V: Vector, const N: usize> Chain<V, N> {
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
            if V::Watch::EXISTS && i == N - 1 {
                self.slices[i] = self.slices[i].add(r);
            } else {
                r = cut_by_pipes(&mut self.slices[i], r, ones).1;
            }
        }
        if !V::Watch::EXISTS {
            self.outside = self.outside.or_difference(self.slices[0], self.start);
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
    fn totals(&self, start: [f64; N], lanes: u64) -> Option<[i64; N]> {
        if all_bits(self.outside) >> 52 != 0 || !V::Watch::EXISTS && !is_zero(self.remainder) {
            return None;
        }
        let mut totals = [0; N];
        for i in 0..N {
            let moved = self.slices[i].total_of_bits().wrapping_sub(start[i].to_bits().wrapping_mul(lanes));
            totals[i] = moved as i64;
        }
        Some(totals)
    }
}

/// The sums of `N` slices, and of the products of two of them, in units of their grids.
pub(crate) struct Products {
    /// One for each slice; zero beyond `N`.
    pub(crate) sums: [i64; 4],
    /// In the order of [`pairs`].
    pub(crate) products: [i64; 10],
}

/// The pairs of slices, each once, those of fewer slices first.
pub(crate) const fn pairs() -> [(usize, usize); 10] {
    [(0, 0), (0, 1), (1, 1), (0, 2), (1, 2), (2, 2), (0, 3), (1, 3), (2, 3), (3, 3)]
}

/// The sums of all slices and their products; `None` if a value does not fit.
#[inline(always)]
pub(crate) fn squares<V: Vector, const N: usize>(
    detected: V::Detected,
    values: &impl Lanes<V>,
    top: i32,
) -> Option<Products> {
    let pairs_of_n = N * (N + 1) / 2;
    let watch = V::Watch::start();
    let start: [f64; N] = std::array::from_fn(|slice| start(square_grid(top, slice)));
    let mut sums = [V::splat(detected, 0.0); N];
    for (sum, start) in sums.iter_mut().zip(start) {
        *sum = V::Watch::pin(V::splat(detected, start));
    }
    let mut products = [V::splat(detected, 0.0); 10];
    let mut remainder = V::splat(detected, 0.0);
    for step in 0..values.steps() {
        let mut r = values.load(detected, step);
        let mut slices = [r; N];
        for i in 0..N {
            if V::Watch::EXISTS && i == N - 1 {
                slices[i] = r;
                sums[i] = sums[i].add(r);
            } else {
                (slices[i], r) = cut(&mut sums[i], r);
            }
        }
        if !V::Watch::EXISTS {
            remainder = remainder.or(r);
        }
        for (sum, (a, b)) in products.iter_mut().zip(pairs()).take(pairs_of_n) {
            *sum = slices[a].multiply_add(slices[b], *sum);
        }
    }
    for accumulator in sums.iter_mut().chain(&mut products[..pairs_of_n]) {
        *accumulator = V::Watch::pin(*accumulator);
    }
    let has_rounded = V::Watch::EXISTS && watch.has_rounded();
    let limit = power_of_two(53 + 2 * square_grid(top, 0));
    if has_rounded || !is_below(products[0], limit) || !is_zero(remainder) {
        return None;
    }
    let mut totals = Products { sums: [0; 4], products: [0; 10] };
    for slice in 0..N {
        totals.sums[slice] = moved(sums[slice], start[slice]);
    }
    for (pair, &(a, b)) in pairs()[..pairs_of_n].iter().enumerate() {
        let unit = power_of_two(-square_grid(top, a) - square_grid(top, b));
        totals.products[pair] =
            units(products[pair].multiply_add(V::splat(detected, unit), V::splat(detected, 0.0)));
    }
    Some(totals)
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
fn cut_by_pipes<V: Vector>(accumulator: &mut V, x: V, ones: V) -> (V, V) {
    let sum = accumulator.add_quietly(x);
    let h = sum.difference(*accumulator, ones);
    *accumulator = sum;
    (h, x.difference(h, ones))
}

/// The start of an accumulator: the middle of the binade whose doubles are `2^grid` apart.
#[inline(always)]
pub(crate) fn start(grid: i32) -> f64 {
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
