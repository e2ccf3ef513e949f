//! States by groups: `by=` of `colstats.moments`, and how the results are merged.
//!
//! [`accumulate`] finds the groups of data, [`merge`] joins groups by their keys, [`exchange`] is
//! how they enter and leave as Arrow, and [`pickle`] how they are pickled. [`grouped`] is what
//! these work on.

pub mod accumulate;
pub mod exchange;
pub mod bytes;
pub mod grouped;
pub mod lookup;
pub mod merge;
pub mod pickle;
