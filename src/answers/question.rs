//! A statistic of values, computed with no more work than the answer needs.
//!
//! The answer is always the one that the exact sums give. For the variance and deviation of
//! floating-point numbers, exact sums take twice the time of a bracket: sums known to within a
//! [`Slack`](crate::kernels::Slack). So the bracket is computed first. If all values that the exact
//! sums may have give the same answer, that is the answer. Otherwise the exact sums are computed
//! after all. This happens to one column in several hundred, and to columns whose mean is far larger
//! than their deviation. For long columns, a trial on the first rows predicts it; for short ones, the
//! outcome for the previous columns on the same thread does. Sums are brackets only where their exponents differ
//! widely, and short pieces take no state at all ([`short`](crate::kernels::short)).
//!
//! A NaN in the trial settles the sum, the mean and the deviation, unless NaNs count as nulls: the rest is counted, and
//! not read.

use std::cell::Cell;

use arrow_schema::DataType;

use crate::answers::statistic::{Answer, Statistic, Ticks, answer};
use crate::exact::Form;
use crate::kernels::Need;
use crate::kernels::short::{Short, ShortResult};
use crate::states::accumulator::{Accumulator, Nans, Nulls, Options};
use crate::types::{Family, family};

/// Minimum number of rows for a bracket. In the L1 cache, 1,024 values take 0.54 us, against 0.86 us for
/// exact sums.
pub(super) const BRACKET_MIN_ROWS: usize = 1 << 8;
/// Minimum number of rows for a trial, which then reads at most 1.6 % of them.
const TRIAL_MIN_ROWS: usize = 1 << 15;
/// Number of rows of a trial.
const TRIAL_ROWS: usize = 1 << 9;

/// Exponential backoff of a kind of bracket for short columns. Consecutive ones on a thread, such as windows,
/// resemble each other. It affects the time of an answer, never its bits.
#[derive(Clone, Copy, Default)]
struct Backoff {
    /// Skip the bracket for this many questions.
    skip: u32,
    /// The length of the last backoff.
    length: u32,
}

thread_local! {
    /// For sums, deviations, and deviations by fine brackets.
    static BACKOFFS: Cell<[Backoff; 3]> = const { Cell::new([Backoff { skip: 0, length: 0 }; 3]) };
}

impl Backoff {
    /// The longest backoff, in questions.
    const MAX_LENGTH: u32 = 63;

    fn index(bracket: Need) -> usize {
        match bracket {
            Need::SumBracket => 0,
            Need::FineBracket => 2,
            _ => 1,
        }
    }

    /// Whether to try a kind of bracket for the next question.
    fn allows(bracket: Need) -> bool {
        let mut backoffs = BACKOFFS.get();
        let Self { skip, .. } = &mut backoffs[Self::index(bracket)];
        let is_allowed = *skip == 0;
        *skip = skip.saturating_sub(1);
        BACKOFFS.set(backoffs);
        is_allowed
    }

    /// Records whether a kind of bracket has settled the answer.
    fn record(bracket: Need, is_settled: bool) {
        let mut backoffs = BACKOFFS.get();
        let Self { skip, length } = &mut backoffs[Self::index(bracket)];
        *length = if is_settled { 0 } else { (2 * *length + 1).min(Self::MAX_LENGTH) };
        *skip = *length;
        BACKOFFS.set(backoffs);
    }
}

/// A statistic of values of a type that has it.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Which statistic.
    pub statistic: Statistic,
    /// The type of the values.
    pub of: &'a DataType,
    /// How missing values are treated.
    pub options: &'a Options,
    /// The unit of temporal answers.
    pub ticks: Ticks,
}

/// Values that can be folded into a state: a slice, or the chunks of a column.
pub trait Foldable {
    /// The number of rows.
    fn rows(&self) -> usize;
    /// The state of all rows.
    fn fold(&self, need: Need) -> Accumulator;
    /// The state of the first `rows` rows, or of all if there are fewer.
    fn fold_first(&self, rows: usize, need: Need) -> Accumulator;
    /// The answer, if the values are few and it takes no state.
    fn answer_short(&self, _: Short) -> Option<f64> {
        None
    }
}

