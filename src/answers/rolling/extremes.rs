//! The minimum or maximum of a window that slides over the values of an array.
//!
//! A value that lies before one that is at least as extreme never is the answer again. Without those, the values of
//! a window are sorted, and its answer is the first of them. Each value is added and removed once.

use std::collections::VecDeque;
use std::ops::Range;

use arrow_buffer::NullBuffer;

use crate::answers::collected::Answers;
use crate::answers::question::Question;
use crate::answers::statistic::{Answer, Statistic, extreme};
use crate::kernels::extremes::Extremes;
use crate::kernels::{Element, Need, Sums};
use crate::states::accumulator::{Accumulator, Nans, Nulls, Options};

/// The answers for windows whose first row and end never decrease, each together with the values before.
pub(super) fn answers<T: Element>(
    question: &Question<'_>,
    values: &[T],
    nulls: Option<&NullBuffer>,
    before: &Accumulator,
    first: Range<usize>,
    rest: impl Iterator<Item = Range<usize>>,
) -> Answers {
    let mut answers = Answers::with_capacity(rest.size_hint().0 + 1);
    let mut window = Window {
        question,
        values,
        nulls,
        rows: first.start..first.start,
        open: VecDeque::new(),
        valid: 0,
        nans: 0,
    };
    for range in std::iter::once(first).chain(rest) {
        window.move_to(range);
        answers.push(window.answer(before));
    }
    answers
}

struct Window<'a, T: Element> {
    question: &'a Question<'a>,
    values: &'a [T],
    nulls: Option<&'a NullBuffer>,
    rows: Range<usize>,
    /// The rows that may be the answer of this window or of a later one.
    open: VecDeque<(usize, T::Rank)>,
    valid: u64,
    nans: u64,
}

impl<T: Element> Window<'_, T> {
    fn move_to(&mut self, rows: Range<usize>) {
        let Range { start, end } = self.rows;
        for row in start..rows.start.min(end) {
            if self.is_valid(row) {
                self.valid -= 1;
                self.nans -= u64::from(self.values[row].is_nan());
            }
        }
        while self.open.front().is_some_and(|&(row, _)| row < rows.start) {
            self.open.pop_front();
        }
        for row in end.max(rows.start)..rows.end {
            self.enter(row);
        }
        self.rows = rows;
    }

    fn is_valid(&self, row: usize) -> bool {
        self.nulls.is_none_or(|nulls| nulls.is_valid(row))
    }

    fn enter(&mut self, row: usize) {
        if !self.is_valid(row) {
            return;
        }
        self.valid += 1;
        let value = self.values[row];
        if value.is_nan() {
            self.nans += 1;
            return;
        }
        let rank = value.rank();
        let is_max = self.question.statistic == Statistic::Max;
        let is_beaten = |other: T::Rank| if is_max { other <= rank } else { other >= rank };
        while self.open.back().is_some_and(|&(_, other)| is_beaten(other)) {
            self.open.pop_back();
        }
        self.open.push_back((row, rank));
    }

    fn answer(&self, before: &Accumulator) -> Answer {
        if before.count(&Options::default()) + before.nulls() == 0 {
            return self.answer_alone();
        }
        let extreme = self.open.front().map(|&(_, rank)| T::from_rank(rank).extreme());
        let extremes = extreme.map(|extreme| Extremes { min: extreme, max: extreme });
        let sums = Sums { nans: self.nans, ..Sums::default() };
        let nulls = self.rows.len() as u64 - self.valid;
        let mut state = Accumulator::from_parts(self.valid, nulls, sums, extremes);
        state = state.only(Need::Extremes);
        state.merge(before);
        self.question.settle(&state)
    }

    /// The answer without values before, as a state would give it.
    fn answer_alone(&self) -> Answer {
        let Options { nulls, nans, min_count, .. } = *self.question.options;
        let numbers = self.valid - self.nans;
        let count = if nans == Nans::AreNull { numbers } else { self.valid };
        let is_missing = nulls == Nulls::Propagate && count < self.rows.len() as u64;
        match self.open.front() {
            _ if is_missing || count < min_count.max(1) => Answer::Null,
            _ if count > numbers => Answer::Float(f64::NAN),
            None => Answer::Null,
            Some(&(_, rank)) => extreme(Some(T::from_rank(rank).extreme())),
        }
    }
}
