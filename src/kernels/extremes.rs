//! Minimum and maximum, the same for every order of the values.
//!
//! -0.0 comes before +0.0, so that a column with both has one minimum and one maximum whatever the
//! order of its values. NaNs are counted and never compared.

use super::block::BLOCK;
use super::dispatch::{self, Level, Task};
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
    /// Those of two sets of values together.
    pub fn merge(self, other: Self) -> Self {
        Self {
            min: if other.min.precedes(self.min) { other.min } else { self.min },
            max: if self.max.precedes(other.max) { other.max } else { self.max },
        }
    }
}

/// Minimum and maximum of a slice, and how many NaNs it has.
pub fn extremes<T: Element>(values: &[T]) -> (Option<Extremes>, u64) {
    let mut ranks = Ranks { least: T::GREATEST, greatest: T::LEAST, nans: 0 };
    // A few values are not worth asking for an instruction set.
    if values.len() < 32 {
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

/// The extremes of what was looked at.
struct Ranks<R> {
    least: R,
    greatest: R,
    nans: u64,
}

impl<R: Ord + Copy> Ranks<R> {
    #[inline(always)]
    fn add<T: Element<Rank = R>>(&mut self, values: &[T]) {
        // Without a branch, so that the compiler makes vectors of it.
        let (mut least, mut greatest, mut nans) = (self.least, self.greatest, 0);
        for &value in values {
            least = least.min(value.rank());
            greatest = greatest.max(value.rank());
            nans += u64::from(value.is_nan());
        }
        if nans > 0 {
            // The ranks of these say nothing.
            (least, greatest) = (self.least, self.greatest);
            for &value in values.iter().filter(|value| !value.is_nan()) {
                least = least.min(value.rank());
                greatest = greatest.max(value.rank());
            }
        }
        *self = Self { least, greatest, nans: self.nans + nans };
    }
}

/// Looks at values with the instructions of a level.
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
