//! Mergeable states: what a set of values adds up to, and how that is kept, merged and sent.
//!
//! * [`accumulator`]: counts, exact sums and extremes of values of any type, as far as they were
//!   gathered; what nulls, NaNs and infinities do to a result;
//! * [`moments`]: an accumulator that holds everything, and the type of its column;
//! * [`compact`]: the same for one group of millions, in a third of the memory;
//! * [`wire`]: the serialized form, and [`check`]: whether any data can have such a state.

pub mod accumulator;
mod check;
pub mod compact;
pub mod moments;
pub mod wire;
