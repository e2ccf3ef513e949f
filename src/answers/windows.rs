//! An answer for each chunk of a column, for each window of `n` rows, or for each list of values.
//!
//! Windows may cross the boundaries of chunks, and the last one may be shorter. Each answer is that of
//! the rows of its window alone. A column may arrive in batches: the rows of an incomplete window are
//! kept, as a state, until the next batch.

use std::num::NonZeroUsize;
use std::ops::Range;

use arrow_array::ArrayRef;

use crate::answers::collected::Answers;
use crate::answers::column::ask_all;
use crate::answers::question::{Foldable, Question};
use crate::answers::rolling::{Ranges, Rolling};
use crate::answers::statistic::Answer;
use crate::columns::array::{answer_each, fold_rows};
use crate::columns::chunk::Chunk;
use crate::columns::plain::Plain;
use crate::columns::rows::RowIndex;
use crate::kernels::Need;
use crate::run::fold::fold;
use crate::run::pool::{self, PART_ROWS};
use crate::states::accumulator::Accumulator;

/// Minimum number of rows of a window that all threads share: milliseconds of work. Such windows are
/// answered one after the other.
const PARALLEL_WINDOW_ROWS: usize = 1 << 24;

/// The rows that each answer covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Per {
    /// Each chunk.
    Chunk,
    /// Each window of this many rows.
    Rows(NonZeroUsize),
    /// Each of windows that may overlap.
    Rolling(Rolling),
}

/// The answers for the windows of a column that arrives in batches.
pub struct Windows {
    per: Per,
    /// The state of the window that is not full yet, and its number of rows.
    open: Accumulator,
    open_rows: usize,
    answers: Answers,
}

impl Windows {
    /// No answers yet.
    pub fn new(per: Per) -> Self {
        Self { per, open: Accumulator::new(), open_rows: 0, answers: Answers::default() }
    }

    /// Adds the next chunks of the column, and the answers for the windows that they complete.
    pub fn push(&mut self, question: &Question<'_>, chunks: &[Chunk], threads: usize) {
        let index = RowIndex::new(chunks);
        let Per::Rows(rows) = self.per else {
            return self.answers.append(Cut::Chunks(&index).ask(question, threads));
        };
        let mut start = 0;
        if self.open_rows > 0 {
            let missing = (rows.get() - self.open_rows).min(index.rows());
            self.fill(question, &index, 0..missing, threads);
            start = missing;
            if self.open_rows == rows.get() {
                self.close(question);
            }
        }
        let whole = start + (index.rows() - start) / rows * rows.get();
        let windows = Cut::Windows { index: &index, rows: start..whole, length: rows };
        self.answers.append(windows.ask(question, threads));
        self.fill(question, &index, whole..index.rows(), threads);
    }

    /// All answers, including that for a shorter last window.
    pub fn finish(mut self, question: &Question<'_>) -> Answers {
        if self.open_rows > 0 {
            self.close(question);
        }
        self.answers
    }

    /// Adds rows to the open window.
    fn fill(
        &mut self,
        question: &Question<'_>,
        index: &RowIndex<'_>,
        rows: Range<usize>,
        threads: usize,
    ) {
        self.open_rows += rows.len();
        let chunks = index.between(rows);
        for state in fold(&[(&chunks, question.exact_need())], threads) {
            self.open.merge(&state);
        }
    }

    fn close(&mut self, question: &Question<'_>) {
        self.answers.push(question.settle(&self.open));
        (self.open, self.open_rows) = (Accumulator::new(), 0);
    }
}

/// The answers for lists of values, which lie one after the other in the chunks of a column: each begins
/// where the one before it ends. The offsets are where they begin, and where the last one ends.
///
/// # Panics
/// If the offsets decrease, or exceed the rows.
pub fn ask_lists(
    question: &Question<'_>,
    chunks: &[Chunk],
    offsets: &[usize],
    threads: usize,
) -> Answers {
    Cut::Lists { index: &RowIndex::new(chunks), offsets }.ask(question, threads)
}

