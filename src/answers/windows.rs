//! An answer for each piece of a column: for each of its chunks, or for so many rows at a time.
//!
//! Windows of rows run across the borders of chunks, and the last one may be shorter. Each answer is
//! the one that the piece alone would give. A column may arrive in parts: of rows that do not fill a
//! window, a state waits for the next part.

use std::num::NonZeroUsize;
use std::ops::Range;

use smallvec::SmallVec;

use crate::answers::question::{Question, ask_all};
use crate::answers::statistic::Answer;
use crate::columns::chunk::Chunk;
use crate::run::pool::{self, PART};
use crate::states::accumulator::Moments;

/// Windows of so many rows are worth all threads one by one, and are not answered at one stroke.
const HUGE: usize = 1 << 24;

/// What an answer is asked of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Per {
    /// Each chunk.
    Chunk,
    /// So many rows.
    Rows(NonZeroUsize),
}

/// The answers for the pieces of a column that arrives in parts.
pub struct Windows {
    per: Per,
    /// The window that is not full yet, and how many rows it has.
    open: Moments,
    open_rows: usize,
    answers: Vec<Answer>,
}

impl Windows {
    /// None yet.
    pub fn new(per: Per) -> Self {
        Self { per, open: Moments::new(), open_rows: 0, answers: vec![] }
    }

    /// Answers for the pieces that are complete with the next chunks of the column.
    pub fn push(&mut self, question: &Question<'_>, chunks: &[Chunk], threads: usize) {
        let mut pieces = Pieces::new(chunks, self.per);
        let Per::Rows(rows) = self.per else {
            return self.ask(question, &pieces, threads);
        };
        if self.open_rows > 0 {
            let missing = (rows.get() - self.open_rows).min(pieces.end);
            self.fill(question, &pieces, 0..missing, threads);
            pieces.start = missing;
            if self.open_rows == rows.get() {
                self.close(question);
            }
        }
        let whole = pieces.start + (pieces.end - pieces.start) / rows * rows.get();
        let rest = whole..pieces.end;
        pieces.end = whole;
        self.ask(question, &pieces, threads);
        self.fill(question, &pieces, rest, threads);
    }

    /// The answers, with that for the shorter last window.
    pub fn finish(mut self, question: &Question<'_>) -> Vec<Answer> {
        if self.open_rows > 0 {
            self.close(question);
        }
        self.answers
    }

    /// Adds rows to the open window.
    fn fill(
        &mut self,
        question: &Question<'_>,
        pieces: &Pieces<'_>,
        rows: Range<usize>,
        threads: usize,
    ) {
        self.open_rows += rows.len();
        let chunks = pieces.between(rows);
        for state in pool::fold(&[(&chunks, question.exact_need())], threads) {
            self.open.merge(&state);
        }
    }

    fn close(&mut self, question: &Question<'_>) {
        self.answers.push(question.settle(&self.open));
        (self.open, self.open_rows) = (Moments::new(), 0);
    }

    fn ask(&mut self, question: &Question<'_>, pieces: &Pieces<'_>, threads: usize) {
        let which = 0..pieces.count();
        let has = |rows: usize| which.clone().any(|piece| pieces.range(piece).len() >= rows);
        if has(HUGE) || which.len() < 2 * threads && has(2 * PART) {
            let one = |piece| pieces.with(piece, |chunks| ask_all(&[(*question, chunks)], threads));
            self.answers.extend(which.flat_map(one));
            return;
        }
        // Together they are worth a part of work.
        let step = (which.len() * PART / pieces.rows().max(1)).max(1);
        let groups = which.clone().step_by(step).map(|start| start..(start + step).min(which.end));
        let answers = pool::map(groups.collect(), pieces.rows(), threads, |group| {
            let ask = |piece| pieces.with(piece, |chunks| question.ask(chunks));
            group.map(ask).collect::<Vec<_>>()
        });
        self.answers.extend(answers.into_iter().flatten());
    }
}

/// The pieces of a list of chunks.
pub(crate) struct Pieces<'a> {
    chunks: &'a [Chunk],
    /// The row that each chunk starts with, and the number of rows behind the last.
    starts: Vec<usize>,
    per: Per,
    /// The rows that windows are cut from.
    start: usize,
    end: usize,
}

