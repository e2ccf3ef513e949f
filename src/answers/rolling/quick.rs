//! Windows of one length over numbers that are doubles: by the kernel [`sliding`](crate::kernels::sliding), where that decides.
//!
//! The column is cut into pieces of several windows, so that a value that is out of range, or much larger than all others,
//! affects no more than its piece. Nulls, NaNs and infinities are counted. What the kernel leaves open is answered from exact
//! sums: of each such window, or sliding over the piece if there are many.

use std::ops::Range;

use arrow_array::ArrayRef;
use arrow_buffer::NullBuffer;

use super::slide;
use crate::answers::collected::Answers;
use crate::answers::question::Question;
use crate::answers::statistic::Answer;
use crate::columns::array::fold_rows;
use crate::kernels::short::{Short, ShortResult};
use crate::kernels::sliding::{self, Doubles, Slide};
use crate::states::accumulator::{Accumulator, Nans, Nulls};

/// Minimum number of windows of a piece: what is the same for all of it takes microseconds.
const PIECE_MIN_ROWS: usize = 1 << 13;
/// Length of a piece, in lengths of a window: the first window is read again to begin with.
const PIECE_WINDOWS: usize = 4;

/// Windows of one length, the first rows of which are `step` apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Even {
    pub first: usize,
    pub step: usize,
    pub length: usize,
    pub count: usize,
}

impl Even {
    fn get(&self, window: usize) -> Range<usize> {
        let start = self.first + window * self.step;
        start..start + self.length
    }

    fn part(&self, windows: Range<usize>) -> Self {
        Self { first: self.first + windows.start * self.step, count: windows.len(), ..*self }
    }

    fn rows(&self) -> Range<usize> {
        self.first..self.first + (self.count - 1) * self.step + self.length
    }
}

/// A column in one array.
#[derive(Clone, Copy)]
pub(super) struct Flat<'a, T> {
    pub array: &'a ArrayRef,
    pub values: &'a [T],
    pub nulls: Option<&'a NullBuffer>,
}

/// The answers for the windows.
pub(super) fn answers<T: Doubles>(
    question: &Question<'_>,
    short: Short,
    column: Flat<'_, T>,
    windows: Even,
) -> Answers {
    let mut answers = Answers::with_capacity(windows.count);
    let rows = PIECE_MIN_ROWS.max(windows.length.saturating_mul(PIECE_WINDOWS));
    let step = (rows / windows.step).max(1);
    for start in (0..windows.count).step_by(step) {
        let windows = windows.part(start..windows.count.min(start + step));
        Piece { question, short, column, windows }.answer(&mut answers);
    }
    answers
}

struct Piece<'a, T> {
    question: &'a Question<'a>,
    short: Short,
    column: Flat<'a, T>,
    windows: Even,
}

/// The values of a piece as doubles, zero where there is none.
struct Numbers {
    values: Vec<f64>,
    /// What the others are, if there are any.
    absent: Option<Vec<Absent>>,
}

#[derive(Clone, Copy, PartialEq)]
enum Absent {
    No,
    Null,
    Nan,
    Infinite,
}

/// How many values of a window are absent.
#[derive(Clone, Copy, Default)]
struct Missing {
    nulls: usize,
    nans: usize,
    infinities: usize,
}

impl Missing {
    fn count(&mut self, absent: Absent, by: usize) {
        let counter = match absent {
            Absent::No => return,
            Absent::Null => &mut self.nulls,
            Absent::Nan => &mut self.nans,
            Absent::Infinite => &mut self.infinities,
        };
        *counter = counter.wrapping_add(by);
    }

    fn all(self) -> usize {
        self.nulls + self.nans + self.infinities
    }
}

