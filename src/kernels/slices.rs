//! Exact sums by floating-point instructions: values are cut into slices on fixed grids.
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
//! `2^g`, `h` is exact: `x` rounded to the grid. `r` is the rounding error of an addition, hence a
//! double, and `|r| <= 2^(g-1)`. The accumulator is a fixed-point number: the difference of its bits
//! to those it started with is the sum of all `h` in units of `2^g`. Nothing is converted.
//!
//! The rests `r` are cut on a finer grid, and so on. If the rest after the last slice is zero for
//! every value, the sums of the slices are the sum of the values.
//!
//! # Sums
//!
//! Two slices of 45 bits, `g0 = top - 44` and `g1 = g0 - 45`, for values below `2^top`. After 128
//! additions an accumulator has moved by at most `128 * 2^44 = 2^51` units: it has not left its
//! binade. That the values are below `2^top` is checked: the exponent of the accumulator is looked at
//! after every addition. `|r| <= 2^(g0-1) = 2^(g1+44)` bounds the second slice without a check.
//!
//! # Sums of squares
//!
//! `N` slices of 24 bits, `g0 = top - 22` and `g(i+1) = g(i) - 24`. The square of a value is the sum
//! of the products of its slices, two by two; each product is a multiple of `2^(gi + gj)`, and they
//! are added by fused multiply-add. In units of its grid the first slice of a value is at most
//! `2^22`, the others at most `2^23` (half a unit of the grid before), so 128 products are at most
//! `2^53`: every addition is exact.
//!
//! That values are below `2^top` need not be checked one by one. The sum of the squares of the first
//! slices adds terms that are not negative, and rounding is monotone. So if it ends below `2^53`
//! units, it was exact all along, and so was each of its terms: the first slices have a sum of
//! squares below `2^53`. By Cauchy and Schwarz their sum is below `2^30` units, which keeps their
//! accumulator in its binade, and their products with the other slices, 128 of them, stay within
//! `sqrt(2^53 * 128 * 2^46) = 2^53`. Infinities and NaNs fail the comparison.
//!
//! # Watching
//!
//! Processors remember whether an operation has rounded. Where the first addition of a slice can be
//! kept from leaving a trace there, as with AVX-512, nothing need be checked value by value. While no
//! other operation rounds, `h` and `r` are exact, so `S + x = t + r` whether or not `S` left its
//! binade; it must be there in the end, when its bits are read. And the last slice need not be
//! cut: the rests are added as they are, and an addition rounds if one of them is finer than its grid.
//!
//! # Blocks
//!
//! A block of 128 steps either passes its checks or leaves no trace. The code is written in
//! the words of a [`Vector`] and compiled for each instruction set by [`dispatch`](super::dispatch); it
//! relies on round-to-nearest without flush-to-zero, which is checked there, and on `top` being in
//! [`TOPS`], where no product of slices is subnormal and none overflows.

use std::ops::RangeInclusive;

use super::vector::{Vector, Watch, all_bits};

/// Additions to one accumulator until it is read and starts anew.
pub const STEPS: usize = 128;
/// The exponents of the values that slices can be cut from.
pub const TOPS: RangeInclusive<i32> = -400..=500;

/// Bits of a slice of a sum.
const SUM_BITS: i32 = 45;
/// Bits of a slice of which products are added.
const SQUARE_BITS: i32 = 24;

/// The grid of a slice of a sum.
pub fn sum_grid(top: i32, slice: usize) -> i32 {
    top - 44 - SUM_BITS * slice as i32
}

/// The grid of a slice of which products are added.
pub fn square_grid(top: i32, slice: usize) -> i32 {
    top - 22 - SQUARE_BITS * slice as i32
}

/// Values that come a vector at a time, zeros behind the last.
pub trait Lanes<V: Vector> {
    /// How many times; at most [`STEPS`].
    fn steps(&self) -> usize;
    /// The values of one step.
    fn load(&self, detected: V::Detected, step: usize) -> V;
}

/// The sums of both slices in units of their grids, unless a value does not fit.
#[inline(always)]
pub fn sum<V: Vector>(detected: V::Detected, values: &impl Lanes<V>, top: i32) -> Option<[i64; 2]> {
    let watch = V::Watch::start();
    let start = [start(sum_grid(top, 0)), start(sum_grid(top, 1))];
    // Two chains of additions, for one would wait for its own results.
    let (mut even, mut odd) =
        (TwoSlices::start(detected, start), TwoSlices::start(detected, start));
    let steps = values.steps();
    for pair in 0..steps / 2 {
        even.add(values.load(detected, 2 * pair));
        odd.add(values.load(detected, 2 * pair + 1));
    }
    if steps % 2 == 1 {
        even.add(values.load(detected, steps - 1));
    }
    let [even, odd] = [even.finish(detected, start), odd.finish(detected, start)];
    let has_rounded = V::Watch::EXISTS && watch.has_seen_rounding();
    let ([even_high, even_low], [odd_high, odd_low]) = (even?, odd?);
    (!has_rounded).then_some([even_high + odd_high, even_low + odd_low])
}