/// Rows of a column, cut into windows.
pub(super) enum Cut<'a> {
    /// Into its chunks.
    Chunks(&'a RowIndex<'a>),
    /// Some of the rows, which are a multiple of the length of a window.
    Windows { index: &'a RowIndex<'a>, rows: Range<usize>, length: NonZeroUsize },
    /// At offsets.
    Lists { index: &'a RowIndex<'a>, offsets: &'a [usize] },
    /// Into ranges of rows, the first of which is numbered `start`.
    Spans { index: &'a RowIndex<'a>, ranges: &'a Ranges, start: usize },
}

impl Cut<'_> {
    pub(super) fn ask(&self, question: &Question<'_>, threads: usize) -> Answers {
        let windows = 0..self.count();
        let has = |rows: usize| windows.clone().any(|window| self.range(window).len() >= rows);
        if has(PARALLEL_WINDOW_ROWS) || windows.len() < 2 * threads && has(2 * PART_ROWS) {
            let one = |window| self.with(window, |chunks| ask_all(&[(*question, chunks)], threads));
            return windows.flat_map(one).collect();
        }
        // The number of windows that together make up a part of work.
        let step = (windows.len().saturating_mul(PART_ROWS) / self.rows().max(1)).max(1);
        let parts =
            windows.clone().step_by(step).map(|start| start..(start + step).min(windows.end));
        let answers =
            pool::map(parts.collect(), self.rows(), threads, |part| self.ask_some(question, part));
        Answers::concat(answers)
    }

    fn ask_some(&self, question: &Question<'_>, windows: Range<usize>) -> Answers {
        let mut answers = Answers::with_capacity(windows.len());
        if let (Some(array), Some(short)) = (self.array(), question.short()) {
            let ranges = windows.clone().map(|window| self.range(window));
            answer_each(array, ranges, short, |answer| match answer {
                Some(answer) => answers.push_float(answer),
                None => {
                    let window = windows.start + answers.len();
                    answers.push(self.ask_with_state(question, window));
                }
            });
        }
        // All or none have been answered.
        let rest = windows.skip(answers.len());
        rest.for_each(|window| answers.push(self.ask_with_state(question, window)));
        answers
    }

    #[cold]
    #[inline(never)]
    fn ask_with_state(&self, question: &Question<'_>, window: usize) -> Answer {
        // Lists and windows are short, and many: 10^6 lists of five doubles take 50 ms, against 240 if each is a chunk.
        match self.array() {
            Some(array) => question.ask_with_state(&Rows { array, rows: self.range(window) }),
            None => self.with(window, |chunks| question.ask(chunks)),
        }
    }

    /// The array that is cut, if there is only one, and it has more than one window.
    fn array(&self) -> Option<&ArrayRef> {
        match self {
            Self::Lists { index, .. } | Self::Windows { index, .. } | Self::Spans { index, .. } => {
                match index.chunks() {
                    [Chunk::Plain(Plain::Array(array))] => Some(array),
                    _ => None,
                }
            }
            Self::Chunks(_) => None,
        }
    }

    /// The number of windows.
    fn count(&self) -> usize {
        match self {
            Self::Chunks(index) => index.chunks().len(),
            Self::Windows { rows, length, .. } => rows.len() / *length,
            Self::Lists { offsets, .. } => offsets.len().saturating_sub(1),
            Self::Spans { ranges, .. } => ranges.count(),
        }
    }

    /// The number of rows in all windows.
    fn rows(&self) -> usize {
        match self {
            Self::Chunks(index) => index.rows(),
            Self::Windows { rows, .. } => rows.len(),
            Self::Lists { offsets, .. } => match offsets {
                [first, .., last] => last - first,
                _ => 0,
            },
            Self::Spans { ranges, .. } => ranges.rows(),
        }
    }

    /// The rows of a window.
    fn range(&self, window: usize) -> Range<usize> {
        match self {
            Self::Chunks(index) => index.starts()[window]..index.starts()[window + 1],
            Self::Windows { rows, length, .. } => {
                let start = rows.start + window * length.get();
                start..start + length.get()
            }
            Self::Lists { offsets, .. } => offsets[window]..offsets[window + 1],
            Self::Spans { ranges, start, .. } => {
                let rows = ranges.get(window);
                rows.start - start..rows.end - start
            }
        }
    }

    /// Calls a function with the chunks of a window.
    fn with<T>(&self, window: usize, function: impl FnOnce(&[Chunk]) -> T) -> T {
        match self {
            Self::Chunks(index) => function(&index.chunks()[window..=window]),
            Self::Windows { index, .. } | Self::Lists { index, .. } | Self::Spans { index, .. } => {
                function(&index.between(self.range(window)))
            }
        }
    }
}

/// Some rows of an array.
struct Rows<'a> {
    array: &'a ArrayRef,
    rows: Range<usize>,
}

