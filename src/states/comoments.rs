//! Co-moments: the mergeable state of several columns together.
//!
//! It has the sums of each column, and those of the products of each pair, over the rows that have a number in all of them:
//! what covariances, correlations and regressions need. [`comoments_wire`](super::comoments_wire) is its serialized form.
//! With a degree beyond 1, the powers of a column up to it count as columns, too, for regressions. Rows may have weights.
//!
//! States of the same columns merge, in any order of the columns, if they have the same degree, and weights or none. Types widen as those of [moments](super::moments) do. Sums
//! are exact, so an integer counts as what it is, also where it joins floats.

use std::borrow::Cow;

use super::column_type::ColumnType;
use super::joint::Joint;
use super::moments::{MAX_ROWS, too_many_rows};
use super::widening::factor;
use crate::error::{Error, ErrorKind};
use crate::exact::Integer;

/// The exact, mergeable state of several columns.
#[derive(Clone, Debug)]
pub struct CoMoments {
    columns: Vec<(String, ColumnType)>,
    /// The highest power of each column that counts as a column.
    degree: usize,
    /// The sums of the columns, then of the [products](monomials).
    joint: Joint,
}

impl Default for CoMoments {
    fn default() -> Self {
        Self { columns: Vec::new(), degree: 1, joint: Joint::new(0) }
    }
}

/// What is summed of a number of columns: each, then the products of the powers of each, up to a degree, with those of
/// itself and of the columns after it.
pub fn monomials(columns: usize, degree: usize) -> Vec<Vec<usize>> {
    let pairs = (0..columns).flat_map(|row| (row..columns).map(move |column| (row, column)));
    let products = pairs.flat_map(|(row, column)| products(row, column, degree));
    (0..columns).map(|column| vec![column]).chain(products).collect()
}

/// The products of powers of two columns, or of one with itself, each once.
fn products(row: usize, column: usize, degree: usize) -> Vec<Vec<usize>> {
    if row == column {
        return (2..=2 * degree).map(|power| vec![row; power]).collect();
    }
    let powers = (1..=degree).flat_map(|one| (1..=degree).map(move |other| (one, other)));
    powers.map(|(one, other)| [vec![row; one], vec![column; other]].concat()).collect()
}

/// How many sums there are of a number of columns.
pub fn sums(columns: usize, degree: usize) -> usize {
    let pairs = columns * columns.saturating_sub(1) / 2;
    pairs.saturating_mul(degree * degree).saturating_add(columns * 2 * degree)
}

/// The place of a product of two columns among the sums of degree 1.
pub fn place(columns: usize, one: usize, other: usize) -> usize {
    place_of(columns, 1, one.min(other), one.max(other), (1, 1))
}

/// The place of the product of powers of two columns, the first not after the second, or of one column.
fn place_of(
    columns: usize,
    degree: usize,
    row: usize,
    column: usize,
    (one, other): (usize, usize),
) -> usize {
    let (own, others) = (2 * degree - 1, degree * degree);
    // Of the row before there is a column more in each.
    let pairs_before = row * columns - row * (row + 1) / 2;
    let begin = columns + row * own + pairs_before * others;
    match row == column {
        true => begin + one + other - 2,
        false => begin + own + (column - row - 1) * others + (one - 1) * degree + other - 1,
    }
}

impl CoMoments {
    /// The state of no rows, which takes the columns of the first data.
    pub fn new() -> Self {
        Self::default()
    }

    /// The state of columns of different names, by the sums of their [`monomials`].
    ///
    /// # Panics
    /// If there are more or fewer sums.
    pub fn of_columns(columns: Vec<(String, ColumnType)>, degree: usize, joint: Joint) -> Self {
        assert_eq!(joint.sums.len(), sums(columns.len(), degree), "all sums are there");
        Self { columns, degree, joint }
    }

    /// The highest power of each column that counts as a column.
    pub fn degree(&self) -> usize {
        self.degree
    }

    /// The names and types of the columns; none if there has been no data yet.
    pub fn columns(&self) -> &[(String, ColumnType)] {
        &self.columns
    }

    /// The counts and sums.
    pub fn joint(&self) -> &Joint {
        &self.joint
    }

    /// The number of rows, complete or not.
    pub fn rows(&self) -> u64 {
        let rows = self.joint.rows;
        rows.finite + rows.nulls + rows.nans + rows.infinite
    }

    /// The scales of the columns, of whose powers of ten their values are multiples.
    pub fn scales(&self) -> Vec<i32> {
        let data_types = self.columns.iter().map(|(_, of)| of.data_type());
        data_types.map(|of| of.map_or(0, |of| crate::types::scale(of).into())).collect()
    }

