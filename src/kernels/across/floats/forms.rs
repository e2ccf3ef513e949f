//! Ways to sum a stripe: in slices, in slices whose products are summed as well, and in brackets.

use super::chains::{SQUARE_SLICES, SquareChain, SumChain};
use super::stripes::{Lanewise, MAX_SUMS, Stripe};
use crate::kernels::brackets::{self, CROSS_BITS, REMAINDER_BITS};
use crate::kernels::slices::{PAIRS, is_below, power_of_two, square_grid};
use crate::kernels::vector::{MAX_LANES, Vector, Watch, all_bits};

/// What a block adds to the totals of a stripe, if it fits.
#[derive(Clone, Copy)]
pub(super) struct Moved<V, const SUMS: usize> {
    pub(super) totals: [Lanewise<i64>; SUMS],
    /// Lanes whose values were too large have bits above the 52nd.
    outside: V,
    /// Lanes with values that the grids could not hold have bits beside the sign.
    remainder: V,
    /// Lanes whose values were too large are not below `2^53`.
    squares: V,
}

impl<V: Vector, const SUMS: usize> Moved<V, SUMS> {
    /// What a block without rows adds.
    #[inline(always)]
    pub(super) fn nothing(detected: V::Detected) -> Self {
        let zero = V::splat(detected, 0.0);
        Self { totals: [[0; MAX_LANES]; SUMS], outside: zero, remainder: zero, squares: zero }
    }

    /// Whether all lanes fit.
    #[inline(always)]
    pub(super) fn fits(&self) -> bool {
        all_bits(self.outside) >> 52 == 0
            && all_bits(self.remainder) << 1 == 0
            && is_below(self.squares, power_of_two(53))
    }

    /// The lanes that fit, as bits.
    #[inline(always)]
    pub(super) fn lanes_that_fit(&self) -> u8 {
        let [outside, remainder, squares] =
            [self.outside.lanes(), self.remainder.lanes(), self.squares.lanes()];
        let mut fitting = 0;
        for lane in 0..V::LANES {
            let fits = outside[lane].to_bits() >> 52 == 0
                && remainder[lane].to_bits() << 1 == 0
                && squares[lane] < power_of_two(53);
            fitting |= u8::from(fits) << lane;
        }
        fitting
    }
}

/// A way to sum a stripe, with `SUMS` sums for each column.
pub(super) trait Form<V: Vector, const SUMS: usize>: Copy {
    /// What the exception flags cannot show must be checked in any case.
    const HAS_FLAGS: bool;

    /// The accumulators of a stripe.
    fn start(detected: V::Detected, stripe: &Stripe) -> Self;
    /// Adds a row; the flags are watched, or not.
    fn add(&mut self, row: V, ones: V, is_watched: bool);
    /// Computes the accumulators at this point of the program.
    fn pin(&mut self);
    /// By how much the accumulators moved.
    fn finish(&self, detected: V::Detected, stripe: &Stripe) -> Moved<V, SUMS>;
    /// Bounds on the errors of that, if there are any.
    fn slack(_moved: &Moved<V, SUMS>) -> [u64; 2] {
        [0, 0]
    }
}

impl<V: Vector, const N: usize> Form<V, N> for SumChain<V, N> {
    const HAS_FLAGS: bool = V::Watch::EXISTS;

    #[inline(always)]
    fn start(detected: V::Detected, stripe: &Stripe) -> Self {
        Self::start(detected, starts(detected, stripe))
    }

    #[inline(always)]
    fn add(&mut self, row: V, ones: V, is_watched: bool) {
        Self::add(self, row, ones, is_watched);
    }

    #[inline(always)]
    fn pin(&mut self) {
        Self::pin(self);
    }

    #[inline(always)]
    fn finish(&self, detected: V::Detected, stripe: &Stripe) -> Moved<V, N> {
        let mut all = Moved::nothing(detected);
        (all.outside, all.remainder) = (self.outside, self.remainder);
        for i in 0..N {
            let start = V::load(detected, &stripe.starts[i]);
            all.outside = all.outside.or_difference(self.slices[i], start);
            all.totals[i] = moved(self.slices[i], &stripe.starts[i]);
        }
        all
    }
}

