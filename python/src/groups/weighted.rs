//! A weighted statistic by groups, in one call: `by=` and `weights=`.

use colstats::Statistic;
use colstats::internals::answers::question::Question;
use colstats::internals::answers::statistic::Ticks;
use colstats::internals::groups::rows::RowOrder;
use colstats::internals::groups::weighted::GroupedWeights;
use colstats::internals::run::pool::num_threads;
use pyo3::prelude::*;

use super::accumulate::{Roles, one_column};
use super::ask::expect_no_windows;
use super::rows::groups_of_rows;
use crate::classes::source::source;
use crate::detach::detached;
use crate::evaluate::results_of_table;
use crate::functions::weighted::{Weights, changed};
use crate::input::data::Input;
use crate::memory::expect_memory;
use crate::options::{Keywords, Label};
use crate::states::accumulate::{Uncountable, expect_countable};

/// The statistic of the selected columns of a table, for each group of rows, each of which has a weight: the keys come
/// first. Groups are sorted, so all rows are held.
pub fn of_groups<'py>(
    data: &Bound<'py, PyAny>,
    by: &[Label],
    statistic: Statistic,
    weights: &Bound<'py, PyAny>,
    keywords: &Keywords,
) -> PyResult<Bound<'py, PyAny>> {
    expect_no_windows(keywords)?;
    let Input::Table(table) = source(data)?.read_all()? else {
        return Err(one_column(data));
    };
    let (weights, own) = Weights::among(weights, &table)?;
    let mut roles = Roles::of(&table, by, &keywords.selection, Uncountable::Refused)?;
    if let (Some(own), None) = (own, &keywords.selection.columns) {
        roles.leave_out(own);
    }
    // Refusals come before any work.
    roles.check()?;
    let promised = results_of_table(&roles.values, statistic)?;
    expect_countable(table.rows, "")?;
    let (py, threads) = (data.py(), keywords.threads.unwrap_or_else(num_threads));
    weights.check(py, threads)?;
    let (groups, numbers) = groups_of_rows(data, &roles.keys, table.rows)?;
    expect_room(table.rows)?;
    let answers = detached(py, || {
        let order = RowOrder::new(&numbers, groups.grouped.len());
        let (of, chunks) = weights.typed();
        let weights = GroupedWeights::new(of, chunks, &order);
        let answers = roles.values.iter().map(|column| {
            let (of, options) = (column.data_type(), &keywords.options);
            let question = Question { statistic, of, options, ticks: Ticks::Unit };
            weights.ask(&question, &column.chunks, threads).map(Into::into)
        });
        answers.collect::<Result<Vec<_>, _>>()
    })?;
    let answers = answers.map_err(|_| changed())?;
    groups.with_answers(py, statistic, promised, &answers)
}

/// Refuses to sort more rows than there is memory for: their weights, and the values of one column at a time.
fn expect_room(rows: usize) -> PyResult<()> {
    /// The number of a row, and a weight and a value as they are and in order, 16 bytes each.
    const BYTES_FOR_ROW: usize = 4 + 4 * 16;

    expect_memory(rows.saturating_mul(BYTES_FOR_ROW), || {
        format!("to sort {rows} rows by their groups")
    })
}
