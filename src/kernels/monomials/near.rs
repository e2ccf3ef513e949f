//! Sums of products to within a known error, several times as fast as exact ones.
//!
//! A product is a double and a rest: `high = RN(x*y)`, and `low` is what rounding took away. For two factors that is
//! exact; with more of them, `low` is rounded, too. `high` is cut twice, as [`slices`](super::super::slices) explains,
//! and what remains of it goes with `low` into a third accumulator, which rounds it to its grid.
//!
//! # The error
//!
//! Let all products of a block be below `2^top`. The errors of a product are
//!
//! * of `low`, with three or four factors: at most two roundings of terms below `2^(top - 51)`, and the product of two
//!   rests below `2^(top - 106)`: together below `2^(top - 102.9)`;
//! * of the sum of `low` and the remainder of `high`, which is below `2^(top - 50)`: at most `2^(top - 104)`;
//! * where a partial product is subnormal: at most `2^-1075` for each, times the other factors. All partial products are
//!   below powers of two that are no less than `2^-900`, so that this is below `2^(top - 170)`;
//! * of the third accumulator, whose grid is `2^(top - 92)`: at most `2^(top - 93)`.
//!
//! The sum is below one unit of the last grid.

#![expect(
    clippy::needless_range_loop,
    reason = "iterators are not always unrolled, which keeps vectors in memory"
)]

use std::ops::RangeInclusive;

use super::super::dispatch::{self, Isa, Level, Task};
use super::super::formats::top_of;
use super::super::ladder::add_joined;
use super::super::slices::{SUM_STEPS, cut_by_pipes, middle, sum_grid};
use super::super::vector::{Vector, Watch, all_bits};
use super::Part;
use crate::exact::{Ball, Bound, Integer};

/// Exponents of the powers of two above products, and above parts of them, for which the bounds hold.
const TOPS: RangeInclusive<i32> = -900..=1000;
/// Bits between the largest product and the limit of its rest and of the remainder after two slices.
const REST_BITS: i32 = 50;
/// Leading bits of the grids that a block may leave unused: the coarser the grids, the larger the error.
const MAX_UNUSED_BITS: i32 = 4;
/// Slices of the rounded product, and one for what remains.
const SLICES: usize = 3;

/// The grids of products below `2^top`.
fn grids(top: i32) -> [i32; SLICES] {
    [sum_grid(top, 0), sum_grid(top, 1), sum_grid(top - REST_BITS, 0)]
}

/// A sum of products of two to four factors, and how far off it may be.
#[derive(Default)]
pub(super) struct NearSum {
    /// The products of the blocks that are added on the same grids are below two to this power.
    top: Option<i32>,
    /// In units of the grids.
    units: [i128; SLICES],
    /// How many products may be off by a unit of the last grid.
    inexact: u64,
    total: Integer,
    slack: Bound,
}

