//! Values by their position in the order of all, without sorting: a *band* of ranks that contains them is guessed from a
//! sample, and one pass counts the values below it, and keeps the few within it.
//!
//! The guess decides how long it takes, never what is found: if a position lies outside of the band, the next one is as
//! wide as the counts allow. Values that equal an end of the band are counted only, so that ties take no memory. If too
//! many lie between, the first of them serve as the next sample.

use std::any::Any;

use super::block::BLOCK;
use super::dispatch::{self, Level, Task};
use super::element::Element;
use super::vector::{MAX_LANES, Vector};

/// Number of values of a sample, if the column is long.
const SAMPLE: usize = 1 << 12;
/// Rows of a shorter column for each value of the sample: of 2^14 rows, a sample of 2^12 took three times as long as all else.
const ROWS_PER_SAMPLE: usize = 32;
/// Maximum number of rows that are taken whole: a sample would not be worth it.
const WHOLE_MAX_ROWS: usize = 1 << 11;

/// How many values of a column to look at first; none if it is taken whole.
pub(crate) fn sample_len(rows: usize) -> Option<usize> {
    (rows > WHOLE_MAX_ROWS).then(|| (rows / ROWS_PER_SAMPLE).min(SAMPLE))
}

/// Standard deviations of the position in a sample that a band reaches to each side: missed once in 15,000 times.
const DEVIATIONS: f64 = 4.0;
/// Ranks of a sample by which a band is wider than that.
const MARGIN: f64 = 2.0;

/// Maximum number of values that are kept: 128 MB of doubles. A usual band has one in twenty of all values.
const MAX_KEPT: usize = if cfg!(test) { 1 << 7 } else { 1 << 24 };

/// A range of ranks, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Band<R> {
    pub(crate) low: R,
    pub(crate) high: R,
}

impl<R: Ord + Copy> Band<R> {
    /// A band that is likely to contain the values next to a share of all, from the sorted ranks of a sample.
    pub(crate) fn around(share: f64, sample: &[R], least: R, greatest: R) -> Self {
        let len = sample.len() as f64;
        let reach = DEVIATIONS * (len * share * (1.0 - share)).sqrt() + MARGIN;
        let [low, high] = [share * len - reach, share * len + reach];
        Self {
            low: if low < 0.0 { least } else { sample[low as usize] },
            high: if high >= len { greatest } else { sample[high as usize] },
        }
    }
}

/// Where values lie with respect to a band.
#[derive(Clone, Debug)]
pub(crate) struct Tally<R> {
    pub(crate) nans: u64,
    pub(crate) below: u64,
    at_low: u64,
    /// The number of those between both ends, and these, in any order, up to [`MAX_KEPT`].
    kept: u64,
    between: Vec<R>,
    at_high: u64,
    above: u64,
}

impl<R: Ord + Copy> Tally<R> {
    pub(crate) fn new() -> Self {
        Self { nans: 0, below: 0, at_low: 0, kept: 0, between: vec![], at_high: 0, above: 0 }
    }

    /// The number of values that are no NaNs.
    pub(crate) fn count(&self) -> u64 {
        self.below + self.at_low + self.kept + self.at_high + self.above
    }

    /// Counts values.
    pub(crate) fn add<T: Element<Rank = R>>(&mut self, band: Band<R>, values: &[T]) {
        for values in values.chunks(BLOCK) {
            let level = if values.len() < BLOCK / 8 { Level::Portable } else { Level::current() };
            dispatch::run(level, AddBlock { tally: self, band, values });
        }
    }

    /// Adds the counts of other values, in the same band.
    pub(crate) fn merge(&mut self, other: Self) {
        self.nans += other.nans;
        self.below += other.below;
        self.at_low += other.at_low;
        self.kept += other.kept;
        let room = MAX_KEPT.saturating_sub(self.between.len());
        self.between.extend_from_slice(&other.between[..other.between.len().min(room)]);
        self.at_high += other.at_high;
        self.above += other.above;
    }

    /// The rank at a position, counted from 0, or where to look for it.
    pub(crate) fn find(&mut self, position: u64, band: Band<R>) -> Result<R, Miss<R>> {
        let Some(at) = position.checked_sub(self.below) else {
            return Err(Miss::Below);
        };
        let Some(at) = at.checked_sub(self.at_low) else {
            return Ok(band.low);
        };
        if at >= self.kept {
            let is_high = at - self.kept < self.at_high;
            return if is_high { Ok(band.high) } else { Err(Miss::Above) };
        }
        if self.kept == self.between.len() as u64 {
            return Ok(*self.between.select_nth_unstable(at as usize).1);
        }
        self.between.sort_unstable();
        let share = at as f64 / self.kept as f64;
        Err(Miss::Within(Band::around(share, &self.between, band.low, band.high)))
    }
}

/// Where to look for a position that was not found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Miss<R> {
    /// Below the band.
    Below,
    /// In the band, of which too many values were not kept: a narrower one.
    Within(Band<R>),
    /// Above the band.
    Above,
}

struct AddBlock<'a, T: Element> {
    tally: &'a mut Tally<T::Rank>,
    band: Band<T::Rank>,
    values: &'a [T],
}

