//! The functions that Python sees: [`statistics`] of data, of [`pairs`] of columns, of values in [`order`], of [`shape`], and mergeable [`states`].

pub mod order;
pub mod pairs;
pub mod shape;
pub mod states;
pub mod statistics;
