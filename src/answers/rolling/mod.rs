//! An answer for each of windows that overlap, or that grow with every row.
//!
//! Each answer is that of the rows of its window alone, to the bit. Windows that share few rows are answered
//! one by one. Where they share most rows, the state slides: values that enter are added to it, and those that leave are
//! taken away, both exactly, so no error builds up however many windows there are.
//!
//! * [`spans`]: which rows belong to which window;
//! * `slide`: exact sums that slide; `extremes`: the minimum or maximum of what slides;
//! * `quick`: windows of one length over doubles, by a kernel.
//!
//! A column may arrive in batches. Of its rows, those are kept that windows to come still need.

mod extremes;
mod quick;
mod slide;
pub mod spans;

use std::ops::Range;

use arrow_array::cast::AsArray;
use arrow_array::types::ArrowPrimitiveType;
use arrow_array::{Array, ArrayRef};

use crate::answers::collected::Answers;
use crate::answers::question::Question;
use crate::answers::windows::Cut;
use crate::columns::array::flat;
use crate::columns::chunk::Chunk;
use crate::columns::primitive::with_primitive;
use crate::columns::rows::RowIndex;
use crate::kernels::extremes::Extreme;
use crate::kernels::sliding::{Doubles, MAX_LENGTH};
use crate::kernels::{Element, Need};
use crate::run::fold::fold;
use crate::run::pool::{self, PART_ROWS};
use crate::states::accumulator::Accumulator;
pub use spans::{Ranges, Rolling, Spans};

/// Windows slide if each row is part of more windows than this; otherwise each window is read by itself: it takes 0.2 to
/// 0.5 ns for a value, against 60 ns for one that enters and leaves exact sums.
const SHARED_MIN: usize = 64;
/// The same where a kernel takes all windows of doubles together: 5 to 14 ns for a row, against 20 ns or more for a window.
const QUICK_MIN: usize = 4;
/// Minimum length of a part of the work, in lengths of its longest window: that window is read again to begin with.
const PART_WINDOWS: usize = 8;

/// The answers for overlapping windows of a column that arrives in batches.
pub struct RollingWindows {
    spans: Spans,
    /// The rows from `start` on.
    held: Vec<Chunk>,
    start: usize,
    /// How many of them have come since windows were answered last.
    new: usize,
    /// The state of the rows before, if all windows have them.
    before: Accumulator,
    answers: Answers,
}

impl RollingWindows {
    /// No rows yet.
    pub fn new(rolling: Rolling) -> Self {
        let (spans, before) = (Spans::new(rolling), Accumulator::new());
        Self { spans, held: vec![], start: 0, new: 0, before, answers: Answers::default() }
    }

    /// Adds the next chunks of the column; with a period, the times of their rows, which must be sorted.
    pub fn push(
        &mut self,
        question: &Question<'_>,
        chunks: &[Chunk],
        times: Option<&[i64]>,
        threads: usize,
    ) {
        let rows = chunks.iter().map(Chunk::rows).sum();
        self.spans.push(rows, times);
        self.held.extend(chunks.iter().filter(|chunk| chunk.rows() > 0).cloned());
        self.new += rows;
        // Rows that are kept may be copied next to new ones: not more often than there are as many.
        let kept = self.held.iter().map(Chunk::rows).sum::<usize>() - self.new;
        if self.new >= kept {
            self.answer(question, false, threads);
        }
    }

    /// All answers.
    pub fn finish(mut self, question: &Question<'_>, threads: usize) -> Answers {
        self.answer(question, true, threads);
        self.answers
    }

    fn answer(&mut self, question: &Question<'_>, is_over: bool, threads: usize) {
        let ranges = self.spans.take(is_over);
        let is_cumulative = self.spans.is_cumulative();
        let (chunks, start, before) = (&self.held[..], self.start, &self.before);
        let rows = Rows { chunks, start, before, is_cumulative };
        self.answers.append(rows.answers(question, &ranges, threads));
        let index = RowIndex::new(&self.held);
        let end = self.start + index.rows();
        let oldest = self.spans.oldest().max(self.start);
        if self.spans.is_cumulative() && !is_over {
            for state in fold(&[(&self.held, question.exact_need())], threads) {
                self.before.merge(&state);
            }
        }
        self.held = index.between(oldest - self.start..end - self.start).into_vec();
        (self.start, self.new) = (oldest, 0);
    }
}

