//! Exact sums, and bounds on the error of those that are not exact.
//!
//! The *slack* of a sum is the largest error it may have. Only [`brackets`](super::brackets) produce sums with a
//! slack; all other kernels are exact.

use crate::exact::{Bound, Integer};

/// Exact sums of a set of values. Special values are counted and never enter the integers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// The sum of the finite values.
    pub first: Integer,
    /// The sum of their squares.
    pub second: Integer,
    /// The number of NaNs.
    pub nans: u64,
    /// The number of positive infinities.
    pub positive_infinities: u64,
    /// The number of negative infinities.
    pub negative_infinities: u64,
    /// Whether any value is a number other than -0.0. It decides the sign of a sum of zero.
    pub has_other_than_negative_zero: bool,
    /// Bounds on the error of the sums; `None` if they are exact.
    pub slack: Option<Slack>,
}

/// Bounds on the absolute error of sums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slack {
    /// Of the sum.
    pub first: Bound,
    /// Of the sum of squares.
    pub second: Bound,
}

impl Sums {
    /// Adds the sums of another set of values.
    pub fn merge(&mut self, other: &Self) {
        self.merge_repeated(other, 0);
    }

    /// Adds the sums of another set of values, each `2^doublings` times.
    pub fn merge_repeated(&mut self, other: &Self, doublings: u32) {
        self.first.merge_repeated(&other.first, doublings);
        self.second.merge_repeated(&other.second, doublings);
        self.nans += other.nans << doublings;
        self.positive_infinities += other.positive_infinities << doublings;
        self.negative_infinities += other.negative_infinities << doublings;
        self.has_other_than_negative_zero |= other.has_other_than_negative_zero;
        if let Some(theirs) = other.slack {
            let ours = self.slack.get_or_insert_default();
            ours.first = ours.first.plus(theirs.first.shifted(doublings));
            ours.second = ours.second.plus(theirs.second.shifted(doublings));
        }
    }

    /// Whether any value is infinite.
    pub fn has_infinities(&self) -> bool {
        self.positive_infinities + self.negative_infinities > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parts of a column are summed by several threads, each with its own slack.
    #[test]
    fn slacks_of_merged_sums_add_up() {
        let with = |first, second| Sums { slack: Some(Slack { first, second }), ..Sums::default() };
        let one = with(Bound::new(3, 10), Bound::new(5, -7));
        let other = with(Bound::new(1, 0), Bound::new(9, 20));
        let expected = |terms: [(i128, i32); 2]| {
            let mut sum = Integer::new();
            terms.into_iter().for_each(|(units, exponent)| sum.add(units, exponent));
            sum
        };
        let mut merged = one.clone();
        merged.merge_repeated(&other, 2);
        let slack = merged.slack.unwrap();
        assert_eq!(slack.first.to_integer(), expected([(3, 10), (1, 2)]));
        assert_eq!(slack.second.to_integer(), expected([(5, -7), (9, 22)]));

        let mut exact = Sums::default();
        exact.merge(&one);
        assert_eq!(exact.slack, one.slack);
        merged = one.clone();
        merged.merge(&Sums::default());
        assert_eq!(merged.slack, one.slack);
    }
}
