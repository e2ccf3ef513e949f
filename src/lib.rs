//! Exact statistics for any Arrow column: correctly rounded, and the same bits however the data is
//! chunked, ordered or spread.
//!
//! # The idea
//!
//! A sum is an integer. Every finite `f64` is an integer multiple of `2^-1074`, so the sum of any
//! number of them is one as well, and the sum of their squares is an integer multiple of `2^-2148`.
//! [`Moments`](moments::Moments) holds these two integers ([`exact`]), and a result is rounded once,
//! when it is asked for. Integer addition is associative and commutative: nothing that is done to
//! the data before can change a bit of the result.
//!
//! # The map
//!
//! Data flows downwards through this list, and each module knows only those below it:
//!
//! * [`arrays`]: answers as Arrow arrays;
//! * [`groups`]: states of the rows that have a key in common;
//! * [`incremental`]: answers about columns that arrive in parts;
//! * [`windows`]: an answer for each chunk, or for so many rows at a time;
//! * [`question`]: what is asked, answered with no more work than it takes;
//! * [`answer`]: what a statistic means for each type, and the type of its result;
//! * [`parallel`]: columns on several threads;
//! * [`interrupt`]: work that can be given up;
//! * [`column`]: a column, its chunks, and how they are folded into moments;
//! * [`dictionary`] and [`runs`]: encoded values, read without being decoded;
//! * [`strided`]: values at a stride, swapped or masked: what NumPy has and Arrow has not;
//! * [`wire`]: typed states as bytes;
//! * [`state`]: moments that know the type of their column;
//! * [`moments`]: the mergeable state, and what nulls and NaNs do to a result;
//! * [`kernels`]: slices of values in, exact partial sums out;
//! * [`exact`]: wide integers, and the one place where a number is rounded.
//!
//! Beside them stand [`types`], the names and families of types, [`memory`], and [`error`].
//!
//! # An example
//!
//! ```
//! use std::sync::Arc;
//! use arrow_array::{ArrayRef, Float64Array};
//! use colstats::{Chunk, Moments, Need, Policy};
//!
//! let values: ArrayRef = Arc::new(Float64Array::from(vec![Some(1e300), None, Some(1.0), Some(-1e300)]));
//! let mut moments = Moments::new();
//! Chunk::from(values).fold(Need::Squares, &mut moments);
//!
//! assert_eq!(moments.sum(&Policy::default()), Some(1.0));
//! assert_eq!(moments.mean(&Policy::default()), Some(1.0 / 3.0));
//! ```

pub mod answer;
pub mod arrays;
pub mod column;
pub mod dictionary;
pub mod error;
pub mod exact;
pub mod groups;
pub mod incremental;
pub mod interrupt;
pub mod kernels;
pub mod memory;
pub mod moments;
pub mod parallel;
pub mod question;
pub mod runs;
pub mod state;
pub mod strided;
pub mod types;
pub mod windows;
pub mod wire;

pub use answer::{Answer, Statistic, Ticks};
pub use column::{Chunk, Opaque};
pub use error::Error;
pub use groups::{GroupBy, Grouped};
pub use incremental::{Incremental, Inquiry};
pub use kernels::Need;
pub use moments::{Moments, Nans, Nulls, Policy};
pub use question::Question;
pub use state::State;
pub use windows::Per;
