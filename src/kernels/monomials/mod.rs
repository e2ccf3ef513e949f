//! Exact sums of products: of two columns, of weights and values, of powers.
//!
//! A product of two doubles is a sum of two doubles: it rounded, and the rounding error, which a fused multiply-add
//! computes. A product of three is a sum of four, and so on. So a sum of products is a sum of doubles, which the
//! [kernel of floats](super::floats) computes exactly, whatever cancels. Numbers that are no doubles, such as wide integers
//! and decimals, are sums of a few ([`parts`]).
//!
//! * [`parts`]: numbers as sums of doubles;
//! * `expansion`: products of blocks, and where they are exact;
//! * `sum`: the sum of one kind of product.

mod expansion;
pub mod parts;
mod sum;

use smallvec::SmallVec;

use super::block::BLOCK;
use crate::exact::Integer;
use sum::ProductSum;

/// The values of a column in a block: one slice for each part. They must be finite.
pub type Column<'a> = SmallVec<[&'a [f64]; 2]>;

/// Sums of monomials of several columns.
pub struct Monomials {
    /// The columns that are multiplied, and the sum of the products.
    sums: Vec<(Vec<usize>, ProductSum)>,
}

impl Monomials {
    /// Empty sums of these monomials, each a list of the columns that are multiplied.
    pub fn new(monomials: &[&[usize]]) -> Self {
        let sums = monomials.iter().map(|factors| (factors.to_vec(), ProductSum::default()));
        Self { sums: sums.collect() }
    }

    /// Adds rows, which all columns must have as many of, and at most [`BLOCK`].
    pub fn add(&mut self, columns: &[Column<'_>]) {
        debug_assert!(columns.iter().flatten().all(|part| part.len() <= BLOCK));
        for (factors, sum) in &mut self.sums {
            let factors = factors.iter().map(|&column| &columns[column][..]);
            sum.add(&factors.collect::<SmallVec<[&[&[f64]]; 4]>>());
        }
    }

    /// The sums.
    pub fn finish(self) -> Vec<Integer> {
        self.sums.into_iter().map(|(_, sum)| sum.finish()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
            let mut sums = Monomials::new(&monomials);
            let mut expected = vec![Integer::new(); monomials.len()];
            for start in (0..rows).step_by(50) {
                let rows = start..rows.min(start + 50);
                let block = [&x, &y, &w].map(|it| Column::from_slice(&[&it[rows.clone()]]));
                sums.add(&block);
                for row in rows {
                    let row = [&x, &y, &w].map(|it| number(it[row]));
                    for (factors, sum) in monomials.iter().zip(&mut expected) {
                        let one = number(1.0);
                        sum.merge(&factors.iter().fold(one, |it, &factor| it.times(&row[factor])));
                    }
                }
            }
            prop_assert_eq!(sums.finish(), expected);
        }
    }
}
