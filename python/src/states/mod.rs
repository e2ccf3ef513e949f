//! Mergeable states: from data, to statistics, and as Arrow.
//!
//! [`accumulate`] reads data into states, [`named`] keeps those of a table by name, [`typed`]
//! computes their statistics, and [`exchange`] is how tables of states enter and leave as Arrow.

pub mod accumulate;
pub mod exchange;
pub mod named;
pub mod typed;
