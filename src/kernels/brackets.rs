//! Sums of squares to within a slack that is known: half the work of the exact ones.
//!
//! A correctly rounded standard deviation seldom needs the exact sums: if both ends of an interval
//! that holds the truth round to the same number, that number is the answer (Ziv's strategy). So a
//! value is cut once, on the grid `G = 2^(top - 23)`, as [`slices`](super::slices) explains:
//! `x = h + r`, where `h` is a multiple of `G` and `|r| <= G / 2`. Then
//!
//! ```text
//! sum x  = sum h   + sum r
//! sum x² = sum h²  + sum r * (x + h)
//! ```
//!
//! The first sums are exact; the second ones are small, and rounding them does little harm.
//!
//! # How little
//!
//! In one lane, in units of `G`, for `n <= 128` steps, whose sums are added in two chains and then
//! joined, by fewer than 128 additions. Let `H < 2^e`, with `e <= 53`, be the sum of the `h²` in the
//! end. It is exact, and keeps the accumulators of the `h` in their binade, for the reasons given in
//! [`slices`](super::slices#sums-of-squares). Hence `sum |h| <= sqrt(n * H)`.
//!
//! * `sum r` stays below 64, so each addition errs by at most `2^-47`: together `2^-40`.
//! * `sum |r * (x + h)| <= sum |h| + n / 4 <= sqrt(2^7 * 2^e) + 32`, for `|x + h| <= 2|h| + 1/2`. Call
//!   this `B`. Rounding `x + h` errs by `2^-53 * B` altogether, and each addition by at most
//!   `2^-53 * B`: together by less than `2^-45 * 2^ceil((7 + e) / 2)` for `e >= 8`.
//!
//! Both are read out in units of `2^-40` and `2^-24`, which cuts off less than one unit each. What a
//! subnormal product loses is far below.

use super::slices::{Lanes, cut, is_below, moved, power_of_two, start, units};
use super::sums::Sums;
use super::vector::Vector;
use crate::exact::Bound;

/// The unit of the rests, in bits below the grid.
const REST_BITS: i32 = 40;
/// The unit of their products, in bits below the squared grid.
const CROSS_BITS: i32 = 24;
/// A tight block has a value of at least `2^(top - 1)`, whose square has so many bits.
const TIGHT: i32 = 45;

/// The sums of blocks that were cut on the same grid.
#[derive(Clone, Copy, Default)]
pub struct Bracket {
    /// In units of the grid.
    heads: i128,
    rests: i128,
    /// In units of the squared grid.
    squares: i128,
    crosses: i128,
    /// How far the rests and the crosses may be off.
    rests_slack: u64,
    crosses_slack: u64,
    /// The bits of the largest sum of squares in one lane of the last block.
    width: i32,
}

/// The accumulators of every second vector.
struct Chain<V> {
    heads: V,
    rests: V,
    squares: V,
    crosses: V,
}

impl<V: Vector> Chain<V> {
    #[inline(always)]
    fn start(detected: V::Detected, heads: f64) -> Self {
        let zero = V::splat(detected, 0.0);
        Self { heads: V::splat(detected, heads), rests: zero, squares: zero, crosses: zero }
    }

    #[inline(always)]
    fn add(&mut self, x: V) {
        let (h, r) = cut(&mut self.heads, x);
        self.rests = self.rests.add(r);
        self.squares = h.multiply_add(h, self.squares);
        self.crosses = r.multiply_add(x.add(h), self.crosses);
    }
}

/// The grid for values below `2^top`.
fn grid(top: i32) -> i32 {
    top - 23
}

impl Bracket {
    /// Adds a block, if its values are below `2^top`.
    #[inline(always)]
    pub fn add<V: Vector>(
        &mut self,
        detected: V::Detected,
        values: &impl Lanes<V>,
        top: i32,
    ) -> bool {
        let grid = grid(top);
        let (start, zero) = (start(grid), V::splat(detected, 0.0));
        // Two chains of additions, for one would wait for its own results.
        let (mut even, mut odd) = (Chain::start(detected, start), Chain::start(detected, start));
        let steps = values.steps();
        for pair in 0..steps / 2 {
            even.add(values.load(detected, 2 * pair));
            odd.add(values.load(detected, 2 * pair + 1));
        }
        if steps % 2 == 1 {
            even.add(values.load(detected, steps - 1));
        }
        let squares = even.squares.add(odd.squares);
        if !is_below(squares, power_of_two(53 + 2 * grid)) {
            return false;
        }
        let scaled =
            |sum: V, bits: i32| sum.multiply_add(V::splat(detected, power_of_two(bits)), zero);
        let squares = scaled(squares, -2 * grid);
        let rests = scaled(even.rests.add(odd.rests), REST_BITS - grid);
        let crosses = scaled(even.crosses.add(odd.crosses), CROSS_BITS - 2 * grid);
        self.heads += i128::from(moved(even.heads, start) + moved(odd.heads, start));
        self.rests += i128::from(units(rests));
        self.squares += i128::from(units(squares));
        self.crosses += i128::from(units(crosses));
        self.width = width(squares);
        self.rests_slack += 2 * V::LANES as u64;
        let rounding = (self.width.max(8) + 8) / 2 - 45 + CROSS_BITS;
        self.crosses_slack += V::LANES as u64 * (1 + (1 << rounding.max(0)));
        true
    }

    /// By how many bits the values of the last block were smaller than the grid allows.
    pub fn bits_too_wide(&self) -> i32 {
        (TIGHT - self.width) / 2
    }

    /// Adds what is held to the sums, and its slack.
    pub fn flush(&mut self, top: i32, sums: &mut Sums) {
        let grid = grid(top);
        let Self { heads, rests, squares, crosses, rests_slack, crosses_slack, .. } = *self;
        sums.first.add(heads, grid);
        sums.first.add(rests, grid - REST_BITS);
        sums.second.add(squares, 2 * grid);
        sums.second.add(crosses, 2 * grid - CROSS_BITS);
        let slack = sums.slack.get_or_insert_default();
        slack.first = slack.first.plus(Bound::new(rests_slack, grid - REST_BITS));
        slack.second = slack.second.plus(Bound::new(crosses_slack, 2 * grid - CROSS_BITS));
        *self = Self::default();
    }
}

/// The bits of the largest lane of integers.
#[inline(always)]
fn width<V: Vector>(integers: V) -> i32 {
    let mut all = 0;
    for integer in integers.integers() {
        all |= integer as u64;
    }
    u64::BITS as i32 - all.leading_zeros() as i32
}
