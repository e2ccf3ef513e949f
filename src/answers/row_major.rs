//! A statistic of each column of a table in row-major order, on one thread or several.
//!
//! Tables are cut into parts of some columns and all rows, whose answers are final, or, if they have too many rows for
//! that, into parts of some rows, whose states are merged.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use super::question::{BRACKET_MIN_ROWS, Foldable, Question};
use super::statistic::Answer;
use crate::columns::row_major::RowMajor;
use crate::kernels::Need;
use crate::run::pool::{self, PART_ROWS};
use crate::states::accumulator::Accumulator;
use crate::types::{Family, family};

/// Minimum number of columns of a part: whole cache lines of a row, and more than one.
const PART_MIN_COLUMNS: usize = 64;
/// Minimum number of rows of a part, if there are more: reading out the accumulators of a column takes as long as
/// adding some hundred values.
const PART_MIN_ROWS: usize = 1 << 10;
/// Minimum number of rows for a trial, which reads [`TRIAL_ROWS`] of them.
const TRIAL_MIN_ROWS: usize = 1 << 12;
/// Number of rows of a trial.
const TRIAL_ROWS: usize = 1 << 8;
/// If more than one column in so many is open after the brackets, all are summed again, and not one by one.
const FEW_OPEN: usize = 8;

/// The answers for all columns, by several threads.
pub fn ask_all(question: &Question<'_>, table: &RowMajor, threads: usize) -> Vec<Answer> {
    let (rows, columns) = (table.rows(), table.columns());
    let work = rows.saturating_mul(columns);
    let fits = rows.saturating_mul(PART_MIN_COLUMNS.min(columns)) <= PART_ROWS;
    let need = first_need(question, table);
    if fits || work < 2 * PART_ROWS {
        let step = (PART_ROWS / rows.max(1) / PART_MIN_COLUMNS).max(1) * PART_MIN_COLUMNS;
        let parts = ranges(columns, step);
        let is_hopeless = AtomicBool::new(false);
        let answers = pool::map(parts, work, threads, |columns| {
            let part = table.part(0..rows, columns);
            let need = match is_hopeless.load(Relaxed) {
                true => question.exact_need(),
                false => need,
            };
            let (answers, open) = settle(question, part.fold(need));
            if open.len() > answers.len() / 2 {
                is_hopeless.store(true, Relaxed);
            }
            answer_open(question, &part, answers, open, 1)
        });
        return answers.concat();
    }
    let (answers, open) = settle(question, fold(table, need, threads));
    answer_open(question, table, answers, open, threads)
}

/// The states of all columns, by parts of rows.
fn fold(table: &RowMajor, need: Need, threads: usize) -> Vec<Accumulator> {
    let (rows, columns) = (table.rows(), table.columns());
    let step = (PART_ROWS / columns.max(1)).max(PART_MIN_ROWS);
    let parts = pool::map(ranges(rows, step), rows.saturating_mul(columns), threads, |rows| {
        table.part(rows, 0..columns).fold(need)
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
    if need != Need::Squares || family(question.of) != Family::Float || rows < BRACKET_MIN_ROWS {
        return need;
    }
    if rows >= TRIAL_MIN_ROWS {
        let columns = table.columns().min(PART_ROWS / TRIAL_ROWS);
        let trial = table.part(0..TRIAL_ROWS, 0..columns).fold(Need::Bracket);
        if settle(question, trial).1.len() > columns / 2 {
            return need;
        }
    }
    Need::Bracket
}

/// The answers that states settle, and the columns that are open, whose answers are null for the time being.
fn settle(question: &Question<'_>, states: Vec<Accumulator>) -> (Vec<Answer>, Vec<usize>) {
    let mut open = vec![];
    let answers = states.iter().enumerate().map(|(column, state)| {
        let answer = match state.is_exact() {
            true => Some(question.settle(state)),
            false => question.settle_within_slack(state),
        };
        answer.unwrap_or_else(|| {
            open.push(column);
            Answer::Null
        })
    });
    (answers.collect(), open)
}

/// Replaces the answers of columns that are open.
fn answer_open(
    question: &Question<'_>,
    table: &RowMajor,
    mut answers: Vec<Answer>,
    open: Vec<usize>,
    threads: usize,
) -> Vec<Answer> {
    if open.len() > answers.len() / FEW_OPEN {
        let states = match threads {
            1 => table.fold(question.exact_need()),
            _ => fold(table, question.exact_need(), threads),
        };
        for column in open {
            answers[column] = question.settle(&states[column]);
        }
        return answers;
    }
    let work = open.len().saturating_mul(table.rows());
    let exact = pool::map(open, work, threads, |column| {
        let state = [table.column(column)].fold(question.exact_need());
        (column, question.settle(&state))
    });
    for (column, answer) in exact {
        answers[column] = answer;
    }
    answers
}
