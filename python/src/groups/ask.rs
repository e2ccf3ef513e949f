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
    if keywords.per.is_some() {
        return Err(PyTypeError::new_err(
            "by= gives a result for each group and per= one for each chunk or window: choose one",
        ));
    }
    // Refusals come before any work.
    let check = |columns: &[&_]| results_of_table(columns, statistic).map(drop);
    let (selection, refused) = (&keywords.selection, Uncountable::Refused);
    let (groups, _) = accumulate(data, source, by, selection, keywords.threads, refused, check)?;
    let all = Keywords { options: keywords.options, ..Keywords::default() };
    groups.ask(data.py(), statistic, &all.threads(keywords.threads))
}
