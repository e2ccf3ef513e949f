//! States by groups: `by=` of `colstats.moments`, and how the results are merged.
//!
//! [`accumulate`] finds the groups of data, [`mod@merge`] joins groups by their keys, [`ask`] answers
//! statistics with `by=`, [`weighted`] those with `weights=`, for which [`rows`] are sorted, and [`lookup`] finds
//! groups by Python values. [`exchange`] is how they enter and leave as Arrow, [`pickle`] how they are pickled, and
//! [`bytes`] how they are stored. [`grouped`] is what these work on.

pub mod accumulate;
pub mod ask;
pub mod bytes;
pub mod exchange;
pub mod grouped;
pub mod lookup;
pub mod merge;
pub mod pickle;
pub mod rows;
pub mod weighted;
