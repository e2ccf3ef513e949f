//! A tile: some neighbouring columns, all rows of which are summed.

#![expect(
    clippy::needless_range_loop,
    reason = "iterators are not always unrolled, which keeps vectors in memory"
)]

use std::ops::RangeInclusive;

use super::chains::{self, Grids, Stripe};
use super::sums::PairSums;
use crate::kernels::across::nearest::passes::{position, scan};
use crate::kernels::across::nearest::sources::Source;
use crate::kernels::across::nearest::tile::two_sum;
use crate::kernels::floats::Ieee;
use crate::kernels::formats::top_of;
use crate::kernels::slices::{is_below, power_of_two};
use crate::kernels::vector::{MAX_LANES, Vector};

/// Rows that show what grids the columns need. They are read again at once.
const FIRST_ROWS: usize = 8;
/// Rows that are summed between two readings: the error of the rests grows with them, and a reading takes as long as adding
/// five rows.
const BLOCK_ROWS: usize = 128;
/// Bits of room above the largest value that has been seen. With three of them, values may be as large as these on average.
const ROOM: i32 = 2;
/// The exponents of values whose squares are neither subnormal nor too large.
const TOPS: RangeInclusive<i32> = -400..=450;

/// What was gathered of the columns of a tile.
pub(super) struct Tile<V> {
    /// By how many columns the first stripe overlaps the second.
    gap: usize,
    stripes: Vec<Stripe<V>>,
    frames: Vec<Frame<V>>,
    sums: Vec<[Sum<V>; 2]>,
    /// The largest magnitude of each column in the rows that were looked at.
    largest: Vec<u64>,
    tops: Vec<i32>,
    /// The columns whose values have no grids.
    is_lost: Vec<bool>,
}

/// The grids of a stripe.
#[derive(Clone, Copy)]
struct Frame<V> {
    starts: [V; 2],
    limit: V,
    errors: [V; 2],
}

/// A sum within `error` of `high + low`.
#[derive(Clone, Copy)]
struct Sum<V> {
    high: V,
    low: V,
    error: V,
}

impl<V: Vector> Sum<V> {
    /// Adds an exact number, and another with an error.
    #[inline(always)]
    fn add(&mut self, detected: V::Detected, exact: V, rest: V, error: V) {
        let rounding = V::splat(detected, power_of_two(-51));
        let (high, excess) = two_sum(self.high, exact);
        let sum = self.low.add(rest);
        let low = sum.add(excess);
        let sizes = magnitude(detected, sum).add(magnitude(detected, low));
        self.error = sizes.multiply_add(rounding, self.error.add(error));
        (self.high, self.low) = (high, low);
    }
}

#[inline(always)]
fn magnitude<V: Vector>(detected: V::Detected, x: V) -> V {
    x.greater(V::splat(detected, 0.0).subtract(x))
}

impl<V: Vector> Tile<V> {
    pub(super) fn new() -> Self {
        Self {
            gap: 0,
            stripes: vec![],
            frames: vec![],
            sums: vec![],
            largest: vec![],
            tops: vec![],
            is_lost: vec![],
        }
    }

    /// Sums all rows.
    #[inline(always)]
    pub(super) fn gather<T: Ieee>(&mut self, detected: V::Detected, source: Source<'_, T>) {
        let Source { rows, rest, .. } = source;
        self.clear(detected, source);
        scan::<V, T>(rows.between(0..rows.count().min(FIRST_ROWS)), &mut self.largest);
        self.place_first::<T>();
        self.restart(detected);
        for block in rows.blocks(BLOCK_ROWS).chain(rest.blocks(1)) {
            chains::add::<V, T>(detected, block, self.gap, &mut self.stripes);
            if !self.fits(detected) && !self.fits_but_for_lost() {
                scan::<V, T>(block, &mut self.largest);
                self.make_room::<T>();
                if !self.is_lost.contains(&false) {
                    return;
                }
                self.restart(detected);
                chains::add::<V, T>(detected, block, self.gap, &mut self.stripes);
                debug_assert!(self.fits_but_for_lost(), "there is room for all values");
            }
            self.flush(detected, block.count());
        }
    }

    /// Starts with columns of which nothing is known.
    #[inline(always)]
    fn clear<T: Ieee>(&mut self, detected: V::Detected, source: Source<'_, T>) {
        let columns = source.rows.columns();
        self.gap = source.gap;
        let count = (columns + self.gap).div_ceil(V::LANES);
        let zero = V::splat(detected, 0.0);
        self.stripes.clear();
        self.stripes.resize(count, Stripe { heads: [zero; 2], rests: [zero; 2] });
        self.frames.clear();
        self.frames.resize(count, Frame { starts: [zero; 2], limit: zero, errors: [zero; 2] });
        self.sums.clear();
        self.sums.resize(count, [Sum { high: zero, low: zero, error: zero }; 2]);
        self.largest.clear();
        self.largest.resize(columns, 0);
        self.tops.clear();
        self.tops.resize(columns, *TOPS.start());
        self.is_lost.clear();
        self.is_lost.resize(columns, false);
    }

    /// Places the grids by the first rows.
    fn place_first<T: Ieee>(&mut self) {
        // Columns of zeros so far are expected to be like others.
        let finite = self.largest.iter().filter(|&&largest| largest < T::INFINITY_BITS);
        let most = finite.max().copied().unwrap_or(0);
        for column in 0..self.tops.len() {
            let largest = self.largest[column];
            self.raise::<T>(column, if largest == 0 { most } else { largest });
        }
    }