impl<T: Doubles> Piece<'_, T> {
    fn answer(&self, answers: &mut Answers) {
        let Even { step, length, count, .. } = self.windows;
        let Some(mut numbers) = self.numbers() else {
            return answers.append(self.by_exact_sums(0..count));
        };
        if matches!(self.short.result, ShortResult::Spread { .. }) {
            numbers.move_near_zero();
        }
        let windows = numbers.values.len() + 1 - length;
        let missing = numbers.missing(length);
        let counts = match &missing {
            None => vec![length as f64; windows],
            Some(missing) => missing.iter().map(|it| (length - it.all()) as f64).collect(),
        };
        let mut found = vec![0.0; windows];
        let slide = Slide { length, result: self.short.result };
        if !sliding::answer(&numbers.values, slide, &counts, &mut found) {
            return answers.append(self.by_exact_sums(0..count));
        }
        if missing.is_none() && length >= self.short.min_len {
            return answers.append(self.complete(&numbers, found));
        }
        let decided = (0..count).map(|window| {
            let at = window * step;
            let missing = missing.as_ref().map_or_else(Missing::default, |missing| missing[at]);
            self.decided(found[at], missing)
        });
        let decided = decided.collect::<Vec<_>>();
        let open = (0..count).filter(|&window| decided[window].is_none()).collect::<Vec<_>>();
        let mut open = self.of_open(&open).into_iter();
        for answer in decided {
            answers.push(answer.or_else(|| open.next()).unwrap_or(Answer::Null));
        }
    }

    /// The answers for windows of nothing but finite values, given those that the kernel has found.
    fn complete(&self, numbers: &Numbers, mut found: Vec<f64>) -> Answers {
        let Even { step, count, .. } = self.windows;
        if step > 1 {
            found = found.into_iter().step_by(step).collect();
        }
        if matches!(self.short.result, ShortResult::Spread { .. }) {
            self.decide_constant(numbers, &mut found);
        }
        let mut open = Vec::new();
        for (window, found) in found[..count].iter().enumerate() {
            if found.is_nan() {
                open.push(window);
            }
        }
        for (&window, answer) in open.iter().zip(self.of_open(&open)) {
            found[window] = answer.as_f64().unwrap_or(f64::NAN);
        }
        found.into()
    }

    /// The values as doubles; none if some are no doubles.
    fn numbers(&self) -> Option<Numbers> {
        let rows = self.windows.rows();
        let values = &self.column.values[rows.clone()];
        let nulls = self.column.nulls.map(|nulls| nulls.slice(rows.start, rows.len()));
        let nulls = nulls.filter(|nulls| nulls.null_count() > 0);
        let mut doubles = vec![0.0; values.len()];
        let mut is_finite = true;
        for (double, value) in doubles.iter_mut().zip(values) {
            *double = value.double().unwrap_or(f64::NAN);
            is_finite &= double.is_finite();
        }
        if is_finite && nulls.is_none() {
            return Some(Numbers { values: doubles, absent: None });
        }
        let mut absent = vec![Absent::No; doubles.len()];
        for (row, (double, absent)) in doubles.iter_mut().zip(&mut absent).enumerate() {
            *absent = match nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
                true => Absent::Null,
                false if double.is_finite() => continue,
                false if !values[row].is_nan() && double.is_nan() => return None, // no double
                false if double.is_nan() => Absent::Nan,
                false => Absent::Infinite,
            };
            *double = 0.0;
        }
        Some(Numbers { values: doubles, absent: Some(absent) })
    }

    /// The answer for a window, if what the kernel found and what is missing decide it.
    fn decided(&self, found: f64, missing: Missing) -> Option<Answer> {
        let options = self.question.options;
        let nans_are_null = options.nans == Nans::AreNull;
        let nulls = missing.nulls + if nans_are_null { missing.nans } else { 0 };
        let count = self.windows.length - nulls;
        if (options.nulls == Nulls::Propagate && nulls > 0) || (count as u64) < options.min_count {
            return Some(Answer::Null);
        }
        if count < self.short.min_len || missing.infinities > 0 {
            return None;
        }
        if missing.nans > 0 && !nans_are_null {
            return Some(Answer::Float(f64::NAN));
        }
        (!found.is_nan()).then_some(Answer::Float(found))
    }

    /// Spreads of windows of which all values are the same.
    fn decide_constant(&self, numbers: &Numbers, found: &mut [f64]) {
        let Even { step, length, .. } = self.windows;
        let values = &numbers.values;
        let (mut run, mut end) = (0, 0);
        for (window, found) in found.iter_mut().enumerate() {
            if !found.is_nan() {
                continue;
            }
            if end < window * step {
                (run, end) = (0, window * step); // what lies before does not matter
            }
            for row in end..window * step + length {
                run = if run > 0 && values[row] == values[row - 1] { run + 1 } else { 1 };
            }
            end = end.max(window * step + length);
            if run >= length {
                *found = 0.0;
            }
        }
    }

    /// The answers for windows that are left open.
    fn of_open(&self, open: &[usize]) -> Vec<Answer> {
        /// What it costs to begin with a window, and to read a value of it, or to slide to the next one, in nanoseconds.
        const BEGIN: usize = 400;
        const READ: usize = 1;
        const SLIDE: usize = 100;
        let Even { step, length, count, .. } = self.windows;
        let each = open.len().saturating_mul(BEGIN + length * READ);
        if each > count * step * SLIDE {
            let all = self.by_exact_sums(0..count);
            return open.iter().map(|&window| all.get(window)).collect();
        }
        let of = |&window: &usize| {
            let mut state = Accumulator::new();
            let need = self.question.exact_need();
            fold_rows(self.column.array, self.windows.get(window), need, &mut state);
            self.question.settle(&state)
        };
        open.iter().map(of).collect()
    }

    fn by_exact_sums(&self, windows: Range<usize>) -> Answers {
        let mut windows = windows.map(|window| self.windows.get(window));
        let Some(first) = windows.next() else {
            return Answers::default();
        };
        let Flat { array, values, nulls } = self.column;
        slide::of(self.question, array, values, nulls, &Accumulator::new(), first, windows)
    }
}

impl Numbers {
    /// Subtracts the least magnitude of all, if that is exact (Sterbenz): it changes no spread, and leaves fewer bits.
    fn move_near_zero(&mut self) {
        let absent = self.absent.as_deref();
        let counts = |row: usize| absent.is_none_or(|absent| absent[row] == Absent::No);
        let (mut min, mut max) = (f64::INFINITY, f64::NEG_INFINITY);
        for (row, &value) in self.values.iter().enumerate() {
            if counts(row) {
                (min, max) = (min.min(value), max.max(value));
            }
        }
        let pivot = match (min, max) {
            (min, max) if min > 0.0 && max <= 2.0 * min => min,
            (min, max) if max < 0.0 && min >= 2.0 * max => max,
            _ => return,
        };
        for (row, value) in self.values.iter_mut().enumerate() {
            *value = if counts(row) { *value - pivot } else { 0.0 };
        }
    }

    /// What is missing in each window, if anything is.
    fn missing(&self, length: usize) -> Option<Vec<Missing>> {
        let absent = self.absent.as_ref()?;
        let mut now = Missing::default();
        absent[..length - 1].iter().for_each(|&it| now.count(it, 1));
        let windows = absent[length - 1..].iter().zip(absent).map(|(&enters, &leaves)| {
            now.count(enters, 1);
            let missing = now;
            now.count(leaves, usize::MAX); // less one
            missing
        });
        Some(windows.collect())
    }
}
