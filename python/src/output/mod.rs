//! Results as Python objects: numbers and times for a column, a record batch for a table.
//!
//! [`answer`] makes an object of a statistic, [`element`] one of an element of an Arrow array. Both
//! are exact: numbers are [`numbers`], and [`times`] are those of `datetime`, or of
//! `colstats.times` for columns in nanoseconds. What no Python object can hold is refused.

mod answer;
mod arro3;
mod element;
mod numbers;
mod times;

pub use answer::to_python;
pub use arro3::{array, record_batch, stream};
pub use element::element;
