//! Columns that only some of the parts of a whole have.
//!
//! Such a column has no values for the rows of the other parts. It must not be merged as if these rows did
//! not exist: its count would silently be that of fewer rows. It is refused by name, or its
//! values in these rows count as null, as the caller chooses. Parts without rows have no such values and lack
//! nothing.

use colstats::Moments;
use colstats::internals::kernels::Need;
use colstats::internals::states::accumulator::Accumulator;
use colstats::internals::states::column_type::ColumnType;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::names::{listed, quoted};

/// What becomes of a column that a part lacks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// It is an error.
    Refuse,
    /// It is null in all rows of the part.
    Null,
}

impl Missing {
    /// The state of a column in a part that lacks it.
    ///
    /// # Errors
    /// If such columns are refused, with a message that names the column and the part.
    pub fn state<'a>(
        self,
        column: &str,
        part: &str,
        others: impl ExactSizeIterator<Item = &'a str>,
        rows: impl FnOnce() -> PyResult<u64>,
    ) -> PyResult<Moments> {
        match self {
            Self::Null => Ok(nulls(rows()?)),
            Self::Refuse => {
                let has = match others.len() {
                    0 => "no columns".into(),
                    _ => listed(others),
                };
                Err(PyValueError::new_err(format!(
                    "column {} is missing from {part}, which has {has}: choose the same columns for \
                     all parts, or count it as null there with missing=\"null\"",
                    quoted(column)
                )))
            }
        }
    }
}

/// The state of a number of nulls.
pub fn nulls(rows: u64) -> Moments {
    let mut accumulator = Accumulator::new();
    accumulator.update_counts(0, rows as usize, Need::Everything);
    Moments::of_column(ColumnType::named("null"), accumulator)
}