/// The times of rows, as ticks; the row of the first null, if there is one.
pub fn read_times(chunks: &[Chunk]) -> Result<Vec<i64>, usize> {
    let array = flat(chunks);
    if let Some(nulls) = array.nulls().filter(|nulls| nulls.null_count() > 0) {
        return Err(nulls.iter().position(|is_valid| !is_valid).unwrap_or(0));
    }
    Ok(with_primitive!(array.data_type(), P => {
        let values = array.as_primitive::<P>().values();
        let ticks = |value: &<P as ArrowPrimitiveType>::Native| match value.extreme() {
            Extreme::Integer(ticks) => ticks as i64,
            _ => 0, // no time
        };
        values.iter().map(ticks).collect()
    }, _ => unreachable!("the array has numbers")))
}

/// Rows of a column.
struct Rows<'a> {
    chunks: &'a [Chunk],
    /// The number of the first of them.
    start: usize,
    /// The state of rows before them that belong to all windows.
    before: &'a Accumulator,
    /// Whether all windows begin with the first row of all.
    is_cumulative: bool,
}

impl Rows<'_> {
    fn answers(&self, question: &Question<'_>, ranges: &Ranges, threads: usize) -> Answers {
        let rows = ranges.hull().len();
        let shared = ranges.rows() / rows.max(1);
        let is_quick = question.short().is_some() && shared >= QUICK_MIN && !self.is_cumulative;
        if shared <= SHARED_MIN && !is_quick && !(self.is_cumulative && self.start > 0) {
            let index = RowIndex::new(self.chunks);
            return Cut::Spans { index: &index, ranges, start: self.start }.ask(question, threads);
        }
        let array = flat(self.chunks);
        let longest = ranges.longest();
        let count = match self.is_cumulative {
            true => (rows / PART_ROWS).clamp(1, PART_WINDOWS),
            false => (rows / PART_ROWS.max(longest.saturating_mul(PART_WINDOWS))).max(1),
        };
        let windows = ranges.count();
        let part = |i: usize| windows * i / count..windows * (i + 1) / count;
        let parts = (0..count).map(part).collect();
        Answers::concat(pool::map(parts, rows, threads, |part: Range<usize>| {
            self.slide(question, &array, ranges, part)
        }))
    }

    /// The answers for some of the windows, by one thread.
    fn slide(
        &self,
        question: &Question<'_>,
        array: &ArrayRef,
        ranges: &Ranges,
        part: Range<usize>,
    ) -> Answers {
        let nulls = array.nulls().filter(|nulls| nulls.null_count() > 0);
        with_primitive!(array.data_type(), P => {
            let values: &[<P as ArrowPrimitiveType>::Native] = array.as_primitive::<P>().values();
            let column = quick::Flat { array, values, nulls };
            self.slide_over(question, column, ranges, part)
        }, _ => unreachable!("the array has numbers"))
    }

    fn slide_over<T: Doubles>(
        &self,
        question: &Question<'_>,
        column: quick::Flat<'_, T>,
        ranges: &Ranges,
        part: Range<usize>,
    ) -> Answers {
        let (start, before) = (self.start, self.before);
        let window = |window: usize| {
            let range = ranges.get(window);
            range.start.saturating_sub(start)..range.end - start
        };
        let slide = |part: Range<usize>| {
            let mut windows = part.map(window);
            let Some(first) = windows.next() else {
                return Answers::default();
            };
            let quick::Flat { array, values, nulls } = column;
            match question.exact_need() {
                Need::Extremes => {
                    extremes::answers(question, values, nulls, before, first, windows)
                }
                _ => slide::of(question, array, values, nulls, before, first, windows),
            }
        };
        let (step, length) = match ranges {
            Ranges::Steps { step, length, .. } => (*step, *length),
            Ranges::Trailing { length, .. } => (1, *length),
            Ranges::Listed(_) => return slide(part),
        };
        // The first windows may be shorter, and the last one.
        let is_whole = |&at: &usize| ranges.get(at).len() == length;
        let whole = part.clone().find(is_whole).unwrap_or(part.end);
        let end = part.clone().rfind(is_whole).map_or(whole, |last| last + 1);
        match question.short().filter(|_| length <= MAX_LENGTH && whole < end) {
            None => slide(part),
            Some(short) => {
                let (first, count) = (window(whole).start, end - whole);
                let windows = quick::Even { first, step, length, count };
                let mut answers = slide(part.start..whole);
                answers.append(quick::answers(question, short, column, windows));
                answers.append(slide(end..part.end));
                answers
            }
        }
    }
}

#[cfg(test)]
mod tests;
