//! The functions that Python sees: [`statistics`] of data, and [`states`] of it that can be merged.

pub mod states;
pub mod statistics;
