//! Mergeable states: from data, to statistics, and as Arrow.
//!
//! [`accumulate`] reads data into states, [`named`] keeps those of a table by name, [`typed`]
//! computes their statistics, and [`exchange`] is how tables of states enter and leave as Arrow, [`together`] how those of
//! several columns together do, [`bytes`] how they are stored. What
//! becomes of columns that only some parts have is decided in [`missing`].

pub mod accumulate;
pub mod bytes;
pub mod exchange;
pub mod missing;
pub mod named;
pub mod together;
pub mod typed;
