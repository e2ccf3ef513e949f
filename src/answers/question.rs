//! What is asked of columns, answered with no more work than it takes.
//!
//! An answer is the one that the exact sums give. For the spread of floating-point numbers these take
//! twice the time of sums that are known to within a [`Slack`](crate::kernels::Slack). So columns
//! are first added up in that way, and if all that the exact sums may be gives the same answer, it is
//! the answer. If not, the exact sums are computed after all: for one column in some hundreds, or one
//! whose mean is far larger than its deviation. A trial on a few rows of a long column tells that
//! before, and of short ones the experience of the thread.

use std::cell::Cell;

use arrow_schema::DataType;

use crate::answers::statistic::{Answer, Statistic, Ticks, answer};
use crate::columns::chunk::Chunk;
use crate::exact::Form;
use crate::kernels::Need;
use crate::run::pool::{self, fold_chunks};
use crate::states::accumulator::{Moments, Policy};
use crate::types::{Family, family};

/// From so many rows on brackets are faster than exact sums.
const MANY: usize = 1 << 8;
/// From so many rows on it is worth a trial, of so many rows.
const WORTH_A_TRIAL: usize = 1 << 15;
const TRIAL: usize = 1 << 9;

/// What brackets did for the short columns that a thread was asked about: windows and columns resemble
/// each other. It decides how fast an answer comes, and no bit of it.
#[derive(Clone, Copy)]
struct Experience {
    /// So many questions go by the brackets, because those before were left open, that often in a row.
    bypass: u32,
    setbacks: u32,
}

thread_local! {
    static EXPERIENCE: Cell<Experience> = const { Cell::new(Experience { bypass: 0, setbacks: 0 }) };
}

impl Experience {
    /// At most so many questions go by the brackets before they are tried again.
    const MOST_SETBACKS: u32 = 63;

    /// Whether to try a bracket.
    fn encourages() -> bool {
        let Self { bypass, setbacks } = EXPERIENCE.get();
        EXPERIENCE.set(Self { bypass: bypass.saturating_sub(1), setbacks });
        bypass == 0
    }

    fn remember(is_settled: bool) {
        let setbacks = match is_settled {
            true => 0,
            false => (2 * EXPERIENCE.get().setbacks + 1).min(Self::MOST_SETBACKS),
        };
        EXPERIENCE.set(Self { bypass: setbacks, setbacks });
    }
}

/// A statistic of a column of a type that has it.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Which statistic.
    pub statistic: Statistic,
    /// The type of the column.
    pub of: &'a DataType,
    /// What is done about missing values.
    pub policy: &'a Policy,
    /// What times are counted in.
    pub ticks: Ticks,
}

impl Question<'_> {
    /// The answer for a column, by the thread that asks.
    #[inline]
    pub fn ask(&self, chunks: &[Chunk]) -> Answer {
        let moments = fold_chunks(chunks, self.first_need(chunks));
        self.answer(&moments).unwrap_or_else(|| self.ask_exactly(chunks))
    }

    fn ask_exactly(&self, chunks: &[Chunk]) -> Answer {
        self.settle(&fold_chunks(chunks, self.exact_need()))
    }

    /// What to find out first.
    #[inline]
    fn first_need(&self, chunks: &[Chunk]) -> Need {
        let need = self.exact_need();
        if need != Need::Squares || family(self.of) != Family::Float {
            return need;
        }
        let rows = chunks.iter().map(Chunk::rows).fold(0, usize::saturating_add);
        let is_promising = match rows {
            rows if rows < MANY => false,
            rows if rows < WORTH_A_TRIAL => Experience::encourages(),
            _ => self.trial_is_settled(chunks),
        };
        if is_promising { Need::Bracket } else { need }
    }

    /// What the exact state for the answer must know.
    pub fn exact_need(&self) -> Need {
        self.statistic.need(self.policy)
    }

    /// Whether the slack is small enough for the first rows.
    fn trial_is_settled(&self, chunks: &[Chunk]) -> bool {
        let first = chunks.iter().find(|chunk| chunk.rows() > 0);
        first.is_none_or(|chunk| {
            let trial = chunk.slice(0, chunk.rows().min(TRIAL));
            self.answer(&fold_chunks(&[trial], Need::Bracket)).is_some()
        })
    }

    /// The answer, if the state settles it.
    #[inline]
    fn answer(&self, moments: &Moments) -> Option<Answer> {
        if moments.is_exact() {
            return Some(self.settle(moments));
        }
        let answer = self.answer_within_slack(moments);
        Experience::remember(answer.is_some());
        answer
    }

    fn answer_within_slack(&self, moments: &Moments) -> Option<Answer> {
        let form = if self.statistic == Statistic::Stddev { Form::Root } else { Form::Quotient };
        if let Some(settled) = moments.within_slack(form, self.policy) {
            return settled.map(Answer::Float);
        }
        let [one, other] = moments.ends()?.map(|end| self.settle(&end));
        one.is_same(other).then_some(one)
    }

    /// The answer that an exact state gives.
    #[inline]
    pub fn settle(&self, moments: &Moments) -> Answer {
        answer(self.statistic, self.of, moments, self.policy, self.ticks)
    }
}

