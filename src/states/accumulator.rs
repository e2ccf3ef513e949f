//! The accumulator behind every answer: counts, exact sums and extremes of values of any type.
//!
//! [`Accumulator::merge`] is exact: the merged states of parts are the state of the whole, however it
//! was cut and in any order. A pass over the data gathers only what its question needs, and the state
//! records what that was. Statistics depend on [`Options`], and do not change the state:
//!
//! ```text
//! mean     = RN( S1 / n )
//! variance = RN( (n*S2 - S1^2) / (n*(n - ddof)) )
//! stddev   = RN( sqrt of that same unrounded ratio )
//! ```
//!
//! where `RN` rounds once, to the nearest `f64`. What nulls, NaNs and infinities do to a result is
//! decided here; what the sums mean for a type, in [`answer`](crate::answers::statistic).

use crate::exact::{Form, Integer, quick, ratio};
use crate::kernels::extremes::{Extreme, Extremes, extremes};
use crate::kernels::{Blocks, Element, Kernel, Need, Sums};

/// What nulls do to a result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Nulls {
    /// They are skipped.
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

/// How a statistic treats missing values, and the divisor of variances.
///
/// ```
/// use colstats::{Nulls, Options};
///
/// let sample = Options { ddof: 1, nulls: Nulls::Propagate, ..Options::default() };
/// assert_eq!((sample.ddof, Options::default().ddof), (1, 0));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// What nulls do: by default they are skipped.
    pub nulls: Nulls,
    /// What NaNs do: by default one makes the result NaN.
    pub nans: Nans,
    /// With fewer values than this the result is null. By default 0: the sum of no values is 0.
    pub min_count: u64,
    /// Degrees of freedom: variances are divided by the count minus this, by default 0.
    pub ddof: u64,
}

/// The set of what was gathered about the values, beyond their number.
///
/// A merged state has gathered what both of its parts have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gathered(u8);

impl Gathered {
    /// The numbers of values and nulls, which are always gathered.
    pub const COUNT: Self = Self(0);
    /// The number of NaNs.
    pub const NANS: Self = Self(1);
    /// The sum.
    pub const SUM: Self = Self(2);
    /// The sum of squares.
    pub const SQUARES: Self = Self(4);
    /// Minimum and maximum.
    pub const EXTREMES: Self = Self(8);
    /// All of these.
    pub const EVERYTHING: Self = Self(15);
    /// All but minimum and maximum.
    pub const TOTALS: Self = Self(7);

