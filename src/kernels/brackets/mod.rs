//! Sums of squares to within a known slack, at half the cost of exact ones.
//!
//! A correctly rounded standard deviation seldom needs the exact sums. If both ends of an interval that
//! contains the exact result round to the same double, that double is the answer (Ziv's strategy). So a
//! value is cut only once, on the grid of multiples of `G = 2^(top - 23)`, as [`slices`](super::slices) explains:
//! `x = h + r`, where the head `h` is a multiple of `G`, and the remainder has `|r| <= G / 2`. Then
//!
//! ```text
//! sum x  = sum h   + sum r
//! sum x² = sum h²  + sum r * (x + h)
//! ```
//!
//! The sums in the first column are exact. Those in the second are small, and so are their rounding errors.
//!
//! # Error bounds
//!
//! All in one lane, in units of `G` and `G²`, for `n <= 128` steps, which are summed in two chains and then
//! joined, by fewer than 128 additions that round (the first of each chain adds to zero). Let `H < 2^e`, with
//! `e <= 53`, be the final sum of the `h²`. It is exact, and keeps the accumulators of the `h` in their
//! binade, for the reasons given in [`slices`](super::slices#sums-of-squares). By the Cauchy-Schwarz
//! inequality, `sum |h| <= sqrt(n * H)`.
//!
//! * `|sum r|` is at most 64, so each addition has an error of at most `2^-47`; 128 of them, of `2^-40`.
//! * `sum |r * (x + h)| <= sum |h| + n / 4 <= sqrt(2^7 * 2^e) + 32`, because `|r| <= 1/2` and
//!   `|x + h| <= 2|h| + 1/2`. Call this bound `B`. Rounding the `x + h` contributes at most `2^-53 * B` in total,
//!   and each addition at most `2^-53 * B`; together less than `2^-45 * 2^ceil((7 + e) / 2)` for `e >= 8`.
//!
//! The two sums are read in units of `2^-40` and `2^-24`, which truncates less than one unit each. The
//! error of a subnormal product is far below these.

mod fine;

use super::slices::{Lanes, LeftOut, cut, is_below, middle, moved, power_of_two, units};
use super::sums::Sums;
use super::vector::Vector;
use crate::exact::Bound;

pub(super) use fine::{FineBracket, FineChain};

/// The unit of the sum of remainders, in bits below the grid.
pub(super) const REMAINDER_BITS: i32 = 40;
/// The unit of the sum of cross terms `r * (x + h)`, in bits below the squared grid.
pub(super) const CROSS_BITS: i32 = 24;
/// Bits, in units of the squared grid, of the square of `2^(top - 1)`: a block with such a value is tight.
const TIGHT_BITS: i32 = 45;

/// The sums of blocks that were cut on the same grid.
#[derive(Clone, Copy, Default)]
pub(crate) struct Bracket {
    /// In units of the grid, and of `2^-REMAINDER_BITS` of it.
    heads: i128,
    remainders: i128,
    /// In units of the squared grid, and of `2^-CROSS_BITS` of it.
    squares: i128,
    crosses: i128,
    /// Bounds on the errors of `remainders` and `crosses`, in their units.
    remainders_slack: u64,
    crosses_slack: u64,
    /// The bits of the largest sum of squares in one lane of the last block.
    width: i32,
    /// What was left out of the last block.
    pub(crate) left_out: LeftOut,
}

/// The accumulators of one of the two chains: each adds every other vector.
#[derive(Clone, Copy)]
pub(super) struct Chain<V> {
    pub(super) heads: V,
    pub(super) remainders: V,
    pub(super) squares: V,
    pub(super) crosses: V,
}

impl<V: Vector> Chain<V> {
    #[inline(always)]
    pub(super) fn start(detected: V::Detected, heads: V) -> Self {
        let zero = V::splat(detected, 0.0);
        Self { heads, remainders: zero, squares: zero, crosses: zero }
    }

    #[inline(always)]
    pub(super) fn add(&mut self, x: V) {
        let (h, r) = cut(&mut self.heads, x);
        self.remainders = self.remainders.add(r);
        self.squares = h.multiply_add(h, self.squares);
        self.crosses = r.multiply_add(x.add(h), self.crosses);
    }
}

