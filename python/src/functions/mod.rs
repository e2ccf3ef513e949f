//! The functions that Python sees: [`statistics`] of data, and mergeable [`states`].

pub mod states;
pub mod statistics;
