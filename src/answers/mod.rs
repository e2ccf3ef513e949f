//! Answers: from a statistic and columns to numbers, and to Arrow arrays.
//!
//! * [`statistic`]: what a statistic means for each type, and the type of its result;
//! * [`question`]: a statistic of whole columns, with no more work than the answer takes;
//! * [`windows`]: an answer for each chunk, or for every `n` rows;
//! * [`stream`]: answers about columns that arrive in batches;
//! * [`arrow`]: answers as Arrow arrays of the promised type.

pub mod arrow;
pub mod question;
pub mod statistic;
pub mod stream;
pub mod windows;
