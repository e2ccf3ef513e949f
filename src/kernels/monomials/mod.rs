//! Exact sums of products: of two columns, of weights and values, of powers.
//!
//! A product of two doubles is a sum of two doubles: it rounded, and the rounding error, which a fused multiply-add
//! computes. A product of three is a sum of four, and so on. So a sum of products is a sum of doubles, which the
//! [kernel of floats](super::floats) computes exactly, whatever cancels. Numbers that are no doubles, such as wide
//! integers and decimals, are sums of a few ([`parts`]). Most answers need no more than sums with a small error (`near`).
//!
//! * [`parts`]: numbers as sums of doubles;
//! * `near`: sums of products to within a known error;
//! * `expansion`: products of blocks, and where they are exact;
//! * `sum`: the sum of one kind of product.

mod expansion;
mod near;
pub mod parts;
mod sum;

use smallvec::SmallVec;

use super::block::BLOCK;
use super::dispatch::{self, Level, Task};
use super::formats::{Ieee, magnitude};
use super::vector::Vector;
use crate::exact::Ball;
use sum::ProductSum;

/// Maximum number of rows that are added at a time: those of two columns fit the second-level cache with room to spare. What
/// is done once for each block took a third of the time of covariances with 2^10.
pub const ROWS: usize = 4 * BLOCK;

/// The values of a column in a block: a column of doubles is its only part.
pub type Column<'a> = SmallVec<[Part<'a>; 2]>;

/// Doubles, and the largest magnitude among them.
#[derive(Clone, Copy)]
pub struct Part<'a> {
    values: &'a [f64],
    largest: u64,
}

impl<'a> Part<'a> {
    /// Looks for the largest magnitude.
    pub fn of(values: &'a [f64]) -> Self {
        let mut largest = 0;
        dispatch::run(Level::current(), FindLargest { values, largest: &mut largest });
        Self { values, largest }
    }

    /// The doubles.
    pub fn values(&self) -> &'a [f64] {
        self.values
    }

    /// Whether there is no NaN and no infinity.
    pub fn is_finite(&self) -> bool {
        self.largest < f64::INFINITY_BITS
    }
}

struct FindLargest<'a> {
    values: &'a [f64],
    largest: &'a mut u64,
}

impl Task for FindLargest<'_> {
    #[inline(always)]
    fn run<V: Vector>(self, _: V::Detected) {
        let mut largest = 0;
        for &value in self.values {
            // As a signed integer, which more instruction sets compare.
            largest = (magnitude(value) as i64).max(largest);
        }
        *self.largest = largest as u64;
    }
}

/// What is asked of sums of products.
#[derive(Clone, Copy, Debug)]
pub enum Precision<'a> {
    /// Exact ones.
    Exact,
    /// Sums to within a known error, where they are faster.
    Near,
    /// The same of differences from a number for each column, zero or near all its values. Where values are far from
    /// zero, and near each other, the products of differences hardly cancel.
    Centred(&'a [f64]),
}

/// Sums of monomials of several columns.
pub struct Monomials<'a> {
    /// The columns that are multiplied, and the sum of the products.
    sums: Vec<(Vec<usize>, ProductSum)>,
    /// What is subtracted from each column; nothing if there are none.
    centres: &'a [f64],
    /// Whether a value was too far from a centre.
    is_lost: bool,
}

impl<'a> Monomials<'a> {
    /// Empty sums of these monomials, each a list of the columns that are multiplied.
    pub fn new(monomials: &[impl AsRef<[usize]>], precision: Precision<'a>) -> Self {
        let sums = monomials.iter().map(|it| (it.as_ref().to_vec(), ProductSum::new(precision)));
        let centres = if let Precision::Centred(centres) = precision { centres } else { &[] };
        Self { sums: sums.collect(), centres, is_lost: false }
    }

