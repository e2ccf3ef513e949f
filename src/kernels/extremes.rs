//! Minimum and maximum, independent of the order of the values.
//!
//! -0.0 is less than +0.0, so that a column with both has one minimum and one maximum, whatever the order of
//! its values. NaNs are counted and never compared.

use super::block::BLOCK;
use super::dispatch::{self, DISPATCH_MIN_LEN, Level, Task};
use super::element::Element;
use super::formats::Ieee;
use super::vector::{Vector, all_bits};

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
    match if values.len() < DISPATCH_MIN_LEN { Level::Portable } else { Level::current() } {
        // Comparisons of floating-point numbers depend on the environment, which may be unusual.
        Level::Portable => ranks.add(values),
        level => dispatch::run(level, AddValues { ranks: &mut ranks, values }),
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
            // The ranks of NaNs are meaningless: start again without them, and without a branch.
            (least, greatest) = (self.least, self.greatest);
            for &value in values {
                let (rank, is_nan) = (value.rank(), value.is_nan());
                least = least.min(if is_nan { T::GREATEST } else { rank });
                greatest = greatest.max(if is_nan { T::LEAST } else { rank });
            }
        }
        *self = Self { least, greatest, nans: self.nans + nans };
    }

    /// The same, by vectors where they can.
    #[inline(always)]
    fn add_block<T: Element<Rank = R>, V: Vector>(&mut self, detected: V::Detected, values: &[T]) {
        let Some(Bounds { least, greatest, is_finite }) = T::bounds::<V>(detected, values) else {
            return self.add(values);
        };
        // Zeros are equal, but have ranks of their own: a hidden one may be less, or greater.
        let zero = T::default();
        let may_be_less = least == zero && self.least >= zero.rank();
        let may_be_greater = greatest == zero && self.greatest < zero.rank();
        let is_below = |value: &T| value.rank() < zero.rank();
        if may_be_greater || may_be_less && values.iter().fold(false, |any, it| any | is_below(it))
        {
            return self.add(values);
        }
        let nans = match is_finite {
            true => 0,
            false => values.iter().map(|value| u64::from(value.is_nan())).sum(),
        };
        if nans < values.len() as u64 {
            self.least = self.least.min(least.rank());
            self.greatest = self.greatest.max(greatest.rank());
        }
        self.nans += nans;
    }
}

/// What vectors find out about numbers.
pub struct Bounds<T> {
    /// The least and the greatest number; of zeros, any. Without numbers, they are meaningless.
    pub least: T,
    /// See `least`.
    pub greatest: T,
    /// Whether there are neither NaNs nor infinities.
    pub is_finite: bool,
}

/// The bounds of floating-point numbers, as [`Element::bounds`].
#[inline(always)]
pub(super) fn bounds<T: Ieee, V: Vector>(
    detected: V::Detected,
    values: &[T],
) -> Option<Bounds<f64>> {
    if values.len() < 2 * V::LANES {
        return None;
    }
    let zero = V::splat(detected, 0.0);
    let (mut least, mut greatest) =
        (V::splat(detected, f64::INFINITY), V::splat(detected, f64::NEG_INFINITY));
    let (mut other_least, mut other_greatest) = (least, greatest);
    // Zero times each value: a NaN if any is special.
    let (mut special, mut other_special) = (zero, zero);
    for pair in 0..values.len() / (2 * V::LANES) {
        let values = &values[2 * pair * V::LANES..][..2 * V::LANES];
        let (one, other) =
            (T::load::<V>(detected, values), T::load::<V>(detected, &values[V::LANES..]));
        // A NaN leaves the other number.
        least = one.lesser(least);
        greatest = one.greater(greatest);
        special = one.multiply_add(zero, special);
        other_least = other.lesser(other_least);
        other_greatest = other.greater(other_greatest);
        other_special = other.multiply_add(zero, other_special);
    }
    // The last values, some of them once more.
    for start in [values.len() - 2 * V::LANES, values.len() - V::LANES] {
        let last = T::load::<V>(detected, &values[start..]);
        least = last.lesser(least);
        greatest = last.greater(greatest);
        special = last.multiply_add(zero, special);
    }
    let (lesser, greater) =
        (least.lesser(other_least).lanes(), greatest.greater(other_greatest).lanes());
    let [mut least, mut greatest] = [lesser[0], greater[0]];
    for lane in 1..V::LANES {
        least = least.min(lesser[lane]);
        greatest = greatest.max(greater[lane]);
    }
    let is_finite = all_bits(special.add(other_special)) << 1 == 0;
    Some(Bounds { least, greatest, is_finite })
}

/// Scans values with the instructions of a level.
struct AddValues<'a, T: Element> {
    ranks: &'a mut Ranks<T::Rank>,
    values: &'a [T],
}

impl<T: Element> Task for AddValues<'_, T> {
    #[inline(always)]
    fn run<V: Vector>(self, detected: V::Detected) {
        for block in self.values.chunks(BLOCK) {
            self.ranks.add_block::<T, V>(detected, block);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use half::f16;
    use proptest::prelude::*;

    /// One comparison after the other, in the total order.
    fn obvious(values: &[f64]) -> (Option<[u64; 2]>, u64) {
        let numbers = values.iter().copied().filter(|value| !value.is_nan());
        let min = numbers.clone().min_by(f64::total_cmp);
        let max = numbers.clone().max_by(f64::total_cmp);
        let nans = values.len() - numbers.count();
        (min.zip(max).map(|(min, max)| [min.to_bits(), max.to_bits()]), nans as u64)
    }

    fn found<T: Element>(values: &[T]) -> (Option<[u64; 2]>, u64) {
        let (extremes, nans) = extremes(values);
        let bits = |extreme| match extreme {
            Extreme::Float(value) => value.to_bits(),
            other => panic!("{other:?} of floats"),
        };
        (extremes.map(|extremes| [extremes.min, extremes.max].map(bits)), nans)
    }

    /// Few different values, among them zeros of both signs and NaNs, in runs that fill blocks.
    fn values() -> impl Strategy<Value = Vec<f64>> {
        let special = [0.0, -0.0, 1.5, -1.5, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 2e-308];
        let run = (prop::sample::select(special.to_vec()), 1usize..1500);
        prop::collection::vec(run, 1..6).prop_map(|runs| {
            runs.into_iter().flat_map(|(value, length)| vec![value; length]).collect()
        })
    }

    proptest! {
        #[test]
        fn extremes_are_those_of_the_total_order(values in values(), every in 1usize..50) {
            // Runs, and the same values mixed.
            let mixed = (0..every).flat_map(|start| values.iter().skip(start).step_by(every));
            for values in [values.clone(), mixed.copied().collect()] {
                prop_assert_eq!(found(&values), obvious(&values));
                let halves = values.iter().map(|&value| f16::from_f64(value)).collect::<Vec<_>>();
                let wide = halves.iter().map(|value| value.to_f64()).collect::<Vec<_>>();
                prop_assert_eq!(found(&halves), obvious(&wide));
                let singles = values.iter().map(|&value| value as f32).collect::<Vec<_>>();
                let wide = singles.iter().map(|&value| value.into()).collect::<Vec<_>>();
                prop_assert_eq!(found(&singles), obvious(&wide));
            }
        }
    }
}
