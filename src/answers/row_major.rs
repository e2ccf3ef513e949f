//! A statistic of each column of a table in row-major order, on one thread or several.
//!
//! Tables are cut into parts of some columns and all rows, whose answers are final, or, if they have too many rows for
//! that, into parts of some rows, whose states are merged.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use super::collected::Answers;
use super::question::{BRACKET_MIN_ROWS, Foldable, Question};
use super::statistic::{Answer, Statistic};
use crate::columns::row_major::RowMajor;
use crate::exact::Form;
use crate::kernels::Need;
use crate::kernels::across::nearest::Nearest;
use crate::kernels::across::nearest::spreads::Spread;
use crate::run::pool::{self, PART_ROWS};
use crate::states::accumulator::{Accumulator, Nans, Options};
use crate::types::{Family, family};

/// Minimum number of columns of a part: whole cache lines of a row, and more than one.
const PART_MIN_COLUMNS: usize = 64;
/// Maximum number of columns of a part: their sums stay in the second-level cache.
const PART_MAX_COLUMNS: usize = 1 << 9;
/// Minimum number of rows of a part, if there are more: reading out the accumulators of a column takes as long as
/// adding some hundred values.
const PART_MIN_ROWS: usize = 1 << 10;
/// Maximum number of values of a part for a thread that works alone, where columns need no states: it asks after each part
/// whether it is to stop.
const ALONE_VALUES: usize = 1 << 24;
/// Minimum number of rows for a trial, which reads [`TRIAL_ROWS`] of them.
const TRIAL_MIN_ROWS: usize = 1 << 12;
/// Number of rows of a trial.
const TRIAL_ROWS: usize = 1 << 8;
/// Minimum number of columns for each one left undecided by brackets: with more undecided ones, all columns are summed
/// again in one pass, and not one by one.
const FEW_OPEN: usize = 8;

/// The answers for all columns, by several threads.
pub fn ask_all(question: &Question<'_>, table: &RowMajor, threads: usize) -> Answers {
    let (rows, columns) = (table.rows(), table.columns());
    let work = rows.saturating_mul(columns);
    let fits = rows.saturating_mul(PART_MIN_COLUMNS.min(columns)) <= PART_ROWS;
    let need = first_need(question, table);
    let is_near = matches!(need, Need::SumBracket | Need::Bracket);
    let is_alone = threads == 1 && is_near && work <= ALONE_VALUES;
    if fits || is_alone || work < 2 * PART_ROWS {
        let values = if is_alone { ALONE_VALUES } else { PART_ROWS };
        let step = (values / rows.max(1) / PART_MIN_COLUMNS).max(1) * PART_MIN_COLUMNS;
        let step = if is_alone { step } else { step.min(PART_MAX_COLUMNS) };
        let parts = ranges(columns, step);
        let is_hopeless = AtomicBool::new(false);
        let answers = pool::map(parts, work, threads, |columns| {
            let part = table.part(0..rows, columns);
            let need = match is_hopeless.load(Relaxed) {
                true => question.exact_need(),
                false => need,
            };
            let (answers, open) = settle(question, &part, need);
            if open.len() > answers.len() / 2 {
                is_hopeless.store(true, Relaxed);
            }
            answer_open(question, &part, answers, open, 1)
        });
        return Answers::concat(answers);
    }
    let mut settled = Settled::new(question, columns);
    fold(table, need, threads).into_iter().for_each(|state| settled.push(&state));
    let Settled { answers, open, .. } = settled;
    answer_open(question, table, answers, open, threads)
}

/// The states of all columns, by parts of rows.
fn fold(table: &RowMajor, need: Need, threads: usize) -> Vec<Accumulator> {
    let (rows, columns) = (table.rows(), table.columns());
    let step = (PART_ROWS / columns.max(1)).max(PART_MIN_ROWS);
    let parts = pool::map(ranges(rows, step), rows.saturating_mul(columns), threads, |rows| {
        let mut states = Vec::with_capacity(columns);
        table.part(rows, 0..columns).fold_each(need, |state| states.push(state));
        states
    });
    let mut states = vec![Accumulator::new(); columns];
    for part in parts {
        for (state, part) in states.iter_mut().zip(&part) {
            state.merge(part);
        }
    }
    states
}

fn ranges(length: usize, step: usize) -> Vec<Range<usize>> {
    (0..length).step_by(step).map(|start| start..length.min(start.saturating_add(step))).collect()
}

