//! Minimum and maximum, independent of the order of the values.
//!
//! -0.0 is less than +0.0, so that a column with both has one minimum and one maximum, whatever the order of
//! its values. NaNs are counted and never compared.

use super::block::BLOCK;
use super::dispatch::{self, DISPATCH_MIN_LEN, Level, Task};
use super::element::Element;
use super::vector::Vector;

pub use super::element::Extreme;

/// The smallest and the largest value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extremes {
    /// The minimum.
    pub min: Extreme,
    /// The maximum.
    pub max: Extreme,
}

impl Extremes {
    /// The extremes of the union of two sets of values.
    pub fn merge(self, other: Self) -> Self {
        Self {
            min: if other.min.precedes(self.min) { other.min } else { self.min },
            max: if self.max.precedes(other.max) { other.max } else { self.max },
        }
    }
}

/// Minimum and maximum of a slice, and its number of NaNs.
pub fn extremes<T: Element>(values: &[T]) -> (Option<Extremes>, u64) {
    let mut ranks = Ranks { least: T::GREATEST, greatest: T::LEAST, nans: 0 };
    if values.len() < DISPATCH_MIN_LEN {
        ranks.add(values);
    } else {
        dispatch::run(Level::current(), AddValues { ranks: &mut ranks, values });
    }
    let found = (ranks.nans < values.len() as u64).then(|| Extremes {
        min: T::from_rank(ranks.least).extreme(),
        max: T::from_rank(ranks.greatest).extreme(),
    });
    (found, ranks.nans)
}

/// The extreme ranks of the values so far.
struct Ranks<R> {
    least: R,
    greatest: R,
    nans: u64,
}

impl<R: Ord + Copy> Ranks<R> {
    #[inline(always)]
    fn add<T: Element<Rank = R>>(&mut self, values: &[T]) {
        // Without a branch, so that the compiler vectorizes it.
        let (mut least, mut greatest, mut nans) = (self.least, self.greatest, 0);
        for &value in values {
            least = least.min(value.rank());
            greatest = greatest.max(value.rank());
            nans += u64::from(value.is_nan());
        }
        if nans > 0 {
            // The ranks of NaNs are meaningless: start again without them.
            (least, greatest) = (self.least, self.greatest);
            for &value in values.iter().filter(|value| !value.is_nan()) {
                least = least.min(value.rank());
                greatest = greatest.max(value.rank());
            }
        }
        *self = Self { least, greatest, nans: self.nans + nans };
    }
}

/// Scans values with the instructions of a level.
struct AddValues<'a, T: Element> {
    ranks: &'a mut Ranks<T::Rank>,
    values: &'a [T],
}

impl<T: Element> Task for AddValues<'_, T> {
    #[inline(always)]
    fn run<V: Vector>(self, _: V::Detected) {
        for block in self.values.chunks(BLOCK) {
            self.ranks.add(block);
        }
    }
}