    /// The sum of a product of powers of one column or two.
    pub fn sum_of(&self, factors: &[usize]) -> &Integer {
        let columns = self.columns.len();
        let least = factors.iter().copied().min().unwrap_or_default();
        let greatest = factors.iter().copied().max().unwrap_or_default();
        let one = factors.iter().filter(|&&factor| factor == least).count();
        let place = match (factors.len(), least == greatest) {
            (1, _) => least,
            (all, true) => place_of(columns, self.degree, least, least, (1, all - 1)),
            (all, false) => place_of(columns, self.degree, least, greatest, (one, all - one)),
        };
        &self.joint.sums[place]
    }

    /// The sums of [`monomials`] of degree 1.
    pub fn linear(&self) -> Cow<'_, Joint> {
        if self.degree == 1 {
            return Cow::Borrowed(&self.joint);
        }
        let sums = monomials(self.columns.len(), 1).into_iter();
        let sums = sums.map(|factors| self.sum_of(&factors).clone()).collect();
        let (rows, weights) = (self.joint.rows, self.joint.weights.clone());
        Cow::Owned(Joint { rows, sums, weights })
    }

    /// The position of a column.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|(known, _)| known == name)
    }

    /// Adds the state of other rows of the same columns.
    ///
    /// # Errors
    /// If the columns are others, their types have no common one, the degrees differ, only one has weights, or the rows are
    /// more than 2^53 together. The state is then unchanged.
    pub fn merge(&mut self, other: &Self) -> Result<(), Error> {
        if other.columns.is_empty() {
            return Ok(());
        }
        if self.columns.is_empty() {
            self.clone_from(other);
            return Ok(());
        }
        if self.rows().checked_add(other.rows()).is_none_or(|rows| rows > MAX_ROWS) {
            return Err(too_many_rows());
        }
        let order = self.expect(&other.columns)?;
        if self.degree != other.degree {
            let (ours, theirs) = (self.degree, other.degree);
            return Err(ErrorKind::DifferentDegrees { ours, theirs }.into());
        }
        let scale = match (&self.joint.weights, &other.joint.weights) {
            (Some(ours), Some(theirs)) => ours.scale.max(theirs.scale),
            (None, None) => 0,
            (ours, _) => return Err(ErrorKind::DifferentWeights { ours: ours.is_some() }.into()),
        };
        let theirs = order.iter().map(|&at| &other.columns[at].1).collect::<Vec<_>>();
        let joined = self.columns.iter().zip(&theirs).map(|((name, ours), theirs)| {
            let joined = ColumnType::joined(Some(ours), Some(theirs))?;
            Ok((name.clone(), joined.unwrap_or_else(|| ours.clone())))
        });
        let joined = joined.collect::<Result<Vec<_>, Error>>()?;
        let other = other.arranged(&order, &joined);
        if joined != self.columns {
            let order = (0..self.columns.len()).collect::<Vec<_>>();
            *self = self.arranged(&order, &joined);
        }
        let joint = std::mem::replace(&mut self.joint, Joint::new(0));
        self.joint = joint.rescaled(scale);
        self.joint.merge(&other.joint.rescaled(scale));
        Ok(())
    }

    /// Checks that columns may be added; where each of ours is among them.
    pub fn expect(&self, columns: &[(String, ColumnType)]) -> Result<Vec<usize>, Error> {
        let find = |name: &str| columns.iter().position(|(other, _)| other == name);
        let order = self.columns.iter().map(|(name, _)| find(name)).collect::<Option<Vec<_>>>();
        let order = order.filter(|order| order.len() == columns.len());
        let Some(order) = order else {
            let names =
                |of: &[(String, ColumnType)]| of.iter().map(|(name, _)| name.clone()).collect();
            let (ours, theirs) = (names(&self.columns), names(columns));
            return Err(ErrorKind::DifferentColumns { ours, theirs }.into());
        };
        for (&at, (_, ours)) in order.iter().zip(&self.columns) {
            ColumnType::joined(Some(ours), Some(&columns[at].1))?;
        }
        Ok(order)
    }

    /// The same state with the columns in another order, and of wider types.
    fn arranged(&self, order: &[usize], columns: &[(String, ColumnType)]) -> Self {
        let factors = order.iter().zip(columns).map(|(&at, (_, to))| {
            match (self.columns[at].1.data_type(), to.data_type()) {
                (Some(from), Some(to)) => factor(from, to),
                _ => 1u64.into(),
            }
        });
        let factors = factors.collect::<Vec<Integer>>();
        let sums = monomials(columns.len(), self.degree).into_iter().map(|product| {
            let from = product.iter().map(|&column| order[column]).collect::<Vec<_>>();
            product
                .iter()
                .fold(self.sum_of(&from).clone(), |sum, &column| sum.times(&factors[column]))
        });
        let (rows, weights) = (self.joint.rows, self.joint.weights.clone());
        let joint = Joint { rows, sums: sums.collect(), weights };
        Self { columns: columns.to_vec(), degree: self.degree, joint }
    }
}