impl NearSum {
    /// Adds the products of a block; returns whether there are as many factors as it takes, with exponents for which
    /// the bounds hold.
    #[inline]
    pub(super) fn add(&mut self, level: Level, factors: &[Part<'_>]) -> bool {
        if level.isa() == Isa::Portable || !(2..=4).contains(&factors.len()) {
            return false;
        }
        let Some(needed) = top_of_product(factors) else {
            return false;
        };
        let top = match self.top {
            Some(top) if (top - MAX_UNUSED_BITS..=top).contains(&needed) => top,
            _ => {
                self.flush();
                *self.top.insert(needed)
            }
        };
        let mut added = None;
        let values = |i: usize| factors[i].values;
        match factors.len() {
            2 => run(level, [values(0), values(1)], top, &mut added),
            3 => run(level, [values(0), values(1), values(2)], top, &mut added),
            _ => run(level, [values(0), values(1), values(2), values(3)], top, &mut added),
        }
        let Some((units, is_exact)) = added else {
            return false;
        };
        for (total, units) in self.units.iter_mut().zip(units) {
            *total += i128::from(units);
        }
        if !is_exact {
            self.inexact += values(0).len() as u64;
        }
        true
    }

    fn flush(&mut self) {
        let Some(top) = self.top.take() else {
            return;
        };
        let grids = grids(top);
        let units = std::mem::take(&mut self.units);
        add_joined(units.into_iter().zip(grids), &mut self.total);
        let slack = Bound::new(std::mem::take(&mut self.inexact), grids[SLICES - 1]);
        self.slack = self.slack.plus(slack);
    }

    /// The sum.
    pub(super) fn finish(mut self) -> Ball {
        self.flush();
        Ball::new(self.total, self.slack)
    }
}

/// The exponent of a power of two above all products; `None` if the bounds do not hold.
fn top_of_product(factors: &[Part<'_>]) -> Option<i32> {
    let tops = |factors: &[Part<'_>]| {
        let tops = factors.iter().map(|factor| top_of::<f64>(factor.largest));
        tops.reduce(i32::saturating_add).filter(|top| TOPS.contains(top))
    };
    // The parts: the first two, and three or the last two.
    let parts = [tops(&factors[..2]), tops(&factors[..factors.len().min(3)]), tops(&factors[2..])];
    match factors.len() {
        4 => parts[0].and(parts[2]).and_then(|_| tops(factors)),
        _ => parts[0].and(parts[1]),
    }
}

fn run<const F: usize>(
    level: Level,
    factors: [&[f64]; F],
    top: i32,
    added: &mut Option<([i64; SLICES], bool)>,
) {
    dispatch::run(level, AddBlock { factors, top, added });
}

/// Adds the products of a block.
struct AddBlock<'a, const F: usize> {
    factors: [&'a [f64]; F],
    top: i32,
    /// The sums, and whether they are exact; `None` if a value is not finite.
    added: &'a mut Option<([i64; SLICES], bool)>,
}

impl<const F: usize> Task for AddBlock<'_, F> {
    #[inline(always)]
    fn run<V: Vector>(self, detected: V::Detected) {
        let rows = self.factors[0].len();
        let (mut total, mut are_exact) = ([0; SLICES], true);
        let mut start = 0;
        while start < rows {
            let end = rows.min(start + SUM_STEPS * V::LANES);
            let mut factors = self.factors;
            for i in 0..F {
                factors[i] = &factors[i][start..end];
            }
            let Some((units, is_exact)) = sums::<V, F>(detected, factors, self.top) else {
                return;
            };
            for i in 0..SLICES {
                total[i] += units[i];
            }
            are_exact &= is_exact;
            start = end;
        }
        *self.added = Some((total, are_exact));
    }
}

/// The sums of as many products as an accumulator has room for, and whether they are exact; `None` if a value is not
/// finite.
#[inline(always)]
fn sums<V: Vector, const F: usize>(
    detected: V::Detected,
    values: [&[f64]; F],
    top: i32,
) -> Option<([i64; SLICES], bool)> {
    let start = grids(top).map(middle);
    let watch = V::Watch::start();
    let mut sums = [V::splat(detected, 0.0); SLICES];
    for i in 0..SLICES {
        sums[i] = V::Watch::pin(V::splat(detected, start[i]));
    }
    let ones = V::ones(detected);
    let rows = values[0].len();
    let mut row = 0;
    while row + V::LANES <= rows {
        let mut factors = [ones; F];
        for i in 0..F {
            factors[i] = V::load(detected, &values[i][row..]);
        }
        add_product(factors, ones, &mut sums);
        row += V::LANES;
    }
    if row < rows {
        let mut factors = [ones; F];
        for i in 0..F {
            factors[i] = V::load_some(detected, &values[i][row..rows]);
        }
        add_product(factors, ones, &mut sums);
    }
    let mut outside = V::splat(detected, 0.0);
    for i in 0..SLICES {
        sums[i] = V::Watch::pin(sums[i]);
        outside = outside.or_difference(sums[i], V::splat(detected, start[i]));
    }
    let is_exact = V::Watch::EXISTS && !watch.has_rounded();
    if all_bits(outside) >> 52 != 0 {
        return None;
    }
    let mut units = [0; SLICES];
    for i in 0..SLICES {
        let before = start[i].to_bits().wrapping_mul(V::LANES as u64);
        units[i] = sums[i].total_of_bits().wrapping_sub(before) as i64;
    }
    Some((units, is_exact))
}

/// Adds a product to the accumulators.
#[inline(always)]
fn add_product<V: Vector, const F: usize>(factors: [V; F], ones: V, sums: &mut [V; SLICES]) {
    let (high, excess) = product(factors);
    let rest = cut_by_pipes(&mut sums[0], high, ones).1;
    let rest = cut_by_pipes(&mut sums[1], rest, ones).1;
    sums[2] = sums[2].add(rest.subtract(excess));
}

/// A product rounded, and by how much that is too large, which is itself rounded if there are more than two factors.
#[inline(always)]
fn product<V: Vector, const F: usize>(factors: [V; F]) -> (V, V) {
    let (high, excess) = exact_product(factors[0], factors[1]);
    if F == 2 {
        return (high, excess);
    }
    if F == 3 {
        let (product, more) = exact_product(high, factors[2]);
        return (product, excess.multiply_add(factors[2], more));
    }
    let (other, other_excess) = exact_product(factors[2], factors[3]);
    let (product, more) = exact_product(high, other);
    (product, excess.multiply_add(other, high.multiply_add(other_excess, more)))
}

/// A product rounded, and by how much that is too large.
#[inline(always)]
fn exact_product<V: Vector>(x: V, y: V) -> (V, V) {
    let product = x.multiply_quietly(y);
    (product, product.minus_product(x, y))
}
