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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// Exact ones.
    Exact,
    /// Sums to within a known error, where they are faster.
    Near,
}

/// Sums of monomials of several columns.
pub struct Monomials {
    /// The columns that are multiplied, and the sum of the products.
    sums: Vec<(Vec<usize>, ProductSum)>,
}

impl Monomials {
    /// Empty sums of these monomials, each a list of the columns that are multiplied: exact ones, or such that may be
    /// off by a small error.
    pub fn new(monomials: &[impl AsRef<[usize]>], precision: Precision) -> Self {
        let sums = monomials.iter().map(|it| (it.as_ref().to_vec(), ProductSum::new(precision)));
        Self { sums: sums.collect() }
    }

    /// Adds rows, which all columns must have as many of, and at most [`BLOCK`]. Their values must be finite.
    pub fn add(&mut self, columns: &[Column<'_>]) {
        debug_assert!(columns.iter().flatten().all(|part| part.values.len() <= BLOCK));
        debug_assert!(columns.iter().flatten().all(Part::is_finite));
        for (factors, sum) in &mut self.sums {
            let factors = factors.iter().map(|&column| &columns[column][..]);
            sum.add(&factors.collect::<SmallVec<[&[Part<'_>]; 4]>>());
        }
    }

    /// The sums.
    pub fn finish(self) -> Vec<Ball> {
        self.sums.into_iter().map(|(_, sum)| sum.finish()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exact::Integer;
    use crate::exact::double_double::add;
    use proptest::prelude::*;

    fn number(value: f64) -> Integer {
        let mut number = Integer::new();
        add(&mut number, value);
        number
    }

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
    }
}
