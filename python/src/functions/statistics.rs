//! The functions of the module: `mean`, `stddev` and the others, each for data of any kind.

use colstats::{Per, Statistic};
use pyo3::prelude::*;

use crate::classes::column::PyColumn;
use crate::classes::statistics::statistics;
use crate::classes::table::PyTable;
use crate::evaluate::{of_column, of_input, of_stream, of_table};
use crate::input::{self, Opened};
use crate::options::{Keywords, Label};

statistics! { functions }

fn ask<'py>(
    data: &Bound<'py, PyAny>,
    statistic: Statistic,
    keywords: &Keywords,
) -> PyResult<Bound<'py, PyAny>> {
    // Our own classes need no door.
    if let Ok(column) = data.cast::<PyColumn>() {
        keywords.selection.expect_nothing()?;
        return of_column(data, column.get().data(), statistic, keywords);
    }
    if let Ok(table) = data.cast::<PyTable>() {
        return of_table(data.py(), table.get().data(), statistic, keywords);
    }
    match input::begin(data)? {
        Opened::Whole(input) => of_input(data, &input, statistic, keywords),
        Opened::Stream(pieces) => of_stream(pieces, statistic, keywords),
    }
}
