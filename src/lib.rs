//! Exact statistics for any Arrow column: correctly rounded, and the same bits however the data is
//! chunked, ordered or spread.
//!
//! # The idea
//!
//! A sum is an integer. Every finite `f64` is an integer multiple of `2^-1074`, so the sum of any
//! number of them is one as well, and the sum of their squares is an integer multiple of `2^-2148`.
//! [`Moments`](states::accumulator::Moments) holds these two integers ([`exact`]), and a result is rounded once,
//! when it is asked for. Integer addition is associative and commutative: nothing that is done to
//! the data before can change a bit of the result.
//!
//! # The map
//!
//! Data flows downwards through this list, and each module knows only those below it:
//!
//! * [`groups`]: states of the rows that have a key in common;
//! * [`answers`]: what is asked, of whole columns, windows and streams, and the results;
//! * [`run`]: threads, cancellation, memory;
//! * [`columns`]: where values lie, and how they are folded into states;
//! * [`states`]: mergeable states, and their serialized form;
//! * [`kernels`]: slices of values in, exact partial sums out;
//! * [`exact`]: wide integers, and the one place where a number is rounded.
//!
//! Beside them stand [`types`], the names and families of types, and [`error`].
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

pub mod answers;
pub mod columns;
pub mod error;
pub mod exact;
pub mod groups;
pub mod kernels;
pub mod run;
pub mod states;
pub mod types;

pub use answers::{arrow as arrays, question, statistic as answer, stream as incremental, windows};
pub use columns::{chunk as column, dictionary, runs, strided};
pub use run::{cancel as interrupt, memory, pool as parallel};
pub use states::{accumulator as moments, moments as state, wire};

pub use answers::question::Question;
pub use answers::statistic::{Answer, Statistic, Ticks};
pub use answers::stream::{Incremental, Inquiry};
pub use answers::windows::Per;
pub use columns::chunk::{Chunk, Opaque};
pub use error::Error;
pub use groups::{GroupBy, Grouped};
pub use kernels::Need;
pub use states::accumulator::{Moments, Nans, Nulls, Policy};
pub use states::moments::State;
