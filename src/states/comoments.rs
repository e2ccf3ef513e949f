//! Co-moments: the mergeable state of several columns together.
//!
//! It has the sums of each column, and those of the products of each pair, over the rows that have a number in all of them:
//! what covariances, correlations and regressions need. [`comoments_wire`](super::comoments_wire) is its serialized form.
//!
//! States of the same columns merge, in any order of the columns. Types widen as those of [moments](super::moments) do. Sums
//! are exact, so an integer counts as what it is, also where it joins floats.

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
    /// The sums of the columns, then of the [products](monomials).
    joint: Joint,
}

impl Default for CoMoments {
    fn default() -> Self {
        Self { columns: Vec::new(), joint: Joint::new(0) }
    }
}

/// What is summed of a number of columns: each, then the product of each with itself and those after it.
pub fn monomials(columns: usize) -> Vec<Vec<usize>> {
    let pairs = (0..columns).flat_map(|row| (row..columns).map(move |column| vec![row, column]));
    (0..columns).map(|column| vec![column]).chain(pairs).collect()
}

/// The place of a product of two columns among the sums.
pub fn place(columns: usize, one: usize, other: usize) -> usize {
    let (row, column) = (one.min(other), one.max(other));
    columns + row * columns - row * (row + 1) / 2 + column
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
    pub fn of_columns(columns: Vec<(String, ColumnType)>, joint: Joint) -> Self {
        let count = columns.len();
        assert_eq!(joint.sums.len(), count + count * (count + 1) / 2, "all sums are there");
        Self { columns, joint }
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

    /// The sum of a product of one or two columns.
    pub fn sum_of(&self, factors: &[usize]) -> &Integer {
        let place = match *factors {
            [column] => column,
            [one, other] => place(self.columns.len(), one, other),
            _ => unreachable!("the state has sums of products of two"),
        };
        &self.joint.sums[place]
    }

    /// The position of a column.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|(known, _)| known == name)
    }

    /// Adds the state of other rows of the same columns.
    ///
    /// # Errors
    /// If the columns are others, their types have no common one, or the rows are more than 2^53 together. The state is then
    /// unchanged.
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
        self.joint.merge(&other.joint);
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
        let sums = monomials(columns.len()).into_iter().map(|product| {
            let from = product.iter().map(|&column| order[column]).collect::<Vec<_>>();
            product
                .iter()
                .fold(self.sum_of(&from).clone(), |sum, &column| sum.times(&factors[column]))
        });
        let joint = Joint { rows: self.joint.rows, sums: sums.collect() };
        Self { columns: columns.to_vec(), joint }
    }
}

#[cfg(test)]
mod tests {
    use super::super::joint::RowCounts;
    use super::*;

    fn state(columns: &[(&str, &str)], sums: &[i128]) -> CoMoments {
        let columns = columns.iter().map(|&(name, of)| (name.into(), ColumnType::named(of)));
        let rows = RowCounts { finite: 2, ..RowCounts::default() };
        let sums = sums.iter().map(|&sum| {
            let mut integer = Integer::new();
            integer.add(sum, 0);
            integer
        });
        CoMoments::of_columns(columns.collect(), Joint { rows, sums: sums.collect() })
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
    fn other_columns_are_refused() {
        let mut one = state(&[("a", "int8")], &[3, 5]);
        let refused = one.merge(&state(&[("b", "int8")], &[3, 5])).expect_err("another name");
        assert!(refused.to_string().contains("no column \"b\""), "{refused}");
        assert!(one.merge(&state(&[("a", "bool")], &[1, 1])).is_err());
        assert_eq!(one, state(&[("a", "int8")], &[3, 5]));
    }
}
