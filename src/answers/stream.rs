//! Answers about columns that arrive in batches; only their states are kept.
//!
//! For a statistic of whole columns, the state is exact from the start, since no batch can be read
//! twice. Windows are answered as they fill.

use arrow_schema::DataType;

use crate::answers::collected::Answers;
use crate::answers::question::Question;
use crate::answers::rolling::RollingWindows;
use crate::answers::statistic::{Statistic, Ticks};
use crate::answers::windows::{Per, Windows};
use crate::columns::chunk::Chunk;
use crate::run::fold::fold;
use crate::states::accumulator::{Accumulator, Options};

/// A question about each of several columns.
#[derive(Clone, Copy, Debug)]
pub struct Inquiry {
    /// Which statistic.
    pub statistic: Statistic,
    /// How missing values are treated.
    pub options: Options,
    /// The unit of temporal answers.
    pub ticks: Ticks,
    /// The rows that each answer covers; the whole column, if absent.
    pub per: Option<Per>,
    /// The number of threads to use.
    pub threads: usize,
}

impl Inquiry {
    /// The question about a column of a type.
    pub fn about<'a>(&'a self, of: &'a DataType) -> Question<'a> {
        Question { statistic: self.statistic, of, options: &self.options, ticks: self.ticks }
    }
}

/// The answers for columns that arrive in batches.
pub struct Incremental {
    inquiry: Inquiry,
    types: Vec<DataType>,
    folds: Folds,
}

enum Folds {
    Whole(Vec<Accumulator>),
    Windows(Vec<Windows>),
    Rolling(Vec<RollingWindows>),
}

impl Incremental {
    /// No rows yet. The types of the columns must have the statistic.
    pub fn new(inquiry: Inquiry, types: Vec<DataType>) -> Self {
        let folds = match inquiry.per {
            None => Folds::Whole(vec![Accumulator::new(); types.len()]),
            Some(Per::Rolling(rolling)) => {
                Folds::Rolling(types.iter().map(|_| RollingWindows::new(rolling)).collect())
            }
            Some(per) => Folds::Windows(types.iter().map(|_| Windows::new(per)).collect()),
        };
        Self { inquiry, types, folds }
    }

    /// Adds the next chunks of each column.
    pub fn push(&mut self, columns: &[&[Chunk]]) {
        self.push_at(columns, None);
    }

    /// Adds the next chunks of each column. For windows of a period, the times of the rows, which must be sorted.
    pub fn push_at(&mut self, columns: &[&[Chunk]], times: Option<&[i64]>) {
        let threads = self.inquiry.threads;
        match &mut self.folds {
            Folds::Whole(states) => {
                let need = self.inquiry.statistic.need(&self.inquiry.options);
                let columns = columns.iter().map(|chunks| (*chunks, need)).collect::<Vec<_>>();
                for (state, part) in states.iter_mut().zip(fold(&columns, threads)) {
                    state.merge(&part);
                }
            }
            Folds::Windows(windows) => {
                for ((windows, of), chunks) in windows.iter_mut().zip(&self.types).zip(columns) {
                    windows.push(&self.inquiry.about(of), chunks, threads);
                }
            }
            Folds::Rolling(windows) => {
                for ((windows, of), chunks) in windows.iter_mut().zip(&self.types).zip(columns) {
                    windows.push(&self.inquiry.about(of), chunks, times, threads);
                }
            }
        }
    }

    /// The answers for each column.
    pub fn finish(self) -> Vec<Answers> {
        let Self { inquiry, types, folds } = self;
        let questions = types.iter().map(|of| inquiry.about(of));
        match folds {
            Folds::Whole(states) => {
                let answers =
                    questions.zip(&states).map(|(question, state)| question.settle(state));
                answers.map(|answer| Answers::from_iter([answer])).collect()
            }
            Folds::Windows(windows) => {
                let finish = |(question, windows): (_, Windows)| windows.finish(&question);
                questions.zip(windows).map(finish).collect()
            }
            Folds::Rolling(windows) => {
                let finish = |(question, windows): (_, RollingWindows)| {
                    windows.finish(&question, inquiry.threads)
                };
                questions.zip(windows).map(finish).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{ArrayRef, Float64Array, Int32Array};
    use std::num::NonZeroUsize;
    use std::sync::Arc;

    #[test]
    fn batches_have_the_answers_of_the_whole() {
        let floats: ArrayRef =
            Arc::new((0..9000).map(|i| 1e3 / f64::from(i + 1)).map(Some).collect::<Float64Array>());
        let integers: ArrayRef = Arc::new(Int32Array::from_iter_values(0..9000));
        let columns = [&floats, &integers];
        let inquiry = |per| Inquiry {
            statistic: Statistic::Stddev,
            options: Options { ddof: 1, ..Options::default() },
            ticks: Ticks::Unit,
            per,
            threads: 2,
        };
        let ask = |per, cuts: &[usize]| {
            let types = columns.map(|column| column.data_type().clone());
            let mut incremental = Incremental::new(inquiry(per), types.to_vec());
            for ends in cuts.windows(2) {
                let part =
                    |column: &ArrayRef| [Chunk::from(column.slice(ends[0], ends[1] - ends[0]))];
                let parts = columns.map(part);
                incremental.push(&parts.each_ref().map(|part| &part[..]));
            }
            incremental.finish()
        };
        let windows = Per::Rows(NonZeroUsize::new(1000).unwrap());
        for (per, count) in [(None, 1), (Some(windows), 9), (Some(Per::Chunk), 3)] {
            let answers = ask(per, &[0, 500, 500, 9000]);
            assert_eq!(answers.iter().map(Answers::len).collect::<Vec<_>>(), [count, count]);
            if per != Some(Per::Chunk) {
                assert_eq!(answers, ask(per, &[0, 9000]));
            }
        }
        let whole = inquiry(None);
        for (column, answers) in columns.into_iter().zip(ask(None, &[0, 4000, 9000])) {
            let question = whole.about(column.data_type());
            let expected = question.ask(&[Chunk::from(Arc::clone(column))][..]);
            assert_eq!(answers, Answers::from_iter([expected]));
        }
    }
}
