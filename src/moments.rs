//! The mergeable state behind every answer.
//!
//! [`Moments`] holds what a set of values adds up to: how many there are, their exact sum and sum
//! of squares, their extremes. States are joined by [`Moments::merge`], which is exact, so the
//! state of a whole is the merged states of its parts, however it was cut and in whatever order
//! they are merged. Statistics are asked of a state by a [`Policy`] and leave it as it was:
//!
//! ```text
//! mean     = RN( S1 / n )
//! variance = RN( (n*S2 - S1^2) / (n*(n - ddof)) )
//! stddev   = RN( sqrt of that same unrounded ratio )
//! ```
//!
//! where `RN` rounds once, to the nearest `f64`. Here is decided what nulls, NaNs and infinities
//! mean; what the sums mean for a type is decided in [`answer`](crate::answer).

use crate::exact::{Form, Integer, quick, ratio};
use crate::kernels::extremes::{Extreme, Extremes, extremes};
use crate::kernels::{Blocks, Element, Kernel, Need, Sums};

/// What nulls do to a result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Nulls {
    /// They are left out.
    #[default]
    Skip,
    /// One null makes the result null.
    Propagate,
}

/// What NaNs do to a result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Nans {
    /// One NaN makes the result NaN.
    #[default]
    Propagate,
    /// A NaN counts as a null.
    AreNull,
}

/// How a statistic treats what is missing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Policy {
    /// What nulls do.
    pub nulls: Nulls,
    /// What NaNs do.
    pub nans: Nans,
    /// With fewer values the result is null.
    pub min_count: u64,
    /// Degrees of freedom that the variance subtracts from the count.
    pub ddof: u64,
}

/// The exact state of a set of values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Moments {
    valid: u64,
    nulls: u64,
    sums: Sums,
    extremes: Option<Extremes>,
}

impl Moments {
    /// The state of no values.
    pub fn new() -> Self {
        Self::default()
    }

    /// The state of `valid` values and `nulls` nulls, as it was told by another.
    pub(crate) fn from_parts(
        valid: u64,
        nulls: u64,
        sums: Sums,
        extremes: Option<Extremes>,
    ) -> Self {
        Self { valid, nulls, sums, extremes }
    }

    /// Adds the valid values among `rows` rows, finding out what is needed.
    #[inline]
    pub fn update<T: Element>(&mut self, rows: usize, blocks: &impl Blocks<T>, need: Need) {
        let valid = match need {
            Need::Count => count_valid(blocks),
            Need::Sum | Need::Squares | Need::Bracket => self.update_sums(blocks, need),
            Need::Extremes => self.update_extremes(blocks),
            Need::Everything => self.update_everything(blocks),
        };
        self.update_counts(valid, rows - valid);
    }

    /// Adds values of which `ones` are 1 and the others 0.
    pub fn update_bits(&mut self, rows: usize, valid: usize, ones: usize) {
        if valid > 0 {
            self.sums.first.add(ones as i128, 0);
            self.sums.second.add(ones as i128, 0);
            self.sums.has_other_than_negative_zero = true;
            let (min, max) = (i128::from(ones == valid), i128::from(ones > 0));
            self.merge_extremes(Some(Extremes {
                min: Extreme::Integer(min),
                max: Extreme::Integer(max),
            }));
        }
        self.update_counts(valid, rows - valid);
    }

    /// Adds values of which only the number is known.
    pub fn update_counts(&mut self, valid: usize, nulls: usize) {
        self.valid += valid as u64;
        self.nulls += nulls as u64;
    }

    /// Adds the state of another set of values of the same type.
    pub fn merge(&mut self, other: &Self) {
        self.valid += other.valid;
        self.nulls += other.nulls;
        self.sums.merge(&other.sums);
        self.merge_extremes(other.extremes);
    }

    /// Adds the values of another set, each `2^doublings` times, and none of its nulls.
    pub fn merge_repeated(&mut self, other: &Self, doublings: u32) {
        self.valid += other.valid << doublings;
        self.sums.merge_repeated(&other.sums, doublings);
        self.merge_extremes(other.extremes);
    }

    /// Counts nulls until there are so many rows.
    pub fn count_others_as_null(&mut self, rows: u64) {
        self.nulls = rows - self.valid;
    }

    #[inline]
    fn update_sums<T: Element>(&mut self, blocks: &impl Blocks<T>, need: Need) -> usize {
        let mut kernel = T::Kernel::new(need);
        let mut valid = 0;
        blocks.for_each_block(|block| {
            valid += block.count_valid();
            kernel.update(block, &mut self.sums);
        });
        kernel.finish(&mut self.sums);
        valid
    }

    fn update_extremes<T: Element>(&mut self, blocks: &impl Blocks<T>) -> usize {
        let mut valid = 0;
        blocks.for_each_block(|block| {
            block.for_each_dense(|values| {
                valid += values.len();
                let (extremes, nans) = extremes(values);
                self.merge_extremes(extremes);
                self.sums.nans += nans;
            });
        });
        valid
    }

    /// Folds each piece twice while the cache holds it.
    fn update_everything<T: Element>(&mut self, blocks: &impl Blocks<T>) -> usize {
        let mut kernel = T::Kernel::new(Need::Squares);
        let mut valid = 0;
        blocks.for_each_block(|block| {
            block.for_each_piece(|piece| {
                valid += piece.count_valid();
                kernel.update(piece, &mut self.sums);
                // The sums have counted the NaNs.
                piece.for_each_dense(|values| self.merge_extremes(extremes(values).0));
            });
        });
        kernel.finish(&mut self.sums);
        valid
    }