    /// Whether all of another set was gathered.
    pub fn includes(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// What both have gathered.
    pub fn meet(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    const fn without_extremes(self) -> Self {
        Self(self.0 & !Self::EXTREMES.0)
    }
}

impl From<Need> for Gathered {
    fn from(need: Need) -> Self {
        match need {
            Need::Count => Self::COUNT,
            // A bracket is recorded by the slack of the sums.
            Need::Sum | Need::SumBracket => Self::NANS.and(Self::SUM),
            Need::Squares | Need::Bracket | Need::FineBracket => {
                Self::NANS.and(Self::SUM).and(Self::SQUARES)
            }
            Need::Extremes => Self::NANS.and(Self::EXTREMES),
            Need::Everything => Self::EVERYTHING,
        }
    }
}

/// The exact state of a set of values.
///
/// A question beyond what was gathered is a bug of the caller: the methods that answer panic rather than
/// return a wrong number.
#[derive(Clone, Debug, PartialEq)]
pub struct Accumulator {
    valid: u64,
    nulls: u64,
    /// Everything, as long as there are no values.
    gathered: Gathered,
    sums: Sums,
    extremes: Option<Extremes>,
}

impl Default for Accumulator {
    fn default() -> Self {
        Self::from_parts(0, 0, Sums::default(), None)
    }
}

impl Accumulator {
    /// The state of no values.
    pub fn new() -> Self {
        Self::default()
    }

    /// The complete state of `valid` values and `nulls` nulls.
    pub(crate) fn from_parts(
        valid: u64,
        nulls: u64,
        sums: Sums,
        extremes: Option<Extremes>,
    ) -> Self {
        Self { valid, nulls, gathered: Gathered::EVERYTHING, sums, extremes }
    }

    /// The same state, of which only some was gathered.
    pub(crate) fn only(mut self, need: Need) -> Self {
        if self.valid > 0 {
            self.gathered = self.gathered.meet(need.into());
        }
        self
    }

    /// Adds the valid values among `rows` rows, gathering what is needed.
    #[inline]
    pub fn update<T: Element>(&mut self, rows: usize, blocks: &impl Blocks<T>, need: Need) {
        let valid = match need {
            Need::Count => count_valid(blocks),
            Need::Extremes => self.update_extremes(blocks),
            Need::Everything => self.update_everything(blocks),
            _ => self.update_sums(blocks, need),
        };
        self.add_counts(valid, rows - valid, need.into());
    }

    /// Adds booleans, `ones` of which are true.
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

    /// Adds values of which only the number is needed, or which have nothing else, such as strings: these
    /// have no NaNs, and their state is complete with the count.
    pub fn update_counts(&mut self, valid: usize, nulls: usize, need: Need) {
        let gathered = match need {
            Need::Count => Gathered::COUNT,
            Need::Everything => Gathered::EVERYTHING,
            _ => Gathered::NANS,
        };
        self.add_counts(valid, nulls, gathered);
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
        if !self.has_extremes() {
            self.extremes = None; // those of some of the values say nothing
        }
    }

    /// Takes the state of some of the values away, exactly. The minimum and maximum of the others are then not known,
    /// unless nothing but NaNs is left.
    /// The state is unchanged if the values were not all added before, as far as counts and sums can tell; the reason
    /// is returned.
    ///
    /// If all values that are left are zeros, but not all that were there, a sum of them is +0.0.
    pub(crate) fn retract(&mut self, other: &Self) -> Result<(), &'static str> {
        let (ours, theirs) = (&self.sums, &other.sums);
        let less = |ours: u64, theirs: u64, what| ours.checked_sub(theirs).ok_or(what);
        let valid = less(self.valid, other.valid, "values")?;
        let nulls = less(self.nulls, other.nulls, "nulls")?;
        let nans = less(ours.nans, theirs.nans, "NaNs")?;
        let infinities = "infinities";
        let positive = less(ours.positive_infinities, theirs.positive_infinities, infinities)?;
        let negative = less(ours.negative_infinities, theirs.negative_infinities, infinities)?;
        let specials = [nans, positive, negative].into_iter().fold(0, u64::saturating_add);
        let finite = less(valid, specials, "finite values")?;
        let (mut first, mut second) = (ours.first.clone(), ours.second.clone());
        first.subtract(&theirs.first);
        second.subtract(&theirs.second);
        let is_empty = first.is_zero() && second.is_zero();
        if !ratio::is_possible(&first, &second, finite) || (finite == 0 && !is_empty) {
            return Err("other values");
        }
        let others = ours.has_other_than_negative_zero && valid > nans;
        let sums = Sums {
            first,
            second,
            nans,
            positive_infinities: positive,
            negative_infinities: negative,
            has_other_than_negative_zero: others,
            slack: None,
        };
        let gathered = match (valid - nans, other.valid) {
            // What is left has no numbers, so it is known to have no extremes.
            (0, _) => Gathered::EVERYTHING,
            (_, 0) => self.gathered,
            _ => self.gathered.meet(other.gathered).without_extremes(),
        };
        let extremes = self.extremes.filter(|_| other.valid == 0);
        *self = Self { valid, nulls, gathered, sums, extremes };
        Ok(())
    }

    /// Whether minimum and maximum are known: not if values have been taken away.
    pub fn has_extremes(&self) -> bool {
        self.gathered.includes(Gathered::EXTREMES)
    }

    /// The same state without minimum and maximum.
    pub(crate) fn without_extremes(mut self) -> Self {
        (self.gathered, self.extremes) = (self.gathered.without_extremes(), None);
        self
    }

    /// Adds the values of another set, each `2^doublings` times, but not its nulls.
    pub fn merge_repeated(&mut self, other: &Self, doublings: u32) {
        self.valid += other.valid << doublings;
        self.gathered = self.gathered.meet(other.gathered);
        self.sums.merge_repeated(&other.sums, doublings);
        self.merge_extremes(other.extremes);
    }

    /// The numbers of values and nulls, and the sums, to be changed by single values.
    #[cfg(feature = "arrow")]
    pub(crate) fn counts_and_sums(&mut self) -> (&mut u64, &mut u64, &mut Sums) {
        (&mut self.valid, &mut self.nulls, &mut self.sums)
    }

    /// Counts as null all of `rows` rows that are not valid.
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

    /// Reads each piece of a block twice, while it is in the cache.
    fn update_everything<T: Element>(&mut self, blocks: &impl Blocks<T>) -> usize {
        let mut kernel = T::Kernel::new(Need::Squares);
        let mut valid = 0;
        blocks.for_each_block(|block| {
            block.for_each_piece(|piece| {
                valid += piece.count_valid();
                kernel.update(piece, &mut self.sums);
                // The sums count the NaNs.
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

    /// What was gathered of the values.
    pub fn gathered(&self) -> Gathered {
        self.gathered
    }

    /// # Panics
    /// If that was not gathered.
    #[inline]
    #[track_caller]
    fn expect(&self, asked: Gathered) {
        let Self { gathered, .. } = self;
        assert!(gathered.includes(asked), "{asked:?} asked of a state that gathered {gathered:?}");
    }

    /// # Panics
    /// If the sums were not gathered, or only to within a slack.
    #[inline]
    #[track_caller]
    fn expect_exact(&self, asked: Gathered) {
        self.expect(asked);
        assert!(self.is_exact(), "an exact sum asked of a state with a slack");
    }

    /// The number of values that the options admit.
    ///
    /// # Panics
    /// If the options exclude NaNs, and these were not counted; the same holds for all statistics with such
    /// options.
    #[inline]
    pub fn count(&self, options: &Options) -> u64 {
        match options.nans {
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

    /// The number of nulls.
    pub fn nulls(&self) -> u64 {
        self.nulls
    }

    /// The sums as far as they were gathered; [`gathered`](Self::gathered) says how far.
    pub fn sums(&self) -> &Sums {
        &self.sums
    }

    /// Whether the sums are exact: they are, unless they were gathered to within a slack.
    #[inline]
    pub fn is_exact(&self) -> bool {
        self.sums.slack.is_none()
    }

    /// Exact states at both ends of the range of the sum: the true sum and mean lie between theirs.
    pub fn sum_ends(&self) -> [Self; 2] {
        let exact = Self { sums: Sums { slack: None, ..self.sums.clone() }, ..self.clone() };
        let slack = self.sums.slack.unwrap_or_default().first.to_integer();
        let [mut smallest, mut largest] = [exact.clone(), exact];
        smallest.sums.first.subtract(&slack);
        largest.sums.first.merge(&slack);
        [smallest, largest]
    }

    /// Exact states at both ends of the range of the sums: the true mean and spread lie between theirs.
    /// None if one of the states is impossible.
    pub fn ends(&self) -> Option<[Self; 2]> {
        let exact = Self { sums: Sums { slack: None, ..self.sums.clone() }, ..self.clone() };
        let Some(slack) = self.sums.slack else {
            return Some([exact.clone(), exact]);
        };
        let (first, second) = (slack.first.to_integer(), slack.second.to_integer());
        let [mut smallest, mut largest] = [exact.clone(), exact];
        // The spread is smallest if the sum is far from zero and the sum of squares is small.
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

    /// The variance or its root, if it is the same for all values that the sums may have; `Some(None)` if
    /// it may differ. None if only the [`ends`](Self::ends) can tell.
    #[inline]
    pub fn within_slack(&self, form: Form, options: &Options) -> Option<Option<f64>> {
        self.expect(Gathered::SQUARES);
        let Sums { first, second, slack, .. } = &self.sums;
        let slack = (*slack)?;
        let count = self.admitted(options).filter(|&count| count > options.ddof)?;
        if self.has_nans(options) || self.sums.has_infinities() {
            return None;
        }
        let sums = [(first, slack.first), (second, slack.second)];
        quick::within_slack(form, sums, count, options.ddof)
    }

    /// The number of values that the options admit; none if the options make the result null.
    pub fn admitted(&self, options: &Options) -> Option<u64> {
        let count = self.count(options);
        let nulls = self.nulls + (self.valid - count);
        let missing = options.nulls == Nulls::Propagate && nulls > 0;
        (!missing && count >= options.min_count).then_some(count)
    }

    /// The sum as the nearest `f64`; 0 for no values, unless `min_count` makes it null.
    ///
    /// # Panics
    /// If it was not gathered; the same holds for the mean, the variance, the deviation and the extremes.
    pub fn sum(&self, options: &Options) -> Option<f64> {
        self.admitted(options)?;
        Some(self.finish_sum(options, 1))
    }

    /// The mean.
    pub fn mean(&self, options: &Options) -> Option<f64> {
        let count = self.admitted(options).filter(|&count| count > 0)?;
        Some(self.finish_sum(options, count))
    }

    /// The variance.
    pub fn variance(&self, options: &Options) -> Option<f64> {
        self.finish_spread(options, ratio::variance)
    }

    /// The standard deviation.
    pub fn stddev(&self, options: &Options) -> Option<f64> {
        self.finish_spread(options, ratio::stddev)
    }

    /// Minimum and maximum.
    pub fn extremes(&self, options: &Options) -> Option<Extremes> {
        self.expect(Gathered::EXTREMES);
        self.admitted(options).filter(|&count| count > 0)?;
        if self.has_nans(options) {
            let nan = Extreme::Float(f64::NAN);
            return Some(Extremes { min: nan, max: nan });
        }
        self.extremes
    }

    /// Minimum and maximum of the values that are not NaN.
    pub fn extremes_of_numbers(&self) -> Option<Extremes> {
        self.extremes(&Options { nans: Nans::AreNull, ..Options::default() })
    }

    /// Whether there are NaNs that make the result one, as far as they were counted.
    pub(crate) fn has_nans(&self, options: &Options) -> bool {
        options.nans == Nans::Propagate && self.sums.nans > 0
    }

    /// The sum divided by `divisor`, with special values and the sign of zero.
    fn finish_sum(&self, options: &Options, divisor: u64) -> f64 {
        let total = self.total();
        let sums = &self.sums;
        if self.has_nans(options) {
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
        options: &Options,
        finish: impl Fn(&Integer, &Integer, u64, u64) -> f64,
    ) -> Option<f64> {
        let (first, second) = self.totals();
        let count = self.admitted(options).filter(|&count| count > options.ddof)?;
        if self.has_nans(options) || self.sums.has_infinities() {
            return Some(f64::NAN);
        }
        Some(finish(first, second, count, options.ddof))
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

    const NEEDS: [Need; 7] = [
        Need::Count,
        Need::Sum,
        Need::Squares,
        Need::Bracket,
        Need::FineBracket,
        Need::Extremes,
        Need::Everything,
    ];
    const VALUES: [f64; 3] = [1.0, 2.0, 4.0];

    fn gather(values: &[f64], need: Need) -> Accumulator {
        let mut accumulator = Accumulator::new();
        accumulator.update(values.len(), &Block::Dense(values), need);
        accumulator
    }

    /// A question, what must have been gathered for it, and its answer for [`VALUES`].
    type Asked = (fn(&Accumulator) -> Option<f64>, Gathered, f64);

    fn questions() -> [Asked; 6] {
        const ALL: Options =
            Options { nulls: Nulls::Skip, nans: Nans::Propagate, min_count: 0, ddof: 0 };
        const NUMBERS: Options = Options { nans: Nans::AreNull, ..ALL };
        let max = |accumulator: &Accumulator| match accumulator.extremes(&ALL)?.max {
            Extreme::Float(max) => Some(max),
            _ => None,
        };
        let squares = Gathered::SUM.and(Gathered::SQUARES);
        [
            (|accumulator| Some(accumulator.count(&ALL) as f64), Gathered::COUNT, 3.0),
            (|accumulator| Some(accumulator.count(&NUMBERS) as f64), Gathered::NANS, 3.0),
            (|accumulator| accumulator.sum(&ALL), Gathered::SUM, 7.0),
            (|accumulator| accumulator.mean(&ALL), Gathered::SUM, 7.0 / 3.0),
            (|accumulator| accumulator.variance(&ALL), squares, 14.0 / 9.0),
            (max, Gathered::EXTREMES, 4.0),
        ]
    }

    fn expect_answered_or_refused(accumulator: &Accumulator, gathered: Gathered) {
        for (ask, takes, answer) in questions() {
            let answered = catch_unwind(|| ask(accumulator)).ok();
            let expected = gathered.includes(takes).then_some(Some(answer));
            assert_eq!(answered, expected, "{takes:?} of {gathered:?}");
        }
    }

    #[test]
    fn questions_beyond_what_was_gathered_are_refused() {
        for need in NEEDS.into_iter().filter(|need| !need.has_inexact_squares()) {
            expect_answered_or_refused(&gather(&VALUES, need), need.into());
        }
    }

    #[test]
    fn a_merged_state_has_gathered_what_both_have() {
        for (one, other) in NEEDS.iter().flat_map(|&one| NEEDS.map(|other| (one, other))) {
            let mut merged = gather(&VALUES[..1], one);
            merged.merge(&gather(&VALUES[1..], other));
            expect_answered_or_refused(&merged, Gathered::from(one).meet(other.into()));
        }
    }

    #[test]
    fn questions_about_sums_with_a_slack_are_refused() {
        let values = [0.1; 1024];
        let bracket = gather(&values, Need::Bracket);
        let has_vectors = crate::kernels::dispatch::Isa::detected().len() > 1;
        let options = Options::default();
        for ask in [Accumulator::sum, Accumulator::mean, Accumulator::variance, Accumulator::stddev]
        {
            assert_eq!(catch_unwind(|| ask(&bracket, &options)).is_err(), has_vectors);
        }
    }

    #[test]
    fn a_state_of_no_values_is_complete() {
        let mut accumulator = gather(&[], Need::Count);
        accumulator.update_counts(0, 5, Need::Count);
        assert_eq!(accumulator.gathered(), Gathered::EVERYTHING);
        assert_eq!(accumulator.variance(&Options::default()), None);
        accumulator.merge(&gather(&VALUES, Need::Sum));
        assert_eq!(accumulator.gathered(), Need::Sum.into());
    }
}
