//! A tile: some neighbouring columns, all rows of which are summed.

use super::passes::{self, Frame, SLICES, Stripe};
use super::totals::Totals;
use crate::kernels::across::rows::Rows;
use crate::kernels::floats::Ieee;
use crate::kernels::slices::{SUM_STEPS, middle, power_of_two, sum_grid, sum_tops};
use crate::kernels::vector::{Attempt, MAX_LANES, Vector, Watch, all_bits};

/// Rows that show what grids the columns need. They are read again at once.
const FIRST_ROWS: usize = 4;
/// By how many powers of two the values of a column may exceed those of its first rows. Two slices hold 33 bits more
/// than a value has: the other 28 are for values that are smaller.
const HEADROOM: i64 = 5;
/// The same for three slices to within a slack, which have many bits to spare.
const NEAR_HEADROOM: u64 = 8;
/// Rows whose largest values are found before they are added: they stay in the second-level cache.
const NEAR_ROWS: usize = 128;
/// Rows after which a rung that does not fit has mostly shown it.
const TRIAL_ROWS: usize = 32;
/// Values above two to this power are multiplied by `2^-SCALE`, so that no accumulator overflows.
const LARGE_TOP: i64 = 1000;
const SCALE: i32 = 64;

/// The rows of a tile. If several rows of a table are read as one, some values may be left for a second one, of
/// zeros beyond them, and columns beyond the first ones are these again.
#[derive(Clone, Copy)]
pub(super) struct Source<'a, T> {
    pub(super) rows: Rows<'a, T>,
    pub(super) rest: Rows<'a, T>,
    pub(super) columns: usize,
    /// By how many columns the first stripe overlaps the second, so that all others are aligned in memory.
    pub(super) gap: usize,
}

/// What was gathered of the columns of a tile.
pub(super) struct Tile<V> {
    /// By how many columns the first stripe overlaps the second.
    gap: usize,
    stripes: Vec<Stripe<V>>,
    frames: Vec<Frame<V>>,
    /// The sums of the slices.
    sums: Vec<[V; SLICES]>,
    /// Not zero where they could not hold the sum.
    lost: Vec<V>,
    /// Bounds on the errors of the sums.
    slack: Vec<V>,
    /// The largest magnitude of each column, as far as it has been looked for.
    pub(super) largest: Vec<u64>,
    /// The magnitude that the grids of a column were chosen for.
    expected: Vec<u64>,
    /// The values of a column are below two to this power.
    tops: Vec<i64>,
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

    /// Sums all rows on a rung; returns whether they fit. The last rung always does.
    #[inline(always)]
    pub(super) fn add<T: Ieee>(
        &mut self,
        detected: V::Detected,
        source: Source<'_, T>,
        rung: usize,
        totals: &mut Totals,
    ) -> bool {
        match rung {
            0 => V::attempt(detected, Plain { tile: self, source, totals }),
            1 => V::attempt(detected, Two { tile: self, source, totals }),
            _ => V::attempt(detected, Near { tile: self, source, totals }),
        }
    }