    /// Moves the grid of a column above a magnitude.
    fn raise<T: Ieee>(&mut self, column: usize, magnitude: u64) {
        let top = top_of::<T>(magnitude).saturating_add(ROOM).max(*TOPS.start());
        match TOPS.contains(&top) {
            true => self.tops[column] = top,
            false => self.is_lost[column] = true,
        }
    }

    /// Moves the grids of the columns whose last values did not fit above the largest ones.
    #[cold]
    #[inline(never)]
    fn make_room<T: Ieee>(&mut self) {
        for i in 0..self.stripes.len() {
            let (at, fitting) = (self.position(i), self.fitting(i));
            for lane in 0..V::LANES {
                let column = at + lane;
                if !fitting[lane] && !self.is_lost[column] {
                    self.raise::<T>(column, self.largest[column]);
                }
            }
        }
    }

    /// The first column of a stripe.
    #[inline(always)]
    fn position(&self, stripe: usize) -> usize {
        position::<V>(stripe, self.gap, self.tops.len())
    }

    /// Places all accumulators at the start of their grids.
    #[inline(always)]
    fn restart(&mut self, detected: V::Detected) {
        let zero = V::splat(detected, 0.0);
        for i in 0..self.frames.len() {
            let at = self.position(i);
            let (mut starts, mut limits, mut errors) =
                ([[0.0; MAX_LANES]; 2], [0.0; MAX_LANES], [[0.0; MAX_LANES]; 2]);
            for lane in 0..V::LANES {
                let grids = Grids::new(self.tops[at + lane]);
                limits[lane] = grids.limit;
                for of in 0..2 {
                    starts[of][lane] = grids.starts[of];
                    errors[of][lane] = grids.errors[of];
                }
            }
            let frame = &mut self.frames[i];
            frame.limit = V::load(detected, &limits);
            for of in 0..2 {
                frame.starts[of] = V::load(detected, &starts[of]);
                frame.errors[of] = V::load(detected, &errors[of]);
            }
            self.stripes[i] = Stripe { heads: frame.starts, rests: [zero; 2] };
        }
    }

    /// Whether the last block fitted all grids.
    #[inline(always)]
    fn fits(&self, detected: V::Detected) -> bool {
        let mut worst = V::splat(detected, -1.0);
        for (stripe, frame) in self.stripes.iter().zip(&self.frames) {
            let moved = stripe.heads[1].subtract(frame.starts[1]);
            // Less than zero below the limit, and else zero, also for a NaN.
            let beyond = moved.lesser(frame.limit).subtract(frame.limit);
            worst = worst.greater(beyond);
        }
        is_below(worst, 0.0)
    }

    /// The same without a look at columns that are lost.
    #[cold]
    #[inline(never)]
    fn fits_but_for_lost(&self) -> bool {
        for i in 0..self.stripes.len() {
            let (at, fitting) = (self.position(i), self.fitting(i));
            for lane in 0..V::LANES {
                if !fitting[lane] && !self.is_lost[at + lane] {
                    return false;
                }
            }
        }
        true
    }

    /// Which lanes of a stripe fitted.
    fn fitting(&self, stripe: usize) -> [bool; MAX_LANES] {
        let frame = &self.frames[stripe];
        let (now, start) = (self.stripes[stripe].heads[1].lanes(), frame.starts[1].lanes());
        let (limit, mut fitting) = (frame.limit.lanes(), [false; MAX_LANES]);
        for lane in 0..V::LANES {
            fitting[lane] = now[lane] - start[lane] < limit[lane];
        }
        fitting
    }

    /// Moves what the accumulators hold of that number of rows to the sums.
    #[inline(always)]
    fn flush(&mut self, detected: V::Detected, rows: usize) {
        let zero = V::splat(detected, 0.0);
        let terms = V::splat(detected, (rows * (rows + 2)) as f64);
        for ((stripe, frame), sums) in self.stripes.iter_mut().zip(&self.frames).zip(&mut self.sums)
        {
            let rests = [stripe.rests[0], zero.subtract(stripe.rests[1])];
            for of in 0..2 {
                let moved = stripe.heads[of].subtract(frame.starts[of]);
                let error = frame.errors[of].multiply_add(terms, zero);
                sums[of].add(detected, moved, rests[of], error);
            }
            *stripe = Stripe { heads: frame.starts, rests: [zero; 2] };
        }
    }

    /// Whether a NaN or an infinity was found in a column; those from `columns` on are parts of the first ones.
    pub(super) fn is_special<T: Ieee>(&self, column: usize, columns: usize) -> bool {
        let mut parts = self.largest[column..].iter().step_by(columns);
        parts.any(|&largest| largest >= T::INFINITY_BITS)
    }

    /// The sums of all columns.
    pub(super) fn read(&self, sums: &mut PairSums) {
        let columns = self.tops.len();
        for of in 0..2 {
            let all = &mut sums.0[of];
            all.resize(columns);
            for (i, sums) in self.sums.iter().enumerate() {
                let lanes = self.position(i)..self.position(i) + V::LANES;
                let Sum { high, low, error } = sums[of];
                all.high[lanes.clone()].copy_from_slice(&high.lanes()[..V::LANES]);
                all.low[lanes.clone()].copy_from_slice(&low.lanes()[..V::LANES]);
                all.error[lanes].copy_from_slice(&error.lanes()[..V::LANES]);
            }
            for (error, &is_lost) in all.error.iter_mut().zip(&self.is_lost) {
                *error = if is_lost { f64::INFINITY } else { *error };
            }
        }
    }
}
