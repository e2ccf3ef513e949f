//! The classes that Python sees, and how data is read that may be one of them.
//!
//! [`column`] and [`table`] hold data; [`moments`], [`comoments`], [`moments_table`] and
//! [`grouped_moments`] hold states. [`statistics`] has the table of statistics, from which all of them get methods.
//! [`rows`] are results. Tables of states are [`shared`] by threads. [`source`] opens our own classes and
//! everything else.

pub mod column;
pub mod comoments;
pub mod grouped_moments;
pub mod moments;
pub mod moments_table;
pub mod rows;
pub mod shared;
pub mod source;
pub mod statistics;
pub mod table;