/// The answers for several columns, by several threads.
pub fn ask_all(asked: &[(Question<'_>, &[Chunk])], threads: usize) -> Vec<Answer> {
    let first = asked.iter().map(|(question, chunks)| (*chunks, question.first_need(chunks)));
    let states = pool::fold(&first.collect::<Vec<_>>(), threads);
    let answers = asked.iter().zip(&states).map(|((question, _), state)| question.answer(state));
    let answers = answers.collect::<Vec<_>>();

    let open = asked.iter().zip(&answers).filter(|(_, answer)| answer.is_none());
    let open = open.map(|((question, chunks), _)| (*chunks, question.exact_need()));
    let mut states = pool::fold(&open.collect::<Vec<_>>(), threads).into_iter();
    let mut exact = |question: &Question<'_>| {
        let state = states.next().expect("there is a state for each open question");
        question.settle(&state)
    };
    let pairs = asked.iter().zip(answers);
    pairs.map(|((question, _), answer)| answer.unwrap_or_else(|| exact(question))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{ArrayRef, Float64Array};
    use std::sync::Arc;

    /// Sums of twelve uniform numbers: near enough to a normal distribution.
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

    fn chunk(values: Vec<f64>) -> [Chunk; 1] {
        let array: ArrayRef = Arc::new(Float64Array::from(values));
        [Chunk::from(array)]
    }

    const DDOF_1: Policy =
        Policy { nulls: crate::Nulls::Skip, nans: crate::Nans::Propagate, min_count: 0, ddof: 1 };

    fn stddev() -> Question<'static> {
        Question {
            statistic: Statistic::Stddev,
            of: &DataType::Float64,
            policy: &DDOF_1,
            ticks: Ticks::Unit,
        }
    }

    #[test]
    fn brackets_give_the_exact_answer_and_nearly_always_one() {
        let question = stddev();
        let has_vectors = crate::kernels::dispatch::Isa::detected().len() > 1;
        let means = [(0.0, 3), (1.0, 3), (-7.5, 20), (1000.0, 200), (1e9, 200)];
        for ((mean, most_open), rows) in means.into_iter().flat_map(|of| [(of, MANY), (of, 2048)]) {
            let mut open = 0;
            for seed in 1..=200 {
                let chunks = chunk(normal(rows, mean, seed));
                let exact = question.ask_exactly(&chunks);
                let bracket = fold_chunks(&chunks, Need::Bracket);
                assert_eq!(bracket.is_exact(), !has_vectors);
                match question.answer(&bracket) {
                    Some(answer) => assert!(answer.is_same(exact), "{mean} {seed}"),
                    None => open += 1,
                }
                assert!(question.ask(&chunks).is_same(exact));
            }
            assert!(open <= most_open, "{open} of 200 with a mean of {mean}");
        }
    }

    #[test]
    fn columns_of_other_scales_before_do_not_matter() {
        let question = stddev();
        for scale in [1e100, 1.0, 1e-100, 1e30] {
            let values = normal(MANY, 0.0, 3).into_iter().map(|value| value * scale);
            let chunks = chunk(values.collect());
            let answer = question.answer(&fold_chunks(&chunks, Need::Bracket));
            assert!(answer.is_some_and(|answer| answer.is_same(question.ask_exactly(&chunks))));
        }
    }

    #[test]
    fn whatever_no_bracket_settles_is_exact() {
        let question = stddev();
        let constant = chunk(vec![0.1; 3 * WORTH_A_TRIAL]);
        assert_eq!(question.ask(&constant), Answer::Float(0.0));
        let mut values = normal(3 * WORTH_A_TRIAL, 0.0, 1);
        let far = values.len() - 1;
        values[far] = 1e200;
        let outlier = chunk(values.clone());
        assert!(question.ask(&outlier).is_same(question.ask_exactly(&outlier)));
        values[far] = f64::NAN;
        let nan = chunk(values);
        assert!(question.ask(&nan).is_same(Answer::Float(f64::NAN)));
        let all = [(question, &constant[..]), (question, &nan), (question, &outlier)];
        for threads in [1, 3] {
            for (answer, (question, chunks)) in ask_all(&all, threads).into_iter().zip(all) {
                assert!(answer.is_same(question.ask_exactly(chunks)));
            }
        }
    }
}
