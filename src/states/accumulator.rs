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
//! mean; what the sums mean for a type is decided in [`answer`](crate::answers::statistic).

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

/// What a state knows of its values beyond their number: a set.
///
/// Two sets of values that are merged are known as far as both were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gathered(u8);

impl Gathered {
    /// The number of values and nulls, which every state knows.
    pub const COUNT: Self = Self(0);
    /// How many of the values are NaN.
    pub const NANS: Self = Self(1);
    /// Their sum.
    pub const SUM: Self = Self(2);
    /// The sum of their squares.
    pub const SQUARES: Self = Self(4);
    /// Minimum and maximum.
    pub const EXTREMES: Self = Self(8);
    /// All of this.
    pub const EVERYTHING: Self = Self(15);

    /// Whether all of another set is known.
    pub fn includes(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// What both know.
    pub fn meet(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl From<Need> for Gathered {
    fn from(need: Need) -> Self {
        match need {
            Need::Count => Self::COUNT,
            Need::Sum => Self::NANS.and(Self::SUM),
            // How exactly is told by the slack of the sums.
            Need::Squares | Need::Bracket => Self::NANS.and(Self::SUM).and(Self::SQUARES),
            Need::Extremes => Self::NANS.and(Self::EXTREMES),
            Need::Everything => Self::EVERYTHING,
        }
    }
}

/// The exact state of a set of values.
///
/// It remembers what was gathered, and a question that goes beyond it is a mistake of the caller:
/// the methods that answer panic rather than give a number that no data has.
#[derive(Clone, Debug, PartialEq)]
pub struct Moments {
    valid: u64,
    nulls: u64,
    /// Of no values, everything is known.
    gathered: Gathered,
    sums: Sums,
    extremes: Option<Extremes>,
}

impl Default for Moments {
    fn default() -> Self {
        Self::from_parts(0, 0, Sums::default(), None)
    }
}

impl Moments {
    /// The state of no values.
    pub fn new() -> Self {
        Self::default()
    }

    /// The state of `valid` values and `nulls` nulls of which everything is known.
    pub(crate) fn from_parts(
        valid: u64,
        nulls: u64,
        sums: Sums,
        extremes: Option<Extremes>,
    ) -> Self {
        Self { valid, nulls, gathered: Gathered::EVERYTHING, sums, extremes }
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
        self.add_counts(valid, rows - valid, need.into());
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
        self.add_counts(valid, rows - valid, Gathered::EVERYTHING);
    }

    /// Adds values whose number is all that is needed, or all that there is to know, as of text.
    pub fn update_counts(&mut self, valid: usize, nulls: usize, need: Need) {
        self.add_counts(valid, nulls, need.into());
    }

    #[inline]
    fn add_counts(&mut self, valid: usize, nulls: usize, gathered: Gathered) {
        self.valid += valid as u64;
        self.nulls += nulls as u64;
        if valid > 0 {
            self.gathered = self.gathered.meet(gathered);
        }
    }

    /// Adds the state of another set of values of the same type.
    pub fn merge(&mut self, other: &Self) {
        self.valid += other.valid;
        self.nulls += other.nulls;
        self.gathered = self.gathered.meet(other.gathered);
        self.sums.merge(&other.sums);
        self.merge_extremes(other.extremes);
    }

    /// Adds the values of another set, each `2^doublings` times, and none of its nulls.
    pub fn merge_repeated(&mut self, other: &Self, doublings: u32) {
        self.valid += other.valid << doublings;
        self.gathered = self.gathered.meet(other.gathered);
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

    /// What is known of the values.
    pub fn gathered(&self) -> Gathered {
        self.gathered
    }

    /// # Panics
    /// If that was not gathered.
    #[inline]
    #[track_caller]
    fn expect(&self, asked: Gathered) {
        let Self { gathered, .. } = self;
        assert!(gathered.includes(asked), "{asked:?} is asked of a state that has {gathered:?}");
    }

    /// # Panics
    /// If the sums were not gathered, or to within a slack.
    #[inline]
    #[track_caller]
    fn expect_exact(&self, asked: Gathered) {
        self.expect(asked);
        assert!(self.is_exact(), "an answer is asked of sums with a slack");
    }

    /// How many values count.
    ///
    /// # Panics
    /// If NaNs are left out and were not gathered; so does whatever is asked by such a policy.
    #[inline]
    pub fn count(&self, policy: &Policy) -> u64 {
        match policy.nans {
            Nans::Propagate => self.valid,
            Nans::AreNull => {
                self.expect(Gathered::NANS);
                self.valid - self.sums.nans
            }
        }
    }

    /// The exact sum of the finite values.
    ///
    /// # Panics
    /// If it was not gathered.
    pub fn total(&self) -> &Integer {
        self.expect_exact(Gathered::SUM);
        &self.sums.first
    }

    /// The exact sums of the finite values and of their squares.
    ///
    /// # Panics
    /// If they were not gathered.
    pub fn totals(&self) -> (&Integer, &Integer) {
        self.expect_exact(Gathered::SUM.and(Gathered::SQUARES));
        (&self.sums.first, &self.sums.second)
    }

    /// How many values are null.
    pub fn nulls(&self) -> u64 {
        self.nulls
    }

    /// The sums as far as they were gathered; [`gathered`](Self::gathered) says how far.
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
        self.expect(Gathered::SQUARES);
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
    ///
    /// # Panics
    /// If it was not gathered; so do the mean, the variance, the deviation and the extremes.
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
        self.finish_spread(policy, ratio::variance)
    }

    /// The standard deviation.
    pub fn stddev(&self, policy: &Policy) -> Option<f64> {
        self.finish_spread(policy, ratio::stddev)
    }

    /// Minimum and maximum.
    pub fn extremes(&self, policy: &Policy) -> Option<Extremes> {
        self.expect(Gathered::EXTREMES);
        self.admitted(policy).filter(|&count| count > 0)?;
        if self.has_nans(policy) {
            let nan = Extreme::Float(f64::NAN);
            return Some(Extremes { min: nan, max: nan });
        }
        self.extremes
    }

    /// Minimum and maximum of the values that are no NaN.
    pub fn extremes_of_numbers(&self) -> Option<Extremes> {
        self.extremes(&Policy { nans: Nans::AreNull, ..Policy::default() })
    }

    fn has_nans(&self, policy: &Policy) -> bool {
        policy.nans == Nans::Propagate && self.sums.nans > 0
    }

    /// The sum over `divisor`, with its special values and the sign of its zero.
    fn finish_sum(&self, policy: &Policy, divisor: u64) -> f64 {
        let total = self.total();
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
        ratio::mean(total, divisor)
    }

    fn finish_spread(
        &self,
        policy: &Policy,
        finish: impl Fn(&Integer, &Integer, u64, u64) -> f64,
    ) -> Option<f64> {
        let (first, second) = self.totals();
        let count = self.admitted(policy).filter(|&count| count > policy.ddof)?;
        if self.has_nans(policy) || self.sums.has_infinities() {
            return Some(f64::NAN);
        }
        Some(finish(first, second, count, policy.ddof))
    }
}

fn count_valid<T: Element>(blocks: &impl Blocks<T>) -> usize {
    let mut count = 0;
    blocks.for_each_block(|block| count += block.count_valid());
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::Block;
    use std::panic::catch_unwind;

    const NEEDS: [Need; 6] =
        [Need::Count, Need::Sum, Need::Squares, Need::Bracket, Need::Extremes, Need::Everything];
    const VALUES: [f64; 3] = [1.0, 2.0, 4.0];

    fn gather(values: &[f64], need: Need) -> Moments {
        let mut moments = Moments::new();
        moments.update(values.len(), &Block::Dense(values), need);
        moments
    }

    /// What is asked, what it takes, and the answer for [`VALUES`].
    type Asked = (fn(&Moments) -> Option<f64>, Gathered, f64);

    fn questions() -> [Asked; 6] {
        const ALL: Policy =
            Policy { nulls: Nulls::Skip, nans: Nans::Propagate, min_count: 0, ddof: 0 };
        const NUMBERS: Policy = Policy { nans: Nans::AreNull, ..ALL };
        let max = |moments: &Moments| match moments.extremes(&ALL)?.max {
            Extreme::Float(max) => Some(max),
            _ => None,
        };
        let squares = Gathered::SUM.and(Gathered::SQUARES);
        [
            (|moments| Some(moments.count(&ALL) as f64), Gathered::COUNT, 3.0),
            (|moments| Some(moments.count(&NUMBERS) as f64), Gathered::NANS, 3.0),
            (|moments| moments.sum(&ALL), Gathered::SUM, 7.0),
            (|moments| moments.mean(&ALL), Gathered::SUM, 7.0 / 3.0),
            (|moments| moments.variance(&ALL), squares, 14.0 / 9.0),
            (max, Gathered::EXTREMES, 4.0),
        ]
    }

    fn expect_answered_or_refused(moments: &Moments, gathered: Gathered) {
        for (ask, takes, answer) in questions() {
            let answered = catch_unwind(|| ask(moments)).ok();
            let expected = gathered.includes(takes).then_some(Some(answer));
            assert_eq!(answered, expected, "{takes:?} of {gathered:?}");
        }
    }

    #[test]
    fn questions_beyond_what_was_gathered_are_refused() {
        for need in NEEDS.into_iter().filter(|&need| need != Need::Bracket) {
            expect_answered_or_refused(&gather(&VALUES, need), need.into());
        }
    }

    #[test]
    fn a_merged_state_knows_what_both_knew() {
        for (one, other) in NEEDS.iter().flat_map(|&one| NEEDS.map(|other| (one, other))) {
            let mut merged = gather(&VALUES[..1], one);
            merged.merge(&gather(&VALUES[1..], other));
            expect_answered_or_refused(&merged, Gathered::from(one).meet(other.into()));
        }
    }

    #[test]
    fn sums_with_a_slack_are_no_answer() {
        let values = [0.1; 1024];
        let bracket = gather(&values, Need::Bracket);
        let has_vectors = crate::kernels::dispatch::Isa::detected().len() > 1;
        let policy = Policy::default();
        for ask in [Moments::sum, Moments::mean, Moments::variance, Moments::stddev] {
            assert_eq!(catch_unwind(|| ask(&bracket, &policy)).is_err(), has_vectors);
        }
    }

    #[test]
    fn of_no_values_everything_is_known() {
        let mut moments = gather(&[], Need::Count);
        moments.update_counts(0, 5, Need::Count);
        assert_eq!(moments.gathered(), Gathered::EVERYTHING);
        assert_eq!(moments.variance(&Policy::default()), None);
        moments.merge(&gather(&VALUES, Need::Sum));
        assert_eq!(moments.gathered(), Need::Sum.into());
    }
}