    fn merge_extremes(&mut self, other: Option<Extremes>) {
        self.extremes = match (self.extremes, other) {
            (Some(ours), Some(theirs)) => Some(ours.merge(theirs)),
            (ours, theirs) => ours.or(theirs),
        };
    }

    /// How many values count.
    pub fn count(&self, policy: &Policy) -> u64 {
        match policy.nans {
            Nans::Propagate => self.valid,
            Nans::AreNull => self.valid - self.sums.nans,
        }
    }

    /// How many values are null.
    pub fn nulls(&self) -> u64 {
        self.nulls
    }

    /// The exact sums.
    pub fn sums(&self) -> &Sums {
        &self.sums
    }

    /// Whether the sums are exact: they are, unless a [`Need::Bracket`] was asked for.
    #[inline]
    pub fn is_exact(&self) -> bool {
        self.sums.slack.is_none()
    }

    /// Exact states at both ends of what the sums may be: no mean and no spread lies outside of
    /// theirs. None, if one of them is impossible.
    pub fn ends(&self) -> Option<[Self; 2]> {
        let exact = Self { sums: Sums { slack: None, ..self.sums.clone() }, ..self.clone() };
        let Some(slack) = self.sums.slack else {
            return Some([exact.clone(), exact]);
        };
        let (first, second) = (slack.first.to_integer(), slack.second.to_integer());
        let [mut smallest, mut largest] = [exact.clone(), exact];
        // The spread is smallest with the sum far from zero, and the sum of squares small.
        if self.sums.first.is_negative() {
            smallest.sums.first.subtract(&first);
            largest.sums.first.merge(&first);
        } else {
            smallest.sums.first.merge(&first);
            largest.sums.first.subtract(&first);
        }
        if largest.sums.first.is_negative() != self.sums.first.is_negative() {
            largest.sums.first = Integer::new();
        }
        smallest.sums.second.subtract(&second);
        largest.sums.second.merge(&second);
        let Sums { first, second, nans, .. } = &smallest.sums;
        ratio::is_possible(first, second, self.valid - nans).then_some([smallest, largest])
    }

    /// The variance or its root, if it is the same for all that the sums may be: `Some(None)` if it may
    /// not be. None, if only the [`ends`](Self::ends) can tell.
    #[inline]
    pub fn within_slack(&self, form: Form, policy: &Policy) -> Option<Option<f64>> {
        let Sums { first, second, slack, .. } = &self.sums;
        let slack = (*slack)?;
        let count = self.admitted(policy).filter(|&count| count > policy.ddof)?;
        if self.has_nans(policy) || self.sums.has_infinities() {
            return None;
        }
        let sums = [(first, slack.first), (second, slack.second)];
        quick::within_slack(form, sums, count, policy.ddof)
    }

    /// The count of the values that the policy leaves in, unless it makes the result null.
    pub fn admitted(&self, policy: &Policy) -> Option<u64> {
        let count = self.count(policy);
        let nulls = self.nulls + (self.valid - count);
        let missing = policy.nulls == Nulls::Propagate && nulls > 0;
        (!missing && count >= policy.min_count).then_some(count)
    }

    /// The sum as the nearest `f64`. The sum of no values, if they are admitted, is 0.
    pub fn sum(&self, policy: &Policy) -> Option<f64> {
        self.admitted(policy)?;
        Some(self.finish_sum(policy, 1))
    }

    /// The mean.
    pub fn mean(&self, policy: &Policy) -> Option<f64> {
        let count = self.admitted(policy).filter(|&count| count > 0)?;
        Some(self.finish_sum(policy, count))
    }

    /// The variance.
    pub fn variance(&self, policy: &Policy) -> Option<f64> {
        self.finish_spread(policy, |sums, n, ddof| {
            ratio::variance(&sums.first, &sums.second, n, ddof)
        })
    }

    /// The standard deviation.
    pub fn stddev(&self, policy: &Policy) -> Option<f64> {
        self.finish_spread(policy, |sums, n, ddof| {
            ratio::stddev(&sums.first, &sums.second, n, ddof)
        })
    }

    /// Minimum and maximum.
    pub fn extremes(&self, policy: &Policy) -> Option<Extremes> {
        self.admitted(policy).filter(|&count| count > 0)?;
        if self.has_nans(policy) {
            let nan = Extreme::Float(f64::NAN);
            return Some(Extremes { min: nan, max: nan });
        }
        self.extremes
    }

    fn has_nans(&self, policy: &Policy) -> bool {
        policy.nans == Nans::Propagate && self.sums.nans > 0
    }

    /// The sum over `divisor`, with its special values and the sign of its zero.
    fn finish_sum(&self, policy: &Policy, divisor: u64) -> f64 {
        let sums = &self.sums;
        if self.has_nans(policy) {
            return f64::NAN;
        }
        match (sums.positive_infinities > 0, sums.negative_infinities > 0) {
            (true, true) => return f64::NAN,
            (true, false) => return f64::INFINITY,
            (false, true) => return f64::NEG_INFINITY,
            (false, false) => {}
        }
        if self.valid > sums.nans && !sums.has_other_than_negative_zero {
            return -0.0;
        }
        ratio::mean(&sums.first, divisor)
    }

    fn finish_spread(
        &self,
        policy: &Policy,
        finish: impl Fn(&Sums, u64, u64) -> f64,
    ) -> Option<f64> {
        let count = self.admitted(policy).filter(|&count| count > policy.ddof)?;
        if self.has_nans(policy) || self.sums.has_infinities() {
            return Some(f64::NAN);
        }
        Some(finish(&self.sums, count, policy.ddof))
    }
}

fn count_valid<T: Element>(blocks: &impl Blocks<T>) -> usize {
    let mut count = 0;
    blocks.for_each_block(|block| count += block.count_valid());
    count
}
