//! A statistic of whole columns, on one thread or several.

use crate::answers::question::{Foldable, Question};
use crate::answers::statistic::Answer;
use crate::columns::array::answer_each;
use crate::columns::chunk::{Chunk, fold_chunks};
use crate::columns::plain::Plain;
use crate::kernels::Need;
use crate::kernels::short::Short;
use crate::run::fold::fold;
use crate::run::pool::{self, PART_ROWS};
use crate::states::accumulator::Accumulator;

impl Foldable for [Chunk] {
    fn rows(&self) -> usize {
        self.iter().map(Chunk::rows).fold(0, usize::saturating_add)
    }

    #[inline]
    fn fold(&self, need: Need) -> Accumulator {
        fold_chunks(self, need)
    }

    #[inline]
    fn answer_short(&self, short: Short) -> Option<f64> {
        let [Chunk::Plain(Plain::Array(array))] = self else {
            return None;
        };
        let mut answer = None;
        answer_each(array, std::iter::once(0..array.len()), short, |it| answer = it);
        answer
    }

    fn fold_first(&self, rows: usize, need: Need) -> Accumulator {
        let first = self.iter().find(|chunk| chunk.rows() > 0);
        first.map_or_else(Accumulator::new, |chunk| {
            fold_chunks(&[chunk.slice(0, chunk.rows().min(rows))], need)
        })
    }
}

/// Maximum number of values of columns that are not worth being cut: several of them are a part.
const SHORT_ROWS: usize = PART_ROWS / 8;

/// The number of values that a pass over a column must read.
fn work(chunks: &[Chunk]) -> usize {
    chunks.iter().map(Chunk::work).fold(0, usize::saturating_add)
}

/// The answers for short columns, each by one thread, one after the other: no states are kept.
fn ask_each(asked: &[(Question<'_>, &[Chunk])], work: usize, threads: usize) -> Vec<Answer> {
    let step = (asked.len() * (PART_ROWS / 2) / work.max(1)).max(1);
    let parts = asked.chunks(step).collect();
    let answers = pool::map(parts, work, threads, |asked: &[(Question<'_>, &[Chunk])]| {
        asked.iter().map(|(question, chunks)| question.ask(*chunks)).collect::<Vec<_>>()
    });
    answers.concat()
}

/// The answers for several columns, by several threads.
pub fn ask_all(asked: &[(Question<'_>, &[Chunk])], threads: usize) -> Vec<Answer> {
    let work = asked.iter().map(|(_, chunks)| work(chunks)).fold(0, usize::saturating_add);
    let is_short = |(_, chunks): &(Question<'_>, &[Chunk])| self::work(chunks) <= SHORT_ROWS;
    if asked.len() > 1 && asked.iter().all(is_short) {
        return ask_each(asked, work, threads);
    }
    let mut needs =
        asked.iter().map(|(question, chunks)| question.first_need(*chunks)).collect::<Vec<_>>();
    let mut answers = vec![None; asked.len()];
    let mut open = (0..asked.len()).collect::<Vec<_>>();
    while !open.is_empty() {
        let columns = open.iter().map(|&column| (asked[column].1, needs[column]));
        let states = fold(&columns.collect::<Vec<_>>(), threads);
        for (&column, state) in open.iter().zip(&states) {
            let (question, need) = (asked[column].0, &mut needs[column]);
            answers[column] = question.settle_if_possible(*need, state);
            *need = question.next_need(*need);
        }
        open.retain(|&column| answers[column].is_none());
    }
    answers.into_iter().map(|answer| answer.expect("exact states settle all questions")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answers::statistic::{Statistic, Ticks};
    use crate::states::accumulator::Options;
    use arrow_array::{ArrayRef, Float64Array};
    use arrow_schema::DataType;
    use std::sync::Arc;

    fn chunks(values: Vec<f64>) -> Vec<Chunk> {
        let array: ArrayRef = Arc::new(Float64Array::from(values));
        vec![Chunk::from(array.slice(0, 0)), Chunk::from(array)]
    }

    /// Columns that a bracket settles, and columns that it does not, in one call.
    #[test]
    fn several_columns_have_the_answers_of_each() {
        let wave = |i: usize| (i as f64).sin() + 3.0;
        let settled = (0..3 * PART_ROWS).map(wave).collect::<Vec<_>>();
        let mut outlier = settled.clone();
        outlier[3 * PART_ROWS - 1] = 1e200;
        let mut nan = settled.clone();
        nan[7] = f64::NAN;
        let columns = [settled, vec![0.1; PART_ROWS], outlier, nan].map(chunks);
        let options = Options { ddof: 1, ..Options::default() };
        let question = Question {
            statistic: Statistic::Stddev,
            of: &DataType::Float64,
            options: &options,
            ticks: Ticks::Unit,
        };
        let asked = columns.each_ref().map(|chunks| (question, &chunks[..]));
        for threads in [1, 3] {
            for (answer, (question, chunks)) in ask_all(&asked, threads).into_iter().zip(asked) {
                let exact = question.settle(&fold_chunks(chunks, question.exact_need()));
                assert!(answer.is_same(exact));
                assert!(question.ask(chunks).is_same(exact));
            }
        }
    }
}
