//! The classes that Python sees: data that was imported, and states of data.
//!
//! [`column`] and [`table`] hold data; [`moments`], [`moments_table`] and [`grouped_moments`] what
//! statistics need to know of it. [`statistics`] gives
//! them the methods that they share, and [`arguments`] is what the methods of states take.

mod arguments;
pub mod column;
pub mod grouped_moments;
pub mod moments;
pub mod moments_table;
pub mod statistics;
pub mod table;