/// What to gather at first: a bracket, if it is likely to settle the answers for most columns.
fn first_need(question: &Question<'_>, table: &RowMajor) -> Need {
    let need = question.exact_need();
    let rows = table.rows();
    if need == Need::Sum && family(question.of) == Family::Float {
        return Need::SumBracket;
    }
    if need != Need::Squares || family(question.of) != Family::Float {
        return need;
    }
    if rows >= TRIAL_MIN_ROWS {
        let columns = table.columns().min(PART_ROWS / TRIAL_ROWS);
        let trial = table.part(0..TRIAL_ROWS, 0..columns);
        let (_, open) = settle(question, &trial, Need::Bracket);
        if open.len() > columns / 2 && by_fine_bracket(question, &trial, open[0]).is_none() {
            return need;
        }
    }
    Need::Bracket
}

/// Answers in the order of the columns.
struct Settled<'a> {
    question: &'a Question<'a>,
    /// Those that are open are NaN for the time being.
    answers: Answers,
    /// The columns that are open.
    open: Vec<usize>,
}

impl<'a> Settled<'a> {
    fn new(question: &'a Question<'a>, columns: usize) -> Self {
        Self { question, answers: Answers::with_capacity(columns), open: vec![] }
    }

    fn push(&mut self, state: &Accumulator) {
        let answer = match state.is_exact() {
            true => Some(self.question.settle(state)),
            false => self.question.settle_within_slack(state),
        };
        if answer.is_none() {
            self.open.push(self.answers.len());
        }
        self.answers.push(answer.unwrap_or(Answer::Float(f64::NAN)));
    }
}

/// The answers that the kernels settle, and the columns that are open.
fn settle(question: &Question<'_>, table: &RowMajor, need: Need) -> (Answers, Vec<usize>) {
    if let Some(Nearest { values, open }) = nearest(question, table, need) {
        return (values.into(), open);
    }
    let is_short = need == Need::Bracket && table.rows() < BRACKET_MIN_ROWS;
    let need = if is_short { question.exact_need() } else { need };
    let mut settled = Settled::new(question, table.columns());
    table.fold_each(need, |state| settled.push(&state));
    (settled.answers, settled.open)
}

/// Statistics that need no states; none of floating-point numbers if exact sums are needed for most.
fn nearest(question: &Question<'_>, table: &RowMajor, need: Need) -> Option<Nearest> {
    let rows = table.rows() as u64;
    let Options { nans, min_count, ddof, .. } = *question.options;
    let has_nans = nans == Nans::Propagate;
    if rows == 0 || rows < min_count {
        return None;
    }
    match (question.statistic, need, family(question.of)) {
        (Statistic::Mean, Need::SumBracket, _) => table.nearest_quotients(rows, has_nans),
        (Statistic::Sum, Need::SumBracket, _) => table.nearest_quotients(1, has_nans),
        (Statistic::Variance, Need::Bracket, _) => {
            table.nearest_spreads(Spread { form: Form::Quotient, ddof, has_nans })
        }
        (Statistic::Stddev, Need::Bracket, _) => {
            table.nearest_spreads(Spread { form: Form::Root, ddof, has_nans })
        }
        (Statistic::Mean, _, Family::Integer) => table.nearest_means_of_integers(),
        _ => None,
    }
}

/// The answer for one column by a fine bracket, if that settles it. None of columns with NaNs, which are skipped faster
/// where all columns are read at once.
fn by_fine_bracket(question: &Question<'_>, table: &RowMajor, column: usize) -> Option<Answer> {
    let need = Need::FineBracket;
    let state = [table.column(column)].fold(need);
    if state.sums().nans > 0 { None } else { question.settle_if_possible(need, &state) }
}

/// Replaces the answers of columns that are open.
fn answer_open(
    question: &Question<'_>,
    table: &RowMajor,
    mut answers: Answers,
    mut open: Vec<usize>,
    threads: usize,
) -> Answers {
    let is_spread = question.exact_need() == Need::Squares && family(question.of) == Family::Float;
    if is_spread
        && let Some(&first) = open.first()
        && by_fine_bracket(question, table, first).is_some()
    {
        // What settles one column is likely to settle the others: exact sums of squares take ten times as long.
        let work = open.len().saturating_mul(table.rows());
        let asked = pool::map(open, work, threads, |column| {
            (column, by_fine_bracket(question, table, column))
        });
        open = vec![];
        for (column, answer) in asked {
            match answer {
                Some(answer) => answers.set(column, answer),
                None => open.push(column),
            }
        }
    }
    if open.len() > answers.len() / FEW_OPEN {
        let states = fold(table, question.exact_need(), threads);
        for column in open {
            answers.set(column, question.settle(&states[column]));
        }
        return answers;
    }
    let work = open.len().saturating_mul(table.rows());
    let exact = pool::map(open, work, threads, |column| {
        let state = [table.column(column)].fold(question.exact_need());
        (column, question.settle(&state))
    });
    for (column, answer) in exact {
        answers.set(column, answer);
    }
    answers
}
