//! Sums of values and of their squares: a slice of each, and what it leaves over.
//!
//! For a column there are grids `G = 2^(top - 42)`, of values, and `Q = 2^(2 top - 42)`, of squares. As in
//! [`slices`](crate::kernels::slices), an accumulator starts in the middle of the binade whose doubles are the multiples of
//! its grid. A value `x` adds
//!
//! ```text
//! t = H + x;          h = t - H;   R += x - h;
//! u = RN(S + x * x);  d = u - S;   E += RN(d - x * x);
//! ```
//!
//! where each of `u` and `d - x * x` is one fused multiply-add, so the square is never rounded by itself. In the end the sum
//! is that of the `h`, which `H` has moved by, plus `R`; the sum of squares is that of the `d`, minus `E`.
//!
//! # Proof
//!
//! Let there be `n <= 512` values. `S` never decreases, since rounding is monotone. So if it has moved by less than
//! `2^(2 top + 8)` in the end, it has not left its binade, which it could by `2^(2 top + 9)` at the earliest. Hence all `d` are
//! exact, multiples of `Q`, and off by at most `Q / 2` from the squares. The sum of these is below `2^(2 top + 8) + n Q / 2`, and by
//! the Cauchy-Schwarz inequality that of the magnitudes below `sqrt(n * 2^(2 top + 8.1)) < 2^(top + 8.6)`. That is less
//! than `H` could move by, with at most `n G / 2` of rounding: all `h` and `x - h` are exact, the latter at most `G / 2`. A NaN or
//! an infinity moves `S` to a NaN or an infinity, which is not below a limit.
//!
//! After `k` terms of at most `G / 2`, `R` is at most `k G / 2`, so the addition is off by at most `2^-54 k G`, and all of them by
//! less than `n^2 2^-55 G`. The same bounds the additions to `E`, and rounding its terms contributes `n 2^-54 Q` at most, also
//! where squares are subnormal, for `Q` is far above: `E` is off by less than `(n^2 + 2 n) 2^-55 Q`. Both bounds are doubled,
//! which covers the rounding of their sums over all blocks.

use crate::kernels::across::nearest::passes::{BAND, position};
use crate::kernels::across::rows::Rows;
use crate::kernels::floats::Ieee;
use crate::kernels::slices::{middle, power_of_two, sum_grid};
use crate::kernels::vector::Vector;

/// Where the grids of a column are, if its values are around `2^top`.
#[derive(Clone, Copy)]
pub(super) struct Grids {
    /// Where the accumulators of values and of squares start.
    pub(super) starts: [f64; 2],
    /// What the sum of squares of a block must be below.
    pub(super) limit: f64,
    /// The errors of both rests of `n` values, divided by `n^2 + 2 n`.
    pub(super) errors: [f64; 2],
}

impl Grids {
    pub(super) fn new(top: i32) -> Self {
        let grids = [sum_grid(top, 0), sum_grid(2 * top, 0)];
        Self {
            starts: grids.map(middle),
            limit: power_of_two(2 * top + 8),
            errors: grids.map(|grid| power_of_two(grid - 54)),
        }
    }
}

/// The accumulators of a stripe: of values and of squares, and of the rests of both.
#[derive(Clone, Copy)]
pub(super) struct Stripe<V> {
    pub(super) heads: [V; 2],
    pub(super) rests: [V; 2],
}

/// Adds rows.
#[inline(always)]
pub(super) fn add<V: Vector, T: Ieee>(
    detected: V::Detected,
    rows: Rows<'_, T>,
    gap: usize,
    stripes: &mut [Stripe<V>],
) {
    let mut row = 0;
    while row + BAND <= rows.count() {
        let next = row + BAND;
        let lines: [&[T]; BAND] = std::array::from_fn(|i| rows.row(row + i));
        let ahead: [&[T]; BAND] =
            std::array::from_fn(|i| rows.row((next + i).min(rows.count() - 1)));
        add_band::<V, T, BAND>(detected, lines, ahead, gap, stripes);
        row = next;
    }
    while row < rows.count() {
        let line = [rows.row(row)];
        add_band::<V, T, 1>(detected, line, line, gap, stripes);
        row += 1;
    }
}

#[inline(always)]
fn add_band<V: Vector, T: Ieee, const ROWS: usize>(
    detected: V::Detected,
    lines: [&[T]; ROWS],
    ahead: [&[T]; ROWS],
    gap: usize,
    stripes: &mut [Stripe<V>],
) {
    let ones = V::ones(detected);
    for (i, stripe) in stripes.iter_mut().enumerate() {
        let at = position::<V>(i, gap, lines[0].len());
        let Stripe { heads: [mut values, mut squares], rests: [mut rest, mut square_rest] } =
            *stripe;
        for line in 0..ROWS {
            if ROWS == BAND {
                V::prefetch_front(&ahead[line][at..]);
            }
            let x: V = T::load(detected, &lines[line][at..at + V::LANES]);
            let t = values.add(x);
            let h = t.difference(values, ones);
            rest = rest.add(x.subtract(h));
            values = t;
            let u = x.multiply_add(x, squares);
            let d = u.difference(squares, ones);
            square_rest = square_rest.add(d.minus_product(x, x));
            squares = u;
        }
        *stripe = Stripe { heads: [values, squares], rests: [rest, square_rest] };
    }
}