impl<V: Vector, const N: usize> Form<V, MAX_SUMS> for SquareChain<V, N> {
    const HAS_FLAGS: bool = V::Watch::EXISTS;

    #[inline(always)]
    fn start(detected: V::Detected, stripe: &Stripe) -> Self {
        Self::start(detected, starts(detected, stripe))
    }

    #[inline(always)]
    fn add(&mut self, row: V, ones: V, is_watched: bool) {
        Self::add(self, row, ones, is_watched);
    }

    #[inline(always)]
    fn pin(&mut self) {
        Self::pin(self);
    }

    #[inline(always)]
    fn finish(&self, detected: V::Detected, stripe: &Stripe) -> Moved<V, MAX_SUMS> {
        let (zero, unit) = (V::splat(detected, 0.0), V::load(detected, &stripe.units[1]));
        let mut all = Moved::nothing(detected);
        all.remainder = self.remainder;
        all.squares = self.products[0].multiply_add(unit, zero);
        for i in 0..N {
            all.totals[i] = moved(self.sums[i], &stripe.starts[i]);
        }
        for (pair, (a, b)) in PAIRS.into_iter().enumerate().take(Self::PAIRS) {
            // A power of two, like the unit: both products are exact.
            let finer = power_of_two(2 * square_grid(0, 0) - square_grid(0, a) - square_grid(0, b));
            let unit = unit.multiply_add(V::splat(detected, finer), zero);
            all.totals[SQUARE_SLICES + pair] =
                self.products[pair].multiply_add(unit, zero).integers();
        }
        all
    }
}

impl<V: Vector> Form<V, 4> for brackets::Chain<V> {
    /// The remainders are rounded, and that is accounted for.
    const HAS_FLAGS: bool = false;

    #[inline(always)]
    fn start(detected: V::Detected, stripe: &Stripe) -> Self {
        Self::start(detected, V::load(detected, &stripe.starts[0]))
    }

    #[inline(always)]
    fn add(&mut self, row: V, _: V, _: bool) {
        Self::add(self, row);
    }

    #[inline(always)]
    fn pin(&mut self) {}

    #[inline(always)]
    fn finish(&self, detected: V::Detected, stripe: &Stripe) -> Moved<V, 4> {
        let unit = V::load(detected, &stripe.units[0]);
        let squared = V::load(detected, &stripe.units[1]);
        let mut all = Moved::nothing(detected);
        all.squares = scaled(detected, self.squares, squared, 0);
        all.totals = [
            moved(self.heads, &stripe.starts[0]),
            scaled(detected, self.remainders, unit, REMAINDER_BITS).integers(),
            all.squares.integers(),
            scaled(detected, self.crosses, squared, CROSS_BITS).integers(),
        ];
        all
    }

    #[inline(always)]
    fn slack(moved: &Moved<V, 4>) -> [u64; 2] {
        let width = brackets::width(moved.squares);
        [brackets::LANE_REMAINDERS_SLACK, brackets::lane_crosses_slack(width)]
    }
}

/// Sums in units of two to the power of `-bits`, of units whose inverse is given. All factors are powers of two.
#[inline(always)]
fn scaled<V: Vector>(detected: V::Detected, sums: V, unit: V, bits: i32) -> V {
    let zero = V::splat(detected, 0.0);
    sums.multiply_add(unit.multiply_add(V::splat(detected, power_of_two(bits)), zero), zero)
}

/// Where the accumulators of the first slices start.
#[inline(always)]
fn starts<V: Vector, const N: usize>(detected: V::Detected, stripe: &Stripe) -> [V; N] {
    let mut starts = [V::splat(detected, 0.0); N];
    for (start, lanes) in starts.iter_mut().zip(&stripe.starts) {
        *start = V::load(detected, lanes);
    }
    starts
}

/// By how much each lane has moved, in units of its grid.
#[inline(always)]
fn moved<V: Vector>(accumulator: V, starts: &Lanewise<f64>) -> Lanewise<i64> {
    let mut moved = [0; MAX_LANES];
    let lanes = accumulator.lanes().into_iter().zip(starts).take(V::LANES);
    for (moved, (lane, start)) in moved.iter_mut().zip(lanes) {
        *moved = (lane.to_bits() as i64).wrapping_sub(start.to_bits() as i64);
    }
    moved
}