#[cfg(test)]
mod tests {
    use super::super::joint::{RowCounts, RowWeights};
    use super::*;

    fn state(columns: &[(&str, &str)], sums: &[i128]) -> CoMoments {
        let columns = columns.iter().map(|&(name, of)| (name.into(), ColumnType::named(of)));
        let rows = RowCounts { finite: 2, ..RowCounts::default() };
        let sums = sums.iter().map(|&sum| {
            let mut integer = Integer::new();
            integer.add(sum, 0);
            integer
        });
        let joint = Joint { rows, sums: sums.collect(), weights: None };
        CoMoments::of_columns(columns.collect(), 1, joint)
    }

    #[test]
    fn columns_are_found_by_name_and_types_widen() {
        // a = 1, 2; b = 3, 5
        let mut one = state(&[("a", "int8"), ("b", "decimal128(5, 1)")], &[3, 80, 5, 130, 3400]);
        let other =
            state(&[("b", "decimal128(9, 2)"), ("a", "int32")], &[800, 3, 340_000, 1300, 5]);
        assert!(one.merge(&other).is_ok());
        let expected = [6, 1600, 10, 2600, 680_000];
        let sums = one.joint().sums.iter().map(|sum| sum.to_i128().unwrap_or(0));
        assert_eq!(sums.collect::<Vec<_>>(), expected);
        assert_eq!(one.columns()[0].1.name(), "int32");
        assert_eq!(one.scales(), [0, 2]);
    }

    #[test]
    fn each_product_has_its_place() {
        for (columns, degree) in [(1, 1), (4, 1), (1, 3), (2, 2), (5, 4)] {
            let all = monomials(columns, degree);
            assert_eq!(all.len(), sums(columns, degree));
            let counted = (0..all.len()).map(|at| Integer::from(at as u64)).collect();
            let named = (0..columns).map(|at| (at.to_string(), ColumnType::named("int8")));
            let joint = Joint { sums: counted, ..Joint::new(0) };
            let state = CoMoments::of_columns(named.collect(), degree, joint);
            for (at, factors) in all.iter().enumerate() {
                assert_eq!(state.sum_of(factors).to_i128(), Some(at as i128), "{factors:?}");
            }
        }
    }

    #[test]
    fn weights_get_the_unit_of_the_finer_ones() {
        let weighted = |scale: u32, weight: u64, sums: [u64; 2]| {
            let weights = RowWeights { scale, finite: weight.into(), ..RowWeights::default() };
            let rows = RowCounts { finite: 1, ..RowCounts::default() };
            let sums = sums.map(Integer::from).to_vec();
            let joint = Joint { rows, sums, weights: Some(weights) };
            CoMoments::of_columns(vec![("a".into(), ColumnType::named("int8"))], 1, joint)
        };
        // The values 3 with weight 2, and 5 with weight 0.25.
        let (coarse, fine) = (weighted(0, 2, [6, 18]), weighted(2, 25, [125, 625]));
        let (mut one, mut other) = (coarse.clone(), fine.clone());
        assert!(one.merge(&fine).is_ok() && other.merge(&coarse).is_ok());
        assert_eq!(one, other);
        assert_eq!(one.joint().weight().0.to_i128(), Some(225));
        assert_eq!(one.sum_of(&[0]).to_i128(), Some(725));
        assert!(one.merge(&state(&[("a", "int8")], &[3, 5])).is_err());
    }

    #[test]
    fn other_columns_are_refused() {
        let mut one = state(&[("a", "int8")], &[3, 5]);
        let refused = one.merge(&state(&[("b", "int8")], &[3, 5])).expect_err("another name");
        assert!(refused.to_string().contains("no column \"b\""), "{refused}");
        assert!(one.merge(&state(&[("a", "bool")], &[1, 1])).is_err());
        assert_eq!(one, state(&[("a", "int8")], &[3, 5]));
    }
}
