//! Exact sums of products of many factors, such as the powers that a polynomial of a high degree needs.
//!
//! As sums of doubles, which is what [monomials](super::monomials) are, products of `d` factors have `2^(d-1)` terms. Here
//! they are wide integers, row by row: each product is another one, times one more factor.

use std::collections::HashMap;

use super::formats::integer;
use super::monomials::Column;
use crate::exact::Integer;

/// A product of the columns that are multiplied.
struct Product {
    /// The place of the product of all factors but the last; none if there are no others.
    of: Option<usize>,
    /// The column that is the last factor.
    by: usize,
}

/// Sums of monomials of several columns.
pub struct ByRow {
    /// All products that are computed, each after the one that it is made of.
    products: Vec<Product>,
    /// The places of the products that are summed, in the order in which they were asked for.
    asked: Vec<usize>,
    sums: Vec<Integer>,
    values: Vec<Integer>,
}

impl ByRow {
    /// Empty sums of these monomials, each a list of the columns that are multiplied, at least one.
    pub fn new(monomials: &[impl AsRef<[usize]>]) -> Self {
        let mut known = HashMap::<&[usize], usize>::new();
        let mut products = Vec::new();
        let mut asked = Vec::with_capacity(monomials.len());
        for factors in monomials.iter().map(AsRef::as_ref) {
            let mut of = None;
            for (last, &by) in factors.iter().enumerate() {
                let so_far = &factors[..=last];
                of = Some(*known.entry(so_far).or_insert_with(|| {
                    products.push(Product { of, by });
                    products.len() - 1
                }));
            }
            asked.extend(of);
        }
        let none = vec![Integer::new(); products.len()];
        Self { products, asked, sums: none.clone(), values: none }
    }

    /// Adds rows, which all columns must have as many of.
    pub fn add(&mut self, columns: &[Column<'_>]) {
        let rows =
            columns.first().and_then(|parts| parts.first()).map_or(0, |part| part.values().len());
        for row in 0..rows {
            let numbers = columns.iter().map(|parts| number(parts, row)).collect::<Vec<_>>();
            for (place, Product { of, by }) in self.products.iter().enumerate() {
                let product = match of {
                    None => numbers[*by].clone(),
                    Some(of) => self.values[*of].times(&numbers[*by]),
                };
                self.sums[place].merge(&product);
                self.values[place] = product;
            }
        }
    }

    /// The sums.
    pub fn finish(self) -> Vec<Integer> {
        self.asked.iter().map(|&place| self.sums[place].clone()).collect()
    }
}

/// The number in a row of a column.
fn number(parts: &Column<'_>, row: usize) -> Integer {
    let mut number = Integer::new();
    parts.iter().for_each(|part| number.merge(&integer(part.values()[row])));
    number
}

#[cfg(test)]
mod tests {
    use super::super::monomials::{Monomials, Part, Precision};
    use super::*;
    use crate::exact::Ball;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sums_are_those_of_monomials(
            rows in prop::collection::vec((-1e9..1e9f64, any::<i32>(), -1e-9..1e-9f64), 1..50),
        ) {
            let x = rows.iter().map(|row| row.0).collect::<Vec<_>>();
            let y = rows.iter().map(|row| f64::from(row.1)).collect::<Vec<_>>();
            let low = rows.iter().map(|row| row.2).collect::<Vec<_>>();
            let columns = [[&x].map(|it| Part::of(it)).into_iter().collect::<Column<'_>>(), [&y, &low].map(|it| Part::of(it)).into_iter().collect()];
            let monomials: [&[usize]; 6] = [&[0, 0, 1], &[0], &[1], &[0, 0, 0, 0], &[1, 1], &[0, 1]];
            let (mut one, mut other) = (ByRow::new(&monomials), Monomials::new(&monomials, Precision::Exact));
            one.add(&columns);
            other.add(&columns);
            let other = other.finish().into_iter().map(Ball::into_middle).collect::<Vec<_>>();
            prop_assert_eq!(one.finish(), other);
        }
    }
}
