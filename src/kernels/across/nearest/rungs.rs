//! The rungs on which a tile is summed: values as they are, two slices, and three slices to within a slack.

use super::passes::SLICES;
use super::sources::Source;
use super::tile::{LARGE_TOP, Tile};
use super::totals::Totals;
use crate::kernels::across::rows::Rows;
use crate::kernels::floats::Ieee;
use crate::kernels::slices::{SUM_STEPS, sum_tops};
use crate::kernels::vector::{Attempt, Vector, all_bits};

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

impl<V: Vector> Tile<V> {
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
}

/// Parts of the rows: a short one, and others of as many as accumulators can take.
#[inline(always)]
fn blocks<T: Ieee>(source: Source<'_, T>) -> impl Iterator<Item = Rows<'_, T>> {
    let Source { rows, rest, .. } = source;
    let first = rows.count().min(TRIAL_ROWS);
    let others = rows.between(first..rows.count()).blocks(SUM_STEPS);
    rows.between(0..first).blocks(TRIAL_ROWS).chain(others).chain(rest.blocks(1))
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