/// The accumulators of a sum, and what tells whether all values fitted.
struct TwoSlices<V> {
    start: V,
    high: V,
    low: V,
    outside: V,
    rest: V,
}

impl<V: Vector> TwoSlices<V> {
    #[inline(always)]
    fn start(detected: V::Detected, [high, low]: [f64; 2]) -> Self {
        let (start, zero) = (V::splat(detected, high), V::splat(detected, 0.0));
        let (high, low) = (V::Watch::here(start), V::Watch::here(V::splat(detected, low)));
        Self { start, high, low, outside: zero, rest: zero }
    }

    #[inline(always)]
    fn add(&mut self, x: V) {
        let (_, r) = cut(&mut self.high, x);
        if V::Watch::EXISTS {
            self.low = self.low.add(r);
            return;
        }
        let (l, _) = cut(&mut self.low, r);
        self.outside = self.outside.or_difference(self.high, self.start);
        self.rest = self.rest.or_difference(l, r);
    }

    #[inline(always)]
    fn finish(self, detected: V::Detected, start: [f64; 2]) -> Option<[i64; 2]> {
        let (high, low) = (V::Watch::here(self.high), V::Watch::here(self.low));
        let outside = self.outside.or_difference(high, self.start);
        let outside = outside.or_difference(low, V::splat(detected, start[1]));
        let stayed = all_bits(outside) >> 52 == 0;
        (stayed && is_zero(self.rest)).then(|| [moved(high, start[0]), moved(low, start[1])])
    }
}

/// The sums of `N` slices, and of the products of two of them, in units of their grids.
pub struct Products {
    /// One for each slice; those beyond `N` are zero.
    pub sums: [i64; 4],
    /// In the order of [`pairs`].
    pub products: [i64; 10],
}

/// The pairs of slices, each once, those of fewer slices first.
pub const fn pairs() -> [(usize, usize); 10] {
    [(0, 0), (0, 1), (1, 1), (0, 2), (1, 2), (2, 2), (0, 3), (1, 3), (2, 3), (3, 3)]
}

/// The sums of all slices and their products, unless a value does not fit.
#[inline(always)]
pub fn squares<V: Vector, const N: usize>(
    detected: V::Detected,
    values: &impl Lanes<V>,
    top: i32,
) -> Option<Products> {
    let pairs_of_n = N * (N + 1) / 2;
    let watch = V::Watch::start();
    let start: [f64; N] = std::array::from_fn(|slice| start(square_grid(top, slice)));
    let mut sums = [V::splat(detected, 0.0); N];
    for (sum, start) in sums.iter_mut().zip(start) {
        *sum = V::Watch::here(V::splat(detected, start));
    }
    let mut products = [V::splat(detected, 0.0); 10];
    let mut rest = V::splat(detected, 0.0);
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
            rest = rest.or(r);
        }
        for (sum, (a, b)) in products.iter_mut().zip(pairs()).take(pairs_of_n) {
            *sum = slices[a].multiply_add(slices[b], *sum);
        }
    }
    for accumulator in sums.iter_mut().chain(&mut products[..pairs_of_n]) {
        *accumulator = V::Watch::here(*accumulator);
    }
    let has_rounded = V::Watch::EXISTS && watch.has_seen_rounding();
    let limit = power_of_two(53 + 2 * square_grid(top, 0));
    if has_rounded || !is_below(products[0], limit) || !is_zero(rest) {
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

/// One slice: the values rounded to the grid, and the rests.
#[inline(always)]
pub fn cut<V: Vector>(accumulator: &mut V, x: V) -> (V, V) {
    let sum = accumulator.add_unnoticed(x);
    let h = sum.subtract(*accumulator);
    *accumulator = sum;
    (h, x.subtract(h))
}

/// Where an accumulator starts: in the middle of the binade with the spacing `2^grid`.
#[inline(always)]
pub fn start(grid: i32) -> f64 {
    1.5 * power_of_two(grid + 52)
}

#[inline(always)]
pub fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(((exponent + 1023) as u64) << 52)
}

/// Whether all rests are zero, of either sign.
#[inline(always)]
fn is_zero<V: Vector>(rest: V) -> bool {
    all_bits(rest) << 1 == 0
}

/// Whether every lane is below a limit, which no NaN is.
#[inline(always)]
pub fn is_below<V: Vector>(vector: V, limit: f64) -> bool {
    let mut is_below = true;
    for lane in &vector.lanes()[..V::LANES] {
        is_below &= *lane < limit;
    }
    is_below
}

/// How far the accumulators have moved, in units of their grid.
#[inline(always)]
pub fn moved<V: Vector>(accumulators: V, start: f64) -> i64 {
    let mut total = 0;
    for lane in &accumulators.lanes()[..V::LANES] {
        total += (lane.to_bits() as i64).wrapping_sub(start.to_bits() as i64);
    }
    total
}

/// The sum of lanes that are integers of at most 2^53.
#[inline(always)]
pub fn units<V: Vector>(vector: V) -> i64 {
    let mut total = 0;
    for integer in vector.integers() {
        total += integer;
    }
    total
}
