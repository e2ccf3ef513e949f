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
#[inline]
pub(crate) fn sum_grid(top: i32, slice: usize) -> i32 {
    top - 44 - SUM_BITS * slice as i32
}

/// The exponent of the grid of a slice, where products of slices are summed.
#[inline]
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
    let chain = || Chain::start(detected, start.map(|start| V::splat(detected, start)));
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
    match V::HAS_FOUR_CHAINS {
        true => finish(detected, watch, [first, second, third, fourth], start),
        false => finish(detected, watch, [first, second], start),
    }
}

/// What the chains of a sum hold together, unless a value did not fit.
#[inline(always)]
fn finish<V: Vector, const N: usize, const CHAINS: usize>(
    detected: V::Detected,
    watch: V::Watch,
    chains: [Chain<V, N>; CHAINS],
    start: [f64; N],
) -> Option<[i64; N]> {
    let slices: [[V; CHAINS]; N] = std::array::from_fn(|i| {
        std::array::from_fn(|chain| V::Watch::pin(chains[chain].slices[i]))
    });
    if V::Watch::EXISTS && watch.has_rounded() {
        return None;
    }
    let zero = V::splat(detected, 0.0);
    let (mut outside, mut remainder) = (zero, zero);
    for chain in &chains {
        outside = outside.or(chain.outside);
        remainder = remainder.or(chain.remainder);
    }
    for (slices, start) in slices.iter().zip(start) {
        let start = V::splat(detected, start);
        for slice in slices {
            outside = outside.or_difference(*slice, start);
        }
    }
    if all_bits(outside) >> 52 != 0 || !V::Watch::EXISTS && !is_zero(remainder) {
        return None;
    }
    let lanes = (CHAINS * V::LANES) as u64;
    Some(std::array::from_fn(|i| {
        V::total_of_bits(&slices[i]).wrapping_sub(start[i].to_bits().wrapping_mul(lanes)) as i64
    }))
}

/// One chain of a sum: an accumulator for each slice, and the bits that show whether all values fitted.
#[derive(Clone, Copy)]
pub(super) struct Chain<V, const N: usize> {
    pub(super) slices: [V; N],
    start: V,
    pub(super) outside: V,
    pub(super) remainder: V,
}

impl<V: Vector, const N: usize> Chain<V, N> {
    #[inline(always)]
    pub(super) fn start(detected: V::Detected, start: [V; N]) -> Self {
        let zero = V::splat(detected, 0.0);
        let mut slices = start;
        for slice in &mut slices {
            *slice = V::Watch::pin(*slice);
        }
        Self { slices, start: start[0], outside: zero, remainder: zero }
    }

    #[inline(always)]
    fn add(&mut self, x: V, ones: V) {
        self.add_watched(x, ones, V::Watch::EXISTS);
    }

    /// Adds values, whose fitting the exception flags will show if they are watched. Otherwise this chain will.
    #[inline(always)]
    pub(super) fn add_watched(&mut self, x: V, ones: V, is_watched: bool) {
        let mut r = x;
        for i in 0..N {
            if is_watched && i == N - 1 {
                self.slices[i] = self.slices[i].add(r);
            } else {
                r = cut_by_pipes(&mut self.slices[i], r, ones).1;
            }
        }
        if !is_watched {
            self.outside = self.outside.or_difference(self.slices[0], self.start);
            self.remainder = self.remainder.or(r);
        }
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
    let start_of_all = start.map(|start| V::splat(detected, start));
    let mut chain = SquareChain::<V, N>::start(detected, start_of_all);
    for step in 0..values.steps() {
        chain.add_watched(values.load(detected, step), V::Watch::EXISTS);
    }
    chain.pin();
    let SquareChain { sums, products, remainder } = chain;
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

/// The chain of a sum of squares: an accumulator for each slice, and for each product of two of them.
#[derive(Clone, Copy)]
pub(super) struct SquareChain<V, const N: usize> {
    pub(super) sums: [V; N],
    /// In the order of [`pairs`]; zero beyond those of `N`.
    pub(super) products: [V; 10],
    pub(super) remainder: V,
}

impl<V: Vector, const N: usize> SquareChain<V, N> {
    const PAIRS: usize = N * (N + 1) / 2;

    #[inline(always)]
    pub(super) fn start(detected: V::Detected, start: [V; N]) -> Self {
        let zero = V::splat(detected, 0.0);
        let mut sums = start;
        for sum in &mut sums {
            *sum = V::Watch::pin(*sum);
        }
        Self { sums, products: [zero; 10], remainder: zero }
    }

    /// Adds values, whose fitting the exception flags will show if they are watched.
    #[inline(always)]
    pub(super) fn add_watched(&mut self, x: V, is_watched: bool) {
        let mut r = x;
        let mut slices = [r; N];
        for (i, (slice, sum)) in slices.iter_mut().zip(&mut self.sums).enumerate() {
            if is_watched && i == N - 1 {
                *slice = r;
                *sum = sum.add(r);
            } else {
                (*slice, r) = cut(sum, r);
            }
        }
        if !is_watched {
            self.remainder = self.remainder.or(r);
        }
        for (sum, (a, b)) in self.products.iter_mut().zip(pairs()).take(Self::PAIRS) {
            *sum = slices[a].multiply_add(slices[b], *sum);
        }
    }

    /// Computes the accumulators at this point of the program.
    #[inline(always)]
    pub(super) fn pin(&mut self) {
        // Two loops, which the compiler unrolls: one over both would keep the accumulators in memory.
        for sum in &mut self.sums {
            *sum = V::Watch::pin(*sum);
        }
        for product in &mut self.products[..Self::PAIRS] {
            *product = V::Watch::pin(*product);
        }
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
