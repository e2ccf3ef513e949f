//! Answers: from a statistic and values to numbers, and to Arrow arrays.
//!
//! * [`statistic`]: what a statistic means for each type, and the type of its result;
//! * [`question`]: a statistic of values, with no more work than the answer takes;
//! * [`collected`]: many answers, in little memory;
//! * [`state`]: a statistic of a state;
//! * [`column`]: a statistic of whole columns, on several threads;
//! * [`row_major`]: a statistic of each column of a table in row-major order;
//! * `text`: minima, maxima and quantiles of text;
//! * [`order`]: quantiles; [`rounds`]: those of parts that no one holds together;
//!   [`pairs`]: statistics of two columns; [`shape`]: skewness and its like;
//! * [`regression`]: linear least squares; [`groups`]: analysis of variance, and t tests;
//! * [`weighted`]: statistics of rows with weights;
//! * [`windows`]: an answer for each chunk, or for each `n` rows; [`rolling`]: for windows that overlap;
//! * [`stream`]: answers about columns that arrive in batches;
//! * [`arrow`]: answers as Arrow arrays of the promised type.

#[cfg(feature = "arrow")]
pub mod arrow;
pub mod collected;
#[cfg(feature = "arrow")]
pub mod column;
#[cfg(feature = "arrow")]
pub mod groups;
#[cfg(feature = "arrow")]
pub mod order;
#[cfg(feature = "arrow")]
pub mod pairs;
pub mod question;
#[cfg(feature = "arrow")]
pub mod regression;
#[cfg(feature = "arrow")]
pub mod rolling;
#[cfg(feature = "arrow")]
pub mod rounds;
#[cfg(feature = "arrow")]
pub mod row_major;
#[cfg(feature = "arrow")]
pub mod shape;
mod state;
pub mod statistic;
#[cfg(feature = "arrow")]
pub mod stream;
#[cfg(feature = "groups")]
pub mod text;
#[cfg(feature = "arrow")]
pub mod weighted;
#[cfg(feature = "arrow")]
pub mod windows;
