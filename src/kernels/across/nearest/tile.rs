//! A tile: some neighbouring columns, all rows of which are summed.

#![expect(
    clippy::needless_range_loop,
    reason = "iterators are not always unrolled, which keeps vectors in memory"
)]

use super::passes::{self, Frame, SLICES, Stripe};
use super::sources::Source;
use super::totals::Totals;
use crate::kernels::across::rows::Rows;
use crate::kernels::floats::Ieee;
use crate::kernels::slices::{middle, power_of_two, sum_grid};
use crate::kernels::vector::{MAX_LANES, Vector, Watch, all_bits};

/// Values above two to this power are multiplied by `2^-SCALE`, so that no accumulator overflows.
pub(super) const LARGE_TOP: i64 = 1000;
const SCALE: i32 = 64;

/// What was gathered of the columns of a tile.
pub(super) struct Tile<V> {
    /// By how many columns the first stripe overlaps the second.
    gap: usize,
    pub(super) stripes: Vec<Stripe<V>>,
    pub(super) frames: Vec<Frame<V>>,
    /// The sums of the slices.
    pub(super) sums: Vec<[V; SLICES]>,
    /// Not zero where they could not hold the sum.
    lost: Vec<V>,
    /// Bounds on the errors of the sums.
    slack: Vec<V>,
    /// The largest magnitude of each column, as far as it has been looked for.
    pub(super) largest: Vec<u64>,
    /// The magnitude that the grids of a column were chosen for.
    pub(super) expected: Vec<u64>,
    /// The values of a column are below two to this power.
    pub(super) tops: Vec<i64>,
    /// Whether some remainders were rounded to the last grid.
    pub(super) has_rounded: bool,
}

impl<V: Vector> Tile<V> {
    pub(super) fn new() -> Self {
        Self {
            gap: 0,
            stripes: vec![],
            frames: vec![],
            sums: vec![],
            lost: vec![],
            slack: vec![],
            largest: vec![],
            expected: vec![],
            tops: vec![],
            has_rounded: false,
        }
    }

    /// Starts with columns of which nothing is known.
    #[inline(always)]
    pub(super) fn clear<T: Ieee>(&mut self, detected: V::Detected, source: Source<'_, T>) {
        let zero = V::splat(detected, 0.0);
        let columns = source.rows.columns();
        self.gap = source.gap;
        let count = (columns + self.gap).div_ceil(V::LANES);
        self.sums.clear();
        self.sums.resize(count, [zero; SLICES]);
        for vectors in [&mut self.lost, &mut self.slack] {
            vectors.clear();
            vectors.resize(count, zero);
        }
        for magnitudes in [&mut self.largest, &mut self.expected] {
            magnitudes.clear();
            magnitudes.resize(columns, 0);
        }
        self.tops.clear();
        self.tops.resize(columns, 0);
        self.has_rounded = false;
        self.stripes.clear();
        self.stripes.resize(count, Stripe { slices: [zero; SLICES] });
        self.frames.clear();
        let (starts, factor) = ([zero; SLICES], V::splat(detected, 1.0));
        self.frames.resize(count, Frame { starts, factor, outside: zero, remainder: zero });
    }

    /// Looks for larger magnitudes in some more rows. Columns beyond the first ones are these again.
    #[inline(always)]
    pub(super) fn scan<T: Ieee>(&mut self, rows: Rows<'_, T>, columns: usize) {
        passes::scan::<V, T>(rows, &mut self.largest);
        if columns < self.largest.len() {
            for part in columns..self.largest.len() {
                let column = part % columns;
                self.largest[column] = self.largest[column].max(self.largest[part]);
            }
            for part in columns..self.largest.len() {
                self.largest[part] = self.largest[part % columns];
            }
        }
    }

    /// Places the accumulators of `N` slices below the tops of the columns; what they hold must have been flushed.
    #[inline(always)]
    pub(super) fn place<const N: usize>(&mut self, detected: V::Detected) {
        let columns = self.tops.len();
        for i in 0..self.frames.len() {
            let at = passes::position::<V>(i, self.gap, columns);
            let frame = &mut self.frames[i];
            let (mut starts, mut factors) = ([[0.0; MAX_LANES]; N], [1.0; MAX_LANES]);
            for (lane, &top) in self.tops[at..at + V::LANES].iter().enumerate() {
                let is_large = top > LARGE_TOP;
                let top = if is_large { top - i64::from(SCALE) } else { top };
                factors[lane] = if is_large { power_of_two(-SCALE) } else { 1.0 };
                for slice in 0..N {
                    starts[slice][lane] = middle(sum_grid(top as i32, slice));
                }
            }
            for slice in 0..N {
                frame.starts[slice] = V::load(detected, &starts[slice]);
                self.stripes[i].slices[slice] = frame.starts[slice];
            }
            frame.factor = V::load(detected, &factors);
        }
    }