impl Foldable for Rows<'_> {
    fn rows(&self) -> usize {
        self.rows.len()
    }

    fn fold(&self, need: Need) -> Accumulator {
        let mut accumulator = Accumulator::new();
        fold_rows(self.array, self.rows.clone(), need, &mut accumulator);
        accumulator
    }

    fn fold_first(&self, rows: usize, need: Need) -> Accumulator {
        let end = self.rows.end.min(self.rows.start + rows);
        Self { array: self.array, rows: self.rows.start..end }.fold(need)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answers::statistic::{Statistic, Ticks};
    use crate::states::accumulator::{Nans, Nulls, Options};
    use arrow_array::{BooleanArray, Float64Array};
    use arrow_schema::DataType;
    use std::sync::Arc;

    const OPTIONS: Options =
        Options { nulls: Nulls::Skip, nans: Nans::Propagate, min_count: 1, ddof: 0 };

    fn question(statistic: Statistic) -> Question<'static> {
        Question { statistic, of: &DataType::Float64, options: &OPTIONS, ticks: Ticks::Unit }
    }

    fn array(rows: usize) -> ArrayRef {
        let value = |i: usize| (i & 7 > 0).then_some(1.0 / (i + 1) as f64);
        Arc::new((0..rows).map(value).collect::<Float64Array>())
    }

    fn cut(array: &ArrayRef, lengths: &[usize]) -> Vec<Chunk> {
        let mut start = 0;
        let cut = |&length: &usize| {
            start += length;
            Chunk::from(array.slice(start - length, length))
        };
        lengths.iter().map(cut).collect()
    }

    #[test]
    fn windows_cross_chunks_and_parts() {
        let rows = 2 * PART_ROWS + 1000;
        let array = array(rows);
        let lengths = [0, 1, 999, PART_ROWS + 3, 0, 5, 0];
        let mut lengths = lengths.to_vec();
        lengths.push(rows - lengths.iter().sum::<usize>());
        let chunks = cut(&array, &lengths);
        for statistic in [Statistic::Stddev, Statistic::Count] {
            let question = question(statistic);
            for per in [7, 1000, 4096, PART_ROWS - 1, rows - 1, rows, rows + 1, usize::MAX] {
                let window = |start: usize| {
                    let length = per.min(rows - start);
                    question.ask(&[Chunk::from(array.slice(start, length))][..])
                };
                let expected = (0..rows).step_by(per).map(window).collect::<Answers>();
                for (parts, threads) in [(1, 1), (1, 3), (3, 2), (8, 1)] {
                    let mut windows = Windows::new(Per::Rows(NonZeroUsize::new(per).unwrap()));
                    for part in chunks.chunks(chunks.len().div_ceil(parts)) {
                        windows.push(&question, part, threads);
                    }
                    let answers = windows.finish(&question);
                    assert_eq!(answers, expected, "{statistic:?} per {per}, {parts} parts");
                }
            }
        }
    }

    #[test]
    fn every_chunk_has_an_answer_even_an_empty_one() {
        let array = array(3 * PART_ROWS);
        let chunks = cut(&array, &[0, 3, 0, 2 * PART_ROWS + 1, 1, 1, 0]);
        let question = question(Statistic::Mean);
        let expected = chunks.iter().map(|chunk| question.ask(std::slice::from_ref(chunk)));
        let expected = expected.collect::<Answers>();
        assert_eq!(expected.get(2), Answer::Null);
        for threads in [1, 2, 4] {
            let mut windows = Windows::new(Per::Chunk);
            windows.push(&question, &chunks[..2], threads);
            windows.push(&question, &chunks[2..], threads);
            assert_eq!(windows.finish(&question), expected);
        }
        let nothing = Windows::new(Per::Rows(NonZeroUsize::MIN));
        assert!(nothing.finish(&question).is_empty());
    }
    #[test]
    fn every_list_has_an_answer_even_an_empty_one() {
        let array = array(5 * PART_ROWS);
        let bits: ArrayRef =
            Arc::new((0..5 * PART_ROWS).map(|i| Some(i % 3 > 0)).collect::<BooleanArray>());
        let question = question(Statistic::Mean);
        let few = vec![3, 3, 3 * PART_ROWS, 3 * PART_ROWS + 5];
        let many = (0..=5 * PART_ROWS).step_by(3).chain([5 * PART_ROWS]).collect();
        let offsets = [vec![], vec![9], vec![0, 0], few, many];
        let lengths = [&[5 * PART_ROWS][..], &[7, 0, 2 * PART_ROWS, 3 * PART_ROWS - 7]];
        for (array, lengths) in [&array, &bits].into_iter().flat_map(|a| lengths.map(|l| (a, l))) {
            let chunks = cut(array, lengths);
            for offsets in &offsets {
                let list = |ends: &[usize]| array.slice(ends[0], ends[1] - ends[0]);
                let ask = |ends: &[usize]| question.ask(&[Chunk::from(list(ends))][..]);
                let expected = offsets.windows(2).map(ask).collect::<Answers>();
                for threads in [1, 3] {
                    assert_eq!(ask_lists(&question, &chunks, offsets, threads), expected);
                }
            }
        }
    }
}