impl<T: Element> Task for AddBlock<'_, T> {
    #[inline(always)]
    fn run<V: Vector>(self, detected: V::Detected) {
        let Self { tally, band, values } = self;
        let mut ranks = [T::LEAST; BLOCK];
        let mut has_nans = false;
        for i in 0..values.len() {
            ranks[i] = values[i].rank();
            has_nans |= values[i].is_nan();
        }
        let mut len = values.len();
        if has_nans {
            len = 0;
            for value in values {
                ranks[len] = value.rank();
                len += usize::from(!value.is_nan());
            }
            tally.nans += (values.len() - len) as u64;
        }
        if V::COMPRESSES
            && let Some(ranks) = (&ranks as &dyn Any).downcast_ref::<[i64; BLOCK]>()
            && let Some(band) = (&band as &dyn Any).downcast_ref()
            && let Some(tally) = (tally as &mut dyn Any).downcast_mut()
        {
            return split::<V>(detected, *band, (ranks, len), tally);
        }
        // Without branches, so that the compiler vectorizes it.
        let (mut below, mut at_low, mut at_high, mut above) = (0u32, 0u32, 0u32, 0u32);
        for rank in &ranks[..len] {
            below += u32::from(*rank < band.low);
            at_low += u32::from(*rank == band.low);
            at_high += u32::from(*rank == band.high);
            above += u32::from(*rank > band.high);
        }
        if band.low == band.high {
            at_high = 0;
        }
        tally.below += u64::from(below);
        tally.at_low += u64::from(at_low);
        tally.at_high += u64::from(at_high);
        tally.above += u64::from(above);
        let kept = len - (below + at_low + at_high + above) as usize;
        if kept == 0 {
            return;
        }
        let mut within = [T::LEAST; BLOCK + 1];
        let mut count = 0;
        for rank in &ranks[..len] {
            within[count] = *rank;
            count += usize::from(*rank > band.low && *rank < band.high);
        }
        tally.kept += count as u64;
        let room = MAX_KEPT.saturating_sub(tally.between.len());
        tally.between.extend_from_slice(&within[..count.min(room)]);
    }
}

/// Counts the first ranks of a block, as many at a time as a vector has lanes.
#[inline(always)]
fn split<V: Vector>(
    detected: V::Detected,
    band: Band<i64>,
    (ranks, len): (&[i64; BLOCK], usize),
    tally: &mut Tally<i64>,
) {
    let low = V::splat(detected, f64::from_bits(band.low as u64));
    let high = V::splat(detected, f64::from_bits(band.high as u64));
    let (mut below, mut at_low, mut kept, mut at_high) = (0, 0, 0, 0);
    let mut between = [0.0; BLOCK + MAX_LANES];
    // One loop for whole vectors and for the rest: what is called from two places is not compiled for the instruction set.
    for start in (0..len).step_by(V::LANES) {
        let mut lanes = [0.0; MAX_LANES];
        for (lane, rank) in lanes.iter_mut().zip(&ranks[start..start + V::LANES]) {
            *lane = f64::from_bits(*rank as u64);
        }
        let vector = V::load(detected, &lanes);
        let there = u32::MAX >> (u32::BITS - (len - start).min(V::LANES) as u32);
        let (less_low, equal_low) = vector.compare_integers(low);
        let (less_high, equal_high) = vector.compare_integers(high);
        let within = less_high & !(less_low | equal_low) & there;
        let end = between[kept..].first_chunk_mut().expect("room for another vector");
        vector.compress(within, end);
        below += (less_low & there).count_ones();
        at_low += (equal_low & there).count_ones();
        at_high += (equal_high & there).count_ones();
        kept += within.count_ones() as usize;
    }
    if band.low == band.high {
        at_high = 0;
    }
    tally.below += u64::from(below);
    tally.at_low += u64::from(at_low);
    tally.at_high += u64::from(at_high);
    tally.above += (len - kept) as u64 - u64::from(below + at_low + at_high);
    tally.kept += kept as u64;
    let room = MAX_KEPT.saturating_sub(tally.between.len());
    tally.between.extend(between[..kept.min(room)].iter().map(|rank| rank.to_bits() as i64));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn positions_are_those_of_sorted_values(
            values in prop::collection::vec(prop_oneof![-4i64..4, any::<i64>()], 1..3000),
            (a, b) in (0usize..3000, 0usize..3000),
            cut in 0usize..3000,
        ) {
            let mut sorted = values.clone();
            sorted.sort_unstable();
            let ends = [a, b].map(|at| sorted[at % sorted.len()]);
            let band = Band { low: ends[0].min(ends[1]), high: ends[0].max(ends[1]) };
            let (left, right) = values.split_at(cut % (values.len() + 1));
            let [mut tally, mut other] = [Tally::new(), Tally::new()];
            tally.add(band, left);
            other.add(band, right);
            tally.merge(other);
            prop_assert_eq!(tally.count(), values.len() as u64);
            for (position, &expected) in sorted.iter().enumerate() {
                match tally.find(position as u64, band) {
                    Ok(found) => prop_assert_eq!(found, expected),
                    Err(Miss::Below) => prop_assert!(expected < band.low),
                    Err(Miss::Above) => prop_assert!(expected > band.high),
                    Err(Miss::Within(narrower)) => {
                        prop_assert!(band.low < expected && expected < band.high);
                        prop_assert!(band.low <= narrower.low && narrower.high <= band.high);
                        prop_assert!(narrower != band);
                    }
                }
            }
        }

        #[test]
        fn nans_have_no_place(values in prop::collection::vec(any::<f64>(), 1..600), every in 1usize..5) {
            let all = values.iter().enumerate().map(|(i, &it)| if i % every == 0 { f64::NAN } else { it });
            let all = all.collect::<Vec<_>>();
            let nans = all.iter().filter(|it| it.is_nan()).count() as u64;
            let mut tally = Tally::new();
            tally.add::<f64>(Band { low: i64::MIN, high: i64::MAX }, &all);
            prop_assert_eq!((tally.nans, tally.count()), (nans, all.len() as u64 - nans));
        }
    }
}