    /// Adds rows, which all columns must have as many of, and at most [`ROWS`]. Their values must be finite.
    pub fn add(&mut self, columns: &[Column<'_>]) {
        debug_assert!(columns.iter().flatten().all(|part| part.values.len() <= ROWS));
        debug_assert!(columns.iter().flatten().all(Part::is_finite));
        if self.centres.is_empty() {
            return self.add_products(columns);
        }
        let differences = columns.iter().zip(self.centres).map(|(column, &centre)| {
            match column[..] {
                _ if centre == 0.0 => Some(None),
                [part] => centred(part.values, centre).map(Some),
                _ => None, // integers too wide for a double
            }
        });
        let Some(differences) = differences.collect::<Option<Vec<_>>>() else {
            self.is_lost = true;
            return;
        };
        let columns =
            columns.iter().zip(&differences).map(|(column, differences)| match differences {
                Some(differences) => Column::from_elem(Part::of(differences), 1),
                None => column.iter().copied().collect(),
            });
        self.add_products(&columns.collect::<Vec<_>>());
    }

    fn add_products(&mut self, columns: &[Column<'_>]) {
        for (factors, sum) in &mut self.sums {
            let factors = factors.iter().map(|&column| &columns[column][..]);
            sum.add(&factors.collect::<SmallVec<[&[Part<'_>]; 4]>>());
        }
    }

    /// The sums. If a value was too far from a centre, nothing is known of them.
    pub fn finish(self) -> Vec<Ball> {
        let is_lost = self.is_lost;
        let finish = |sum: ProductSum| if is_lost { Ball::unknown() } else { sum.finish() };
        self.sums.into_iter().map(|(_, sum)| finish(sum)).collect()
    }
}

/// Smallest magnitude of a centre: half of it is a normal double.
const MIN_CENTRE: f64 = 2.0 * f64::MIN_POSITIVE;

/// A number that can be subtracted from all values of a sample, and from their like, without rounding: one of them,
/// if the others are near it.
pub fn centre(mut sample: impl Iterator<Item = f64>) -> Option<f64> {
    let centre = sample.next().filter(|centre| centre.abs() >= MIN_CENTRE)?;
    sample.all(|value| is_near(value - centre, centre)).then_some(centre)
}

/// Whether a difference from a centre is exact. By Sterbenz' lemma it is if its magnitude is below half the centre, and
/// then it is also computed to be.
#[inline(always)]
fn is_near(difference: f64, centre: f64) -> bool {
    difference.abs() < 0.5 * centre.abs()
}

/// The differences of values from a centre, if they are exact.
fn centred(values: &[f64], centre: f64) -> Option<Vec<f64>> {
    let mut differences = vec![0.0; values.len()];
    let mut are_near = false;
    let task = Subtract { values, centre, differences: &mut differences, are_near: &mut are_near };
    dispatch::run(Level::current(), task);
    are_near.then_some(differences)
}

struct Subtract<'a> {
    values: &'a [f64],
    centre: f64,
    differences: &'a mut [f64],
    are_near: &'a mut bool,
}

impl Task for Subtract<'_> {
    #[inline(always)]
    fn run<V: Vector>(self, _: V::Detected) {
        let mut are_near = true;
        for (difference, value) in self.differences.iter_mut().zip(self.values) {
            *difference = value - self.centre;
            are_near &= is_near(*difference, self.centre);
        }
        *self.are_near = are_near;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exact::Integer;
    use crate::exact::double_double::number;
    use proptest::prelude::*;

    /// Doubles of a kind: next to each other, or with exponents that are far apart, or any.
    fn values() -> impl Strategy<Value = Vec<f64>> {
        let kinds = [(0, 1), (-40, 80), (-300, 600), (-1070, 2090), (900, 123), (-1074, 60)];
        let kind = prop::sample::select(kinds.to_vec());
        (kind, 1usize..200, any::<bool>()).prop_flat_map(|((lowest, spread), len, is_integer)| {
            let value = (any::<i64>(), 0..spread).prop_map(move |(bits, power)| {
                let value =
                    if is_integer { (bits >> 40) as f64 } else { bits as f64 * 2f64.powi(-63) };
                let power = lowest + power;
                let value = value * 2f64.powi(power / 2) * 2f64.powi(power - power / 2);
                if value.is_finite() { value } else { 1.0 }
            });
            prop::collection::vec(value, len)
        })
    }

    proptest! {
        #[test]
        fn sums_of_products_are_exact(x in values(), y in values(), w in values()) {
            let rows = x.len().min(y.len()).min(w.len());
            let monomials: [&[usize]; 7] =
                [&[0], &[0, 1], &[0, 0], &[2, 0, 1], &[0, 0, 0], &[1, 1, 1, 1], &[2, 1, 0, 1, 0]];
            let mut exact = Monomials::new(&monomials, Precision::Exact);
            let mut near = Monomials::new(&monomials, Precision::Near);
            let mut expected = vec![Integer::new(); monomials.len()];
            for start in (0..rows).step_by(50) {
                let rows = start..rows.min(start + 50);
                let block = [&x, &y, &w].map(|it| Column::from_elem(Part::of(&it[rows.clone()]), 1));
                exact.add(&block);
                near.add(&block);
                for row in rows {
                    let row = [&x, &y, &w].map(|it| number(it[row]));
                    for (factors, sum) in monomials.iter().zip(&mut expected) {
                        let one = number(1.0);
                        sum.merge(&factors.iter().fold(one, |it, &factor| it.times(&row[factor])));
                    }
                }
            }
            for (exact, expected) in exact.finish().into_iter().zip(&expected) {
                prop_assert!(exact.is_exact());
                prop_assert_eq!(&exact.into_middle(), expected);
            }
            for (near, expected) in near.finish().iter().zip(&expected) {
                prop_assert!(near.contains(expected));
            }
        }

        /// The differences from a centre are exact, or there are none.
        #[test]
        fn differences_are_exact(
            centre in any::<f64>().prop_filter("not zero", |it| it.is_normal()),
            ratio in prop_oneof![0.4f64..1.6, Just(0.5), Just(1.5), Just(1.0)],
            ulps in -3i64..=3,
        ) {
            let value = f64::from_bits(((centre * ratio).to_bits() as i64 + ulps) as u64);
            prop_assume!(value.is_finite());
            if let Some(found) = super::centre([centre, value].into_iter()) {
                let differences = centred(&[value; 9], found).unwrap();
                let mut rest = number(value);
                rest.subtract(&number(centre));
                rest.subtract(&number(differences[8]));
                prop_assert!(rest.is_zero());
            } else {
                prop_assert!(centred(&[value], centre).is_none() || centre.abs() < MIN_CENTRE);
            }
        }
    }
}