impl Question<'_> {
    /// The answer, by the calling thread.
    #[inline]
    pub fn ask<V: Foldable + ?Sized>(&self, values: &V) -> Answer {
        let answer = self.short().and_then(|short| values.answer_short(short));
        answer.map_or_else(|| self.ask_with_state(values), Answer::Float)
    }

    pub(super) fn ask_with_state<V: Foldable + ?Sized>(&self, values: &V) -> Answer {
        let mut need = self.first_need(values);
        loop {
            let accumulator = values.fold(need);
            if let Some(answer) = self.settle_if_possible(need, &accumulator) {
                return answer;
            }
            need = self.next_need(need);
        }
    }

    /// The question about short pieces, if its answer is a double that needs nothing but sums.
    #[inline]
    pub(super) fn short(&self) -> Option<Short> {
        let Options { min_count, ddof, nulls, nans } = *self.options;
        let result = match (self.statistic, family(self.of)) {
            (Statistic::Sum, Family::Float) => ShortResult::Sum,
            (Statistic::Mean, Family::Float | Family::Integer) => ShortResult::Mean,
            (Statistic::Variance, Family::Float | Family::Integer) => {
                ShortResult::Spread { form: Form::Quotient, ddof }
            }
            (Statistic::Stddev, Family::Float | Family::Integer) => {
                ShortResult::Spread { form: Form::Root, ddof }
            }
            _ => return None,
        };
        let min_len = min_count.max(ddof.saturating_add(1));
        let min_len = usize::try_from(min_len).unwrap_or(usize::MAX);
        let (skips_nulls, nan_settles) = (nulls == Nulls::Skip, nans == Nans::Propagate);
        Some(Short { result, min_len, skips_nulls, nan_settles })
    }

    /// What to gather at first: no more than the count, if the first rows have a NaN that settles the answer.
    #[inline]
    pub(super) fn first_need<V: Foldable + ?Sized>(&self, values: &V) -> Need {
        let need = self.exact_need();
        if family(self.of) != Family::Float || !matches!(need, Need::Sum | Need::Squares) {
            return need;
        }
        let brackets: &[Need] = match need {
            Need::Sum => &[Need::SumBracket],
            _ => &[Need::Bracket, Need::FineBracket],
        };
        match values.rows() {
            rows if rows < BRACKET_MIN_ROWS => need,
            rows if rows < TRIAL_MIN_ROWS => {
                let bracket = brackets.iter().find(|&&bracket| Backoff::allows(bracket));
                bracket.copied().unwrap_or(need)
            }
            _ => self.need_by_trial(values, brackets),
        }
    }

    /// What is likely to settle the answer, by the first rows.
    fn need_by_trial<V: Foldable + ?Sized>(&self, values: &V, brackets: &[Need]) -> Need {
        let need = self.exact_need();
        // Extremes are the fastest way to find a NaN.
        let is_sum = need == Need::Sum;
        for &bracket in brackets {
            let trial = if is_sum { Need::Extremes } else { bracket };
            let trial = values.fold_first(TRIAL_ROWS, trial);
            if trial.has_nans(self.options) && self.statistic != Statistic::Count {
                return Need::Count;
            }
            if is_sum || self.settle_if_possible(bracket, &trial).is_some() {
                return bracket;
            }
        }
        need
    }

    /// What to gather after sums whose slack leaves the answer open.
    pub(super) fn next_need(&self, need: Need) -> Need {
        if need == Need::Bracket { Need::FineBracket } else { self.exact_need() }
    }

    /// What an exact state must have gathered to give the answer.
    pub fn exact_need(&self) -> Need {
        self.statistic.need(self.options)
    }

    /// The answer, if the state settles it.
    #[inline]
    pub(super) fn settle_if_possible(
        &self,
        need: Need,
        accumulator: &Accumulator,
    ) -> Option<Answer> {
        // A count needs no sums, and values such as strings have none.
        let is_count = self.statistic == Statistic::Count;
        if !is_count && !accumulator.gathered().includes(self.exact_need().into()) {
            return Some(self.settle_by_nan(accumulator));
        }
        if accumulator.is_exact() {
            return Some(self.settle(accumulator));
        }
        let answer = self.settle_within_slack(accumulator);
        Backoff::record(need, answer.is_some());
        answer
    }

    /// The answer for values of which one is a NaN, if they are enough.
    fn settle_by_nan(&self, counted: &Accumulator) -> Answer {
        let is_spread = matches!(self.statistic, Statistic::Variance | Statistic::Stddev);
        let least = if is_spread { self.options.ddof } else { 0 };
        let is_enough = counted.admitted(self.options).is_some_and(|count| count > least);
        if is_enough { Answer::Float(f64::NAN) } else { Answer::Null }
    }

    /// The answer, if it is the same for all values that sums within a slack may have.
    pub(super) fn settle_within_slack(&self, accumulator: &Accumulator) -> Option<Answer> {
        if !self.exact_need().has_squares() {
            let [one, other] = accumulator.sum_ends().map(|end| self.settle(&end));
            return one.is_same(other).then_some(one);
        }
        let form = if self.statistic == Statistic::Stddev { Form::Root } else { Form::Quotient };
        if let Some(settled) = accumulator.within_slack(form, self.options) {
            return settled.map(Answer::Float);
        }
        let [one, other] = accumulator.ends()?.map(|end| self.settle(&end));
        one.is_same(other).then_some(one)
    }

    /// The answer that an exact state gives.
    #[inline]
    pub fn settle(&self, accumulator: &Accumulator) -> Answer {
        answer(self.statistic, self.of, accumulator, self.options, self.ticks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sums of twelve uniform numbers: close enough to a normal distribution.
    fn normal(length: usize, mean: f64, seed: u64) -> Vec<f64> {
        let mut state = seed;
        let mut uniform = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) as f64 * 2f64.powi(-53)
        };
        (0..length).map(|_| mean - 6.0 + (0..12).map(|_| uniform()).sum::<f64>()).collect()
    }

    const DDOF_1: Options =
        Options { nulls: Nulls::Skip, nans: Nans::Propagate, min_count: 0, ddof: 1 };

    const STDDEV: Question<'static> = Question {
        statistic: Statistic::Stddev,
        of: &DataType::Float64,
        options: &DDOF_1,
        ticks: Ticks::Unit,
    };

    fn exact(values: &[f64]) -> Answer {
        STDDEV.settle(&values.fold(Need::Squares))
    }

    #[test]
    fn brackets_nearly_always_settle_the_exact_answer() {
        let has_vectors = crate::kernels::dispatch::Isa::detected().len() > 1;
        // At most how many of 200 are left open by brackets, and by fine ones.
        let means =
            [(0.0, [3, 0]), (1.0, [3, 0]), (-7.5, [20, 0]), (1000.0, [200, 3]), (1e9, [200, 200])];
        let cases = means.into_iter().flat_map(|of| [(of, BRACKET_MIN_ROWS), (of, 2048)]);
        for ((mean, max_open), rows) in cases {
            let mut open = [0; 2];
            for seed in 1..=200 {
                let values = &normal(rows, mean, seed)[..];
                for (need, open) in [Need::Bracket, Need::FineBracket].into_iter().zip(&mut open) {
                    let bracket = values.fold(need);
                    assert_eq!(bracket.is_exact(), !has_vectors);
                    match STDDEV.settle_if_possible(need, &bracket) {
                        Some(answer) => assert!(answer.is_same(exact(values)), "{mean} {seed}"),
                        None => *open += 1,
                    }
                }
                assert!(STDDEV.ask(values).is_same(exact(values)));
            }
            let is_few = open.iter().zip(max_open).all(|(&open, max)| open <= max);
            assert!(is_few, "{open:?} of 200 with a mean of {mean}");
        }
    }

    /// Exponents that are far apart, including those whose squares overflow or are subnormal.
    #[test]
    fn fine_brackets_settle_what_brackets_leave_open() {
        let far_apart =
            [(1.0, 0.0), (40.0, 0.0), (900.0, 0.0), (40.0, 980.0), (30.0, -1040.0), (60.0, -900.0)];
        for (spread, shift) in far_apart {
            let powers = normal(1 << 12, 0.0, 11).into_iter().zip(normal(1 << 12, 0.0, 12));
            let far = |(power, value): (f64, f64)| {
                value * (0.25 * power * spread + shift).clamp(-1070.0, 1020.0).exp2()
            };
            let values = powers.map(far).collect::<Vec<_>>();
            for rows in [BRACKET_MIN_ROWS, values.len()] {
                let values = &values[..rows];
                let need = Need::FineBracket;
                let answer = STDDEV.settle_if_possible(need, &values.fold(need));
                assert!(
                    answer.is_some_and(|it| it.is_same(exact(values))),
                    "{spread} {shift} {rows} {answer:?} {:?}",
                    exact(values)
                );
            }
        }
    }

    #[test]
    fn earlier_columns_of_other_scales_make_no_difference() {
        for scale in [1e100, 1.0, 1e-100, 1e30] {
            let values = normal(BRACKET_MIN_ROWS, 0.0, 3).into_iter().map(|value| value * scale);
            let values = &values.collect::<Vec<_>>()[..];
            for need in [Need::Bracket, Need::FineBracket] {
                let answer = STDDEV.settle_if_possible(need, &values.fold(need));
                assert!(answer.is_some_and(|answer| answer.is_same(exact(values))));
            }
        }
    }

    /// With a NaN among the first rows, the others are only counted.
    #[test]
    fn a_nan_settles_what_the_count_allows() {
        let rows = 2 * TRIAL_MIN_ROWS as u64;
        let mut values = normal(rows as usize, 0.0, 5);
        values[TRIAL_ROWS - 1] = f64::NAN;
        let statistics = [Statistic::Sum, Statistic::Mean, Statistic::Variance, Statistic::Stddev];
        for statistic in statistics {
            for (ddof, min_count) in [(0, 0), (rows - 1, rows), (rows, 0), (0, rows + 1)] {
                for nans in [Nans::Propagate, Nans::AreNull] {
                    let options = Options { ddof, min_count, nans, ..Options::default() };
                    let question = Question { statistic, options: &options, ..STDDEV };
                    let is_counted = question.first_need(&values[..]) == Need::Count;
                    assert_eq!(is_counted, nans == Nans::Propagate);
                    let exact = question.settle(&values[..].fold(question.exact_need()));
                    assert!(question.ask(&values[..]).is_same(exact), "{question:?}");
                }
            }
        }
    }

    #[test]
    fn columns_that_no_bracket_settles_have_exact_answers() {
        assert_eq!(STDDEV.ask(&[0.1; 3 * TRIAL_MIN_ROWS][..]), Answer::Float(0.0));
        let mut values = normal(3 * TRIAL_MIN_ROWS, 0.0, 1);
        let far = values.len() - 1;
        values[far] = 1e200;
        assert!(STDDEV.ask(&values[..]).is_same(exact(&values)));
        values[far] = f64::NAN;
        assert!(STDDEV.ask(&values[..]).is_same(Answer::Float(f64::NAN)));
    }
}
