//! A statistic by groups, in one call: `by=` of the statistics.

use colstats::Statistic;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use super::accumulate::accumulate;
use crate::evaluate::results_of_table;
use crate::input::source::Source;
use crate::options::{Keywords, Label};
use crate::states::accumulate::Uncountable;

/// The statistic of the selected columns of a table, for each group of rows: the keys come first.
pub fn of_groups<'py>(
    data: &Bound<'py, PyAny>,
    source: Source<'_, 'py>,
    by: &[Label],
    statistic: Statistic,
    keywords: &Keywords,
) -> PyResult<Bound<'py, PyAny>> {
    expect_no_windows(keywords)?;
    // Groups are many, so their states gather no more than the statistic needs.
    match statistic {
        Statistic::Sum | Statistic::Mean => ask::<0, 0>(data, source, by, statistic, keywords),
        Statistic::Variance | Statistic::Stddev => {
            ask::<1, 0>(data, source, by, statistic, keywords)
        }
        Statistic::Count | Statistic::Min | Statistic::Max => {
            ask::<1, 1>(data, source, by, statistic, keywords)
        }
    }
}

/// Refuses windows of groups.
pub fn expect_no_windows(keywords: &Keywords) -> PyResult<()> {
    let Some(windows) = &keywords.windows else {
        return Ok(());
    };
    Err(PyTypeError::new_err(format!(
        "by= gives a result for each group and {} one for each chunk or window: choose one",
        windows.option()
    )))
}

fn ask<'py, const S: usize, const E: usize>(
    data: &Bound<'py, PyAny>,
    source: Source<'_, 'py>,
    by: &[Label],
    statistic: Statistic,
    keywords: &Keywords,
) -> PyResult<Bound<'py, PyAny>> {
    // Refusals come before any work.
    let check = |columns: &[&_]| results_of_table(columns, statistic).map(drop);
    let (selection, refused) = (&keywords.selection, Uncountable::Refused);
    let threads = keywords.threads;
    let (groups, _) = accumulate::<S, E>(data, source, by, selection, threads, refused, check)?;
    let all = Keywords { options: keywords.options, ..Keywords::default() };
    groups.ask(data.py(), statistic, &all.threads(threads))
}
