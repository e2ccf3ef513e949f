//! Where values come from: memory, or a stream that is read batch by batch and never held as a
//! whole.

use colstats::internals::columns::row_major::RowMajor;
use pyo3::prelude::*;

pub use super::arrow::stream::Batches;
use super::data::{Input, InputRef, Table};
use super::items::Items;

/// Data that is about to be read.
pub enum Source<'a, 'py> {
    /// Held by one of our own classes.
    Held(InputRef<'a>),
    /// All that a door has delivered.
    Whole(Input),
    /// A table in row-major order, of which no columns have been made.
    RowMajor(Box<RowMajor>),
    /// A stream of which nothing has been read.
    Stream(Batches<'py>),
    /// An iterable of data, of which the first item has been taken. Boxed, because this type is moved by
    /// every call, and is larger than all others.
    Items(Box<Items<'py>>),
}

impl Source<'_, '_> {
    /// Reads everything that is left of a stream.
    pub fn read_all(self) -> PyResult<Input> {
        match self {
            Self::Held(input) => Ok(input.to_owned()),
            Self::Whole(input) => Ok(input),
            Self::RowMajor(table) => Ok(Input::Table(Table::of(*table))),
            Self::Stream(batches) => batches.read_all(),
            Self::Items(items) => items.read_all(),
        }
    }

    /// Calls a function with each batch of the data, and at least once. Each batch is dropped
    /// before the next is read.
    pub fn for_each_batch(
        self,
        mut function: impl FnMut(InputRef<'_>) -> PyResult<()>,
    ) -> PyResult<()> {
        match self {
            Self::Held(input) => function(input),
            Self::Whole(input) => function(input.as_ref()),
            Self::RowMajor(table) => function(InputRef::Table(&Table::of(*table))),
            Self::Stream(mut batches) => batches.try_for_each(|batch| function(batch?.as_ref())),
            Self::Items(mut items) => items.try_for_each(|batch| function(batch?.as_ref())),
        }
    }
}
