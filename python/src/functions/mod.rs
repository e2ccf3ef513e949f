//! The functions that Python sees: [`statistics`] of data, of [`pairs`] of columns, of values in [`order`], of their
//! [`frequency`], of [`shape`], of [`weighted`] rows; [`fits`] by least squares, comparisons of [`groups`], mergeable
//! [`states`], those of columns together in [`comoments`], and [`rounds`] of counts where values are elsewhere.

pub mod comoments;
pub mod fits;
pub mod frequency;
pub mod groups;
pub mod order;
pub mod pairs;
pub mod rounds;
pub mod shape;
pub mod states;
pub mod statistics;
pub mod weighted;