    /// Adds a block; returns whether any operation rounded, if flags show that, or else whether some value did not fit.
    #[inline(always)]
    pub(super) fn add_block<T: Ieee, const N: usize, const NEAR: bool, const SCALED: bool>(
        &mut self,
        detected: V::Detected,
        block: Rows<'_, T>,
    ) -> bool {
        let watch = V::Watch::start();
        passes::add::<V, T, N, NEAR, SCALED>(
            detected,
            block,
            self.gap,
            &mut self.stripes,
            &mut self.frames,
        );
        for stripe in &mut self.stripes {
            for slice in &mut stripe.slices[..N] {
                *slice = V::Watch::pin(*slice);
            }
        }
        if V::Watch::EXISTS {
            return watch.has_rounded();
        }
        let mut has_rounded = NEAR;
        for frame in &self.frames {
            has_rounded |= all_bits(frame.outside) >> 52 != 0;
            has_rounded |= all_bits(frame.remainder) << 1 != 0;
        }
        has_rounded
    }

    /// Whether all accumulators are where the proofs need them.
    #[inline(always)]
    pub(super) fn is_inside<const N: usize>(&self, detected: V::Detected) -> bool {
        let mut outside = V::splat(detected, 0.0);
        for (stripe, frame) in self.stripes.iter().zip(&self.frames) {
            for (&slice, &start) in stripe.slices[..N].iter().zip(&frame.starts) {
                outside = outside.or_difference(slice, start);
            }
        }
        all_bits(outside) >> 52 == 0
    }

    /// Moves what the accumulators hold to the sums.
    #[inline(always)]
    pub(super) fn flush<const N: usize>(&mut self) {
        for (i, stripe) in self.stripes.iter_mut().enumerate() {
            for slice in 0..N {
                let start = self.frames[i].starts[slice];
                let moved = stripe.slices[slice].subtract(start);
                let (sum, error) = two_sum(self.sums[i][slice], moved);
                self.sums[i][slice] = sum;
                self.lost[i] = self.lost[i].or(error);
                stripe.slices[slice] = start;
            }
        }
    }

    /// The same for that number of rows, whose remainders may have been rounded to the last grid. Grids may have moved since the
    /// last time, so what one sum cannot hold goes to the next, and in the end to the slack.
    #[inline(always)]
    pub(super) fn flush_near(&mut self, detected: V::Detected, rows: usize, has_rounded: bool) {
        // More than half a unit of the last grid, for each value.
        let unit = if has_rounded { rows as f64 * power_of_two(-51) } else { 0.0 };
        let unit = V::splat(detected, unit);
        for (i, stripe) in self.stripes.iter_mut().enumerate() {
            let (starts, sums) = (self.frames[i].starts, &mut self.sums[i]);
            let mut slack = starts[SLICES - 1].multiply_add(unit, self.slack[i]);
            for slice in 0..SLICES {
                let mut rest = stripe.slices[slice].subtract(starts[slice]);
                for sum in slice..SLICES {
                    (sums[sum], rest) = two_sum(sums[sum], rest);
                }
                let magnitude = V::load(detected, &rest.lanes().map(f64::abs));
                slack = slack.add(magnitude.add(magnitude));
                stripe.slices[slice] = starts[slice];
            }
            self.slack[i] = slack;
        }
    }

    /// Scales the sums of columns whose factor has become smaller.
    #[inline(always)]
    pub(super) fn rescale(&mut self, detected: V::Detected, before: &[Frame<V>]) {
        let zero = V::splat(detected, 0.0);
        for (i, (frame, before)) in self.frames.iter().zip(before).enumerate() {
            let (now, before) = (frame.factor.lanes(), before.factor.lanes());
            let mut ratio = [1.0; MAX_LANES];
            for lane in 0..V::LANES {
                ratio[lane] = if now[lane] < before[lane] { power_of_two(-SCALE) } else { 1.0 };
            }
            let ratio = V::load(detected, &ratio);
            for sum in self.sums[i].iter_mut().chain([&mut self.slack[i]]) {
                *sum = sum.multiply_add(ratio, zero);
            }
        }
    }

    /// The sums of all columns.
    #[inline(always)]
    pub(super) fn read(&self, totals: &mut Totals) {
        let columns = self.largest.len();
        totals.resize(columns);
        for (i, frame) in self.frames.iter().enumerate() {
            let at = passes::position::<V>(i, self.gap, columns);
            let lanes = at..at + V::LANES;
            for (terms, sums) in totals.terms.iter_mut().zip(&self.sums[i]) {
                terms[lanes.clone()].copy_from_slice(&sums.lanes()[..V::LANES]);
            }
            totals.lost[lanes.clone()].copy_from_slice(&self.lost[i].lanes()[..V::LANES]);
            totals.slack[lanes.clone()].copy_from_slice(&self.slack[i].lanes()[..V::LANES]);
            let scale =
                frame.factor.lanes().map(|it| if it < 1.0 { power_of_two(SCALE) } else { 1.0 });
            totals.scale[lanes].copy_from_slice(&scale[..V::LANES]);
        }
    }
}

/// The rounded sum, and what rounding left out of it (Knuth).
#[inline(always)]
pub(super) fn two_sum<V: Vector>(a: V, b: V) -> (V, V) {
    let sum = a.add(b);
    let added = sum.subtract(a);
    (sum, a.subtract(sum.subtract(added)).add(b.subtract(added)))
}