/// The grid for values below `2^top`.
#[inline]
pub(super) fn grid(top: i32) -> i32 {
    top - 23
}

impl Bracket {
    /// Adds a block and returns true, if its values are below `2^top`.
    #[inline(always)]
    pub(crate) fn add<V: Vector>(
        &mut self,
        detected: V::Detected,
        values: &impl Lanes<V>,
        top: i32,
    ) -> bool {
        let grid = grid(top);
        let (start, zero) = (middle(grid), V::splat(detected, 0.0));
        // Two chains of additions hide the latency that a single one would wait for.
        let mut even = Chain::start(detected, V::splat(detected, start));
        let mut odd = Chain::start(detected, V::splat(detected, start));
        let steps = values.steps();
        let mut left_out = LeftOut::default();
        for pair in 0..steps / 2 {
            even.add(values.load(detected, 2 * pair, &mut left_out));
            odd.add(values.load(detected, 2 * pair + 1, &mut left_out));
        }
        if steps % 2 == 1 {
            even.add(values.load(detected, steps - 1, &mut left_out));
        }
        if let Some(rest) = values.load_rest(detected, &mut left_out) {
            odd.add(rest);
        }
        let squares = even.squares.add(odd.squares);
        if !is_below(squares, power_of_two(53 + 2 * grid)) {
            return false;
        }
        let scaled =
            |sum: V, bits: i32| sum.multiply_add(V::splat(detected, power_of_two(bits)), zero);
        let squares = scaled(squares, -2 * grid);
        let remainders = scaled(even.remainders.add(odd.remainders), REMAINDER_BITS - grid);
        let crosses = scaled(even.crosses.add(odd.crosses), CROSS_BITS - 2 * grid);
        self.heads += i128::from(moved(even.heads, start) + moved(odd.heads, start));
        self.remainders += i128::from(units(remainders));
        self.squares += i128::from(units(squares));
        self.crosses += i128::from(units(crosses));
        self.width = width(squares);
        self.left_out = left_out;
        self.remainders_slack += LANE_REMAINDERS_SLACK * V::LANES as u64;
        self.crosses_slack += lane_crosses_slack(self.width) * V::LANES as u64;
        true
    }

    /// The leading bits that the values of the last block left unused.
    pub(crate) fn unused_bits(&self) -> i32 {
        (TIGHT_BITS - self.width) / 2
    }

    /// Adds the sums and their slack.
    pub(crate) fn flush(&mut self, top: i32, sums: &mut Sums) {
        let grid = grid(top);
        let Self { heads, remainders, squares, crosses, remainders_slack, crosses_slack, .. } =
            *self;
        sums.first.add(heads, grid);
        sums.first.add(remainders, grid - REMAINDER_BITS);
        sums.second.add(squares, 2 * grid);
        sums.second.add(crosses, 2 * grid - CROSS_BITS);
        let slack = sums.slack.get_or_insert_default();
        slack.first = slack.first.plus(Bound::new(remainders_slack, grid - REMAINDER_BITS));
        slack.second = slack.second.plus(Bound::new(crosses_slack, 2 * grid - CROSS_BITS));
        *self = Self { left_out: self.left_out, ..Self::default() };
    }
}

/// The bound on the error of the remainders of one lane, in their units.
pub(super) const LANE_REMAINDERS_SLACK: u64 = 2;

/// The bound on the error of the cross terms of one lane, in their units, given the bits of its sum of squares.
#[inline(always)]
pub(super) fn lane_crosses_slack(width: i32) -> u64 {
    let rounding = (width.max(8) + 8) / 2 - 45 + CROSS_BITS;
    1 + (1 << rounding.max(0))
}

/// The bit length of the largest lane, for lanes that are integers and not negative.
#[inline(always)]
pub(super) fn width<V: Vector>(integers: V) -> i32 {
    let mut all = 0;
    for integer in integers.integers() {
        all |= integer as u64;
    }
    u64::BITS as i32 - all.leading_zeros() as i32
}