    /// Starts with columns of which nothing is known.
    #[inline(always)]
    fn clear<T: Ieee>(&mut self, detected: V::Detected, source: Source<'_, T>) {
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
    fn scan<T: Ieee>(&mut self, rows: Rows<'_, T>, columns: usize) {
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
    fn place<const N: usize>(&mut self, detected: V::Detected) {
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
    fn add_block<T: Ieee, const N: usize, const NEAR: bool, const SCALED: bool>(
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
    fn is_inside<const N: usize>(&self, detected: V::Detected) -> bool {
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
    fn flush<const N: usize>(&mut self) {
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

    /// The same for so many rows whose remainders may have been rounded to the last grid. Grids may have moved since the
    /// last time, so what one sum cannot hold goes to the next, and in the end to the slack.
    #[inline(always)]
    fn flush_near(&mut self, detected: V::Detected, rows: usize, has_rounded: bool) {
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
    fn rescale(&mut self, detected: V::Detected, before: &[Frame<V>]) {
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
    fn read(&self, totals: &mut Totals) {
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

/// Parts of the rows: a short one, and others of as many as accumulators can take.
#[inline(always)]
fn blocks<T: Ieee>(source: Source<'_, T>) -> impl Iterator<Item = Rows<'_, T>> {
    let Source { rows, rest, .. } = source;
    let first = rows.count().min(TRIAL_ROWS);
    let others = rows.between(first..rows.count()).blocks(SUM_STEPS);
    rows.between(0..first).blocks(TRIAL_ROWS).chain(others).chain(rest.blocks(1))
}

/// The rounded sum, and what rounding left out of it (Knuth).
#[inline(always)]
fn two_sum<V: Vector>(a: V, b: V) -> (V, V) {
    let sum = a.add(b);
    let added = sum.subtract(a);
    (sum, a.subtract(sum.subtract(added)).add(b.subtract(added)))
}

/// The exponent of a power of two above a magnitude, for finite ones.
#[inline(always)]
fn top_of_finite<T: Ieee>(magnitude: u64) -> i64 {
    let field = (magnitude >> T::FRACTION_BITS) as i64;
    i64::from(T::LOWEST) + i64::from(T::FRACTION_BITS) + field.max(1)
}

/// Sums values as they are.
struct Plain<'a, V, T> {
    tile: &'a mut Tile<V>,
    source: Source<'a, T>,
    totals: &'a mut Totals,
}

impl<V: Vector, T: Ieee> Attempt<V> for Plain<'_, V, T> {
    #[inline(always)]
    fn run(self, detected: V::Detected) -> bool {
        let Self { tile, source, totals } = self;
        tile.clear(detected, source);
        for block in blocks(source) {
            if tile.add_block::<T, 1, false, false>(detected, block) {
                return false;
            }
        }
        let mut special = V::splat(detected, 0.0);
        for (stripe, sums) in tile.stripes.iter().zip(&mut tile.sums) {
            sums[0] = stripe.slices[0];
            special = special.or(sums[0].subtract(sums[0]));
        }
        tile.read(totals);
        all_bits(special) << 1 == 0
    }
}

/// Sums two slices of values.
struct Two<'a, V, T> {
    tile: &'a mut Tile<V>,
    source: Source<'a, T>,
    totals: &'a mut Totals,
}

impl<V: Vector, T: Ieee> Attempt<V> for Two<'_, V, T> {
    #[inline(always)]
    fn run(self, detected: V::Detected) -> bool {
        let Self { tile, source, totals } = self;
        let Source { rows, rest, columns, .. } = source;
        tile.clear(detected, source);
        tile.scan(rows.between(0..rows.count().min(FIRST_ROWS)), columns);
        tile.scan(rest, columns);
        let mut most = 0;
        for &largest in &tile.largest {
            most = most.max(largest);
        }
        if most >= T::INFINITY_BITS {
            return false;
        }
        let tops = sum_tops(2);
        let (lowest, highest) = (i64::from(*tops.start()), LARGE_TOP);
        for (top, &largest) in tile.tops.iter_mut().zip(&tile.largest) {
            // Columns of zeros so far are expected to be like others.
            let largest = if largest == 0 { most } else { largest };
            *top = (top_of_finite::<T>(largest) + HEADROOM).max(lowest).min(highest);
        }
        tile.place::<2>(detected);
        for block in blocks(source) {
            let has_rounded = tile.add_block::<T, 2, false, false>(detected, block);
            if has_rounded || !tile.is_inside::<2>(detected) {
                return false;
            }
            tile.flush::<2>();
        }
        tile.read(totals);
        true
    }
}

/// Sums three slices of values, of which the last is rounded.
struct Near<'a, V, T> {
    tile: &'a mut Tile<V>,
    source: Source<'a, T>,
    totals: &'a mut Totals,
}

impl<V: Vector, T: Ieee> Attempt<V> for Near<'_, V, T> {
    #[inline(always)]
    fn run(self, detected: V::Detected) -> bool {
        let Self { tile, source, totals } = self;
        let Source { rows, rest, columns, .. } = source;
        tile.clear(detected, source);
        let (mut is_large, mut before) = (false, vec![]);
        for block in rows.blocks(NEAR_ROWS).chain(rest.blocks(1)) {
            tile.scan(block, columns);
            if tile.expect_more::<T>() {
                before.clone_from(&tile.frames);
                tile.place::<SLICES>(detected);
                tile.rescale(detected, &before);
                is_large = tile.tops.iter().any(|&top| top > LARGE_TOP);
            }
            if tile.largest.iter().all(|&largest| largest > T::INFINITY_BITS) {
                break;
            }
            let has_rounded = match is_large {
                true => tile.add_block::<T, SLICES, true, true>(detected, block),
                false => tile.add_block::<T, SLICES, true, false>(detected, block),
            };
            tile.flush_near(detected, block.count(), has_rounded);
            tile.has_rounded |= has_rounded;
        }
        tile.read(totals);
        for (lost, &largest) in totals.lost.iter_mut().zip(&tile.largest) {
            *lost = if largest >= T::INFINITY_BITS { f64::INFINITY } else { *lost };
        }
        true
    }
}

impl<V: Vector> Tile<V> {
    /// Moves the tops of columns with larger values than were expected; returns whether there are any.
    #[inline(always)]
    fn expect_more<T: Ieee>(&mut self) -> bool {
        let mut is_more = false;
        for (&largest, &expected) in self.largest.iter().zip(&self.expected) {
            is_more |= largest > expected;
        }
        if !is_more {
            return false;
        }
        let lowest = i64::from(*sum_tops(SLICES).start());
        let columns = self.largest.iter().zip(&mut self.expected).zip(&mut self.tops);
        for ((&largest, expected), top) in columns {
            if largest >= T::INFINITY_BITS {
                // The sum is known without adding.
                (*expected, *top) = (u64::MAX, 0);
            } else if largest > *expected {
                let more = largest + (NEAR_HEADROOM << T::FRACTION_BITS);
                *expected = more.min(T::INFINITY_BITS - 1);
                *top = top_of_finite::<T>(*expected).max(lowest);
            }
        }
        true
    }
}
