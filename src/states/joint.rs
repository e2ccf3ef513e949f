//! The state of several columns together: sums of products of their values.
//!
//! It knows which monomials it sums, and nothing of what they mean. Merging is exact, as that of
//! [`Accumulator`](super::accumulator::Accumulator).

use super::accumulator::{Nans, Nulls, Options};
use crate::exact::rational::power_of_ten;
use crate::exact::{Ball, Integer};

/// Numbers of rows by what becomes of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowCounts {
    /// Rows that have a number in each column.
    pub finite: u64,
    /// Rows with a null.
    pub nulls: u64,
    /// Rows with a NaN, and no null.
    pub nans: u64,
    /// Rows with an infinity, and neither null nor NaN.
    pub infinite: u64,
}

impl RowCounts {
    /// Whether there are no others than finite ones.
    pub fn are_finite(&self) -> bool {
        self.nulls + self.nans + self.infinite == 0
    }

    /// Whether there is a NaN or an infinity.
    pub fn have_specials(&self) -> bool {
        self.nans + self.infinite > 0
    }

    /// Whether no NaN is a value.
    pub fn is_without_nans(&self, options: &Options) -> bool {
        self.nans == 0 || options.nans == Nans::AreNull
    }

    /// The number of rows that the options admit; none if the options make the result null.
    pub fn admitted(&self, options: &Options) -> Option<u64> {
        let (nulls, nans) = match options.nans {
            Nans::AreNull => (self.nulls + self.nans, 0),
            Nans::Propagate => (self.nulls, self.nans),
        };
        let count = self.finite + self.infinite + nans;
        let is_missing = options.nulls == Nulls::Propagate && nulls > 0;
        (!is_missing && count >= options.min_count).then_some(count)
    }

    /// Adds those of other rows.
    pub fn merge(&mut self, other: Self) {
        self.finite += other.finite;
        self.nulls += other.nulls;
        self.nans += other.nans;
        self.infinite += other.infinite;
    }
}

/// What rows weigh, by what became of them.
///
/// These sums, and those of products with weights, are in units of ten to the power of `-scale`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowWeights {
    /// The decimal places of the weights.
    pub scale: u32,
    /// Of the rows that have a number in each column.
    pub finite: Integer,
    /// Of those with a NaN, and no null.
    pub nans: Integer,
    /// Of those with an infinity, and neither null nor NaN.
    pub infinite: Integer,
}

impl RowWeights {
    /// The weight of the rows that the options admit, whatever else these say.
    pub fn admitted(&self, options: &Options) -> Integer {
        let mut weight = self.finite.clone();
        weight.merge(&self.infinite);
        if options.nans == Nans::Propagate {
            weight.merge(&self.nans);
        }
        weight
    }

    fn merge(&mut self, other: &Self) {
        debug_assert_eq!(self.scale, other.scale, "weights have the same unit");
        self.finite.merge(&other.finite);
        self.nans.merge(&other.nans);
        self.infinite.merge(&other.infinite);
    }
}

/// Counts of rows, and exact sums of monomials over those that are finite in all columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joint {
    /// The rows by what became of them.
    pub rows: RowCounts,
    /// One for each monomial, of products with the weights if there are any.
    pub sums: Vec<Integer>,
    /// The weights, if there are any.
    pub weights: Option<RowWeights>,
}

impl Joint {
    /// That of no rows, without weights.
    pub fn new(monomials: usize) -> Self {
        Self { rows: RowCounts::default(), sums: vec![Integer::new(); monomials], weights: None }
    }

    /// Adds the state of other rows, of the same monomials, with weights of the same scale if there are any.
    pub fn merge(&mut self, other: &Self) {
        self.rows.merge(other.rows);
        self.sums.iter_mut().zip(&other.sums).for_each(|(sum, other)| sum.merge(other));
        if let (Some(weights), Some(other)) = (&mut self.weights, &other.weights) {
            weights.merge(other);
        }
    }

    /// What the rows weigh that have a number in each column, in units of ten to the power of minus a scale: their number
    /// if there are no weights.
    pub fn weight(&self) -> (Integer, u32) {
        match &self.weights {
            Some(weights) => (weights.finite.clone(), weights.scale),
            None => (self.rows.finite.into(), 0),
        }
    }

    /// The same with weights of more decimal places.
    pub fn rescaled(mut self, scale: u32) -> Self {
        let Some(weights) = &mut self.weights else {
            return self;
        };
        let Some(more) = scale.checked_sub(weights.scale).filter(|&more| more > 0) else {
            return self;
        };
        let unit = power_of_ten(more);
        let own = [&mut weights.finite, &mut weights.nans, &mut weights.infinite];
        own.into_iter().chain(&mut self.sums).for_each(|sum| *sum = sum.times(&unit));
        weights.scale = scale;
        self
    }
}

/// A state whose sums may have an error.
#[derive(Clone, Debug)]
pub struct NearJoint {
    /// The rows by what became of them.
    pub rows: RowCounts,
    /// One for each monomial.
    pub sums: Vec<Ball>,
}

impl NearJoint {
    /// That of no rows.
    pub fn new(monomials: usize) -> Self {
        Self { rows: RowCounts::default(), sums: vec![Integer::new().into(); monomials] }
    }

    /// Adds the state of other rows, of the same monomials.
    pub fn merge(&mut self, other: &Self) {
        self.rows.merge(other.rows);
        self.sums.iter_mut().zip(&other.sums).for_each(|(sum, other)| sum.add(other));
    }
}
