//! The functions that Python sees: [`statistics`] of data, of [`pairs`] of columns, of values in [`order`], of their [`frequency`], of [`shape`], mergeable [`states`], and [`weighted`] rows.

pub mod frequency;
pub mod order;
pub mod pairs;
pub mod shape;
pub mod states;
pub mod statistics;
pub mod weighted;
