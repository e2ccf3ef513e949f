//! Brackets that are 2^20 times as narrow, for values whose exponents are far apart.
//!
//! A value is cut once, on a grid of `G = 2^(top - 42)`, as for sums: `x = h + r`. Its square is `p + e`: `p` is the
//! square rounded, and a fused multiply-add computes `e`. `p` is cut once, too, on a grid of `2^(2 top - 42)`. The
//! heads have exact sums; what is left of values and of squares is added in floating point.
//!
//! # Error bounds
//!
//! In one lane, for `n <= 128` values in two chains, as long as the cut squares add up to less than `2^(2 top + 8)`,
//! which is checked in the end: they are not negative, so neither did a partial sum exceed it, and no accumulator left
//! its binade. By the Cauchy-Schwarz inequality, the magnitudes of the values add up to less than
//! `sqrt(2^7 * 2^(2 top + 8)) < 2^(top + 8)`, or 2^50 units, so neither did those of the values.
//!
//! * `|r| <= 2^(top - 43)`, so each of fewer than 128 additions is off by at most `2^-53 * 2^(top - 36)`; all of them, by
//!   `2^(top - 82)`.
//! * The remainder of `p` is at most `2^(2 top - 43)`. The `e` are at most `2^-53` of the squares, `2^(2 top - 45)` in
//!   total. So partial sums are below `2^(2 top - 35)`, the additions of both are off by at most `2^-53` of that, twice for
//!   each value, and all of them by `2^(2 top - 80)`.
//!
//! Both sums are read in these units, which truncates less than one of them. Where squares are subnormal, the errors are
//! far below.

use super::super::slices::{
    Lanes, LeftOut, cut_by_pipes, is_below, middle, moved, power_of_two, sum_grid, units,
};
use super::super::sums::Sums;
use super::super::vector::Vector;
use crate::exact::Bound;

/// The units of what is left of values, and of squares, in bits below `2^top` and `2^(2 top)`.
const REST_BITS: i32 = 82;
const SQUARE_REST_BITS: i32 = 80;
/// The bound on the error of one lane, in these units.
const LANE_SLACK: u64 = 2;
/// Bits, above `2^(2 top)`, of the limit for the squares of a lane.
const LIMIT_BITS: i32 = 8;

/// The sums of blocks that were cut on the same grid.
#[derive(Clone, Copy, Default)]
pub(crate) struct FineBracket {
    heads: i128,
    rests: i128,
    squares: i128,
    square_rests: i128,
    /// The number of lanes of all blocks.
    lanes: u64,
    /// What was left out of the last block.
    pub(crate) left_out: LeftOut,
}

/// The accumulators of one of the two chains: each adds every other vector.
pub(in crate::kernels) struct FineChain<V> {
    pub(in crate::kernels) heads: V,
    pub(in crate::kernels) rest: V,
    pub(in crate::kernels) squares: V,
    pub(in crate::kernels) square_rest: V,
}

impl<V: Vector> FineChain<V> {
    /// One for values below `2^top`.
    #[inline(always)]
    pub(in crate::kernels) fn start(detected: V::Detected, top: i32) -> Self {
        let [heads, squares] = Self::starts(top);
        let (heads, squares) = (V::splat(detected, heads), V::splat(detected, squares));
        let zero = V::splat(detected, 0.0);
        Self { heads, rest: zero, squares, square_rest: zero }
    }

    /// Where the accumulators of heads and squares start.
    #[inline(always)]
    pub(in crate::kernels) fn starts(top: i32) -> [f64; 2] {
        [middle(sum_grid(top, 0)), middle(sum_grid(2 * top, 0))]
    }

    #[inline(always)]
    pub(in crate::kernels) fn add(&mut self, x: V, ones: V, zero: V) {
        let (_, r) = cut_by_pipes(&mut self.heads, x, ones);
        self.rest = self.rest.add(r);
        let square = x.multiply_add(x, zero);
        let excess = square.minus_product(x, x);
        let (_, r) = cut_by_pipes(&mut self.squares, square, ones);
        self.square_rest = self.square_rest.add(r.subtract(excess));
    }
}

impl FineBracket {
    /// Adds a block and returns true, if its values are below `2^top`.
    #[inline(always)]
    pub(crate) fn add<V: Vector>(
        &mut self,
        detected: V::Detected,
        values: &impl Lanes<V>,
        top: i32,
    ) -> bool {
        let (ones, zero) = (V::ones(detected), V::splat(detected, 0.0));
        let mut even = FineChain::<V>::start(detected, top);
        let mut odd = FineChain::<V>::start(detected, top);
        let steps = values.steps();
        let mut left_out = LeftOut::default();
        for pair in 0..steps / 2 {
            even.add(values.load(detected, 2 * pair, &mut left_out), ones, zero);
            odd.add(values.load(detected, 2 * pair + 1, &mut left_out), ones, zero);
        }
        if steps % 2 == 1 {
            even.add(values.load(detected, steps - 1, &mut left_out), ones, zero);
        }
        if let Some(rest) = values.load_rest(detected, &mut left_out) {
            odd.add(rest, ones, zero);
        }
        let [start, square_start] = FineChain::<V>::starts(top);
        let from = V::splat(detected, square_start);
        let squares = even.squares.subtract(from).add(odd.squares.subtract(from));
        if !is_below(squares, power_of_two(2 * top + LIMIT_BITS)) {
            return false;
        }
        let scaled =
            |sum: V, bits: i32| sum.multiply_add(V::splat(detected, power_of_two(bits)), zero);
        let rests = scaled(even.rest.add(odd.rest), REST_BITS - top);
        let square_rests =
            scaled(even.square_rest.add(odd.square_rest), SQUARE_REST_BITS - 2 * top);
        self.heads += i128::from(moved(even.heads, start) + moved(odd.heads, start));
        self.rests += i128::from(units(rests));
        self.squares +=
            i128::from(moved(even.squares, square_start) + moved(odd.squares, square_start));
        self.square_rests += i128::from(units(square_rests));
        self.lanes += V::LANES as u64;
        self.left_out = left_out;
        true
    }

    /// Adds the sums and their slack.
    pub(crate) fn flush(&mut self, top: i32, sums: &mut Sums) {
        let Self { heads, rests, squares, square_rests, lanes, left_out } = *self;
        sums.first.add(heads, sum_grid(top, 0));
        sums.first.add(rests, top - REST_BITS);
        sums.second.add(squares, sum_grid(2 * top, 0));
        sums.second.add(square_rests, 2 * top - SQUARE_REST_BITS);
        let slack = sums.slack.get_or_insert_default();
        let units = LANE_SLACK * lanes;
        slack.first = slack.first.plus(Bound::new(units, top - REST_BITS));
        slack.second = slack.second.plus(Bound::new(units, 2 * top - SQUARE_REST_BITS));
        *self = Self { left_out, ..Self::default() };
    }
}