impl<'a> Pieces<'a> {
    pub(crate) fn new(chunks: &'a [Chunk], per: Per) -> Self {
        let mut starts = Vec::with_capacity(chunks.len() + 1);
        starts.push(0);
        for chunk in chunks {
            starts.push(starts[starts.len() - 1] + chunk.rows());
        }
        let end = starts[chunks.len()];
        Self { chunks, starts, per, start: 0, end }
    }

    /// The row that each chunk starts with, and the number of rows behind the last.
    pub(crate) fn starts(&self) -> &[usize] {
        &self.starts
    }

    fn rows(&self) -> usize {
        self.end - self.start
    }

    fn count(&self) -> usize {
        match self.per {
            Per::Chunk => self.chunks.len(),
            Per::Rows(rows) => self.rows() / rows,
        }
    }

    /// The rows of a piece.
    fn range(&self, piece: usize) -> Range<usize> {
        match self.per {
            Per::Chunk => self.starts[piece]..self.starts[piece + 1],
            Per::Rows(rows) => {
                let start = self.start + piece * rows.get();
                start..start + rows.get()
            }
        }
    }

    /// Shows the chunks of a piece.
    fn with<T>(&self, piece: usize, look: impl FnOnce(&[Chunk]) -> T) -> T {
        match self.per {
            Per::Chunk => look(&self.chunks[piece..=piece]),
            Per::Rows(_) => look(&self.between(self.range(piece))),
        }
    }

    /// The chunks of some rows, cut at both ends.
    pub(crate) fn between(&self, rows: Range<usize>) -> SmallVec<[Chunk; 1]> {
        let mut parts = SmallVec::new();
        let mut at = self.starts.partition_point(|&start| start <= rows.start).max(1) - 1;
        while at < self.chunks.len() && self.starts[at] < rows.end {
            let start = rows.start.max(self.starts[at]);
            let end = rows.end.min(self.starts[at + 1]);
            if start < end {
                parts.push(self.chunks[at].slice(start - self.starts[at], end - start));
            }
            at += 1;
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Policy, Statistic, Ticks};
    use arrow_array::{ArrayRef, Float64Array};
    use arrow_schema::DataType;
    use std::sync::Arc;

    const POLICY: Policy =
        Policy { nulls: crate::Nulls::Skip, nans: crate::Nans::Propagate, min_count: 1, ddof: 0 };

    fn question(statistic: Statistic) -> Question<'static> {
        Question { statistic, of: &DataType::Float64, policy: &POLICY, ticks: Ticks::Unit }
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
    fn windows_run_across_chunks_and_parts() {
        let rows = 2 * PART + 1000;
        let array = array(rows);
        let lengths = [0, 1, 999, PART + 3, 0, 5, 0];
        let mut lengths = lengths.to_vec();
        lengths.push(rows - lengths.iter().sum::<usize>());
        let chunks = cut(&array, &lengths);
        for statistic in [Statistic::Stddev, Statistic::Count] {
            let question = question(statistic);
            for per in [7, 1000, 4096, PART - 1, rows - 1, rows, rows + 1, usize::MAX] {
                let window = |start: usize| {
                    let length = per.min(rows - start);
                    question.ask(&[Chunk::from(array.slice(start, length))])
                };
                let expected = (0..rows).step_by(per).map(window).collect::<Vec<_>>();
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
        let array = array(3 * PART);
        let chunks = cut(&array, &[0, 3, 0, 2 * PART + 1, 1, 1, 0]);
        let question = question(Statistic::Mean);
        let expected = chunks.iter().map(|chunk| question.ask(std::slice::from_ref(chunk)));
        let expected = expected.collect::<Vec<_>>();
        assert_eq!(expected[2], Answer::Null);
        for threads in [1, 2, 4] {
            let mut windows = Windows::new(Per::Chunk);
            windows.push(&question, &chunks[..2], threads);
            windows.push(&question, &chunks[2..], threads);
            assert_eq!(windows.finish(&question), expected);
        }
        let nothing = Windows::new(Per::Rows(NonZeroUsize::MIN));
        assert_eq!(nothing.finish(&question), []);
    }
}
